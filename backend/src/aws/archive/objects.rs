//! S3 objects as streams of parts: read one part at a time, written as they come. Whatever the
//! size of a file, one part of it is in memory.

use super::super::multipart::Multipart;
pub(super) use super::super::s3::about;
use super::tree_hash::TreeHasher;
use crate::ports::{CopiedObject, PortError, PortResult};
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedPart, ServerSideEncryption, StorageClass};
use futures::stream::{self, Stream, StreamExt};
use gas_shared::job::ObjectLocation;
use std::pin::pin;

const MIB: u64 = 1024 * 1024;

/// The size of a part, unless the file then had too many of them.
const PART_BYTES: u64 = 16 * MIB;

/// Neither S3 nor Glacier takes more parts than this.
const MAX_PARTS: u64 = 10_000;

/// What annotated files are.
const CONTENT_TYPE: &str = "text/plain; charset=utf-8";

/// The part size for a file: a power of two of MiB, as Glacier wants it.
pub(super) fn part_bytes(size: u64) -> u64 {
    size.div_ceil(MAX_PARTS).next_power_of_two().max(PART_BYTES)
}

/// The size of an object.
pub(super) async fn size_of(client: &Client, file: &ObjectLocation) -> PortResult<u64> {
    let head = client.head_object().bucket(&file.bucket).key(&file.key).send().await;
    let head = head.map_err(|error| PortError::new(about("look at", file), error))?;
    Ok(head.content_length().and_then(|size| size.try_into().ok()).unwrap_or(0))
}

/// Some bytes of an object.
pub(super) async fn read_part(
    client: &Client,
    file: &ObjectLocation,
    offset: u64,
    length: u64,
) -> PortResult<Vec<u8>> {
    if length == 0 {
        return Ok(Vec::new());
    }
    let range = format!("bytes={offset}-{}", offset + length - 1);
    let part = client.get_object().bucket(&file.bucket).key(&file.key).range(range).send().await;
    let part = part.map_err(|error| PortError::new(about("read", file), error))?;
    let body = part.body.collect().await;
    Ok(body.map_err(|error| PortError::new(about("read", file), error))?.to_vec())
}

/// An object's bytes, asked for one part at a time.
pub(super) fn parts_of<'a>(
    client: &'a Client,
    file: &'a ObjectLocation,
    size: u64,
) -> impl Stream<Item = PortResult<Vec<u8>>> + Send + 'a {
    let offsets = (0..size).step_by(usize::try_from(PART_BYTES).unwrap_or(usize::MAX));
    stream::iter(offsets)
        .then(move |offset| read_part(client, file, offset, PART_BYTES.min(size - offset)))
}

/// The bytes of an answer, as they come.
pub(super) fn received(
    body: ByteStream,
    action: impl Fn() -> String + Send,
) -> impl Stream<Item = PortResult<Vec<u8>>> + Send {
    stream::unfold((body, action), |(mut body, action)| async move {
        let bytes = body.next().await?;
        let bytes = bytes.map(|bytes| bytes.to_vec());
        Some((bytes.map_err(|error| PortError::new(action(), error)), (body, action)))
    })
}

/// Writes an object from a stream, in one request if it is small, else in parts. `size` is what is
/// expected; what came is in the answer.
pub(super) async fn write(
    client: &Client,
    file: &ObjectLocation,
    class: StorageClass,
    size: u64,
    body: impl Stream<Item = PortResult<Vec<u8>>> + Send,
) -> PortResult<CopiedObject> {
    let part_bytes = usize::try_from(part_bytes(size)).unwrap_or(usize::MAX);
    let mut writer = Writer { client, file, class, upload: None, parts: Vec::new() };
    let mut hasher = TreeHasher::default();
    // Of its full size at once: one that grows is copied, and takes three times as much meanwhile.
    let room = part_bytes.min(usize::try_from(size).unwrap_or(usize::MAX));
    let mut part: Vec<u8> = Vec::with_capacity(room);
    let mut body = pin!(body);
    while let Some(bytes) = body.next().await {
        let bytes = writer.or_abort(bytes).await?;
        hasher.update(&bytes);
        let mut rest = bytes.as_slice();
        while part.len() + rest.len() >= part_bytes {
            let (last, next) = rest.split_at(part_bytes - part.len());
            part.extend_from_slice(last);
            rest = next;
            let full = std::mem::replace(&mut part, Vec::with_capacity(room));
            let sent = writer.send_part(full).await;
            writer.or_abort(sent).await?;
        }
        part.extend_from_slice(rest);
    }
    let ended = writer.end(part).await;
    writer.or_abort(ended).await?;
    Ok(CopiedObject { size: hasher.size(), tree_hash: hasher.finish() })
}

/// An object that is being written.
struct Writer<'a> {
    client: &'a Client,
    file: &'a ObjectLocation,
    class: StorageClass,
    /// The upload, from the first full part on.
    upload: Option<Multipart<'a>>,
    parts: Vec<CompletedPart>,
}

impl Writer<'_> {
    fn failed(&self, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> PortError {
        PortError::new(about("write", self.file), error)
    }

    async fn or_abort<T>(&self, outcome: PortResult<T>) -> PortResult<T> {
        match &self.upload {
            Some(upload) => upload.or_abort(outcome).await,
            None => outcome,
        }
    }

    async fn send_part(&mut self, part: Vec<u8>) -> PortResult<()> {
        let number = i32::try_from(self.parts.len() + 1).map_err(|error| self.failed(error))?;
        let upload = match &mut self.upload {
            Some(upload) => upload,
            none => {
                let class = Some(self.class.clone());
                none.insert(Multipart::begin(self.client, self.file, CONTENT_TYPE, class).await?)
            }
        };
        self.parts.push(upload.send(number, part.into()).await?);
        Ok(())
    }

    async fn end(&mut self, mut last: Vec<u8>) -> PortResult<()> {
        if self.upload.is_some() && !last.is_empty() {
            self.send_part(std::mem::take(&mut last)).await?;
        }
        match &self.upload {
            Some(upload) => upload.complete(std::mem::take(&mut self.parts)).await,
            None => self.put(last).await,
        }
    }

    async fn put(&self, bytes: Vec<u8>) -> PortResult<()> {
        self.client
            .put_object()
            .bucket(&self.file.bucket)
            .key(&self.file.key)
            .content_type(CONTENT_TYPE)
            .storage_class(self.class.clone())
            .server_side_encryption(ServerSideEncryption::Aes256)
            .body(bytes.into())
            .send()
            .await
            .map_err(|error| self.failed(error))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_any_size_have_few_enough_parts_of_a_size_that_glacier_takes() {
        for size in [0, 1, PART_BYTES, 159_999 * MIB, 160_001 * MIB, 5 * 1024 * 1024 * MIB] {
            let part = part_bytes(size);
            assert!((part / MIB).is_power_of_two() && part.is_multiple_of(MIB), "{size}");
            assert!(size.div_ceil(part) <= MAX_PARTS, "{size}");
            assert!(part <= 4096 * MIB, "{size}");
        }
    }
}
