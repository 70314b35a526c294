//! `gas-cli links`: lists, makes and revokes share links to the result of a job.

use crate::api::Api;
use crate::args::LinkAction;
use crate::dto::ShareLink;
use crate::error::CliError;
use crate::output::OutputFormat;
use gas_shared::share_link::NewShareLink;
use uuid::Uuid;

/// Runs a command.
pub async fn run(
    api: &Api,
    job: Uuid,
    action: Option<LinkAction>,
    format: OutputFormat,
) -> Result<(), CliError> {
    match action {
        None | Some(LinkAction::List) => {
            for link in api.links(job).await? {
                println!("{}", format.show(&link, line));
            }
        }
        Some(LinkAction::Add { days, no_downloads }) => {
            let new = NewShareLink { days, allows_downloads: !no_downloads };
            let created = api.add_link(job, new).await?;
            println!("{}", format.show(&created, |created| created.url.clone()));
        }
        Some(LinkAction::Revoke { link }) => api.revoke_link(job, link).await?,
    }
    Ok(())
}

/// A link as one line, beginning with its id.
fn line(link: &ShareLink) -> String {
    let downloads = if link.allows_downloads { "" } else { "  (without downloads)" };
    let last = link.last_opened_at.map_or_else(|| "never".to_owned(), |at| at.to_string());
    format!(
        "{}  until {}  opened {}, last {last}{downloads}",
        link.id, link.expires_at, link.opened
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    #[test]
    fn a_link_is_one_line() {
        let link = ShareLink {
            id: Uuid::nil(),
            allows_downloads: false,
            expires_at: Timestamp::UNIX_EPOCH,
            opened: 2,
            last_opened_at: None,
        };
        assert_eq!(
            line(&link),
            "00000000-0000-0000-0000-000000000000  until 1970-01-01T00:00:00Z  opened 2, last never  (without downloads)"
        );
    }
}
