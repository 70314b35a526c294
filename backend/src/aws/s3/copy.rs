//! Copies within S3: small objects in one request, large ones in parts at the same time.

use super::S3PartUploads;
use super::action::action_on;
use super::file_upload::MAX_PARTS;
use crate::chain;
use crate::ports::{ArrivedPart, PartUploads, PortError, PortResult};
use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::types::ServerSideEncryption;
use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};
use gas_shared::job::ObjectLocation;
use std::iter;
use std::ops::Range;
use tokio::runtime::Handle;

/// The largest object that is copied in one request, and the size of the parts of a larger one. S3 accepts
/// 5 GiB for both, but copies a single range slowly: many short ones end within the time of a request.
const PART_BYTES: u64 = 256 * 1024 * 1024;

/// The number of parts copied concurrently.
const PARALLEL_PARTS: usize = 64;

/// What S3 states for an object without a content type.
const NO_TYPE: &str = "binary/octet-stream";

/// Copies objects.
#[derive(Clone, Debug)]
pub(super) struct Copies {
    client: Client,
    uploads: S3PartUploads,
    part_bytes: u64,
}

impl Copies {
    pub(super) fn new(client: &Client) -> Self {
        let uploads = S3PartUploads::new(client);
        Self { client: client.clone(), uploads, part_bytes: PART_BYTES }
    }

    /// Copies an object of more than `bytes` in parts of this size.
    pub(super) fn in_parts_of(self, bytes: u64) -> Self {
        Self { part_bytes: bytes, ..self }
    }

    /// Copies an object; `false` if it does not exist.
    pub(super) async fn copy(
        &self,
        from: &ObjectLocation,
        to: &ObjectLocation,
    ) -> PortResult<bool> {
        let call = self.client.head_object().bucket(&from.bucket).key(&from.key);
        let head = match call.send().await {
            Ok(head) => head,
            Err(error) if error.as_service_error().is_some_and(|e| e.is_not_found()) => {
                return Ok(false);
            }
            Err(error) => return Err(PortError::new(action_on("copy", from), error)),
        };
        let size = head.content_length().and_then(|size| size.try_into().ok()).unwrap_or(0);
        if size <= self.part_bytes {
            return self.in_one(from, to).await;
        }
        self.in_parts(from, &head, size, to).await?;
        Ok(true)
    }

    async fn in_one(&self, from: &ObjectLocation, to: &ObjectLocation) -> PortResult<bool> {
        // Keys contain only characters that need no escaping in a header; see `FileName::key_part`.
        let call = self
            .client
            .copy_object()
            .copy_source(format!("{}/{}", from.bucket, from.key))
            .bucket(&to.bucket)
            .key(&to.key)
            .server_side_encryption(ServerSideEncryption::Aes256);
        match call.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.code() == Some("NoSuchKey") => Ok(false),
            Err(error) => Err(PortError::new(action_on("copy", from), error)),
        }
    }

    async fn in_parts(
        &self,
        from: &ObjectLocation,
        head: &HeadObjectOutput,
        size: u64,
        to: &ObjectLocation,
    ) -> PortResult<()> {
        let id = self.uploads.begin(to, head.content_type().unwrap_or(NO_TYPE)).await?;
        let mut upload = OpenUpload { uploads: &self.uploads, to, id: Some(id.clone()) };
        // All parts are of the same version, also if the object is replaced meanwhile.
        let copies: Vec<_> = parts(size, self.part_bytes)
            .map(|(number, range)| {
                self.uploads.copy(from, head.e_tag(), range, to, &id, number).boxed()
            })
            .collect();
        let copied: PortResult<Vec<ArrivedPart>> =
            stream::iter(copies).buffer_unordered(PARALLEL_PARTS).try_collect().await;
        let done = match copied {
            Ok(mut copied) => {
                copied.sort_by_key(|part| part.number);
                self.uploads.complete(to, &id, &copied).await
            }
            Err(error) => Err(error),
        };
        upload.id = None;
        if done.is_err() {
            abort(&self.uploads, to, &id).await;
        }
        done
    }
}

/// An upload that is aborted if its copy is given up, as that of a request whose time is over.
struct OpenUpload<'a> {
    uploads: &'a S3PartUploads,
    to: &'a ObjectLocation,
    /// `None` if the copy has ended.
    id: Option<String>,
}

impl Drop for OpenUpload<'_> {
    fn drop(&mut self) {
        let (Some(id), Ok(runtime)) = (self.id.take(), Handle::try_current()) else { return };
        let (uploads, to) = (self.uploads.clone(), self.to.clone());
        runtime.spawn(async move { abort(&uploads, &to, &id).await });
    }
}

/// Aborts an upload. If aborting fails, the bucket's lifecycle rule deletes the parts.
async fn abort(uploads: &S3PartUploads, to: &ObjectLocation, id: &str) {
    if let Err(error) = uploads.abort(to, id).await {
        let (key, error) = (&to.key, chain(&error));
        tracing::warn!(key, %error, "aborting a copy failed; the bucket's lifecycle rule will delete its parts");
    }
}

/// Splits an object into numbered ranges.
fn parts(size: u64, part_bytes: u64) -> impl Iterator<Item = (u32, Range<u64>)> {
    let length = part_bytes.max(size.div_ceil(MAX_PARTS)).max(1);
    let starts = iter::successors(Some(0_u64), move |start| start.checked_add(length));
    let ranges = starts
        .take_while(move |start| *start < size)
        .map(move |start| start..size.min(start.saturating_add(length)));
    (1_u32..).zip(ranges)
}

#[cfg(test)]
#[path = "copy_tests.rs"]
mod tests;
