//! The domain model that the browser, every server process and the command line share.
//!
//! Pure values: no async runtime, no AWS and no I/O, so the same code compiles to WASM. A rule that
//! lives here (may this job change to that state, may this file be uploaded) has one implementation
//! for all of them.

pub mod account;
pub mod assembly;
pub mod audit;
pub mod billing;
pub mod byte_size;
pub mod catalog;
pub mod comparison;
pub mod cost;
pub mod event;
pub mod exit_code;
pub mod explorer;
pub mod file_name;
pub mod ids;
pub mod import;
pub mod job;
pub mod job_mails;
pub mod job_options;
pub mod operations;
pub mod plan;
pub mod private_reference;
pub mod program;
mod provenance;
pub mod reference;
pub mod saved;
mod sha256;
pub mod share_link;
pub mod source;
pub mod summary;
mod text_serde;
pub mod token;
pub mod trace;
pub mod upload;
mod user_text;
pub mod variant;
pub mod vcf;
pub mod webhook;

pub use account::{Account, Visit};
pub use event::LiveEvent;
pub use file_name::{FileName, FileNameError};
pub use ids::{JobId, SavedId, ShareLinkId, TokenId, UserId, WebhookId};
pub use job::{Job, JobStatus, JobView};
pub use job_mails::{JobMailKind, JobMails};
pub use job_options::{JobOptions, Layout, Selection, Transcripts};
pub use plan::Plan;
pub use provenance::{Provenance, UsedSource};
pub use trace::TraceId;
