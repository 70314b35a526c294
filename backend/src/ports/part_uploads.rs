//! Objects that are sent in parts (S3's multipart upload).

use super::PortResult;
use async_trait::async_trait;
use gas_shared::job::{ObjectLocation, Part};
use jiff::SignedDuration;

/// Uploads in parts. Parts count for nothing until the upload is completed, and stay, and cost, until
/// it is completed or aborted.
#[async_trait]
pub trait PartUploads: Send + Sync {
    /// Begins an upload and returns its id.
    async fn begin(&self, file: &ObjectLocation, content_type: &str) -> PortResult<String>;

    /// A URL to which a browser may PUT one part for a while, of exactly that part's length.
    async fn sign_part(&self, rule: &PartRule<'_>) -> PortResult<String>;

    /// The parts that have arrived, or `None` where there is no such upload: it is completed, or
    /// aborted.
    async fn arrived_parts(
        &self,
        file: &ObjectLocation,
        upload_id: &str,
    ) -> PortResult<Option<Vec<ArrivedPart>>>;

    /// Makes the object of exactly these parts. An upload that is not there any more is left as it
    /// is: whether there is an object tells how it ended.
    async fn complete(
        &self,
        file: &ObjectLocation,
        upload_id: &str,
        parts: &[ArrivedPart],
    ) -> PortResult<()>;

    /// Ends an upload and drops its parts; one that is not there counts as ended.
    async fn abort(&self, file: &ObjectLocation, upload_id: &str) -> PortResult<()>;
}

/// A part to sign.
#[derive(Clone, Copy, Debug)]
pub struct PartRule<'a> {
    /// The object.
    pub file: &'a ObjectLocation,
    /// The upload.
    pub upload_id: &'a str,
    /// The part; its length is signed, too.
    pub part: Part,
    /// How long the URL works.
    pub valid_for: SignedDuration,
}

/// A part that has arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrivedPart {
    /// Its number, from 1.
    pub number: u32,
    /// Its size in bytes.
    pub size: u64,
    /// Its entity tag: completing by it takes these bytes and no others that came later.
    pub etag: String,
}
