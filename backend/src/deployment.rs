//! The names of a deployment's AWS resources.
//!
//! They come from the outputs of the CloudFormation stack (`deploy/template.yaml`): output
//! `FooBar` is the environment variable `GAS_FOO_BAR`, on AWS and locally.

use clap::Args;

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
