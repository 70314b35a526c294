//! Integers of very different size in few bits (directly addressable codes, Brisaboa et al. 2013,
//! Inf. Process. Manag. 49:392).
//!
//! The low bits of all values are one array, and one more bit of each says whether it is larger. The next
//! bits of the larger ones are a second array, and so on, at most [`MAX_LEVELS`]. The widths are those
//! that need the fewest bits for the values of the array, so that rare large values cost nothing for the others; going on
//! in another level counts as some bits.
//!
//! Layout: number of levels `u8`, width of each `u8`; of each level but the first its offset from the start of
//! the encoding `u32` and its number of integers `u16`; then the levels: integers ([`bits`]), and in all but
//! the last the bits ([`rank`]) of those that go on.

use super::{Damaged, bits, rank, rank::RankBits};

/// The most levels.
pub(crate) const MAX_LEVELS: usize = 4;

/// The bytes that the header has about a level after the first.
const NEXT: usize = 6;

/// The bits that a value may take more, so that it does not go on in the next level, where it is found in twice the time.
const GOES_ON: usize = 4;

/// How many values have each number of bits.
#[derive(Clone, Debug)]
pub(crate) struct Widths([u32; 65]);

impl Default for Widths {
    fn default() -> Self {
        Self([0; 65])
    }
}

impl Widths {
    /// Counts values.
    pub(crate) fn of(values: impl Iterator<Item = u64>) -> Self {
        let mut widths = Self::default();
        values.for_each(|value| widths.0[bits::width_of(value) as usize] += 1);
        widths
    }

    /// How many values are 0.
    pub(crate) const fn zeros(&self) -> u32 {
        self.0[0]
    }

    /// The counts without the zeros.
    pub(crate) fn without_zeros(&self) -> Self {
        let mut others = self.clone();
        others.0[0] = 0;
        others
    }
}

/// The widths of the levels, and how many bits they need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    bits: usize,
    levels: usize,
    widths: [u8; MAX_LEVELS],
}

impl Plan {
    /// The plan that needs the fewest bits.
    pub(crate) fn new(widths: &Widths) -> Self {
        let widest = (0..=64).rev().find(|width| widths.0[*width] > 0).unwrap_or(0);
        // Values with more bits than an index.
        let mut above = [0usize; 65];
        for width in (0..64).rev() {
            above[width] = above[width + 1] + widths.0[width + 1] as usize;
        }
        let all = above[0] + widths.0[0] as usize;
        // The bits for all values above a width, with a number of levels, and the end of the first of them.
        let mut best = [[(usize::MAX, 0usize); 65]; MAX_LEVELS];
        for levels in 0..MAX_LEVELS {
            for start in 0..=widest {
                let count = above[start];
                let last = widest - start;
                let mut cost = if last <= bits::MAX_WIDTH as usize {
                    (count * last, widest)
                } else {
                    (usize::MAX, widest)
                };
                if let Some(next) = levels.checked_sub(1).map(|next| &best[next]) {
                    let ends = start + 1..widest.min(start + bits::MAX_WIDTH as usize + 1);
                    let costs = ends.map(|end| {
                        let goes_on = above[end] * GOES_ON;
                        let own = count * (end - start) + rank::bytes(count) * 8 + goes_on;
                        (own.saturating_add(next[end].0).saturating_add(NEXT * 8), end)
                    });
                    cost = costs.fold(cost, Ord::min);
                }
                best[levels][start] = cost;
            }
        }
        let mut plan = Self {
            bits: if widest <= bits::MAX_WIDTH as usize { all * widest } else { usize::MAX },
            levels: 1,
            widths: [widest as u8, 0, 0, 0],
        };
        for first in 0..widest.min(bits::MAX_WIDTH as usize + 1) {
            let (rest, _) = best[MAX_LEVELS - 2][first];
            let goes_on = above[first] * GOES_ON;
            let own = all * first + rank::bytes(all) * 8 + goes_on + NEXT * 8;
            let sum = own.saturating_add(rest);
            if sum < plan.bits {
                plan = Self { bits: sum, levels: 1, widths: [first as u8, 0, 0, 0] };
                let mut start = first;
                for left in (0..MAX_LEVELS - 1).rev() {
                    let end = best[left][start].1;
                    plan.widths[plan.levels] = (end - start) as u8;
                    plan.levels += 1;
                    start = end;
                    if end == widest {
                        break;
                    }
                }
            }
        }
        plan
    }

    /// The bytes of the encoding, roughly.
    pub(crate) const fn bytes(&self) -> usize {
        self.bits / 8 + 1 + self.levels
    }
}

/// Appends integers.
pub(crate) fn write(out: &mut Vec<u8>, plan: &Plan, values: &[u64]) {
    let start = out.len();
    out.push(plan.levels as u8);
    out.extend_from_slice(&plan.widths[..plan.levels]);
    let next_levels = out.len();
    out.extend(std::iter::repeat_n(0, NEXT * (plan.levels - 1)));
    let mut left = values.to_vec();
    for level in 0..plan.levels {
        let width = u32::from(plan.widths[level]);
        bits::write(out, width, left.iter().copied());
        if level + 1 == plan.levels {
            break;
        }
        let larger = |value: &u64| value >> width > 0;
        let ones = left.iter().enumerate().filter(|(_, value)| larger(value)).map(|(n, _)| n);
        rank::write(out, left.len(), ones);
        left.retain(larger);
        left.iter_mut().for_each(|value| *value >>= width);
        let offset = ((out.len() - start) as u32).to_le_bytes();
        let count = (left.len() as u16).to_le_bytes();
        let next = [offset[0], offset[1], offset[2], offset[3], count[0], count[1]];
        out[next_levels + NEXT * level..][..NEXT].copy_from_slice(&next);
    }
}

/// Where integers are in their block.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Levels {
    count: u32,
    levels: u32,
    parts: [Part; MAX_LEVELS],
}

/// A level.
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    width: u8,
    /// The bits of a value before those of this level.
    shift: u8,
    /// The offset of the integers.
    integers: u32,
    /// The bits of those that go on.
    larger: RankBits,
}

impl Levels {
    /// Reads the header of a known number of integers, which begin at `start`.
    #[inline]
    pub(crate) fn new(bytes: &[u8], start: usize, count: usize) -> Result<Self, Damaged> {
        let [levels, widths @ ..] = super::array::<{ 1 + MAX_LEVELS }>(bytes, start)?;
        let levels = usize::from(levels);
        if levels == 0 || levels > MAX_LEVELS {
            return Err(Damaged("integers have an invalid header"));
        }
        let mut parts = [Part::default(); MAX_LEVELS];
        let next_levels = start + 1 + levels;
        let (mut shift, mut of_level) = (0, count);
        let mut integers = next_levels + NEXT * (levels - 1);
        for (level, (part, width)) in parts.iter_mut().zip(widths).enumerate().take(levels) {
            if u32::from(width) > bits::MAX_WIDTH || shift + u32::from(width) > u64::BITS {
                return Err(Damaged("integers are too wide"));
            }
            part.width = width;
            part.shift = shift as u8;
            // Offsets of a valid block fit; others are outside of it.
            part.integers = integers as u32;
            if level + 1 < levels {
                let larger = integers + bits::bytes(of_level, width.into());
                part.larger = RankBits::new(larger, of_level);
                let [o0, o1, o2, o3, c0, c1] =
                    super::array::<NEXT>(bytes, next_levels + NEXT * level)?;
                integers = start + u32::from_le_bytes([o0, o1, o2, o3]) as usize;
                of_level = u16::from_le_bytes([c0, c1]).into();
            }
            shift += u32::from(width);
        }
        Ok(Self { count: count as u32, levels: levels as u32, parts })
    }

    /// The value at an index, of the block whose header this is.
    #[inline(always)]
    pub(crate) fn get(&self, bytes: &[u8], index: usize) -> Result<u64, Damaged> {
        if index >= self.count as usize {
            return Err(Damaged("an index is outside of its encoding"));
        }
        let (mut value, mut index) = (0, index);
        for (level, part) in self.parts.iter().enumerate().take(self.levels as usize) {
            if part.width > 0 {
                let integer = bits::read(bytes, part.integers as usize, index, part.width.into())?;
                value |= integer << part.shift;
            }
            if level + 1 == self.levels as usize {
                break;
            }
            let Some(next) = part.larger.rank_if_set(bytes, index)? else { break };
            index = next;
        }
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn round_trip(values: &[u64]) -> usize {
        let plan = Plan::new(&Widths::of(values.iter().copied()));
        let mut out = Vec::new();
        write(&mut out, &plan, values);
        let size = out.len();
        assert!(size <= plan.bytes() + 8 * MAX_LEVELS, "{size} bytes planned as {plan:?}");
        out.extend([0; bits::PADDING]);
        let read = Levels::new(&out, 0, values.len()).unwrap();
        for (n, value) in values.iter().enumerate() {
            assert_eq!(read.get(&out, n), Ok(*value), "{n} of {values:?} with {plan:?}");
        }
        assert!(read.get(&out, values.len()).is_err());
        size
    }

    #[test]
    fn rare_large_values_cost_little() {
        let mut values = vec![1; 4096];
        assert!(round_trip(&values) < 4096 / 8 + 16);
        values[77] = u64::MAX;
        values[99] = 1 << 40;
        assert!(round_trip(&values) < 4096 / 8 * 2 + 80 + 40);
        round_trip(&[0; 100]);
        round_trip(&[]);
    }

    proptest! {
        #[test]
        fn any_integers_are_read_at_random(
            values in proptest::collection::vec(
                (0u32..64, any::<u64>()).prop_map(|(shift, value)| value >> shift), 0..500),
            small in proptest::collection::vec(0u64..8, 0..500),
        ) {
            round_trip(&[values, small].concat());
        }
    }
}
