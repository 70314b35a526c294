//! What the table shows of the records of a chunk, except identifiers and numbers, which have streams of
//! their own.
//!
//! Fixed parts are encoded as columns of a block; texts are terminated by a byte that UTF-8 does not
//! have. A part starts after the parts before it; their lengths are at the beginning.

use super::column::{Column, Encoding, decode_as, encode, wrong_shape};
use super::streams::ColumnCounts;
use crate::Error;

/// Terminates a text. No text has it, because it does not occur in UTF-8.
const END: u8 = 0xff;

/// Stands for the transcript and a colon at the beginning of a description.
const TRANSCRIPT: u8 = 0xfe;

/// The fixed parts before those of the registry.
const FIXED: [Encoding; 7] = [
    Encoding::U32,
    Encoding::Differences,
    Encoding::U16,
    Encoding::U16,
    Encoding::U8,
    Encoding::U8,
    Encoding::U32,
];

/// A text of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowText {
    /// ID, unless it is the first identifier, or `.` of a record without identifiers.
    Id,
    Reference,
    Alt,
    /// QUAL, unless it is the number as this program writes it, or `.` of a record without a number.
    Qual,
    Transcript,
    HgvsC,
    HgvsP,
}

/// The number of texts of a row.
const TEXTS: usize = 7;

/// The records of a chunk while they are collected.
#[derive(Clone, Debug, Default)]
pub(crate) struct RowChunkBuilder {
    pub contigs: Vec<u32>,
    pub positions: Vec<u32>,
    pub classes: Vec<u16>,
    pub filters: Vec<u16>,
    pub consequences: Vec<u8>,
    pub impacts: Vec<u8>,
    /// The gene of the chosen transcript.
    pub genes: Vec<u32>,
    /// By category column: the numbers of the values.
    pub categories: Vec<Vec<u16>>,
    texts: [Vec<u8>; TEXTS],
}

impl RowChunkBuilder {
    /// A chunk without records.
    pub fn new(counts: ColumnCounts) -> Self {
        Self { categories: vec![Vec::new(); counts.categories], ..Self::default() }
    }

    /// The number of records.
    pub fn rows(&self) -> usize {
        self.positions.len()
    }

    /// Adds a text of the current record. Every record has each text, in any order.
    pub fn push_text(&mut self, part: RowText, text: &[u8]) {
        let texts = &mut self.texts[part as usize];
        texts.extend_from_slice(text);
        texts.push(END);
    }

    /// Adds the HGVS coding description of the current record, whose prefix usually is the transcript.
    pub fn push_hgvs_c(&mut self, text: &[u8], transcript: &[u8]) {
        let rest = text.strip_prefix(transcript).and_then(|rest| rest.strip_prefix(b":"));
        let texts = &mut self.texts[RowText::HgvsC as usize];
        if rest.is_some() {
            texts.push(TRANSCRIPT);
        }
        texts.extend_from_slice(rest.unwrap_or(text));
        texts.push(END);
    }

    /// The bytes of the chunk before compression.
    pub fn into_text(self) -> Vec<u8> {
        let encoded = |column: Column, encoding| encode(&column, encoding);
        let mut parts = vec![
            encoded(Column::U32(self.contigs), Encoding::U32),
            encoded(Column::U32(self.positions), Encoding::Differences),
            encoded(Column::U16(self.classes), Encoding::U16),
            encoded(Column::U16(self.filters), Encoding::U16),
            self.consequences,
            self.impacts,
            encoded(Column::U32(self.genes), Encoding::U32),
        ];
        let categories = self.categories.into_iter();
        parts.extend(categories.map(|values| encoded(Column::U16(values), Encoding::U16)));
        parts.extend(self.texts);
        let lengths = parts.iter().flat_map(|part| (part.len() as u32).to_le_bytes());
        let mut text: Vec<u8> = lengths.collect();
        parts.iter().for_each(|part| text.extend_from_slice(part));
        text
    }
}

/// The records of a chunk.
#[derive(Clone, Debug)]
pub(crate) struct RowChunk {
    fixed: Vec<Column>,
    texts: Vec<Texts>,
}

/// The texts of one part.
#[derive(Clone, Debug)]
struct Texts {
    bytes: Vec<u8>,
    /// By record: where its text ends.
    ends: Vec<u32>,
}

impl RowChunk {
    /// Decodes a chunk of `rows` records.
    pub fn decode(text: &[u8], counts: ColumnCounts, rows: usize) -> Result<Self, Error> {
        let categories = std::iter::repeat_n(Encoding::U16, counts.categories);
        let encodings: Vec<_> = FIXED.into_iter().chain(categories).collect();
        let parts = encodings.len() + TEXTS;
        let (lengths, mut rest) = text.split_at_checked(parts * 4).ok_or_else(wrong_shape)?;
        let mut lengths = lengths.chunks_exact(4);
        let mut next = || {
            let length = lengths.next().and_then(|bytes| bytes.try_into().ok());
            let length = u32::from_le_bytes(length.unwrap_or_default()) as usize;
            let (part, after) = rest.split_at_checked(length).ok_or_else(wrong_shape)?;
            rest = after;
            Ok::<_, Error>(part.to_vec())
        };
        let fixed = encodings.into_iter().map(|encoding| decode_as(next()?, encoding, rows));
        let fixed = fixed.collect::<Result<_, _>>()?;
        let texts = (0..TEXTS).map(|_| {
            let bytes = next()?;
            let ends: Vec<u32> = memchr::memchr_iter(END, &bytes).map(|end| end as u32).collect();
            if ends.len() == rows { Ok(Texts { bytes, ends }) } else { Err(wrong_shape()) }
        });
        let texts = texts.collect::<Result<_, _>>()?;
        Ok(Self { fixed, texts })
    }

    fn u32(&self, part: usize, row: usize) -> Option<u32> {
        self.fixed.get(part)?.at(row)
    }

    /// The fixed values of a record; `None` if the chunk does not have it.
    pub fn values(&self, row: usize) -> Option<RowValues> {
        Some(RowValues {
            contig: self.u32(0, row)?,
            pos: self.u32(1, row)?,
            class: self.u32(2, row)? as u16,
            filter: self.u32(3, row)?,
            consequence: self.u32(4, row)? as u8,
            impact: self.u32(5, row)? as u8,
            gene: self.u32(6, row)?,
        })
    }

    /// The number of the values of a category column.
    pub fn category(&self, column: usize, row: usize) -> Option<u32> {
        self.u32(FIXED.len() + column, row)
    }

    /// A text of a record.
    pub fn text(&self, part: RowText, row: usize) -> &[u8] {
        let texts = &self.texts[part as usize];
        let start = row.checked_sub(1).and_then(|before| texts.ends.get(before));
        let start = start.map_or(0, |end| *end as usize + 1);
        let end = texts.ends.get(row).map_or(start, |end| *end as usize);
        texts.bytes.get(start..end).unwrap_or_default()
    }

    /// The HGVS coding description of a record.
    pub fn hgvs_c(&self, row: usize) -> Vec<u8> {
        let text = self.text(RowText::HgvsC, row);
        match text.strip_prefix(&[TRANSCRIPT]) {
            Some(rest) => [self.text(RowText::Transcript, row), b":", rest].concat(),
            None => text.to_vec(),
        }
    }

    /// Approximate bytes in memory.
    pub fn weight(&self) -> u64 {
        let texts = self.texts.iter().map(|texts| texts.bytes.len() + texts.ends.len() * 4);
        self.fixed.iter().map(Column::weight).sum::<u64>() + texts.sum::<usize>() as u64
    }
}

/// The fixed values of a record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowValues {
    pub contig: u32,
    pub pos: u32,
    /// Bits of allele types and substitution classes.
    pub class: u16,
    /// Number of the FILTER value.
    pub filter: u32,
    /// Number of the most severe term.
    pub consequence: u8,
    pub impact: u8,
    /// Gene of the chosen transcript.
    pub gene: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_survives_a_round_trip_and_cuts_are_detected() {
        let counts = ColumnCounts { numeric: 0, categories: 1, samples: 0 };
        let mut builder = RowChunkBuilder::new(counts);
        for row in 0..3u32 {
            builder.contigs.push(1);
            builder.positions.push(100 - row);
            builder.classes.push(3);
            builder.filters.push(row as u16);
            builder.consequences.push(9);
            builder.impacts.push(2);
            builder.genes.push(u32::MAX);
            builder.categories[0].push(row as u16);
            for part in [RowText::Id, RowText::Alt, RowText::Qual, RowText::HgvsP] {
                builder.push_text(part, b"");
            }
            builder.push_text(RowText::Reference, "Aé".as_bytes());
            builder.push_text(RowText::Transcript, b"T1");
            builder.push_hgvs_c(if row == 2 { b"T2:c.1A>G" } else { b"T1:c.1A>G" }, b"T1");
        }
        let text = builder.into_text();
        let chunk = RowChunk::decode(&text, counts, 3).unwrap();
        let values = chunk.values(2).unwrap();
        assert_eq!((values.pos, values.filter, values.gene), (98, 2, u32::MAX));
        assert_eq!((chunk.category(0, 2), chunk.category(1, 0)), (Some(2), None));
        assert_eq!(chunk.text(RowText::Reference, 1), "Aé".as_bytes());
        assert_eq!([1, 2].map(|row| chunk.hgvs_c(row)), [b"T1:c.1A>G", b"T2:c.1A>G"]);
        assert_eq!(chunk.text(RowText::HgvsP, 9), b"");
        assert!(RowChunk::decode(&text, counts, 4).is_err());
        for cut in 0..text.len() {
            assert!(RowChunk::decode(&text[..cut], counts, 3).is_err(), "{cut}");
        }
    }
}
