//! Histograms for the charts: records along each contig, indel lengths, qualities.

use super::long_array;
use gas_shared::summary::{Density, Qualities, QualityBin};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Longer indels are counted as indels of this length, in bases.
pub const MAX_INDEL: i32 = 50;

/// Lower bounds of the quality bins. The last bin has no upper bound.
const QUAL_FROM: [u32; 17] =
    [0, 10, 20, 30, 40, 50, 60, 80, 100, 150, 200, 300, 500, 1000, 2000, 5000, 10_000];

/// The counts of all histograms.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Histograms {
    /// Records along each contig of the reference, by the contig's name in the input.
    pub density: BTreeMap<Box<[u8]>, Density>,
    #[serde(with = "long_array")]
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
    /// Counts an indel by its length change in bases, negative for a deletion.
    #[inline]
    pub fn add_indel(&mut self, bases: i64) {
        let bases = bases.clamp(i64::from(-MAX_INDEL), i64::from(MAX_INDEL));
        self.indels[(bases + i64::from(MAX_INDEL)) as usize] += 1;
    }

    /// Counts a QUAL value that has been checked to be a number or `.`.
    #[inline]
    pub fn add_qual(&mut self, text: &[u8]) {
        match parse_quality(text) {
            Some(value) => {
                let bin = QUAL_FROM.iter().rposition(|from| value >= f64::from(*from));
                self.qual[bin.unwrap_or(0)] += 1;
            }
            None => self.qual_missing += 1,
        }
    }

    /// Adds the records of a contig, or of a part of it.
    pub fn add_density(&mut self, name: &[u8], density: &Density) {
        match self.density.get_mut(name) {
            Some(sum) => sum.merge(density),
            None => {
                self.density.insert(name.into(), density.clone());
            }
        }
    }

    /// Adds the counts of another thread.
    pub fn merge(&mut self, other: &Self) {
        for (name, density) in &other.density {
            self.add_density(name, density);
        }
        add_all(&mut self.indels, &other.indels);
        add_all(&mut self.qual, &other.qual);
        self.qual_missing += other.qual_missing;
    }

    /// Pairs of indel length and count, without lengths that do not occur.
    pub fn indel_lengths(&self) -> Vec<(i32, u64)> {
        let lengths = (-MAX_INDEL..=MAX_INDEL).zip(self.indels);
        lengths.filter(|(_, n)| *n > 0).collect()
    }

    /// Records by quality bin.
    pub fn qualities(&self) -> Qualities {
        let to = QUAL_FROM[1..].iter().copied().map(Some).chain([None]);
        let bins = QUAL_FROM.iter().zip(to).zip(self.qual);
        Qualities {
            missing: self.qual_missing,
            bins: bins
                .map(|((from, to), records)| QualityBin { from: *from, to, records })
                .collect(),
        }
    }
}

/// Parses QUAL; `None` for `.`. Whole numbers, which nearly all files have, take a fast path.
#[inline]
fn parse_quality(text: &[u8]) -> Option<f64> {
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
    fn each_quality_and_length_counts_in_its_bin() {
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
