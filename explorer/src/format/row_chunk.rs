//! What the table shows of the records of a chunk, except identifiers and numbers, which have streams of
//! their own.
//!
//! Fixed parts are encoded as columns of a block; texts are terminated by a byte that UTF-8 does not
//! have. A part starts after the parts before it; their lengths are at the beginning.

use super::column::{Column, Encoding, decode_as, encode, wrong_shape};
use super::streams::{ColumnCounts, RowCounts};
use crate::Error;
use gas_shared::explorer::Mane;

/// Terminates a text. No text has it, because it does not occur in UTF-8.
const END: u8 = 0xff;

/// Stands for the transcript and a colon at the beginning of a description.
const TRANSCRIPT: u8 = 0xfe;

/// The fixed parts of every version.
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
    /// From version 5 on, as the next ones.
    Exon,
    Intron,
    /// A text column, by its number in the index.
    Column(usize),
}

/// The texts of version 4.
const TEXTS_OF_VERSION_4: usize = 7;

/// The texts before those of text columns.
const TEXTS_OF_ALL: usize = 9;

impl RowText {
    const fn at(self) -> usize {
        match self {
            Self::Id => 0,
            Self::Reference => 1,
            Self::Alt => 2,
            Self::Qual => 3,
            Self::Transcript => 4,
            Self::HgvsC => 5,
            Self::HgvsP => 6,
            Self::Exon => 7,
            Self::Intron => 8,
            Self::Column(number) => TEXTS_OF_ALL + number,
        }
    }
}

/// What marks the transcript of a row, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TranscriptMarks(u8);

impl TranscriptMarks {
    const SELECT: u8 = 1;
    const PLUS_CLINICAL: u8 = 2;
    const CANONICAL: u8 = 4;

    /// The marks of a transcript.
    pub const fn new(mane: Option<Mane>, canonical: bool) -> Self {
        let mane = match mane {
            Some(Mane::Select) => Self::SELECT,
            Some(Mane::PlusClinical) => Self::PLUS_CLINICAL,
            None => 0,
        };
        Self(mane | if canonical { Self::CANONICAL } else { 0 })
    }

    /// The MANE set of the transcript.
    pub const fn mane(self) -> Option<Mane> {
        match self.0 & 3 {
            Self::SELECT => Some(Mane::Select),
            Self::PLUS_CLINICAL => Some(Mane::PlusClinical),
            _ => None,
        }
    }

    /// Whether the transcript is the canonical one of its gene.
    pub const fn canonical(self) -> bool {
        self.0 & Self::CANONICAL != 0
    }
}

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
    /// [`TranscriptMarks`] of the chosen transcript.
    marks: Vec<u8>,
    /// By category column: the numbers of the values.
    pub categories: Vec<Vec<u16>>,
    /// By numeric column of a source: the bits of the values that the table shows.
    pub numbers: Vec<Vec<u32>>,
    texts: Vec<Vec<u8>>,
}

/// The bits of a missing number.
pub(crate) const NO_NUMBER: u32 = f32::NAN.to_bits();

impl RowChunkBuilder {
    /// A chunk without records.
    pub fn new(counts: ColumnCounts) -> Self {
        let RowCounts { numbers, texts } = counts.of_rows.unwrap_or_default();
        Self {
            categories: vec![Vec::new(); counts.categories],
            numbers: vec![Vec::new(); numbers],
            texts: vec![Vec::new(); TEXTS_OF_ALL + texts],
            ..Self::default()
        }
    }

    /// The number of records.
    pub fn rows(&self) -> usize {
        self.positions.len()
    }

    /// Adds a text of the current record. Every record has each text, in any order.
    pub fn push_text(&mut self, part: RowText, text: &[u8]) {
        let texts = &mut self.texts[part.at()];
        texts.extend_from_slice(text);
        texts.push(END);
    }

    /// Adds the marks of the transcript of the current record.
    pub fn push_marks(&mut self, marks: TranscriptMarks) {
        self.marks.push(marks.0);
    }

    /// Adds the HGVS coding description of the current record, whose prefix usually is the transcript.
    pub fn push_hgvs_c(&mut self, text: &[u8], transcript: &[u8]) {
        let rest = text.strip_prefix(transcript).and_then(|rest| rest.strip_prefix(b":"));
        let texts = &mut self.texts[RowText::HgvsC.at()];
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
            self.marks,
        ];
        let categories = self.categories.into_iter();
        parts.extend(categories.map(|values| encoded(Column::U16(values), Encoding::U16)));
        parts.extend(self.numbers.into_iter().map(|values| {
            // A column without values in this chunk has no bytes.
            let has_value = values.iter().any(|bits| *bits != NO_NUMBER);
            if has_value { encoded(Column::U32(values), Encoding::U32) } else { Vec::new() }
        }));
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
    /// By record: [`TranscriptMarks`]; empty in version 4.
    marks: Vec<u8>,
    categories: Vec<Column>,
    /// Without values if no record of the chunk has one.
    numbers: Vec<Column>,
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
        let RowCounts { numbers, texts } = counts.of_rows.unwrap_or_default();
        let is_version_4 = counts.of_rows.is_none();
        let texts = if is_version_4 { TEXTS_OF_VERSION_4 } else { TEXTS_OF_ALL + texts };
        let parts = FIXED.len() + usize::from(!is_version_4) + counts.categories + numbers + texts;
        let (lengths, mut rest) = text.split_at_checked(parts * 4).ok_or_else(wrong_shape)?;
        let mut lengths = lengths.chunks_exact(4);
        let mut next = || {
            let length = lengths.next().and_then(|bytes| bytes.try_into().ok());
            let length = u32::from_le_bytes(length.unwrap_or_default()) as usize;
            let (part, after) = rest.split_at_checked(length).ok_or_else(wrong_shape)?;
            rest = after;
            Ok::<_, Error>(part.to_vec())
        };
        let fixed = FIXED.into_iter().map(|encoding| decode_as(next()?, encoding, rows));
        let fixed = fixed.collect::<Result<_, _>>()?;
        let marks = if is_version_4 { Vec::new() } else { next()? };
        if !is_version_4 && marks.len() != rows {
            return Err(wrong_shape());
        }
        let categories = (0..counts.categories).map(|_| decode_as(next()?, Encoding::U16, rows));
        let categories = categories.collect::<Result<_, _>>()?;
        let numbers = (0..numbers).map(|_| match next()? {
            none if none.is_empty() => Ok(Column::U32(Vec::new())),
            values => decode_as(values, Encoding::U32, rows),
        });
        let numbers = numbers.collect::<Result<_, _>>()?;
        let texts = (0..texts).map(|_| {
            let bytes = next()?;
            let ends: Vec<u32> = memchr::memchr_iter(END, &bytes).map(|end| end as u32).collect();
            if ends.len() == rows { Ok(Texts { bytes, ends }) } else { Err(wrong_shape()) }
        });
        let texts = texts.collect::<Result<_, _>>()?;
        Ok(Self { fixed, marks, categories, numbers, texts })
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
        self.categories.get(column)?.at(row)
    }

    /// The value of a numeric column of a source, by its number among those.
    pub fn number(&self, column: usize, row: usize) -> Option<f32> {
        let number = f32::from_bits(self.numbers.get(column)?.at(row)?);
        (!number.is_nan()).then_some(number)
    }

    /// What marks the transcript of a record; nothing in version 4.
    pub fn marks(&self, row: usize) -> TranscriptMarks {
        TranscriptMarks(self.marks.get(row).copied().unwrap_or_default())
    }

    /// A text of a record; empty if the version does not have it.
    pub fn text(&self, part: RowText, row: usize) -> &[u8] {
        let Some(texts) = self.texts.get(part.at()) else { return &[] };
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
        let columns = self.fixed.iter().chain(&self.categories).chain(&self.numbers);
        let bytes = self.marks.len() + texts.sum::<usize>();
        columns.map(Column::weight).sum::<u64>() + bytes as u64
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
        let of_rows = Some(RowCounts { numbers: 2, texts: 1 });
        let counts = ColumnCounts { numeric: 4, categories: 1, samples: 0, of_rows };
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
            builder.numbers[0].push(NO_NUMBER);
            builder.numbers[1].push(if row == 0 { NO_NUMBER } else { 0.5f32.to_bits() });
            builder.push_marks(TranscriptMarks::new(Some(Mane::PlusClinical), row == 1));
            for part in [RowText::Id, RowText::Alt, RowText::Qual, RowText::HgvsP, RowText::Intron]
            {
                builder.push_text(part, b"");
            }
            builder.push_text(RowText::Exon, b"3/9");
            builder.push_text(RowText::Column(0), &b"note"[..row as usize]);
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
        assert_eq!(
            (chunk.number(0, 1), chunk.number(1, 0), chunk.number(1, 2)),
            (None, None, Some(0.5))
        );
        let marks = [0, 1, 9].map(|row| (chunk.marks(row).mane(), chunk.marks(row).canonical()));
        let plus_clinical = Some(Mane::PlusClinical);
        assert_eq!(marks, [(plus_clinical, false), (plus_clinical, true), (None, false)]);
        assert_eq!(
            (chunk.text(RowText::Exon, 0), chunk.text(RowText::Column(0), 2)),
            (&b"3/9"[..], &b"no"[..])
        );
        assert_eq!(
            (chunk.text(RowText::HgvsP, 9), chunk.text(RowText::Column(7), 0)),
            (&b""[..], &b""[..])
        );
        assert!(RowChunk::decode(&text, counts, 4).is_err());
        for cut in 0..text.len() {
            assert!(RowChunk::decode(&text[..cut], counts, 3).is_err(), "{cut}");
        }
    }
}
