//! Checks the beginning of a file before it is uploaded, with the code that the worker uses.
//! Compressed files are decompressed by the browser.

use super::preview::FilePreview;
use crate::browser::Blob;
use crate::error::{ApiError, ErrorCode};
use gas_shared::vcf::{
    BGZF_END, CompressionFormat, MAX_BGZF_BLOCK_BYTES, Preview, bgzf_blocks, check_preview,
    ends_with_bgzf_block,
};

/// How many bytes of a file's text are checked.
const PREVIEW_BYTES: usize = 262_144;

/// Larger gzip files may have more than 4 GiB of text, whose size does not fit the trailer
/// (RFC 1952, ISIZE).
const GZIP_TRAILER_MAX_BYTES: u64 = 250_000_000;

/// Checks a file.
///
/// # Errors
///
/// If the file cannot be read or is not valid VCF.
pub async fn inspect(file: &Blob) -> Result<FilePreview, ApiError> {
    let beginning = file.read(0, PREVIEW_BYTES as u64).await.ok_or_else(unreadable)?;
    let compression = CompressionFormat::of(&beginning);
    match compression {
        CompressionFormat::Plain => {
            let is_complete = file.size() <= PREVIEW_BYTES as u64;
            let preview = check(&beginning, is_complete)?;
            Ok(FilePreview::new(compression, &preview, is_complete, Some(file.size())))
        }
        CompressionFormat::Bgzf => inspect_bgzf(file, &beginning).await,
        CompressionFormat::Gzip => inspect_gzip(file).await,
    }
}

fn check(text: &[u8], is_complete: bool) -> Result<Preview, ApiError> {
    check_preview(text, is_complete).map_err(|problem| invalid(&problem.to_string()))
}

async fn inspect_bgzf(file: &Blob, beginning: &[u8]) -> Result<FilePreview, ApiError> {
    let end = file.size().saturating_sub(MAX_BGZF_BLOCK_BYTES as u64);
    let end = file.read(end, file.size()).await.ok_or_else(unreadable)?;
    let has_end_mark = end.ends_with(&BGZF_END);
    if !has_end_mark && !ends_with_bgzf_block(&end) {
        return Err(invalid(
            "the compressed file is truncated: its last block is missing; copy it again",
        ));
    }
    let (mut text, mut compressed) = (Vec::new(), 0_u64);
    for block in bgzf_blocks(beginning) {
        let length = block.len() as u64;
        let block = slice(file, compressed, compressed + length)?;
        let block = block.gunzip(PREVIEW_BYTES).await;
        if !block.is_complete {
            return Err(invalid("the compressed file is damaged; compress it again with bgzip"));
        }
        text.extend(block.bytes);
        compressed += length;
        if text.len() >= PREVIEW_BYTES {
            break;
        }
    }
    let is_complete = compressed >= file.size();
    let preview = check(&text, is_complete)?;
    let bytes = text.len() as f64 * file.size() as f64 / (compressed as f64).max(1.0);
    let found =
        FilePreview::new(CompressionFormat::Bgzf, &preview, is_complete, Some(bytes as u64));
    let no_end_mark = (!has_end_mark).then(|| {
        "the compressed file does not end with the block that marks its end, so it may be truncated"
            .to_owned()
    });
    Ok(FilePreview { warning: no_end_mark.or(found.warning), ..found })
}

async fn inspect_gzip(file: &Blob) -> Result<FilePreview, ApiError> {
    let beginning = file.gunzip(PREVIEW_BYTES).await;
    if beginning.bytes.is_empty() {
        // The file is damaged, or it has several gzip members, which browsers do not decompress. The
        // worker does.
        return Ok(FilePreview::unknown(CompressionFormat::Gzip));
    }
    let preview = check(&beginning.bytes, beginning.is_complete)?;
    let trailer = file.size().saturating_sub(4);
    let trailer = file.read(trailer, file.size()).await.ok_or_else(unreadable)?;
    let text_bytes = trailer.try_into().ok().map(|bytes| u64::from(u32::from_le_bytes(bytes)));
    let text_bytes = text_bytes.filter(|_| file.size() < GZIP_TRAILER_MAX_BYTES);
    Ok(FilePreview::new(CompressionFormat::Gzip, &preview, beginning.is_complete, text_bytes))
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
    invalid("the file cannot be read any more; choose it again")
}

fn invalid(text: &str) -> ApiError {
    ApiError::new(ErrorCode::Invalid, text)
}
