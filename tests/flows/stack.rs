//! The stack that the tests run against.

use anyhow::{Context, Result, ensure};
use aws_config::{BehaviorVersion, Region};
use aws_sdk_s3::config::Credentials;
use gas_backend::aws::Sdk;
use gas_local::Description;
use std::process::Command;

/// The stack of this run.
pub(crate) struct Stack(Description);

/// Finds it.
///
/// # Panics
/// Where the test was not started by `./gas test`.
pub(crate) fn stack() -> Stack {
    Stack(Description::of_test().unwrap_or_else(|error| panic!("{error}")))
}

impl Stack {
    /// Where browsers reach GAS.
    pub(crate) fn web_url(&self) -> String {
        self.0.web_url.clone()
    }

    /// The database.
    pub(crate) fn database_url(&self) -> String {
        self.0.web["DATABASE_URL"].clone()
    }

    /// The bucket of uploads.
    pub(crate) fn inputs_bucket(&self) -> String {
        self.0.web["GAS_INPUTS_BUCKET"].clone()
    }

    /// The product's own way to AWS, with the emulator's root keys.
    pub(crate) async fn sdk(&self) -> Sdk {
        let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .endpoint_url(&self.0.aws_url)
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "tests"));
        Sdk::from(config.load().await)
    }

    /// Sends a signal to the worker's process; the stack starts a worker anew when it ends.
    pub(crate) fn signal_worker(&self, signal: &str) -> Result<u32> {
        let pid = self.0.pid("worker")?;
        let sent = Command::new("kill").args([signal, &pid.to_string()]).status();
        ensure!(sent.context("failed to run kill")?.success(), "the worker {pid} is gone");
        Ok(pid)
    }

    /// The lines that the workers have logged about a job.
    pub(crate) fn worker_log(&self, about: &str) -> Result<Vec<String>> {
        let path = self.0.data_dir.join("logs/worker.log");
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("failed to read {}", path.display()))?;
        Ok(text.lines().filter(|line| line.contains(about)).map(str::to_owned).collect())
    }
}
