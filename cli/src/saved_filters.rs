//! `gas-cli filters`: lists, saves, renames and deletes the filters that are saved for the results explorer.

use crate::api::Api;
use crate::args::FilterAction;
use crate::dto::SavedFilter;
use crate::error::CliError;
use crate::output::OutputFormat;
use gas_shared::explorer::Filter;
use gas_shared::saved::NewSavedFilter;
use serde::Deserialize;

/// Runs a command.
pub async fn run(
    api: &Api,
    action: Option<FilterAction>,
    format: OutputFormat,
) -> Result<(), CliError> {
    match action {
        None | Some(FilterAction::List) => {
            for saved in api.saved_filters().await? {
                println!("{}", format.show(&saved, line));
            }
        }
        Some(FilterAction::Save { name, filter, sort, columns }) => {
            let sort = sort.unwrap_or_default();
            api.save_filter(&NewSavedFilter { name, filter: *filter, sort, columns }).await?;
        }
        Some(FilterAction::Rename { id, name }) => api.rename_saved_filter(id, &name).await?,
        Some(FilterAction::Remove { id }) => api.delete_saved_filter(id).await?,
    }
    Ok(())
}

/// The saved filter of a name.
pub async fn named(api: &Api, name: &str) -> Result<Filter, CliError> {
    let saved = api.saved_filters().await?;
    let found = saved.iter().find(|saved| saved.name == name);
    let found = found.ok_or_else(|| CliError::NoSavedFilter(name.to_owned()))?;
    Filter::deserialize(&found.filter).map_err(|_| {
        let text =
            format!("the saved filter {name:?} is of a newer version of GAS; update gas-cli");
        CliError::File(text)
    })
}

/// A saved filter as one line, beginning with its id.
fn line(saved: &SavedFilter) -> String {
    format!("{}  {}  {}", saved.id, saved.name, saved.filter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::start;
    use axum::response::IntoResponse;
    use gas_shared::explorer::url;
    use uuid::Uuid;

    #[tokio::test]
    async fn a_saved_filter_is_found_by_its_name() {
        let id = Uuid::nil();
        let list = format!(
            r#"[{{"id":"{id}","name":"high","filter":{{"impacts":["high"]}},"sort":{{}}}},
                {{"id":"{id}","name":"later","filter":{{"impacts":7}},"sort":{{}}}}]"#
        );
        let (api, _) = start(Box::new(move |_, _| Some(list.clone().into_response()))).await;
        let found = named(&api, "high").await.unwrap();
        assert_eq!(url::write_filter(&found), r#"{"impacts":["high"]}"#);
        let missing = named(&api, "low").await.unwrap_err().to_string();
        assert!(missing.contains("\"low\"") && missing.contains("gas-cli filters"), "{missing}");
        assert!(named(&api, "later").await.unwrap_err().to_string().contains("newer version"));
        let listed = &api.saved_filters().await.unwrap()[0];
        assert_eq!(line(listed), format!(r#"{id}  high  {{"impacts":["high"]}}"#));
    }
}
