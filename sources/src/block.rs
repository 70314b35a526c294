//! A block: some thousand rows of a contig, each value of which can be read alone.
//!
//! Layout: number of rows `u32`, number of slots `u32`, offset of each slot from the start of the block `u32`
//! (0 if it is not used), the slots, eight zero bytes. The slots are
//! - 0, starts: [`monotone`];
//! - 1, regions only: end minus start, a column;
//! - 2, regions only: the largest end of each group of [`GROUP`] rows, a column;
//! - 3, alleles only: codes ([`levels`]);
//! - 4, long alleles (number of bases of REF `u32`, REF, ALT), or the keys of a table by gene: texts;
//! - from 5: the columns of the source: integers, numbers of texts in the dictionary, or texts.

use crate::allele_code;
use crate::encoding::column::{self, ColumnReader, MISSING};
use crate::encoding::levels::{self, Levels, Plan, Widths};
use crate::encoding::monotone::{self, Monotone};
use crate::encoding::text::{self, Texts};
use crate::encoding::{Damaged, MAX_ROWS, bits, put_u32, tail, u32_at};
use std::cell::OnceCell;

/// The rows of a group of regions with a common largest end.
pub(crate) const GROUP: usize = 64;

/// The longest text or allele, in bytes.
pub(crate) const MAX_TEXT: usize = 1 << 20;

const STARTS: usize = 0;
const LENGTHS: usize = 1;
const GROUP_ENDS: usize = 2;
const ALLELES: usize = 3;
const TEXTS: usize = 4;
const COLUMNS: usize = 5;

/// The values of a column that are being collected.
#[derive(Clone, Debug)]
pub(crate) enum ColumnBuffer {
    /// Integers, or numbers of texts in a dictionary.
    Integers(Vec<i64>),
    /// Texts.
    Texts(Texts),
}

/// Rows that are being collected for a block.
#[derive(Clone, Debug, Default)]
pub(crate) struct BlockBuffer {
    pub(crate) starts: Vec<u32>,
    pub(crate) ends: Vec<u32>,
    alleles: Vec<u64>,
    texts: Texts,
    pub(crate) columns: Vec<ColumnBuffer>,
    rows: usize,
}

impl BlockBuffer {
    /// Rows without values yet. `is_text` says of each column whether it has texts.
    pub(crate) fn new(is_text: impl Iterator<Item = bool>) -> Self {
        let column = |is_text| {
            if is_text {
                ColumnBuffer::Texts(Texts::default())
            } else {
                ColumnBuffer::Integers(Vec::new())
            }
        };
        Self { columns: is_text.map(column).collect(), ..Self::default() }
    }

    /// The number of rows.
    pub(crate) const fn rows(&self) -> usize {
        self.rows
    }

    /// Ends a row.
    pub(crate) const fn end_row(&mut self) {
        self.rows += 1;
    }

    /// The bytes of all texts.
    pub(crate) fn text_bytes(&self) -> usize {
        let columns = self.columns.iter().map(|column| match column {
            ColumnBuffer::Integers(_) => 0,
            ColumnBuffer::Texts(texts) => texts.size(),
        });
        self.texts.size() + columns.sum::<usize>()
    }

    /// Adds the allele of the row.
    pub(crate) fn push_allele(&mut self, reference: &[u8], alt: &[u8]) {
        let code = allele_code::of(reference, alt).unwrap_or_else(|| {
            let index = self.texts.len() as u64;
            let length = (reference.len() as u32).to_le_bytes();
            self.texts.push(&[&length, reference, alt].concat());
            allele_code::FIRST_LONG + index
        });
        self.alleles.push(code);
    }

    /// Adds the key of the row.
    pub(crate) fn push_key(&mut self, key: &[u8]) {
        self.texts.push(key);
    }

    /// Appends the block and removes its rows.
    pub(crate) fn write(&mut self, out: &mut Vec<u8>) {
        let start = out.len();
        let slots = COLUMNS + self.columns.len();
        put_u32(out, self.rows);
        put_u32(out, slots);
        out.extend(std::iter::repeat_n(0, 4 * slots));
        let slot = |out: &mut Vec<u8>, number: usize| {
            let offset = ((out.len() - start) as u32).to_le_bytes();
            out[start + 8 + 4 * number..][..4].copy_from_slice(&offset);
        };
        if !self.starts.is_empty() {
            slot(out, STARTS);
            monotone::write(out, &self.starts);
        }
        if !self.ends.is_empty() {
            slot(out, LENGTHS);
            let lengths = self.ends.iter().zip(&self.starts);
            let lengths: Vec<i64> = lengths.map(|(end, start)| i64::from(end - start)).collect();
            column::write(out, &lengths);
            slot(out, GROUP_ENDS);
            let largest = |ends: &[u32]| ends.iter().copied().max().unwrap_or_default().into();
            let ends: Vec<i64> = self.ends.chunks(GROUP).map(largest).collect();
            column::write(out, &ends);
        }
        if !self.alleles.is_empty() {
            slot(out, ALLELES);
            let plan = Plan::new(&Widths::of(self.alleles.iter().copied()));
            levels::write(out, &plan, &self.alleles);
        }
        if self.texts.len() > 0 {
            slot(out, TEXTS);
            self.texts.write(out);
        }
        for (number, column) in self.columns.iter_mut().enumerate() {
            slot(out, COLUMNS + number);
            match column {
                ColumnBuffer::Integers(values) => {
                    column::write(out, values);
                    values.clear();
                }
                ColumnBuffer::Texts(texts) => {
                    texts.write(out);
                    texts.clear();
                }
            }
        }
        out.extend([0; bits::PADDING]);
        self.starts.clear();
        self.ends.clear();
        self.alleles.clear();
        self.texts.clear();
        self.rows = 0;
    }
}

/// The codes of the alleles of a block.
pub(crate) struct AlleleCodes<'a> {
    bytes: &'a [u8],
    levels: Levels,
}

impl AlleleCodes<'_> {
    /// The code of a row.
    #[inline]
    pub(crate) fn get(&self, row: usize) -> Result<u64, Damaged> {
        self.levels.get(self.bytes, row)
    }
}

/// A value that stands for a missing one in [`ColumnBuffer::Integers`].
pub(crate) const NO_VALUE: i64 = MISSING;

/// The headers of columns that have been read, by column. They belong to one block.
pub(crate) type ColumnReaders = [OnceCell<ColumnReader>];

/// A reader of a block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block<'a> {
    bytes: &'a [u8],
    rows: usize,
    columns: &'a ColumnReaders,
}

impl<'a> Block<'a> {
    /// A block without rows.
    pub(crate) const EMPTY: Self = Self { bytes: &[], rows: 0, columns: &[] };

    /// Reads the header. Headers of columns are kept in `columns`.
    #[inline]
    pub(crate) fn new(bytes: &'a [u8], columns: &'a ColumnReaders) -> Result<Self, Damaged> {
        let rows = u32_at(bytes, 0)?;
        if rows > MAX_ROWS {
            return Err(Damaged("a block has too many rows"));
        }
        Ok(Self { bytes, rows, columns })
    }

    /// The number of rows.
    pub(crate) const fn rows(&self) -> usize {
        self.rows
    }

    #[inline]
    fn slot(&self, number: usize) -> Result<&'a [u8], Damaged> {
        let missing = Damaged("a block lacks a slot");
        if number >= u32_at(self.bytes, 4)? {
            return Err(missing);
        }
        match u32_at(self.bytes, 8 + 4 * number)? {
            0 => Err(missing),
            offset => tail(self.bytes, offset),
        }
    }

    /// The starts of the rows.
    #[inline]
    pub(crate) fn starts(&self) -> Result<Monotone<'a>, Damaged> {
        Monotone::new(self.slot(STARTS)?)
    }

    /// The last position of the region of a row that starts at `start`.
    pub(crate) fn end(&self, row: usize, start: u32) -> Result<u32, Damaged> {
        let length = column::get(self.slot(LENGTHS)?, self.rows, row)?;
        let length = length.and_then(|length| u32::try_from(length).ok());
        let end = length.and_then(|length| start.checked_add(length));
        end.ok_or(Damaged("a region has no valid end"))
    }

    /// The largest end of a group of regions.
    pub(crate) fn group_end(&self, group: usize) -> Result<u32, Damaged> {
        let end = column::get(self.slot(GROUP_ENDS)?, self.rows.div_ceil(GROUP), group)?;
        end.and_then(|end| u32::try_from(end).ok()).ok_or(Damaged("a region has no valid end"))
    }

    /// The codes of the alleles.
    #[inline]
    pub(crate) fn codes(&self) -> Result<AlleleCodes<'a>, Damaged> {
        let bytes = self.slot(ALLELES)?;
        Ok(AlleleCodes { bytes, levels: Levels::new(bytes, self.rows)? })
    }

    /// REF and ALT of a long allele.
    pub(crate) fn long_allele(&self, code: u64) -> Result<(&'a [u8], &'a [u8]), Damaged> {
        let index = code.checked_sub(allele_code::FIRST_LONG).and_then(|n| usize::try_from(n).ok());
        let index = index.filter(|index| *index < MAX_ROWS);
        let text = self.key(index.ok_or(Damaged("an allele has no valid code"))?)?;
        let reference = u32_at(text, 0)?;
        text.get(4..)
            .and_then(|bases| bases.split_at_checked(reference))
            .ok_or(Damaged("an allele is too short"))
    }

    /// The key of a row of a table by gene.
    pub(crate) fn key(&self, row: usize) -> Result<&'a [u8], Damaged> {
        text::get(self.slot(TEXTS)?, row)
    }

    /// The value of an integer column, or the number of its text in the dictionary.
    #[inline]
    pub(crate) fn integer(&self, column: usize, row: usize) -> Result<Option<i64>, Damaged> {
        let bytes = self.slot(COLUMNS + column)?;
        let Some(kept) = self.columns.get(column) else {
            return column::get(bytes, self.rows, row);
        };
        match kept.get() {
            Some(reader) => reader.get(bytes, row),
            None => {
                let reader = ColumnReader::new(bytes, self.rows)?;
                kept.get_or_init(|| reader).get(bytes, row)
            }
        }
    }

    /// The value of a text column; empty if it is missing.
    pub(crate) fn text(&self, column: usize, row: usize) -> Result<&'a [u8], Damaged> {
        text::get(self.slot(COLUMNS + column)?, row)
    }
}
