//! The port of the object store.

use super::PortResult;
use async_trait::async_trait;
use bytes::Bytes;
use gas_shared::job::ObjectLocation;
use jiff::{SignedDuration, Timestamp};
use std::path::Path;

/// The object store.
#[async_trait]
pub trait ObjectStore: Send + Sync {
    /// The metadata of an object, or `None` if it does not exist.
    async fn head(&self, file: &ObjectLocation) -> PortResult<Option<ObjectInfo>>;

    /// Streams an object into a local file and returns the metadata of what was read.
    async fn fetch(&self, file: &ObjectLocation, to: &Path) -> PortResult<ObjectInfo>;

    /// Streams a local file into an object, replacing it, and returns its size in bytes.
    async fn store(
        &self,
        from: &Path,
        file: &ObjectLocation,
        content_type: &str,
    ) -> PortResult<u64>;

    /// Copies an object within the store, without transferring its bytes to this process. `false`
    /// if the source does not exist.
    async fn copy(&self, from: &ObjectLocation, to: &ObjectLocation) -> PortResult<bool>;

    /// Writes a small object, replacing it.
    async fn write(
        &self,
        file: &ObjectLocation,
        content: Bytes,
        content_type: &str,
    ) -> PortResult<()>;

    /// The first `limit` bytes of an object, or `None` if it does not exist.
    async fn read_head(&self, file: &ObjectLocation, limit: u64) -> PortResult<Option<Vec<u8>>>;

    /// Exactly `length` bytes (at least one) of an object, from `offset`.
    ///
    /// # Errors
    /// If the object does not exist or ends before the range does.
    async fn read_range(
        &self,
        file: &ObjectLocation,
        offset: u64,
        length: u64,
    ) -> PortResult<Bytes>;

    /// Deletes an object. Deleting an absent object succeeds. The bucket may keep it as a previous
    /// version for a while, as a way back after an accident.
    async fn delete(&self, file: &ObjectLocation) -> PortResult<()>;

    /// Deletes all objects of a bucket whose keys begin with `prefix`, with all their versions: there is
    /// no way back. Erasing absent objects succeeds.
    async fn erase(&self, bucket: &str, prefix: &str) -> PortResult<()>;

    /// All objects of a bucket whose keys begin with `prefix`.
    async fn list(&self, bucket: &str, prefix: &str) -> PortResult<Vec<ObjectLocation>>;

    /// A URL that allows anyone to read one object for a limited time.
    async fn sign_download(&self, download: &Download<'_>) -> PortResult<String>;

    /// The URL and form fields with which a browser may upload one object
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>).
    async fn sign_upload(
        &self,
        rule: &UploadRule<'_>,
    ) -> PortResult<(String, Vec<(String, String)>)>;
}

/// The metadata of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectInfo {
    /// The size in bytes.
    pub size: u64,
    /// The entity tag.
    pub etag: String,
}

/// A download to sign.
#[derive(Clone, Copy, Debug)]
pub struct Download<'a> {
    /// The object.
    pub file: &'a ObjectLocation,
    /// The file name under which the browser saves it.
    pub save_as: &'a str,
    /// How long the URL is valid.
    pub valid_for: SignedDuration,
}

/// The requirements of an upload; S3 rejects an upload that violates one.
#[derive(Clone, Copy, Debug)]
pub struct UploadRule<'a> {
    /// The exact bucket and key.
    pub file: &'a ObjectLocation,
    /// The exact content type.
    pub content_type: &'a str,
    /// The maximum size in bytes; the minimum is 1.
    pub max_bytes: u64,
    /// The current time.
    pub signed_at: Timestamp,
    /// The end of the ticket's validity.
    pub expires_at: Timestamp,
}
