//! The upload of files, from the user's choice to a queued job.
//!
//! A file is checked in the browser ([`inspect`]), sent to S3 ([`transfer`]) and confirmed to the
//! server. [`UploadState`] is the state machine of one file, [`UploadQueue`] the list of all of them.
//! The queue and its tasks belong to the application and not to a page, so uploads continue while the
//! user visits other pages. `pages::annotate` renders the queue.

mod actions;
mod backoff;
mod inspect;
mod preview;
mod proposal;
mod queue;
mod rate;
mod resume;
mod s3_error;
mod state;
mod tasks;
mod transfer;

pub use actions::use_upload_queue_provider;
pub use backoff::{is_transient, pause_secs};
pub use preview::FilePreview;
pub use proposal::Submission;
pub use queue::{MAX_FILES, QueuedFile, use_upload_queue};
pub use rate::TransferRate;
pub use s3_error::S3Error;
pub use state::UploadState;
