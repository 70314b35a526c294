//! Bits with the number of ones before any of them, and the position of the nth one or zero.
//!
//! Layout: the words, then for each group of eight words the number of ones before it (`u16`).

use super::{Damaged, array};

const WORD: usize = 64;
const GROUP: usize = 8;

/// Appends bits; `ones` are the indexes of those that are set, ascending.
pub(crate) fn write(out: &mut Vec<u8>, length: usize, ones: impl Iterator<Item = usize>) {
    let mut words = vec![0u64; length.div_ceil(WORD)];
    for index in ones {
        words[index / WORD] |= 1 << (index % WORD);
    }
    words.iter().for_each(|word| out.extend_from_slice(&word.to_le_bytes()));
    let mut before = 0u16;
    for group in words.chunks(GROUP) {
        out.extend_from_slice(&before.to_le_bytes());
        before = group.iter().fold(before, |sum, word| sum + word.count_ones() as u16);
    }
}

/// The bytes that bits take.
pub(crate) const fn bytes(length: usize) -> usize {
    let words = length.div_ceil(WORD);
    words * 8 + words.div_ceil(GROUP) * 2
}

/// Where bits are in their block.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RankBits {
    /// The offset of the words.
    words: u32,
    /// The offset of the numbers of ones before each group.
    samples: u32,
    /// The number of words.
    count: u32,
}

impl RankBits {
    /// Bits of a known number, which begin at `start`.
    #[inline(always)]
    pub(crate) const fn new(start: usize, length: usize) -> Self {
        let count = length.div_ceil(WORD);
        // Offsets of a valid block fit; others are outside of it.
        Self { words: start as u32, samples: (start + count * 8) as u32, count: count as u32 }
    }

    #[inline(always)]
    fn word(&self, bytes: &[u8], index: usize) -> Result<u64, Damaged> {
        Ok(u64::from_le_bytes(array(bytes, self.words as usize + index * 8)?))
    }

    #[inline(always)]
    fn sample(&self, bytes: &[u8], group: usize) -> Result<usize, Damaged> {
        Ok(u16::from_le_bytes(array(bytes, self.samples as usize + group * 2)?).into())
    }

    /// Whether a bit is set.
    #[inline(always)]
    pub(crate) fn get(&self, bytes: &[u8], index: usize) -> Result<bool, Damaged> {
        Ok(self.word(bytes, index / WORD)? >> (index % WORD) & 1 == 1)
    }

    /// The number of ones before a bit, if the bit is set.
    #[inline(always)]
    pub(crate) fn rank_if_set(&self, bytes: &[u8], index: usize) -> Result<Option<usize>, Damaged> {
        let (word, bit) = (index / WORD, index % WORD);
        let own = self.word(bytes, word)?;
        if own >> bit & 1 == 0 {
            return Ok(None);
        }
        let group = word / GROUP;
        let mut ones = self.sample(bytes, group)?;
        for before in group * GROUP..word {
            ones += self.word(bytes, before)?.count_ones() as usize;
        }
        Ok(Some(ones + (own & ((1 << bit) - 1)).count_ones() as usize))
    }

    /// The index of the nth set (`ONES`) or unset bit, from 0.
    #[inline(always)]
    pub(crate) fn select<const ONES: bool>(
        &self,
        bytes: &[u8],
        nth: usize,
    ) -> Result<usize, Damaged> {
        let words = self.count as usize;
        // The last group with at most `nth` such bits before it, and the number of bits before that group.
        let (mut group, mut after, mut found) = (0, words.div_ceil(GROUP), 0);
        while after - group > 1 {
            let middle = group.midpoint(after);
            let ones = self.sample(bytes, middle)?;
            let before = if ONES { ones } else { (middle * GROUP * WORD).saturating_sub(ones) };
            if before <= nth {
                (group, found) = (middle, before);
            } else {
                after = middle;
            }
        }
        let mut missing = nth - found;
        for index in group * GROUP..words.min((group + 1) * GROUP) {
            let word = self.word(bytes, index)?;
            let word = if ONES { word } else { !word };
            let count = word.count_ones() as usize;
            if missing < count {
                return Ok(index * WORD + nth_one(word, missing));
            }
            missing -= count;
        }
        Err(Damaged("there are too few bits"))
    }
}

/// The index of the nth set bit of a word that has more than `nth` of them.
#[inline(always)]
fn nth_one(mut word: u64, nth: usize) -> usize {
    let (mut start, mut missing) = (0, nth as u32);
    // Skips bytes first: clearing bits one by one takes up to 63 steps.
    loop {
        let ones = (word & 0xff).count_ones();
        if missing < ones || start >= 56 {
            break;
        }
        missing -= ones;
        word >>= 8;
        start += 8;
    }
    for _ in 0..missing {
        word &= word.wrapping_sub(1);
    }
    start + word.trailing_zeros() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ranks_and_selections_agree_with_counting(bits in proptest::collection::vec(any::<bool>(), 1..3000)) {
            let mut out = Vec::new();
            let ones = bits.iter().enumerate().filter(|(_, bit)| **bit).map(|(n, _)| n);
            write(&mut out, bits.len(), ones);
            prop_assert_eq!(out.len(), bytes(bits.len()));
            let read = RankBits::new(0, bits.len());
            let (mut one, mut zero) = (0, 0);
            for (n, bit) in bits.iter().enumerate() {
                prop_assert_eq!(read.get(&out, n), Ok(*bit));
                prop_assert_eq!(read.rank_if_set(&out, n), Ok(bit.then_some(one)));
                if *bit {
                    prop_assert_eq!(read.select::<true>(&out, one), Ok(n));
                    one += 1;
                } else {
                    prop_assert_eq!(read.select::<false>(&out, zero), Ok(n));
                    zero += 1;
                }
            }
            prop_assert!(read.select::<true>(&out, one).is_err());
        }
    }
}
