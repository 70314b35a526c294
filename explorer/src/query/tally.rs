//! Facets while they are counted.

use super::bits::Bits;
use super::clause::Dimension;
use crate::Error;
use crate::annotation::Terms;
use crate::explorer::Loaded;
use crate::facts::type_bit;
use crate::format::{Footer, NO_IMPACT, Stats};
use gas_shared::explorer::{Facet, Facets, Impact, VariantType};

/// Longest facet: a server must not send, nor a page show, every scaffold of an assembly.
const MAX_VALUES: usize = 200;

/// Records by value, for each dimension.
#[derive(Debug)]
pub(crate) struct Tally {
    counts: [Vec<u64>; Dimension::ALL.len()],
}

impl Tally {
    /// Nothing counted.
    pub fn new(footer: &Footer) -> Self {
        let values = |dimension: Dimension| match dimension {
            Dimension::Contig => footer.contigs.len(),
            Dimension::Consequence => 64,
            Dimension::Impact => usize::from(NO_IMPACT) + 1,
            Dimension::Class => 1 << 9,
            Dimension::Filter => footer.filters.len(),
            Dimension::Known => 2,
        };
        Self { counts: Dimension::ALL.map(|dimension| vec![0; values(dimension)]) }
    }

    fn add(&mut self, dimension: Dimension, value: usize, records: u32) {
        // Values come from a checked file; a wrong one is not worth a panic.
        if let Some(count) = self.counts[dimension as usize].get_mut(value) {
            *count += u64::from(records);
        }
    }

    /// Counts a whole block by its statistics.
    pub fn add_block(&mut self, dimension: Dimension, stats: &Stats, rows: u32) {
        match dimension {
            Dimension::Contig => {
                stats.contigs.iter().for_each(|c| self.add(dimension, c.contig as usize, c.rows));
            }
            Dimension::Consequence => self.add_all(dimension, &stats.consequences),
            Dimension::Impact => self.add_all(dimension, &stats.impacts),
            Dimension::Class => self.add_all(dimension, &stats.classes),
            Dimension::Filter => self.add_all(dimension, &stats.filters),
            Dimension::Known => {
                self.add(dimension, 1, stats.known);
                self.add(dimension, 0, rows.saturating_sub(stats.known));
            }
        }
    }

    fn add_all<T: Copy + Into<usize>>(&mut self, dimension: Dimension, counts: &[(T, u32)]) {
        counts.iter().for_each(|(value, rows)| self.add(dimension, (*value).into(), *rows));
    }

    /// Counts some rows of a block.
    pub fn add_rows(
        &mut self,
        dimension: Dimension,
        block: &Loaded,
        rows: &Bits,
    ) -> Result<(), Error> {
        let kind = dimension.column();
        match dimension {
            Dimension::Contig => {
                let column = block.u32s(kind)?;
                rows.iter().for_each(|row| self.add(dimension, column[row] as usize, 1));
            }
            Dimension::Class | Dimension::Filter => {
                let column = block.u16s(kind)?;
                rows.iter().for_each(|row| self.add(dimension, column[row].into(), 1));
            }
            Dimension::Consequence | Dimension::Impact | Dimension::Known => {
                let column = block.u8s(kind)?;
                rows.iter().for_each(|row| self.add(dimension, column[row].into(), 1));
            }
        }
        Ok(())
    }

    /// The facets in the table's words.
    pub fn into_facets(self, footer: &Footer) -> Facets {
        let terms = Terms::from_names(footer.terms.clone());
        let counts = |dimension: Dimension| self.counts[dimension as usize].as_slice();
        let classes = counts(Dimension::Class);
        let with_bit = |bit: u16| -> u64 {
            let numbered = classes.iter().enumerate();
            numbered.filter(|(class, _)| class & usize::from(bit) != 0).map(|(_, n)| n).sum()
        };
        let mut consequences = numbered(counts(Dimension::Consequence));
        // Terms without a number are more than no term at all.
        consequences.sort_by_key(|(term, _)| *term == usize::from(Terms::NONE));
        let consequences = consequences.into_iter();
        Facets {
            consequences: consequences
                .map(|(n, records)| Facet { value: terms.name(n as u8).to_owned(), records })
                .collect(),
            impacts: facets(Impact::ALL, |impact| counts(Dimension::Impact)[impact as usize]),
            types: facets(VariantType::ALL, |kind| with_bit(type_bit(kind))),
            filters: filters(counts(Dimension::Filter), footer),
            chromosomes: contigs(counts(Dimension::Contig), footer),
            known: facets([true, false], |known| counts(Dimension::Known)[usize::from(known)]),
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
    let facet = |(value, records): (&str, u64)| Facet { value: value.to_owned(), records };
    let mut facets: Vec<_> = by_name.into_iter().map(facet).collect();
    facets.sort_by_key(|facet| std::cmp::Reverse(facet.records));
    facets.truncate(MAX_VALUES);
    facets
}

/// The contigs with most records, in the file's order.
fn contigs(counts: &[u64], footer: &Footer) -> Vec<Facet<String>> {
    let mut counted = numbered(counts);
    if counted.len() > MAX_VALUES {
        counted.sort_by_key(|(_, records)| std::cmp::Reverse(*records));
        counted.truncate(MAX_VALUES);
        counted.sort_unstable_by_key(|(contig, _)| *contig);
    }
    let facet = |(n, records): (usize, u64)| Facet { value: footer.contigs[n].clone(), records };
    counted.into_iter().map(facet).collect()
}
