//! Which records a filter shows, and the facets beside it.

use super::bits::{Bits, Matches};
use super::clause::{Clause, Dimension};
use super::mask::mask;
use super::tally::Tally;
use super::zone::{Zone, zone};
use crate::Error;
use crate::explorer::{Explorer, Loaded, yield_now};
use crate::format::{BlockEntry, ColumnKind};
use futures::{FutureExt, StreamExt, TryStreamExt};
use gas_shared::explorer::{Facets, Filter};
use std::sync::Arc;

/// Blocks read at the same time: object stores answer slowly, but many at once.
pub(crate) const CONCURRENT_BLOCKS: usize = 8;

/// The records that a filter shows.
#[derive(Debug)]
pub(crate) struct Selection {
    /// By block.
    pub blocks: Vec<Matches>,
    /// How many records.
    pub matched: u64,
    /// The facets, where they were counted.
    pub facets: Option<Facets>,
}

impl Selection {
    /// Bytes in memory, about.
    pub fn weight(&self) -> u64 {
        // Facets are at most a few hundred short texts.
        let facets = if self.facets.is_some() { 16 << 10 } else { 0 };
        self.blocks.iter().map(Matches::weight).sum::<u64>() + facets
    }
}

impl Explorer {
    /// Applies a filter, or remembers that it was applied.
    pub(crate) async fn select(
        &self,
        filter: &Filter,
        with_facets: bool,
    ) -> Result<Arc<Selection>, Error> {
        let key = serde_json::to_string(filter).unwrap_or_default();
        let kept = self.cache.selection(self.id, &key);
        if let Some(kept) = kept.filter(|kept| kept.facets.is_some() || !with_facets) {
            return Ok(kept);
        }
        let clauses = Clause::of_filter(filter, &self.footer);
        let plans = (0..self.footer.blocks.len()).map(|n| {
            let zones = clauses.iter().map(|clause| zone(clause, &self.footer.blocks[n]));
            Plan { block: n, clauses: &clauses, zones: zones.collect(), with_facets }
        });
        // Boxed: the compiler cannot name the futures of closures that borrow their arguments.
        let loads: Vec<_> = plans.map(|plan| self.load_planned(plan).boxed()).collect();
        let mut stream = futures::stream::iter(loads).buffered(CONCURRENT_BLOCKS);
        let mut tally = with_facets.then(|| Tally::new(&self.footer));
        let mut blocks = Vec::with_capacity(self.footer.blocks.len());
        let mut matched = 0;
        while let Some((plan, loaded)) = stream.try_next().await? {
            let matches =
                plan.evaluate(&self.footer.blocks[plan.block], &loaded, tally.as_mut())?;
            matched += u64::from(matches.count(self.footer.blocks[plan.block].rows));
            blocks.push(matches);
            yield_now().await;
        }
        let facets = tally.map(|tally| tally.into_facets(&self.footer));
        let selection = Arc::new(Selection { blocks, matched, facets });
        self.cache.keep_selection(self.id, key, &selection);
        Ok(selection)
    }

    async fn load_planned<'a>(&self, plan: Plan<'a>) -> Result<(Plan<'a>, Loaded), Error> {
        let loaded = self.load(plan.block, &plan.columns()).await?;
        Ok((plan, loaded))
    }
}

/// What to look at in a block.
struct Plan<'a> {
    block: usize,
    clauses: &'a [Clause],
    zones: Vec<Zone>,
    with_facets: bool,
}

impl Plan<'_> {
    /// The zone of all criteria but those of a dimension.
    fn zone_without(&self, dimension: Option<Dimension>) -> Zone {
        let mut all = Zone::All;
        for (clause, zone) in self.clauses.iter().zip(&self.zones) {
            if dimension.is_some() && clause.dimension() == dimension {
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

    /// Whether the rows of a criterion are needed for what the dimension's facet counts; for the
    /// matches themselves without one.
    fn needs(&self, clause: usize, without: Option<Dimension>) -> bool {
        let own = without.is_some() && self.clauses[clause].dimension() == without;
        self.zones[clause] == Zone::Some && !own && self.zone_without(without) == Zone::Some
    }

    /// The counts to make: the matches, and the facets.
    fn counts(&self) -> impl Iterator<Item = Option<Dimension>> {
        let facets: &[Dimension] = if self.with_facets { &Dimension::ALL } else { &[] };
        std::iter::once(None).chain(facets.iter().copied().map(Some))
    }

    fn columns(&self) -> Vec<ColumnKind> {
        let mut columns = Vec::new();
        for without in self.counts() {
            if let (Some(dimension), Zone::Some) = (without, self.zone_without(without)) {
                columns.push(dimension.column());
            }
            for (n, clause) in self.clauses.iter().enumerate() {
                if self.needs(n, without) {
                    columns.extend_from_slice(clause.columns());
                }
            }
        }
        columns.sort_unstable_by_key(|kind| *kind as u8);
        columns.dedup();
        columns
    }

    fn evaluate(
        &self,
        entry: &BlockEntry,
        block: &Loaded,
        tally: Option<&mut Tally>,
    ) -> Result<Matches, Error> {
        let needed = |n: usize| self.counts().any(|without| self.needs(n, without));
        let masks = self.clauses.iter().enumerate();
        let masks = masks.map(|(n, clause)| needed(n).then(|| mask(clause, block)).transpose());
        let masks = masks.collect::<Result<Vec<_>, _>>()?;
        let matches = match self.zone_without(None) {
            Zone::None => Matches::None,
            Zone::All => Matches::All,
            Zone::Some => Matches::of(self.rows(block.rows, &masks, None)),
        };
        let Some(tally) = tally else { return Ok(matches) };
        for dimension in Dimension::ALL {
            match self.zone_without(Some(dimension)) {
                Zone::None => {}
                Zone::All => tally.add_block(dimension, &entry.stats, entry.rows),
                Zone::Some => {
                    let rows = self.rows(block.rows, &masks, Some(dimension));
                    tally.add_rows(dimension, block, &rows)?;
                }
            }
        }
        Ok(matches)
    }

    fn rows(&self, rows: usize, masks: &[Option<Bits>], without: Option<Dimension>) -> Bits {
        let mut all = Bits::filled(rows, true);
        for (n, mask) in masks.iter().enumerate() {
            if let Some(mask) = mask.as_ref().filter(|_| self.needs(n, without)) {
                all.intersect(mask);
            }
        }
        all
    }
}
