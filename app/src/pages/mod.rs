//! The pages, one a file.

mod account;
mod annotate;
mod annotations;
mod billing;
mod billing_return;
#[cfg(any(feature = "gallery", test))]
mod gallery;
mod home;
mod job;
mod not_found;
mod results;
mod unsubscribe;

pub use account::Account;
pub use annotate::Annotate;
pub use annotations::Annotations;
pub use billing::Billing;
pub use billing_return::BillingReturn;
#[cfg(any(feature = "gallery", test))]
pub use gallery::Gallery;
pub use home::Home;
pub use job::{JobBrowser, JobCharts, JobDetails, JobLayout, JobLog};
pub use not_found::NotFound;
pub use results::Results;
pub use unsubscribe::Unsubscribe;

use crate::error::{ApiError, ErrorCode};
use gas_shared::JobId;
use gas_shared::explorer::url::encode_query_value;

/// Where signing in begins, with the way back to a page of ours.
pub fn login_path(next: &str) -> String {
    format!("/login?next={}", encode_query_value(next))
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
