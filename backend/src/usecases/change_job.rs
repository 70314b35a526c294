//! Changes a job: the only code that updates an existing row.

use crate::messages::UserEvent;
use crate::ports::{PortError, WriteOutcome};
use crate::{JobRepository, chain};
use gas_shared::job::{Change, ChangeRejected};
use gas_shared::{Job, JobId, JobView, LiveEvent, UserId};

/// How often a change is tried while others write the same row. Each lost race means that another
/// change succeeded, and only a few actors change one job.
const MAX_RACES: u32 = 10;

/// The reason why a job was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The job does not exist.
    #[error("job {0} does not exist")]
    NotFound(JobId),
    /// The state machine does not allow it.
    #[error("job {id} was not changed")]
    Rejected {
        /// The job.
        id: JobId,
        /// The reason.
        #[source]
        rejected: ChangeRejected,
    },
    /// Every attempt lost the race against another change of the row.
    #[error("job {0} is being changed by other requests; try again")]
    Contended(JobId),
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Applies a change to a job's row and publishes the new state to the owner's browsers.
///
/// # Errors
/// [`ChangeError`]; the row is then unchanged.
pub async fn change_job(
    jobs: &JobRepository,
    id: JobId,
    change: Change,
) -> Result<Job, ChangeError> {
    for _ in 0..MAX_RACES {
        let job = jobs.store.job(id).await?.ok_or(ChangeError::NotFound(id))?;
        let next = job
            .apply(change.clone(), jobs.now())
            .map_err(|rejected| ChangeError::Rejected { id, rejected })?;
        if jobs.store.replace(&next).await? == WriteOutcome::Written {
            publish_job(jobs, &next).await;
            return Ok(next);
        }
    }
    Err(ChangeError::Contended(id))
}

/// Publishes a job's current state to its owner's browsers.
pub(super) async fn publish_job(jobs: &JobRepository, job: &Job) {
    publish_event(jobs, job.owner, LiveEvent::Job(Box::new(JobView::from(job)))).await;
}

/// Publishes a live event to a user's browsers. A failure is only logged: the rows are the source
/// of truth and browsers read them again after every reconnect, so a lost event delays an update.
pub(super) async fn publish_event(jobs: &JobRepository, user_id: UserId, event: LiveEvent) {
    let message = UserEvent { user_id: Some(user_id), event };
    if let Err(error) = super::publish(&*jobs.events, &message).await {
        tracing::warn!(%user_id, error = %chain(&error), "live event lost");
    }
}
