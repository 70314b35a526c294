//! Values of source columns as INFO keys with a value for each ALT, for formats that have no fields for them.

use super::line_field::LineField;
use super::source_set::AddedColumn;
use crate::info::begin_field;

/// The values of a column for the alleles of a record.
#[derive(Debug)]
pub(super) struct InfoColumn<'r> {
    key: &'r str,
    /// How the values of a record with one ALT are written.
    pub(super) field: LineField,
    /// Where the values of the current allele are; `None` if they are its identifiers.
    pub(super) value: Option<usize>,
    /// Whether the look-up writes the values of a record with one ALT.
    pub(super) is_in_line: bool,
    /// The values so far, separated by commas.
    text: Vec<u8>,
    /// The number of values in `text`.
    alleles: usize,
}

impl<'r> InfoColumn<'r> {
    /// A column whose values are at a position among those of an allele, unless they are identifiers.
    pub(super) fn new(column: &'r AddedColumn, value: usize, is_in_line: bool) -> Self {
        Self {
            key: &column.info_key,
            field: LineField::new(column, true),
            value: (!column.is_identifier()).then_some(value),
            is_in_line,
            text: Vec::new(),
            alleles: 0,
        }
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.alleles = 0;
    }

    /// Sets the value of the allele with a number from 0; the alleles before it that have none are missing values.
    pub(super) fn set(&mut self, allele: usize, value: &[u8]) {
        if value.is_empty() {
            return;
        }
        self.fill(allele);
        let value = self.field.shown(value);
        if self.alleles > 0 {
            self.text.push(b',');
        }
        self.text.extend_from_slice(value);
        self.alleles += 1;
    }

    /// Appends the field to INFO, which begins at `info_start` of `out`, of a record with a number of alleles, if it has a
    /// value.
    pub(super) fn write(&mut self, alleles: usize, out: &mut Vec<u8>, info_start: usize) {
        if self.alleles == 0 {
            return;
        }
        self.fill(alleles);
        begin_field(out, info_start);
        out.extend_from_slice(self.key.as_bytes());
        out.push(b'=');
        out.extend_from_slice(&self.text);
    }

    fn fill(&mut self, alleles: usize) {
        while self.alleles < alleles {
            if self.alleles > 0 {
                self.text.push(b',');
            }
            self.text.push(b'.');
            self.alleles += 1;
        }
    }
}
