//! Sets of a block's rows.

/// A bit for each row of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bits {
    words: Vec<u64>,
    rows: usize,
}

impl Bits {
    /// The rows for which the test holds.
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

    /// No rows, or all.
    pub fn filled(rows: usize, with: bool) -> Self {
        let mut words = vec![if with { u64::MAX } else { 0 }; rows.div_ceil(64)];
        if let Some(last) = words.last_mut() {
            // Bits beyond the last row stay empty.
            *last &= u64::MAX >> (rows.wrapping_neg() % 64);
        }
        Self { words, rows }
    }

    /// Adds a row.
    pub fn insert(&mut self, row: usize) {
        self.words[row / 64] |= 1 << (row % 64);
    }

    /// Keeps what both sets have.
    pub fn intersect(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= b);
    }

    /// How many rows are in the set.
    pub fn count(&self) -> u32 {
        self.words.iter().map(|word| word.count_ones()).sum()
    }

    /// The rows, in order.
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

/// Which rows of a block match.
#[derive(Clone, Debug)]
pub(crate) enum Matches {
    /// None.
    None,
    /// All.
    All,
    /// These; how many is kept beside them.
    Some(Bits, u32),
}

impl Matches {
    /// The matches of a set.
    pub fn of(bits: Bits) -> Self {
        match bits.count() {
            0 => Self::None,
            n if n as usize == bits.rows => Self::All,
            n => Self::Some(bits, n),
        }
    }

    /// How many of the block's rows match.
    pub const fn count(&self, rows: u32) -> u32 {
        match self {
            Self::None => 0,
            Self::All => rows,
            Self::Some(_, count) => *count,
        }
    }

    /// Calls back for each matching row, in order.
    pub fn for_each(&self, rows: u32, call: impl FnMut(usize)) {
        match self {
            Self::None => {}
            Self::All => (0..rows as usize).for_each(call),
            Self::Some(bits, _) => bits.iter().for_each(call),
        }
    }

    /// Bytes in memory, about.
    pub const fn weight(&self) -> u64 {
        match self {
            Self::Some(bits, _) => bits.words.len() as u64 * 8 + 48,
            _ => 48,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_rows_count_and_list_what_they_hold() {
        let mut bits = Bits::of(130, |row| row % 3 == 0);
        assert_eq!(bits.count(), 44);
        assert_eq!(bits.iter().last(), Some(129));
        bits.intersect(&Bits::of(130, |row| row > 100));
        assert_eq!(bits.iter().next(), Some(102));
        assert!(matches!(Matches::of(Bits::filled(130, true)), Matches::All));
        assert!(matches!(Matches::of(Bits::filled(130, false)), Matches::None));
    }
}
