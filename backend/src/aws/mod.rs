//! The AWS side of the ports, through the official SDK.
//!
//! Nothing here knows whether it talks to AWS or to an emulator: region, endpoint and credentials
//! come from the standard environment of the SDK (`AWS_REGION`, `AWS_ENDPOINT_URL`, keys or
//! `AWS_PROFILE` with its assume-role chains, container and instance roles).

mod archive;
mod archive_timer;
mod credentials;
mod dynamo;
mod dynamo_lists;
mod event_queue;
mod multipart;
mod post_policy;
mod row;
mod row_deletion;
mod row_list_entry;
mod row_results;
mod s3;
mod s3_parts;
mod s3_upload;
mod sdk;
mod ses;
mod sns;
mod sqs;
#[cfg(test)]
mod testing;

pub use archive::{GlacierClassArchive, VaultArchive};
pub use archive_timer::StepFunctionsTimer;
pub use dynamo::DynamoJobStore;
pub use event_queue::EventQueue;
pub use s3::S3ObjectStore;
pub use sdk::Sdk;
pub use ses::SesMailer;
pub use sns::SnsTopic;
pub use sqs::SqsQueue;
