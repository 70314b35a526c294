//! Values of source columns as INFO keys with a value for each ALT, for formats that have no fields for them.

use super::source_set::AddedColumn;
use crate::info::begin_field;

/// The values of a column for the alleles of a record.
#[derive(Debug)]
pub(super) struct InfoColumn<'r> {
    column: &'r AddedColumn,
    /// The values so far, separated by commas.
    text: Vec<u8>,
    /// The number of values in `text`.
    alleles: usize,
}

impl<'r> InfoColumn<'r> {
    pub(super) const fn new(column: &'r AddedColumn) -> Self {
        Self { column, text: Vec::new(), alleles: 0 }
    }

    /// Whether the values are the identifiers of the allele.
    pub(super) fn is_identifier(&self) -> bool {
        self.column.is_identifier()
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
        let value = if self.column.has_one_number { largest(value) } else { value };
        self.push(value);
    }

    /// Appends the field to INFO, which begins at `info_start` of `out`, of a record with a number of alleles, if it has a
    /// value.
    pub(super) fn write(&mut self, alleles: usize, out: &mut Vec<u8>, info_start: usize) {
        if self.alleles == 0 {
            return;
        }
        self.fill(alleles);
        begin_field(out, info_start);
        out.extend_from_slice(self.column.info_key.as_bytes());
        out.push(b'=');
        out.extend_from_slice(&self.text);
    }

    fn fill(&mut self, alleles: usize) {
        while self.alleles < alleles {
            self.push(b".");
        }
    }

    fn push(&mut self, value: &[u8]) {
        if self.alleles > 0 {
            self.text.push(b',');
        }
        self.text.extend_from_slice(value);
        self.alleles += 1;
    }
}

/// The largest of several numbers, since a header promises one for each allele.
fn largest(values: &[u8]) -> &[u8] {
    if !values.contains(&b'&') {
        return values;
    }
    let number = |text: &[u8]| std::str::from_utf8(text).ok().and_then(|t| t.parse::<f64>().ok());
    let numbers = values.split(|b| *b == b'&').filter_map(|text| Some((number(text)?, text)));
    numbers.max_by(|(a, _), (b, _)| a.total_cmp(b)).map_or(b".", |(_, text)| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_several_numbers_is_written() {
        for (values, expected) in [
            ("7", "7"),
            ("0.1&1e-05&0.25", "0.25"),
            ("-1&-2", "-1"),
            ("1&...", "1"),
            ("...&x", "."),
        ] {
            assert_eq!(largest(values.as_bytes()), expected.as_bytes(), "{values}");
        }
    }
}
