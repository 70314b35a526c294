//! The port of uploads in parts (S3 multipart uploads).

use super::PortResult;
use async_trait::async_trait;
use bytes::Bytes;
use gas_shared::job::{ObjectLocation, Part};
use jiff::SignedDuration;
use std::ops::Range;

/// Uploads in parts. The object does not exist until the upload is completed. Parts are stored, and
/// billed, until the upload is completed or aborted.
#[async_trait]
pub trait PartUploads: Send + Sync {
    /// Begins an upload and returns its ID.
    async fn begin(&self, file: &ObjectLocation, content_type: &str) -> PortResult<String>;

    /// A URL to which a browser may PUT one part of exactly the given length.
    async fn sign_part(&self, rule: &PartRule<'_>) -> PortResult<String>;

    /// Sends a part from this process; numbers start at 1. A part that was sent before is replaced.
    async fn send(
        &self,
        file: &ObjectLocation,
        upload_id: &str,
        number: u32,
        bytes: Bytes,
    ) -> PortResult<ArrivedPart>;

    /// Makes a part of a range of another object, without transferring its bytes to this process. Every part
    /// but the last one has 5 MiB or more, and none more than 5 GiB.
    ///
    /// # Errors
    /// If the object does not exist, has another entity tag than `etag`, or ends before the range does.
    async fn copy(
        &self,
        from: &ObjectLocation,
        etag: Option<&str>,
        range: Range<u64>,
        to: &ObjectLocation,
        upload_id: &str,
        number: u32,
    ) -> PortResult<ArrivedPart>;

    /// The parts received so far, by number, or `None` if the upload does not exist: it was
    /// completed or aborted.
    async fn arrived_parts(
        &self,
        file: &ObjectLocation,
        upload_id: &str,
    ) -> PortResult<Option<Vec<ArrivedPart>>>;

    /// Assembles the object from exactly these parts. If the upload no longer exists, nothing
    /// happens and the call succeeds: whether the object exists shows how the upload ended.
    ///
    /// # Errors
    /// If a part was not received or has another entity tag.
    async fn complete(
        &self,
        file: &ObjectLocation,
        upload_id: &str,
        parts: &[ArrivedPart],
    ) -> PortResult<()>;

    /// Aborts an upload and deletes its parts. Aborting an absent upload succeeds.
    async fn abort(&self, file: &ObjectLocation, upload_id: &str) -> PortResult<()>;
}

/// A part to sign.
#[derive(Clone, Copy, Debug)]
pub struct PartRule<'a> {
    /// The object.
    pub file: &'a ObjectLocation,
    /// The upload.
    pub upload_id: &'a str,
    /// The part. Its length is part of the signature.
    pub part: Part,
    /// How long the URL is valid.
    pub valid_for: SignedDuration,
}

/// A part that was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrivedPart {
    /// The part number, from 1.
    pub number: u32,
    /// The size in bytes.
    pub size: u64,
    /// The entity tag. Completing with it accepts these bytes and no later version of the part.
    pub etag: String,
}
