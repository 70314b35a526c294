//! Counts of a whole result for its charts. They are read from the index alone, so that they outlive the result.

use crate::Error;
use crate::explorer::Explorer;
use crate::format::{ColumnKind, NO_GENE};
use crate::yield_now::yield_now;
use futures::{FutureExt, StreamExt, TryStreamExt};
use gas_shared::explorer::{CLINVAR, Facet, Filter, IMPACT, NO_VALUE, NumericColumn, Range};
use std::cmp::Reverse;
use std::sync::Arc;

/// The most genes of an overview.
const MAX_GENES: usize = 15;

/// The bounds between classes of frequencies.
const BOUNDS: [f32; 4] = [0.001, 0.01, 0.05, 0.5];

/// Counts of the records of a result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overview {
    /// The genes with the most records of HIGH or MODERATE impact, the first one with the most.
    pub genes: Vec<GeneCount>,
    /// Records by clinical significance in ClinVar, in the order of the column; empty if the result has none.
    pub clinvar: Vec<Facet>,
    /// Records by frequency in a population; `None` if the result has no frequencies. A record with alleles of several classes counts in
    /// each of them.
    pub frequencies: Option<Frequencies>,
}

/// The records of a gene.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneCount {
    /// The gene's symbol, or its ID without a symbol.
    pub gene: String,
    /// The records that [`gene_filter`] selects.
    pub records: u64,
}

/// Records by frequency.
#[derive(Clone, Debug, PartialEq)]
pub struct Frequencies {
    /// The column with the frequencies.
    pub column: Arc<NumericColumn>,
    /// The classes in ascending order, and the records of each.
    pub classes: Vec<(Range, u64)>,
    /// Records without a frequency.
    pub missing: u64,
}

/// The filter for records of HIGH or MODERATE impact, and of a gene if one is given.
pub fn gene_filter(gene: Option<&str>) -> Filter {
    let genes = gene.map(str::to_owned).into_iter().collect();
    Filter { genes, ..Filter::of_values(&IMPACT, &["high", "moderate"]) }
}

impl Explorer {
    /// Counts the records for an overview.
    ///
    /// # Errors
    /// [`Error`] if the index cannot be read or is damaged.
    pub async fn overview(&self) -> Result<Overview, Error> {
        let facets = self.facets(&Filter::default()).await?;
        let clinvar = facets.of(&CLINVAR).iter();
        Ok(Overview {
            genes: self.genes_with_most(&gene_filter(None)).await?,
            clinvar: clinvar.filter(|facet| facet.value != NO_VALUE).cloned().collect(),
            frequencies: match self.sources.set.population_frequency() {
                Some(column) => self.frequency_classes(column).await?,
                None => None,
            },
        })
    }

    /// The genes with the most records of a filter.
    async fn genes_with_most(&self, filter: &Filter) -> Result<Vec<GeneCount>, Error> {
        let selection = self.select(filter, false).await?;
        let columns = [ColumnKind::Genes];
        let loads = selection.blocks.iter().enumerate().map(|(n, matches)| {
            let is_empty = matches.count(self.footer.blocks[n].rows) == 0;
            self.load(n, if is_empty { &[][..] } else { &columns[..] }).boxed()
        });
        let loads: Vec<_> = loads.collect();
        let mut loads = futures::stream::iter(loads).buffered(self.concurrent_blocks(&columns));
        let mut records = vec![0u64; self.footer.genes.len()];
        let mut n = 0;
        while let Some(block) = loads.try_next().await? {
            let rows = self.footer.blocks[n].rows;
            let matches = &selection.blocks[n];
            if matches.count(rows) > 0 {
                let genes = block.genes()?;
                matches.for_each(rows, |row| {
                    let set = &genes.sets[usize::from(genes.rows[row])];
                    for gene in set.iter().filter(|gene| **gene != NO_GENE) {
                        // Numbers come from a file, so they may be out of range.
                        if let Some(count) = records.get_mut(*gene as usize) {
                            *count += 1;
                        }
                    }
                });
            }
            n += 1;
            yield_now().await;
        }
        let mut counted: Vec<(u64, &String)> =
            records.into_iter().zip(&self.footer.genes).filter(|(n, _)| *n > 0).collect();
        counted.sort_unstable_by_key(|(records, gene)| (Reverse(*records), *gene));
        counted.truncate(MAX_GENES);
        let count = |(records, gene): (u64, &String)| GeneCount { gene: gene.clone(), records };
        Ok(counted.into_iter().map(count).collect())
    }

    async fn frequency_classes(
        &self,
        column: &Arc<NumericColumn>,
    ) -> Result<Option<Frequencies>, Error> {
        let mut classes = Vec::new();
        for range in classes_of(&BOUNDS) {
            classes.push((range, self.count(&Filter::of_range(column, range)).await?));
        }
        let any = Filter::of_range(column, Range { min: Some(f32::MIN), ..Range::default() });
        let missing = self.records() - self.count(&any).await?.min(self.records());
        let has_values = classes.iter().any(|(_, records)| *records > 0);
        Ok(has_values.then(|| Frequencies { column: column.clone(), classes, missing }))
    }
}

/// The classes between bounds, of which each has its upper bound.
fn classes_of(bounds: &[f32]) -> Vec<Range> {
    let above = |bound: &f32| Some(bound.next_up());
    let mins = [None].into_iter().chain(bounds.iter().map(above));
    let maxs = bounds.iter().copied().map(Some).chain([None]);
    mins.zip(maxs).map(|(min, max)| Range { min, max, or_missing: false }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_frequency_is_in_one_class() {
        let classes = classes_of(&BOUNDS);
        for frequency in [0.0, 0.0005, 0.001, 0.0011, 0.01, 0.02, 0.05, 0.5, 0.51, 1.0] {
            let holding = classes.iter().filter(|class| class.contains(frequency)).count();
            assert_eq!(holding, 1, "{frequency}");
        }
        assert!(classes[0].contains(0.001) && classes[1].contains(0.01));
    }
}
