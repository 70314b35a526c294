//! What a worker reports about the build of a private reference. A message may be delivered more than once,
//! and two workers may build the same reference: the result is the same, and the first one counts.

use super::{PrivateReferenceError, bytes, change};
use crate::mail::Notice;
use crate::messages::ReferenceBuild;
use crate::ports::PortResult;
use crate::references::PrivateReferences;
use crate::usecases::{ReferenceError, catalog, publish};
use crate::{AnnotateGas, chain};
use gas_shared::UserId;
use gas_shared::private_reference::{
    BuiltReference, PrivateReference, PrivateReferenceChange, PrivateReferenceState, SourceRole,
};
use gas_shared::reference::{ReferenceChoice, ReferenceId, ReferenceManifest};
use std::path::Path;

/// The reference of a message, if it is still to be built.
///
/// # Errors
/// If the table cannot be read.
pub async fn private_reference_to_build(
    private: &PrivateReferences,
    message: &ReferenceBuild,
) -> PortResult<Option<PrivateReference>> {
    let found = private.store.find(message.user_id, &message.reference).await?;
    Ok(found.filter(|reference| {
        reference.build == message.build && reference.state == PrivateReferenceState::Building
    }))
}

/// Stores a reference that was built in a local folder, and lets the owner's jobs use it. If the owner has
/// deleted it meanwhile, nothing of it stays.
///
/// # Errors
/// If a service or a file fails.
pub async fn built_private_reference(
    gas: &AnnotateGas,
    private: &PrivateReferences,
    reference: &PrivateReference,
    folder: &Path,
    manifest: ReferenceManifest,
    notes: Vec<String>,
) -> Result<(), ReferenceError> {
    let size = manifest.bytes();
    let others = private.store.of_user(reference.owner).await?;
    let others: Vec<_> = others.into_iter().filter(|other| other.id != reference.id).collect();
    let (used, limit) = (bytes(&others), private.limits.max_bytes);
    if used.saturating_add(size) > limit {
        let reason = format!(
            "the built reference has {size} bytes, and your other references {used}; at most {limit} \
             are possible, so delete a reference and add this one again"
        );
        return Ok(failed_private_reference(gas, private, reference, reason).await?);
    }
    let catalog = private.catalogs.of(reference.owner);
    let entry = catalog::add(&*catalog, folder, manifest.clone(), true).await?;
    let engine_format = Some(manifest.engine_format);
    let choice = ReferenceChoice::new(manifest, entry.manifest);
    let built = Box::new(BuiltReference { choice, bytes: size, engine_format, notes });
    let change = PrivateReferenceChange::Built(built);
    if end(gas, private, reference, change).await? {
        tracing::info!(bytes = size, "private reference built");
        return Ok(());
    }
    discard_private_build(private, reference.owner, &reference.id).await
}

/// Records that a reference cannot be built.
///
/// # Errors
/// If a service fails.
pub async fn failed_private_reference(
    gas: &AnnotateGas,
    private: &PrivateReferences,
    reference: &PrivateReference,
    reason: String,
) -> PortResult<()> {
    tracing::info!(reason, "private reference not built");
    end(gas, private, reference, PrivateReferenceChange::Failed(reason)).await.map(drop)
}

/// Repeats the last steps of a build that has ended, which an earlier attempt may not have reached: the deletion of the
/// uploaded files, and the notice to the owner, who gets one mail. Does nothing for other references.
///
/// # Errors
/// If a service fails.
pub async fn conclude_private_build(
    gas: &AnnotateGas,
    private: &PrivateReferences,
    message: &ReferenceBuild,
) -> PortResult<()> {
    let row = private.store.find(message.user_id, &message.reference).await?;
    match row.filter(|row| row.build == message.build) {
        Some(row) if row.state.is_built_or_failed() => {
            delete_sources(gas, &row).await?;
            announce(gas, &row).await
        }
        _ => Ok(()),
    }
}

/// Deletes what a build has stored if the row of its reference is gone or waits for its deletion.
///
/// # Errors
/// If a service fails.
pub async fn discard_private_build(
    private: &PrivateReferences,
    owner: UserId,
    id: &ReferenceId,
) -> Result<(), ReferenceError> {
    let row = private.store.find(owner, id).await?;
    if row.is_some_and(|row| row.state != PrivateReferenceState::Deleting) {
        return Ok(());
    }
    let catalog = private.catalogs.of(owner);
    match catalog::remove(&*catalog, id, true).await {
        Ok(_) | Err(ReferenceError::Unknown(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Ends a build, deletes the uploaded files, and tells the owner. Returns whether the row was changed.
async fn end(
    gas: &AnnotateGas,
    private: &PrivateReferences,
    reference: &PrivateReference,
    end: PrivateReferenceChange,
) -> PortResult<bool> {
    let changed = match change(&gas.jobs, private, reference, end).await {
        Ok(_) => true,
        Err(PrivateReferenceError::Port(error)) => return Err(error),
        // It was deleted, or another worker was faster.
        Err(error) => {
            tracing::info!(error = %chain(&error), "build has no effect");
            false
        }
    };
    delete_sources(gas, reference).await?;
    if changed {
        announce(gas, reference).await?;
    }
    Ok(changed)
}

/// Deletes the files that a reference was built from.
async fn delete_sources(gas: &AnnotateGas, reference: &PrivateReference) -> PortResult<()> {
    for role in SourceRole::ALL {
        gas.objects.delete(&gas.object_keys.reference_source(reference, role)).await?;
    }
    Ok(())
}

/// Asks for a mail to the owner about the end of a build. The row says how it has ended.
async fn announce(gas: &AnnotateGas, reference: &PrivateReference) -> PortResult<()> {
    let PrivateReference { owner, id, build, .. } = reference.clone();
    let notice = Notice::ReferenceBuilt { user_id: owner, reference: id, build };
    publish(&*gas.notices, &notice).await
}
