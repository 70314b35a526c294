//! Footer and trailer of the index file.

use super::version_1::FooterV1;
use super::{MAGIC, Segment, VERSION, crc};
use crate::Error;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};

/// Everything in an index except the columns.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Footer {
    /// Records.
    pub rows: u64,
    /// Records per block; the last block may have fewer.
    pub block_rows: u32,
    /// Whether the records are sorted by contig (in order of appearance) and position.
    pub sorted: bool,
    /// Bytes of the result file.
    pub result_bytes: u64,
    /// Bytes of the uncompressed result.
    pub text_bytes: u64,
    /// Bytes of the uncompressed VCF header, at the start of the result.
    pub header_bytes: u64,
    /// Whether the result is BGZF.
    pub bgzf: bool,
    /// Offsets of the BGZF blocks that contain the header; empty for plain files.
    pub header_offsets: Vec<BlockOffset>,
    /// Names of the numeric columns, in the order of their columns.
    pub numeric: Vec<String>,
    /// Consequence terms by number.
    pub terms: Vec<String>,
    /// Contigs by number, in order of appearance.
    pub contigs: Vec<String>,
    /// Complete FILTER values by number.
    pub filters: Vec<String>,
    /// Genes by number, in order of appearance.
    pub genes: Vec<String>,
    /// The blocks.
    pub blocks: Vec<BlockEntry>,
}

/// Where a BGZF block starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BlockOffset {
    /// Offset in the compressed file.
    pub packed: u64,
    /// Offset in the uncompressed text.
    pub text: u64,
}

/// A block's entry in the footer.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct BlockEntry {
    /// Records.
    pub rows: u32,
    /// Offset of the first segment in the index.
    pub offset: u64,
    /// Offset of the first record in the uncompressed result.
    pub text_start: u64,
    /// Segments, in the order of [`ColumnKind::all`](super::ColumnKind::all).
    pub segments: Vec<Segment>,
    /// Statistics of the columns.
    pub stats: Stats,
}

/// Statistics of a block's columns, with which many blocks are skipped or counted unread.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Stats {
    /// By contig.
    pub contigs: Vec<ContigStats>,
    /// Records by most severe consequence.
    pub consequences: Vec<(u8, u32)>,
    /// Records by impact.
    pub impacts: Vec<(u8, u32)>,
    /// Records by allele class.
    pub classes: Vec<(u16, u32)>,
    /// Records by FILTER.
    pub filters: Vec<(u16, u32)>,
    /// Records with a dbSNP identifier.
    pub known: u32,
    /// Union of the terms of all records.
    pub terms: u64,
    /// Least and greatest number of a gene.
    pub genes: Option<(u32, u32)>,
    /// By numeric column, as in [`Footer::numeric`].
    pub numbers: Vec<NumberStats>,
    /// Length changes.
    pub length: LengthStats,
}

/// The records of a contig in a block.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct ContigStats {
    pub contig: u32,
    pub rows: u32,
    /// Least POS.
    pub start: u32,
    /// Greatest last position.
    pub end: u32,
}

/// Range of the values of a numeric column.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct NumberStats {
    /// Records without a value.
    pub missing: u32,
    pub min: f32,
    pub max: f32,
}

impl Default for NumberStats {
    fn default() -> Self {
        Self { missing: 0, min: f32::INFINITY, max: f32::NEG_INFINITY }
    }
}

/// Range of the length changes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct LengthStats {
    pub min: i32,
    pub max: i32,
}

impl Default for LengthStats {
    fn default() -> Self {
        Self { min: i32::MAX, max: i32::MIN }
    }
}

/// Bytes of the trailer.
pub(crate) const TRAILER_BYTES: usize = 36;

/// The last bytes of an index, which locate the footer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trailer {
    /// Offset of the footer.
    pub offset: u64,
    /// Bytes of the compressed footer.
    pub length: u64,
    unpacked: u32,
    crc: u32,
    version: u32,
}

/// A larger footer is considered damage.
const MAX_FOOTER_BYTES: u32 = 1 << 30;

impl Trailer {
    /// Reads the last [`TRAILER_BYTES`] of an index of `total` bytes.
    pub fn read(bytes: &[u8], total: u64) -> Result<Self, Error> {
        let (numbers, magic) = bytes.split_at_checked(28).ok_or(Error::NoIndex)?;
        if magic != MAGIC {
            return Err(Error::NoIndex);
        }
        let u32_at = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|n| numbers[at + n]));
        let u64_at = |at: usize| u64::from(u32_at(at)) | u64::from(u32_at(at + 4)) << 32;
        let version = u32_at(24);
        if !(1..=VERSION).contains(&version) {
            return Err(Error::Version { found: version, expected: VERSION });
        }
        let trailer = Self {
            offset: u64_at(0),
            length: u64_at(8),
            unpacked: u32_at(16),
            crc: u32_at(20),
            version,
        };
        let end = trailer.offset.checked_add(trailer.length);
        if end != total.checked_sub(TRAILER_BYTES as u64) || trailer.unpacked > MAX_FOOTER_BYTES {
            return Err(Error::Damaged("the trailer does not point to the footer"));
        }
        Ok(trailer)
    }

    fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.offset.to_le_bytes());
        out.extend_from_slice(&self.length.to_le_bytes());
        out.extend_from_slice(&self.unpacked.to_le_bytes());
        out.extend_from_slice(&self.crc.to_le_bytes());
        out.extend_from_slice(&self.version.to_le_bytes());
        out.extend_from_slice(&MAGIC);
    }
}

impl Footer {
    /// Encodes footer and trailer of an index whose segments end at `offset`.
    pub fn to_bytes(&self, offset: u64) -> Vec<u8> {
        let text = postcard::to_stdvec(self).expect("plain values can be written to memory");
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
        let packed = encoder.write_all(&text).and_then(|()| encoder.finish());
        let mut out = packed.expect("memory takes every write");
        let trailer = Trailer {
            offset,
            length: out.len() as u64,
            unpacked: text.len() as u32,
            crc: crc(&out),
            version: VERSION,
        };
        trailer.write(&mut out);
        out
    }

    /// Decodes a footer.
    pub fn read(bytes: &[u8], trailer: &Trailer) -> Result<Self, Error> {
        if crc(bytes) != trailer.crc {
            return Err(Error::Damaged("the footer's checksum differs"));
        }
        let mut text = Vec::with_capacity(trailer.unpacked as usize);
        ZlibDecoder::new(bytes)
            .take(u64::from(trailer.unpacked) + 1)
            .read_to_end(&mut text)
            .map_err(|_| Error::Damaged("the footer cannot be unpacked"))?;
        if text.len() != trailer.unpacked as usize {
            return Err(Error::Damaged(
                "the footer does not have the size that the trailer states",
            ));
        }
        let footer = match trailer.version {
            1 => postcard::from_bytes::<FooterV1>(&text).map(Self::from),
            _ => postcard::from_bytes(&text),
        };
        footer.map_err(|_| Error::Damaged("the footer cannot be read"))
    }
}
