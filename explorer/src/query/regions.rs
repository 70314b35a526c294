//! Regions of a filter, merged, so that a record is compared with few of them.

use gas_shared::explorer::{Region, contig_alias};
use std::collections::HashMap;

/// Intervals of contigs that do not overlap, in ascending order.
#[derive(Debug, Default)]
pub(crate) struct Regions(Vec<Interval>);

/// An interval of a contig, by the contig's number, with inclusive bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Interval {
    contig: u32,
    start: u32,
    end: u32,
}

impl Regions {
    /// The regions on the contigs of an index. Contigs are compared by their aliases.
    pub fn of(regions: &[Region], contigs: &[String]) -> Self {
        let mut by_alias = HashMap::<String, Vec<(u32, u32)>>::new();
        for region in regions {
            let span = region.span.unwrap_or((0, u32::MAX));
            by_alias.entry(contig_alias(&region.contig)).or_default().push(span);
        }
        by_alias.values_mut().for_each(merge);
        let numbered = (0..).zip(contigs);
        let intervals = numbered.flat_map(|(contig, name)| {
            let spans = by_alias.get(&contig_alias(name)).map_or(&[][..], Vec::as_slice);
            spans.iter().map(move |(start, end)| Interval { contig, start: *start, end: *end })
        });
        // In order, because contigs and the spans of each are.
        Self(intervals.collect())
    }

    /// Whether an interval of a contig overlaps a region.
    #[inline]
    pub fn touch(&self, contig: u32, start: u32, end: u32) -> bool {
        self.first_ending_at(contig, start).is_some_and(|interval| interval.start <= end)
    }

    /// Whether a region contains an interval of a contig.
    pub fn cover(&self, contig: u32, start: u32, end: u32) -> bool {
        let first = self.first_ending_at(contig, start);
        first.is_some_and(|interval| interval.start <= start && interval.end >= end)
    }

    /// The first interval of a contig that ends at a position or after it.
    fn first_ending_at(&self, contig: u32, position: u32) -> Option<&Interval> {
        let at = self.0.partition_point(|known| (known.contig, known.end) < (contig, position));
        self.0.get(at).filter(|interval| interval.contig == contig)
    }
}

/// Sorts intervals and joins those that overlap or are adjacent.
fn merge(spans: &mut Vec<(u32, u32)>) {
    spans.sort_unstable();
    spans.dedup_by(|next, last| {
        let joins = next.0 <= last.1.saturating_add(1);
        if joins {
            last.1 = last.1.max(next.1);
        }
        joins
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn merged_regions_equal_a_comparison_with_each(
            regions in prop::collection::vec((0usize..4, 0u32..40, 0u32..9, 0u8..12), 0..30),
            records in prop::collection::vec((0u32..3, 0u32..50, 0u32..9), 50),
        ) {
            let contigs = ["chr1", "2", "chrX"].map(str::to_owned);
            let region = |(contig, start, length, whole): (usize, u32, u32, u8)| Region {
                contig: ["1", "CHR2", "X", "9"][contig].to_owned(),
                span: (whole > 0).then_some((start, start + length)),
            };
            let regions: Vec<Region> = regions.into_iter().map(region).collect();
            let merged = Regions::of(&regions, &contigs);
            for (contig, start, length) in records {
                let end = start + length;
                let mine = || {
                    let alias = contig_alias(&contigs[contig as usize]);
                    let mine = regions.iter().filter(move |r| contig_alias(&r.contig) == alias);
                    mine.map(|region| region.span.unwrap_or((0, u32::MAX)))
                };
                let touches = mine().any(|(first, last)| first <= end && start <= last);
                prop_assert_eq!(merged.touch(contig, start, end), touches);
                // Several regions together can cover a record.
                let covers = (start..=end).all(|at| mine().any(|(f, l)| (f..=l).contains(&at)));
                prop_assert_eq!(merged.cover(contig, start, end), covers);
            }
        }
    }
}
