//! The port of share links.

use super::PortResult;
use async_trait::async_trait;
use gas_shared::share_link::ShareLink;
use gas_shared::{JobId, ShareLinkId, UserId};
use jiff::Timestamp;

/// The share links, stored by the hash of their secret. Those of a user are deleted when the user closes the account or
/// is blocked.
#[async_trait]
pub trait ShareLinks: Send + Sync {
    /// Stores a link unless its job already has `max` links that have not expired. The limit holds for concurrent calls
    /// too. Returns whether the link was stored.
    ///
    /// # Errors
    /// If the owner has no profile (any longer), or is blocked.
    async fn insert(&self, link: &ShareLinkRow, max: u16) -> PortResult<bool>;

    /// A user's links, also expired ones, to one job or to all, newest first.
    async fn links_of(&self, owner: UserId, job: Option<JobId>) -> PortResult<Vec<ShareLink>>;

    /// Revokes a user's link to a job by deleting it. Returns `false` if the user has no such link to the job.
    async fn revoke(&self, owner: UserId, job: JobId, id: ShareLinkId) -> PortResult<bool>;

    /// The link with this secret hash, unless it has expired at `now`.
    async fn find_by_hash(&self, hash: &str, now: Timestamp)
    -> PortResult<Option<ActiveShareLink>>;

    /// Counts an opening of a link's page.
    async fn count_opening(&self, id: ShareLinkId, now: Timestamp) -> PortResult<()>;

    /// Deletes all links to a job.
    async fn delete_of_job(&self, job: JobId) -> PortResult<()>;

    /// Deletes the links that expired at or before a time, and returns their number.
    async fn delete_expired(&self, at: Timestamp) -> PortResult<u64>;
}

/// A share link to store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareLinkRow {
    /// The owner of the job.
    pub owner: UserId,
    /// The SHA-256 of the secret, in hex.
    pub hash: String,
    /// The part that the owner sees.
    pub link: ShareLink,
}

/// A share link that has not expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActiveShareLink {
    /// The link's id.
    pub id: ShareLinkId,
    /// The owner of the job.
    pub owner: UserId,
    /// The job whose result it opens.
    pub job: JobId,
    /// Whether variants and charts can be downloaded through it.
    pub allows_downloads: bool,
    /// When it expires.
    pub expires_at: Timestamp,
}
