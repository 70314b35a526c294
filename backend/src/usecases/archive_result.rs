//! Archives a result whose download window has ended.
//!
//! Each step is recorded in the row before the next one: the ticket of the upload, the copy in the
//! archive, the deletion of the S3 object. After a crash the row says where to continue, so that
//! the result always exists and never twice in the archive.

use super::plan::plan_of;
use super::{ChangeError, change_job, publish};
use crate::mail::Notice;
use crate::ports::{CopiedObject, PortError, UploadOutcome};
use crate::{Gas, record_job};
use gas_shared::job::{
    Archived, Change, ChangeRejected, Completion, JobState, ObjectLocation, Results, ResultsChange,
    Stored,
};
use gas_shared::{Job, JobId, Plan};
use jiff::SignedDuration;

/// How often the row is read at most. Each read follows a step of this or of another process.
const MAX_STEPS: u32 = 16;

/// The outcome of a request to archive a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveOutcome {
    /// The result is in the archive and no longer in S3.
    Archived,
    /// The result stays in S3: the owner is on Premium, or the result has no end.
    Kept,
    /// The owner may still download the result for this time. Try again afterwards.
    NotYet(SignedDuration),
    /// The job has no results, or they are being restored.
    NothingToDo,
}

/// The reason why a result was not archived. Retrying is safe.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The row could not be changed.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The size of the object or of its copy is not the size of the job's result.
    #[error(
        "the result of job {job} has {found} bytes instead of {expected}; it stays in S3 until an \
         operator has compared the object with the job's log and replaced it"
    )]
    Damaged {
        /// The job.
        job: JobId,
        /// The size of the S3 object or of its copy, in bytes.
        found: u64,
        /// The size recorded when the job was completed, in bytes.
        expected: u64,
    },
    /// The archive has no retrieval capacity at any tier.
    #[error("the archive has no capacity to retrieve the result of job {0} now")]
    NoCapacity(JobId),
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Archives a job's result if its download window has ended and its owner is currently not on
/// Premium.
///
/// # Errors
/// [`ArchiveError`]; retry.
pub async fn archive_result(gas: &Gas, id: JobId) -> Result<ArchiveOutcome, ArchiveError> {
    for _ in 0..MAX_STEPS {
        // A deleted job does not exist.
        let Some(job) = gas.jobs.store.job(id).await? else {
            return Ok(ArchiveOutcome::NothingToDo);
        };
        record_job(&job);
        match step(gas, &job).await {
            Ok(Some(outcome)) => return Ok(outcome),
            Ok(None) => {}
            // Another process took a step: read the row again.
            Err(ArchiveError::Change(ChangeError::Rejected { .. })) => {}
            Err(error) => return Err(error),
        }
    }
    Err(ChangeError::Contended(id).into())
}

/// Takes one step. `None` if more steps follow.
async fn step(gas: &Gas, job: &Job) -> Result<Option<ArchiveOutcome>, ArchiveError> {
    let JobState::Completed(done) = &job.state else {
        return Ok(Some(ArchiveOutcome::NothingToDo));
    };
    match &done.results {
        Results::Stored(stored) => {
            let Some(until) = stored.until else { return Ok(Some(ArchiveOutcome::Kept)) };
            if plan_of(gas, job.owner).await? == Plan::Premium {
                return keep(gas, job, stored).await;
            }
            let left = until.duration_since(gas.now());
            if left.is_positive() {
                return Ok(Some(ArchiveOutcome::NotYet(left)));
            }
            begin(gas, job, &stored.file, None).await
        }
        Results::Archiving { stored, ticket } => {
            if plan_of(gas, job.owner).await? == Plan::Premium {
                discard_upload(gas, ticket, &stored.file).await?;
                return keep(gas, job, stored).await;
            }
            upload(gas, job, done, ticket, &stored.file).await
        }
        Results::Archived { archived, leftover: Some(file) } => {
            announce(gas, job, archived).await?;
            purge(gas, job, file).await?;
            Ok(None)
        }
        Results::Archived { leftover: None, .. } => Ok(Some(ArchiveOutcome::Archived)),
        Results::Thawing { .. } => Ok(Some(ArchiveOutcome::NothingToDo)),
    }
}

/// Records that the result stays, unless its end was changed since the plan was read.
async fn keep(
    gas: &Gas,
    job: &Job,
    stored: &Stored,
) -> Result<Option<ArchiveOutcome>, ArchiveError> {
    change(gas, job, ResultsChange::ExpiryLifted { seen: stored.until }).await?;
    Ok(Some(ArchiveOutcome::Kept))
}

/// Begins an upload to the archive; `over` is the ticket of a previous upload that is void.
async fn begin(
    gas: &Gas,
    job: &Job,
    file: &ObjectLocation,
    over: Option<&str>,
) -> Result<Option<ArchiveOutcome>, ArchiveError> {
    let ticket = gas.archive.begin_upload(job.id, file).await?;
    let instead_of = over.map(str::to_owned);
    let begun = ResultsChange::ArchiveBegun { ticket: ticket.clone(), instead_of };
    let recorded = change(gas, job, begun).await;
    if recorded.is_err() {
        // The upload is empty. If the row has its ticket nevertheless, because the response was lost, the next
        // attempt finds the ticket gone and begins another upload.
        gas.archive.abort_upload(&ticket).await?;
    }
    recorded?;
    Ok(None)
}

async fn upload(
    gas: &Gas,
    job: &Job,
    done: &Completion,
    ticket: &str,
    file: &ObjectLocation,
) -> Result<Option<ArchiveOutcome>, ArchiveError> {
    let damaged = |found| ArchiveError::Damaged { job: job.id, found, expected: done.result_size };
    // Checked before copying, since every retry would copy again.
    let found = gas.objects.head(file).await?;
    if let Some(object) = found.filter(|object| object.size != done.result_size) {
        return Err(damaged(object.size));
    }
    let (id, copy) = match gas.archive.upload(ticket, file).await? {
        UploadOutcome::Stored { archive_id, copy } => (archive_id, copy),
        UploadOutcome::TicketGone => return begin(gas, job, file, Some(ticket)).await,
    };
    let CopiedObject { size, tree_hash } = copy;
    if size != done.result_size {
        gas.archive.delete(&id).await?;
        return Err(damaged(size));
    }
    let archived = ResultsChange::Archived { ticket: ticket.to_owned(), id: id.clone(), tree_hash };
    match change(gas, job, archived).await {
        Ok(_) => Ok(None),
        Err(error) => {
            delete_unless_recorded(gas, job.id, &error, (ticket, &id)).await?;
            Err(error.into())
        }
    }
}

/// Deletes the copy of an upload that could not be recorded in the row, unless another archiver has
/// recorded the same copy.
async fn delete_unless_recorded(
    gas: &Gas,
    job: JobId,
    error: &ChangeError,
    (ticket, archive_id): (&str, &str),
) -> Result<(), ArchiveError> {
    let is_final = matches!(
        error,
        ChangeError::Rejected { rejected: ChangeRejected::IllegalResults { .. }, .. }
            | ChangeError::NotFound(_)
    );
    if !is_final {
        return Ok(());
    }
    let row = gas.jobs.store.job(job).await?;
    let recorded = row.is_some_and(|row| match &row.state {
        JobState::Completed(done) => match &done.results {
            Results::Archived { archived, .. } | Results::Thawing { archived, .. } => {
                archived.id == archive_id
            }
            // Another archiver of the same upload may be about to record it.
            Results::Archiving { ticket: now, .. } => now == ticket,
            Results::Stored(_) => false,
        },
        _ => false,
    });
    if !recorded {
        gas.archive.delete(archive_id).await?;
    }
    Ok(())
}

/// Discards an upload that is no longer wanted, complete or not.
pub(super) async fn discard_upload(
    gas: &Gas,
    ticket: &str,
    file: &ObjectLocation,
) -> Result<(), ArchiveError> {
    if gas.archive.abort_upload(ticket).await? {
        return Ok(());
    }
    if let UploadOutcome::Stored { archive_id, .. } = gas.archive.upload(ticket, file).await? {
        gas.archive.delete(&archive_id).await?;
    }
    Ok(())
}

/// Deletes the S3 object of an archived result and records it.
pub(super) async fn purge(
    gas: &Gas,
    job: &Job,
    file: &ObjectLocation,
) -> Result<Job, ArchiveError> {
    gas.objects.delete(file).await?;
    Ok(change(gas, job, ResultsChange::Purged).await?)
}

async fn announce(gas: &Gas, job: &Job, archived: &Archived) -> Result<(), ArchiveError> {
    let notice = Notice::ResultsArchived { job_id: job.id, user_id: job.owner, at: archived.at };
    Ok(publish(&*gas.notices, &notice).await?)
}

async fn change(gas: &Gas, job: &Job, change: ResultsChange) -> Result<Job, ChangeError> {
    change_job(&gas.jobs, job.id, Change::Results(change)).await
}

#[cfg(test)]
#[path = "archive_result_tests.rs"]
mod tests;
