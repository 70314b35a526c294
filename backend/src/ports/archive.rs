//! Where annotated files go that are not downloaded any more.

use super::PortResult;
use async_trait::async_trait;
use gas_shared::JobId;
use gas_shared::job::{ObjectLocation, Tier};
use jiff::SignedDuration;

/// The archive: cheap, and slow to hand files out.
///
/// An upload has a ticket that is known before the first byte. Uploading again with the same
/// ticket gives the same copy, so whoever notes the ticket first never leaves a second copy
/// behind.
#[async_trait]
pub trait Archive: Send + Sync {
    /// Makes the archive itself, if nobody did.
    async fn prepare(&self) -> PortResult<()>;

    /// Begins an upload and returns its ticket.
    async fn begin_upload(&self, job: JobId, file: &ObjectLocation) -> PortResult<String>;

    /// Copies an S3 object into the archive as the upload of that ticket, in parts.
    async fn upload(&self, ticket: &str, file: &ObjectLocation) -> PortResult<UploadOutcome>;

    /// Gives an upload up; nothing of it stays. One that is over or unknown is left alone:
    /// `false`.
    async fn abort_upload(&self, ticket: &str) -> PortResult<bool>;

    /// Asks for a copy to be handed out. When it is ready, the archive publishes to topic
    /// `complete_thaw`.
    async fn start_retrieval(
        &self,
        job: JobId,
        archive_id: &str,
        tier: Tier,
    ) -> PortResult<RetrievalStarted>;

    /// Streams a copy that is ready into an S3 object, replacing it.
    async fn restore(
        &self,
        archive_id: &str,
        retrieval_id: &str,
        to: &ObjectLocation,
    ) -> PortResult<CopiedObject>;

    /// Deletes a copy; one that is not there counts as deleted.
    async fn delete(&self, archive_id: &str) -> PortResult<()>;
}

/// The outcome of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadOutcome {
    /// The archive has the copy.
    Stored {
        /// The archive's name for it.
        archive_id: String,
        /// What was copied.
        copy: CopiedObject,
    },
    /// There is no upload of that ticket any more: begin anew.
    TicketGone,
}

/// What was copied, measured on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopiedObject {
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 tree hash in hex
    /// (<https://docs.aws.amazon.com/amazonglacier/latest/dev/checksum-calculations.html>).
    pub tree_hash: String,
}

/// The answer to a request to hand out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetrievalStarted {
    /// It is under way.
    Started {
        /// The archive's name for the request.
        retrieval_id: String,
    },
    /// Not at this tier, now: ask for a slower one.
    TierUnavailable,
}

/// What waits out the time that a Free user has to download a result.
#[async_trait]
pub trait ArchiveTimer: Send + Sync {
    /// After `wait`, puts the job into the archive queue. A timer of that name that runs or ran
    /// already is left as it is.
    async fn start(&self, name: &str, job: JobId, wait: SignedDuration) -> PortResult<()>;
}
