//! The server functions: what the pages ask the server for.
//!
//! Each authorises, calls one use-case of `gas-backend` and maps the answer; nothing else. Their
//! paths are fixed, so that layers and tests can name them.

mod account;
mod billing;
mod events;
mod explorer;
mod jobs;
mod uploads;

pub use account::current_account;
#[allow(unused_imports, reason = "the billing page comes after its API")]
pub use billing::{
    billing_overview, cancel_subscription, checkout_status, open_billing_portal,
    resume_subscription, start_checkout,
};
pub use explorer::{variant, variants};
pub use jobs::{cancel_job, job, job_log, jobs, result_link};
// The server renders pages; only browsers upload and follow events.
#[cfg(feature = "web")]
pub use events::live_events;
#[cfg(feature = "web")]
pub use uploads::{confirm_upload, request_upload};

/// The result of a server function.
pub type ApiResult<T> = Result<T, crate::error::ApiError>;

#[cfg(all(test, feature = "server"))]
mod tests {
    use dioxus::server::ServerFunction;

    /// Every server function must be tried without a session and with another user's job: add new
    /// ones here and to the table in `tests/flows/access.rs`.
    #[test]
    fn the_access_tests_know_every_server_function() {
        let functions = ServerFunction::collect();
        let mut paths: Vec<_> =
            functions.iter().map(|f| format!("{} {}", f.method(), f.path())).collect();
        paths.sort();
        insta::assert_snapshot!(paths.join("\n"), @r"
        GET /api/account
        GET /api/billing
        GET /api/billing/checkout
        GET /api/events
        GET /api/jobs
        GET /api/jobs/{id}
        GET /api/jobs/{id}/log
        GET /api/jobs/{id}/variants/{number}
        POST /api/billing/cancel
        POST /api/billing/checkout
        POST /api/billing/portal
        POST /api/billing/resume
        POST /api/jobs/{id}/cancel
        POST /api/jobs/{id}/result-link
        POST /api/jobs/{id}/variants
        POST /api/uploads
        POST /api/uploads/{id}/confirm
        ");
    }
}
