//! Checks the beginning of a file before it is uploaded, with the code that the worker uses.
//! Compressed files are decompressed by the browser.

use super::preview::FilePreview;
use crate::browser::{Blob, Decompressed};
use crate::error::{ApiError, ErrorCode};
use gas_shared::vcf::{
    BGZF_END, COMPRESSION_MAGIC_BYTES, CompressionFormat, LONG_PREVIEW_BYTES, MAX_BGZF_BLOCK_BYTES,
    PREVIEW_BYTES, Preview, bgzf_blocks, check_preview, ends_with_bgzf_block, gzip_member_starts,
};

/// Larger gzip files may have more than 4 GiB of text, whose size does not fit the trailer
/// (RFC 1952, ISIZE).
const GZIP_TRAILER_MAX_BYTES: u64 = 250_000_000;

/// The most places at which a gzip member is tried to end.
const MAX_MEMBERS: usize = 100;

/// The beginning of a file as text.
struct Beginning {
    text: Vec<u8>,
    /// Whether it is the entire file.
    is_complete: bool,
    /// The size of the text of the entire file, if it is known or can be estimated.
    text_bytes: Option<u64>,
}

/// Checks a file.
///
/// # Errors
///
/// If the file cannot be read or is not valid VCF.
pub async fn inspect(file: &Blob) -> Result<FilePreview, ApiError> {
    let magic = file.read(0, COMPRESSION_MAGIC_BYTES as u64).await.ok_or_else(unreadable)?;
    let compression = CompressionFormat::of(&magic);
    let mut no_end_mark = None;
    if compression == CompressionFormat::Bgzf {
        no_end_mark = check_bgzf_end(file).await?;
    }
    let mut beginning = read_text(file, compression, PREVIEW_BYTES).await?;
    if beginning.text.is_empty() && compression == CompressionFormat::Gzip {
        // The file is damaged, and the worker says how.
        return Ok(FilePreview::unknown(compression));
    }
    let mut preview = check(&beginning)?;
    if preview.has_longer_header() && !beginning.is_complete {
        beginning = read_text(file, compression, LONG_PREVIEW_BYTES).await?;
        preview = check(&beginning)?;
    }
    let Beginning { is_complete, text_bytes, .. } = beginning;
    let found = FilePreview::new(compression, &preview, is_complete, text_bytes);
    Ok(FilePreview { warning: no_end_mark.or(found.warning), ..found })
}

fn check(beginning: &Beginning) -> Result<Preview, ApiError> {
    check_preview(&beginning.text, beginning.is_complete)
        .map_err(|problem| invalid(&problem.to_string()))
}

/// Reads at least `limit` bytes of a file's text, if there are as many.
async fn read_text(
    file: &Blob,
    compression: CompressionFormat,
    limit: usize,
) -> Result<Beginning, ApiError> {
    match compression {
        CompressionFormat::Plain => {
            let text = file.read(0, limit as u64).await.ok_or_else(unreadable)?;
            let is_complete = file.size() <= limit as u64;
            Ok(Beginning { text, is_complete, text_bytes: Some(file.size()) })
        }
        CompressionFormat::Bgzf => read_bgzf(file, limit).await,
        CompressionFormat::Gzip => read_gzip(file, limit).await,
    }
}

/// Checks that a BGZF file is not truncated. Returns a warning if its end is not marked.
async fn check_bgzf_end(file: &Blob) -> Result<Option<String>, ApiError> {
    let end = file.size().saturating_sub(MAX_BGZF_BLOCK_BYTES as u64);
    let end = file.read(end, file.size()).await.ok_or_else(unreadable)?;
    if end.ends_with(&BGZF_END) {
        return Ok(None);
    }
    if !ends_with_bgzf_block(&end) {
        return Err(invalid(
            "the compressed file is truncated: its last block is missing; copy it again",
        ));
    }
    let warning = "the compressed file does not end with the block that marks its end, so it may be truncated";
    Ok(Some(warning.to_owned()))
}

async fn read_bgzf(file: &Blob, limit: usize) -> Result<Beginning, ApiError> {
    let stored = file.read(0, limit as u64).await.ok_or_else(unreadable)?;
    let (mut text, mut compressed) = (Vec::new(), 0_u64);
    for block in bgzf_blocks(&stored) {
        let length = block.len() as u64;
        let block = slice(file, compressed, compressed + length)?.gunzip(limit).await;
        if !block.is_complete {
            return Err(invalid("the compressed file is damaged; compress it again with bgzip"));
        }
        text.extend(block.bytes);
        compressed += length;
        if text.len() >= limit {
            break;
        }
    }
    let is_complete = compressed >= file.size();
    let bytes = text.len() as f64 * file.size() as f64 / (compressed as f64).max(1.0);
    Ok(Beginning { text, is_complete, text_bytes: Some(bytes as u64) })
}

async fn read_gzip(file: &Blob, limit: usize) -> Result<Beginning, ApiError> {
    let mut read = file.gunzip(limit).await;
    let has_ended_early = !read.is_complete && read.bytes.len() < limit;
    if has_ended_early {
        read = gunzip_members(file, limit).await?;
    }
    let trailer = file.size().saturating_sub(4);
    let trailer = file.read(trailer, file.size()).await.ok_or_else(unreadable)?;
    let text_bytes = trailer.try_into().ok().map(|bytes| u64::from(u32::from_le_bytes(bytes)));
    // The trailer has the size of the last member only. Text is not smaller than what it is compressed to.
    let is_plausible = |bytes: &u64| *bytes >= file.size() && file.size() < GZIP_TRAILER_MAX_BYTES;
    let text_bytes = text_bytes.filter(|bytes| !has_ended_early && is_plausible(bytes));
    Ok(Beginning { text: read.bytes, is_complete: read.is_complete, text_bytes })
}

/// Decompresses the beginning of a file of several gzip members one by one, because browsers fail at the
/// second. A member ends where the next one begins, which only decompressing it confirms.
async fn gunzip_members(file: &Blob, limit: usize) -> Result<Decompressed, ApiError> {
    let stored = file.read(0, limit as u64).await.ok_or_else(unreadable)?;
    let mut text = Vec::new();
    let mut start = 0;
    for end in gzip_member_starts(&stored).skip(1).take(MAX_MEMBERS) {
        let left = limit.saturating_sub(text.len());
        let member = slice(file, start, end as u64)?.gunzip(left).await;
        if member.is_complete || member.bytes.len() >= left {
            text.extend(member.bytes);
            start = end as u64;
        }
        if text.len() >= limit {
            return Ok(Decompressed { bytes: text, is_complete: false });
        }
    }
    let left = limit.saturating_sub(text.len());
    let last = slice(file, start, file.size())?.gunzip(left).await;
    text.extend(last.bytes);
    Ok(Decompressed { bytes: text, is_complete: last.is_complete })
}

/// A part of a file, without reading it yet.
///
/// # Errors
///
/// As [`unreadable`].
pub fn slice(file: &Blob, start: u64, end: u64) -> Result<Blob, ApiError> {
    file.slice(start, end).ok_or_else(unreadable)
}

/// The error for a file that was modified, moved or deleted after it was chosen.
pub fn unreadable() -> ApiError {
    invalid("the file can no longer be read; choose it again")
}

fn invalid(text: &str) -> ApiError {
    ApiError::new(ErrorCode::Invalid, text)
}
