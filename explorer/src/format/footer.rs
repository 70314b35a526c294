//! Footer and trailer.

use super::{MAGIC, Segment, VERSION, crc};
use crate::Error;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};

/// Everything about an index but its columns.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Footer {
    /// Records.
    pub rows: u64,
    /// Records of every block but the last, which may have fewer.
    pub block_rows: u32,
    /// Whether the file's order is that of positions, contigs in order of appearance.
    pub sorted: bool,
    /// Bytes of the result file.
    pub result_bytes: u64,
    /// Bytes of its text, unpacked.
    pub text_bytes: u64,
    /// Bytes of its header's text, from the beginning.
    pub header_bytes: u64,
    /// Whether the result is BGZF.
    pub bgzf: bool,
    /// Where the header's BGZF blocks are; empty for plain files.
    pub header_places: Vec<Place>,
    /// Consequence terms by number.
    pub terms: Vec<String>,
    /// Contigs by number, in order of appearance.
    pub contigs: Vec<String>,
    /// FILTER columns by number, whole.
    pub filters: Vec<String>,
    /// Genes by number, in order of appearance.
    pub genes: Vec<String>,
    /// The blocks.
    pub blocks: Vec<BlockEntry>,
}

/// Where a BGZF block begins, in the file and in its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Offset in the file.
    pub packed: u64,
    /// Offset in the text.
    pub text: u64,
}

/// A block in the footer.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct BlockEntry {
    /// Records.
    pub rows: u32,
    /// Where the first segment begins in the index.
    pub offset: u64,
    /// Where the first record begins in the result's text.
    pub text_start: u64,
    /// Segments by number of [`super::ColumnKind`].
    pub segments: Vec<Segment>,
    /// What the block holds at most.
    pub stats: Stats,
}

/// What a block holds: enough to pass over it, or to count it, without reading it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Stats {
    /// By contig.
    pub contigs: Vec<ContigStats>,
    /// Records by most severe consequence.
    pub consequences: Vec<(u8, u32)>,
    /// Records by impact.
    pub impacts: Vec<(u8, u32)>,
    /// Records by class of alleles.
    pub classes: Vec<(u16, u32)>,
    /// Records by FILTER.
    pub filters: Vec<(u16, u32)>,
    /// Records with a dbSNP number.
    pub known: u32,
    /// Union of all records' terms.
    pub terms: u64,
    /// Least and greatest gene number.
    pub genes: Option<(u32, u32)>,
    /// QUAL.
    pub quality: FloatStats,
    /// Allele frequencies.
    pub frequency: FloatStats,
    /// Length changes.
    pub length: LengthStats,
}

/// A contig's records in a block.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct ContigStats {
    pub contig: u32,
    pub rows: u32,
    /// Least POS.
    pub start: u32,
    /// Greatest last position.
    pub end: u32,
}

/// Bounds of a number that may be missing.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct FloatStats {
    pub missing: u32,
    pub min: f32,
    pub max: f32,
}

impl Default for FloatStats {
    fn default() -> Self {
        Self { missing: 0, min: f32::INFINITY, max: f32::NEG_INFINITY }
    }
}

/// Bounds of length changes.
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

/// The last bytes of an index: where the footer is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trailer {
    /// Offset of the footer.
    pub offset: u64,
    /// Its bytes.
    pub length: u64,
    unpacked: u32,
    crc: u32,
}

/// No footer is larger; what claims to be is damage.
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
        if u32_at(24) != VERSION {
            return Err(Error::Version { found: u32_at(24), expected: VERSION });
        }
        let trailer =
            Self { offset: u64_at(0), length: u64_at(8), unpacked: u32_at(16), crc: u32_at(20) };
        let end = trailer.offset.checked_add(trailer.length);
        if end != total.checked_sub(TRAILER_BYTES as u64) || trailer.unpacked > MAX_FOOTER_BYTES {
            return Err(Error::Damaged("the trailer points elsewhere"));
        }
        Ok(trailer)
    }

    fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.offset.to_le_bytes());
        out.extend_from_slice(&self.length.to_le_bytes());
        out.extend_from_slice(&self.unpacked.to_le_bytes());
        out.extend_from_slice(&self.crc.to_le_bytes());
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&MAGIC);
    }
}

impl Footer {
    /// The bytes that end an index whose segments end at `offset`.
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
        };
        trailer.write(&mut out);
        out
    }

    /// Reads a footer.
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
            return Err(Error::Damaged("the footer has another size than the trailer says"));
        }
        postcard::from_bytes(&text).map_err(|_| Error::Damaged("the footer cannot be read"))
    }
}
