//! Deletes private references.

use super::add::abort_uploads;
use super::{PrivateReferenceError, change, find, offered};
use crate::Gas;
use crate::audit::{Act, Actor};
use crate::ports::{PortResult, WriteOutcome};
use crate::references::PrivateReferences;
use crate::usecases::change_job::publish_event;
use crate::usecases::{ReferenceError, catalog};
use gas_shared::private_reference::{
    PrivateReference, PrivateReferenceChange, PrivateReferenceState, SourceRole,
};
use gas_shared::reference::ReferenceId;
use gas_shared::{LiveEvent, UserId};

/// Deletes one of a user's private references. New jobs cannot choose it from now on; its files are deleted
/// when no job that waits or runs has it as its reference. Results that were made with it stay. Deleting one
/// that is being deleted succeeds.
///
/// # Errors
/// [`PrivateReferenceError`].
pub async fn delete_private_reference(
    gas: &Gas,
    owner: UserId,
    id: &ReferenceId,
) -> Result<(), PrivateReferenceError> {
    let private = offered(gas)?;
    let reference = find(private, owner, id).await?;
    match begin_deletion(gas, private, &reference).await {
        Ok(()) => {
            gas.audit.record(Actor::User, owner, Act::ReferenceDeleted(id.clone())).await;
            Ok(())
        }
        Err(PrivateReferenceError::Rejected(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes a reference one that is being deleted.
pub(super) async fn begin_deletion(
    gas: &Gas,
    private: &PrivateReferences,
    reference: &PrivateReference,
) -> Result<(), PrivateReferenceError> {
    let was_uploading = reference.state == PrivateReferenceState::Uploading;
    change(&gas.jobs, private, reference, PrivateReferenceChange::Delete).await?;
    if was_uploading {
        abort_uploads(gas, reference).await;
    }
    Ok(())
}

/// Deletes the files and the row of a reference that is being deleted, unless a job that has not ended
/// needs it. Returns whether it is gone.
pub(super) async fn finish_deletion(
    gas: &Gas,
    private: &PrivateReferences,
    reference: &PrivateReference,
) -> Result<bool, ReferenceError> {
    if is_in_use(gas, reference).await? {
        return Ok(false);
    }
    let catalog = private.catalogs.of(reference.owner);
    match catalog::remove(&*catalog, &reference.id, true).await {
        Ok(_) | Err(ReferenceError::Unknown(_)) => {}
        Err(error) => return Err(error),
    }
    delete_sources(gas, reference).await?;
    // Last, so that an interrupted deletion is continued.
    let is_gone = private.store.delete(reference).await? == WriteOutcome::Written;
    if is_gone {
        tracing::info!(user_id = %reference.owner, reference = %reference.id, "private reference deleted");
        publish_event(&gas.jobs, reference.owner, LiveEvent::References).await;
    }
    Ok(is_gone)
}

/// Whether a job of the owner that waits or runs has the reference. A job whose file has not arrived yet
/// does not count: it will fail, with the reason.
async fn is_in_use(gas: &Gas, reference: &PrivateReference) -> PortResult<bool> {
    let jobs = gas.dispatches.of_user(reference.owner).await?;
    let jobs = gas.jobs.store.jobs(&jobs).await?;
    Ok(jobs.iter().any(|job| {
        !job.status().is_final()
            && job
                .options
                .known()
                .is_some_and(|options| options.reference.as_ref() == Some(&reference.id))
    }))
}

async fn delete_sources(gas: &Gas, reference: &PrivateReference) -> PortResult<()> {
    for role in SourceRole::ALL {
        gas.objects.delete(&gas.object_keys.reference_source(reference, role)).await?;
    }
    Ok(())
}

/// Deletes all private references of a user whose account is closed, with all versions of their files.
/// Returns whether there were any.
pub(in crate::usecases) async fn erase_private_references(
    gas: &Gas,
    owner: UserId,
) -> PortResult<bool> {
    let Some(private) = &gas.private_references else { return Ok(false) };
    let references = private.store.of_user(owner).await?;
    for reference in &references {
        abort_uploads(gas, reference).await;
        for role in SourceRole::ALL {
            let file = gas.object_keys.reference_source(reference, role);
            gas.objects.erase(&file.bucket, &file.key).await?;
        }
    }
    // A worker may have stored a reference whose row was deleted before, so this does not depend on rows.
    private.catalogs.erase(owner).await?;
    for reference in &references {
        private.store.delete(reference).await?;
    }
    Ok(!references.is_empty())
}
