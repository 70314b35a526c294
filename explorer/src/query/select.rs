//! Applies a filter to all blocks and counts the facets.

use super::clause::Clause;
use super::mask::mask;
use super::tally::Tally;
use super::zone::{Zone, zone};
use crate::Error;
use crate::block_columns::BlockColumns;
use crate::category::Category;
use crate::explorer::Explorer;
use crate::format::ColumnKind;
use crate::selection::{Bits, Matches, Selection};
use crate::yield_now::yield_now;
use futures::{FutureExt, StreamExt, TryStreamExt};
use gas_shared::explorer::{CategoryColumn, Filter};
use std::sync::Arc;

impl Explorer {
    /// Applies a filter. The selection is cached.
    pub(crate) async fn select(
        &self,
        filter: &Filter,
        with_facets: bool,
    ) -> Result<Arc<Selection>, Error> {
        let key = serde_json::to_string(filter).unwrap_or_default();
        let cached = self.cache.selection(self.id, &key);
        if let Some(cached) = cached.filter(|cached| cached.facets.is_some() || !with_facets) {
            return Ok(cached);
        }
        let mut clauses =
            Clause::of_filter(filter, &self.sources.set, &self.categories, &self.footer)?;
        clauses.extend(self.sample_clauses(filter).await?);
        let mut columns: Vec<_> = clauses.iter().flat_map(Clause::columns).collect();
        if with_facets {
            columns.extend(self.categories.iter().map(|category| category.kind()));
        }
        let concurrent = self.concurrent_blocks(&columns);
        let blocks = 0..self.footer.blocks.len();
        // Boxed, because the futures of closures that borrow their arguments have no type name.
        let loads = blocks.map(|n| self.load_planned(n, &clauses, with_facets).boxed());
        let loads: Vec<_> = loads.collect();
        let mut stream = futures::stream::iter(loads).buffered(concurrent);
        let mut tally = with_facets.then(|| Tally::new(&self.categories, &self.footer));
        let mut blocks = Vec::with_capacity(self.footer.blocks.len());
        let mut matched = 0;
        while let Some((plan, loaded)) = stream.try_next().await? {
            let matches = plan.evaluate(self, &loaded, tally.as_mut())?;
            matched += u64::from(matches.count(self.footer.blocks[plan.block].rows));
            blocks.push(matches);
            yield_now().await;
        }
        let facets = tally.map(|tally| tally.into_facets(&self.footer));
        let selection = Arc::new(Selection { blocks, matched, facets });
        self.cache.insert_selection(self.id, key, &selection);
        Ok(selection)
    }

    async fn load_planned<'a>(
        &'a self,
        block: usize,
        clauses: &'a [Clause],
        with_facets: bool,
    ) -> Result<(Plan<'a>, BlockColumns), Error> {
        let entry = &self.footer.blocks[block];
        let zones = clauses.iter().map(|clause| zone(clause, entry, block));
        let facets: &[Category] = if with_facets { &self.categories } else { &[] };
        let plan = Plan { block, clauses, zones: zones.collect(), facets };
        let loaded = self.load(plan.block, &plan.columns()).await?;
        Ok((plan, loaded))
    }
}

/// The criteria to evaluate in a block.
struct Plan<'a> {
    block: usize,
    clauses: &'a [Clause],
    zones: Vec<Zone>,
    /// The columns to count.
    facets: &'a [Category],
}

impl Plan<'_> {
    /// The zone of all criteria, except those of a facet.
    fn zone_without(&self, facet: Option<&CategoryColumn>) -> Zone {
        let mut all = Zone::All;
        for (clause, zone) in self.clauses.iter().zip(&self.zones) {
            if facet.is_some() && clause.facet() == facet {
                continue;
            }
            match zone {
                Zone::None => return Zone::None,
                Zone::Some => all = Zone::Some,
                Zone::All => {}
            }
        }
        all
    }

    /// Whether a criterion must be evaluated for the counts of a facet, or for the matches if
    /// `without` is `None`.
    fn needs(&self, clause: usize, without: Option<&CategoryColumn>) -> bool {
        let own = without.is_some() && self.clauses[clause].facet() == without;
        self.zones[clause] == Zone::Some && !own && self.zone_without(without) == Zone::Some
    }

    /// The counts to make: the matches (`None`) and the facets.
    fn counts(&self) -> impl Iterator<Item = Option<&Category>> {
        std::iter::once(None).chain(self.facets.iter().map(Some))
    }

    fn columns(&self) -> Vec<ColumnKind> {
        let mut columns = Vec::new();
        for facet in self.counts() {
            let without = facet.map(|facet| &*facet.column);
            if let (Some(facet), Zone::Some) = (facet, self.zone_without(without)) {
                columns.push(facet.kind());
            }
            for (n, clause) in self.clauses.iter().enumerate() {
                if self.needs(n, without) {
                    columns.extend(clause.columns());
                }
            }
        }
        columns
    }

    fn evaluate(
        &self,
        explorer: &Explorer,
        block: &BlockColumns,
        tally: Option<&mut Tally<'_>>,
    ) -> Result<Matches, Error> {
        let entry = &explorer.footer.blocks[self.block];
        let evaluate = |clause| mask(clause, block, self.block, &explorer.genotypes);
        let needed =
            |n: usize| self.counts().any(|facet| self.needs(n, facet.map(|facet| &*facet.column)));
        let masks = self.clauses.iter().enumerate();
        let masks = masks.map(|(n, clause)| needed(n).then(|| evaluate(clause)).transpose());
        let masks = masks.collect::<Result<Vec<_>, _>>()?;
        let matches = match self.zone_without(None) {
            Zone::None => Matches::None,
            Zone::All => Matches::All,
            Zone::Some => Matches::of(self.rows(block.rows, &masks, None)),
        };
        let Some(tally) = tally else { return Ok(matches) };
        for (n, facet) in self.facets.iter().enumerate() {
            match self.zone_without(Some(&facet.column)) {
                Zone::None => {}
                Zone::All => tally.add_block(n, entry),
                Zone::Some => {
                    let rows = self.rows(block.rows, &masks, Some(&facet.column));
                    tally.add_rows(n, block, &rows)?;
                }
            }
        }
        Ok(matches)
    }

    fn rows(&self, rows: usize, masks: &[Option<Bits>], without: Option<&CategoryColumn>) -> Bits {
        let mut all = Bits::filled(rows, true);
        for (n, mask) in masks.iter().enumerate() {
            if let Some(mask) = mask.as_ref().filter(|_| self.needs(n, without)) {
                all.intersect(mask);
            }
        }
        all
    }
}
