//! An index that finds the intervals that overlap a region. The contig is divided into bins, each
//! with the intervals that overlap it.

/// The default bins span 4 kb.
const BIN_SHIFT: u32 = 12;

/// A static index over intervals. A query reads one or a few bins, independent of earlier queries,
/// and does not allocate.
#[derive(Clone, Debug, Default)]
pub struct RegionIndex {
    starts: Vec<u32>,
    items: Vec<u32>,
    shift: u32,
}

impl RegionIndex {
    /// Indexes intervals, each extended by `margin` at both ends. The item number of an interval is
    /// its index in `intervals`.
    pub fn new(intervals: impl Iterator<Item = (i32, i32)> + Clone, margin: i32) -> Self {
        Self::with_shift(intervals, margin, BIN_SHIFT)
    }

    /// Indexes intervals in bins of `2^shift` bases.
    pub fn with_shift(
        intervals: impl Iterator<Item = (i32, i32)> + Clone,
        margin: i32,
        shift: u32,
    ) -> Self {
        let bins = |(start, end): (i32, i32)| {
            let first = (start.saturating_sub(margin)).max(0) >> shift;
            first as usize..=(end.saturating_add(margin).max(0) >> shift) as usize
        };
        let count = intervals.clone().map(|i| bins(i).end() + 1).max().unwrap_or(0);
        let mut starts = vec![0u32; count + 1];
        for bin in intervals.clone().flat_map(bins) {
            starts[bin + 1] += 1;
        }
        for bin in 0..count {
            starts[bin + 1] += starts[bin];
        }
        let mut items = vec![0u32; starts[count] as usize];
        let mut next = starts.clone();
        for (number, interval) in intervals.enumerate() {
            for bin in bins(interval) {
                items[next[bin] as usize] = number as u32;
                next[bin] += 1;
            }
        }
        Self { starts, items, shift }
    }

    /// Item numbers of intervals that may overlap `start..=end`, ascending within a bin. An
    /// interval in several bins is returned once.
    pub fn query(&self, start: i32, end: i32) -> impl Iterator<Item = u32> + '_ {
        let first = (start.max(0) >> self.shift) as usize;
        let last = (end.max(start).max(0) >> self.shift) as usize;
        (first..=last).flat_map(move |bin| {
            let items = self.bin(bin);
            let earlier = if bin > first { self.bin(bin - 1) } else { &[] };
            items.iter().copied().filter(move |item| earlier.binary_search(item).is_err())
        })
    }

    fn bin(&self, bin: usize) -> &[u32] {
        match (self.starts.get(bin), self.starts.get(bin + 1)) {
            (Some(from), Some(to)) => &self.items[*from as usize..*to as usize],
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_overlapping_interval_is_found_once() {
        let intervals = [(1, 10_000), (3_000, 3_100), (9_000, 20_000)];
        let index = RegionIndex::new(intervals.iter().copied(), 0);
        let found = |a, b| index.query(a, b).collect::<Vec<_>>();
        assert_eq!(found(3_050, 3_050), [0, 1]);
        assert_eq!(found(1, 12_000), [0, 1, 2]);
        assert_eq!(found(50_000, 60_000), Vec::<u32>::new());
        assert_eq!(found(-5, 0), [0, 1]);
    }
}
