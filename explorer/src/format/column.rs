//! Columns of a block, in memory and in the index file.
//!
//! Numbers are written in byte planes (all low bytes, then all second bytes, …) and positions as
//! differences, so that deflate finds long runs of similar bytes. A column with a single value has
//! no bytes at all.

use super::streams::{
    ColumnCounts, GENOTYPE_GROUP, IDS, call_stream, genotype_stream, number_stream,
};
use super::{BlockOffset, MAX_BLOCK_ROWS, crc};
use crate::Error;
use crate::bounded::list;
use crate::limits::COLUMN_BYTES;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::cell::RefCell;

/// The columns of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ColumnKind {
    Contig,
    Consequence,
    Impact,
    Class,
    Filter,
    HasRsId,
    /// A category column of the registry, by its position in
    /// [`Footer::categories`](super::Footer::categories): the number of the record's values.
    Category(u8),
    Genes,
    /// A numeric column, by its position in [`Footer::numeric`](super::Footer::numeric): the value
    /// that the table shows, as bits of an `f32`.
    Number(u8),
    /// Further values of a numeric column, for the few rows with several values.
    MoreNumbers(u8),
    Length,
    /// Further length changes, for the few rows with several values.
    MoreLengths,
    Pos,
    Span,
    Terms,
    /// Bytes of the record's line, including the line end.
    LineBytes,
    /// Offsets of the BGZF blocks that contain the block's records.
    BlockOffsets,
    /// Identifiers in lower case, one line per record.
    Ids,
    /// Of a sample: the number of its genotype. This and the following are in chunks only.
    Genotype(u8),
    /// Of a sample: [`CallNumbers::depth`](crate::record_samples::CallNumbers::depth).
    Depth(u8),
    /// Of a sample: [`CallNumbers::quality`](crate::record_samples::CallNumbers::quality).
    GenotypeQuality(u8),
    /// Of a sample: [`CallNumbers::balance`](crate::record_samples::CallNumbers::balance).
    Balance(u8),
    /// Of a sample: [`CallNumbers::phase_set`](crate::record_samples::CallNumbers::phase_set).
    PhaseSet(u8),
}

/// How a column is encoded.
#[derive(Clone, Copy)]
pub(super) enum Encoding {
    U8,
    U16,
    U32,
    Differences,
    Text,
    Genes,
    Terms,
    More,
    BlockOffsets,
}

/// The first columns. Those of the facets are adjacent, so that one read fetches them all.
const BEFORE_CATEGORIES: [ColumnKind; 6] = [
    ColumnKind::Contig,
    ColumnKind::Consequence,
    ColumnKind::Impact,
    ColumnKind::Class,
    ColumnKind::Filter,
    ColumnKind::HasRsId,
];

/// The columns after the numeric ones.
const AFTER_NUMBERS: [ColumnKind; 8] = [
    ColumnKind::Length,
    ColumnKind::MoreLengths,
    ColumnKind::Pos,
    ColumnKind::Span,
    ColumnKind::Terms,
    ColumnKind::LineBytes,
    ColumnKind::BlockOffsets,
    ColumnKind::Ids,
];

impl ColumnCounts {
    const fn genes(self) -> usize {
        BEFORE_CATEGORIES.len() + self.categories
    }

    /// The number of all columns of the index.
    pub const fn all(self) -> usize {
        self.genes() + 1 + 2 * self.numeric + AFTER_NUMBERS.len()
    }
}

/// The bytes of the numbers of a chunk before compression.
pub(crate) fn encode_numbers(values: Vec<u32>) -> Vec<u8> {
    encode(&Column::U32(values), Encoding::U32)
}

/// The bytes of the 16-bit numbers of a chunk before compression.
pub(crate) fn encode_shorts(values: Vec<u16>) -> Vec<u8> {
    encode(&Column::U16(values), Encoding::U16)
}

impl ColumnKind {
    /// The stream of chunks that has the column, if the index has chunks.
    pub const fn stream(self, counts: ColumnCounts) -> Option<usize> {
        match self {
            Self::Ids => Some(IDS),
            Self::Number(n) => Some(number_stream(n)),
            Self::Genotype(sample) => Some(genotype_stream(counts, sample)),
            Self::Depth(sample)
            | Self::GenotypeQuality(sample)
            | Self::Balance(sample)
            | Self::PhaseSet(sample) => Some(call_stream(counts, sample)),
            _ => None,
        }
    }

    /// The bytes of the column in a chunk of `rows` records of its stream.
    pub fn part(self, rows: usize) -> Option<std::ops::Range<usize>> {
        let part = |before: usize, width: usize| Some(rows * before..rows * (before + width));
        match self {
            Self::Genotype(sample) => part(2 * (usize::from(sample) % GENOTYPE_GROUP), 2),
            Self::Depth(_) => part(0, 4),
            Self::GenotypeQuality(_) => part(4, 2),
            Self::Balance(_) => part(6, 2),
            Self::PhaseSet(_) => part(8, 4),
            _ => None,
        }
    }

    /// Every column of an index, in the order of the file.
    pub fn all(counts: ColumnCounts) -> Vec<Self> {
        let mut all = BEFORE_CATEGORIES.to_vec();
        all.extend((0..counts.categories as u8).map(Self::Category));
        all.push(Self::Genes);
        for n in 0..counts.numeric as u8 {
            all.extend([Self::Number(n), Self::MoreNumbers(n)]);
        }
        all.extend(AFTER_NUMBERS);
        all
    }

    /// The position of the column in [`all`](Self::all).
    pub fn index(self, counts: ColumnCounts) -> usize {
        let number = |n: u8| counts.genes() + 1 + 2 * usize::from(n);
        let after = |n: usize| counts.genes() + 1 + 2 * counts.numeric + n;
        match self {
            Self::Contig => 0,
            Self::Consequence => 1,
            Self::Impact => 2,
            Self::Class => 3,
            Self::Filter => 4,
            Self::HasRsId => 5,
            Self::Category(n) => BEFORE_CATEGORIES.len() + usize::from(n),
            Self::Genes => counts.genes(),
            Self::Number(n) => number(n),
            Self::MoreNumbers(n) => number(n) + 1,
            Self::Length => after(0),
            Self::MoreLengths => after(1),
            Self::Pos => after(2),
            Self::Span => after(3),
            Self::Terms => after(4),
            Self::LineBytes => after(5),
            Self::BlockOffsets => after(6),
            Self::Ids => after(7),
            // Not a segment of a block.
            Self::Genotype(_)
            | Self::Depth(_)
            | Self::GenotypeQuality(_)
            | Self::Balance(_)
            | Self::PhaseSet(_) => counts.all(),
        }
    }

    const fn encoding(self) -> Encoding {
        match self {
            Self::Consequence | Self::Impact | Self::HasRsId => Encoding::U8,
            Self::Class
            | Self::Filter
            | Self::Category(_)
            | Self::Genotype(_)
            | Self::GenotypeQuality(_)
            | Self::Balance(_) => Encoding::U16,
            Self::Contig
            | Self::Number(_)
            | Self::Length
            | Self::Span
            | Self::LineBytes
            | Self::Depth(_)
            | Self::PhaseSet(_) => Encoding::U32,
            Self::Pos => Encoding::Differences,
            Self::Ids => Encoding::Text,
            Self::Genes => Encoding::Genes,
            Self::Terms => Encoding::Terms,
            Self::MoreNumbers(_) | Self::MoreLengths => Encoding::More,
            Self::BlockOffsets => Encoding::BlockOffsets,
        }
    }
}

/// The values of a column for the records of a block.
#[derive(Clone, Debug)]
pub(crate) enum Column {
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
    Text(Vec<u8>),
    Genes(Sets<Vec<u32>>),
    Terms(Sets<u64>),
    More(Vec<(u16, u32)>),
    BlockOffsets(Vec<BlockOffset>),
}

/// The most distinct sets of a block.
const SETS: usize = MAX_BLOCK_ROWS as usize;

/// A column of sets; equal sets are stored once per block.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub(crate) struct Sets<T> {
    /// By row: index of its set.
    #[serde(deserialize_with = "list::<_, _, SETS>")]
    pub rows: Vec<u16>,
    /// The distinct sets.
    #[serde(deserialize_with = "list::<_, _, SETS>")]
    pub sets: Vec<T>,
}

impl<T> Sets<T> {
    fn check(self, rows: usize) -> Result<Self, Error> {
        let inside = self.rows.iter().all(|n| usize::from(*n) < self.sets.len());
        if inside && self.rows.len() == rows { Ok(self) } else { Err(wrong_shape()) }
    }
}

/// A column in the index file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Segment {
    /// All rows have this value; the column has no bytes.
    Constant(u32),
    /// Compressed with zlib.
    Packed {
        /// Bytes in the file.
        length: u32,
        /// Bytes after decompression.
        unpacked: u32,
        /// CRC-32 of the bytes in the file.
        crc: u32,
    },
}

impl Segment {
    /// Bytes in the file.
    pub const fn bytes(&self) -> u64 {
        match self {
            Self::Constant(_) => 0,
            Self::Packed { length, .. } => *length as u64,
        }
    }

    /// Bytes after decompression of a column of `rows` records.
    pub const fn unpacked(&self, rows: u32) -> u64 {
        match self {
            Self::Constant(_) => rows as u64 * 4,
            Self::Packed { unpacked, .. } => *unpacked as u64,
        }
    }

    /// Checks the limit of a column's bytes, before any of them are read.
    pub fn check(&self) -> Result<(), Error> {
        let Self::Packed { length, unpacked, .. } = *self else { return Ok(()) };
        // Compression can add a few bytes, but never doubles a text.
        let (found, limit) = (u64::from(unpacked.max(length / 2)), u64::from(COLUMN_BYTES));
        if found <= limit {
            return Ok(());
        }
        Err(Error::ReadLimit { what: "a column of the index", found, limit })
    }
}

/// Compression level. Higher levels save 3% and take much longer (see the README).
const LEVEL: u32 = 2;

/// Appends a column to the bytes of the file.
pub(crate) fn pack(column: &Column, kind: ColumnKind, out: &mut Vec<u8>) -> Segment {
    if let Some(value) = constant(column) {
        return Segment::Constant(value);
    }
    let text = encode(column, kind.encoding());
    let start = out.len();
    deflate(&text, out);
    let packed = &out[start..];
    Segment::Packed { length: packed.len() as u32, unpacked: text.len() as u32, crc: crc(packed) }
}

/// The bytes of a column before compression.
pub(super) fn encode(column: &Column, encoding: Encoding) -> Vec<u8> {
    match column {
        Column::U8(values) => values.clone(),
        Column::U16(values) => planes(values),
        Column::U32(values) if matches!(encoding, Encoding::Differences) => {
            let before = std::iter::once(&0).chain(values);
            let differences = values.iter().zip(before).map(|(v, b)| v.wrapping_sub(*b));
            planes(&differences.collect::<Vec<_>>())
        }
        Column::U32(values) => planes(values),
        Column::Text(text) => text.clone(),
        Column::Genes(sets) => to_bytes(sets),
        Column::Terms(sets) => to_bytes(sets),
        Column::More(values) => to_bytes(values),
        Column::BlockOffsets(offsets) => to_bytes(offsets),
    }
}

thread_local! {
    /// Used for all texts of a thread, since making one costs as much as a small text.
    static DEFLATE: RefCell<Compress> = RefCell::new(Compress::new(Compression::new(LEVEL), true));
}

/// Appends a compressed text (zlib, which has a checksum of the text).
pub(super) fn deflate(text: &[u8], out: &mut Vec<u8>) {
    DEFLATE.with_borrow_mut(|deflate| {
        deflate.reset();
        loop {
            out.reserve(text.len() / 2 + 1024);
            let rest = &text[deflate.total_in() as usize..];
            let status = deflate.compress_vec(rest, out, FlushCompress::Finish);
            if matches!(status, Ok(Status::StreamEnd)) {
                return;
            }
        }
    });
}

fn to_bytes<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_stdvec(value).expect("plain values can be written to memory")
}

/// The value of all rows, if they have the same.
fn constant(column: &Column) -> Option<u32> {
    fn same<T: Copy + PartialEq + Into<u32>>(values: &[T]) -> Option<u32> {
        // The values of a column without any are in chunks.
        let Some((first, rest)) = values.split_first() else { return Some(0) };
        rest.iter().all(|value| value == first).then(|| (*first).into())
    }
    match column {
        Column::U8(values) => same(values),
        Column::U16(values) => same(values),
        Column::U32(values) => same(values),
        Column::More(values) => values.is_empty().then_some(0),
        Column::BlockOffsets(offsets) => offsets.is_empty().then_some(0),
        // The identifiers are in chunks.
        Column::Text(text) => text.is_empty().then_some(0),
        _ => None,
    }
}

/// The low bytes of all values, then the second bytes, and so on. Each plane is written by a loop that is vectorized.
fn planes<T: Copy + Into<u32>>(values: &[T]) -> Vec<u8> {
    let mut out = vec![0; size_of_val(values)];
    for (plane, bytes) in out.chunks_exact_mut(values.len().max(1)).enumerate() {
        for (byte, value) in bytes.iter_mut().zip(values) {
            let value: u32 = (*value).into();
            *byte = (value >> (8 * plane)) as u8;
        }
    }
    out
}

/// Decodes the column of `rows` records from its bytes in the file.
pub(crate) fn unpack(
    segment: &Segment,
    packed: &[u8],
    kind: ColumnKind,
    rows: usize,
) -> Result<Column, Error> {
    segment.check()?;
    let (unpacked, sum) = match *segment {
        Segment::Constant(value) => return Ok(repeated(value, kind, rows)),
        Segment::Packed { unpacked, crc, .. } => (unpacked as usize, crc),
    };
    if crc(packed) != sum {
        return Err(Error::Damaged("a column's checksum differs"));
    }
    let mut text = Vec::with_capacity(unpacked);
    let status = Decompress::new(true).decompress_vec(packed, &mut text, FlushDecompress::Finish);
    if !matches!(status, Ok(Status::StreamEnd)) || text.len() != unpacked {
        return Err(Error::Damaged("a column cannot be unpacked"));
    }
    decode(text, kind, rows)
}

/// Decodes the column of `rows` records from its decompressed bytes.
pub(crate) fn decode(text: Vec<u8>, kind: ColumnKind, rows: usize) -> Result<Column, Error> {
    decode_as(text, kind.encoding(), rows)
}

/// Decodes a column of `rows` records from its decompressed bytes.
pub(super) fn decode_as(text: Vec<u8>, encoding: Encoding, rows: usize) -> Result<Column, Error> {
    let width = match encoding {
        Encoding::U8 => 1,
        Encoding::U16 => 2,
        Encoding::U32 | Encoding::Differences => 4,
        Encoding::Text => {
            let lines = memchr::memchr_iter(b'\n', &text).count();
            return if lines == rows { Ok(Column::Text(text)) } else { Err(wrong_shape()) };
        }
        Encoding::Genes => return Ok(Column::Genes(read::<Sets<Vec<u32>>>(&text)?.check(rows)?)),
        Encoding::Terms => return Ok(Column::Terms(read::<Sets<u64>>(&text)?.check(rows)?)),
        Encoding::More => return Ok(Column::More(read(&text)?)),
        Encoding::BlockOffsets => return Ok(Column::BlockOffsets(read(&text)?)),
    };
    if text.len() != rows * width {
        return Err(wrong_shape());
    }
    Ok(match encoding {
        Encoding::U8 => Column::U8(text),
        Encoding::U16 => {
            let (low, high) = text.split_at(rows);
            Column::U16(low.iter().zip(high).map(|(a, b)| u16::from_le_bytes([*a, *b])).collect())
        }
        encoding => {
            let mut values = joined(&text, rows);
            if matches!(encoding, Encoding::Differences) {
                let mut sum = 0u32;
                values.iter_mut().for_each(|value| {
                    sum = sum.wrapping_add(*value);
                    *value = sum;
                });
            }
            Column::U32(values)
        }
    })
}

fn joined(text: &[u8], rows: usize) -> Vec<u32> {
    let (low, high) = text.split_at(rows * 2);
    let ((a, b), (c, d)) = (low.split_at(rows), high.split_at(rows));
    let bytes = a.iter().zip(b).zip(c.iter().zip(d));
    bytes.map(|((a, b), (c, d))| u32::from_le_bytes([*a, *b, *c, *d])).collect()
}

fn repeated(value: u32, kind: ColumnKind, rows: usize) -> Column {
    match kind.encoding() {
        Encoding::U8 => Column::U8(vec![value as u8; rows]),
        Encoding::U16 => Column::U16(vec![value as u16; rows]),
        Encoding::U32 | Encoding::Differences => Column::U32(vec![value; rows]),
        Encoding::Text => Column::Text(vec![b'\n'; rows]),
        Encoding::Genes => Column::Genes(Sets { rows: vec![0; rows], sets: vec![Vec::new()] }),
        Encoding::Terms => Column::Terms(Sets { rows: vec![0; rows], sets: vec![0] }),
        Encoding::More => Column::More(Vec::new()),
        Encoding::BlockOffsets => Column::BlockOffsets(Vec::new()),
    }
}

fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, Error> {
    postcard::from_bytes(text).map_err(|_| wrong_shape())
}

pub(super) const fn wrong_shape() -> Error {
    Error::Damaged("a column does not have the shape that the footer states")
}

impl Column {
    /// The number of a row; `None` if there is no such row, or the column has no numbers.
    pub fn at(&self, row: usize) -> Option<u32> {
        match self {
            Self::U8(values) => values.get(row).map(|value| u32::from(*value)),
            Self::U16(values) => values.get(row).map(|value| u32::from(*value)),
            Self::U32(values) => values.get(row).copied(),
            _ => None,
        }
    }

    /// Adds the values of a chunk that follows.
    pub fn append(&mut self, next: Self) -> Result<(), Error> {
        match (self, next) {
            (Self::U8(all), Self::U8(next)) => all.extend(next),
            (Self::U16(all), Self::U16(next)) => all.extend(next),
            (Self::U32(all), Self::U32(next)) => all.extend(next),
            (Self::Text(all), Self::Text(next)) => all.extend(next),
            _ => return Err(wrong_shape()),
        }
        Ok(())
    }

    /// Approximate bytes in memory.
    pub fn weight(&self) -> u64 {
        let bytes = match self {
            Self::U8(values) => values.len(),
            Self::U16(values) => values.len() * 2,
            Self::U32(values) => values.len() * 4,
            Self::Text(text) => text.len(),
            Self::Genes(sets) => {
                sets.rows.len() * 2 + sets.sets.iter().map(|set| 24 + set.len() * 4).sum::<usize>()
            }
            Self::Terms(sets) => sets.rows.len() * 2 + sets.sets.len() * 8,
            Self::More(values) => values.len() * 8,
            Self::BlockOffsets(offsets) => offsets.len() * 16,
        };
        bytes as u64 + 64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_of_a_column_is_its_position_in_the_file() {
        for (numeric, categories) in [(0, 0), (1, 0), (0, 1), (3, 2)] {
            let counts = ColumnCounts { numeric, categories, samples: 0, of_rows: None };
            let all = ColumnKind::all(counts);
            assert_eq!(all.len(), counts.all());
            assert!(all.iter().enumerate().all(|(n, kind)| kind.index(counts) == n));
        }
    }

    #[test]
    fn columns_survive_a_round_trip_and_damage_is_detected() {
        let rows = 5000usize;
        let noise = |n: usize| (n as u32).wrapping_mul(2_654_435_761);
        for (kind, column) in [
            (ColumnKind::Pos, Column::U32((0..rows).map(noise).collect())),
            (ColumnKind::Span, Column::U32((0..rows).map(|n| noise(n) % 9).collect())),
            (ColumnKind::Class, Column::U16((0..rows).map(|n| noise(n) as u16).collect())),
            (ColumnKind::HasRsId, Column::U8(vec![1; rows])),
            (ColumnKind::Ids, Column::Text(b"rs1\n".repeat(rows))),
            (ColumnKind::MoreLengths, Column::More(vec![(7, 9)])),
        ] {
            let mut bytes = Vec::new();
            let segment = pack(&column, kind, &mut bytes);
            assert_eq!(segment.bytes(), bytes.len() as u64);
            let back = unpack(&segment, &bytes, kind, rows).unwrap();
            assert_eq!(format!("{back:?}"), format!("{column:?}"));
            let Some(last) = bytes.len().checked_sub(1) else { continue };
            let grown = unpack(&segment, &bytes, kind, rows + 1);
            assert!(grown.is_err() || kind == ColumnKind::MoreLengths);
            bytes[last] ^= 1;
            assert!(unpack(&segment, &bytes, kind, rows).is_err());
        }
    }
}
