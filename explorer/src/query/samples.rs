//! Criteria about samples: the values of one sample, and the inheritance of a variant in a trio.

use super::clause::Clause;
use super::regions::Regions;
use super::trio::Trio;
use crate::Error;
use crate::block_columns::BlockColumns;
use crate::explorer::Explorer;
use crate::format::ColumnKind;
use crate::header::cut;
use crate::limits::FACET_BYTES;
use crate::record_samples::{BALANCE_SCALE, NO_DEPTH, NO_SHORT};
use crate::selection::{Bits, Matches, Selection};
use crate::yield_now::yield_now;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, TryStreamExt};
use gas_shared::explorer::{
    Filter, Inheritance, InheritanceMode, Origin, Region, SampleFilter, contig_alias,
    x_specific_regions,
};
use std::collections::HashMap;
use std::sync::Arc;

/// The rows in which the number of a sample is within inclusive bounds, or with `or_missing`, has none. The greatest
/// number stands for none.
pub(crate) fn mask_of_sample(
    kind: ColumnKind,
    bounds: [u32; 2],
    or_missing: bool,
    block: &BlockColumns,
) -> Result<Bits, Error> {
    let holds = |value: u32, none: u32| {
        let is_within = bounds[0] <= value && value <= bounds[1];
        is_within & (value != none) | or_missing & (value == none)
    };
    Ok(match kind {
        ColumnKind::Depth(_) => {
            let depths = &block.u32s(kind)?[..block.rows];
            Bits::of_values(depths, |depth| holds(depth, NO_DEPTH))
        }
        _ => {
            let values = &block.u16s(kind)?[..block.rows];
            Bits::of_values(values, |value| holds(value.into(), NO_SHORT.into()))
        }
    })
}

impl Explorer {
    /// The number of a sample.
    ///
    /// # Errors
    /// [`Error::UnknownSample`], because a filter that ignores a sample would show what was not asked for.
    pub(crate) fn sample(&self, name: &str) -> Result<u8, Error> {
        let samples = self.footer.samples();
        let found = samples.iter().position(|known| known == name);
        found.map(|number| number as u8).ok_or_else(|| Error::UnknownSample {
            name: cut(name.as_bytes(), FACET_BYTES),
            samples: samples.len(),
        })
    }

    fn trio(&self, inheritance: &Inheritance) -> Result<Trio, Error> {
        let parent =
            |name: &Option<String>| name.as_ref().map(|name| self.sample(name)).transpose();
        Ok(Trio {
            child: self.sample(&inheritance.child)?,
            father: parent(&inheritance.father)?,
            mother: parent(&inheritance.mother)?,
        })
    }

    /// The criteria about samples.
    pub(crate) async fn sample_clauses(&self, filter: &Filter) -> Result<Vec<Clause>, Error> {
        let mut clauses = Vec::new();
        for criterion in &filter.samples {
            self.add_sample_clauses(criterion, &mut clauses)?;
        }
        let Some(inheritance) = &filter.inheritance else { return Ok(clauses) };
        let trio = self.trio(inheritance)?;
        let (mode, sex) = (inheritance.mode, inheritance.sex);
        match mode {
            InheritanceMode::CompoundHeterozygous => {
                let others = Filter { inheritance: None, ..filter.clone() };
                clauses.push(Clause::Rows(self.compound_rows(&others, trio).await?));
            }
            InheritanceMode::XLinked => {
                clauses.push(Clause::Trio { trio, mode, sex });
                clauses.push(Clause::Within(self.x_specific()));
            }
            InheritanceMode::DeNovo | InheritanceMode::Recessive => {
                clauses.push(Clause::Trio { trio, mode, sex });
            }
        }
        Ok(clauses)
    }

    fn add_sample_clauses(
        &self,
        criterion: &SampleFilter,
        clauses: &mut Vec<Clause>,
    ) -> Result<(), Error> {
        let sample = self.sample(&criterion.sample)?;
        if !criterion.genotypes.is_empty() {
            let genotypes = self.genotypes.iter();
            let accepted = genotypes.map(|call| criterion.genotypes.contains(&call.zygosity()));
            clauses.push(Clause::Genotype { sample, accepted: accepted.collect() });
        }
        let or_missing = criterion.or_missing;
        let mut bounded = |kind, bounds| clauses.push(Clause::Sample { kind, bounds, or_missing });
        if let Some(depth) = criterion.depth {
            bounded(ColumnKind::Depth(sample), [depth, u32::MAX]);
        }
        if let Some(quality) = criterion.quality {
            bounded(ColumnKind::GenotypeQuality(sample), [quality.into(), u32::MAX]);
        }
        if let Some(range) = criterion.balance {
            // Stored shares have four digits, and bounds are compared with them.
            let scaled = |bound: f32| (bound.clamp(0.0, 1.0) * BALANCE_SCALE).round() as u32;
            let bounds = [range.min.map_or(0, scaled), range.max.map_or(u32::MAX, scaled)];
            bounded(ColumnKind::Balance(sample), bounds);
        }
        Ok(())
    }

    /// X without its pseudoautosomal regions, if the header states the length of X.
    fn x_specific(&self) -> Regions {
        let contigs = self.footer.contigs.iter().enumerate();
        let contigs = contigs.filter(|(_, name)| contig_alias(name) == "X");
        let regions = contigs.flat_map(|(n, name)| {
            let spans = x_specific_regions(self.header.length(n).unwrap_or(0));
            let region = |span| Region { contig: name.clone(), span: Some(span) };
            spans.into_iter().map(region).collect::<Vec<_>>()
        });
        Regions::of(&regions.collect::<Vec<_>>(), &self.footer.contigs)
    }

    /// Applies a filter. Boxed, because selecting can need a selection of other criteria first.
    fn select_boxed<'a>(
        &'a self,
        filter: &'a Filter,
    ) -> BoxFuture<'a, Result<Arc<Selection>, Error>> {
        self.select(filter, false).boxed()
    }

    /// By block: the rows with an allele of a compound heterozygous pair, among those that a filter selects.
    async fn compound_rows(&self, filter: &Filter, trio: Trio) -> Result<Vec<Matches>, Error> {
        let selection = self.select_boxed(filter).await?;
        let mut genes: HashMap<u32, GeneAlleles> = HashMap::new();
        let mut kept = Some(Vec::new());
        let collect = |place, gene: u32, allele: HetAllele| {
            genes.entry(gene).or_default().add(allele);
            match &mut kept {
                Some(alleles) if alleles.len() < MOST_KEPT => alleles.push((place, gene, allele)),
                _ => kept = None,
            }
        };
        self.for_each_allele(&selection, trio, collect).await?;
        let without_parents = trio.father.is_none() && trio.mother.is_none();
        let rows = self.footer.blocks.iter().map(|block| block.rows as usize);
        let mut selected: Vec<Bits> = rows.map(|rows| Bits::filled(rows, false)).collect();
        let mut select = |(block, row): (usize, usize), gene: u32, allele: HetAllele| {
            let known = genes.get(&gene);
            if known.is_some_and(|known| known.pairs(allele, without_parents)) {
                selected[block].insert(row);
            }
        };
        match kept {
            Some(alleles) => {
                alleles.into_iter().for_each(|(place, gene, allele)| select(place, gene, allele));
            }
            None => self.for_each_allele(&selection, trio, select).await?,
        }
        Ok(selected.into_iter().map(Matches::of).collect())
    }

    /// Calls `found` with each heterozygous ALT allele of the child and each gene of its row, in the rows of a selection: block and
    /// row, gene, allele.
    async fn for_each_allele(
        &self,
        selection: &Selection,
        trio: Trio,
        mut found: impl FnMut((usize, usize), u32, HetAllele) + Send,
    ) -> Result<(), Error> {
        let mut columns = trio.columns();
        columns.extend([ColumnKind::Genes, ColumnKind::Contig]);
        columns.push(ColumnKind::PhaseSet(trio.child));
        let loads = selection.blocks.iter().enumerate().map(|(n, matches)| {
            let is_empty = matches.count(self.footer.blocks[n].rows) == 0;
            let columns = if is_empty { &[][..] } else { &columns[..] };
            self.load(n, columns).boxed()
        });
        let loads: Vec<_> = loads.collect();
        let concurrent = self.concurrent_blocks(&columns);
        let mut loads = futures::stream::iter(loads).buffered(concurrent);
        let mut n = 0;
        while let Some(block) = loads.try_next().await? {
            let (matches, rows) = (&selection.blocks[n], self.footer.blocks[n].rows);
            let mut read = Ok(());
            matches.for_each(rows, |row| match self.alleles_of_row(trio, &block, row) {
                Err(error) => read = Err(error),
                Ok(alleles) => {
                    alleles.into_iter().for_each(|(gene, allele)| found((n, row), gene, allele));
                }
            });
            read?;
            n += 1;
            yield_now().await;
        }
        Ok(())
    }

    /// The heterozygous ALT alleles of the child in a row, with each gene of the row.
    fn alleles_of_row(
        &self,
        trio: Trio,
        block: &BlockColumns,
        row: usize,
    ) -> Result<Vec<(u32, HetAllele)>, Error> {
        let numbers = trio.numbers(block, row)?;
        let Some(call) = trio.call(&self.genotypes, numbers) else { return Ok(Vec::new()) };
        let alleles = call.child.alternatives();
        let alleles: Vec<u16> =
            alleles.into_iter().filter(|allele| call.child.is_carrier(*allele)).collect();
        if alleles.is_empty() {
            return Ok(Vec::new());
        }
        let contig = block.u32s(ColumnKind::Contig)?[row];
        let phase_set = block.u32s(ColumnKind::PhaseSet(trio.child))?[row];
        let genes = block.genes()?;
        let set = &genes.sets[usize::from(genes.rows[row])];
        let set = set.iter().filter(|gene| **gene != crate::format::NO_GENE);
        Ok(set
            .flat_map(|gene| {
                let allele = |allele: &u16| HetAllele {
                    origin: call.origin(*allele),
                    copy: call.child.copy_of(*allele).map(|copy| (contig, phase_set, copy)),
                };
                alleles.iter().map(allele).map(|allele| (*gene, allele)).collect::<Vec<_>>()
            })
            .collect())
    }
}

/// The most alleles that are kept until the other alleles of their genes are known. Of more, the columns are read twice.
const MOST_KEPT: usize = 1 << 20;

/// A heterozygous allele of the child.
#[derive(Clone, Copy, Debug)]
struct HetAllele {
    origin: Origin,
    /// If it is phased: contig, phase set, and the copy that has it.
    copy: Option<(u32, u32, usize)>,
}

/// What is known about the heterozygous alleles of a gene.
#[derive(Debug, Default)]
struct GeneAlleles {
    of_father: bool,
    of_mother: bool,
    /// By contig and phase set: whether each copy has an allele.
    copies: HashMap<(u32, u32), [bool; 2]>,
    /// Alleles of which neither parent nor copy is known.
    unknown: u32,
    all: u32,
}

impl GeneAlleles {
    fn add(&mut self, allele: HetAllele) {
        self.all = self.all.saturating_add(1);
        match allele.origin {
            Origin::Father => self.of_father = true,
            Origin::Mother => self.of_mother = true,
            Origin::Unknown => {}
        }
        if let Some((contig, set, copy)) = allele.copy {
            self.copies.entry((contig, set)).or_default()[copy] = true;
        } else if allele.origin == Origin::Unknown {
            self.unknown = self.unknown.saturating_add(1);
        }
    }

    /// Whether another allele of the gene is on the other copy. Without parents, an allele whose copy is not
    /// known can be paired with any other.
    fn pairs(&self, allele: HetAllele, without_parents: bool) -> bool {
        let by_parents = match allele.origin {
            Origin::Father => self.of_mother,
            Origin::Mother => self.of_father,
            Origin::Unknown => false,
        };
        let by_phase = allele.copy.is_some_and(|(contig, set, copy)| {
            self.copies.get(&(contig, set)).is_some_and(|copies| copies[1 - copy])
        });
        let is_possible =
            without_parents && self.all > 1 && (allele.copy.is_none() || self.unknown > 0);
        by_parents || by_phase || is_possible
    }
}
