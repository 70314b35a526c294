//! BGZF blocks (SAM specification, section 4.1), compressed by whoever made the text.

use flate2::{Compress, Compression, Crc, FlushCompress, Status};
use gas_shared::vcf::{BGZF_END, COMPRESSION_MAGIC_BYTES, CompressionFormat};
use std::io::{self, Read, Seek, SeekFrom};

/// Uncompressed bytes of a block: below 64 KiB whatever deflate makes of it.
pub(super) const BLOCK_BYTES: usize = 65_280;

pub(super) use gas_shared::vcf::BGZF_END as END_OF_FILE;

/// Whether a gzipped file is all there, as far as its end tells: a BGZF file ends in an empty block.
/// Of other gzip files nothing can be said.
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

/// Appends `text` to `out` as blocks.
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

/// `false` where the block does not shrink below the format's limit.
fn deflate_into(deflate: &mut Compress, block: &[u8], out: &mut Vec<u8>) -> bool {
    deflate.reset();
    out.reserve(BLOCK_BYTES);
    let before = out.len();
    let status = deflate.compress_vec(block, out, FlushCompress::Finish);
    matches!(status, Ok(Status::StreamEnd)) && out.len() - before < BLOCK_BYTES
}

/// Deflate's stored form: the bytes as they are.
fn store_into(block: &[u8], out: &mut Vec<u8>) {
    let length = block.len() as u16;
    out.push(1);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&(!length).to_le_bytes());
    out.extend_from_slice(block);
}

/// A compressor for [`compress`].
pub(super) fn compressor() -> Compress {
    Compress::new(Compression::new(4), false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::MultiGzDecoder;
    use std::io::Read;

    #[test]
    fn blocks_unpack_to_the_text_even_where_it_cannot_shrink() {
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
