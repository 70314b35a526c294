//! The values of the category columns of a record that are read from fields.

use crate::bounded::start;
use crate::columns::Sources;
use crate::limits::FACET_BYTES;
use gas_shared::explorer::{CategoryColumn, OTHER_VALUE};
use percent_encoding::percent_decode;
use std::borrow::Cow;
use std::sync::Arc;

/// The most values of a record.
const MAX_VALUES: usize = 16;

/// The distinct values of one record, by column.
#[derive(Debug)]
pub(crate) struct RecordCategories(Vec<Values>);

#[derive(Debug)]
struct Values {
    column: Arc<CategoryColumn>,
    separators: &'static [u8],
    /// Rank of the field that the values come from.
    rank: Option<u8>,
    /// The values, separated by `;`.
    text: Vec<u8>,
    count: usize,
    /// The text that was read last: every transcript of an allele repeats its values.
    last: Vec<u8>,
}

impl RecordCategories {
    /// No values.
    pub fn new(sources: &Sources) -> Self {
        let values = sources.own_categories().map(|(column, separators)| Values {
            column: column.clone(),
            separators,
            rank: None,
            text: Vec::new(),
            count: 0,
            last: Vec::new(),
        });
        Self(values.collect())
    }

    /// Starts a record.
    pub fn begin(&mut self) {
        for values in &mut self.0 {
            if values.rank.take().is_some() {
                values.count = 0;
                values.text.clear();
                values.last.clear();
            }
        }
    }

    /// Adds the values of a field, unless a preferred field has values.
    pub fn add(&mut self, column: u8, rank: u8, text: &[u8]) {
        let Some(values) = self.0.get_mut(usize::from(column)) else { return };
        if values.rank.is_some_and(|found| found < rank)
            || (values.rank == Some(rank) && values.last == text)
        {
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
            values.push(&decoded(value));
        }
        values.last.clear();
        values.last.extend_from_slice(text);
    }

    /// Replaces the values of a column, separated by `;`.
    pub fn set(&mut self, column: usize, text: &[u8]) {
        if let Some(values) = self.0.get_mut(column) {
            values.text.clear();
            values.text.extend_from_slice(text);
        }
    }

    /// The values of each column, separated by `;`; empty if the record has none.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<CategoryColumn>, &[u8])> {
        self.0.iter().map(|values| (&values.column, values.text.as_slice()))
    }
}

/// A value without the percent-encoding of VCF, unless that gives a `;`, which separates values.
pub(crate) fn decoded(value: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'%', value).is_none() {
        return Cow::Borrowed(value);
    }
    let decoded: Cow<'_, [u8]> = percent_decode(value).into();
    if decoded.contains(&b';') { Cow::Borrowed(value) } else { decoded }
}

impl Values {
    fn push(&mut self, value: &[u8]) {
        let column = &self.column;
        let mut listed = column.listed().iter().map(|value| value.name.as_bytes());
        let value = match listed.find(|name| name.eq_ignore_ascii_case(value)) {
            Some(name) => name,
            // A `;` would separate values.
            None if column.is_listed() || value.contains(&b';') => OTHER_VALUE.as_bytes(),
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
