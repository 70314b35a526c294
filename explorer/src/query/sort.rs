//! Pagination by radix selection in constant memory.
//!
//! Each record has a key, a number that sorts in the requested order. Passes over the keys count
//! their digits (16 bits each) to find the keys of the first and last row of the page; a final pass
//! collects the rows between them.

use crate::Error;
use crate::annotation::TermNumbers;
use crate::block_columns::BlockColumns;
use crate::category::{Category, Values};
use crate::explorer::Explorer;
use crate::format::{ColumnKind, NO_GENE, NO_IMPACT};
use crate::selection::Selection;
use crate::yield_now::yield_now;
use futures::{FutureExt, StreamExt, TryStreamExt};
use gas_shared::explorer::{CategoryColumn, Direction, NO_VALUE, Sort, SortKey};

const DIGIT_BITS: u32 = 16;

/// Bits of a key.
const fn bits(key: &SortKey) -> u32 {
    if matches!(key, SortKey::Position) { 64 } else { 32 }
}

/// The key of records without a value, which come last in both directions. No value has this key:
/// it would be a NaN, the last of 2^32 genes, or the last position of the last contig.
const fn missing(key: &SortKey) -> u64 {
    u64::MAX >> (64 - bits(key))
}

impl Explorer {
    /// The numbers of at most `limit` matching records in sort order, starting at `offset`.
    pub(crate) async fn ordered(
        &self,
        selection: &Selection,
        sort: &Sort,
        offset: u64,
        limit: u64,
    ) -> Result<Vec<u64>, Error> {
        let end = offset.saturating_add(limit).min(selection.matched);
        if offset >= end {
            return Ok(Vec::new());
        }
        let by_position = sort.key == SortKey::Position && sort.direction == Direction::Ascending;
        if by_position && self.footer.sorted {
            return Ok(self.in_file_order(selection, offset, end));
        }
        let [first, last] = self.keys_at(selection, sort, [offset, end - 1]).await?;
        let mut between = Vec::new();
        // Rows with the first or the last key may belong to the adjacent pages.
        let (mut skip, mut take) = (offset - first.before, end - last.before);
        self.for_each_key(selection, sort, |row, key| {
            if key < first.key || key > last.key {
                return;
            }
            if key == last.key {
                if take == 0 {
                    return;
                }
                take -= 1;
            }
            if key == first.key && skip > 0 {
                skip -= 1;
                return;
            }
            between.push((key, row));
        })
        .await?;
        between.sort_unstable();
        Ok(between.into_iter().map(|(_, row)| row).collect())
    }

    fn in_file_order(&self, selection: &Selection, offset: u64, end: u64) -> Vec<u64> {
        let (mut passed, mut start) = (0, 0);
        let mut rows = Vec::new();
        for (matches, entry) in selection.blocks.iter().zip(&self.footer.blocks) {
            let count = u64::from(matches.count(entry.rows));
            if passed + count > offset && passed < end {
                let mut rank = passed;
                matches.for_each(entry.rows, |row| {
                    if (offset..end).contains(&rank) {
                        rows.push(start + row as u64);
                    }
                    rank += 1;
                });
            }
            passed += count;
            start += u64::from(entry.rows);
        }
        rows
    }

    /// The keys of the rows at two ranks.
    async fn keys_at(
        &self,
        selection: &Selection,
        sort: &Sort,
        ranks: [u64; 2],
    ) -> Result<[KeyAtRank; 2], Error> {
        let mut found = ranks.map(|_| KeyAtRank { key: 0, before: 0 });
        let mut shift = bits(&sort.key);
        while shift > 0 {
            shift -= DIGIT_BITS;
            let mut counts = ranks.map(|_| vec![0u64; 1 << DIGIT_BITS]);
            self.for_each_key(selection, sort, |_, key| {
                for (found, counts) in found.iter().zip(&mut counts) {
                    // Shifted twice, because a shift by 64 bits overflows.
                    if key >> shift >> DIGIT_BITS == found.key {
                        counts[(key >> shift & 0xffff) as usize] += 1;
                    }
                }
            })
            .await?;
            for ((found, counts), rank) in found.iter_mut().zip(&counts).zip(ranks) {
                let mut digit = 0;
                while found.before + counts[digit] <= rank {
                    found.before += counts[digit];
                    digit += 1;
                }
                found.key = found.key << DIGIT_BITS | digit as u64;
            }
        }
        Ok(found)
    }

    /// Calls back with number and key of each matching record, in the file's order.
    async fn for_each_key(
        &self,
        selection: &Selection,
        sort: &Sort,
        mut call: impl FnMut(u64, u64),
    ) -> Result<(), Error> {
        let sorted_by = self.sorted_by(&sort.key)?;
        let columns = sorted_by.columns();
        let ranks = match &sorted_by {
            SortedBy::Category(category) => self.category_ranks(category),
            _ => Vec::new(),
        };
        let numbered = selection.blocks.iter().enumerate();
        let matching: Vec<usize> = numbered
            .filter(|(n, matches)| matches.count(self.footer.blocks[*n].rows) > 0)
            .map(|(n, _)| n)
            .collect();
        // Boxed, because the futures of closures that borrow their arguments have no type name.
        let loads = matching.iter().map(|n| self.load(*n, &columns).boxed());
        let loads: Vec<_> = loads.collect();
        let concurrent = self.concurrent_blocks(&columns);
        let mut loads = futures::stream::iter(loads).buffered(concurrent);
        for n in &matching {
            let Some(block) = loads.try_next().await? else { break };
            let keys = self.keys(&block, &sorted_by, sort, &ranks)?;
            let start = *n as u64 * u64::from(self.footer.block_rows);
            let rows = self.footer.blocks[*n].rows;
            selection.blocks[*n].for_each(rows, |row| call(start + row as u64, keys[row]));
            yield_now().await;
        }
        Ok(())
    }

    /// What the index has of a sort key.
    fn sorted_by(&self, key: &SortKey) -> Result<SortedBy<'_>, Error> {
        let name = match key {
            SortKey::Position => return Ok(SortedBy::Position),
            SortKey::Gene => return Ok(SortedBy::Gene),
            SortKey::Impact => return Ok(SortedBy::Impact),
            SortKey::Column(name) => name,
        };
        let columns = &self.sources.set;
        if let Some(column) = columns.number(name) {
            let number = self.footer.number_of(&column.name);
            return Ok(number.map_or(SortedBy::Nothing, SortedBy::Number));
        }
        let column = columns.own_categories().find(|column| column.name == *name);
        let column = column.ok_or_else(|| Error::UnknownColumn { name: name.to_string() })?;
        let category = self.categories.iter().find(|known| known.column == *column);
        Ok(category.map_or(SortedBy::Nothing, SortedBy::Category))
    }

    /// By number of a category value: its rank. Listed values have the order of the list, others that of
    /// the alphabet. `None` if a record has no value, or none that is listed.
    fn category_ranks(&self, category: &Category) -> Vec<Option<u64>> {
        let column: &CategoryColumn = &category.column;
        let numbers = 0..category.len(&self.footer);
        if column.is_listed() {
            let rank = |name: &str| column.listed().iter().position(|value| value.name == name);
            let best = numbers.map(|number| {
                let mut best: Option<usize> = None;
                category.for_each_name(&self.footer, number, |name| {
                    best = best.into_iter().chain(rank(name)).min();
                });
                best.map(|rank| rank as u64)
            });
            return best.collect();
        }
        let first = numbers.map(|number| {
            let mut first: Option<&str> = None;
            category.for_each_name(&self.footer, number, |name| {
                first = first.into_iter().chain((name != NO_VALUE).then_some(name)).min();
            });
            first
        });
        let first: Vec<Option<&str>> = first.collect();
        let mut sorted: Vec<&str> = first.iter().copied().flatten().collect();
        sorted.sort_unstable();
        sorted.dedup();
        let rank = |name: &str| sorted.binary_search(&name).ok().map(|rank| rank as u64);
        first.into_iter().map(|name| name.and_then(rank)).collect()
    }

    fn keys(
        &self,
        block: &BlockColumns,
        sorted_by: &SortedBy<'_>,
        sort: &Sort,
        ranks: &[Option<u64>],
    ) -> Result<Vec<u64>, Error> {
        let descending = sort.direction == Direction::Descending;
        let missing = missing(&sort.key);
        let directed = |key: Option<u64>| match key {
            None => missing,
            Some(key) if descending => missing - 1 - key,
            Some(key) => key,
        };
        Ok(match sorted_by {
            SortedBy::Position => {
                let contigs = block.u32s(ColumnKind::Contig)?.iter();
                let positions = contigs.zip(block.u32s(ColumnKind::Pos)?);
                positions
                    .map(|(c, p)| directed(Some(u64::from(*c) << 32 | u64::from(*p))))
                    .collect()
            }
            SortedBy::Number(n) => float_keys(block.u32s(ColumnKind::Number(*n))?, directed),
            SortedBy::Nothing => vec![missing; block.rows],
            SortedBy::Category(category) => {
                let rank = |value: usize| directed(ranks.get(value).copied().flatten());
                match category.rows(block)? {
                    Values::U8(values) => values.iter().map(|v| rank((*v).into())).collect(),
                    Values::U16(values) => values.iter().map(|v| rank((*v).into())).collect(),
                    Values::U32(values) => values.iter().map(|v| rank(*v as usize)).collect(),
                }
            }
            SortedBy::Gene => {
                let ranks = self.gene_ranks();
                let rank = |set: &Vec<u32>| {
                    let gene = set.first().filter(|gene| **gene != NO_GENE)?;
                    ranks.get(*gene as usize).map(|rank| u64::from(*rank))
                };
                let genes = block.genes()?;
                let sets: Vec<u64> = genes.sets.iter().map(|set| directed(rank(set))).collect();
                genes.rows.iter().map(|set| sets[usize::from(*set)]).collect()
            }
            SortedBy::Impact => {
                let impacts = block.u8s(ColumnKind::Impact)?.iter();
                let severities = impacts.zip(block.u8s(ColumnKind::Consequence)?);
                severities.map(|(i, c)| directed(severity(*i, *c))).collect()
            }
        })
    }
}

/// What the keys of an index are made of.
enum SortedBy<'a> {
    Position,
    Gene,
    Impact,
    Number(u8),
    Category(&'a Category),
    /// The index has no values of the column.
    Nothing,
}

impl SortedBy<'_> {
    fn columns(&self) -> Vec<ColumnKind> {
        match self {
            Self::Position => vec![ColumnKind::Contig, ColumnKind::Pos],
            Self::Gene => vec![ColumnKind::Genes],
            Self::Impact => vec![ColumnKind::Consequence, ColumnKind::Impact],
            Self::Number(n) => vec![ColumnKind::Number(*n)],
            Self::Category(category) => vec![category.kind()],
            Self::Nothing => Vec::new(),
        }
    }
}

struct KeyAtRank {
    key: u64,
    /// The number of rows with lesser keys.
    before: u64,
}

fn severity(impact: u8, consequence: u8) -> Option<u64> {
    let none = impact == NO_IMPACT && consequence == TermNumbers::NONE;
    (!none).then_some(u64::from(impact) << 8 | u64::from(consequence))
}

/// Integers in the order of the floats.
fn float_keys(bits: &[u32], directed: impl Fn(Option<u64>) -> u64) -> Vec<u64> {
    let key = |bits: u32| {
        let value = f32::from_bits(bits);
        // Adding zero turns -0 into 0.
        let bits = (value + 0.0).to_bits();
        let ordered = if bits >> 31 == 0 { bits | 1 << 31 } else { !bits };
        (!value.is_nan()).then_some(u64::from(ordered))
    };
    bits.iter().map(|bits| directed(key(*bits))).collect()
}
