//! The values of the category columns of a record that are read from fields.

use crate::bounded::start;
use crate::columns::{Categories, Sources};
use crate::limits::FACET_BYTES;
use gas_shared::explorer::{CategoryColumn, OTHER_VALUE};

/// The most values of a record.
const MAX_VALUES: usize = 16;

/// The distinct values of one record, by column.
#[derive(Debug)]
pub(crate) struct RecordCategories(Vec<Values>);

#[derive(Debug)]
struct Values {
    column: &'static CategoryColumn,
    separators: &'static [u8],
    /// Rank of the field that the values come from.
    rank: Option<u8>,
    /// The values, separated by `;`.
    text: Vec<u8>,
    count: usize,
}

impl RecordCategories {
    /// No values.
    pub fn new(sources: &Sources) -> Self {
        let values = sources.own_categories().filter_map(|source| {
            let Categories::Fields { separators, .. } = source.values else { return None };
            let column = source.column;
            Some(Values { column, separators, rank: None, text: Vec::new(), count: 0 })
        });
        Self(values.collect())
    }

    /// Starts a record.
    pub fn begin(&mut self) {
        for values in &mut self.0 {
            (values.rank, values.count) = (None, 0);
            values.text.clear();
        }
    }

    /// Adds the values of a field, unless a preferred field has values.
    pub fn add(&mut self, column: u8, rank: u8, text: &[u8]) {
        let Some(values) = self.0.get_mut(usize::from(column)) else { return };
        if values.rank.is_some_and(|found| found < rank) {
            return;
        }
        for value in text.split(|byte| values.separators.contains(byte)) {
            if value.is_empty() || value == b"." {
                continue;
            }
            if values.rank != Some(rank) {
                (values.rank, values.count) = (Some(rank), 0);
                values.text.clear();
            }
            values.push(value);
        }
    }

    /// The values of each column, separated by `;`; empty if the record has none.
    pub fn iter(&self) -> impl Iterator<Item = (&'static CategoryColumn, &[u8])> {
        self.0.iter().map(|values| (values.column, values.text.as_slice()))
    }
}

impl Values {
    fn push(&mut self, value: &[u8]) {
        let listed = self.column.listed().iter();
        let mut listed = listed.map(|value| value.name.as_bytes());
        let value = match listed.find(|name| name.eq_ignore_ascii_case(value)) {
            Some(name) => name,
            // A `;` would separate values.
            None if self.column.is_listed() || value.contains(&b';') => OTHER_VALUE.as_bytes(),
            None => start(value, FACET_BYTES).0,
        };
        let value = if self.count < MAX_VALUES { value } else { OTHER_VALUE.as_bytes() };
        if self.text.split(|byte| *byte == b';').any(|known| known == value) {
            return;
        }
        if self.count > 0 {
            self.text.push(b';');
        }
        self.count += 1;
        self.text.extend_from_slice(value);
    }
}
