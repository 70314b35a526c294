//! The ports of imports: the files that wait to be copied from URLs of users or for another run, and the servers that have
//! the former.

use super::PortResult;
use crate::Secret;
use async_trait::async_trait;
use bytes::Bytes;
use gas_shared::{JobId, UserId};
use jiff::{SignedDuration, Timestamp};
use std::ops::Range;

/// The files that are copied from URLs or for another run, or wait for it. A row exists until its copy has ended.
#[async_trait]
pub trait ImportStore: Send + Sync {
    /// Stores an import, due now, unless its job has one or its owner has `max`; both hold for concurrent calls too.
    ///
    /// # Errors
    /// If the owner has no profile, is blocked or closes the account.
    async fn insert(&self, new: &NewImportRow, max: u16) -> PortResult<ImportInsertion>;

    /// Claims imports that are due until `lease` has passed: the one that is due first of each user, those that were claimed
    /// before preferred, except for users in `busy`, who are blocked or who close their account; those that are due first of
    /// all, at most `limit`. Of concurrent callers, one gets an import.
    async fn claim(
        &self,
        now: Timestamp,
        lease: SignedDuration,
        limit: u16,
        busy: &[UserId],
    ) -> PortResult<Vec<DueImport>>;

    /// Extends a claim after a part has arrived, and forgets the failures before it. `false` if another process has claimed
    /// the import, or it was deleted: the caller must stop.
    async fn extend(&self, due: &DueImport, until: Timestamp) -> PortResult<bool>;

    /// Ends a claim: the import is due again at a time, after this many failures since the last part arrived. Nothing
    /// happens if another process has claimed it.
    async fn retry(&self, due: &DueImport, failures: u32, at: Timestamp) -> PortResult<()>;

    /// Deletes the import of a job. Deleting an absent one succeeds.
    async fn delete(&self, job: JobId) -> PortResult<()>;

    /// Deletes imports that were created before a time, and returns how many.
    async fn prune(&self, before: Timestamp) -> PortResult<u64>;
}

/// The result of the insertion of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportInsertion {
    /// This call has stored the import.
    Stored,
    /// The job has an import, which is unchanged.
    Exists,
    /// The owner has as many imports as allowed.
    TooMany,
}

/// Where the file of an import is.
#[derive(Clone, Debug)]
pub enum ImportOrigin {
    /// At this URL of the user, which may be a secret.
    Url(Secret),
    /// It is the input of an earlier job of the same owner, which runs again.
    Job(JobId),
}

/// A new import.
#[derive(Clone, Debug)]
pub struct NewImportRow {
    /// The job.
    pub job: JobId,
    /// The owner of the job.
    pub owner: UserId,
    /// Where the file is.
    pub origin: ImportOrigin,
    /// The version of the file.
    pub version: FileVersion,
    /// When it was created.
    pub created_at: Timestamp,
}

/// An import whose copy is due, claimed by the caller.
#[derive(Clone, Debug)]
pub struct DueImport {
    /// The job.
    pub job: JobId,
    /// The owner of the job.
    pub owner: UserId,
    /// Where the file is.
    pub origin: ImportOrigin,
    /// The version of the file that is copied.
    pub version: FileVersion,
    /// When it was created.
    pub created_at: Timestamp,
    /// The attempt number, from 1.
    pub attempt: u32,
    /// The failures since the last part arrived.
    pub failures: u32,
}

/// What shows that a file on a server is still the same one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileVersion {
    /// A strong entity tag, with its quotation marks.
    Etag(String),
    /// The time of the last change, as the server writes it.
    LastModified(String),
}

/// A file on a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// The last part of the path of its URL. `None` if it is empty.
    pub name: Option<String>,
    /// Its size in bytes.
    pub size: u64,
    /// Its version.
    pub version: FileVersion,
}

/// Servers of users with files. It must not reach hosts that the deployment does not allow.
#[async_trait]
pub trait FileSource: Send + Sync {
    /// The name of the file of a URL: the last part of its path. `None` if it is empty or the URL is not allowed. Sends no
    /// request.
    fn name(&self, url: &Secret) -> Option<String>;

    /// Asks for the size and the version of a file.
    ///
    /// # Errors
    /// [`SourceError`].
    async fn probe(&self, url: &Secret) -> Result<SourceFile, SourceError>;

    /// Reads a range of a file of this version and of `size` bytes. The result has the length of the range.
    ///
    /// # Errors
    /// [`SourceError`].
    async fn read(
        &self,
        url: &Secret,
        version: &FileVersion,
        size: u64,
        range: Range<u64>,
    ) -> Result<Bytes, SourceError>;
}

/// Why a file cannot be read from its URL, in words for the user. No text contains the URL, which may be a secret, or says
/// anything about the network of the deployment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The text is no URL.
    #[error("the text is not a URL such as https://lab-bucket.s3.amazonaws.com/patient-7.vcf.gz")]
    NotAUrl,
    /// The URL is too long.
    #[error("the URL is longer than {0} bytes")]
    TooLong(usize),
    /// The scheme is s3.
    #[error(
        "s3:// addresses cannot be read; create a presigned URL, for example with \
         `aws s3 presign --expires-in 43200 s3://BUCKET/KEY`, and give that"
    )]
    S3Address,
    /// The scheme is another one.
    #[error("the URL must begin with https://")]
    Scheme,
    /// The URL has a user name, a password or a fragment.
    #[error("the URL must not have a user name, a password or a part after #")]
    Extra,
    /// The host is not on the internet, or its name is unknown at the moment.
    #[error("the host name does not lead to public addresses only")]
    NotPublic,
    /// No connection.
    #[error("the connection to the server failed (refused, or its certificate is not valid)")]
    NotReached,
    /// The server takes too long.
    #[error("the server took too long to answer")]
    TimedOut,
    /// The connection ended within the response.
    #[error("the connection ended before the file was complete")]
    Interrupted,
    /// The server denies access.
    #[error(
        "the server answers HTTP {0}: the URL has expired, or does not allow reading the file; create a new one that is \
         valid for longer"
    )]
    Denied(u16),
    /// There is no file.
    #[error(
        "the server answers HTTP {0}: there is no file at the URL; check the bucket and the key"
    )]
    Missing(u16),
    /// The server redirects.
    #[error(
        "the server answers HTTP {0}, and redirects are not followed; use the final URL (for S3, with the region of the \
         bucket)"
    )]
    Redirect(u16),
    /// The server is overloaded or fails.
    #[error("the server answers HTTP {0}; try again later")]
    Busy(u16),
    /// The server rejects the request.
    #[error("the server answers HTTP {0}; check the URL, and create a new one if it has expired")]
    Rejected(u16),
    /// The server sends the whole file.
    #[error(
        "the server does not support requests for parts of a file (HTTP ranges); download the file and upload it"
    )]
    NoRanges,
    /// The file is empty.
    #[error("the file is empty; choose a VCF file with at least one record")]
    Empty,
    /// The server does not say how large the file is.
    #[error("the server does not say how large the file is; download the file and upload it")]
    NoSize,
    /// The server sends neither an entity tag nor the time of the last change.
    #[error(
        "the server sends neither ETag nor Last-Modified, so that a change of the file would not be noticed; download the \
         file and upload it"
    )]
    NoVersion,
    /// The file is another one than before.
    #[error("the file changed while it was copied; submit it again when it is complete")]
    Changed,
}

impl SourceError {
    /// Whether the same request may succeed later.
    pub const fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::NotPublic | Self::NotReached | Self::TimedOut | Self::Interrupted | Self::Busy(_)
        )
    }
}
