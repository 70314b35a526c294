//! The chunks of an index: what a page of rows shows of some hundred adjacent records, compressed
//! together, so that scattered rows are read with little more than themselves.
//!
//! The chunks of several blocks are adjacent, each stream for itself, so that the chunks of a page are
//! in a few ranges of the file.

use super::column::{deflate, wrong_shape};
use super::footer::text_weight;
use super::streams::{ColumnCounts, streams};
use crate::Error;
use crate::bounded::list;
use crate::limits::{CHUNK_BYTES, FOOTER_TEXTS};
use flate2::bufread::ZlibDecoder;
use gas_shared::explorer::MAX_INDEXED_SAMPLES;
use serde::{Deserialize, Serialize};
use std::io::Read;
use std::ops::Range;

/// Where the chunks are.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Chunks {
    /// Records of a chunk; the last chunk of a block may have fewer.
    pub rows: u32,
    /// By block: its streams.
    pub blocks: Vec<Vec<ChunkRun>>,
    /// The names of the samples.
    #[serde(deserialize_with = "list::<_, _, MAX_INDEXED_SAMPLES>")]
    pub samples: Vec<String>,
    /// Genotypes by number.
    #[serde(deserialize_with = "list::<_, _, FOOTER_TEXTS>")]
    pub genotypes: Vec<String>,
}

/// The chunks of one stream and one block, which are adjacent.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ChunkRun {
    /// Offset of the first one in the index.
    pub offset: u64,
    /// Bytes of each in the index.
    #[serde(deserialize_with = "list::<_, _, FOOTER_TEXTS>")]
    pub lengths: Vec<u32>,
}

impl Chunks {
    /// The chunk of a row of a block.
    pub const fn chunk_of(&self, row: u32) -> usize {
        (row / self.rows) as usize
    }

    /// The number of records in a chunk of a block of `rows` records.
    pub fn rows_of(&self, chunk: usize, rows: u32) -> usize {
        let before = (chunk as u32).saturating_mul(self.rows);
        rows.saturating_sub(before).min(self.rows) as usize
    }

    /// Whether every block has the chunks of its rows within `index_bytes` bytes.
    pub fn is_consistent(
        &self,
        rows: impl ExactSizeIterator<Item = u32>,
        counts: ColumnCounts,
        index_bytes: u64,
    ) -> bool {
        let fits = |run: &ChunkRun, rows: u32| {
            run.lengths.len() == rows.div_ceil(self.rows) as usize
                && run.offset.checked_add(run.bytes()).is_some_and(|end| end <= index_bytes)
        };
        self.rows > 0
            && rows.len() == self.blocks.len()
            && self.blocks.iter().zip(rows).all(|(runs, rows)| {
                runs.len() == streams(counts) && runs.iter().all(|run| fits(run, rows))
            })
    }

    /// Approximate bytes in memory.
    pub fn weight(&self) -> u64 {
        let runs = self.blocks.iter().flatten();
        let runs = runs.map(|run| (size_of::<ChunkRun>() + run.lengths.len() * 4) as u64);
        let texts = self.samples.iter().chain(&self.genotypes).map(|text| text_weight(text));
        runs.chain(texts).sum()
    }
}

impl ChunkRun {
    /// Bytes of all chunks.
    pub fn bytes(&self) -> u64 {
        self.lengths.iter().map(|bytes| u64::from(*bytes)).sum()
    }

    /// The range of a chunk in the index; `None` if there is no such chunk.
    pub fn range(&self, chunk: usize) -> Option<Range<u64>> {
        let length = u64::from(*self.lengths.get(chunk)?);
        let before: u64 = self.lengths[..chunk].iter().map(|bytes| u64::from(*bytes)).sum();
        let start = self.offset + before;
        Some(start..start + length)
    }
}

/// Compresses the text of a chunk.
pub(crate) fn pack_chunk(text: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    deflate(text, &mut packed);
    packed
}

/// Decompresses the text of a chunk, whose checksum is verified.
pub(crate) fn unpack_chunk(packed: &[u8]) -> Result<Vec<u8>, Error> {
    let mut text = Vec::with_capacity(packed.len().saturating_mul(4).min(1 << 20));
    ZlibDecoder::new(packed)
        .take(CHUNK_BYTES + 1)
        .read_to_end(&mut text)
        .map_err(|_| Error::Damaged("a chunk of rows cannot be unpacked"))?;
    if text.len() as u64 > CHUNK_BYTES {
        return Err(wrong_shape());
    }
    Ok(text)
}
