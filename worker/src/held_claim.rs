//! The claim under which an attempt stores its result.

use crate::attempt_error::AttemptError;
use crate::heartbeat::LostClaim;
use crate::outage::Intake;
use crate::report::Report;
use gas_backend::AnnotateGas;
use gas_backend::ports::PortError;
use gas_backend::usecases::{ChangeError, report_progress};
use gas_shared::Job;
use gas_shared::job::ClaimId;

/// The claim of a job, as long as no other worker has taken it over.
#[derive(Clone, Copy)]
pub(crate) struct HeldClaim<'a> {
    pub(crate) gas: &'a AnnotateGas,
    pub(crate) intake: &'a Intake,
    pub(crate) job: &'a Job,
    pub(crate) claim: ClaimId,
    pub(crate) report: &'a Report,
}

impl HeldClaim<'_> {
    /// Confirms that the claim is still valid, by a heartbeat. This precedes everything that makes a result
    /// visible: a worker that was suspended for longer than the timeout of its heartbeat could otherwise
    /// replace the result of the next worker, or bring back one that has been archived or deleted.
    ///
    /// # Errors
    /// [`AttemptError::ClaimLost`] if the job was claimed by another worker, has ended or was deleted.
    pub(crate) async fn confirm(&self) -> Result<(), AttemptError> {
        let progress = self.report.progress().borrow().clone();
        let jobs = &self.gas.jobs;
        let heartbeat = || report_progress(jobs, self.job.id, self.claim, progress.clone());
        match self.intake.retry(heartbeat).await {
            Ok(_) => Ok(()),
            Err(ChangeError::Rejected { rejected, .. }) => {
                Err(AttemptError::ClaimLost(LostClaim::Rejected(rejected)))
            }
            Err(ChangeError::NotFound(_)) => Err(AttemptError::ClaimLost(LostClaim::Deleted)),
            Err(ChangeError::Port(error)) => Err(error.into()),
            Err(error) => Err(PortError::new("confirm the claim", error).into()),
        }
    }
}
