//! The owner deletes a job, and everything that GAS has of it.
//!
//! The row becomes a [`Deletion`] in one conditional write: from then on the job is gone for
//! everybody, and whoever was at work on it finds that out by the row. The files are the utility
//! node's to delete, which alone may delete from the archive: archive, then S3, then the row, each
//! step so that it can be done again. The message that asks for it may get lost, since a deletion
//! says when it is due.

use super::archive_result::give_up;
use super::change_job::publish_event;
use super::{ArchiveError, ChangeError, upload_in_parts};
use crate::messages::ArchiveRequest;
use crate::ports::{PortError, PortResult, WriteOutcome};
use crate::{Gas, chain};
use gas_shared::job::{ArchiveRemains, Deletion};
use gas_shared::{JobId, LiveEvent, UserId};

/// How often a deletion is tried against a row that others write at the same time.
const MAX_RACES: u32 = 10;

/// How far a deletion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// There is no deletion of that job.
    Nothing,
    /// The files are gone. They are deleted once more when nobody can be at work on the job.
    Swept,
    /// Nothing is left.
    Gone,
}

/// Deletes a job, whatever state it is in: who runs it stops. Calling again goes on.
///
/// # Errors
/// [`ChangeError::NotFound`] also for another user's job.
pub async fn delete_job(gas: &Gas, owner: UserId, id: JobId) -> Result<(), ChangeError> {
    for _ in 0..MAX_RACES {
        let Some(job) = gas.jobs.store.job(id).await?.filter(|job| job.owner == owner) else {
            let deletion = gas.jobs.store.deletion(id).await?.filter(|row| row.owner == owner);
            deletion.ok_or(ChangeError::NotFound(id))?;
            ask_for_files(gas, id).await;
            return Ok(());
        };
        if gas.jobs.store.tombstone(&job.deletion(gas.now())).await? == WriteOutcome::Written {
            // Its parts are no object that a list of objects names.
            upload_in_parts::abort(gas, &job).await;
            publish_event(&gas.jobs, owner, LiveEvent::Deleted(id)).await;
            ask_for_files(gas, id).await;
            return Ok(());
        }
    }
    Err(ChangeError::Contended(id))
}

/// Asks the utility node to delete the files. A request that fails is made up for when the
/// deletion is due.
async fn ask_for_files(gas: &Gas, id: JobId) {
    if let Err(error) = ask_archiver(gas, id).await {
        tracing::warn!(job_id = %id, error = %chain(&error), "files of a deleted job stay a while");
    }
}

/// Asks the utility node to look at a job: to archive its result, or to delete what is left of it.
pub(super) async fn ask_archiver(gas: &Gas, id: JobId) -> PortResult<()> {
    let request = serde_json::to_string(&ArchiveRequest { job_id: id });
    let request = request.map_err(|error| PortError::new("write a message as JSON", error))?;
    gas.archive_requests.send(&request).await
}

/// Deletes what is left of a deleted job.
///
/// # Errors
/// [`ArchiveError`]; call again.
pub async fn finish_deletion(gas: &Gas, id: JobId) -> Result<Deleted, ArchiveError> {
    let Some(deletion) = gas.jobs.store.deletion(id).await? else { return Ok(Deleted::Nothing) };
    let Some(deletion) = empty_archive(gas, deletion).await? else { return Ok(Deleted::Swept) };
    delete_objects(gas, &deletion).await?;
    if deletion.quiet_at <= gas.now() {
        gas.jobs.store.purge(&deletion).await?;
        return Ok(Deleted::Gone);
    }
    if !deletion.swept {
        gas.jobs.store.tombstone(&deletion.next(deletion.archive.clone(), true)).await?;
    }
    Ok(Deleted::Swept)
}

/// Deletes what the archive has. `None` where another process does the same and is further.
async fn empty_archive(gas: &Gas, deletion: Deletion) -> Result<Option<Deletion>, ArchiveError> {
    match &deletion.archive {
        ArchiveRemains::Nothing => {}
        ArchiveRemains::Copy { id } => gas.archive.delete(id).await?,
        ArchiveRemains::EndedUpload { ticket } => {
            gas.archive.abort_upload(ticket).await?;
        }
        ArchiveRemains::Upload { ticket, file } => {
            if gas.objects.head(file).await?.is_some() {
                give_up(gas, ticket, file).await?;
            } else {
                gas.archive.abort_upload(ticket).await?;
            }
            // Noted before the object goes, without which a complete upload cannot be found again.
            let ended = ArchiveRemains::EndedUpload { ticket: ticket.clone() };
            let next = deletion.next(ended, deletion.swept);
            let written = gas.jobs.store.tombstone(&next).await?;
            return Ok((written == WriteOutcome::Written).then_some(next));
        }
    }
    Ok(Some(deletion))
}

/// Deletes all objects whose keys say that they are the job's, whoever made them.
async fn delete_objects(gas: &Gas, deletion: &Deletion) -> PortResult<()> {
    let prefix = gas.object_keys.prefix(deletion.owner, deletion.job);
    for bucket in [&gas.object_keys.inputs_bucket, &gas.object_keys.results_bucket] {
        for file in gas.objects.list(bucket, &prefix).await? {
            gas.objects.delete(&file).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "delete_job_tests.rs"]
mod tests;
