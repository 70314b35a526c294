//! Adapters of the ports to AWS, built on the official SDK.
//!
//! The adapters work the same against AWS and against emulators: region, endpoint and credentials
//! come from the SDK's standard environment (`AWS_REGION`, `AWS_ENDPOINT_URL`, keys or
//! `AWS_PROFILE` with its assume-role chains, container and instance roles).

mod archive;
mod archive_timer;
mod dynamo;
mod event_queue;
mod operator_queues;
mod queue_ages;
mod s3;
mod sdk;
mod ses;
mod shard_runs;
mod sns;
mod sqs;
#[cfg(test)]
mod testing;

pub use archive::{GlacierClassArchive, VaultArchive};
pub use archive_timer::StepFunctionsTimer;
pub use dynamo::{DynamoJobStore, DynamoPrivateReferences};
pub use event_queue::{EventQueue, EventQueueReaper};
pub use operator_queues::SqsOperatorQueues;
pub use s3::{S3ObjectStore, S3PartUploads};
pub use sdk::Sdk;
pub use ses::SesMailer;
pub use shard_runs::StepFunctionsShardRuns;
pub use sns::SnsTopic;
pub use sqs::SqsQueue;
