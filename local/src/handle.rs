//! The description by which a test finds the stack that `./gas test` started.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::environment::Environment;
use crate::error::{Error, Result};

/// The environment variable with the path of the stack's [`Description`].
pub const STACK_VARIABLE: &str = "GAS_TEST_STACK";

/// The addresses and environments of a running stack.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Description {
    /// The URL of the web server.
    pub web_url: String,
    /// The AWS endpoint.
    pub aws_url: String,
    /// The Glacier emulator, with its control endpoints.
    pub glacier_url: String,
    /// The Stripe emulator, with its control endpoints.
    pub stripe_url: String,
    /// The prefix of the names of its resources.
    pub prefix: String,
    /// The folder of state, logs and pid files.
    pub data_dir: PathBuf,
    /// The environment for access to AWS as the account's root user.
    pub root: Environment,
    /// The environment of `gas-web migrate`.
    pub migration: Environment,
    /// The environment of `gas-web`.
    pub web: Environment,
    /// The environment of `gas-worker`.
    pub worker: Environment,
    /// The environment of the utility node.
    pub utility: Environment,
}

impl Description {
    /// Returns the stack with which this test was started.
    ///
    /// # Errors
    /// [`Error::NoStack`] if the test was started without a stack.
    pub fn of_test() -> Result<Self> {
        let path = std::env::var_os(STACK_VARIABLE).ok_or(Error::NoStack(STACK_VARIABLE))?;
        Self::read(Path::new(&path))
    }

    /// Reads a description.
    ///
    /// # Errors
    /// If the file is missing or not valid.
    pub fn read(path: &Path) -> Result<Self> {
        let what = || path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(Error::io(format!("read {}", what())))?;
        serde_json::from_str(&text).map_err(|source| Error::Json { what: what(), source })
    }

    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let what = || path.display().to_string();
        let text = serde_json::to_string_pretty(self)
            .map_err(|source| Error::Json { what: what(), source })?;
        std::fs::write(path, text).map_err(Error::io(format!("write {}", what())))
    }

    /// Returns the process id of a process such as `ministack`, `web`, `worker` or `utility`.
    ///
    /// # Errors
    /// If no such process runs.
    pub fn pid(&self, process: &str) -> Result<u32> {
        let path = self.data_dir.join(format!("{process}.pid"));
        let text = std::fs::read_to_string(&path).ok().and_then(|text| text.parse().ok());
        text.ok_or_else(|| Error::NoSuchProcess(process.to_owned()))
    }
}
