//! The values of the text columns of a record.

use crate::bounded::start;
use crate::columns::{OF_SOURCES, Sources};
use crate::limits::COLUMN_TEXT_BYTES;
use crate::record_categories::decoded;

/// Stands for what a text has more than the index does.
const CUT: &[u8] = "…".as_bytes();

/// The distinct values of one record, by column, separated by `;`.
#[derive(Debug)]
pub(crate) struct RecordTexts(Vec<Values>);

#[derive(Clone, Debug, Default)]
struct Values {
    text: Vec<u8>,
    is_cut: bool,
    /// The text that was read last: every transcript of an allele repeats its values.
    last: Vec<u8>,
}

impl RecordTexts {
    /// No values.
    pub fn new(sources: &Sources) -> Self {
        Self(vec![Values::default(); sources.texts.len()])
    }

    /// Starts a record.
    pub fn begin(&mut self) {
        for values in &mut self.0 {
            values.text.clear();
            values.last.clear();
            values.is_cut = false;
        }
    }

    /// Adds the value of a field.
    pub fn add(&mut self, column: u8, text: &[u8]) {
        let Some(values) = self.0.get_mut(usize::from(column)) else { return };
        if values.is_cut || values.last == text {
            return;
        }
        values.last.clear();
        values.last.extend_from_slice(text);
        for value in text.split(|byte| OF_SOURCES.contains(byte)) {
            if matches!(value, [] | [b'.']) {
                continue;
            }
            let value = decoded(value);
            if values.text.split(|byte| *byte == b';').any(|known| known == &*value) {
                continue;
            }
            if !values.text.is_empty() {
                values.text.push(b';');
            }
            let (value, is_cut) =
                start(&value, COLUMN_TEXT_BYTES.saturating_sub(values.text.len()));
            // Texts of the index are valid UTF-8.
            values.text.extend_from_slice(String::from_utf8_lossy(value).as_bytes());
            if is_cut {
                values.text.extend_from_slice(CUT);
                values.is_cut = true;
                return;
            }
        }
    }

    /// Replaces the text of a column.
    pub fn set(&mut self, column: usize, text: &[u8]) {
        if let Some(values) = self.0.get_mut(column) {
            values.text.clear();
            values.text.extend_from_slice(text);
        }
    }

    /// The text of each column; empty if the record has none.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(|values| values.text.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::explorer::ColumnSet;
    use gas_shared::source::{SourceColumn, SourceColumnKind};

    #[test]
    fn different_values_are_listed_once_and_long_ones_are_cut() {
        let column = SourceColumn {
            name: "note".to_owned(),
            source: "S".to_owned(),
            kind: SourceColumnKind::Text,
            description: String::new(),
        };
        let mut texts = RecordTexts::new(&Sources::of(&ColumnSet::of([column]), &[]));
        let text =
            |texts: &RecordTexts| String::from_utf8(texts.iter().next().unwrap().to_vec()).unwrap();
        texts.begin();
        for value in ["a%2Cb,.", "a%2Cb,.", "c", "", "."] {
            texts.add(0, value.as_bytes());
        }
        assert_eq!(text(&texts), "a,b;c");
        texts.add(0, "é".repeat(COLUMN_TEXT_BYTES).as_bytes());
        texts.add(0, b"more");
        let cut = text(&texts);
        assert!(cut.ends_with('…') && cut.len() < COLUMN_TEXT_BYTES + 10, "{cut}");
        texts.begin();
        assert_eq!(text(&texts), "");
    }
}
