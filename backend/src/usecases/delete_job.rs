//! Deletes a job and all its files.
//!
//! One conditional write replaces the row by a [`Deletion`]. The job then no longer exists for
//! users, and processes that work on it notice when they write the row. The utility node, which
//! alone may delete from the archive, deletes the files: archive, then S3, then the row. Every step
//! is idempotent. If the message that requests this is lost, the reconciler finds the deletion when
//! it is due.

use super::archive_result::discard_upload;
use super::change_job::publish_event;
use super::dispatch::job_left_or_later;
use super::{ArchiveError, ChangeError, upload_in_parts};
use crate::audit::{Act, Actor};
use crate::messages::ArchiveRequest;
use crate::ports::{PortError, PortResult, WriteOutcome};
use crate::{Gas, chain};
use gas_shared::job::{ArchiveRemains, Deletion};
use gas_shared::{JobId, LiveEvent, UserId};
use tracing::Span;
use tracing::field::display;

/// How often a deletion is tried while others write the same row.
const MAX_RACES: u32 = 10;

/// The progress of a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// The job is not being deleted.
    Nothing,
    /// The files are deleted. They are deleted once more when no process can be at work on the job.
    Swept,
    /// Files and row are deleted.
    Gone,
}

/// Deletes a job in any state. A worker that runs it stops. Repeated calls continue the deletion.
///
/// # Errors
/// [`ChangeError::NotFound`] also for another user's job.
pub async fn delete_job(gas: &Gas, owner: UserId, id: JobId) -> Result<(), ChangeError> {
    Span::current().record("job_id", display(id));
    if begin_deletion(gas, owner, id).await? {
        gas.audit.record(Actor::User, owner, Act::JobDeleted(id)).await;
    }
    Ok(())
}

/// Deletes a job in any state, for its owner, the retention or an erasure. Returns whether this call deleted it.
pub(super) async fn begin_deletion(
    gas: &Gas,
    owner: UserId,
    id: JobId,
) -> Result<bool, ChangeError> {
    for _ in 0..MAX_RACES {
        let Some(job) = gas.jobs.store.job(id).await?.filter(|job| job.owner == owner) else {
            let deletion = gas.jobs.store.deletion(id).await?.filter(|row| row.owner == owner);
            deletion.ok_or(ChangeError::NotFound(id))?;
            request_file_deletion(gas, id).await;
            return Ok(false);
        };
        if gas.jobs.store.tombstone(&job.deletion(gas.now())).await? == WriteOutcome::Written {
            // Parts of an upload do not appear in object listings.
            upload_in_parts::abort(gas, &job).await;
            job_left_or_later(gas, id).await;
            publish_event(&gas.jobs, owner, LiveEvent::Deleted(id)).await;
            request_file_deletion(gas, id).await;
            return Ok(true);
        }
    }
    Err(ChangeError::Contended(id))
}

/// Requests the deletion of the files. If the request fails, the reconciler repeats it when the
/// deletion is due.
async fn request_file_deletion(gas: &Gas, id: JobId) {
    if let Err(error) = request_archiver(gas, id).await {
        tracing::warn!(job_id = %id, error = %chain(&error), "deletion of the files not requested; the reconciler will");
    }
}

/// Requests that the utility node archives a job's result, or deletes the files of a deleted job.
pub(super) async fn request_archiver(gas: &Gas, id: JobId) -> PortResult<()> {
    let request = serde_json::to_string(&ArchiveRequest { job_id: id });
    let request = request.map_err(|error| PortError::new("write a message as JSON", error))?;
    gas.archive_requests.send(&request).await
}

/// Continues the deletion of a job's files and row.
///
/// # Errors
/// [`ArchiveError`]; call again.
pub async fn finish_deletion(gas: &Gas, id: JobId) -> Result<Deleted, ArchiveError> {
    let Some(deletion) = gas.jobs.store.deletion(id).await? else { return Ok(Deleted::Nothing) };
    // They open nothing since the job is gone.
    gas.share_links.delete_of_job(id).await?;
    let Some(deletion) = empty_archive(gas, deletion).await? else { return Ok(Deleted::Swept) };
    erase_objects(gas, &deletion).await?;
    if deletion.quiet_at <= gas.now() {
        gas.jobs.store.purge(&deletion).await?;
        return Ok(Deleted::Gone);
    }
    if !deletion.swept {
        gas.jobs.store.tombstone(&deletion.next(deletion.archive.clone(), true)).await?;
    }
    Ok(Deleted::Swept)
}

/// Deletes the copy in the archive. `None` if another process is further with the same deletion.
async fn empty_archive(gas: &Gas, deletion: Deletion) -> Result<Option<Deletion>, ArchiveError> {
    match &deletion.archive {
        ArchiveRemains::Nothing => {}
        ArchiveRemains::Copy { id } => gas.archive.delete(id).await?,
        ArchiveRemains::EndedUpload { ticket } => {
            gas.archive.abort_upload(ticket).await?;
        }
        ArchiveRemains::Upload { ticket, file } => {
            if gas.objects.head(file).await?.is_some() {
                discard_upload(gas, ticket, file).await?;
            } else {
                gas.archive.abort_upload(ticket).await?;
            }
            // Recorded before the object is deleted: without the object, a complete upload cannot
            // be found again.
            let ended = ArchiveRemains::EndedUpload { ticket: ticket.clone() };
            let next = deletion.next(ended, deletion.swept);
            let written = gas.jobs.store.tombstone(&next).await?;
            return Ok((written == WriteOutcome::Written).then_some(next));
        }
    }
    Ok(Some(deletion))
}

/// Erases all objects with the key prefix of the job: also those that were deleted or overwritten
/// before, of which a versioned bucket keeps a previous version.
async fn erase_objects(gas: &Gas, deletion: &Deletion) -> PortResult<()> {
    let prefix = gas.object_keys.prefix(deletion.owner, deletion.job);
    for bucket in [&gas.object_keys.inputs_bucket, &gas.object_keys.results_bucket] {
        gas.objects.erase(bucket, &prefix).await?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "delete_job_tests.rs"]
mod tests;
