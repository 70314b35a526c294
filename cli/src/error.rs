//! What can go wrong, and the exit code for it.

use crate::wire::Problem;
use gas_shared::FileNameError;
use gas_shared::vcf::Diagnostic;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use std::{fmt, io};

/// Why a command was not done.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// Nobody said where GAS is.
    #[error("where is GAS? set GAS_URL or give --url https://…")]
    NoUrl,
    /// The URL cannot be used.
    #[error("{url:?} is no URL of a GAS: {reason}")]
    Url {
        /// What was given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Nobody gave a token.
    #[error(
        "there is no token; make one on the account page, and set GAS_TOKEN or give --token-file"
    )]
    NoToken,
    /// GAS refused, and says why.
    #[error("{0}")]
    Problem(Problem),
    /// The answer is not what the API promises.
    #[error("GAS answered {status} with something unexpected; is the URL right?")]
    Unexpected {
        /// The HTTP status.
        status: u16,
    },
    /// Storage did not take or give a file.
    #[error("storage answered {status}: {text}")]
    Storage {
        /// The HTTP status.
        status: u16,
        /// What it said.
        text: String,
    },
    /// An upload does not go on.
    #[error("storage took nothing of the file for {} s; is the connection down?", .0.as_secs())]
    Stalled(Duration),
    /// The network failed.
    #[error("GAS cannot be reached: {}", Chain(.0))]
    Network(#[from] reqwest::Error),
    /// The file's name is none that GAS takes.
    #[error(transparent)]
    Name(#[from] FileNameError),
    /// The file is no VCF file, or not a sound one.
    #[error("{0}")]
    Vcf(Diagnostic),
    /// The file cannot be read as what its name says.
    #[error("{0}")]
    File(String),
    /// The file would replace one.
    #[error("{} is there already; give --force to replace it, or another --output", .0.display())]
    Exists(PathBuf),
    /// Two files would have one result.
    #[error(
        "{} and {} would both become {}; rename one, or annotate them by two commands with an --output each; nothing was sent",
        inputs[0].display(), inputs[1].display(), target.display()
    )]
    Clash {
        /// The files.
        inputs: [PathBuf; 2],
        /// The result.
        target: PathBuf,
    },
    /// The job failed.
    #[error("job {id} failed: {reason}")]
    JobFailed {
        /// The job.
        id: uuid::Uuid,
        /// Why.
        reason: String,
    },
    /// The job was cancelled.
    #[error("job {0} was cancelled")]
    JobCancelled(uuid::Uuid),
    /// A file of this machine cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The system failed.
    #[error("{0}")]
    System(#[from] io::Error),
}

impl CliError {
    /// The code by which scripts tell errors apart; `gas-cli --help` lists them.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code())
    }

    fn code(&self) -> u8 {
        match self {
            Self::NoUrl | Self::Url { .. } | Self::Exists(_) | Self::Clash { .. } => 2,
            Self::NoToken => 3,
            Self::Problem(problem) => match problem.code.as_str() {
                "invalid_token" | "insufficient_scope" => 3,
                "over_limit" | "invalid_request" => 4,
                "not_found" => 6,
                "upgrade_required" | "conflict" => 7,
                _ => 1,
            },
            Self::Name(_) | Self::Vcf(_) | Self::File(_) => 4,
            Self::JobFailed { .. } | Self::JobCancelled(_) => 5,
            Self::Unexpected { .. }
            | Self::Storage { .. }
            | Self::Stalled(_)
            | Self::Network(_)
            | Self::Io { .. }
            | Self::System(_) => 1,
        }
    }

    /// Whether the same may succeed a little later. Uploads are repeated with a fresh ticket, so an
    /// expired one, to which storage answers 403, is among it.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Network(error) => !error.is_builder(),
            Self::Stalled(_) => true,
            Self::Problem(problem) => {
                matches!(problem.code.as_str(), "rate_limited" | "unavailable")
            }
            Self::Unexpected { status } => matches!(status, 429 | 502..=504),
            // S3 answers 400 where a connection was silent for too long.
            Self::Storage { status, text } => {
                matches!(status, 403 | 408 | 429 | 500..) || text.contains("RequestTimeout")
            }
            _ => false,
        }
    }

    /// Names the file of an error of this machine.
    pub fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}

/// An error with all its causes: reqwest's own text leaves out what matters. URLs are left out, too,
/// since links to storage open files.
struct Chain<'a>(&'a reqwest::Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut cause = std::error::Error::source(self.0);
        if cause.is_none() {
            return f.write_str(if self.0.is_timeout() { "no answer in time" } else { "failed" });
        }
        let mut before = "";
        while let Some(error) = cause {
            write!(f, "{before}{error}")?;
            before = ": ";
            cause = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(code: &str) -> CliError {
        CliError::Problem(Problem { code: code.into(), detail: String::new(), request_id: None })
    }

    #[test]
    fn codes_are_those_of_the_help() {
        let codes = [
            (CliError::NoUrl, 2),
            (CliError::NoToken, 3),
            (problem("insufficient_scope"), 3),
            (problem("over_limit"), 4),
            (CliError::JobCancelled(uuid::Uuid::nil()), 5),
            (problem("not_found"), 6),
            (problem("upgrade_required"), 7),
            (problem("conflict"), 7),
            (CliError::Exists(PathBuf::new()), 2),
            (problem("internal"), 1),
        ];
        for (error, code) in codes {
            assert_eq!(error.code(), code, "{error:?}");
        }
    }
}
