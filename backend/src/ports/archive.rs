//! The ports of the archive of results and of the timer before it.

use super::PortResult;
use async_trait::async_trait;
use gas_shared::JobId;
use gas_shared::job::{ObjectLocation, Tier};
use jiff::SignedDuration;

/// The archive: cheap storage with slow retrieval.
///
/// An upload has a ticket that exists before its first byte is sent. Uploading again with the same
/// ticket produces the same copy, so a caller that records the ticket first never leaves a second
/// copy behind.
#[async_trait]
pub trait Archive: Send + Sync {
    /// Creates the archive itself if it does not exist.
    async fn prepare(&self) -> PortResult<()>;

    /// Begins an upload and returns its ticket.
    async fn begin_upload(&self, job: JobId, file: &ObjectLocation) -> PortResult<String>;

    /// Copies an S3 object into the archive under a ticket.
    async fn upload(&self, ticket: &str, file: &ObjectLocation) -> PortResult<UploadOutcome>;

    /// Aborts an upload and deletes what was sent. Returns `false`, without an effect, if the
    /// archive does not know the ticket (any longer).
    async fn abort_upload(&self, ticket: &str) -> PortResult<bool>;

    /// Requests the retrieval of a copy. When the copy is readable, the archive publishes to topic
    /// `complete_thaw`.
    async fn start_retrieval(
        &self,
        job: JobId,
        archive_id: &str,
        tier: Tier,
    ) -> PortResult<RetrievalStarted>;

    /// Streams a retrieved copy into an S3 object, replacing it.
    ///
    /// # Errors
    /// If the copy is not readable (yet).
    async fn restore(
        &self,
        archive_id: &str,
        retrieval_id: &str,
        to: &ObjectLocation,
    ) -> PortResult<CopiedObject>;

    /// Deletes a copy. Deleting an absent copy succeeds.
    async fn delete(&self, archive_id: &str) -> PortResult<()>;
}

/// The outcome of an upload to the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadOutcome {
    /// The archive has the copy.
    Stored {
        /// The archive's ID of the copy.
        archive_id: String,
        /// The bytes that were copied.
        copy: CopiedObject,
    },
    /// The ticket is not valid any longer: begin another upload.
    TicketGone,
}

/// An object that was copied, as measured while its bytes passed through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopiedObject {
    /// The size in bytes.
    pub size: u64,
    /// The SHA-256 tree hash in hex
    /// (<https://docs.aws.amazon.com/amazonglacier/latest/dev/checksum-calculations.html>).
    pub tree_hash: String,
}

/// The outcome of a request for a retrieval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetrievalStarted {
    /// The retrieval is in progress.
    Started {
        /// The archive's ID of the retrieval.
        retrieval_id: String,
    },
    /// The archive has no capacity for this tier now: request a slower tier.
    TierUnavailable,
}

/// The timer of a Free user's download window.
#[async_trait]
pub trait ArchiveTimer: Send + Sync {
    /// Puts the job into the archive queue after `wait`. Does nothing if a timer of that name was
    /// started before.
    async fn start(&self, name: &str, job: JobId, wait: SignedDuration) -> PortResult<()>;
}
