//! What operators do. The responses are printed as the service sends them.

use crate::api::Api;
use crate::args::AdminAction;
use crate::error::CliError;
use crate::output::OutputFormat;
use gas_shared::operations::UserAction;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

/// Does what an operator asks for, and prints the response as JSON: indented, or an object a line.
pub async fn run(api: &Api, action: AdminAction, format: OutputFormat) -> Result<(), CliError> {
    let response = match action {
        AdminAction::State => api.admin(Method::GET, "state", &[], None).await?,
        AdminAction::Intake { intake } => {
            api.admin(Method::PUT, "intake", &[], Some(json!({ "intake": intake }))).await?
        }
        AdminAction::Banner { text } => {
            api.admin(Method::PUT, "banner", &[], Some(json!({ "text": text }))).await?
        }
        AdminAction::Redrive { queue } => {
            api.admin(Method::POST, &format!("queues/{queue}/redrive"), &[], None).await?
        }
        AdminAction::Users { search } => {
            api.admin(Method::GET, "users", &[("search", search)], None).await?
        }
        AdminAction::Block { id } => act(api, id, UserAction::Block).await?,
        AdminAction::Unblock { id } => act(api, id, UserAction::Unblock).await?,
        AdminAction::Grant { id } => act(api, id, UserAction::GrantPremium).await?,
        AdminAction::Revoke { id } => act(api, id, UserAction::RevokePremium).await?,
        AdminAction::Audit { user, before } => {
            let user = user.map(|user| ("user", user.to_string()));
            let before = before.map(|before| ("before", before.to_string()));
            let query: Vec<_> = user.into_iter().chain(before).collect();
            api.admin(Method::GET, "audit", &query, None).await?
        }
        AdminAction::Statistics => api.admin(Method::GET, "statistics", &[], None).await?,
    };
    match (response, format) {
        (Some(response), OutputFormat::Text) => println!("{response:#}"),
        (Some(Value::Array(items)), OutputFormat::Json) => {
            items.iter().for_each(|item| println!("{item}"));
        }
        (Some(response), OutputFormat::Json) => println!("{response}"),
        (None, _) => {}
    }
    Ok(())
}

async fn act(api: &Api, id: Uuid, action: UserAction) -> Result<Option<Value>, CliError> {
    api.admin(Method::POST, &format!("users/{id}"), &[], Some(json!({ "action": action }))).await
}
