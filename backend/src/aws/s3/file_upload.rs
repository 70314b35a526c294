//! Uploads of local files: small files in one request, large files in parts that are streamed from
//! disk.

use super::action::action_on;
use super::multipart::Multipart;
use crate::ports::{PortError, PortResult};
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::{ByteStream, Length};
use aws_sdk_s3::types::{CompletedPart, ServerSideEncryption};
use futures::stream::{self, StreamExt, TryStreamExt};
use gas_shared::job::ObjectLocation;
use std::path::Path;

const MIB: u64 = 1024 * 1024;

/// The largest file that is sent in one request.
const SINGLE_REQUEST_BYTES: u64 = 64 * MIB;

/// The part size, unless the file would then have more than [`MAX_PARTS`] parts.
const PART_BYTES: u64 = 16 * MIB;

/// The most parts that S3 accepts in one upload.
pub(super) const MAX_PARTS: u64 = 10_000;

/// The number of parts sent concurrently.
const PARALLEL_PARTS: usize = 4;

/// A part of a file: its byte range, and its number from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    number: i32,
    offset: u64,
    length: u64,
}

/// The upload of one file.
struct Upload<'a> {
    client: &'a Client,
    from: &'a Path,
    file: &'a ObjectLocation,
}

/// Uploads a file and returns its size in bytes.
pub(super) async fn upload(
    client: &Client,
    from: &Path,
    file: &ObjectLocation,
    content_type: &str,
) -> PortResult<u64> {
    let upload = Upload { client, from, file };
    let metadata = tokio::fs::metadata(from).await;
    let size = metadata.map_err(|error| PortError::new(upload.action(), error))?.len();
    if size <= SINGLE_REQUEST_BYTES {
        upload.in_one(content_type).await?;
    } else {
        upload.in_parts(size, content_type).await?;
    }
    Ok(size)
}

impl Upload<'_> {
    fn action(&self) -> String {
        action_on(&format!("upload {} to", self.from.display()), self.file)
    }

    async fn in_one(&self, content_type: &str) -> PortResult<()> {
        let body = ByteStream::from_path(self.from).await;
        self.client
            .put_object()
            .bucket(&self.file.bucket)
            .key(&self.file.key)
            .content_type(content_type)
            .server_side_encryption(ServerSideEncryption::Aes256)
            .body(body.map_err(|error| PortError::new(self.action(), error))?)
            .send()
            .await
            .map_err(|error| PortError::new(self.action(), error))?;
        Ok(())
    }

    async fn in_parts(&self, size: u64, content_type: &str) -> PortResult<()> {
        let upload = Multipart::begin(self.client, self.file, content_type, None).await?;
        let done = self.send_parts(&upload, size).await;
        upload.or_abort(done).await
    }

    async fn send_parts(&self, upload: &Multipart<'_>, size: u64) -> PortResult<()> {
        let parts = stream::iter(parts(size))
            .map(|part| self.send_part(upload, part))
            .buffered(PARALLEL_PARTS)
            .try_collect()
            .await?;
        upload.complete(parts).await
    }

    async fn send_part(&self, upload: &Multipart<'_>, part: Part) -> PortResult<CompletedPart> {
        let body = ByteStream::read_from()
            .path(self.from)
            .offset(part.offset)
            .length(Length::Exact(part.length))
            .build()
            .await
            .map_err(|error| PortError::new(self.action(), error))?;
        upload.send(part.number, body).await
    }
}

/// Splits a file into parts.
fn parts(size: u64) -> impl Iterator<Item = Part> {
    let length = PART_BYTES.max(size.div_ceil(MAX_PARTS));
    (1_i32..)
        .zip((0..size).step_by(usize::try_from(length).unwrap_or(usize::MAX)))
        .map(move |(number, offset)| Part { number, offset, length: length.min(size - offset) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_a_file_without_gap_or_overlap() {
        for size in [65 * MIB, 64 * MIB, 16 * MIB + 1, 1, 5 * 1024 * 1024 * MIB] {
            let mut end = 0;
            let mut count = 0;
            for part in parts(size) {
                count += 1;
                assert_eq!(u64::try_from(part.number).unwrap(), count);
                assert_eq!(part.offset, end);
                end += part.length;
            }
            assert_eq!(end, size);
            assert!(count <= MAX_PARTS, "{count} parts of {size} bytes");
        }
    }

    #[test]
    fn every_part_but_the_last_is_full() {
        let lengths: Vec<u64> = parts(40 * MIB).map(|part| part.length).collect();
        assert_eq!(lengths, [16 * MIB, 16 * MIB, 8 * MIB]);
    }
}
