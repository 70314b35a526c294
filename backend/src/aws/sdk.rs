//! The SDK configuration of a process, and the adapters built from it.

use super::{
    DynamoJobStore, DynamoPrivateReferences, EventQueue, EventQueueReaper, GlacierClassArchive,
    S3ObjectStore, S3PartUploads, SesMailer, SnsTopic, SqsOperatorQueues, SqsQueue,
    StepFunctionsShardRuns, StepFunctionsTimer, VaultArchive,
};
use crate::deployment::{ArchiveBackEnd, ArchiveSettings};
use crate::ports::{Archive, PortResult};
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use std::sync::Arc;
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Exceeds the longest long poll of SQS, 20 s.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// Includes the retries of one call.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(75);

/// The time for SES to accept a mail. SES has no idempotency key: a call that is given up and repeated
/// may send the mail twice. It is shorter than
/// [`MAIL_CLAIM_DURATION`](crate::usecases::MAIL_CLAIM_DURATION).
const MAIL_TIMEOUT: Duration = Duration::from_secs(120);

/// Enough for one part of a file; the SDK detects a stalled connection long before.
const S3_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(300);

/// The most attempts of one call to the archive, of which there are many at once after an upgrade.
const ARCHIVE_ATTEMPTS: u32 = 5;

/// The SDK configuration of this process.
#[derive(Clone, Debug)]
pub struct Sdk {
    config: SdkConfig,
}

impl From<SdkConfig> for Sdk {
    /// Wraps an explicit configuration; processes use [`Sdk::from_env`].
    fn from(config: SdkConfig) -> Self {
        Self { config }
    }
}

impl Sdk {
    /// Reads the standard environment. Does not call AWS; credentials are fetched on first use.
    pub async fn from_env() -> Self {
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .operation_timeout(OPERATION_TIMEOUT)
            .build();
        let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(http)
            .timeout_config(timeouts)
            .load()
            .await;
        Self { config }
    }

    /// The job table.
    pub fn job_store(&self, table: &str) -> DynamoJobStore {
        DynamoJobStore::new(aws_sdk_dynamodb::Client::new(&self.config), table)
    }

    /// The table of private references.
    pub fn private_reference_store(&self, table: &str) -> DynamoPrivateReferences {
        DynamoPrivateReferences::new(aws_sdk_dynamodb::Client::new(&self.config), table)
    }

    /// The objects in S3. With `path_style`, buckets are addressed by path instead of host name.
    pub fn object_store(&self, path_style: bool) -> S3ObjectStore {
        S3ObjectStore::new(self.s3(path_style), &self.config)
    }

    /// Multipart uploads from browsers to S3.
    pub fn part_uploads(&self, path_style: bool) -> S3PartUploads {
        S3PartUploads::new(&self.s3(path_style))
    }

    /// The archive of a deployment.
    pub fn archive(&self, settings: &ArchiveSettings, path_style: bool) -> Arc<dyn Archive> {
        let s3 = self.s3_config(path_style).retry_config(archive_retries()).build();
        let s3 = aws_sdk_s3::Client::from_conf(s3);
        match settings.archive_back_end {
            ArchiveBackEnd::Vault => Arc::new(VaultArchive {
                client: self.glacier(),
                s3,
                vault: settings.archive_vault.clone(),
                topic_arn: settings.complete_thaw_topic_arn.clone(),
            }),
            ArchiveBackEnd::S3 => Arc::new(GlacierClassArchive {
                client: s3,
                bucket: settings.archive_bucket.clone(),
                completions: self.topic(&settings.complete_thaw_topic_arn),
            }),
        }
    }

    fn s3(&self, path_style: bool) -> aws_sdk_s3::Client {
        aws_sdk_s3::Client::from_conf(self.s3_config(path_style).build())
    }

    fn s3_config(&self, path_style: bool) -> aws_sdk_s3::config::Builder {
        aws_sdk_s3::config::Builder::from(&self.config)
            .force_path_style(path_style)
            .timeout_config(transfer_timeouts())
    }

    fn glacier(&self) -> aws_sdk_glacier::Client {
        let config = aws_sdk_glacier::config::Builder::from(&self.config)
            .timeout_config(transfer_timeouts())
            .retry_config(archive_retries())
            .build();
        aws_sdk_glacier::Client::from_conf(config)
    }

    /// The timer of download windows.
    pub fn archive_timer(&self, state_machine_arn: &str) -> StepFunctionsTimer {
        StepFunctionsTimer::new(aws_sdk_sfn::Client::new(&self.config), state_machine_arn)
    }

    /// The state machine for runs in shards.
    pub fn shard_runs(&self, state_machine_arn: &str) -> StepFunctionsShardRuns {
        StepFunctionsShardRuns::new(aws_sdk_sfn::Client::new(&self.config), state_machine_arn)
    }

    /// An SNS topic.
    pub fn topic(&self, arn: &str) -> SnsTopic {
        SnsTopic::new(aws_sdk_sns::Client::new(&self.config), arn)
    }

    /// An SQS queue.
    pub fn queue(&self, url: &str) -> SqsQueue {
        SqsQueue::new(aws_sdk_sqs::Client::new(&self.config), url)
    }

    /// The SQS queue with a name.
    ///
    /// # Errors
    /// If there is no such queue.
    pub async fn queue_named(&self, name: &str) -> PortResult<SqsQueue> {
        SqsQueue::named(aws_sdk_sqs::Client::new(&self.config), name).await
    }

    /// The queues of a deployment, for operators.
    ///
    /// # Errors
    /// If TLS cannot be initialized.
    pub fn operator_queues(&self, prefix: &str) -> PortResult<SqsOperatorQueues> {
        SqsOperatorQueues::new(&self.config, prefix)
    }

    /// The mailer; `from` must be verified in SES. It makes one attempt; the outbox repeats it.
    pub fn mailer(&self, from: &str, configuration_set: Option<&str>) -> SesMailer {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_attempt_timeout(MAIL_TIMEOUT)
            .operation_timeout(MAIL_TIMEOUT)
            .build();
        let config = aws_sdk_sesv2::config::Builder::from(&self.config)
            .timeout_config(timeouts)
            .retry_config(RetryConfig::disabled())
            .build();
        SesMailer::new(aws_sdk_sesv2::Client::from_conf(config), from, configuration_set)
    }

    /// Creates a queue for this process, subscribed to the topic of job events.
    ///
    /// # Errors
    /// If the queue cannot be created or subscribed.
    pub async fn event_queue(&self, prefix: &str, topic_arn: &str) -> PortResult<EventQueue> {
        let sqs = aws_sdk_sqs::Client::new(&self.config);
        let sns = aws_sdk_sns::Client::new(&self.config);
        EventQueue::open(sqs, sns, prefix, topic_arn).await
    }

    /// Deletes the event queues of web processes that were killed.
    pub fn event_queue_reaper(&self, prefix: &str, topic_arn: &str) -> EventQueueReaper {
        let sqs = aws_sdk_sqs::Client::new(&self.config);
        let sns = aws_sdk_sns::Client::new(&self.config);
        EventQueueReaper::new(sqs, sns, prefix, topic_arn)
    }
}

/// Timeouts of calls that transfer files. Each attempt has one; the SDK detects stalled transfers itself.
fn transfer_timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(S3_ATTEMPT_TIMEOUT)
        // Otherwise the limit of other calls applies, which is shorter than one attempt.
        .disable_operation_timeout()
        .build()
}

/// Throttled and failed calls are repeated after a random part of 1, 2, 4 and 8 seconds.
fn archive_retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(ARCHIVE_ATTEMPTS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::serve;
    use crate::ports::RetrievalStarted;
    use axum::Router;
    use axum::http::{Method, StatusCode};
    use gas_shared::JobId;
    use gas_shared::job::Tier;
    use std::sync::Mutex;
    use std::time::Instant;
    use uuid::Uuid;

    /// A started retrieval, and the times of the calls that asked for it. The first `throttled` calls
    /// are throttled.
    async fn retrieval(
        back_end: ArchiveBackEnd,
        throttled: usize,
    ) -> (PortResult<RetrievalStarted>, Vec<Instant>) {
        let calls = Arc::new(Mutex::new(Vec::new()));
        let seen = calls.clone();
        let answer = async move |method: Method| {
            if method == Method::HEAD {
                return (StatusCode::OK, [("x-amz-job-id", "1")], String::new());
            }
            let number = {
                let mut seen = seen.lock().unwrap();
                seen.push(Instant::now());
                seen.len()
            };
            let (status, body) = match back_end {
                _ if number > throttled => (StatusCode::ACCEPTED, String::new()),
                ArchiveBackEnd::Vault => (
                    StatusCode::BAD_REQUEST,
                    r#"{"code":"ThrottlingException","type":"Client","message":"slow"}"#.to_owned(),
                ),
                ArchiveBackEnd::S3 => {
                    let error = "<Error><Code>ThrottlingException</Code></Error>";
                    (StatusCode::SERVICE_UNAVAILABLE, error.to_owned())
                }
            };
            (status, [("x-amz-job-id", "1")], body)
        };
        let sdk = Sdk::from(serve(Router::new().fallback(answer)).await);
        let settings = ArchiveSettings {
            archive_back_end: back_end,
            archive_vault: "vault".to_owned(),
            archive_bucket: "archive".to_owned(),
            complete_thaw_topic_arn: "arn:topic".to_owned(),
        };
        let archive = sdk.archive(&settings, true);
        let started = archive.start_retrieval(JobId::new(Uuid::nil()), "id", Tier::Expedited).await;
        let calls = calls.lock().unwrap().clone();
        (started, calls)
    }

    /// The pauses between calls, in seconds.
    fn pauses(calls: &[Instant]) -> Vec<f64> {
        calls.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64()).collect()
    }

    #[tokio::test]
    async fn throttled_calls_to_the_archive_are_repeated_four_times_with_jitter() {
        let (vault, s3) = tokio::join!(
            retrieval(ArchiveBackEnd::Vault, usize::MAX),
            retrieval(ArchiveBackEnd::S3, usize::MAX)
        );
        let mut all = Vec::new();
        for (started, calls) in [vault, s3] {
            assert!(started.is_err());
            let pauses = pauses(&calls);
            assert_eq!(calls.len(), 5, "{pauses:?}");
            for (pause, most) in pauses.iter().zip([1.0, 2.0, 4.0, 8.0]) {
                // Half a second for slow machines.
                assert!(*pause < most + 0.5, "{pauses:?}");
            }
            all.push(pauses);
        }
        // Without jitter, both would wait as long.
        let differ = all[0].iter().zip(&all[1]).any(|(vault, s3)| (vault - s3).abs() > 0.05);
        assert!(differ, "{all:?}");
    }

    #[tokio::test]
    async fn a_call_that_is_throttled_once_succeeds() {
        for back_end in [ArchiveBackEnd::Vault, ArchiveBackEnd::S3] {
            let (started, calls) = retrieval(back_end, 1).await;
            assert!(matches!(started, Ok(RetrievalStarted::Started { .. })), "{started:?}");
            assert_eq!(calls.len(), 2);
        }
    }
}
