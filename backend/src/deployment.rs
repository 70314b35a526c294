//! The settings that name a deployment's AWS resources.
//!
//! The values are the outputs of the CloudFormation stack (`deploy/template.yaml`): output `FooBar`
//! is environment variable `GAS_FOO_BAR`, on AWS and locally.

use crate::{RetentionPolicy, Secret};
use clap::{Args, ValueEnum};
use gas_shared::plan::{PREMIUM_MAX_UPLOAD_BYTES, S3_MAX_OBJECT_BYTES};

/// The resources of a deployment.
#[derive(Args, Clone, Debug)]
pub struct Deployment {
    /// The prefix of the names of all resources and object keys of the deployment.
    #[arg(long, env = "GAS_PREFIX")]
    pub prefix: String,
    /// The S3 bucket of uploaded files.
    #[arg(long, env = "GAS_INPUTS_BUCKET")]
    pub inputs_bucket: String,
    /// The S3 bucket of annotated files and logs.
    #[arg(long, env = "GAS_RESULTS_BUCKET")]
    pub results_bucket: String,
    /// The S3 bucket of the catalog of references. Stacks of older versions have none.
    #[arg(long, env = "GAS_REFERENCES_BUCKET")]
    pub references_bucket: Option<String>,
    /// Private references of users.
    #[command(flatten)]
    pub private_references: PrivateReferenceSettings,
    /// The DynamoDB table of jobs.
    #[arg(long, env = "GAS_ANNOTATIONS_TABLE")]
    pub annotations_table: String,
    /// Whether pending and running jobs are written with a shard of their index. Turn it on when all processes have a version
    /// with this setting: earlier ones cannot read such rows.
    #[arg(long, env = "GAS_SHARDED_QUEUE_INDEX", default_value_t = false, action = clap::ArgAction::Set)]
    pub sharded_queue_index: bool,
    /// The SNS topic of jobs that are ready for a worker; only those on Free if Premium has a queue.
    #[arg(long, env = "GAS_JOB_REQUESTS_TOPIC_ARN")]
    pub job_requests_topic_arn: String,
    /// The SQS queue that workers take jobs from.
    #[arg(long, env = "GAS_JOB_REQUESTS_QUEUE_URL")]
    pub job_requests_queue_url: String,
    /// The dead-letter queue of job requests that no worker could handle.
    #[arg(long, env = "GAS_JOB_REQUESTS_DLQ_URL")]
    pub job_requests_dlq_url: String,
    /// The SNS topic of jobs of users on Premium. Without it, all jobs share one queue, as in stacks
    /// of older versions.
    #[arg(long, env = "GAS_PREMIUM_JOB_REQUESTS_TOPIC_ARN")]
    pub premium_job_requests_topic_arn: Option<String>,
    /// The SQS queue of jobs of users on Premium, which workers prefer.
    #[arg(
        long,
        env = "GAS_PREMIUM_JOB_REQUESTS_QUEUE_URL",
        requires = "premium_job_requests_dlq_url"
    )]
    pub premium_job_requests_queue_url: Option<String>,
    /// Its dead-letter queue.
    #[arg(long, env = "GAS_PREMIUM_JOB_REQUESTS_DLQ_URL")]
    pub premium_job_requests_dlq_url: Option<String>,
    /// Runs of large files in shards.
    #[command(flatten)]
    pub shards: ShardSettings,
    /// The SNS topic of jobs that have ended.
    #[arg(long, env = "GAS_JOB_RESULTS_TOPIC_ARN")]
    pub job_results_topic_arn: String,
    /// The Step Functions state machine that waits for the end of a download window.
    #[arg(long, env = "GAS_ARCHIVE_WAIT_ARN")]
    pub archive_wait_arn: String,
    /// The SQS queue of jobs whose results are to be archived.
    #[arg(long, env = "GAS_ARCHIVE_QUEUE_URL")]
    pub archive_queue_url: String,
    /// The SNS topic of users whose archived results are to be restored.
    #[arg(long, env = "GAS_START_THAW_TOPIC_ARN")]
    pub start_thaw_topic_arn: String,
    /// The SQS queue subscribed to topic `start_thaw`.
    #[arg(long, env = "GAS_START_THAW_QUEUE_URL")]
    pub start_thaw_queue_url: String,
    /// The SQS queue of retrieved files that are too large for the restore function. Stacks of older versions have none.
    #[arg(long, env = "GAS_LARGE_RESTORES_QUEUE_URL")]
    pub large_restores_queue_url: Option<String>,
    /// The SNS topic of events that are reported to users by mail.
    #[arg(long, env = "GAS_NOTICES_TOPIC_ARN")]
    pub notices_topic_arn: String,
    /// The SQS queue of mails to send, subscribed to topics `notices` and `job_results`.
    #[arg(long, env = "GAS_MAIL_QUEUE_URL")]
    pub mail_queue_url: String,
    /// The archive.
    #[command(flatten)]
    pub archive: ArchiveSettings,
    /// How long results are kept in S3.
    #[command(flatten)]
    pub retention: RetentionPolicy,
    /// The largest file that a Premium user may upload, in bytes, at most 5 TiB. From the threshold of shards on, a worker's
    /// disk need not hold it.
    #[arg(long, env = "GAS_PREMIUM_MAX_UPLOAD_BYTES", default_value_t = PREMIUM_MAX_UPLOAD_BYTES, value_parser = clap::value_parser!(u64).range(1..=S3_MAX_OBJECT_BYTES))]
    pub premium_max_upload_bytes: u64,
    /// Multiplies the limits of users and client addresses, except for requests with API tokens: for
    /// load tests, and where all users have the same address.
    #[arg(long, env = "GAS_LIMIT_FACTOR", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit_factor: u32,
    /// The SNS topic of all changes of all jobs.
    #[arg(long, env = "GAS_JOB_EVENTS_TOPIC_ARN")]
    pub job_events_topic_arn: String,
    /// Address buckets by path instead of host name, as local S3-compatible servers require.
    #[arg(long, env = "GAS_S3_PATH_STYLE", default_value_t = false, action = clap::ArgAction::Set)]
    pub s3_path_style: bool,
}

/// The runs of large files in shards. Stacks of older versions have none.
#[derive(Args, Clone, Debug)]
pub struct ShardSettings {
    /// The Step Functions state machine that hands the shards of a file to the workers.
    #[arg(long, env = "GAS_SHARD_RUN_ARN", requires = "shards_queue_url")]
    pub shard_run_arn: Option<String>,
    /// The SQS queue of shards to annotate.
    #[arg(long, env = "GAS_SHARDS_QUEUE_URL", requires = "shards_dlq_url")]
    pub shards_queue_url: Option<String>,
    /// Its dead-letter queue.
    #[arg(long, env = "GAS_SHARDS_DLQ_URL")]
    pub shards_dlq_url: Option<String>,
}

/// The private references of a deployment. Stacks of older versions have none.
#[derive(Args, Clone, Debug)]
pub struct PrivateReferenceSettings {
    /// The DynamoDB table of private references.
    #[arg(
        long,
        env = "GAS_PRIVATE_REFERENCES_TABLE",
        requires_all = ["references_bucket", "reference_builds_queue_url"]
    )]
    pub private_references_table: Option<String>,
    /// The SQS queue of private references that a worker has to build.
    #[arg(long, env = "GAS_REFERENCE_BUILDS_QUEUE_URL")]
    pub reference_builds_queue_url: Option<String>,
    /// Its dead-letter queue.
    #[arg(long, env = "GAS_REFERENCE_BUILDS_DLQ_URL")]
    pub reference_builds_dlq_url: Option<String>,
    /// The most private references of a user.
    #[arg(long, env = "GAS_PRIVATE_REFERENCES_PER_USER", default_value_t = 10)]
    pub private_references_per_user: u32,
    /// The most bytes of the private references of a user, in MiB.
    #[arg(long, env = "GAS_PRIVATE_REFERENCES_MIB_PER_USER", default_value_t = 20_480)]
    pub private_references_mib_per_user: u64,
    /// How long private references are kept after the end of Premium, in days.
    #[arg(long, env = "GAS_PRIVATE_REFERENCES_KEEP_DAYS", default_value_t = 30)]
    pub private_references_keep_days: u32,
}

/// The database of a deployment, for its processes. Processes that annotate have none.
#[derive(Args, Clone, Debug)]
pub struct Database {
    /// The URL of the PostgreSQL database, with a role that is a member of gas_runtime.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Secret,
}

/// The database of a deployment, for changes of its schema.
#[derive(Args, Clone, Debug)]
pub struct DatabaseOwner {
    /// The URL of the PostgreSQL database, with the role that owns the schema.
    #[arg(long, env = "GAS_MIGRATION_DATABASE_URL", hide_env_values = true)]
    pub migration_database_url: Secret,
}

/// The archive of a deployment.
#[derive(Args, Clone, Debug)]
pub struct ArchiveSettings {
    /// The archive back end. There is no default, because vaults are available to older AWS
    /// accounts only.
    #[arg(long, env = "GAS_ARCHIVE_BACK_END", value_enum)]
    pub archive_back_end: ArchiveBackEnd,
    /// The Glacier vault, for back end `vault`.
    #[arg(long, env = "GAS_ARCHIVE_VAULT", default_value = "")]
    pub archive_vault: String,
    /// The S3 bucket of archived results, for back end `s3`.
    #[arg(long, env = "GAS_ARCHIVE_BUCKET", default_value = "")]
    pub archive_bucket: String,
    /// The SNS topic of completed retrievals from the archive.
    #[arg(long, env = "GAS_COMPLETE_THAW_TOPIC_ARN")]
    pub complete_thaw_topic_arn: String,
}

/// An archive back end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ArchiveBackEnd {
    /// A vault of Amazon Glacier; not available to AWS customers who had none by 15 December 2025.
    Vault,
    /// The S3 storage class GLACIER (Flexible Retrieval).
    S3,
}
