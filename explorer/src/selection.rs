//! The records that match a filter, as sets of rows by block.

use crate::format::text_weight;
use gas_shared::explorer::Facets;
use std::ops::RangeInclusive;

/// A set of rows, as one bit per row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bits {
    words: Vec<u64>,
    rows: usize,
}

impl Bits {
    /// The rows for which a test holds.
    #[inline]
    pub fn of(rows: usize, mut holds: impl FnMut(usize) -> bool) -> Self {
        let mut words = vec![0u64; rows.div_ceil(64)];
        for (n, word) in words.iter_mut().enumerate() {
            for row in n * 64..rows.min(n * 64 + 64) {
                *word |= u64::from(holds(row)) << (row % 64);
            }
        }
        Self { words, rows }
    }

    /// The rows for whose values a test holds.
    #[inline]
    pub fn of_values<T: Copy>(values: &[T], holds: impl Fn(T) -> bool) -> Self {
        let word = |values: &[T]| {
            let bits = values.iter().enumerate();
            bits.fold(0, |word, (n, value)| word | u64::from(holds(*value)) << n)
        };
        Self { words: values.chunks(64).map(word).collect(), rows: values.len() }
    }

    /// All rows, or none.
    pub fn filled(rows: usize, with: bool) -> Self {
        let mut words = vec![if with { u64::MAX } else { 0 }; rows.div_ceil(64)];
        if let Some(last) = words.last_mut() {
            // Bits beyond the last row are zero.
            *last &= u64::MAX >> (rows.wrapping_neg() % 64);
        }
        Self { words, rows }
    }

    /// Adds a row.
    pub fn insert(&mut self, row: usize) {
        self.words[row / 64] |= 1 << (row % 64);
    }

    /// Whether a row is in the set.
    #[inline]
    pub fn contains(&self, row: usize) -> bool {
        self.words.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 != 0)
    }

    /// Whether a row of a range is in the set.
    pub fn any_in(&self, range: RangeInclusive<usize>) -> bool {
        let (first, last) = (*range.start(), *range.end());
        if first > last || first / 64 >= self.words.len() {
            return false;
        }
        let (from, to) = (first / 64, (last / 64).min(self.words.len() - 1));
        (from..=to).any(|n| {
            let mut word = self.words[n];
            if n == first / 64 {
                word &= u64::MAX << (first % 64);
            }
            if n == last / 64 {
                word &= u64::MAX >> (63 - last % 64);
            }
            word != 0
        })
    }

    /// Keeps the rows that are in both sets.
    pub fn intersect(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= b);
    }

    /// The number of rows in the set.
    pub fn count(&self) -> u32 {
        self.words.iter().map(|word| word.count_ones()).sum()
    }

    /// The rows in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        self.words.iter().enumerate().flat_map(|(n, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
                rest &= rest - 1;
                Some(n * 64 + bit)
            })
        })
    }
}

/// The matching rows of a block.
#[derive(Clone, Debug)]
pub(crate) enum Matches {
    /// No row.
    None,
    /// All rows.
    All,
    /// These rows, and their number.
    Some(Bits, u32),
}

impl Matches {
    /// The matches of a set of rows.
    pub fn of(bits: Bits) -> Self {
        match bits.count() {
            0 => Self::None,
            n if n as usize == bits.rows => Self::All,
            n => Self::Some(bits, n),
        }
    }

    /// The number of matches in a block of `rows` rows.
    pub const fn count(&self, rows: u32) -> u32 {
        match self {
            Self::None => 0,
            Self::All => rows,
            Self::Some(_, count) => *count,
        }
    }

    /// Calls back with each matching row in ascending order.
    pub fn for_each(&self, rows: u32, call: impl FnMut(usize)) {
        match self {
            Self::None => {}
            Self::All => (0..rows as usize).for_each(call),
            Self::Some(bits, _) => bits.iter().for_each(call),
        }
    }

    /// Approximate bytes in memory.
    pub const fn weight(&self) -> u64 {
        match self {
            Self::Some(bits, _) => bits.words.len() as u64 * 8 + 48,
            _ => 48,
        }
    }
}

/// The records that match a filter.
#[derive(Debug)]
pub(crate) struct Selection {
    /// Matches by block.
    pub blocks: Vec<Matches>,
    /// The number of matching records.
    pub matched: u64,
    /// The facets, if they were counted.
    pub facets: Option<Facets>,
}

impl Selection {
    /// Approximate bytes in memory.
    pub fn weight(&self) -> u64 {
        let facets = self.facets.as_ref().map_or(0, weight_of_facets);
        self.blocks.iter().map(Matches::weight).sum::<u64>() + facets
    }
}

fn weight_of_facets(facets: &Facets) -> u64 {
    let values = facets.0.iter().flat_map(|(_, facet)| facet);
    values.map(|facet| text_weight(&facet.value) + 8).sum::<u64>() + 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_rows_are_counted_listed_and_intersected() {
        let mut bits = Bits::of(130, |row| row % 3 == 0);
        assert_eq!(bits.count(), 44);
        assert_eq!(bits.iter().last(), Some(129));
        bits.intersect(&Bits::of(130, |row| row > 100));
        assert_eq!(bits.iter().next(), Some(102));
        for (first, last) in [(0, 0), (101, 101), (0, 101), (102, 102), (103, 130), (129, 999)] {
            let naive = (first..=last).any(|row| bits.contains(row));
            assert_eq!(bits.any_in(first..=last), naive, "{first} to {last}");
        }
        assert!(!bits.any_in(200..=300));
        let values: Vec<u16> = (0..130).collect();
        assert_eq!(Bits::of_values(&values, |n| n % 3 == 0), Bits::of(130, |row| row % 3 == 0));
        assert_eq!(Bits::of_values(&values[..128], |n| n > 9), Bits::of(128, |row| row > 9));
        assert!(matches!(Matches::of(Bits::filled(130, true)), Matches::All));
        assert!(matches!(Matches::of(Bits::filled(130, false)), Matches::None));
    }
}
