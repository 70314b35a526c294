//! BGZF compression (SAM specification, section 4.1).

use super::text_range::{TextPosition, TextRange};
use flate2::{Compress, Compression, Crc, Decompress, FlushCompress, FlushDecompress, Status};
use gas_shared::vcf::{
    BGZF_END, COMPRESSION_MAGIC_BYTES, CompressionFormat, MAX_BGZF_BLOCK_BYTES,
    ends_with_bgzf_block,
};
use std::io::{self, BufRead, Read, Seek, SeekFrom};

/// Uncompressed bytes per block. A block of this size stays below 64 KiB even if it cannot be
/// compressed.
pub(super) const BLOCK_BYTES: usize = 65_280;

pub(crate) use gas_shared::vcf::BGZF_END as END_OF_FILE;

/// How a BGZF file ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileEnd {
    /// With the empty block that marks the end.
    Marked,
    /// With another whole block: some programs omit the mark, or the file is cut off there.
    WholeBlock,
    /// With other bytes after the block that marks the end.
    OtherBytes,
    /// Within a block: the file is cut off.
    CutOff,
}

impl FileEnd {
    /// Reads the end of a BGZF file.
    pub(crate) fn of(file: &mut (impl Read + Seek)) -> io::Result<Self> {
        let mut end = Vec::new();
        let size = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(size.saturating_sub(MAX_BGZF_BLOCK_BYTES as u64)))?;
        file.read_to_end(&mut end)?;
        Ok(if end.ends_with(&END_OF_FILE) {
            Self::Marked
        } else if ends_with_bgzf_block(&end) {
            Self::WholeBlock
        } else if memchr::memmem::rfind(&end, &END_OF_FILE)
            .is_some_and(|mark| !end[mark + END_OF_FILE.len()..].starts_with(&END_OF_FILE[..2]))
        {
            Self::OtherBytes
        } else {
            Self::CutOff
        })
    }

    /// The damage for which a file is rejected; `None` if it ends with a whole block.
    pub(crate) const fn problem(self) -> Option<&'static str> {
        match self {
            Self::Marked | Self::WholeBlock => None,
            Self::OtherBytes => Some("other bytes follow the block that marks its end"),
            Self::CutOff => Some("it ends within a block"),
        }
    }
}

/// The most text of a block (SAM specification, section 4.1).
const MAX_BLOCK_TEXT: usize = 1 << 16;

/// Bytes of CRC-32 and ISIZE at the end of a block.
const BLOCK_END_BYTES: usize = 8;

/// Decompresses a BGZF file block by block. A block states the size of its compressed and of its
/// uncompressed bytes; both are checked, so that no block has more than 64 KiB of text.
#[derive(Debug)]
pub(crate) struct BlockReader<R> {
    reader: R,
    /// Offset of the next block in the file.
    offset: u64,
    /// Offset of the current block.
    block_offset: u64,
    block: Vec<u8>,
    text: Vec<u8>,
    /// Bytes of `text` that have been read.
    at: usize,
    /// Bytes of the next block that are passed over.
    skipped: u32,
    /// Where the text to read ends.
    end: Option<TextPosition>,
    inflate: Decompress,
}

impl<R: BufRead> BlockReader<R> {
    /// Reads a file from its start.
    pub(crate) fn new(reader: R) -> Self {
        Self::of_range(reader, TextRange::default())
    }

    /// Reads a part of a file. `reader` is at the block with its start.
    pub(crate) fn of_range(reader: R, range: TextRange) -> Self {
        Self {
            reader,
            offset: range.start.block,
            block_offset: range.start.block,
            block: Vec::new(),
            text: Vec::new(),
            at: 0,
            skipped: range.start.within,
            end: range.end,
            inflate: Decompress::new(false),
        }
    }

    /// The offset in the file of a block whose text is read next, from its first byte on.
    pub(crate) fn block_start(&mut self) -> io::Result<Option<u64>> {
        let has_text = !self.fill_buf()?.is_empty();
        Ok((has_text && self.at == 0).then_some(self.block_offset))
    }

    /// The position in the file of the next byte that is read: the offset of its block in the upper 48
    /// bits, the offset in the block's text in the lower 16 (SAM specification, section 4.1.1).
    pub(super) fn virtual_position(&self) -> u64 {
        if self.at == self.text.len() {
            return self.offset << 16;
        }
        (self.block_offset << 16) | self.at as u64
    }

    /// Decompresses the next block; `false` at the end of the file.
    fn next_block(&mut self) -> io::Result<bool> {
        self.text.clear();
        self.at = 0;
        if let Some(end) = self.end {
            if self.offset > end.block && self.block_offset == end.block {
                return Ok(false);
            }
            if self.offset > end.block || self.reader.fill_buf()?.is_empty() {
                return Err(self.damaged("no block ends where the plan says"));
            }
        } else if self.reader.fill_buf()?.is_empty() {
            return Ok(false);
        }
        self.block.resize(COMPRESSION_MAGIC_BYTES, 0);
        self.reader.read_exact(&mut self.block)?;
        if CompressionFormat::of(&self.block) != CompressionFormat::Bgzf {
            return Err(self.damaged("no BGZF block begins here"));
        }
        let size = usize::from(u16::from_le_bytes([self.block[16], self.block[17]])) + 1;
        if size < COMPRESSION_MAGIC_BYTES + BLOCK_END_BYTES {
            return Err(self.damaged("the size of the block is wrong"));
        }
        self.block.resize(size, 0);
        self.reader.read_exact(&mut self.block[COMPRESSION_MAGIC_BYTES..])?;
        self.inflate()?;
        self.block_offset = self.offset;
        self.pass_ends()?;
        self.offset += size as u64;
        Ok(true)
    }

    /// Leaves out the text of the current block that is before the start or after the end.
    fn pass_ends(&mut self) -> io::Result<()> {
        self.at = std::mem::take(&mut self.skipped) as usize;
        let end = self.end.filter(|end| end.block == self.block_offset);
        let end = end.map_or(self.text.len(), |end| end.within as usize);
        if self.at > end || end > self.text.len() {
            return Err(self.damaged("the block has less text than the plan says"));
        }
        self.text.truncate(end);
        Ok(())
    }

    fn inflate(&mut self) -> io::Result<()> {
        let (data, end) = self.block.split_at(self.block.len() - BLOCK_END_BYTES);
        let number = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|n| end[at + n]));
        let (sum, stated) = (number(0), number(4) as usize);
        if stated > MAX_BLOCK_TEXT {
            return Err(self.damaged("the block states more than 64 KiB of text"));
        }
        // One more byte than stated shows a block with more text.
        self.text.reserve(stated + 1);
        self.inflate.reset(false);
        let data = &data[COMPRESSION_MAGIC_BYTES..];
        let status = self.inflate.decompress_vec(data, &mut self.text, FlushDecompress::Finish);
        if !matches!(status, Ok(Status::StreamEnd)) || self.text.len() != stated {
            return Err(self.damaged("the block does not have the text that it states"));
        }
        let mut crc = Crc::new();
        crc.update(&self.text);
        if crc.sum() == sum { Ok(()) } else { Err(self.damaged("a checksum differs")) }
    }

    fn damaged(&self, what: &str) -> io::Error {
        let text = format!("at byte {}: {what}", self.offset);
        io::Error::new(io::ErrorKind::InvalidData, text)
    }
}

impl<R: BufRead> Read for BlockReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(out)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for BlockReader<R> {
    /// Empty blocks are passed over: joined files have one in the middle.
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.at == self.text.len() && self.next_block()? {}
        Ok(&self.text[self.at..])
    }

    fn consume(&mut self, bytes: usize) {
        self.at += bytes;
    }
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
    fn blocks_that_lie_about_a_size_are_rejected_with_their_offset() {
        let mut packed = Vec::new();
        compress(&[b'A'; 70_000], &mut packed, &mut compressor());
        let second = usize::from(u16::from_le_bytes([packed[16], packed[17]])) + 1;
        let problem = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut changed = packed.clone();
            change(&mut changed);
            let mut text = Vec::new();
            let error = BlockReader::new(changed.as_slice()).read_to_end(&mut text).unwrap_err();
            error.to_string()
        };
        let last = packed.len();
        let expected = format!("at byte {second}: ");
        let other_text = "the block does not have the text that it states";
        type Case<'a> = (&'a dyn Fn(&mut Vec<u8>), &'a str);
        let cases: [Case<'_>; 6] = [
            (&|b| b[last - 4] += 1, other_text),
            (&|b| b[last - 4] -= 1, other_text),
            (&|b| b[last - 2] = 2, "the block states more than 64 KiB of text"),
            (&|b| b[last - 8] ^= 1, "a checksum differs"),
            (&|b| b[second + 16] = 5, "the size of the block is wrong"),
            (&|b| b[second + 12] = 0, "no BGZF block begins here"),
        ];
        for (change, what) in cases {
            assert_eq!(problem(change), format!("{expected}{what}"));
        }
        assert_eq!(problem(&|b| b.truncate(last - 5)), "failed to fill whole buffer");
    }

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
            unpacked.clear();
            BlockReader::new(packed.as_slice()).read_to_end(&mut unpacked).unwrap();
            assert_eq!(unpacked, text);
        }
    }
}
