//! Adds a private reference: limits, the upload of its two files in parts, and the request to build it.

use super::{PrivateReferenceError, bytes, change, find, offered};
use crate::audit::{Act, Actor};
use crate::messages::ReferenceBuild;
use crate::ports::{PortError, PortResult, WriteOutcome};
use crate::references::PrivateReferences;
use crate::usecases::change_job::publish_event;
use crate::usecases::file_in_parts::{
    TICKET_PARTS, TICKET_VALID_FOR, complete_parts, missing_parts, sign_parts,
};
use crate::usecases::limits::{count_confirmation, count_new_reference, count_part_ticket};
use crate::{Gas, chain};
use gas_shared::private_reference::{
    NewPrivateReference, NewSource, PrivateReference, PrivateReferenceChange,
    PrivateReferenceState, PrivateReferenceView, SourcePart, SourceParts, SourceRole,
    UploadedSource,
};
use gas_shared::reference::ReferenceId;
use gas_shared::upload::PartTicket;
use gas_shared::{Account, LiveEvent, Plan, UserId};
use uuid::Uuid;

const BINARY: &str = "application/octet-stream";

/// Adds a private reference, and signs the first parts of its files. An id can be used again if the
/// reference that had it was not built.
///
/// # Errors
/// [`PrivateReferenceError`]. If a service has failed, the reference may exist and be continued. Uploads that
/// no reference names are removed by the bucket's lifecycle rule.
pub async fn add_private_reference(
    gas: &Gas,
    account: &Account,
    new: &NewPrivateReference,
) -> Result<SourceParts, PrivateReferenceError> {
    let private = offered(gas)?;
    if account.plan != Plan::Premium {
        return Err(PrivateReferenceError::NeedsPremium);
    }
    let id = new.check()?;
    let before = check_limits(private, account.id, &id, new).await?;
    count_new_reference(gas, account.id).await?;
    let reference = begin_uploads(gas, account.id, id, new, before.as_ref()).await?;
    store(gas, private, &reference, before.is_some()).await?;
    publish_event(&gas.jobs, account.id, LiveEvent::References).await;
    gas.audit.record(Actor::User, account.id, Act::ReferenceAdded(reference.id.clone())).await;
    ticket(gas, &reference).await
}

/// Checks what the user has. Returns the reference with the same id that was not built.
async fn check_limits(
    private: &PrivateReferences,
    owner: UserId,
    id: &ReferenceId,
    new: &NewPrivateReference,
) -> Result<Option<PrivateReference>, PrivateReferenceError> {
    let references = private.store.of_user(owner).await?;
    let before = references.iter().find(|reference| reference.id == *id);
    if before.is_some_and(|before| !matches!(before.state, PrivateReferenceState::Failed { .. })) {
        return Err(PrivateReferenceError::Exists(id.clone()));
    }
    let limits = private.limits;
    let count = references.iter().filter(|reference| reference.counts()).count();
    if count as u64 >= u64::from(limits.max_count) {
        return Err(PrivateReferenceError::TooMany(limits.max_count));
    }
    let (used, size, limit) = (bytes(&references), new.bytes(), limits.max_bytes);
    if used.saturating_add(size) > limit {
        return Err(PrivateReferenceError::TooLarge { used, size, limit });
    }
    Ok(before.cloned())
}

/// Begins the uploads of both files.
async fn begin_uploads(
    gas: &Gas,
    owner: UserId,
    id: ReferenceId,
    new: &NewPrivateReference,
    before: Option<&PrivateReference>,
) -> PortResult<PrivateReference> {
    let source = |source: &NewSource| UploadedSource {
        file_name: source.file_name.clone(),
        size: source.size_bytes,
        upload_id: String::new(),
    };
    let now = gas.now();
    let mut reference = PrivateReference {
        owner,
        id,
        build: Uuid::new_v4(),
        version: before.map_or(1, |before| before.version + 1),
        added_at: now,
        changed_at: now,
        fasta: source(&new.fasta),
        gene_models: source(&new.gene_models),
        state: PrivateReferenceState::Uploading,
    };
    for role in SourceRole::ALL {
        let file = gas.object_keys.reference_source(&reference, role);
        let upload_id = gas.part_uploads.begin(&file, BINARY).await?;
        match role {
            SourceRole::Fasta => reference.fasta.upload_id = upload_id,
            SourceRole::GeneModels => reference.gene_models.upload_id = upload_id,
        }
    }
    Ok(reference)
}

/// Writes the row. Of requests at the same moment that would exceed the limit together, none succeeds.
///
/// The row names the uploads, so they are aborted only if it certainly does not exist. After an error of the
/// table they are kept, and the deadline of the row ends them.
async fn store(
    gas: &Gas,
    private: &PrivateReferences,
    reference: &PrivateReference,
    replaces: bool,
) -> Result<(), PrivateReferenceError> {
    if !write(private, reference, replaces).await? {
        abort_uploads(gas, reference).await;
        return Err(PrivateReferenceError::Exists(reference.id.clone()));
    }
    let references = private.store.of_user(reference.owner).await?;
    let max = private.limits.max_count;
    if references.iter().filter(|reference| reference.counts()).count() as u64 > u64::from(max) {
        if private.store.delete(reference).await? == WriteOutcome::Written {
            abort_uploads(gas, reference).await;
        }
        return Err(PrivateReferenceError::TooMany(max));
    }
    Ok(())
}

/// Writes the row. `false` if the owner has another reference with its id.
async fn write(
    private: &PrivateReferences,
    reference: &PrivateReference,
    replaces: bool,
) -> PortResult<bool> {
    let put = || match replaces {
        true => private.store.replace(reference),
        false => private.store.insert(reference),
    };
    let written = match put().await {
        // The response of a successful write may be lost. An identical row counts as written, so a second call
        // succeeds in both cases.
        Err(error) if error.is_outage() => {
            tracing::warn!(error = %chain(&error), "reference is written again after an error");
            put().await?
        }
        written => written?,
    };
    if written == WriteOutcome::Written {
        return Ok(true);
    }
    // The row is the one of this call if the response of the first write was lost, and the row was changed
    // before the write was repeated.
    let stored = private.store.find(reference.owner, &reference.id).await?;
    Ok(stored.is_some_and(|stored| stored.build == reference.build))
}

/// Signs the next parts that S3 does not have yet. May be called at any time while files are uploaded.
///
/// # Errors
/// [`PrivateReferenceError`].
pub async fn next_source_parts(
    gas: &Gas,
    owner: UserId,
    id: &ReferenceId,
) -> Result<SourceParts, PrivateReferenceError> {
    let private = offered(gas)?;
    count_part_ticket(gas, owner).await?;
    let reference = find(private, owner, id).await?;
    if reference.state != PrivateReferenceState::Uploading {
        // Rejected, with the state as the reason.
        reference.apply(PrivateReferenceChange::Uploaded, gas.now())?;
    }
    ticket(gas, &reference).await
}

async fn ticket(
    gas: &Gas,
    reference: &PrivateReference,
) -> Result<SourceParts, PrivateReferenceError> {
    let expires_at = gas.now() + TICKET_VALID_FOR;
    let (mut parts, mut missing_bytes) = (Vec::new(), 0);
    for role in SourceRole::ALL {
        let file = gas.object_keys.reference_source(reference, role);
        let source = reference.source(role);
        let missing = missing_parts(gas, &file, &source.parts()).await?;
        let missing =
            missing.ok_or_else(|| PrivateReferenceError::Expired(reference.id.clone()))?;
        missing_bytes += missing.iter().map(|part| part.length).sum::<u64>();
        let most = TICKET_PARTS.saturating_sub(parts.len());
        let signed = sign_parts(gas, &file, &source.upload_id, &missing, most).await?;
        let of_role =
            |PartTicket { offset, length, url }| SourcePart { file: role, offset, length, url };
        parts.extend(signed.into_iter().map(of_role));
    }
    Ok(SourceParts { id: reference.id.clone(), missing_bytes, parts, expires_at })
}

/// Completes the uploads, and requests a worker. Idempotent.
///
/// # Errors
/// [`PrivateReferenceError::NotUploaded`] if a part is missing; otherwise as the state or a service says.
pub async fn confirm_private_reference(
    gas: &Gas,
    owner: UserId,
    id: &ReferenceId,
) -> Result<PrivateReferenceView, PrivateReferenceError> {
    let private = offered(gas)?;
    count_confirmation(gas, owner).await?;
    let mut reference = find(private, owner, id).await?;
    if reference.state == PrivateReferenceState::Uploading {
        for role in SourceRole::ALL {
            complete(gas, &reference, role).await?;
        }
        let uploaded = change(&gas.jobs, private, &reference, PrivateReferenceChange::Uploaded);
        reference = match uploaded.await {
            // A confirmation at the same moment has done the same.
            Err(PrivateReferenceError::Rejected(_)) => find(private, owner, id).await?,
            changed => changed?,
        };
    }
    if reference.state == PrivateReferenceState::Building {
        // The message of an earlier call may be lost.
        request_build(private, &reference).await?;
    }
    Ok(PrivateReferenceView::from(&reference))
}

async fn complete(
    gas: &Gas,
    reference: &PrivateReference,
    role: SourceRole,
) -> Result<(), PrivateReferenceError> {
    let file = gas.object_keys.reference_source(reference, role);
    let source = reference.source(role);
    if !complete_parts(gas, &file, &source.parts()).await? {
        return Err(PrivateReferenceError::NotUploaded(reference.id.clone()));
    }
    match gas.objects.head(&file).await? {
        Some(info) if info.size == source.size => Ok(()),
        _ => Err(PrivateReferenceError::Expired(reference.id.clone())),
    }
}

/// Asks a worker to build a reference.
pub(super) async fn request_build(
    private: &PrivateReferences,
    reference: &PrivateReference,
) -> PortResult<()> {
    let PrivateReference { owner: user_id, build, .. } = *reference;
    let message = ReferenceBuild { user_id, reference: reference.id.clone(), build };
    let body = serde_json::to_string(&message)
        .map_err(|error| PortError::permanent("write a message as JSON", error))?;
    private.builds.send(&body).await
}

/// Aborts the uploads of a reference. If this fails, the bucket's lifecycle rule removes the parts.
pub(super) async fn abort_uploads(gas: &Gas, reference: &PrivateReference) {
    for role in SourceRole::ALL {
        let file = gas.object_keys.reference_source(reference, role);
        let upload_id = &reference.source(role).upload_id;
        if let Err(error) = gas.part_uploads.abort(&file, upload_id).await {
            tracing::warn!(reference = %reference.id, error = %chain(&error), "parts not deleted; the lifecycle rule of the bucket will");
        }
    }
}
