//! The pages of the application, one per file or folder.

mod account;
mod admin;
mod annotate;
mod annotations;
mod billing;
mod billing_return;
mod changelog;
mod compare;
#[cfg(any(feature = "gallery", test))]
mod gallery;
mod help;
mod home;
mod job;
mod not_found;
mod references;
mod results;
mod shared;
mod unsubscribe;

pub use account::Account;
pub use admin::Admin;
pub use annotate::{Annotate, FileAtUrl};
pub use annotations::Annotations;
pub use billing::Billing;
pub use billing_return::BillingReturn;
pub use changelog::Changelog;
pub use compare::Compare;
#[cfg(any(feature = "gallery", test))]
pub use gallery::Gallery;
pub use help::{Help, HelpIndex};
pub use home::Home;
pub use job::{JobBrowser, JobCharts, JobDetails, JobLayout, JobLog};
pub use not_found::NotFound;
pub use references::References;
pub use results::Results;
pub use shared::Shared;
pub use unsubscribe::Unsubscribe;

use crate::components::ErrorNote;
use crate::error::{ApiError, ErrorCode};
use dioxus::prelude::*;
use gas_shared::JobId;

/// Parses the job id of a path. An invalid id is reported as an unknown job.
fn parse_id(id: &str) -> Result<JobId, ApiError> {
    id.parse().map_err(|_| ApiError::new(ErrorCode::NotFound, format!("there is no job {id:?}")))
}

/// Shows why the data of a page cannot be loaded, with the HTTP status of the error.
fn load_failure(error: ApiError) -> Element {
    commit_status(&error);
    rsx! { ErrorNote { error } }
}

/// Sets the HTTP status of a server-rendered page to that of an error.
fn commit_status(error: &ApiError) {
    #[cfg(feature = "server")]
    dioxus::fullstack::FullstackContext::commit_http_status(
        dioxus::fullstack::AsStatusCode::as_status_code(error),
        None,
    );
    #[cfg(not(feature = "server"))]
    let _ = error;
}
