//! Compresses and writes blocks and chunks, in a thread of its own, while the next records are read.

use super::block::Block;
use super::chunk::Chunk;
use crate::Error;
use crate::format::{BlockEntry, BlockOffset, ChunkRun, pack_chunk};
use std::io::Write;
use std::sync::mpsc::Receiver;

/// The blocks whose chunks are adjacent in the file: a million records.
const GROUP_BLOCKS: usize = 16;

/// The bytes of chunks after which they are written before the group is complete, so that memory stays
/// bounded.
const GROUP_BYTES: usize = 48 << 20;

/// What is packed next.
pub(super) enum Work {
    /// A chunk of the current block.
    Chunk(Box<Chunk>),
    /// The current block, whose chunks are complete.
    Block {
        block: Box<Block>,
        /// Offset of the first record in the text of the result.
        text_start: u64,
        /// The BGZF blocks with its records.
        offsets: Vec<BlockOffset>,
    },
}

/// Writes the index up to its footer.
pub(super) struct Packer<W> {
    out: W,
    written: u64,
    entries: Vec<BlockEntry>,
    /// By block: its streams.
    chunks: Vec<Vec<ChunkRun>>,
    /// By stream: the chunks that are not yet written.
    waiting: Vec<Stream>,
}

/// Chunks of one stream.
#[derive(Debug, Default)]
struct Stream {
    bytes: Vec<u8>,
    /// By block: bytes of its chunks.
    lengths: Vec<Vec<u32>>,
    /// Bytes of the chunks of the current block.
    current: Vec<u32>,
}

/// What was written.
pub(super) struct Packed<W> {
    /// Takes the footer.
    pub out: W,
    /// Bytes so far.
    pub bytes: u64,
    pub entries: Vec<BlockEntry>,
    pub chunks: Vec<Vec<ChunkRun>>,
}

impl<W: Write> Packer<W> {
    /// Nothing is written yet.
    pub const fn new(out: W) -> Self {
        let waiting = Vec::new();
        Self { out, written: 0, entries: Vec::new(), chunks: Vec::new(), waiting }
    }

    /// Packs everything until the sender is dropped.
    pub fn run(mut self, work: &Receiver<Work>) -> Result<Packed<W>, Error> {
        for work in work {
            match work {
                Work::Chunk(chunk) => self.add_chunk(*chunk),
                Work::Block { block, text_start, offsets } => {
                    self.write_block(*block, text_start, offsets)?;
                }
            }
        }
        self.write_chunks()?;
        Ok(Packed {
            out: self.out,
            bytes: self.written,
            entries: self.entries,
            chunks: self.chunks,
        })
    }

    fn add_chunk(&mut self, chunk: Chunk) {
        for (n, text) in chunk.into_streams().enumerate() {
            if self.waiting.len() == n {
                self.waiting.push(Stream::default());
            }
            let stream = &mut self.waiting[n];
            let packed = pack_chunk(&text);
            stream.current.push(packed.len() as u32);
            stream.bytes.extend_from_slice(&packed);
        }
    }

    fn write_block(
        &mut self,
        block: Block,
        text_start: u64,
        offsets: Vec<BlockOffset>,
    ) -> Result<(), Error> {
        let mut packed = Vec::new();
        self.entries.push(block.pack(self.written, text_start, offsets, &mut packed));
        self.write(&packed)?;
        for stream in &mut self.waiting {
            stream.lengths.push(std::mem::take(&mut stream.current));
        }
        let blocks = self.waiting.first().map_or(0, |stream| stream.lengths.len());
        let bytes: usize = self.waiting.iter().map(|stream| stream.bytes.len()).sum();
        if blocks >= GROUP_BLOCKS || bytes > GROUP_BYTES { self.write_chunks() } else { Ok(()) }
    }

    /// Writes the chunks of complete blocks.
    fn write_chunks(&mut self) -> Result<(), Error> {
        let first = self.chunks.len();
        for stream in std::mem::take(&mut self.waiting) {
            let mut offset = self.written;
            for (n, lengths) in stream.lengths.into_iter().enumerate() {
                let run = ChunkRun { offset, lengths };
                offset += run.bytes();
                if self.chunks.len() == first + n {
                    self.chunks.push(Vec::new());
                }
                self.chunks[first + n].push(run);
            }
            self.write(&stream.bytes)?;
            self.waiting.push(Stream::default());
        }
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.out.write_all(bytes).map_err(Error::Output)?;
        self.written += bytes.len() as u64;
        Ok(())
    }
}
