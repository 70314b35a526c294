//! How a test finds the stack that `./gas test` started for it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::environment::Environment;
use crate::error::{Error, Result};

/// The environment variable with the path of the stack's [`Description`].
pub const STACK_VARIABLE: &str = "GAS_TEST_STACK";

/// Where a running stack is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Description {
    /// Where browsers reach GAS.
    pub web_url: String,
    /// The AWS endpoint.
    pub aws_url: String,
    /// The Glacier server, with its control endpoints.
    pub glacier_url: String,
    /// The local Stripe, with its control endpoints.
    pub stripe_url: String,
    /// The prefix of its resources.
    pub prefix: String,
    /// State, logs and pid files.
    pub data_dir: PathBuf,
    /// The environment by which the SDK reaches the AWS endpoints as the account's root.
    pub root: Environment,
    /// The environment that `gas-web` runs with.
    pub web: Environment,
    /// The environment that `gas-worker` runs with.
    pub worker: Environment,
    /// The environment that the utility node runs with.
    pub utility: Environment,
}

impl Description {
    /// The stack that this test was started with.
    ///
    /// # Errors
    /// [`Error::NoStack`] where the test was started without one.
    pub fn of_test() -> Result<Self> {
        let path = std::env::var_os(STACK_VARIABLE).ok_or(Error::NoStack(STACK_VARIABLE))?;
        Self::read(Path::new(&path))
    }

    /// Reads a description.
    ///
    /// # Errors
    /// Where there is none.
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

    /// The id of one of its processes: such as `ministack`, `web`, `worker` or `utility`.
    ///
    /// # Errors
    /// Where no such process runs.
    pub fn pid(&self, process: &str) -> Result<u32> {
        let path = self.data_dir.join(format!("{process}.pid"));
        let text = std::fs::read_to_string(&path).ok().and_then(|text| text.parse().ok());
        text.ok_or_else(|| Error::NoSuchProcess(process.to_owned()))
    }
}
