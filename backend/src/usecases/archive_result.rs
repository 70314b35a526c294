//! A result whose time is out goes to the archive.
//!
//! One step at a time, each noted in the row before the next: the ticket of the upload, the copy
//! in the archive, the end of the S3 object. Whoever begins anew after a crash finds in the row
//! where to go on, so there is never a second copy and never none.

use super::plan::plan_of;
use super::{ChangeError, change_job, publish};
use crate::Gas;
use crate::mail::Notice;
use crate::ports::{CopiedObject, PortError, UploadOutcome};
use gas_shared::job::{
    Archived, Change, ChangeRefused, Completion, JobState, ObjectLocation, Results, ResultsChange,
    Stored,
};
use gas_shared::{Job, JobId, Plan};
use jiff::SignedDuration;

/// How often the row is looked at again. Each look follows a step that was done, or one that
/// somebody else did first.
const MAX_STEPS: u32 = 16;

/// How an attempt to archive ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveOutcome {
    /// The result is in the archive, and not in S3 any more.
    Archived,
    /// The result stays in S3: the owner is on Premium, or no end is set.
    Kept,
    /// The owner may still download it for so long: come back then.
    NotYet(SignedDuration),
    /// The job has no results, or they are on their way back from the archive.
    NothingToDo,
}

/// Why a result was not archived. Trying again is safe.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The row could not be changed.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// What S3 or the archive has is not what the job's result is.
    #[error(
        "the result of job {job} has {found} bytes where {expected} are noted; it stays in S3 until \
         an operator has compared the object with the job's log and put the right one in its place"
    )]
    Damaged {
        /// The job.
        job: JobId,
        /// Bytes of the S3 object, or of its copy.
        found: u64,
        /// Bytes as noted when the job was completed.
        expected: u64,
    },
    /// The archive has no capacity at any tier.
    #[error("the archive cannot hand out the result of job {0} now")]
    NoCapacity(JobId),
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Archives a job's result if its time is out and its owner is not on Premium, by the plan of this
/// moment.
///
/// # Errors
/// [`ArchiveError`]; call again.
pub async fn archive_result(gas: &Gas, id: JobId) -> Result<ArchiveOutcome, ArchiveError> {
    for _ in 0..MAX_STEPS {
        // One that was deleted is none.
        let Some(job) = gas.jobs.store.job(id).await? else {
            return Ok(ArchiveOutcome::NothingToDo);
        };
        match step(gas, &job).await {
            Ok(Some(outcome)) => return Ok(outcome),
            Ok(None) => {}
            // Somebody else took a step: look again.
            Err(ArchiveError::Change(ChangeError::Refused { .. })) => {}
            Err(error) => return Err(error),
        }
    }
    Err(ChangeError::Contended(id).into())
}

/// Takes one step. `None` after a step that others follow.
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
                give_up(gas, ticket, &stored.file).await?;
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

/// Notes that the result stays, unless its end was set anew since the plan was read.
async fn keep(
    gas: &Gas,
    job: &Job,
    stored: &Stored,
) -> Result<Option<ArchiveOutcome>, ArchiveError> {
    change(gas, job, ResultsChange::ExpiryLifted { seen: stored.until }).await?;
    Ok(Some(ArchiveOutcome::Kept))
}

/// Begins an upload; `over` is the ticket of the one before, which came to nothing.
async fn begin(
    gas: &Gas,
    job: &Job,
    file: &ObjectLocation,
    over: Option<&str>,
) -> Result<Option<ArchiveOutcome>, ArchiveError> {
    let ticket = gas.archive.begin_upload(job.id, file).await?;
    let instead_of = over.map(str::to_owned);
    let noted = ResultsChange::ArchiveBegun { ticket: ticket.clone(), instead_of };
    let begun = change(gas, job, noted).await;
    if begun.is_err() {
        // Nothing was sent yet, and nobody will ever know the ticket.
        gas.archive.abort_upload(&ticket).await?;
    }
    begun?;
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
    // Not after the copy, which would be made anew at every attempt.
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
            forget_unless_noted(gas, job.id, &error, (ticket, &id)).await?;
            Err(error.into())
        }
    }
}

/// Deletes the copy of an upload that the row would not take. Two archivers may bring the same
/// copy; then the row has it already.
async fn forget_unless_noted(
    gas: &Gas,
    job: JobId,
    error: &ChangeError,
    (ticket, archive_id): (&str, &str),
) -> Result<(), ArchiveError> {
    let is_final = matches!(
        error,
        ChangeError::Refused { refused: ChangeRefused::IllegalResults { .. }, .. }
            | ChangeError::NotFound(_)
    );
    if !is_final {
        return Ok(());
    }
    let row = gas.jobs.store.job(job).await?;
    let noted = row.is_some_and(|row| match &row.state {
        JobState::Completed(done) => match &done.results {
            Results::Archived { archived, .. } | Results::Thawing { archived, .. } => {
                archived.id == archive_id
            }
            // Another archiver of the same upload may be about to note it.
            Results::Archiving { ticket: now, .. } => now == ticket,
            Results::Stored(_) => false,
        },
        _ => false,
    });
    if !noted {
        gas.archive.delete(archive_id).await?;
    }
    Ok(())
}

/// Ends an upload that is not wanted any more, whether it is complete or not.
pub(super) async fn give_up(
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

/// Deletes the S3 object of an archived result, and notes it.
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
