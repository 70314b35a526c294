//! The index file: segments, a footer, and a trailer of fixed size.
//!
//! ```text
//! block 0: the segments of its columns, one after the other
//! block 1: ...
//! the chunks of these blocks: all identifiers, all rows, then the values of each numeric column, genotypes, and the
//! numbers of the calls of each sample
//! further blocks and chunks
//! footer: zlib of postcard of `Footer`
//! trailer: offset, bytes, unpacked bytes and CRC-32 of the footer; version; magic
//! ```
//!
//! The file is written front to back, so that the writer may be a pipe, and read from the back, as
//! Parquet is. Numbers are little-endian. The footer has a CRC-32 of each segment.
//!
//! Version 2 names the numeric columns in the footer, so that indexes with different columns can be
//! read. Version 3 has category columns of the registry, too; an index without any is of version 2.
//! Version 4 has the rows of the table, identifiers and numbers in chunks ([`chunks`]); rows of earlier versions
//! are read from the result. Version 5 has columns that the header of the result declares, and tells frequencies in
//! populations from those in the file. Rows have the values of numeric columns of sources once more, so that a page
//! reads two streams and not one for each column.
//! Version 1 had fixed columns and is still read ([`version_1`]).

mod chunks;
mod column;
mod footer;
mod row_chunk;
mod streams;
mod trailer;
mod version_1;

pub(crate) use chunks::{ChunkRun, Chunks, pack_chunk, unpack_chunk};
pub(crate) use column::{
    Column, ColumnKind, Segment, Sets, decode, encode_numbers, encode_shorts, pack, unpack,
};
pub(crate) use footer::{
    BlockEntry, BlockOffset, CategoryDictionary, ContigStats, DeclaredColumns, Footer, LengthStats,
    NumberStats, Stats, text_weight,
};
pub(crate) use row_chunk::{NO_NUMBER, RowChunk, RowChunkBuilder, RowText, TranscriptMarks};
pub(crate) use streams::{
    ColumnCounts, GENOTYPE_GROUP, IDS, ROWS, RowCounts, call_stream, genotype_stream, number_stream,
};
pub(crate) use trailer::{TRAILER_BYTES, Trailer};

/// The most records in a block: row numbers within a block fit into 16 bits.
pub(crate) const MAX_BLOCK_ROWS: u32 = 1 << 16;

/// The latest version. Readers reject later ones.
pub(crate) const VERSION: u32 = 5;

/// The version of an index without columns that the header declares.
pub(crate) const VERSION_WITHOUT_SOURCES: u32 = 4;

/// The version of an index without chunks.
pub(crate) const VERSION_WITHOUT_CHUNKS: u32 = 3;

/// The version of an index without chunks and without category columns of the registry.
pub(crate) const VERSION_WITHOUT_CATEGORIES: u32 = 2;

/// The last bytes of every index.
pub(crate) const MAGIC: [u8; 8] = *b"GASXINDX";

/// The impact of a record without annotation.
pub(crate) const NO_IMPACT: u8 = 4;

/// The length change of a record without one.
pub(crate) const NO_LENGTH: i32 = i32::MIN;

/// The first gene of a record whose chosen transcript has no gene.
pub(crate) const NO_GENE: u32 = u32::MAX;

/// The checksum of a segment or of the footer.
pub(crate) fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}
