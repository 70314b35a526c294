//! Private references of Premium users: adding, building, using and deleting them.
//!
//! The row of a reference is the source of truth, messages are hints, and every state that is not final has
//! a deadline ([`PrivateReference::due`]), on which [`tend_private_references`] acts.

mod add;
mod build;
mod remove;
mod tend;

pub use add::{add_private_reference, confirm_private_reference, next_source_parts};
pub use build::{
    built_private_reference, conclude_private_build, discard_private_build,
    failed_private_reference, private_reference_to_build,
};
pub use remove::delete_private_reference;
pub(super) use remove::erase_private_references;
pub use tend::{Tended, tend_private_references};

use super::change_job::publish_event;
use super::limits::LimitError;
use crate::ports::{PortError, PortResult, WriteOutcome};
use crate::references::PrivateReferences;
use crate::{Gas, JobRepository};
use futures::future::try_join_all;
use gas_shared::private_reference::{
    InvalidPrivateReference, PrivateReference, PrivateReferenceChange, PrivateReferenceList,
    PrivateReferenceState, PrivateReferenceView, RejectedChange,
};
use gas_shared::reference::{ReferenceChoice, ReferenceId};
use gas_shared::{Account, LiveEvent, Plan, UserId};
use jiff::{SignedDuration, Timestamp};

/// How often a change is tried while others write the same row.
const MAX_RACES: u32 = 10;

/// The reason why something was not done with a private reference.
#[derive(Debug, thiserror::Error)]
pub enum PrivateReferenceError {
    /// The deployment has no private references.
    #[error("this service offers no private references")]
    NotOffered,
    /// The user is on Free.
    #[error("private references need the Premium plan")]
    NeedsPremium,
    /// The description is not accepted.
    #[error(transparent)]
    Invalid(#[from] InvalidPrivateReference),
    /// The user has no such reference.
    #[error("you have no reference {0}")]
    NotFound(ReferenceId),
    /// The user has a reference with this id.
    #[error("you have a reference {0} already; delete it first, or choose another name")]
    Exists(ReferenceId),
    /// The user has as many references as are possible.
    #[error("you have {0} references, the most that are possible; delete one first")]
    TooMany(u32),
    /// The references of the user have too many bytes.
    #[error(
        "your references use {used} bytes and the new files have {size}; at most {limit} are possible, so \
         delete a reference first"
    )]
    TooLarge {
        /// The bytes that the user's references have.
        used: u64,
        /// The bytes of the new files.
        size: u64,
        /// The most bytes.
        limit: u64,
    },
    /// A file has not arrived.
    #[error("the files of reference {0} have not arrived completely; continue the upload")]
    NotUploaded(ReferenceId),
    /// S3 has neither an upload nor its file.
    #[error("the upload of reference {0} has expired; delete the reference and add it again")]
    Expired(ReferenceId),
    /// The state does not allow it.
    #[error(transparent)]
    Rejected(#[from] RejectedChange),
    /// Every attempt lost the race against another change of the row.
    #[error("reference {0} is being changed by other requests; try again")]
    Contended(ReferenceId),
    /// The user has reached a limit.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// The private references of a user, with the rules for them.
///
/// # Errors
/// If a service fails.
pub async fn list_private_references(
    gas: &Gas,
    account: &Account,
) -> PortResult<PrivateReferenceList> {
    let is_usable = account.plan == Plan::Premium;
    let Some(private) = &gas.private_references else {
        return Ok(PrivateReferenceList {
            references: Vec::new(),
            is_offered: false,
            is_usable,
            max_count: 0,
            max_bytes: 0,
            bytes: 0,
            keep_days: 0,
            deleted_at: None,
        });
    };
    let references = of_user(private, account.id).await?;
    let limits = private.limits;
    let deleted_at = match references.is_empty() {
        true => None,
        false => kept_until(gas, private, account.id).await?,
    };
    Ok(PrivateReferenceList {
        bytes: bytes(&references),
        references: references.iter().map(PrivateReferenceView::from).collect(),
        is_offered: true,
        is_usable,
        max_count: limits.max_count,
        max_bytes: limits.max_bytes,
        keep_days: limits.keep_days,
        deleted_at,
    })
}

/// One of a user's private references.
///
/// # Errors
/// [`PrivateReferenceError::NotFound`]; otherwise if a service fails.
pub async fn find_private_reference(
    gas: &Gas,
    owner: UserId,
    id: &ReferenceId,
) -> Result<PrivateReferenceView, PrivateReferenceError> {
    let private = offered(gas)?;
    let found = with_format(private, find(private, owner, id).await?).await?;
    Ok(PrivateReferenceView::from(&found))
}

/// Whether a private reference was built for another version of GAS, so that jobs cannot choose it.
///
/// # Errors
/// If a service fails.
pub(super) async fn is_outdated(gas: &Gas, owner: UserId, id: &ReferenceId) -> PortResult<bool> {
    let Some(private) = &gas.private_references else { return Ok(false) };
    let Some(found) = private.store.find(owner, id).await? else { return Ok(false) };
    let found = with_format(private, found).await?;
    Ok(matches!(found.state, PrivateReferenceState::Ready(built) if built.check_format().is_err()))
}

/// The private references that jobs of a user can choose: those that are built for this version, if the user is on Premium.
pub(super) async fn private_choices(
    gas: &Gas,
    account: &Account,
) -> PortResult<Vec<ReferenceChoice>> {
    match &gas.private_references {
        Some(private) if account.plan == Plan::Premium => {
            let references = of_user(private, account.id).await?;
            let built = references.into_iter().filter_map(|reference| match reference.state {
                PrivateReferenceState::Ready(built) if built.check_format().is_ok() => {
                    Some(built.choice)
                }
                _ => None,
            });
            Ok(built.collect())
        }
        _ => Ok(Vec::new()),
    }
}

/// When the references of a user who is not on Premium anymore are deleted; `None` for users on Premium.
async fn kept_until(
    gas: &Gas,
    private: &PrivateReferences,
    owner: UserId,
) -> PortResult<Option<Timestamp>> {
    let keep = SignedDuration::from_hours(i64::from(private.limits.keep_days).saturating_mul(24));
    Ok(match gas.accounts.current_plan(owner).await? {
        Some(current) if current.plan == Plan::Free => {
            let since = current.since.unwrap_or_else(|| gas.now());
            Some(since.checked_add(keep).unwrap_or(Timestamp::MAX))
        }
        _ => None,
    })
}

/// The references of a user with their formats.
async fn of_user(private: &PrivateReferences, owner: UserId) -> PortResult<Vec<PrivateReference>> {
    let references = private.store.of_user(owner).await?;
    try_join_all(references.into_iter().map(|reference| with_format(private, reference))).await
}

/// A reference whose format is read from its manifest if its row does not have it. Without a manifest it is not known, and
/// the worker reports what is missing.
async fn with_format(
    private: &PrivateReferences,
    mut reference: PrivateReference,
) -> PortResult<PrivateReference> {
    if let PrivateReferenceState::Ready(built) = &mut reference.state
        && built.engine_format.is_none()
    {
        let catalog = private.catalogs.of(reference.owner);
        let stored = catalog.manifest(&built.choice.sha256).await?;
        built.engine_format = stored.map(|stored| stored.manifest.engine_format);
    }
    Ok(reference)
}

fn bytes(references: &[PrivateReference]) -> u64 {
    references.iter().fold(0, |sum, reference| sum.saturating_add(reference.bytes()))
}

fn offered(gas: &Gas) -> Result<&PrivateReferences, PrivateReferenceError> {
    gas.private_references.as_ref().ok_or(PrivateReferenceError::NotOffered)
}

async fn find(
    private: &PrivateReferences,
    owner: UserId,
    id: &ReferenceId,
) -> Result<PrivateReference, PrivateReferenceError> {
    let found = private.store.find(owner, id).await?;
    found.ok_or_else(|| PrivateReferenceError::NotFound(id.clone()))
}

/// Changes the row of a reference if it still has this build, and tells the owner's browsers.
async fn change(
    jobs: &JobRepository,
    private: &PrivateReferences,
    reference: &PrivateReference,
    change: PrivateReferenceChange,
) -> Result<PrivateReference, PrivateReferenceError> {
    let mut current = reference.clone();
    for _ in 0..MAX_RACES {
        let next = current.apply(change.clone(), jobs.now())?;
        if private.store.replace(&next).await? == WriteOutcome::Written {
            if change != PrivateReferenceChange::Checked {
                publish_event(jobs, next.owner, LiveEvent::References).await;
            }
            return Ok(next);
        }
        current = find(private, reference.owner, &reference.id).await?;
        if current.build != reference.build {
            return Err(PrivateReferenceError::NotFound(reference.id.clone()));
        }
    }
    Err(PrivateReferenceError::Contended(reference.id.clone()))
}

#[cfg(test)]
mod tests;
