//! The settings of the function, from the environment that `deploy/template.yaml` defines.

use clap::Parser;
use gas_backend::aws::Sdk;
use gas_backend::clock::SystemClock;
use gas_backend::deployment::ArchiveSettings;
use gas_backend::usecases::{LargeRestores, Restorer};
use gas_backend::{JobRepository, ObjectKeys, RetentionPolicy, aws::SnsTopic};
use std::sync::Arc;

/// The settings of the function.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Settings {
    /// The deployment's prefix.
    #[arg(long, env = "GAS_PREFIX")]
    prefix: String,
    /// The DynamoDB table of jobs.
    #[arg(long, env = "GAS_ANNOTATIONS_TABLE")]
    annotations_table: String,
    /// The bucket for uploaded inputs.
    #[arg(long, env = "GAS_INPUTS_BUCKET")]
    inputs_bucket: String,
    /// The bucket for results and logs.
    #[arg(long, env = "GAS_RESULTS_BUCKET")]
    results_bucket: String,
    /// The SNS topic of live events.
    #[arg(long, env = "GAS_JOB_EVENTS_TOPIC_ARN")]
    job_events_topic_arn: String,
    /// The SNS topic of events that users get a mail about.
    #[arg(long, env = "GAS_NOTICES_TOPIC_ARN")]
    notices_topic_arn: String,
    /// The SNS topic of users whose archived results are to be thawed.
    #[arg(long, env = "GAS_START_THAW_TOPIC_ARN")]
    start_thaw_topic_arn: String,
    /// The SQS queue of files that are too large for this function, and which the utility node restores.
    #[arg(long, env = "GAS_LARGE_RESTORES_QUEUE_URL")]
    large_restores_queue_url: Option<String>,
    /// The largest file that this function restores, in bytes. It has 15 minutes.
    #[arg(long, env = "GAS_RESTORE_MAX_BYTES", default_value_t = 8 << 30)]
    restore_max_bytes: u64,
    #[command(flatten)]
    archive: ArchiveSettings,
    #[command(flatten)]
    retention: RetentionPolicy,
    /// Whether to address buckets by path, as local S3-compatible servers require.
    #[arg(long, env = "GAS_S3_PATH_STYLE", default_value_t = false, action = clap::ArgAction::Set)]
    s3_path_style: bool,
}

impl Settings {
    /// Builds the restorer.
    pub(crate) fn restorer(&self, sdk: &Sdk) -> Restorer {
        let topic = |arn: &str| -> Arc<SnsTopic> { Arc::new(sdk.topic(arn)) };
        Restorer {
            jobs: JobRepository {
                store: Arc::new(sdk.job_store(&self.annotations_table)),
                events: topic(&self.job_events_topic_arn),
                clock: Arc::new(SystemClock),
            },
            archive: sdk.archive(&self.archive, self.s3_path_style),
            object_keys: Arc::new(ObjectKeys {
                prefix: self.prefix.clone(),
                inputs_bucket: self.inputs_bucket.clone(),
                results_bucket: self.results_bucket.clone(),
            }),
            start_thaw: topic(&self.start_thaw_topic_arn),
            notices: topic(&self.notices_topic_arn),
            retention: self.retention,
            large: self.large_restores_queue_url.as_ref().map(|url| LargeRestores {
                queue: Arc::new(sdk.queue(url)),
                most_bytes: self.restore_max_bytes,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_settings_are_consistent() {
        Settings::command().debug_assert();
    }
}
