//! Adds a private reference: limits, the upload of its two files in parts, and the request to build it.

use super::{PrivateReferenceError, bytes, change, find, offered};
use crate::audit::{Act, Actor};
use crate::messages::ReferenceBuild;
use crate::ports::{ArrivedPart, PartRule, PortError, PortResult, WriteOutcome};
use crate::references::PrivateReferences;
use crate::usecases::UPLOAD_TICKET_SECS;
use crate::usecases::change_job::publish_event;
use crate::usecases::limits::{count_confirmation, count_new_reference, count_part_ticket};
use crate::{Gas, chain};
use gas_shared::job::{ObjectLocation, Part};
use gas_shared::private_reference::{
    NewPrivateReference, NewSource, PrivateReference, PrivateReferenceChange,
    PrivateReferenceState, PrivateReferenceView, SourcePart, SourceParts, SourceRole,
    UploadedSource,
};
use gas_shared::reference::ReferenceId;
use gas_shared::{Account, LiveEvent, Plan, UserId};
use jiff::SignedDuration;
use uuid::Uuid;

const BINARY: &str = "application/octet-stream";

/// The number of parts in a ticket. More would expire before a slow connection could send them.
const TICKET_PARTS: usize = 8;

/// Adds a private reference, and signs the first parts of its files. An id can be used again if the
/// reference that had it was not built.
///
/// # Errors
/// [`PrivateReferenceError`]. An upload then exists only if a response was lost; the bucket's lifecycle
/// rule removes it.
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
    match store(private, &reference, before.is_some()).await {
        Ok(()) => {}
        Err(error) => {
            abort_uploads(gas, &reference).await;
            return Err(error);
        }
    }
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
async fn store(
    private: &PrivateReferences,
    reference: &PrivateReference,
    replaces: bool,
) -> Result<(), PrivateReferenceError> {
    let written = match replaces {
        true => private.store.replace(reference).await?,
        false => private.store.insert(reference).await?,
    };
    if written == WriteOutcome::Conflict {
        return Err(PrivateReferenceError::Exists(reference.id.clone()));
    }
    let references = private.store.of_user(reference.owner).await?;
    let max = private.limits.max_count;
    if references.iter().filter(|reference| reference.counts()).count() as u64 > u64::from(max) {
        private.store.delete(reference).await?;
        return Err(PrivateReferenceError::TooMany(max));
    }
    Ok(())
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
        reference.apply(PrivateReferenceChange::Uploaded, gas.now())?;
    }
    ticket(gas, &reference).await
}

async fn ticket(
    gas: &Gas,
    reference: &PrivateReference,
) -> Result<SourceParts, PrivateReferenceError> {
    let valid_for = SignedDuration::from_secs(UPLOAD_TICKET_SECS);
    let (mut parts, mut missing_bytes) = (Vec::new(), 0);
    for role in SourceRole::ALL {
        let file = gas.object_keys.reference_source(reference, role);
        let source = reference.source(role);
        for part in missing_parts(gas, reference, &file, source).await? {
            missing_bytes += part.length;
            if parts.len() < TICKET_PARTS {
                let upload_id = &source.upload_id;
                let rule = PartRule { file: &file, upload_id, part, valid_for };
                let url = gas.part_uploads.sign_part(&rule).await?;
                let Part { offset, length, .. } = part;
                parts.push(SourcePart { file: role, offset, length, url });
            }
        }
    }
    let expires_at = gas.now() + valid_for;
    Ok(SourceParts { id: reference.id.clone(), missing_bytes, parts, expires_at })
}

/// The parts that S3 has not received; none if the file is complete.
async fn missing_parts(
    gas: &Gas,
    reference: &PrivateReference,
    file: &ObjectLocation,
    source: &UploadedSource,
) -> Result<Vec<Part>, PrivateReferenceError> {
    match gas.part_uploads.arrived_parts(file, &source.upload_id).await? {
        Some(arrived) => {
            let is_missing = |part: &Part| find_part(&arrived, part).is_none();
            Ok(source.parts().all().filter(is_missing).collect())
        }
        // An earlier call completed the upload, and its response was lost.
        None if gas.objects.head(file).await?.is_some() => Ok(Vec::new()),
        None => Err(PrivateReferenceError::Expired(reference.id.clone())),
    }
}

/// Finds an arrived part of the right length.
fn find_part<'a>(arrived: &'a [ArrivedPart], part: &Part) -> Option<&'a ArrivedPart> {
    arrived.iter().find(|found| found.number == part.number && found.size == part.length)
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
    if let Some(arrived) = gas.part_uploads.arrived_parts(&file, &source.upload_id).await? {
        let whole: Option<Vec<ArrivedPart>> =
            source.parts().all().map(|part| find_part(&arrived, &part).cloned()).collect();
        let whole =
            whole.ok_or_else(|| PrivateReferenceError::NotUploaded(reference.id.clone()))?;
        gas.part_uploads.complete(&file, &source.upload_id, &whole).await?;
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
