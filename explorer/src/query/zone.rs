//! What a block's statistics tell of a criterion without reading the block.

use super::clause::Clause;
use crate::annotation::Terms;
use crate::format::{BlockEntry, FloatStats, Stats};
use gas_shared::explorer::Range;

/// Which of a block's rows can match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zone {
    /// None does.
    None,
    /// All do.
    All,
    /// Only the columns tell.
    Some,
}

impl Zone {
    /// By how many of all rows match.
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

/// Asks a block's statistics.
pub(crate) fn zone(clause: &Clause, block: &BlockEntry) -> Zone {
    let (stats, rows) = (&block.stats, block.rows);
    match clause {
        Clause::Regions(regions) => zone_of_regions(regions, stats, rows),
        Clause::Genes(genes) => Zone::possible(any_gene(genes.iter(), stats)),
        Clause::Consequences(bits) => {
            Zone::of(sum(&stats.consequences, |term| bits >> term & 1 != 0), rows)
        }
        Clause::AnyTerms(bits) => {
            let with_none = stats.consequences.iter().any(|(term, _)| *term == Terms::NONE);
            let present = stats.terms | u64::from(with_none) << Terms::NONE;
            Zone::possible(bits & present != 0)
        }
        Clause::Impacts(bits) => Zone::of(sum(&stats.impacts, |n| bits >> n & 1 != 0), rows),
        Clause::Types(bits) | Clause::Substitution(bits) => {
            Zone::of(sum(&stats.classes, |class| class & bits != 0), rows)
        }
        Clause::Known(true) => Zone::of(stats.known, rows),
        Clause::Known(false) => Zone::of(rows - stats.known.min(rows), rows),
        Clause::Ids(ids) => Zone::possible(!ids.is_empty()),
        Clause::Frequency(range) => zone_of_range(range, &stats.frequency, rows),
        Clause::Quality(range) => zone_of_range(range, &stats.quality, rows),
        Clause::Length(range) => {
            let above = range.max.is_none_or(|max| stats.length.min <= max);
            let below = range.min.is_none_or(|min| stats.length.max >= min);
            Zone::possible(stats.length.min <= stats.length.max && above && below)
        }
        Clause::Filters(shown) => {
            let is_shown = |n: u16| shown.get(usize::from(n)).copied().unwrap_or(false);
            Zone::of(sum(&stats.filters, is_shown), rows)
        }
        // Identifiers have no bounds that would help.
        Clause::Text(..) => Zone::Some,
    }
}

fn sum<T: Copy>(counts: &[(T, u32)], holds: impl Fn(T) -> bool) -> u32 {
    counts.iter().filter(|(value, _)| holds(*value)).map(|(_, rows)| rows).sum()
}

fn any_gene<'a>(mut genes: impl Iterator<Item = &'a u32>, stats: &Stats) -> bool {
    stats.genes.is_some_and(|(least, greatest)| genes.any(|g| (least..=greatest).contains(g)))
}

fn zone_of_regions(regions: &[(u32, u32, u32)], stats: &Stats, rows: u32) -> Zone {
    let mut whole = 0;
    let mut touched = false;
    for contig in &stats.contigs {
        let mine = regions.iter().filter(|(number, ..)| *number == contig.contig);
        let mut covered = false;
        for (_, start, end) in mine {
            touched |= contig.start <= *end && contig.end >= *start;
            covered |= contig.start >= *start && contig.end <= *end;
        }
        whole += if covered { contig.rows } else { 0 };
    }
    match (touched, whole == rows) {
        (_, true) => Zone::All,
        (true, false) => Zone::Some,
        (false, false) => Zone::None,
    }
}

fn zone_of_range(range: &Range, stats: &FloatStats, rows: u32) -> Zone {
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
