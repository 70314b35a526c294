//! The result's lines in order, with their place in the file.

use crate::Error;
use crate::format::Place;
use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, BufReader, Read};

/// A line longer than this is no VCF record; the engine's limit.
const MAX_LINE_BYTES: usize = 1 << 28;
const READ_BYTES: usize = 1 << 18;

/// The text of a file, plain or BGZF.
#[derive(Debug)]
pub(super) struct Lines<R> {
    reader: BufReader<R>,
    bgzf: bool,
    /// Bytes of the file read so far, and of its text.
    read: Place,
    /// BGZF blocks of which text is still asked for.
    places: Vec<Place>,
    packed: Vec<u8>,
    buffer: Vec<u8>,
    /// Where the next line begins in the buffer.
    at: usize,
}

impl<R: Read> Lines<R> {
    /// Begins to read; gzip is told by its first two bytes.
    pub fn new(reader: R) -> Result<Self, Error> {
        let mut reader = BufReader::with_capacity(READ_BYTES, reader);
        let bgzf = reader.fill_buf().map_err(Error::Input)?.starts_with(&[0x1f, 0x8b]);
        Ok(Self {
            reader,
            bgzf,
            read: Place { packed: 0, text: 0 },
            places: Vec::new(),
            packed: Vec::new(),
            buffer: Vec::new(),
            at: 0,
        })
    }

    /// Whether the file is BGZF.
    pub const fn is_bgzf(&self) -> bool {
        self.bgzf
    }

    /// What was read of the file: after the last line, its sizes.
    pub const fn read(&self) -> Place {
        self.read
    }

    /// Where the next line begins in the text.
    pub const fn text_offset(&self) -> u64 {
        self.read.text - (self.buffer.len() - self.at) as u64
    }

    /// The next line with its line end; `None` at the end of the file.
    pub fn next_line(&mut self) -> Result<Option<&[u8]>, Error> {
        let mut searched = self.at;
        loop {
            if let Some(n) = memchr::memchr(b'\n', &self.buffer[searched..]) {
                let start = std::mem::replace(&mut self.at, searched + n + 1);
                return Ok(Some(&self.buffer[start..self.at]));
            }
            self.buffer.drain(..self.at);
            self.at = 0;
            searched = self.buffer.len();
            if searched > MAX_LINE_BYTES {
                let error = io::Error::new(io::ErrorKind::InvalidData, "a line has no end");
                return Err(Error::Input(error));
            }
            if !self.fill()? {
                self.at = self.buffer.len();
                return Ok((self.at > 0).then_some(&self.buffer[..]));
            }
        }
    }

    /// The BGZF blocks from the last call up to the next line, closed by where the next begins.
    pub fn take_places(&mut self) -> Vec<Place> {
        let end = self.text_offset();
        let mut taken = Vec::new();
        let mut rest = Vec::new();
        for place in self.places.iter().copied().chain(self.bgzf.then_some(self.read)) {
            if taken.last().is_none_or(|last: &Place| last.text < end) {
                taken.push(place);
            }
        }
        // The block that the next line begins in is needed again.
        for (n, place) in self.places.iter().enumerate() {
            let next = self.places.get(n + 1).copied().unwrap_or(self.read);
            if next.text > end {
                rest.push(*place);
            }
        }
        self.places = rest;
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

    /// Unpacks the next BGZF block (SAM specification, section 4.1).
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
        let before = self.buffer.len();
        GzDecoder::new(&self.packed[..]).read_to_end(&mut self.buffer).map_err(Error::Input)?;
        self.places.push(self.read);
        self.read.packed += size as u64;
        self.read.text += (self.buffer.len() - before) as u64;
        Ok(true)
    }

    fn read_packed(&mut self, length: usize) -> Result<(), Error> {
        let start = self.packed.len();
        self.packed.resize(start + length, 0);
        self.reader.read_exact(&mut self.packed[start..]).map_err(Error::Input)
    }
}

/// Bytes of the block, from the `BC` field of gzip's extra fields.
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
