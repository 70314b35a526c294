//! The server functions: what the pages ask the server for.
//!
//! Each authorises, calls one use-case of `gas-backend` and maps the answer; nothing else. Their
//! paths are fixed, so that layers and tests can name them.

mod account;
mod events;
mod jobs;
mod uploads;

pub use account::current_account;
pub use events::live_events;
pub use jobs::{JobList, cancel_job, job, job_log, jobs, result_link};
pub use uploads::{confirm_upload, request_upload};

/// The result of a server function.
pub type ApiResult<T> = Result<T, crate::error::ApiError>;
