//! Changing a job: the one place that writes an existing row.

use crate::messages::UserEvent;
use crate::ports::{PortError, WriteOutcome};
use crate::{JobRepository, chain};
use gas_shared::job::{Change, ChangeRefused};
use gas_shared::{Job, JobId, JobView, LiveEvent, UserId};

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
        refused: ChangeRefused,
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
pub async fn change_job(
    records: &JobRepository,
    id: JobId,
    change: Change,
) -> Result<Job, ChangeError> {
    for _ in 0..MAX_RACES {
        let job = records.jobs.job(id).await?.ok_or(ChangeError::NotFound(id))?;
        let next = job
            .apply(change.clone(), records.clock.now())
            .map_err(|refused| ChangeError::Refused { id, refused })?;
        if records.jobs.replace(&next).await? == WriteOutcome::Written {
            tell_browsers(records, &next).await;
            return Ok(next);
        }
    }
    Err(ChangeError::Contended(id))
}

/// Publishes the job's present state to its owner's browsers.
///
/// The row is the truth and browsers refetch after every reconnect, so a lost event costs
/// freshness only: a failure is logged and the change stands.
pub(super) async fn tell_browsers(records: &JobRepository, job: &Job) {
    tell_user(records, job.owner, LiveEvent::Job(Box::new(JobView::from(job)))).await;
}

/// Publishes an event to a user's browsers, as [`tell_browsers`] does.
pub(super) async fn tell_user(records: &JobRepository, user_id: UserId, event: LiveEvent) {
    if let Err(error) = super::publish(&*records.job_events, &UserEvent { user_id, event }).await {
        tracing::warn!(%user_id, error = %chain(&error), "live event lost");
    }
}
