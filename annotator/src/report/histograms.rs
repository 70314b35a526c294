//! Histograms behind the charts: records along a contig, lengths of indels, qualities.

use serde::Serialize;
use std::collections::BTreeMap;

/// Indels longer than this count as this long.
pub const MAX_INDEL: i32 = 50;

/// Lower bounds of the quality bins; the last has no upper bound.
const QUAL_FROM: [u32; 17] =
    [0, 10, 20, 30, 40, 50, 60, 80, 100, 150, 200, 300, 500, 1000, 2000, 5000, 10_000];

/// A contig is cut into at most this many bins.
const MAX_BINS: u64 = 200;

/// Records of one contig by position.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Density {
    /// Bases of a bin: 1, 2 or 5 times a power of ten, so that bins fit the axis of a chart.
    pub bin_bases: u32,
    /// Records by bin, the first bin beginning at position 1.
    pub records: Vec<u64>,
}

impl Density {
    /// Empty bins for a contig of so many bases.
    pub fn new(length: u64) -> Self {
        let mut power = 1u64;
        let bin_bases = loop {
            let widths = [power, 2 * power, 5 * power];
            if let Some(width) = widths.into_iter().find(|width| length <= width * MAX_BINS) {
                break width;
            }
            power *= 10;
        };
        let bins = length.div_ceil(bin_bases).max(1);
        Self { bin_bases: bin_bases as u32, records: vec![0; bins as usize] }
    }

    /// Counts a record; positions beyond the contig count in its last bin.
    #[inline]
    pub fn add(&mut self, pos: u64) {
        let bin = pos.saturating_sub(1) / u64::from(self.bin_bases.max(1));
        let last = self.records.len().saturating_sub(1);
        if let Some(count) = self.records.get_mut((bin as usize).min(last)) {
            *count += 1;
        }
    }

    fn merge(&mut self, other: &Self) {
        add_all(&mut self.records, &other.records);
    }
}

/// Everything drawn as a histogram.
#[derive(Clone, Debug)]
pub struct Histograms {
    /// Records along contigs of the reference, by the user's name of the contig.
    pub density: BTreeMap<Box<[u8]>, Density>,
    indels: [u64; 2 * MAX_INDEL as usize + 1],
    qual: [u64; QUAL_FROM.len()],
    qual_missing: u64,
}

impl Default for Histograms {
    fn default() -> Self {
        Self {
            density: BTreeMap::new(),
            indels: [0; 2 * MAX_INDEL as usize + 1],
            qual: [0; QUAL_FROM.len()],
            qual_missing: 0,
        }
    }
}

impl Histograms {
    /// Counts an indel by the bases it adds (negative: takes away).
    #[inline]
    pub fn add_indel(&mut self, bases: i64) {
        let bases = bases.clamp(i64::from(-MAX_INDEL), i64::from(MAX_INDEL));
        self.indels[(bases + i64::from(MAX_INDEL)) as usize] += 1;
    }

    /// Counts a QUAL column that was checked to be a number or `.`.
    #[inline]
    pub fn add_qual(&mut self, text: &[u8]) {
        match whole_part(text) {
            Some(value) => {
                let bin = QUAL_FROM.iter().rposition(|from| value >= f64::from(*from));
                self.qual[bin.unwrap_or(0)] += 1;
            }
            None => self.qual_missing += 1,
        }
    }

    /// Counts the records of a contig.
    pub fn add_density(&mut self, name: &[u8], density: &Density) {
        match self.density.get_mut(name) {
            Some(known) => known.merge(density),
            None => {
                self.density.insert(name.into(), density.clone());
            }
        }
    }

    /// Adds another thread's counts.
    pub fn merge(&mut self, other: &Self) {
        for (name, density) in &other.density {
            self.add_density(name, density);
        }
        add_all(&mut self.indels, &other.indels);
        add_all(&mut self.qual, &other.qual);
        self.qual_missing += other.qual_missing;
    }

    /// Indels as pairs of length and number, lengths without indels left out.
    pub fn indel_lengths(&self) -> Vec<(i32, u64)> {
        let lengths = (-MAX_INDEL..=MAX_INDEL).zip(self.indels);
        lengths.filter(|(_, n)| *n > 0).collect()
    }

    /// Qualities by bin.
    pub fn qualities(&self) -> Qualities {
        let to = QUAL_FROM[1..].iter().copied().map(Some).chain([None]);
        let bins = QUAL_FROM.iter().zip(to).zip(self.qual);
        Qualities {
            missing: self.qual_missing,
            bins: bins.map(|((from, to), records)| QualBin { from: *from, to, records }).collect(),
        }
    }
}

/// Records by quality.
#[derive(Clone, Debug, Serialize)]
pub struct Qualities {
    /// Records without a quality.
    pub missing: u64,
    /// Bins in ascending order.
    pub bins: Vec<QualBin>,
}

/// One bin of qualities.
#[derive(Clone, Debug, Serialize)]
pub struct QualBin {
    /// Lowest quality of the bin.
    pub from: u32,
    /// Lowest quality of the next bin; `None` for the last.
    pub to: Option<u32>,
    /// Records.
    pub records: u64,
}

/// A quality; plain digits are read by hand, which is what nearly all files have.
#[inline]
fn whole_part(text: &[u8]) -> Option<f64> {
    if text == b"." {
        return None;
    }
    if text.len() < 9 && text.iter().all(u8::is_ascii_digit) {
        return Some(f64::from(text.iter().fold(0u32, |sum, b| sum * 10 + u32::from(b - b'0'))));
    }
    std::str::from_utf8(text).ok()?.parse().ok().filter(|value: &f64| value.is_finite())
}

fn add_all(sums: &mut [u64], more: &[u64]) {
    sums.iter_mut().zip(more).for_each(|(a, b)| *a += b);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_round_and_few() {
        for (length, bin_bases, bins) in [
            (16_569, 100, 166),
            (63_025_520, 500_000, 127),
            (249_250_621, 2_000_000, 125),
            (200, 1, 200),
            (0, 1, 1),
        ] {
            let density = Density::new(length);
            assert_eq!((density.bin_bases, density.records.len()), (bin_bases, bins), "{length}");
        }
        let mut density = Density::new(16_569);
        for pos in [0, 1, 100, 101, 99_999] {
            density.add(pos);
        }
        assert_eq!((density.records[0], density.records[1], density.records[165]), (3, 1, 1));
    }

    #[test]
    fn qualities_and_lengths_fall_into_their_bins() {
        let mut histograms = Histograms::default();
        for qual in [".", "9.99", "10", "1e3", "99999", "-1"] {
            histograms.add_qual(qual.as_bytes());
        }
        let found = histograms.qualities();
        let of = |from| found.bins.iter().find(|bin| bin.from == from).unwrap().records;
        assert_eq!((found.missing, of(0), of(10), of(1000), of(10_000)), (1, 2, 1, 1, 1));
        for bases in [-3, -3, 1, 4000] {
            histograms.add_indel(bases);
        }
        assert_eq!(histograms.indel_lengths(), [(-3, 2), (1, 1), (50, 1)]);
    }
}
