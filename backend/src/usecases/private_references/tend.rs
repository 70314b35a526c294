//! What happens to private references by themselves: uploads that never end, builds whose message is lost,
//! deletions that wait for jobs, and the end of Premium.

use super::add::{abort_uploads, request_build};
use super::remove::{begin_deletion, finish_deletion};
use super::{PrivateReferenceError, change, kept_until};
use crate::audit::{Act, Actor};
use crate::ports::PortError;
use crate::references::PrivateReferences;
use crate::usecases::ReferenceError;
use crate::{Gas, chain};
use gas_shared::UserId;
use gas_shared::private_reference::{
    PrivateReference, PrivateReferenceChange, PrivateReferenceState,
};
use gas_shared::reference::ReferenceId;

/// The reason that the owner of an abandoned upload reads.
const NEVER_UPLOADED: &str = "the files never arrived; add the reference again";

/// The result of one round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tended {
    /// References that were changed or deleted, or whose build was requested again.
    pub changed: u32,
    /// References that failed; the next round tries again.
    pub failed: u32,
}

#[derive(Debug, thiserror::Error)]
enum TendError {
    #[error(transparent)]
    Private(#[from] PrivateReferenceError),
    #[error(transparent)]
    Catalog(#[from] ReferenceError),
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Acts on all private references whose deadline has passed.
///
/// # Errors
/// If the list of overdue references cannot be read.
pub async fn tend_private_references(gas: &Gas) -> Result<Tended, PortError> {
    let mut tended = Tended::default();
    let Some(private) = &gas.private_references else { return Ok(tended) };
    for (owner, id) in private.store.overdue(gas.now()).await? {
        match tend(gas, private, owner, &id).await {
            Ok(changed) => tended.changed += u32::from(changed),
            Err(error) => {
                tracing::error!(user_id = %owner, reference = %id, error = %chain(&error), "private reference not handled yet");
                tended.failed += 1;
            }
        }
    }
    Ok(tended)
}

/// Acts on a reference if it is still overdue; the index may be behind.
async fn tend(
    gas: &Gas,
    private: &PrivateReferences,
    owner: UserId,
    id: &ReferenceId,
) -> Result<bool, TendError> {
    let Some(reference) = private.store.find(owner, id).await? else { return Ok(false) };
    if reference.due().is_none_or(|due| due > gas.now()) {
        return Ok(false);
    }
    match &reference.state {
        PrivateReferenceState::Uploading => {
            let failed = PrivateReferenceChange::Failed(NEVER_UPLOADED.to_owned());
            change(&gas.jobs, private, &reference, failed).await?;
            abort_uploads(gas, &reference).await;
            Ok(true)
        }
        PrivateReferenceState::Building => {
            tracing::warn!(user_id = %owner, reference = %id, "private reference is overdue");
            checked(gas, private, &reference).await?;
            request_build(private, &reference).await?;
            Ok(true)
        }
        PrivateReferenceState::Ready(_) => {
            let until = kept_until(gas, private, owner).await?;
            if until.is_none_or(|until| until > gas.now()) {
                checked(gas, private, &reference).await?;
                return Ok(false);
            }
            begin_deletion(gas, private, &reference).await?;
            gas.audit.record(Actor::System, owner, Act::ReferenceDeleted(id.clone())).await;
            Ok(true)
        }
        PrivateReferenceState::Deleting => {
            let is_gone = finish_deletion(gas, private, &reference).await?;
            if !is_gone {
                checked(gas, private, &reference).await?;
            }
            Ok(is_gone)
        }
        PrivateReferenceState::Failed { .. } => Ok(false),
    }
}

/// Postpones the deadline.
async fn checked(
    gas: &Gas,
    private: &PrivateReferences,
    reference: &PrivateReference,
) -> Result<(), PrivateReferenceError> {
    change(&gas.jobs, private, reference, PrivateReferenceChange::Checked).await.map(drop)
}
