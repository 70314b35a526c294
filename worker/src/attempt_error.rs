//! Why an attempt at a job fails.

use crate::engine::EngineError;
use crate::heartbeat::LostClaim;
use crate::outage::MaybeOutage;
use crate::references::ReferenceFailure;
use crate::sources::SourceFailure;
use gas_backend::ports::PortError;
use gas_shared::exit_code::is_disk_full;
use gas_shared::job::{
    OPTIONS_UNAVAILABLE, REFERENCE_UNAVAILABLE, SERVICE_TOO_SMALL, SOURCE_UNAVAILABLE,
};
use std::io;

const GIB: f64 = 1024.0 * 1024.0 * 1024.0;

/// The reason why an attempt failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AttemptError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Port(#[from] PortError),
    #[error("failed to create a scratch folder for the run")]
    Scratch(#[from] io::Error),
    #[error("the engine did not write the {0}")]
    NoOutput(&'static str),
    /// There is no such reference, or it could not be fetched.
    #[error(transparent)]
    Reference(#[from] ReferenceFailure),
    /// There is no such source, or it could not be fetched.
    #[error(transparent)]
    Source(#[from] SourceFailure),
    /// This version does not know the options.
    #[error("the options of the job are of a newer version")]
    NewerOptions,
    /// The annotator takes no options.
    #[error(
        "the annotator of this service takes no options; run the job again with the default options"
    )]
    NoOptions,
    /// The object is not the one whose upload was confirmed.
    #[error("the file was replaced after it was submitted; upload it again as a new job")]
    InputReplaced,
    /// The object does not exist.
    #[error("the uploaded file no longer exists; upload it again as a new job")]
    InputMissing,
    /// This worker no longer holds the claim of the job.
    #[error("the claim is lost")]
    ClaimLost(LostClaim),
    /// The disk of this machine is too small for the job, even if nothing else were on it.
    #[error(
        "annotating this file needs about {:.1} GiB of disk space, but the service has {:.1} GiB; split \
         the file and upload the parts, or ask the operator for a larger disk",
        *need as f64 / GIB, *total as f64 / GIB
    )]
    NeverFits { need: u64, total: u64 },
}

impl AttemptError {
    /// The code of the failure if the service cannot run the job as it is submitted: another attempt would
    /// fail, too, and the file is not at fault.
    pub(crate) fn unavailable(&self) -> Option<&'static str> {
        match self {
            Self::Reference(failure) if failure.is_final() => Some(REFERENCE_UNAVAILABLE),
            Self::Source(SourceFailure::Absent(_)) => Some(SOURCE_UNAVAILABLE),
            Self::NoOptions => Some(OPTIONS_UNAVAILABLE),
            Self::NeverFits { .. } => Some(SERVICE_TOO_SMALL),
            _ => None,
        }
    }

    /// Whether the disk of this machine is full, so that the job can succeed elsewhere or later.
    pub(crate) fn is_disk_full(&self) -> bool {
        matches!(self, Self::Engine(EngineError::DiskFull { .. })) || is_disk_full(self)
    }
}

impl MaybeOutage for AttemptError {
    fn is_outage(&self) -> bool {
        // Repeating a transfer does not free the disk, but the end of the attempt does.
        match self {
            Self::Port(error) => error.is_outage() && !is_disk_full(error),
            Self::Reference(failure) => failure.is_outage() && !is_disk_full(failure),
            Self::Source(failure) => failure.is_outage() && !is_disk_full(failure),
            _ => false,
        }
    }
}
