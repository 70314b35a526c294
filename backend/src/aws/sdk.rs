//! One process's way to AWS: the configuration, and the clients made from it.

use super::{
    DynamoJobStore, EventQueue, S3ObjectStore, SesMailer, SnsTopic, SqsQueue, StepFunctionsTimer,
};
use crate::ports::PortResult;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Longer than SQS's longest long poll, 20 s.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// Covers the retries of one call.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(75);

/// An attempt to send one part of a file; a stalled connection is noticed by the SDK long before.
const S3_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(300);

/// The SDK's configuration of this process.
#[derive(Clone, Debug)]
pub struct Sdk {
    config: SdkConfig,
}

impl From<SdkConfig> for Sdk {
    /// A configuration made by hand; [`Sdk::from_env`] is for processes.
    fn from(config: SdkConfig) -> Self {
        Self { config }
    }
}

impl Sdk {
    /// Reads the standard environment. AWS is not called; credentials are fetched when first
    /// needed.
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

    /// The jobs in a DynamoDB table.
    pub fn job_store(&self, table: &str) -> DynamoJobStore {
        DynamoJobStore::new(aws_sdk_dynamodb::Client::new(&self.config), table)
    }

    /// The files in S3. With `path_style`, buckets are addressed by path instead of by host name.
    pub fn object_store(&self, path_style: bool) -> S3ObjectStore {
        S3ObjectStore::new(self.s3(path_style), &self.config)
    }

    pub(super) fn s3(&self, path_style: bool) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&self.config)
            .force_path_style(path_style)
            .timeout_config(transfer_timeouts())
            .build();
        aws_sdk_s3::Client::from_conf(config)
    }

    pub(super) fn glacier(&self) -> aws_sdk_glacier::Client {
        let config = aws_sdk_glacier::config::Builder::from(&self.config)
            .timeout_config(transfer_timeouts())
            .build();
        aws_sdk_glacier::Client::from_conf(config)
    }

    /// The timer of results that are to be archived.
    pub fn archive_timer(&self, state_machine_arn: &str) -> StepFunctionsTimer {
        StepFunctionsTimer::new(aws_sdk_sfn::Client::new(&self.config), state_machine_arn)
    }

    /// An SNS topic.
    pub fn topic(&self, arn: &str) -> SnsTopic {
        SnsTopic::new(aws_sdk_sns::Client::new(&self.config), arn)
    }

    /// An SQS queue.
    pub fn queue(&self, url: &str) -> SqsQueue {
        SqsQueue::new(aws_sdk_sqs::Client::new(&self.config), url)
    }

    /// What sends mail from an address that is verified in SES.
    pub fn mailer(&self, from: &str, configuration_set: Option<&str>) -> SesMailer {
        SesMailer::new(aws_sdk_sesv2::Client::new(&self.config), from, configuration_set)
    }

    /// Makes a queue of this process's own, subscribed to the topic of job events.
    ///
    /// # Errors
    /// Where the queue cannot be made or subscribed.
    pub async fn event_queue(&self, prefix: &str, topic_arn: &str) -> PortResult<EventQueue> {
        let sqs = aws_sdk_sqs::Client::new(&self.config);
        let sns = aws_sdk_sns::Client::new(&self.config);
        EventQueue::open(sqs, sns, prefix, topic_arn).await
    }
}

/// For calls that carry files: an attempt may take long, and a stalled one is noticed by the SDK.
fn transfer_timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(S3_ATTEMPT_TIMEOUT)
        .build()
}
