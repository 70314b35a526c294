//! The names of a deployment's AWS resources.
//!
//! They come from the outputs of the CloudFormation stack (`deploy/template.yaml`): output
//! `FooBar` is the environment variable `GAS_FOO_BAR`, on AWS and locally.

use crate::RetentionPolicy;
use clap::{Args, ValueEnum};

/// Where a deployment's resources are.
#[derive(Args, Clone, Debug)]
pub struct Deployment {
    /// The deployment's prefix, which begins the name of everything it owns.
    #[arg(long, env = "GAS_PREFIX")]
    pub prefix: String,
    /// The bucket that uploads go to.
    #[arg(long, env = "GAS_INPUTS_BUCKET")]
    pub inputs_bucket: String,
    /// The bucket of annotated files and logs.
    #[arg(long, env = "GAS_RESULTS_BUCKET")]
    pub results_bucket: String,
    /// The DynamoDB table of jobs.
    #[arg(long, env = "GAS_ANNOTATIONS_TABLE")]
    pub annotations_table: String,
    /// The SNS topic of jobs that wait for a worker.
    #[arg(long, env = "GAS_JOB_REQUESTS_TOPIC_ARN")]
    pub job_requests_topic_arn: String,
    /// The SQS queue that workers take jobs from.
    #[arg(long, env = "GAS_JOB_REQUESTS_QUEUE_URL")]
    pub job_requests_queue_url: String,
    /// Where job requests end that no worker could handle.
    #[arg(long, env = "GAS_JOB_REQUESTS_DLQ_URL")]
    pub job_requests_dlq_url: String,
    /// The SNS topic of finished jobs.
    #[arg(long, env = "GAS_JOB_RESULTS_TOPIC_ARN")]
    pub job_results_topic_arn: String,
    /// The Step Functions state machine that waits out the Free window.
    #[arg(long, env = "GAS_ARCHIVE_WAIT_ARN")]
    pub archive_wait_arn: String,
    /// The SQS queue of jobs whose results are to be archived.
    #[arg(long, env = "GAS_ARCHIVE_QUEUE_URL")]
    pub archive_queue_url: String,
    /// The SNS topic of users whose archived results are to come back.
    #[arg(long, env = "GAS_START_THAW_TOPIC_ARN")]
    pub start_thaw_topic_arn: String,
    /// The SQS queue of that topic.
    #[arg(long, env = "GAS_START_THAW_QUEUE_URL")]
    pub start_thaw_queue_url: String,
    /// The SNS topic of what users are told of by mail.
    #[arg(long, env = "GAS_NOTICES_TOPIC_ARN")]
    pub notices_topic_arn: String,
    /// The SQS queue of mails to send, subscribed to `notices` and `job_results`.
    #[arg(long, env = "GAS_MAIL_QUEUE_URL")]
    pub mail_queue_url: String,
    /// The archive.
    #[command(flatten)]
    pub archive: ArchiveSettings,
    /// How long results stay.
    #[command(flatten)]
    pub retention: RetentionPolicy,
    /// The SNS topic of every change of every job.
    #[arg(long, env = "GAS_JOB_EVENTS_TOPIC_ARN")]
    pub job_events_topic_arn: String,
    /// Address buckets by path, as S3-compatible servers on one machine need it.
    #[arg(long, env = "GAS_S3_PATH_STYLE", default_value_t = false, action = clap::ArgAction::Set)]
    pub s3_path_style: bool,
    /// The PostgreSQL database of accounts, as a URL.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: String,
}

/// Which archive, and where in it.
#[derive(Args, Clone, Debug)]
pub struct ArchiveSettings {
    /// What keeps archived results. There is no default: which one an AWS account can use depends
    /// on its age.
    #[arg(long, env = "GAS_ARCHIVE_BACK_END", value_enum)]
    pub archive_back_end: ArchiveBackEnd,
    /// The Glacier vault; for back end `vault`.
    #[arg(long, env = "GAS_ARCHIVE_VAULT", default_value = "")]
    pub archive_vault: String,
    /// The bucket of archived objects; for back end `s3`.
    #[arg(long, env = "GAS_ARCHIVE_BUCKET", default_value = "")]
    pub archive_bucket: String,
    /// The SNS topic where the archive says that a file is ready.
    #[arg(long, env = "GAS_COMPLETE_THAW_TOPIC_ARN")]
    pub complete_thaw_topic_arn: String,
}

/// What keeps archived results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ArchiveBackEnd {
    /// Amazon Glacier vaults, closed to AWS customers who had none by 15 December 2025.
    Vault,
    /// The S3 storage class GLACIER (Flexible Retrieval).
    S3,
}
