//! A block: some thousand rows of a contig, each value of which can be read alone.
//!
//! Layout: number of rows `u32`, number of slots `u32`, offset of each slot from the start of the block `u32`
//! (0 if it is not used), the slots, eight zero bytes. The slots are
//! - 0, starts: [`monotone`];
//! - 1, regions only: end minus start, a column;
//! - 2, regions only: the largest end of each group of [`GROUP`] rows, a column;
//! - 3, alleles only: codes ([`levels`]);
//! - 4, long alleles (number of bases of REF `u32`, REF, ALT), or the keys of a table by gene: texts;
//! - from 5: the columns of the source: integers, numbers of texts in the dictionary, or texts;
//! - after the columns: all integers row by row ([`packed_rows`]), of sources with many columns, which then have no
//!   slots of integers.

use crate::allele_code;
use crate::encoding::column::{self, ColumnReader};
use crate::encoding::levels::{self, Levels, Plan, Widths};
use crate::encoding::monotone::{self, Monotone};
use crate::encoding::rows::{self as packed_rows, Field, PackedRows};
use crate::encoding::scale::MISSING;
use crate::encoding::text::{self, Texts};
use crate::encoding::{Damaged, MAX_ROWS, bits, put_u32, u32_at};
use crate::metadata::{Column, ColumnKind};
use std::ops::Range;

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
    /// Whether integers are written row by row.
    by_row: bool,
}

impl BlockBuffer {
    /// Rows without values yet. `is_text` says of each column whether it has texts, and `by_row` whether integers are written row
    /// by row.
    pub(crate) fn new(is_text: impl Iterator<Item = bool>, by_row: bool) -> Self {
        let column = |is_text| {
            if is_text {
                ColumnBuffer::Texts(Texts::default())
            } else {
                ColumnBuffer::Integers(Vec::new())
            }
        };
        Self { columns: is_text.map(column).collect(), by_row, ..Self::default() }
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

    /// The integers of each column that has integers.
    fn integers(&self) -> Vec<&[i64]> {
        let integers = self.columns.iter().filter_map(|column| match column {
            ColumnBuffer::Integers(values) => Some(values.as_slice()),
            ColumnBuffer::Texts(_) => None,
        });
        integers.collect()
    }

    /// Appends the block and removes its rows.
    pub(crate) fn write(&mut self, out: &mut Vec<u8>) {
        let start = out.len();
        let slots = COLUMNS + self.columns.len() + usize::from(self.by_row);
        put_u32(out, self.rows);
        put_u32(out, slots);
        out.extend(std::iter::repeat_n(0, 4 * slots));
        let slot_at = |out: &mut Vec<u8>, number: usize, at: usize| {
            let offset = ((at - start) as u32).to_le_bytes();
            out[start + 8 + 4 * number..][..4].copy_from_slice(&offset);
        };
        let slot = |out: &mut Vec<u8>, number: usize| slot_at(out, number, out.len());
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
        let by_row = self.by_row && {
            let at = out.len();
            let is_written = packed_rows::write(out, &self.integers());
            if is_written {
                slot_at(out, slots - 1, at);
            }
            is_written
        };
        for (number, column) in self.columns.iter_mut().enumerate() {
            match column {
                ColumnBuffer::Integers(values) => {
                    if !by_row {
                        slot(out, COLUMNS + number);
                        column::write(out, values);
                    }
                    values.clear();
                }
                ColumnBuffer::Texts(texts) => {
                    slot(out, COLUMNS + number);
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

/// A value that stands for a missing one in [`ColumnBuffer::Integers`].
pub(crate) const NO_VALUE: i64 = MISSING;

/// The number of rows of a block.
pub(crate) fn rows(bytes: &[u8]) -> Result<usize, Damaged> {
    let rows = u32_at(bytes, 0)?;
    if rows > MAX_ROWS {
        return Err(Damaged("a block has too many rows"));
    }
    Ok(rows)
}

/// The key of the first row of a block of genes.
pub(crate) fn first_key(bytes: &[u8]) -> Result<&[u8], Damaged> {
    let texts = slot(bytes, TEXTS)?.ok_or(NO_SLOT)?;
    text::get(bytes, &Monotone::new(bytes, texts)?, 0)
}

const NO_SLOT: Damaged = Damaged("a block lacks a slot");

/// The offset of a slot; `None` if it is not used.
#[inline]
fn slot(bytes: &[u8], number: usize) -> Result<Option<usize>, Damaged> {
    if number >= u32_at(bytes, 4)? {
        return Ok(None);
    }
    let offset = u32_at(bytes, 8 + 4 * number)?;
    Ok((offset > 0).then_some(offset))
}

/// The headers of a block, which are read once for all its values.
#[derive(Clone, Debug, Default)]
pub(crate) struct BlockHeaders {
    rows: usize,
    starts: Option<Monotone>,
    lengths: Option<ColumnReader>,
    group_ends: Option<ColumnReader>,
    alleles: Option<Levels>,
    texts: Option<Monotone>,
    packed: Option<PackedRows>,
    columns: Vec<ColumnHeader>,
}

/// The header of a column of the source.
#[derive(Clone, Copy, Debug)]
enum ColumnHeader {
    /// Integers, or numbers of texts in a dictionary.
    Integers(ColumnReader),
    /// As integers, which are in the rows.
    InRows(Field),
    /// Texts.
    Texts(Monotone),
}

impl BlockHeaders {
    /// The headers of a block without rows.
    pub(crate) const NONE: &Self = &Self {
        rows: 0,
        starts: None,
        lengths: None,
        group_ends: None,
        alleles: None,
        texts: None,
        packed: None,
        columns: Vec::new(),
    };

    /// The bytes from the start of the block in which rows are found, if integers are row by row.
    pub(crate) fn search_bytes(&self) -> Option<usize> {
        self.packed.as_ref().map(PackedRows::data)
    }

    /// Reads the headers of another block, of a source with these columns.
    pub(crate) fn read(&mut self, bytes: &[u8], columns: &[Column]) -> Result<(), Damaged> {
        let rows = rows(bytes)?;
        let monotone = |number| {
            let start = slot(bytes, number)?;
            start.map(|start| Monotone::new(bytes, start)).transpose()
        };
        let column = |number, rows| {
            let start = slot(bytes, number)?;
            start.map(|start| ColumnReader::new(bytes, start, rows)).transpose()
        };
        self.rows = rows;
        self.starts = monotone(STARTS)?;
        self.lengths = column(LENGTHS, rows)?;
        self.group_ends = column(GROUP_ENDS, rows.div_ceil(GROUP))?;
        let alleles = slot(bytes, ALLELES)?;
        self.alleles = alleles.map(|start| Levels::new(bytes, start, rows)).transpose()?;
        self.texts = monotone(TEXTS)?;
        self.columns.clear();
        let is_text = |column: &Column| column.kind == ColumnKind::Text;
        self.packed = match slot(bytes, COLUMNS + columns.len())? {
            None => None,
            Some(start) => {
                let count = columns.iter().filter(|column| !is_text(column)).count();
                let found = |field| self.columns.push(ColumnHeader::InRows(field));
                Some(PackedRows::new(bytes, start, (rows, count), found)?)
            }
        };
        for (at, (described, number)) in columns.iter().zip(COLUMNS..).enumerate() {
            if is_text(described) {
                let start = slot(bytes, number)?.ok_or(NO_SLOT)?;
                let texts = ColumnHeader::Texts(Monotone::new(bytes, start)?);
                self.columns.insert(at, texts);
            } else if self.packed.is_none() {
                let start = slot(bytes, number)?.ok_or(NO_SLOT)?;
                let integers = ColumnReader::new(bytes, start, rows)?;
                self.columns.push(ColumnHeader::Integers(integers));
            }
        }
        Ok(())
    }
}

/// A reader of a block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block<'a> {
    bytes: &'a [u8],
    headers: &'a BlockHeaders,
}

/// Calls a method of [`Block`] as it is compiled with the processor's instruction that counts ones, if there is one. Ranks
/// count ones, and programs for any x86-64 do so in a dozen instructions.
macro_rules! with_popcnt {
    ($block:expr, $fast:ident, $any:ident, $($argument:expr),*) => {{
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("popcnt") {
            // SAFETY: the processor has the instruction.
            #[expect(unsafe_code, reason = "functions for one kind of processor are unsafe to call")]
            return unsafe { $block.$fast($($argument),*) };
        }
        $block.$any($($argument),*)
    }};
}

impl<'a> Block<'a> {
    /// A block without rows.
    pub(crate) const EMPTY: Self = Self { bytes: &[], headers: BlockHeaders::NONE };

    /// A block whose headers have been read.
    #[inline]
    pub(crate) const fn new(bytes: &'a [u8], headers: &'a BlockHeaders) -> Self {
        Self { bytes, headers }
    }

    /// The number of rows.
    pub(crate) const fn rows(&self) -> usize {
        self.headers.rows
    }

    #[inline(always)]
    fn starts(&self) -> Result<&'a Monotone, Damaged> {
        self.headers.starts.as_ref().ok_or(NO_SLOT)
    }

    /// The start of a row.
    pub(crate) fn start(&self, row: usize) -> Result<u32, Damaged> {
        self.starts()?.get(self.bytes, row)
    }

    /// The first row that does not start before a position.
    pub(crate) fn first_row_from(&self, position: u32) -> Result<usize, Damaged> {
        self.starts()?.lower_bound(self.bytes, position)
    }

    /// The rows that start at a position.
    #[inline]
    pub(crate) fn rows_at(&self, position: u32) -> Result<Range<usize>, Damaged> {
        with_popcnt!(self, rows_at_fast, rows_at_any, position)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "popcnt")]
    fn rows_at_fast(&self, position: u32) -> Result<Range<usize>, Damaged> {
        self.rows_at_any(position)
    }

    #[inline(always)]
    fn rows_at_any(&self, position: u32) -> Result<Range<usize>, Damaged> {
        self.starts()?.equal_range(self.bytes, position)
    }

    /// The last position of the region of a row that starts at `start`.
    pub(crate) fn end(&self, row: usize, start: u32) -> Result<u32, Damaged> {
        let length = self.headers.lengths.as_ref().ok_or(NO_SLOT)?.get(self.bytes, row)?;
        let length = length.and_then(|length| u32::try_from(length).ok());
        let end = length.and_then(|length| start.checked_add(length));
        end.ok_or(Damaged("a region has no valid end"))
    }

    /// The largest end of a group of regions.
    pub(crate) fn group_end(&self, group: usize) -> Result<u32, Damaged> {
        let end = self.headers.group_ends.as_ref().ok_or(NO_SLOT)?.get(self.bytes, group)?;
        end.and_then(|end| u32::try_from(end).ok()).ok_or(Damaged("a region has no valid end"))
    }

    /// The code of the allele of a row.
    #[inline(always)]
    pub(crate) fn code(&self, row: usize) -> Result<u64, Damaged> {
        self.headers.alleles.as_ref().ok_or(NO_SLOT)?.get(self.bytes, row)
    }

    /// The first of some rows whose allele has a code.
    #[inline]
    pub(crate) fn row_of_code(
        &self,
        rows: Range<usize>,
        code: u64,
    ) -> Result<Option<usize>, Damaged> {
        with_popcnt!(self, row_of_code_fast, row_of_code_any, rows, code)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "popcnt")]
    fn row_of_code_fast(&self, rows: Range<usize>, code: u64) -> Result<Option<usize>, Damaged> {
        self.row_of_code_any(rows, code)
    }

    #[inline(always)]
    fn row_of_code_any(&self, rows: Range<usize>, code: u64) -> Result<Option<usize>, Damaged> {
        for row in rows {
            if self.code(row)? == code {
                return Ok(Some(row));
            }
        }
        Ok(None)
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
        text::get(self.bytes, self.headers.texts.as_ref().ok_or(NO_SLOT)?, row)
    }

    /// Appends the integers of all columns of a row, or the numbers of their texts in the dictionary. Missing values, and
    /// those of text columns, are `None`.
    #[inline]
    pub(crate) fn integers(&self, row: usize, out: &mut Vec<Option<i64>>) -> Result<(), Damaged> {
        with_popcnt!(self, integers_fast, integers_any, row, out)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "popcnt")]
    fn integers_fast(&self, row: usize, out: &mut Vec<Option<i64>>) -> Result<(), Damaged> {
        self.integers_any(row, out)
    }

    #[inline(always)]
    fn integers_any(&self, row: usize, out: &mut Vec<Option<i64>>) -> Result<(), Damaged> {
        if let Some(packed) = &self.headers.packed {
            let mut packed = packed.row(self.bytes, row)?;
            for header in &self.headers.columns {
                out.push(match header {
                    ColumnHeader::InRows(field) => packed.next(field)?,
                    _ => None,
                });
            }
            return Ok(());
        }
        for header in &self.headers.columns {
            out.push(match header {
                ColumnHeader::Integers(reader) => reader.get(self.bytes, row)?,
                _ => None,
            });
        }
        Ok(())
    }

    /// The value of an integer column, or the number of its text in the dictionary.
    #[inline]
    pub(crate) fn integer(&self, column: usize, row: usize) -> Result<Option<i64>, Damaged> {
        with_popcnt!(self, integer_fast, integer_any, column, row)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "popcnt")]
    fn integer_fast(&self, column: usize, row: usize) -> Result<Option<i64>, Damaged> {
        self.integer_any(column, row)
    }

    #[inline(always)]
    fn integer_any(&self, column: usize, row: usize) -> Result<Option<i64>, Damaged> {
        match self.headers.columns.get(column) {
            Some(ColumnHeader::Integers(reader)) => reader.get(self.bytes, row),
            Some(ColumnHeader::InRows(_)) => self.packed_integer(column, row),
            _ => Err(NO_SLOT),
        }
    }

    /// The value of a column whose integers are in the rows.
    fn packed_integer(&self, column: usize, row: usize) -> Result<Option<i64>, Damaged> {
        let mut packed = self.headers.packed.as_ref().ok_or(NO_SLOT)?.row(self.bytes, row)?;
        let mut value = None;
        for header in self.headers.columns.iter().take(column + 1) {
            if let ColumnHeader::InRows(field) = header {
                value = packed.next(field)?;
            }
        }
        Ok(value)
    }

    /// The value of a text column; empty if it is missing.
    pub(crate) fn text(&self, column: usize, row: usize) -> Result<&'a [u8], Damaged> {
        match self.headers.columns.get(column) {
            Some(ColumnHeader::Texts(ends)) => text::get(self.bytes, ends, row),
            _ => Err(NO_SLOT),
        }
    }
}
