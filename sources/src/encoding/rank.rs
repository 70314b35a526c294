//! Bits with the number of ones before any of them, and the position of the nth one or zero.
//!
//! Layout: the words, then for each group of eight words the number of ones before it (`u16`).

use super::{Damaged, array, tail};

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

/// A reader of bits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RankBits<'a> {
    words: &'a [u8],
    samples: &'a [u8],
}

impl<'a> RankBits<'a> {
    /// Reads bits of a known number.
    #[inline(always)]
    pub(crate) fn new(bytes: &'a [u8], length: usize) -> Result<Self, Damaged> {
        let words = length.div_ceil(WORD) * 8;
        let samples = tail(bytes, words)?;
        let samples = samples.get(..words.div_ceil(GROUP * 8) * 2);
        let samples = samples.ok_or(Damaged("bits end outside of their block"))?;
        Ok(Self { words: &bytes[..words], samples })
    }

    #[inline(always)]
    fn word(&self, index: usize) -> Result<u64, Damaged> {
        Ok(u64::from_le_bytes(array(self.words, index * 8)?))
    }

    #[inline(always)]
    fn sample(&self, group: usize) -> Result<usize, Damaged> {
        Ok(u16::from_le_bytes(array(self.samples, group * 2)?).into())
    }

    /// Whether a bit is set.
    #[inline(always)]
    pub(crate) fn get(&self, index: usize) -> Result<bool, Damaged> {
        Ok(self.word(index / WORD)? >> (index % WORD) & 1 == 1)
    }

    /// The number of ones before a bit.
    #[inline(always)]
    pub(crate) fn rank(&self, index: usize) -> Result<usize, Damaged> {
        let word = index / WORD;
        let group = word / GROUP;
        let mut ones = self.sample(group)?;
        for before in group * GROUP..word {
            ones += self.word(before)?.count_ones() as usize;
        }
        let low = self.word(word)? & ((1 << (index % WORD)) - 1);
        Ok(ones + low.count_ones() as usize)
    }

    /// The index of the nth set (`ONES`) or unset bit, from 0.
    #[inline(always)]
    pub(crate) fn select<const ONES: bool>(&self, nth: usize) -> Result<usize, Damaged> {
        let groups = self.samples.len() / 2;
        let before = |group: usize| {
            let ones = self.sample(group)?;
            Ok(if ONES { ones } else { (group * GROUP * WORD).saturating_sub(ones) })
        };
        // The last group with at most `nth` such bits before it.
        let (mut group, mut after) = (0, groups);
        while after - group > 1 {
            let middle = group.midpoint(after);
            if before(middle)? <= nth { group = middle } else { after = middle }
        }
        let mut missing = nth.saturating_sub(before(group)?);
        let words = self.words.len() / 8;
        for index in group * GROUP..words.min((group + 1) * GROUP) {
            let word = if ONES { self.word(index)? } else { !self.word(index)? };
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
            let read = RankBits::new(&out, bits.len()).unwrap();
            let (mut one, mut zero) = (0, 0);
            for (n, bit) in bits.iter().enumerate() {
                prop_assert_eq!(read.get(n), Ok(*bit));
                prop_assert_eq!(read.rank(n), Ok(one));
                if *bit {
                    prop_assert_eq!(read.select::<true>(one), Ok(n));
                    one += 1;
                } else {
                    prop_assert_eq!(read.select::<false>(zero), Ok(n));
                    zero += 1;
                }
            }
            prop_assert!(read.select::<true>(one).is_err());
        }
    }
}
