//! Where the files are kept.

use super::PortResult;
use async_trait::async_trait;
use bytes::Bytes;
use gas_shared::job::ObjectLocation;
use jiff::{SignedDuration, Timestamp};
use std::path::Path;

/// The object store.
#[async_trait]
pub trait ObjectStore: Send + Sync {
    /// What is known of an object, or `None` where there is none.
    async fn head(&self, file: &ObjectLocation) -> PortResult<Option<ObjectInfo>>;

    /// Streams an object into a local file and returns its size in bytes.
    async fn fetch(&self, file: &ObjectLocation, to: &Path) -> PortResult<u64>;

    /// Streams a local file into an object, replacing it, and returns its size in bytes.
    async fn store(
        &self,
        from: &Path,
        file: &ObjectLocation,
        content_type: &str,
    ) -> PortResult<u64>;

    /// Copies an object within the store, without its bytes coming here. `false` where there is
    /// none to copy.
    async fn copy(&self, from: &ObjectLocation, to: &ObjectLocation) -> PortResult<bool>;

    /// Writes a small object, replacing it.
    async fn write(
        &self,
        file: &ObjectLocation,
        content: Bytes,
        content_type: &str,
    ) -> PortResult<()>;

    /// The first `limit` bytes of an object, or `None` where there is none.
    async fn read_head(&self, file: &ObjectLocation, limit: u64) -> PortResult<Option<Vec<u8>>>;

    /// Exactly `length` bytes (at least one) of an object, from `offset`; fewer are a failure.
    async fn read_range(
        &self,
        file: &ObjectLocation,
        offset: u64,
        length: u64,
    ) -> PortResult<Bytes>;

    /// Deletes an object; one that is not there counts as deleted.
    async fn delete(&self, file: &ObjectLocation) -> PortResult<()>;

    /// The objects of a bucket whose keys begin with `prefix`, at most a thousand.
    async fn list(&self, bucket: &str, prefix: &str) -> PortResult<Vec<ObjectLocation>>;

    /// A link that lets its holder read one object for a while.
    async fn sign_download(&self, download: &Download<'_>) -> PortResult<String>;

    /// The URL and form fields with which a browser may upload one object
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>).
    async fn sign_upload(
        &self,
        rule: &UploadRule<'_>,
    ) -> PortResult<(String, Vec<(String, String)>)>;
}

/// What is known of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectInfo {
    /// Its size in bytes.
    pub size: u64,
    /// Its entity tag, as S3 gives it.
    pub etag: String,
}

/// A download to sign.
#[derive(Clone, Copy, Debug)]
pub struct Download<'a> {
    /// The object.
    pub file: &'a ObjectLocation,
    /// The name under which the browser saves it.
    pub save_as: &'a str,
    /// How long the link works.
    pub valid_for: SignedDuration,
}

/// What an upload must be like; S3 refuses any other.
#[derive(Clone, Copy, Debug)]
pub struct UploadRule<'a> {
    /// The exact bucket and key.
    pub file: &'a ObjectLocation,
    /// The exact content type.
    pub content_type: &'a str,
    /// The largest size in bytes; the smallest is 1.
    pub max_bytes: u64,
    /// Now.
    pub signed_at: Timestamp,
    /// When S3 begins to refuse.
    pub expires_at: Timestamp,
}
