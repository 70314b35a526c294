//! Decides from the statistics of a block whether a criterion matches none, all, or some of its rows,
//! so that most blocks need not be read.

use super::clause::Clause;
use super::regions::Regions;
use crate::annotation::TermNumbers;
use crate::format::{BlockEntry, NumberStats, Stats};
use crate::selection::{Bits, Matches};
use gas_shared::explorer::Range;

/// The rows of a block that can match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zone {
    /// No row matches.
    None,
    /// All rows match.
    All,
    /// Decided by the columns.
    Some,
}

impl Zone {
    /// The zone of a block in which `matching` of `rows` rows match.
    fn of(matching: u32, rows: u32) -> Self {
        match matching {
            0 => Self::None,
            n if n == rows => Self::All,
            _ => Self::Some,
        }
    }

    fn possible(holds: bool) -> Self {
        if holds { Self::Some } else { Self::None }
    }
}

/// The zone of a criterion in a block, by its number.
pub(crate) fn zone(clause: &Clause, block: &BlockEntry, number: usize) -> Zone {
    let (stats, rows) = (&block.stats, block.rows);
    match clause {
        Clause::Regions(regions) | Clause::Within(regions) => zone_of_regions(regions, stats, rows),
        Clause::Genes(genes) => Zone::possible(any_gene(genes, stats)),
        Clause::Categories { column, accepted, .. } => {
            let mut matching = 0;
            column.for_each_count(block, |value, rows| {
                matching +=
                    if accepted.get(value).is_some_and(|accepted| *accepted) { rows } else { 0 };
            });
            Zone::of(matching, rows)
        }
        Clause::NoCategory(matches) => Zone::of(if *matches { rows } else { 0 }, rows),
        Clause::AnyTerms(bits) => {
            let with_none = stats.consequences.iter().any(|(term, _)| *term == TermNumbers::NONE);
            let present = stats.terms | u64::from(with_none) << TermNumbers::NONE;
            Zone::possible(bits & present != 0)
        }
        Clause::Ids(ids) => Zone::possible(!ids.is_empty()),
        Clause::Numbers { column, range } => {
            match column.and_then(|column| stats.numbers.get(usize::from(column))) {
                Some(stats) => zone_of_range(range, stats, rows),
                None => Zone::of(if range.or_missing { rows } else { 0 }, rows),
            }
        }
        Clause::Length(range) => {
            let above = range.max.is_none_or(|max| stats.length.min <= max);
            let below = range.min.is_none_or(|min| stats.length.max >= min);
            Zone::possible(stats.length.min <= stats.length.max && above && below)
        }
        // There are no statistics of identifiers and calls.
        Clause::Text(..)
        | Clause::Genotype { .. }
        | Clause::Sample { .. }
        | Clause::Trio { .. } => Zone::Some,
        Clause::Rows(blocks) => match blocks.get(number) {
            Some(Matches::Some(..)) => Zone::Some,
            Some(Matches::All) => Zone::All,
            Some(Matches::None) | None => Zone::None,
        },
    }
}

fn any_gene(genes: &Bits, stats: &Stats) -> bool {
    stats.genes.is_some_and(|(least, greatest)| genes.any_in(least as usize..=greatest as usize))
}

fn zone_of_regions(regions: &Regions, stats: &Stats, rows: u32) -> Zone {
    let mut covered_rows = 0u64;
    let mut touched = false;
    for contig in &stats.contigs {
        touched |= regions.touch(contig.contig, contig.start, contig.end);
        let covered = regions.cover(contig.contig, contig.start, contig.end);
        covered_rows += if covered { u64::from(contig.rows) } else { 0 };
    }
    match (touched, covered_rows == u64::from(rows)) {
        (_, true) => Zone::All,
        (true, false) => Zone::Some,
        (false, false) => Zone::None,
    }
}

fn zone_of_range(range: &Range, stats: &NumberStats, rows: u32) -> Zone {
    let missing_match = if range.or_missing { stats.missing } else { 0 };
    if stats.missing == rows {
        return Zone::of(missing_match, rows);
    }
    let outside = range.max.is_some_and(|max| stats.min > max)
        || range.min.is_some_and(|min| stats.max < min);
    if outside {
        return Zone::of(missing_match, rows);
    }
    let inside = range.contains(stats.min) && range.contains(stats.max);
    if inside && missing_match == stats.missing { Zone::All } else { Zone::Some }
}
