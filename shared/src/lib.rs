//! Typed models that the browser and every GAS server share.
//!
//! Pure values: no runtime, no AWS, no I/O, so that the same code compiles to WASM. What is
//! decided here (may this job move to that state, may this file be uploaded) is decided the same
//! way everywhere.

pub mod account;
pub mod billing;
pub mod event;
pub mod explorer;
pub mod file_name;
pub mod ids;
pub mod job;
pub mod plan;
pub mod token;
pub mod upload;
pub mod variant;
pub mod vcf;

pub use account::Account;
pub use event::LiveEvent;
pub use file_name::{FileName, FileNameError};
pub use ids::{JobId, TokenId, UserId};
pub use job::{Job, JobStatus, JobView};
pub use plan::Plan;
