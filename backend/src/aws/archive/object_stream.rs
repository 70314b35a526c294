//! S3 objects as streams of parts. Objects of any size are read and written with one part in
//! memory.

use super::tree_hash::TreeHasher;
use crate::aws::s3::{Multipart, action_on};
use crate::ports::{CopiedObject, PortError, PortResult};
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedPart, ServerSideEncryption, StorageClass};
use futures::stream::{self, Stream, StreamExt};
use gas_shared::job::ObjectLocation;
use std::pin::pin;

const MIB: u64 = 1024 * 1024;

/// The part size, unless the file would then have more than [`MAX_PARTS`] parts.
const PART_BYTES: u64 = 16 * MIB;

/// The most parts that S3 and Glacier accept in one upload.
const MAX_PARTS: u64 = 10_000;

/// The content type of annotated files.
const CONTENT_TYPE: &str = "text/plain; charset=utf-8";

/// The part size for a file: a power of two in MiB, as Glacier requires.
pub(super) fn part_bytes(size: u64) -> u64 {
    size.div_ceil(MAX_PARTS).next_power_of_two().max(PART_BYTES)
}

/// The size of an object in bytes.
pub(super) async fn size_of(client: &Client, file: &ObjectLocation) -> PortResult<u64> {
    let head = client.head_object().bucket(&file.bucket).key(&file.key).send().await;
    let head =
        head.map_err(|error| PortError::new(action_on("read the metadata of", file), error))?;
    Ok(head.content_length().and_then(|size| size.try_into().ok()).unwrap_or(0))
}

/// Reads a range of an object.
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
    let part = part.map_err(|error| PortError::new(action_on("read", file), error))?;
    let body = part.body.collect().await;
    Ok(body.map_err(|error| PortError::new(action_on("read", file), error))?.to_vec())
}

/// Reads an object in parts, each requested when the stream is polled.
pub(super) fn read_parts<'a>(
    client: &'a Client,
    file: &'a ObjectLocation,
    size: u64,
) -> impl Stream<Item = PortResult<Vec<u8>>> + Send + 'a {
    let offsets = (0..size).step_by(usize::try_from(PART_BYTES).unwrap_or(usize::MAX));
    stream::iter(offsets)
        .then(move |offset| read_part(client, file, offset, PART_BYTES.min(size - offset)))
}

/// The chunks of a response body.
pub(super) fn body_chunks(
    body: ByteStream,
    action: impl Fn() -> String + Send,
) -> impl Stream<Item = PortResult<Vec<u8>>> + Send {
    stream::unfold((body, action), |(mut body, action)| async move {
        let bytes = body.next().await?;
        let bytes = bytes.map(|bytes| bytes.to_vec());
        Some((bytes.map_err(|error| PortError::new(action(), error)), (body, action)))
    })
}

/// Writes an object from a stream: in one request if it is small, else in parts. `size` is the
/// expected size; the result has the size and the tree hash of the bytes written.
pub(super) async fn write_stream(
    client: &Client,
    file: &ObjectLocation,
    class: StorageClass,
    size: u64,
    body: impl Stream<Item = PortResult<Vec<u8>>> + Send,
) -> PortResult<CopiedObject> {
    let part_bytes = usize::try_from(part_bytes(size)).unwrap_or(usize::MAX);
    let mut writer = Writer { client, file, class, upload: None, parts: Vec::new() };
    let mut hasher = TreeHasher::default();
    // Allocated at full size: a growing buffer is copied and briefly takes three times the memory.
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

/// An object being written.
struct Writer<'a> {
    client: &'a Client,
    file: &'a ObjectLocation,
    class: StorageClass,
    /// The multipart upload, which begins with the first full part.
    upload: Option<Multipart<'a>>,
    parts: Vec<CompletedPart>,
}

impl Writer<'_> {
    fn failed(&self, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> PortError {
        PortError::new(action_on("write", self.file), error)
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
    fn every_file_size_gives_a_part_size_and_part_count_that_glacier_accepts() {
        for size in [0, 1, PART_BYTES, 159_999 * MIB, 160_001 * MIB, 5 * 1024 * 1024 * MIB] {
            let part = part_bytes(size);
            assert!((part / MIB).is_power_of_two() && part.is_multiple_of(MIB), "{size}");
            assert!(size.div_ceil(part) <= MAX_PARTS, "{size}");
            assert!(part <= 4096 * MIB, "{size}");
        }
    }
}
