//! Share links: makes, lists, revokes and opens them.
//!
//! The secret of a link is in its address, and only its hash is stored. A link opens one result for reading
//! ([`ResultAccess`]) until it expires, is revoked, or its job is deleted; closing the account and blocking the user delete
//! all links of the user.

use super::limits::{LimitError, count_share_link, count_shared_request};
use super::result_access::{DownloadError, ResultAccess, find_completed};
use super::{FindError, find_job};
use crate::audit::{Act, Actor};
use crate::ports::{ActiveShareLink, PortError, PortResult, ShareLinkRow};
use crate::{Gas, ShareSecret};
use gas_shared::share_link::{MAX_SHARE_LINKS, NewShareLink, ShareLink, SharedResult};
use gas_shared::{FileName, JobId, Provenance, ShareLinkId, UserId};
use jiff::{SignedDuration, Timestamp};
use std::net::IpAddr;
use uuid::Uuid;

/// How long an expired link is kept, for its owner to see how often it was opened.
const KEPT_AFTER_EXPIRY: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The reason why a share link was not made, revoked or opened.
#[derive(Debug, thiserror::Error)]
pub enum ShareLinkError {
    /// The user has no such job, or the store failed.
    #[error(transparent)]
    Find(#[from] FindError),
    /// The job has no result, or the link is not valid.
    #[error(transparent)]
    Download(#[from] DownloadError),
    /// The job has too many links.
    #[error("this result already has {MAX_SHARE_LINKS} links; revoke one that is not needed")]
    TooMany,
    /// The job has no such link, or it is revoked.
    #[error("there is no share link {0}")]
    NotFound(ShareLinkId),
    /// The user or the client has reached a limit.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Makes a share link to the result of a completed job. Its secret is returned once and not stored. The result may be
/// archived: then the link shows its charts.
///
/// # Errors
/// [`ShareLinkError`].
pub async fn create_share_link(
    gas: &Gas,
    owner: UserId,
    id: JobId,
    new: NewShareLink,
) -> Result<(ShareSecret, ShareLink), ShareLinkError> {
    find_completed(gas, &ResultAccess::of_owner(owner, id)).await?;
    count_share_link(gas, owner).await?;
    let secret = ShareSecret::mint()?;
    let created_at = gas.now();
    let link = ShareLink {
        id: ShareLinkId::new(Uuid::new_v4()),
        job_id: id,
        allows_downloads: new.allows_downloads,
        created_at,
        expires_at: new.days.end(created_at),
        opened: 0,
        last_opened_at: None,
    };
    let row = ShareLinkRow { owner, hash: secret.hash(), link };
    if !gas.share_links.insert(&row, MAX_SHARE_LINKS).await? {
        return Err(ShareLinkError::TooMany);
    }
    tracing::info!(user_id = %owner, job_id = %id, share_link_id = %row.link.id, "share link made");
    gas.audit.record(Actor::User, owner, Act::ShareLinkCreated(id)).await;
    Ok((secret, row.link))
}

/// Lists the links to a job that are not revoked, including those that expired in the last 30 days, newest first.
///
/// # Errors
/// [`FindError::NotFound`] also for another user's job.
pub async fn list_share_links(
    gas: &Gas,
    owner: UserId,
    id: JobId,
) -> Result<Vec<ShareLink>, ShareLinkError> {
    find_job(gas, owner, id).await?;
    Ok(gas.share_links.links_of(owner, Some(id)).await?)
}

/// Revokes a link to a job at once.
///
/// # Errors
/// [`ShareLinkError::NotFound`] also for the link of another user.
pub async fn revoke_share_link(
    gas: &Gas,
    owner: UserId,
    id: JobId,
    link: ShareLinkId,
) -> Result<(), ShareLinkError> {
    find_job(gas, owner, id).await?;
    if !gas.share_links.revoke(owner, id, link).await? {
        return Err(ShareLinkError::NotFound(link));
    }
    tracing::info!(user_id = %owner, job_id = %id, share_link_id = %link, "share link revoked");
    gas.audit.record(Actor::User, owner, Act::ShareLinkRevoked(id)).await;
    Ok(())
}

/// Opens a link for a request of a client: the access to its result that it gives.
///
/// The time does not depend on how much of a secret is right: a mistyped one fails its checksum, and any other is one
/// look-up of its SHA-256 hash, which an attacker cannot choose. The client learns neither whether a link has existed
/// nor why it ended.
///
/// # Errors
/// [`DownloadError::NoLink`] if the link is unknown, expired or revoked.
pub async fn open_share_link(
    gas: &Gas,
    secret: &str,
    client: IpAddr,
) -> Result<ResultAccess, ShareLinkError> {
    find_link(gas, secret, client).await.map(|link| ResultAccess::of_link(&link))
}

async fn find_link(
    gas: &Gas,
    secret: &str,
    client: IpAddr,
) -> Result<ActiveShareLink, ShareLinkError> {
    count_shared_request(gas, client).await?;
    let secret = ShareSecret::parse(secret).ok_or(DownloadError::NoLink)?;
    let found = gas.share_links.find_by_hash(&secret.hash(), gas.now()).await?;
    Ok(found.ok_or(DownloadError::NoLink)?)
}

/// The file, size and provenance of a result, without records and counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultOutline {
    /// The name of the input.
    pub file_name: FileName,
    /// The number of records.
    pub records: u64,
    /// When it was annotated.
    pub completed_at: Timestamp,
    /// What it was annotated with; `None` if unknown.
    pub provenance: Option<Provenance>,
}

/// Reads the outline of a result, whether its records can be read or not.
///
/// # Errors
/// [`DownloadError`].
pub async fn outline_result(
    gas: &Gas,
    access: &ResultAccess,
) -> Result<ResultOutline, DownloadError> {
    let (job, done) = find_completed(gas, access).await?;
    Ok(ResultOutline {
        file_name: job.input.name,
        records: done.records,
        completed_at: done.completed_at,
        provenance: done.provenance,
    })
}

/// Reads what the page of a link shows besides variants and charts, and counts the opening.
///
/// # Errors
/// [`DownloadError::NoLink`] if the link is not valid, or its job was deleted.
pub async fn open_shared_result(
    gas: &Gas,
    secret: &str,
    client: IpAddr,
) -> Result<SharedResult, ShareLinkError> {
    let link = find_link(gas, secret, client).await?;
    let outline = outline_result(gas, &ResultAccess::of_link(&link)).await?;
    gas.share_links.count_opening(link.id, gas.now()).await?;
    let ResultOutline { file_name, records, completed_at, provenance } = outline;
    let ActiveShareLink { allows_downloads, expires_at, .. } = link;
    Ok(SharedResult { file_name, records, completed_at, provenance, allows_downloads, expires_at })
}

/// Deletes the links that expired more than 30 days ago, and returns their number.
///
/// # Errors
/// If the store fails; call again.
pub async fn delete_expired_share_links(gas: &Gas) -> PortResult<u64> {
    gas.share_links.delete_expired(gas.now() - KEPT_AFTER_EXPIRY).await
}

#[cfg(test)]
#[path = "share_links_tests.rs"]
mod tests;
