//! What a stack is made of: where its data is, which ports it takes, which programs it runs.

use std::path::PathBuf;

use crate::error::Result;
use crate::ports;

/// The ports of a stack, all on 127.0.0.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    /// The GAS web server.
    pub web: u16,
    /// MiniStack, which is every AWS service.
    pub aws: u16,
    /// PostgreSQL.
    pub postgres: u16,
    /// The identity provider.
    pub oidc: u16,
    /// The Glacier server.
    pub glacier: u16,
    /// The local Stripe.
    pub stripe: u16,
}

impl Ports {
    /// Ports that nothing listens on, for a stack beside others.
    pub fn free() -> Result<Self> {
        let [web, aws, postgres, oidc, glacier, stripe] = ports::free()?;
        Ok(Self { web, aws, postgres, oidc, glacier, stripe })
    }
}

/// Where the programs are that the stack runs.
#[derive(Clone, Debug)]
pub struct Programs {
    /// The folder of `gas-web`, `gas-worker`, `gas-annotate`, `bootstrap` and the emulators that are
    /// part of this workspace.
    pub binaries: PathBuf,
    /// The Python with MiniStack installed.
    pub python: PathBuf,
    /// Node.js.
    pub node: PathBuf,
    /// The folder of `initdb` and `postgres`.
    pub postgres: PathBuf,
}

/// What the terminal shows of the processes' logs, which are files in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verbosity {
    /// Nothing.
    Quiet,
    /// The GAS processes, not the emulators.
    Product,
}

/// What keeps archived results: the parameter `ArchiveBackEnd` of the template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveBackEnd {
    /// A Glacier vault.
    Vault,
    /// The S3 storage class GLACIER.
    S3,
}

impl ArchiveBackEnd {
    /// The spelling of the parameter.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vault => "vault",
            Self::S3 => "s3",
        }
    }
}

/// Everything [`crate::Stack::start`] wants to know.
#[derive(Clone, Debug)]
pub struct StackConfig {
    /// The workspace: its `local/` and `deploy/` folders are read.
    pub workspace: PathBuf,
    /// State and logs go here; made when missing.
    pub data_dir: PathBuf,
    /// Which ports to take.
    pub ports: Ports,
    /// Prefix of the resources' names; also the CloudFormation stack's name.
    pub prefix: String,
    /// The programs to run.
    pub programs: Programs,
    /// The browser bundle's public folder.
    pub public_dir: PathBuf,
    /// The reference bundle made by `gas-annotate build-reference`.
    pub reference_dir: PathBuf,
    /// Whether PostgreSQL waits for the disk: yes where data is kept, no in tests.
    pub durable: bool,
    /// Whether a GAS process that ended by itself is started again, as systemd does on AWS.
    pub restart: bool,
    /// The visibility time of job requests in seconds, where it is not the template's.
    pub job_visibility_secs: Option<u32>,
    /// What keeps archived results.
    pub archive: ArchiveBackEnd,
    /// How long a Free user may download results, where it is not the template's time.
    pub free_window_secs: Option<u32>,
    /// The worker's annotator command, where it is not the default.
    pub annotator: Option<String>,
    /// What the terminal shows.
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

    pub(crate) fn public_url(&self) -> String {
        format!("http://localhost:{}", self.ports.web)
    }

    pub(crate) fn aws_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.aws)
    }

    pub(crate) fn glacier_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.glacier)
    }

    /// By name, as browsers see the web server: a page and the frames in it are of one site.
    pub(crate) fn stripe_url(&self) -> String {
        format!("http://localhost:{}", self.ports.stripe)
    }

    pub(crate) fn oidc_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.oidc)
    }

    pub(crate) fn database_url(&self) -> String {
        format!("postgres://gas:gas@127.0.0.1:{}/gas", self.ports.postgres)
    }
}
