//! Errors and their exit codes.

use crate::dto::{Problem, Status};
use gas_shared::FileNameError;
use gas_shared::vcf::Diagnostic;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use std::{fmt, io};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The URL of GAS is missing.
    #[error("the URL of GAS is missing; set GAS_URL or give --url https://…")]
    NoUrl,
    /// The URL is not valid.
    #[error("{url:?} is not a valid URL of GAS: {reason}")]
    Url {
        /// The URL.
        url: String,
        /// Why the URL is not valid.
        reason: String,
    },
    /// The token is missing.
    #[error(
        "the token is missing; create one on the account page, and set GAS_TOKEN or give --token-file"
    )]
    NoToken,
    /// GAS rejected the request with a reason.
    #[error("{0}")]
    Problem(Problem),
    /// The response is not one of the API.
    #[error("GAS returned an unexpected response (HTTP {status}); check the URL")]
    Unexpected {
        /// The HTTP status.
        status: u16,
    },
    /// Storage rejected an upload or a download.
    #[error("storage returned HTTP {status}: {text}")]
    Storage {
        /// The HTTP status.
        status: u16,
        /// The response, shortened.
        text: String,
    },
    /// An upload made no progress for this long.
    #[error("the upload made no progress for {} s; check the connection", .0.as_secs())]
    Stalled(Duration),
    /// A transfer was interrupted, and what has arrived is kept.
    #[error("{0}; run the same command again to continue")]
    Interrupted(Box<CliError>),
    /// The result changed while it was downloaded.
    #[error("the result has changed during the download; run the same command again")]
    ResultChanged,
    /// The network failed.
    #[error("GAS cannot be reached: {}; check the connection and the URL", Chain(.0))]
    Network(#[from] reqwest::Error),
    /// GAS does not accept the file's name.
    #[error(transparent)]
    Name(#[from] FileNameError),
    /// The file is not a valid VCF file.
    #[error("{0}")]
    Vcf(Diagnostic),
    /// The file is empty, too large, or not of the kind that its name states.
    #[error("{0}")]
    File(String),
    /// The download would replace an existing file.
    #[error("{} exists; give --force to replace it, or choose another --output", .0.display())]
    Exists(PathBuf),
    /// Results cannot be saved.
    #[error(
        "results cannot be saved in {}: {source}; choose another --output; nothing was uploaded",
        path.display()
    )]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Two inputs have the same result name.
    #[error(
        "{} and {} would both be saved as {}; rename one, or run two commands with different --output folders; nothing was uploaded",
        inputs[0].display(), inputs[1].display(), target.display()
    )]
    Clash {
        /// The inputs.
        inputs: [PathBuf; 2],
        /// The path of both results.
        target: PathBuf,
    },
    /// The job failed.
    #[error("job {id} failed: {reason}")]
    JobFailed {
        /// The job's id.
        id: uuid::Uuid,
        /// Why the job failed.
        reason: String,
    },
    /// The job was cancelled.
    #[error("job {0} was cancelled")]
    JobCancelled(uuid::Uuid),
    /// The job finished with a status that this program does not know.
    #[error(
        "job {id} finished with status {status}, which this version of gas-cli does not know; update gas-cli"
    )]
    UnknownStatus {
        /// The job's id.
        id: uuid::Uuid,
        /// The job's status.
        status: Status,
    },
    /// No reference can be built from the files.
    #[error("reference {id} failed: {reason}")]
    ReferenceFailed {
        /// The id of the reference.
        id: String,
        /// Why, and what to do.
        reason: String,
    },
    /// The user has no webhook with this id.
    #[error("there is no webhook {0}; gas-cli webhooks lists them")]
    NoWebhook(uuid::Uuid),
    /// The user has no saved filter with this name.
    #[error("there is no saved filter {0:?}; gas-cli filters lists them")]
    NoSavedFilter(String),
    /// A local file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file's path.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The operating system reported an error.
    #[error("{0}")]
    System(#[from] io::Error),
}

impl CliError {
    /// The exit code of this error; `gas-cli --help` lists them for scripts.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code())
    }

    fn code(&self) -> u8 {
        match self {
            Self::NoUrl
            | Self::Url { .. }
            | Self::Exists(_)
            | Self::Folder { .. }
            | Self::Clash { .. } => 2,
            Self::NoToken => 3,
            Self::Problem(problem) => match problem.code.as_str() {
                "invalid_token" | "insufficient_scope" => 3,
                "over_limit" | "invalid_request" => 4,
                "not_found" => 6,
                "upgrade_required" | "conflict" => 7,
                _ => 1,
            },
            Self::Name(_) | Self::Vcf(_) | Self::File(_) | Self::ReferenceFailed { .. } => 4,
            Self::JobFailed { .. } | Self::JobCancelled(_) => 5,
            Self::NoWebhook(_) | Self::NoSavedFilter(_) => 6,
            Self::Interrupted(cause) => cause.code(),
            Self::Unexpected { .. }
            | Self::Storage { .. }
            | Self::Stalled(_)
            | Self::ResultChanged
            | Self::Network(_)
            | Self::UnknownStatus { .. }
            | Self::Io { .. }
            | Self::System(_) => 1,
        }
    }

    /// Whether a retry may succeed. This includes status 403 of storage, which an expired ticket
    /// causes, because an upload is retried with a new ticket.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Network(error) => !error.is_builder(),
            Self::Stalled(_) => true,
            Self::Problem(problem) => {
                matches!(problem.code.as_str(), "rate_limited" | "unavailable")
            }
            Self::Unexpected { status } => matches!(status, 429 | 502..=504),
            // S3 returns 400 with this code if a connection was idle for too long.
            Self::Storage { status, text } => {
                matches!(status, 403 | 408 | 429 | 500..) || text.contains("RequestTimeout")
            }
            _ => false,
        }
    }

    /// Adds the path of the file to an I/O error.
    pub fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}

/// Displays the causes of an HTTP error. The error's own text is left out, because it contains the
/// URL, and a presigned URL gives access to a file.
struct Chain<'a>(&'a reqwest::Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut cause = std::error::Error::source(self.0);
        if cause.is_none() {
            return f.write_str(if self.0.is_timeout() {
                "the request timed out"
            } else {
                "failed"
            });
        }
        let mut separator = "";
        while let Some(error) = cause {
            write!(f, "{separator}{error}")?;
            separator = ": ";
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
    fn exit_codes_are_those_of_the_help_text() {
        let codes = [
            (CliError::NoUrl, 2),
            (CliError::NoToken, 3),
            (problem("insufficient_scope"), 3),
            (problem("over_limit"), 4),
            (CliError::JobCancelled(uuid::Uuid::nil()), 5),
            (problem("not_found"), 6),
            (CliError::NoWebhook(uuid::Uuid::nil()), 6),
            (CliError::NoSavedFilter(String::new()), 6),
            (problem("upgrade_required"), 7),
            (problem("conflict"), 7),
            (CliError::Exists(PathBuf::new()), 2),
            (problem("internal"), 1),
            (CliError::Interrupted(Box::new(problem("over_limit"))), 4),
            (
                CliError::UnknownStatus {
                    id: uuid::Uuid::nil(),
                    status: Status::Unknown("expired".to_owned()),
                },
                1,
            ),
        ];
        for (error, code) in codes {
            assert_eq!(error.code(), code, "{error:?}");
        }
    }
}
