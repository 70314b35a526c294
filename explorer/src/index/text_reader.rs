//! Reads the text of a result, plain or BGZF, in pieces.

use crate::Error;
use crate::format::BlockOffset;
use flate2::{Crc, Decompress, FlushDecompress, Status};
use std::io::{self, BufRead, BufReader, Read};

/// The most text of a BGZF block (SAM specification, section 4.1).
const MAX_BLOCK_TEXT: usize = 1 << 16;

/// The bytes of a plain text that are read at once.
const READ_BYTES: usize = 1 << 18;

/// A BGZF block, or some bytes of a plain text.
#[derive(Debug, Default)]
pub(super) struct Piece {
    /// Where it starts.
    pub start: BlockOffset,
    /// Where it ends.
    pub end: BlockOffset,
    /// Its text; that of a BGZF block can be empty.
    pub text: Vec<u8>,
}

/// Reads a file piece by piece.
#[derive(Debug)]
pub(super) struct TextReader<R> {
    reader: BufReader<R>,
    bgzf: bool,
    /// Bytes read so far.
    read: BlockOffset,
    packed: Vec<u8>,
    /// Used for all blocks, since making one costs as much as a small block.
    inflate: Decompress,
}

impl<R: Read> TextReader<R> {
    /// Starts reading. Gzip is detected by its first two bytes.
    pub fn new(reader: R) -> Result<Self, Error> {
        let mut reader = BufReader::with_capacity(READ_BYTES, reader);
        let bgzf = reader.fill_buf().map_err(Error::Input)?.starts_with(&[0x1f, 0x8b]);
        Ok(Self {
            reader,
            bgzf,
            read: BlockOffset { packed: 0, text: 0 },
            packed: Vec::new(),
            inflate: Decompress::new(false),
        })
    }

    /// Whether the file is BGZF.
    pub const fn is_bgzf(&self) -> bool {
        self.bgzf
    }

    /// The next piece, in the memory of another one; `None` at the end of the file.
    pub fn next_piece(&mut self, mut piece: Piece) -> Result<Option<Piece>, Error> {
        piece.text.clear();
        let bytes = self.reader.fill_buf().map_err(Error::Input)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        piece.start = self.read;
        if self.bgzf {
            self.read_block(&mut piece)?;
        } else {
            let length = bytes.len();
            piece.text.extend_from_slice(bytes);
            self.reader.consume(length);
            self.read.packed += length as u64;
        }
        self.read.text += piece.text.len() as u64;
        piece.end = self.read;
        Ok(Some(piece))
    }

    /// Decompresses the next BGZF block (SAM specification, section 4.1).
    fn read_block(&mut self, piece: &mut Piece) -> Result<(), Error> {
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
        self.unpack(12 + extra, &mut piece.text)?;
        self.read.packed += size as u64;
        Ok(())
    }

    /// Appends the text of the block in `packed` to an empty text. The compressed bytes start at `start`; checksum and
    /// length of the text follow them.
    fn unpack(&mut self, start: usize, text: &mut Vec<u8>) -> Result<(), Error> {
        let (data, trailer) = self.packed.split_last_chunk::<8>().ok_or(Error::NotBgzf)?;
        let data = data.get(start..).ok_or(Error::NotBgzf)?;
        let [sum, length] = [0, 4].map(|at| {
            u32::from_le_bytes([trailer[at], trailer[at + 1], trailer[at + 2], trailer[at + 3]])
        });
        let length = length as usize;
        if length > MAX_BLOCK_TEXT {
            return Err(Error::NotBgzf);
        }
        // One more byte than stated shows a block with more text.
        text.reserve(length + 1);
        self.inflate.reset(false);
        let status = self.inflate.decompress_vec(data, text, FlushDecompress::Finish);
        let mut crc = Crc::new();
        crc.update(text);
        if matches!(status, Ok(Status::StreamEnd)) && text.len() == length && crc.sum() == sum {
            return Ok(());
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
