//! Changing a job: the one place that writes an existing row.

use crate::messages::JobEvent;
use crate::ports::{PortError, WriteOutcome};
use crate::{Gas, chain};
use gas_shared::job::{Change, Refused};
use gas_shared::{Job, JobId, JobView};

/// How often a change is tried against a row that others write at the same time. Each lost race
/// means that another change succeeded, and only a few actors know one job.
const MAX_RACES: u32 = 10;

/// Why a job was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// There is no such job.
    #[error("job {0} does not exist")]
    NotFound(JobId),
    /// The state machine does not allow it.
    #[error("job {id} was not changed")]
    Refused {
        /// The job as it is.
        id: JobId,
        /// Why.
        #[source]
        refused: Refused,
    },
    /// Others changed the row again and again.
    #[error("job {0} is changed by too many others at once; try again")]
    Contended(JobId),
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Applies a change to a job's row and tells the owner's browsers.
///
/// # Errors
/// [`ChangeError`]; the row is then as it was.
pub async fn change_job(gas: &Gas, id: JobId, change: Change) -> Result<Job, ChangeError> {
    for _ in 0..MAX_RACES {
        let job = gas.jobs.job(id).await?.ok_or(ChangeError::NotFound(id))?;
        let next = job
            .apply(change.clone(), gas.clock.now())
            .map_err(|refused| ChangeError::Refused { id, refused })?;
        if gas.jobs.replace(&next).await? == WriteOutcome::Written {
            tell_browsers(gas, &next).await;
            return Ok(next);
        }
    }
    Err(ChangeError::Contended(id))
}

/// Publishes the job's present state to its owner's browsers.
///
/// The row is the truth and browsers refetch after every reconnect, so a lost event costs
/// freshness only: a failure is logged and the change stands.
pub(super) async fn tell_browsers(gas: &Gas, job: &Job) {
    let event = JobEvent { user_id: job.owner, job: JobView::from(job) };
    if let Err(error) = super::publish(&*gas.job_events, &event).await {
        tracing::warn!(job_id = %job.id, error = %chain(&error), "live event lost");
    }
}
