//! Pairs the records of two results.

use super::cursor::{ComparedRecord, Cursor, Which, unsorted};
use crate::Error;
use crate::explorer::Explorer;
use crate::format::ColumnKind;
use crate::yield_now::yield_now;
use gas_shared::assembly::plain_name;
use gas_shared::comparison::Difference;
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::Range;
use std::sync::Arc;

const FIRST: Which = "first";
const SECOND: Which = "second";

/// The records of both results that are not paired yet.
pub(super) struct Merge {
    first: Cursor,
    second: Cursor,
    /// The next contigs.
    contigs: VecDeque<SharedContig>,
    /// The name of the current one.
    current: Option<String>,
}

/// Where both results have the records of a contig; an empty range if they have none.
struct SharedContig {
    name: String,
    first: Range<u64>,
    second: Range<u64>,
}

impl Merge {
    /// Finds the records of each contig.
    pub async fn begin(first: Arc<Explorer>, second: Arc<Explorer>) -> Result<Self, Error> {
        let firsts = contigs(&first, FIRST).await?;
        let seconds = contigs(&second, SECOND).await?;
        let keys = ContigKeys::of(&firsts, &seconds);
        let mut rest: HashMap<String, Range<u64>> =
            seconds.iter().map(|(name, rows)| (keys.key(name), rows.clone())).collect();
        let mut contigs: VecDeque<SharedContig> = firsts
            .into_iter()
            .map(|(name, first)| {
                let second = rest.remove(&keys.key(&name)).unwrap_or_default();
                SharedContig { name, first, second }
            })
            .collect();
        for (name, second) in seconds {
            if rest.contains_key(&keys.key(&name)) {
                contigs.push_back(SharedContig { name, first: 0..0, second });
            }
        }
        let (first, second) = (Cursor::new(first, FIRST), Cursor::new(second, SECOND));
        Ok(Self { first, second, contigs, current: None })
    }

    /// Pairs the records of the next position; `None` after the last one.
    pub async fn next(&mut self) -> Result<Option<Vec<Difference>>, Error> {
        loop {
            let Some(name) = &self.current else {
                let Some(contig) = self.contigs.pop_front() else { return Ok(None) };
                self.first.start(contig.first);
                self.second.start(contig.second);
                self.current = Some(contig.name);
                continue;
            };
            let pos = match (self.first.peek().await?, self.second.peek().await?) {
                (Some(first), Some(second)) => first.min(second),
                (Some(pos), None) | (None, Some(pos)) => pos,
                (None, None) => {
                    self.current = None;
                    continue;
                }
            };
            let pairs = pair(self.first.take(pos).await?, self.second.take(pos).await?);
            let difference = |(first, second): (Option<ComparedRecord>, Option<ComparedRecord>)| {
                let shown = first.as_ref().or(second.as_ref())?;
                Some(Difference {
                    chrom: name.clone(),
                    pos,
                    reference: shown.reference.clone(),
                    alt: shown.alt.clone(),
                    first: first.map(|record| record.annotated),
                    second: second.map(|record| record.annotated),
                })
            };
            return Ok(Some(pairs.into_iter().filter_map(difference).collect()));
        }
    }
}

/// Pairs the records of one position. Of records with the same alleles, the first ones are a pair, then the second ones.
fn pair(
    mut firsts: Vec<ComparedRecord>,
    mut seconds: Vec<ComparedRecord>,
) -> Vec<(Option<ComparedRecord>, Option<ComparedRecord>)> {
    // Stable, so that records with the same alleles stay in the file's order.
    firsts.sort_by(|a, b| a.key.cmp(&b.key));
    seconds.sort_by(|a, b| a.key.cmp(&b.key));
    let mut pairs = Vec::with_capacity(firsts.len().max(seconds.len()));
    let (mut firsts, mut seconds) = (firsts.into_iter().peekable(), seconds.into_iter().peekable());
    loop {
        let order = match (firsts.peek(), seconds.peek()) {
            (Some(first), Some(second)) => first.key.cmp(&second.key),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return pairs,
        };
        let first = if order.is_le() { firsts.next() } else { None };
        let second = if order.is_ge() { seconds.next() } else { None };
        pairs.push((first, second));
    }
}

/// The contigs of a result that have records, in the order of the records, with the numbers of these.
async fn contigs(explorer: &Explorer, which: Which) -> Result<Vec<(String, Range<u64>)>, Error> {
    let mut found: Vec<(u32, Range<u64>)> = Vec::new();
    let mut seen = HashSet::new();
    for block in 0..explorer.footer.blocks.len() {
        let loaded = explorer.load(block, &[ColumnKind::Contig]).await?;
        let mut start = block as u64 * u64::from(explorer.footer.block_rows);
        for run in loaded.u32s(ColumnKind::Contig)?.chunk_by(|a, b| a == b) {
            let (contig, end) = (run[0], start + run.len() as u64);
            match found.last_mut() {
                Some((last, rows)) if *last == contig => rows.end = end,
                _ if seen.insert(contig) => found.push((contig, start..end)),
                _ => return Err(unsorted(which)),
            }
            start = end;
        }
        yield_now().await;
    }
    let names = &explorer.footer.contigs;
    let named = found.into_iter().map(|(contig, rows)| {
        let name = names.get(contig as usize).cloned();
        name.map(|name| (name, rows)).ok_or(Error::Damaged("a contig has no name"))
    });
    named.collect()
}

/// How contigs of two results are found to be the same: by their plain names, unless a result has two contigs with the
/// same plain name; then by their names as they are.
struct ContigKeys {
    is_plain: bool,
}

impl ContigKeys {
    fn of(firsts: &[(String, Range<u64>)], seconds: &[(String, Range<u64>)]) -> Self {
        let is_unique = |contigs: &[(String, Range<u64>)]| {
            let names: HashSet<String> = contigs.iter().map(|(name, _)| plain_name(name)).collect();
            names.len() == contigs.len()
        };
        Self { is_plain: is_unique(firsts) && is_unique(seconds) }
    }

    fn key(&self, name: &str) -> String {
        if self.is_plain { plain_name(name) } else { name.to_owned() }
    }
}
