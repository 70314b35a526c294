//! The index file: segments, a footer, and a trailer of fixed size.
//!
//! ```text
//! block 0: the segments of its columns, one after the other
//! block 1: …
//! footer: zlib of postcard of `Footer`
//! trailer: offset, bytes, unpacked bytes and CRC-32 of the footer; version; magic
//! ```
//!
//! Written front to back, so that the writer may be a pipe; read from the back, as Parquet is.
//! Every number is little-endian. Every segment has a CRC-32 of its own in the footer.

mod column;
mod footer;

pub(crate) use column::{Column, ColumnKind, Segment, Sets, pack, unpack};
pub(crate) use footer::{
    BlockEntry, ContigStats, FloatStats, Footer, LengthStats, Place, Stats, TRAILER_BYTES, Trailer,
};

/// Most records in a block; row numbers within a block fit 16 bits.
pub(crate) const MAX_BLOCK_ROWS: u32 = 1 << 16;

/// Changes whenever the layout does; readers of one version refuse all others.
pub(crate) const VERSION: u32 = 1;

/// The end of every index.
pub(crate) const MAGIC: [u8; 8] = *b"GASXINDX";

/// Stands for a record without annotation in the impact column.
pub(crate) const NO_IMPACT: u8 = 4;

/// Stands for a record without a length change in that column.
pub(crate) const NO_LENGTH: i32 = i32::MIN;

/// Stands first among a record's genes where the chosen transcript has none.
pub(crate) const NO_GENE: u32 = u32::MAX;

/// Checks a segment or the footer.
pub(crate) fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}
