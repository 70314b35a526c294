//! Counts the facets.

use super::category::{CategoryColumn, Values};
use crate::Error;
use crate::annotation::SoTerms;
use crate::block_columns::BlockColumns;
use crate::format::{BlockEntry, Footer};
use crate::header::cut;
use crate::limits::FACET_BYTES;
use crate::record_features::type_bit;
use crate::selection::Bits;
use gas_shared::explorer::{Facet, Facets, Impact, VariantType};

/// The most values of a facet: assemblies may have thousands of scaffolds.
const MAX_VALUES: usize = 200;

/// Records by value, for each category column.
#[derive(Debug)]
pub(crate) struct Tally {
    counts: [Vec<u64>; CategoryColumn::ALL.len()],
}

impl Tally {
    /// Counts of no record.
    pub fn new(footer: &Footer) -> Self {
        Self { counts: CategoryColumn::ALL.map(|column| vec![0; column.values(footer)]) }
    }

    fn add(&mut self, column: CategoryColumn, value: usize, records: u32) {
        // Values come from a file, so they may be out of range.
        if let Some(count) = self.counts[column as usize].get_mut(value) {
            *count += u64::from(records);
        }
    }

    /// Counts a complete block by its statistics.
    pub fn add_block(&mut self, column: CategoryColumn, block: &BlockEntry) {
        column.for_each_count(block, |value, records| self.add(column, value, records));
    }

    /// Counts some rows of a block.
    pub fn add_rows(
        &mut self,
        column: CategoryColumn,
        block: &BlockColumns,
        rows: &Bits,
    ) -> Result<(), Error> {
        match column.rows(block)? {
            Values::U8(values) => {
                rows.iter().for_each(|row| self.add(column, values[row].into(), 1));
            }
            Values::U16(values) => {
                rows.iter().for_each(|row| self.add(column, values[row].into(), 1));
            }
            Values::U32(values) => {
                rows.iter().for_each(|row| self.add(column, values[row] as usize, 1));
            }
        }
        Ok(())
    }

    /// The facets, with the names of the values.
    pub fn into_facets(self, footer: &Footer) -> Facets {
        let terms = SoTerms::from_names(footer.terms.clone());
        let counts = |column: CategoryColumn| self.counts[column as usize].as_slice();
        let classes = counts(CategoryColumn::Class);
        let with_bit = |bit: u16| -> u64 {
            let numbered = classes.iter().enumerate();
            numbered.filter(|(class, _)| class & usize::from(bit) != 0).map(|(_, n)| n).sum()
        };
        let mut consequences = numbered(counts(CategoryColumn::Consequence));
        // Terms without a number come before records without a term.
        consequences.sort_by_key(|(term, _)| *term == usize::from(SoTerms::NONE));
        let consequences = consequences.into_iter();
        Facets {
            consequences: consequences
                .map(|(n, records)| Facet { value: terms.name(n as u8).to_owned(), records })
                .collect(),
            impacts: facets(Impact::ALL, |impact| counts(CategoryColumn::Impact)[impact as usize]),
            types: facets(VariantType::ALL, |kind| with_bit(type_bit(kind))),
            filters: filters(counts(CategoryColumn::Filter), footer),
            chromosomes: contigs(counts(CategoryColumn::Contig), footer),
            known: facets([true, false], |known| counts(CategoryColumn::Known)[usize::from(known)]),
        }
    }
}

fn numbered(counts: &[u64]) -> Vec<(usize, u64)> {
    counts.iter().copied().enumerate().filter(|(_, records)| *records > 0).collect()
}

fn facets<T: Copy, const N: usize>(values: [T; N], count: impl Fn(T) -> u64) -> Vec<Facet<T>> {
    let counted = values.into_iter().map(|value| Facet { value, records: count(value) });
    counted.filter(|facet| facet.records > 0).collect()
}

fn filters(counts: &[u64], footer: &Footer) -> Vec<Facet<String>> {
    let mut by_name = std::collections::BTreeMap::<&str, u64>::new();
    for (n, records) in numbered(counts) {
        for name in footer.filters[n].split(';') {
            *by_name.entry(name).or_default() += records;
        }
    }
    let facet = |(value, records): (&str, u64)| Facet {
        value: cut(value.as_bytes(), FACET_BYTES),
        records,
    };
    let mut counted: Vec<_> = by_name.into_iter().collect();
    counted.sort_by_key(|(_, records)| std::cmp::Reverse(*records));
    counted.truncate(MAX_VALUES);
    counted.into_iter().map(facet).collect()
}

/// The contigs with the most records, in the file's order.
fn contigs(counts: &[u64], footer: &Footer) -> Vec<Facet<String>> {
    let mut counted = numbered(counts);
    if counted.len() > MAX_VALUES {
        counted.sort_by_key(|(_, records)| std::cmp::Reverse(*records));
        counted.truncate(MAX_VALUES);
        counted.sort_unstable_by_key(|(contig, _)| *contig);
    }
    let facet = |(n, records): (usize, u64)| Facet {
        value: cut(footer.contigs[n].as_bytes(), FACET_BYTES),
        records,
    };
    counted.into_iter().map(facet).collect()
}
