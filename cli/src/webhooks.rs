//! `gas-cli webhooks`: lists, creates, tests, enables and deletes webhooks.

use crate::api::Api;
use crate::args::WebhookAction;
use crate::dto::{Delivery, Webhook};
use crate::error::CliError;
use crate::output::OutputFormat;
use gas_shared::webhook::NewWebhook;

/// Runs a command.
pub async fn run(
    api: &Api,
    action: Option<WebhookAction>,
    format: OutputFormat,
) -> Result<(), CliError> {
    match action {
        None | Some(WebhookAction::List) => {
            for webhook in api.webhooks().await? {
                println!("{}", format.show(&webhook, line));
            }
        }
        Some(WebhookAction::Add { webhook_url: url, events }) => {
            let created = api.create_webhook(&NewWebhook { url, events }).await?;
            let text = format.show(&created, |new| format!("{}  {}", new.webhook.id, new.secret));
            println!("{text}");
        }
        Some(WebhookAction::Deliveries { id }) => {
            let webhooks = api.webhooks().await?;
            let webhook = webhooks.iter().find(|webhook| webhook.id == id);
            let webhook = webhook.ok_or(CliError::NoWebhook(id))?;
            for delivery in &webhook.deliveries {
                println!("{}", format.show(delivery, delivery_line));
            }
        }
        Some(WebhookAction::Test { id }) => api.test_webhook(id).await?,
        Some(WebhookAction::Enable { id }) => api.enable_webhook(id).await?,
        Some(WebhookAction::Remove { id }) => api.delete_webhook(id).await?,
    }
    Ok(())
}

/// A webhook as one line, beginning with its id.
fn line(webhook: &Webhook) -> String {
    let since = webhook.health.since.map(|since| format!(" since {since}"));
    let (state, since) = (&webhook.health.state, since.unwrap_or_default());
    format!("{}  {}  {}  {state}{since}", webhook.id, webhook.url, webhook.events.join(","))
}

/// A message as one line, beginning with the time of its event.
fn delivery_line(delivery: &Delivery) -> String {
    let Delivery { event, created_at, attempts, outcome } = delivery;
    let word = if *attempts == 1 { "attempt" } else { "attempts" };
    let problem = outcome.problem.as_ref().map(|problem| format!(": {problem}"));
    let next = outcome.next_attempt_at.map(|at| format!(", next attempt {at}"));
    let (problem, next) = (problem.unwrap_or_default(), next.unwrap_or_default());
    format!("{created_at}  {event}  {}, {attempts} {word}{next}{problem}", outcome.state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::start;
    use crate::output::WithJson;
    use axum::response::IntoResponse;
    use uuid::Uuid;

    const LIST: &str = r#"[{"id":"00000000-0000-0000-0000-000000000007","url":"https://lab.example.org/gas",
        "events":["job.completed","job.of_a_newer_version"],"created_at":"2026-09-21T14:13:20Z",
        "health":{"state":"failing","since":"2026-09-22T00:00:00Z"},"deliveries":[
            {"id":"msg_2","event":"job.completed","created_at":"2026-09-22T00:00:00Z","attempts":2,
             "outcome":{"state":"pending","next_attempt_at":"2026-09-22T00:05:05Z","problem":"HTTP 500"}},
            {"id":"msg_1","event":"webhook.test","created_at":"2026-09-21T14:14:00Z","attempts":1,
             "outcome":{"state":"delivered","at":"2026-09-21T14:14:01Z"}}]}]"#;

    #[test]
    fn webhooks_and_messages_are_one_line_each() {
        let webhooks: Vec<WithJson<Webhook>> = serde_json::from_str(LIST).unwrap();
        assert_eq!(
            line(&webhooks[0]),
            "00000000-0000-0000-0000-000000000007  https://lab.example.org/gas  job.completed,job.of_a_newer_version  failing since 2026-09-22T00:00:00Z"
        );
        let lines: Vec<_> = webhooks[0].deliveries.iter().map(|one| delivery_line(one)).collect();
        let expected = [
            "2026-09-22T00:00:00Z  job.completed  pending, 2 attempts, next attempt 2026-09-22T00:05:05Z: HTTP 500",
            "2026-09-21T14:14:00Z  webhook.test  delivered, 1 attempt",
        ];
        assert_eq!(lines, expected);
    }

    #[tokio::test]
    async fn deliveries_of_an_unknown_webhook_are_an_error_that_says_what_to_do() {
        let (api, _) =
            start(Box::new(|call, _| call.ends_with("/webhooks").then(|| LIST.into_response())))
                .await;
        let deliveries = |id: u128| {
            let action = WebhookAction::Deliveries { id: Uuid::from_u128(id) };
            run(&api, Some(action), OutputFormat::Text)
        };
        assert!(deliveries(7).await.is_ok());
        let error = deliveries(8).await.unwrap_err().to_string();
        assert!(
            error.contains("there is no webhook") && error.contains("gas-cli webhooks"),
            "{error}"
        );
    }
}
