//! The pages, one a file.

mod annotate;
mod annotations;
mod billing;
mod billing_return;
mod home;
mod job_details;
mod job_log;
mod not_found;
mod results;
mod unsubscribe;

pub use annotate::Annotate;
#[cfg(feature = "web")]
pub use annotate::Step;
pub use annotations::Annotations;
pub use billing::Billing;
pub use billing_return::BillingReturn;
pub use home::Home;
pub use job_details::JobDetails;
pub use job_log::JobLog;
pub use not_found::NotFound;
pub use results::Results;
pub use unsubscribe::Unsubscribe;

use crate::error::{ApiError, ErrorCode};
use gas_shared::JobId;

/// Where signing in begins, with the way back to a page of ours.
pub fn login_path(next: &str) -> String {
    format!("/login?next={}", encode(next))
}

/// A text as a value in the query of a URL.
fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// The job id of a path, where it is one.
fn parse_id(id: &str) -> Result<JobId, ApiError> {
    id.parse().map_err(|_| ApiError::new(ErrorCode::NotFound, format!("there is no job {id:?}")))
}

/// Gives the page the HTTP status of an error, where the server renders it.
fn commit_status(error: &ApiError) {
    #[cfg(feature = "server")]
    dioxus::fullstack::FullstackContext::commit_http_status(
        dioxus::fullstack::AsStatusCode::as_status_code(error),
        None,
    );
    #[cfg(not(feature = "server"))]
    let _ = error;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_survives_the_query() {
        assert_eq!(login_path("/annotate"), "/login?next=/annotate");
        assert_eq!(login_path("/a?b=c&d=é"), "/login?next=/a%3Fb%3Dc%26d%3D%C3%A9");
    }
}
