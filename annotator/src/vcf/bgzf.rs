//! BGZF compression (SAM specification, section 4.1).

use flate2::{Compress, Compression, Crc, FlushCompress, Status};
use gas_shared::vcf::{BGZF_END, COMPRESSION_MAGIC_BYTES, CompressionFormat};
use std::io::{self, Read, Seek, SeekFrom};

/// Uncompressed bytes per block. A block of this size stays below 64 KiB even if it cannot be
/// compressed.
pub(super) const BLOCK_BYTES: usize = 65_280;

pub(super) use gas_shared::vcf::BGZF_END as END_OF_FILE;

/// Whether a gzipped file is complete: a BGZF file must end in an empty block. Other gzip files
/// have no such marker and are taken to be complete.
pub(super) fn is_complete(file: &mut (impl Read + Seek)) -> io::Result<bool> {
    let mut start = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.by_ref().take(COMPRESSION_MAGIC_BYTES as u64).read_to_end(&mut start)?;
    if CompressionFormat::of(&start) != CompressionFormat::Bgzf {
        return Ok(true);
    }
    let mut end = Vec::new();
    let back = END_OF_FILE.len() as u64;
    let size = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(size.saturating_sub(back)))?;
    file.read_to_end(&mut end)?;
    Ok(end == END_OF_FILE)
}

/// Compresses `text` and appends the blocks to `out`.
pub(super) fn compress(text: &[u8], out: &mut Vec<u8>, deflate: &mut Compress) {
    for block in text.chunks(BLOCK_BYTES) {
        let start = out.len();
        out.extend_from_slice(&BGZF_END[..16]);
        out.extend_from_slice(&[0; 2]);
        if !deflate_into(deflate, block, out) {
            out.truncate(start + 18);
            store_into(block, out);
        }
        let mut crc = Crc::new();
        crc.update(block);
        out.extend_from_slice(&crc.sum().to_le_bytes());
        out.extend_from_slice(&(block.len() as u32).to_le_bytes());
        let size = (out.len() - start - 1) as u16;
        out[start + 16..start + 18].copy_from_slice(&size.to_le_bytes());
    }
}

/// Appends a compressed block; `false` if it would exceed the size limit of the format.
fn deflate_into(deflate: &mut Compress, block: &[u8], out: &mut Vec<u8>) -> bool {
    deflate.reset();
    out.reserve(BLOCK_BYTES);
    let before = out.len();
    let status = deflate.compress_vec(block, out, FlushCompress::Finish);
    matches!(status, Ok(Status::StreamEnd)) && out.len() - before < BLOCK_BYTES
}

/// Appends a block in deflate's stored form, which is not compressed.
fn store_into(block: &[u8], out: &mut Vec<u8>) {
    let length = block.len() as u16;
    out.push(1);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&(!length).to_le_bytes());
    out.extend_from_slice(block);
}

/// Creates a compressor for [`compress`].
pub(super) fn compressor() -> Compress {
    Compress::new(Compression::new(4), false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::MultiGzDecoder;
    use std::io::Read;

    #[test]
    fn compression_round_trips_even_for_incompressible_text() {
        let mut state = 1u64;
        let noise: Vec<u8> = (0..200_000)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 33) as u8
            })
            .collect();
        for text in [vec![b'A'; 300_000], noise, Vec::new()] {
            let mut packed = Vec::new();
            compress(&text, &mut packed, &mut compressor());
            packed.extend_from_slice(&END_OF_FILE);
            let mut unpacked = Vec::new();
            MultiGzDecoder::new(packed.as_slice()).read_to_end(&mut unpacked).unwrap();
            assert_eq!(unpacked, text);
        }
    }
}
