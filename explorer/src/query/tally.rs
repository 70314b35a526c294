//! Counts the facets.

use crate::Error;
use crate::block_columns::BlockColumns;
use crate::category::{Category, Values};
use crate::format::{BlockEntry, Footer};
use crate::header::cut;
use crate::limits::FACET_BYTES;
use crate::selection::Bits;
use gas_shared::explorer::{CategoryValue, CategoryValues, Facet, FacetOrder, Facets, NO_VALUE};
use std::cmp::Reverse;
use std::collections::HashMap;

/// The most values of a facet: assemblies may have thousands of scaffolds.
const MAX_VALUES: usize = 200;

/// Records by numbered value, for each category column.
#[derive(Debug)]
pub(crate) struct Tally<'a> {
    categories: &'a [Category],
    counts: Vec<Vec<u64>>,
}

impl<'a> Tally<'a> {
    /// Counts of no record.
    pub fn new(categories: &'a [Category], footer: &Footer) -> Self {
        let counts = categories.iter().map(|column| vec![0; column.len(footer)]).collect();
        Self { categories, counts }
    }

    /// Counts a complete block by its statistics. `n` is the position of the column.
    pub fn add_block(&mut self, n: usize, block: &BlockEntry) {
        let counts = &mut self.counts[n];
        self.categories[n].for_each_count(block, |value, records| add(counts, value, records));
    }

    /// Counts some rows of a block.
    pub fn add_rows(&mut self, n: usize, block: &BlockColumns, rows: &Bits) -> Result<(), Error> {
        let counts = &mut self.counts[n];
        match self.categories[n].rows(block)? {
            Values::U8(values) => rows.iter().for_each(|row| add(counts, values[row].into(), 1)),
            Values::U16(values) => rows.iter().for_each(|row| add(counts, values[row].into(), 1)),
            Values::U32(values) => {
                rows.iter().for_each(|row| add(counts, values[row] as usize, 1));
            }
        }
        Ok(())
    }

    /// The facets, with the names of the values.
    pub fn into_facets(self, footer: &Footer) -> Facets {
        let mut facets = Facets::default();
        for (category, counts) in self.categories.iter().zip(&self.counts) {
            let named = by_name(category, counts, footer);
            let values = match category.column.values {
                CategoryValues::Listed(listed) => in_listed_order(&named, listed),
                CategoryValues::Any(order, _) => in_order(named, order),
            };
            facets.0.set_values(&category.column, values);
        }
        facets
    }
}

fn add(counts: &mut [u64], value: usize, records: u32) {
    // Values come from a file, so they may be out of range.
    if let Some(count) = counts.get_mut(value) {
        *count += u64::from(records);
    }
}

/// The records with a name, and its position in the order of the index.
#[derive(Clone, Copy, Default)]
struct Counted {
    records: u64,
    position: usize,
}

fn by_name<'a>(
    category: &Category,
    counts: &[u64],
    footer: &'a Footer,
) -> HashMap<&'a str, Counted> {
    let mut names = HashMap::new();
    let counted = counts.iter().enumerate().filter(|(_, records)| **records > 0);
    for (number, records) in counted {
        category.for_each_name(footer, number, |name| {
            let new = || Counted { records: 0, position: number };
            names.entry(name).or_insert_with(new).records += records;
        });
    }
    names
}

fn in_listed_order(named: &HashMap<&str, Counted>, listed: &[CategoryValue]) -> Vec<Facet> {
    let counted = listed.iter().filter_map(|value| {
        let Counted { records, .. } = *named.get(value.name)?;
        Some(Facet { value: value.name.to_owned(), records })
    });
    counted.collect()
}

fn in_order(named: HashMap<&str, Counted>, order: FacetOrder) -> Vec<Facet> {
    let mut values: Vec<(&str, Counted)> = named.into_iter().collect();
    match order {
        FacetOrder::MostFrequent => {
            values.sort_unstable_by_key(|(name, counted)| (Reverse(counted.records), *name));
            values.truncate(MAX_VALUES);
        }
        FacetOrder::Stored => {
            if values.len() > MAX_VALUES {
                values.sort_unstable_by_key(|(_, known)| (Reverse(known.records), known.position));
                values.truncate(MAX_VALUES);
            }
            values.sort_unstable_by_key(|(name, counted)| (*name == NO_VALUE, counted.position));
        }
    }
    let facet = |(name, counted): (&str, Counted)| Facet {
        value: cut(name.as_bytes(), FACET_BYTES),
        records: counted.records,
    };
    values.into_iter().map(facet).collect()
}
