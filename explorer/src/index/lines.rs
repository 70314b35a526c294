//! Reads the lines of a result, plain or BGZF, and keeps track of their offsets.

use super::RESULT_LIMITS;
use crate::Error;
use crate::format::BlockOffset;
use flate2::{Crc, Decompress, FlushDecompress, Status};
use gas_shared::vcf::{Code, Diagnostic, Severity};
use std::io::{self, BufRead, BufReader, Read};

/// The most text of a BGZF block (SAM specification, section 4.1).
const MAX_BLOCK_TEXT: usize = 1 << 16;
const READ_BYTES: usize = 1 << 18;

/// The lines of a file.
#[derive(Debug)]
pub(super) struct Lines<R> {
    reader: BufReader<R>,
    bgzf: bool,
    /// Bytes read so far.
    read: BlockOffset,
    /// BGZF blocks whose text is not completely returned.
    offsets: Vec<BlockOffset>,
    packed: Vec<u8>,
    /// Used for all blocks, since making one costs as much as a small block.
    inflate: Decompress,
    buffer: Vec<u8>,
    /// Start of the next line in the buffer.
    at: usize,
    /// Lines that have been returned.
    lines: u64,
}

impl<R: Read> Lines<R> {
    /// Starts reading. Gzip is detected by its first two bytes.
    pub fn new(reader: R) -> Result<Self, Error> {
        let mut reader = BufReader::with_capacity(READ_BYTES, reader);
        let bgzf = reader.fill_buf().map_err(Error::Input)?.starts_with(&[0x1f, 0x8b]);
        Ok(Self {
            reader,
            bgzf,
            read: BlockOffset { packed: 0, text: 0 },
            offsets: Vec::new(),
            packed: Vec::new(),
            inflate: Decompress::new(false),
            buffer: Vec::new(),
            at: 0,
            lines: 0,
        })
    }

    /// Whether the file is BGZF.
    pub const fn is_bgzf(&self) -> bool {
        self.bgzf
    }

    /// Bytes read so far; after the last line, the size of the file and of its text.
    pub const fn read(&self) -> BlockOffset {
        self.read
    }

    /// Offset of the next line in the text.
    pub const fn text_offset(&self) -> u64 {
        self.read.text - (self.buffer.len() - self.at) as u64
    }

    /// The next line, including its line end; `None` at the end of the file.
    pub fn next_line(&mut self) -> Result<Option<&[u8]>, Error> {
        let mut searched = self.at;
        loop {
            if let Some(n) = memchr::memchr(b'\n', &self.buffer[searched..]) {
                let start = std::mem::replace(&mut self.at, searched + n + 1);
                self.lines += 1;
                return Ok(Some(&self.buffer[start..self.at]));
            }
            self.buffer.drain(..self.at);
            self.at = 0;
            searched = self.buffer.len();
            if searched > RESULT_LIMITS.line_bytes {
                return Err(Error::Vcf(self.line_too_long()));
            }
            if !self.fill()? {
                self.at = self.buffer.len();
                return Ok((self.at > 0).then_some(&self.buffer[..]));
            }
        }
    }

    fn line_too_long(&self) -> Diagnostic {
        Diagnostic {
            line: self.lines + 1,
            column: None,
            severity: Severity::Error,
            code: Code::LineTooLong,
            message: format!("the line is longer than {} bytes", RESULT_LIMITS.line_bytes),
        }
    }

    /// The offsets of the BGZF blocks with the text from the last call up to the next line, and of
    /// the block after them.
    pub fn take_offsets(&mut self) -> Vec<BlockOffset> {
        let end = self.text_offset();
        let mut taken = Vec::new();
        let mut rest = Vec::new();
        for offset in self.offsets.iter().copied().chain(self.bgzf.then_some(self.read)) {
            if taken.last().is_none_or(|last: &BlockOffset| last.text < end) {
                taken.push(offset);
            }
        }
        // The next call needs the block with the start of the next line again.
        for (n, offset) in self.offsets.iter().enumerate() {
            let next = self.offsets.get(n + 1).copied().unwrap_or(self.read);
            if next.text > end {
                rest.push(*offset);
            }
        }
        self.offsets = rest;
        taken
    }

    fn fill(&mut self) -> Result<bool, Error> {
        let before = self.buffer.len();
        if self.bgzf {
            while self.buffer.len() == before {
                if !self.fill_block()? {
                    return Ok(false);
                }
            }
        } else {
            let text = self.reader.fill_buf().map_err(Error::Input)?;
            let length = text.len();
            self.buffer.extend_from_slice(text);
            self.reader.consume(length);
            self.read.packed += length as u64;
            self.read.text += length as u64;
        }
        Ok(self.buffer.len() > before)
    }

    /// Decompresses the next BGZF block (SAM specification, section 4.1).
    fn fill_block(&mut self) -> Result<bool, Error> {
        if self.reader.fill_buf().map_err(Error::Input)?.is_empty() {
            return Ok(false);
        }
        let mut header = [0; 12];
        self.reader.read_exact(&mut header).map_err(Error::Input)?;
        if header[..4] != [0x1f, 0x8b, 8, 4] {
            return Err(Error::NotBgzf);
        }
        self.packed.clear();
        self.packed.extend_from_slice(&header);
        let extra = usize::from(u16::from_le_bytes([header[10], header[11]]));
        self.read_packed(extra)?;
        let size = block_size(&self.packed[12..]).ok_or(Error::NotBgzf)?;
        let rest = size.checked_sub(self.packed.len()).ok_or(Error::NotBgzf)?;
        self.read_packed(rest)?;
        let length = self.unpack(12 + extra)?;
        self.offsets.push(self.read);
        self.read.packed += size as u64;
        self.read.text += length as u64;
        Ok(true)
    }

    /// Appends the text of the block in `packed` to the buffer, and returns its length. The compressed bytes
    /// start at `start`; checksum and length of the text follow them.
    fn unpack(&mut self, start: usize) -> Result<usize, Error> {
        let (data, trailer) = self.packed.split_last_chunk::<8>().ok_or(Error::NotBgzf)?;
        let data = data.get(start..).ok_or(Error::NotBgzf)?;
        let [sum, length] = [0, 4].map(|at| {
            u32::from_le_bytes([trailer[at], trailer[at + 1], trailer[at + 2], trailer[at + 3]])
        });
        let length = length as usize;
        if length > MAX_BLOCK_TEXT {
            return Err(Error::NotBgzf);
        }
        let before = self.buffer.len();
        // One more byte than stated shows a block with more text.
        self.buffer.reserve(length + 1);
        self.inflate.reset(false);
        let status = self.inflate.decompress_vec(data, &mut self.buffer, FlushDecompress::Finish);
        let text = &self.buffer[before..];
        let mut crc = Crc::new();
        crc.update(text);
        if matches!(status, Ok(Status::StreamEnd)) && text.len() == length && crc.sum() == sum {
            return Ok(length);
        }
        Err(Error::Input(io::Error::new(io::ErrorKind::InvalidData, "a BGZF block is damaged")))
    }

    fn read_packed(&mut self, length: usize) -> Result<(), Error> {
        let start = self.packed.len();
        self.packed.resize(start + length, 0);
        self.reader.read_exact(&mut self.packed[start..]).map_err(Error::Input)
    }
}

/// Bytes of the block, from the `BC` subfield of the gzip header.
fn block_size(mut extra: &[u8]) -> Option<usize> {
    while let [a, b, low, high, rest @ ..] = extra {
        let (value, next) =
            rest.split_at_checked(usize::from(u16::from_le_bytes([*low, *high])))?;
        if let (b'B', b'C', [low, high]) = (a, b, value) {
            return Some(usize::from(u16::from_le_bytes([*low, *high])) + 1);
        }
        extra = next;
    }
    None
}
