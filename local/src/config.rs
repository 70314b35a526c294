//! The configuration of a stack: data folder, ports and programs.

use std::path::PathBuf;

use crate::ports::Ports;

/// The database role that owns the database and migrates its schema.
pub(crate) const OWNER_ROLE: &str = "gas";

/// The database role of the GAS processes, which cannot change the schema.
pub(crate) const PROCESSES_ROLE: &str = "gas_processes";

/// The paths of the programs that the stack runs.
#[derive(Clone, Debug)]
pub struct Programs {
    /// The folder of `gas-web`, `gas-worker`, `gas-annotate`, `gas-index`, `bootstrap` and the
    /// emulators of this workspace.
    pub binaries: PathBuf,
    /// The Python with MiniStack installed.
    pub python: PathBuf,
    /// Node.js.
    pub node: PathBuf,
    /// The folder that contains `initdb` and `postgres`.
    pub postgres: PathBuf,
}

/// Which logs are also shown on the terminal. Log files are always written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verbosity {
    /// No logs.
    Quiet,
    /// The logs of the GAS processes, but not of the emulators.
    Product,
}

/// Where results are archived: the parameter `ArchiveBackEnd` of the template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveBackEnd {
    /// A Glacier vault.
    Vault,
    /// The S3 storage class GLACIER.
    S3,
}

impl ArchiveBackEnd {
    /// The value of the parameter.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vault => "vault",
            Self::S3 => "s3",
        }
    }
}

/// The references that jobs are annotated with.
#[derive(Clone, Debug)]
pub enum References {
    /// One reference in a folder, built by `gas-annotate build-reference`.
    Bundle(PathBuf),
    /// A catalog in a folder, filled by `gas-reference`.
    Catalog {
        /// The folder.
        folder: PathBuf,
        /// The id of the reference of jobs that name none.
        default: String,
    },
}

/// The configuration for [`crate::Stack::start`].
#[derive(Clone, Debug)]
pub struct StackConfig {
    /// The workspace, whose `local/` and `deploy/` folders are read.
    pub workspace: PathBuf,
    /// The folder for state and logs. It is created if it is missing.
    pub data_dir: PathBuf,
    /// The ports.
    pub ports: Ports,
    /// The prefix of the names of all resources, and the name of the CloudFormation stack.
    pub prefix: String,
    /// The programs.
    pub programs: Programs,
    /// The public folder of the WASM bundle.
    pub public_dir: PathBuf,
    /// The references.
    pub references: References,
    /// The folder of the catalog of sources; `None` without sources.
    pub sources: Option<PathBuf>,
    /// Whether web server, worker and utility node are started, and not only what they need.
    pub processes: bool,
    /// Whether PostgreSQL flushes to disk: true where data is kept, false in tests.
    pub durable: bool,
    /// Whether a GAS process that exits unexpectedly is restarted, as systemd does on AWS.
    pub restart: bool,
    /// Whether emulators and PostgreSQL are restarted, too. Otherwise their exit is an error.
    pub restart_all: bool,
    /// The visibility timeout of job requests in seconds; `None` for the template's default.
    pub job_visibility_secs: Option<u32>,
    /// The time limit of the restore function in seconds; `None` for the template's default.
    pub restore_timeout_secs: Option<u32>,
    /// Where results are archived.
    pub archive: ArchiveBackEnd,
    /// The download window of Free users in seconds; `None` for the template's default.
    pub free_window_secs: Option<u32>,
    /// The worker's annotator command; `None` for the default.
    pub annotator: Option<String>,
    /// The size from which on a file is annotated in shards, and the size of a shard, in bytes; `None` for no
    /// file.
    pub shards: Option<(u64, u64)>,
    /// Which logs the terminal shows.
    pub verbosity: Verbosity,
}

impl StackConfig {
    pub(crate) fn emulators(&self) -> PathBuf {
        self.workspace.join("local/emulators")
    }

    pub(crate) fn template(&self) -> PathBuf {
        self.workspace.join("deploy/template.yaml")
    }

    pub(crate) fn logs(&self) -> PathBuf {
        self.data_dir.join("logs")
    }

    /// The folder for temporary files of MiniStack and of the Lambda functions that it runs.
    pub(crate) fn ministack_temporary(&self) -> PathBuf {
        self.data_dir.join("ministack/temporary")
    }

    pub(crate) fn public_url(&self) -> String {
        format!("http://localhost:{}", self.ports.web)
    }

    pub(crate) fn aws_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.aws)
    }

    pub(crate) fn glacier_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.glacier)
    }

    /// Uses the host name of the web server, so that a page and its frames are same-site.
    pub(crate) fn stripe_url(&self) -> String {
        format!("http://localhost:{}", self.ports.stripe)
    }

    pub(crate) fn oidc_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.oidc)
    }

    /// The database with the role `role`: [`OWNER_ROLE`] or [`PROCESSES_ROLE`].
    pub(crate) fn database_url(&self, role: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/gas", self.ports.postgres)
    }
}
