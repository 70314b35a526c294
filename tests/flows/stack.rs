//! Access to the local stack that the tests run against.

use crate::calls::Calls;
use anyhow::{Context, Result, ensure};
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpClient, SharedHttpClient};
use clap::{CommandFactory, Parser};
use gas_backend::aws::{DynamoJobStore, Sdk};
use gas_backend::{Database, Deployment, Gas};
use gas_local::{Description, Environment};
use gas_shared::JobId;
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;

/// The stack of this test run.
pub(crate) struct Stack(Description);

/// Finds the stack.
///
/// # Panics
/// If the test was not started by `./gas test`.
pub(crate) fn stack() -> Stack {
    Stack(Description::of_test().unwrap_or_else(|error| panic!("{error}")))
}

impl Stack {
    /// The URL at which browsers reach GAS.
    pub(crate) fn web_url(&self) -> String {
        self.0.web_url.clone()
    }

    /// The prefix of the names of all resources.
    pub(crate) fn prefix(&self) -> &str {
        &self.0.web["GAS_PREFIX"]
    }

    /// The bucket of uploads.
    pub(crate) fn inputs_bucket(&self) -> String {
        self.0.web["GAS_INPUTS_BUCKET"].clone()
    }

    /// The bucket of the catalog of references.
    pub(crate) fn references_bucket(&self) -> String {
        self.0.web["GAS_REFERENCES_BUCKET"].clone()
    }

    /// The URL of the local Stripe, without a trailing slash.
    pub(crate) fn stripe_url(&self) -> String {
        self.0.web["GAS_STRIPE_API_URL"].trim_end_matches('/').to_owned()
    }

    /// The key with which the local Stripe signs its events.
    pub(crate) fn stripe_webhook_secret(&self) -> String {
        self.0.web["GAS_STRIPE_WEBHOOK_SECRET"].clone()
    }

    /// The environment of the web server.
    pub(crate) fn web_environment(&self) -> &Environment {
        &self.0.web
    }

    /// The environment of the utility node.
    pub(crate) fn utility_environment(&self) -> &Environment {
        &self.0.utility
    }

    /// The URL of the database with the role of the processes.
    pub(crate) fn database_url(&self) -> &str {
        &self.0.web["DATABASE_URL"]
    }

    /// The URL of the database with the role that owns it.
    pub(crate) fn owner_database_url(&self) -> &str {
        &self.0.migration["GAS_MIGRATION_DATABASE_URL"]
    }

    /// The lines of the log of a process, or of an emulator, that contain a text.
    pub(crate) fn logged(&self, process: &str, text: &str) -> Result<Vec<String>> {
        let path = self.0.data_dir.join("logs").join(format!("{process}.log"));
        let log = std::fs::read(&path).with_context(|| path.display().to_string())?;
        let log = String::from_utf8_lossy(&log);
        Ok(log.lines().filter(|line| line.contains(text)).map(str::to_owned).collect())
    }

    /// A connection pool to the database, with the rights of the processes.
    pub(crate) async fn pool(&self) -> Result<sqlx::PgPool> {
        let database = Database { database_url: self.database_url().to_owned().into() };
        Ok(gas_backend::postgres::connect(&database).await?)
    }

    /// The application's AWS adapters with the emulator's root keys.
    pub(crate) async fn sdk(&self) -> Sdk {
        Sdk::from(aws(https()).await)
    }

    /// All ports with the application's adapters and the emulator's root keys. `calls` counts the
    /// requests to AWS.
    pub(crate) async fn gas(&self, calls: &Calls) -> Result<Gas> {
        #[derive(clap::Parser)]
        struct Settings {
            #[command(flatten)]
            deployment: Deployment,
        }
        let variables = &self.0.utility;
        let command = Settings::command();
        let given = command.get_arguments().filter_map(|argument| {
            let value = variables.get(argument.get_env()?.to_str()?)?;
            Some(format!("--{}={value}", argument.get_long()?))
        });
        let arguments: Vec<String> = std::iter::once("gas".to_owned()).chain(given).collect();
        let settings = Settings::try_parse_from(arguments)?;
        let sdk = Sdk::from(aws(calls.counting(https())).await);
        Ok(Gas::connect(&settings.deployment, &sdk, &self.pool().await?))
    }

    /// The application's adapter of the jobs table.
    pub(crate) async fn job_store(&self) -> DynamoJobStore {
        self.sdk().await.job_store(self.annotations_table())
    }

    /// The number of copies of a job's result in the archive.
    pub(crate) async fn archived_copies(&self, job: JobId) -> Result<usize> {
        let job = job.to_string();
        if let Some(bucket) = self.0.web.get("GAS_ARCHIVE_BUCKET") {
            let listed = self.s3().await.list_objects_v2().bucket(bucket).send().await?;
            let keys = listed.contents().iter().filter_map(|object| object.key());
            return Ok(keys.filter(|key| key.contains(&job)).count());
        }
        let url = format!("{}/_control/archives", self.0.glacier_url);
        let archives: Vec<Value> = reqwest::get(url).await?.json().await?;
        Ok(archives.iter().filter(|archive| archive["description"] == job.as_str()).count())
    }

    /// The name of the job table.
    pub(crate) fn annotations_table(&self) -> &str {
        &self.0.web["GAS_ANNOTATIONS_TABLE"]
    }

    /// The name of the table of private references.
    pub(crate) fn private_references_table(&self) -> &str {
        &self.0.web["GAS_PRIVATE_REFERENCES_TABLE"]
    }

    /// A DynamoDB client for calls that the product does not make.
    pub(crate) async fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&aws(https()).await)
    }

    /// An SNS client for calls that the product does not make.
    pub(crate) async fn sns(&self) -> aws_sdk_sns::Client {
        aws_sdk_sns::Client::new(&aws(https()).await)
    }

    /// An SQS client for calls that the product does not make.
    pub(crate) async fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&aws(https()).await)
    }

    /// Changes a setting of the Glacier emulator.
    pub(crate) async fn control_glacier(&self, setting: &str, value: &Value) -> Result<()> {
        let url = format!("{}/_control/{setting}", self.0.glacier_url);
        reqwest::Client::new().put(url).json(value).send().await?.error_for_status()?;
        Ok(())
    }

    /// An S3 client for calls that the product does not make.
    pub(crate) async fn s3(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&aws(https()).await).force_path_style(true);
        aws_sdk_s3::Client::from_conf(config.build())
    }

    /// Sends a signal to the worker's process. The stack restarts a worker that has ended.
    pub(crate) fn signal_worker(&self, signal: &str) -> Result<u32> {
        let pid = self.0.pid("worker")?;
        let sent = Command::new("kill").args([signal, &pid.to_string()]).status();
        ensure!(sent.context("failed to run kill")?.success(), "the worker {pid} is gone");
        Ok(pid)
    }

    /// The lines of the workers' log that contain a text, such as a job's id.
    pub(crate) fn worker_log(&self, about: &str) -> Result<Vec<String>> {
        self.log("worker", about)
    }

    /// The lines of the utility node's log that contain a text.
    pub(crate) fn utility_log(&self, about: &str) -> Result<Vec<String>> {
        self.log("utility", about)
    }

    fn log(&self, process: &str, about: &str) -> Result<Vec<String>> {
        let path = self.0.data_dir.join(format!("logs/{process}.log"));
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("failed to read {}", path.display()))?;
        Ok(text.lines().filter(|line| line.contains(about)).map(str::to_owned).collect())
    }
}

/// The path of a program of this workspace, in the same target folder as this test.
pub(crate) fn program(name: &str) -> Result<PathBuf> {
    let tests = std::env::current_exe()?;
    let folder = tests.parent().and_then(|deps| deps.parent()).context("no target folder")?;
    Ok(folder.join(name))
}

fn https() -> SharedHttpClient {
    let tls = Provider::Rustls(CryptoMode::Ring);
    aws_smithy_http_client::Builder::new().tls_provider(tls).build_https()
}

/// The configuration for the emulated AWS. `./gas test` sets the SDK's standard variables.
async fn aws(http: impl HttpClient + 'static) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::v2026_01_12()).http_client(http).load().await
}
