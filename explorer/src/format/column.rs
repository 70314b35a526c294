//! Columns of a block, in memory and in the file.
//!
//! Numbers are written in planes (all low bytes, then all next bytes, …), positions as differences:
//! so deflate sees long runs where the values are alike. A column with one value has no segment at
//! all.

use super::{Place, crc};
use crate::Error;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The columns. Those that the facets count lie next to each other, so that one read takes all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum ColumnKind {
    Contig,
    Consequence,
    Impact,
    Class,
    Filter,
    Known,
    Genes,
    Frequency,
    /// Frequencies beside the lowest, of the few rows that have several.
    MoreFrequencies,
    Quality,
    Length,
    /// Length changes beside the first.
    MoreLengths,
    Pos,
    Span,
    Terms,
    /// Bytes of the record's line, line end included.
    LineBytes,
    /// Where BGZF blocks begin.
    Places,
    /// Identifiers in lower case, one line for each record.
    Ids,
}

/// How a column is laid out.
#[derive(Clone, Copy)]
enum Shape {
    U8,
    U16,
    U32,
    Differences,
    Text,
    Genes,
    Terms,
    More,
    Places,
}

impl ColumnKind {
    /// Every column, in the order of the file.
    pub const ALL: [Self; 18] = [
        Self::Contig,
        Self::Consequence,
        Self::Impact,
        Self::Class,
        Self::Filter,
        Self::Known,
        Self::Genes,
        Self::Frequency,
        Self::MoreFrequencies,
        Self::Quality,
        Self::Length,
        Self::MoreLengths,
        Self::Pos,
        Self::Span,
        Self::Terms,
        Self::LineBytes,
        Self::Places,
        Self::Ids,
    ];

    const fn shape(self) -> Shape {
        match self {
            Self::Consequence | Self::Impact | Self::Known => Shape::U8,
            Self::Class | Self::Filter => Shape::U16,
            Self::Pos => Shape::Differences,
            Self::Ids => Shape::Text,
            Self::Genes => Shape::Genes,
            Self::Terms => Shape::Terms,
            Self::MoreFrequencies | Self::MoreLengths => Shape::More,
            Self::Places => Shape::Places,
            _ => Shape::U32,
        }
    }
}

/// A column of a block.
#[derive(Clone, Debug)]
pub(crate) enum Column {
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
    Text(Vec<u8>),
    Genes(Sets<Vec<u32>>),
    Terms(Sets<u64>),
    More(Vec<(u16, u32)>),
    Places(Vec<Place>),
}

/// Rows that name one of the block's sets each.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Sets<T> {
    /// By row: number of the set.
    pub rows: Vec<u16>,
    /// The sets.
    pub sets: Vec<T>,
}

impl<T> Sets<T> {
    fn check(self, rows: usize) -> Result<Self, Error> {
        let inside = self.rows.iter().all(|n| usize::from(*n) < self.sets.len());
        if inside && self.rows.len() == rows { Ok(self) } else { Err(wrong_shape()) }
    }
}

/// A column in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Segment {
    /// All rows have this value; there are no bytes.
    Constant(u32),
    /// Zlib.
    Packed {
        /// Bytes in the file.
        length: u32,
        /// Bytes unpacked.
        unpacked: u32,
        /// Checksum of the packed bytes.
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
}

/// Higher levels take much longer and save three in a hundred (see the README).
const LEVEL: u32 = 2;

/// Appends a column to the file's bytes.
pub(crate) fn pack(column: &Column, kind: ColumnKind, out: &mut Vec<u8>) -> Segment {
    if let Some(value) = constant(column) {
        return Segment::Constant(value);
    }
    let text = match column {
        Column::U8(values) => values.clone(),
        Column::U16(values) => planes(values.len(), values.iter().map(|v| v.to_le_bytes())),
        Column::U32(values) if matches!(kind.shape(), Shape::Differences) => {
            let before = std::iter::once(&0).chain(values);
            let differences = values.iter().zip(before).map(|(v, b)| v.wrapping_sub(*b));
            planes(values.len(), differences.map(u32::to_le_bytes))
        }
        Column::U32(values) => planes(values.len(), values.iter().map(|v| v.to_le_bytes())),
        Column::Text(text) => text.clone(),
        Column::Genes(sets) => to_bytes(sets),
        Column::Terms(sets) => to_bytes(sets),
        Column::More(values) => to_bytes(values),
        Column::Places(places) => to_bytes(places),
    };
    let start = out.len();
    deflate(&text, out);
    let packed = &out[start..];
    Segment::Packed { length: packed.len() as u32, unpacked: text.len() as u32, crc: crc(packed) }
}

fn deflate(text: &[u8], out: &mut Vec<u8>) {
    let mut deflate = Compress::new(Compression::new(LEVEL), true);
    loop {
        out.reserve(text.len() / 2 + 1024);
        let rest = &text[deflate.total_in() as usize..];
        let status = deflate.compress_vec(rest, out, FlushCompress::Finish);
        if matches!(status, Ok(Status::StreamEnd)) {
            return;
        }
    }
}

fn to_bytes<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_stdvec(value).expect("plain values can be written to memory")
}

/// The value that all rows have.
fn constant(column: &Column) -> Option<u32> {
    fn same<T: Copy + PartialEq + Into<u32>>(values: &[T]) -> Option<u32> {
        let (first, rest) = values.split_first()?;
        rest.iter().all(|value| value == first).then(|| (*first).into())
    }
    match column {
        Column::U8(values) => same(values),
        Column::U16(values) => same(values),
        Column::U32(values) => same(values),
        Column::More(values) => values.is_empty().then_some(0),
        Column::Places(places) => places.is_empty().then_some(0),
        _ => None,
    }
}

fn planes<const N: usize>(rows: usize, values: impl Iterator<Item = [u8; N]>) -> Vec<u8> {
    let mut out = vec![0; rows * N];
    for (row, bytes) in values.enumerate() {
        for (plane, byte) in bytes.into_iter().enumerate() {
            out[plane * rows + row] = byte;
        }
    }
    out
}

/// Makes the column of `rows` records from its bytes in the file.
pub(crate) fn unpack(
    segment: &Segment,
    packed: &[u8],
    kind: ColumnKind,
    rows: usize,
) -> Result<Column, Error> {
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

fn decode(text: Vec<u8>, kind: ColumnKind, rows: usize) -> Result<Column, Error> {
    let width = match kind.shape() {
        Shape::U8 => 1,
        Shape::U16 => 2,
        Shape::U32 | Shape::Differences => 4,
        Shape::Text => {
            let lines = memchr::memchr_iter(b'\n', &text).count();
            return if lines == rows { Ok(Column::Text(text)) } else { Err(wrong_shape()) };
        }
        Shape::Genes => return Ok(Column::Genes(read::<Sets<Vec<u32>>>(&text)?.check(rows)?)),
        Shape::Terms => return Ok(Column::Terms(read::<Sets<u64>>(&text)?.check(rows)?)),
        Shape::More => return Ok(Column::More(read(&text)?)),
        Shape::Places => return Ok(Column::Places(read(&text)?)),
    };
    if text.len() != rows * width {
        return Err(wrong_shape());
    }
    Ok(match kind.shape() {
        Shape::U8 => Column::U8(text),
        Shape::U16 => {
            let (low, high) = text.split_at(rows);
            Column::U16(low.iter().zip(high).map(|(a, b)| u16::from_le_bytes([*a, *b])).collect())
        }
        shape => {
            let mut values = joined(&text, rows);
            if matches!(shape, Shape::Differences) {
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
    match kind.shape() {
        Shape::U8 => Column::U8(vec![value as u8; rows]),
        Shape::U16 => Column::U16(vec![value as u16; rows]),
        Shape::U32 | Shape::Differences => Column::U32(vec![value; rows]),
        Shape::Text => Column::Text(vec![b'\n'; rows]),
        Shape::Genes => Column::Genes(Sets { rows: vec![0; rows], sets: vec![Vec::new()] }),
        Shape::Terms => Column::Terms(Sets { rows: vec![0; rows], sets: vec![0] }),
        Shape::More => Column::More(Vec::new()),
        Shape::Places => Column::Places(Vec::new()),
    }
}

fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, Error> {
    postcard::from_bytes(text).map_err(|_| wrong_shape())
}

const fn wrong_shape() -> Error {
    Error::Damaged("a column has another shape than the footer says")
}

impl Column {
    /// Bytes in memory, about.
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
            Self::Places(places) => places.len() * 16,
        };
        bytes as u64 + 64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_come_back_as_they_went_and_damage_is_seen() {
        let rows = 5000usize;
        let noise = |n: usize| (n as u32).wrapping_mul(2_654_435_761);
        for (kind, column) in [
            (ColumnKind::Pos, Column::U32((0..rows).map(noise).collect())),
            (ColumnKind::Span, Column::U32((0..rows).map(|n| noise(n) % 9).collect())),
            (ColumnKind::Class, Column::U16((0..rows).map(|n| noise(n) as u16).collect())),
            (ColumnKind::Known, Column::U8(vec![1; rows])),
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
