//! The interface of everything that is known about alleles: tracks of a reference and source files.

use crate::model::{Gene, Transcript};
use crate::reference::ContigView;
use crate::variant::Variant;
use gas_sources::{AlleleQuery, Damaged};
use std::fmt::Debug;

/// An allele that is looked up.
#[derive(Clone, Copy)]
pub(super) struct Query<'a> {
    /// The contig.
    pub(super) contig: &'a ContigView<'a>,
    /// The allele.
    pub(super) variant: &'a Variant<'a>,
    /// A sequence allele in the forms that sources compare.
    pub(super) allele: Option<AlleleQuery<'a>>,
}

impl Query<'_> {
    /// The first and the last base by which the allele is in a region.
    pub(super) fn region(&self) -> (i32, i32) {
        self.variant.region()
    }
}

/// A gene and a transcript of it, for which an entry of CSQ is written.
#[derive(Clone, Copy)]
pub(crate) struct EntryKey<'a> {
    /// The contig of both.
    pub(crate) contig: &'a ContigView<'a>,
    /// The transcript.
    pub(crate) transcript: &'a Transcript,
}

impl<'a> EntryKey<'a> {
    /// The gene.
    pub(super) fn gene(&self) -> Option<&'a Gene> {
        self.contig.model.genes.get(self.transcript.gene as usize)
    }
}

/// One data set of co-located data, a track or a source file. Each thread has its own.
pub(super) trait DataSet: Debug {
    /// Adds what is known about an allele to `found`. Returns whether any entry matches.
    ///
    /// # Errors
    /// [`Damaged`] if the data are.
    fn look_up(&mut self, query: &Query<'_>, found: &mut Found<'_>) -> Result<bool, Damaged>;

    /// Appends the values that depend on gene or transcript, each after a `|`, for the allele of the last look-up.
    /// Returns whether there is a value.
    ///
    /// # Errors
    /// [`Damaged`] if the data are.
    fn write_entry(&mut self, _: &EntryKey<'_>, _: &mut Vec<u8>) -> Result<bool, Damaged> {
        Ok(false)
    }
}

/// Collects what a data set knows about an allele.
pub(crate) struct Found<'a> {
    pub(super) identifiers: &'a mut Vec<u8>,
    pub(super) values: &'a mut [Vec<u8>],
    /// The values that are written where they stay, in the order of the data sets, as the fields of the data set say.
    /// `None` if they are collected in `values` instead.
    pub(super) line: Option<&'a mut Vec<u8>>,
    pub(super) info: &'a mut Vec<u8>,
    pub(super) in_dbsnp: &'a mut bool,
    pub(super) max_frequency: &'a mut MaxFrequency,
}

impl Found<'_> {
    /// Adds an identifier to Existing_variation, unless it is empty or present.
    pub(super) fn push_identifier(&mut self, id: &[u8]) {
        push_distinct(self.identifiers, id, b'&');
    }

    /// Adds a value to a field of the data set, by the field's index in its declaration, unless the
    /// value is empty or present.
    pub(super) fn push(&mut self, field: usize, value: &[u8]) {
        push_distinct(&mut self.values[field], value, b'&');
    }

    /// Adds a value to the INFO key of the track, unless it is empty or present.
    pub(super) fn push_info(&mut self, value: &[u8]) {
        push_distinct(self.info, value, b',');
    }

    /// Marks the record as known to dbSNP.
    pub(super) fn mark_in_dbsnp(&mut self) {
        *self.in_dbsnp = true;
    }
}

/// Appends an item to a list unless it is empty or present.
fn push_distinct(list: &mut Vec<u8>, item: &[u8], separator: u8) {
    let start = list.len();
    if start > 0 {
        list.push(separator);
    }
    list.extend_from_slice(item);
    keep_if_new(list, start, separator);
}

/// Removes what was appended to a list at `start`, a separator and an item, if the item is empty or in the list already.
pub(super) fn keep_if_new(list: &mut Vec<u8>, start: usize, separator: u8) {
    let (before, item) = list.split_at(start);
    let Some((_, item)) = item.split_first().filter(|_| start > 0) else { return };
    if item.is_empty() || before == item || before.split(|b| *b == separator).any(|b| b == item) {
        list.truncate(start);
    }
}

/// The greatest frequency of an allele in any population, and the populations that have it.
#[derive(Clone, Debug, Default)]
pub(super) struct MaxFrequency {
    frequency: Option<f64>,
    populations: Vec<u8>,
}

impl MaxFrequency {
    /// Starts an allele.
    pub(super) fn clear(&mut self) {
        self.frequency = None;
    }

    /// Adds the frequency in a population.
    #[inline]
    pub(super) fn add(&mut self, frequency: f64, population: &str) {
        let greatest = self.frequency.unwrap_or(-1.0);
        if frequency < greatest {
            return;
        }
        if frequency > greatest {
            self.populations.clear();
            self.frequency = Some(frequency);
        }
        if frequency > 0.0 {
            push_distinct(&mut self.populations, population.as_bytes(), b'&');
        }
    }

    /// The greatest frequency, if the allele has any.
    pub(super) const fn frequency(&self) -> Option<f64> {
        self.frequency
    }

    /// The populations that have it, separated by `&`; none if it is 0.
    pub(super) fn populations(&self) -> &[u8] {
        if self.frequency.is_some() { &self.populations } else { b"" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_of_a_list_are_distinct() {
        let mut list = Vec::new();
        for item in [&b""[..], b"a", b"b&c", b"a", b"", b"b&c", b"ab", b"c"] {
            push_distinct(&mut list, item, b'&');
        }
        assert_eq!(list, b"a&b&c&b&c&ab");
        let mut whole = b"b&c".to_vec();
        push_distinct(&mut whole, b"b&c", b'&');
        assert_eq!(whole, b"b&c");
    }

    #[test]
    fn the_greatest_frequency_names_its_populations() {
        let mut max = MaxFrequency::default();
        assert_eq!((max.frequency(), max.populations()), (None, &b""[..]));
        max.add(0.0, "AFR");
        assert_eq!((max.frequency(), max.populations()), (Some(0.0), &b""[..]));
        for (frequency, population) in [(0.25, "AMR"), (0.5, "EAS"), (0.5, "EUR"), (0.1, "SAS")] {
            max.add(frequency, population);
        }
        assert_eq!((max.frequency(), max.populations()), (Some(0.5), &b"EAS&EUR"[..]));
        max.clear();
        assert_eq!((max.frequency(), max.populations()), (None, &b""[..]));
    }
}
