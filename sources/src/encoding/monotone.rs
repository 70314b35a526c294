//! Ascending integers (Elias-Fano): the low bits of each, and the high bits as distances in unary.
//!
//! It takes about two bits a value more than the logarithm of the mean distance, gives any value, and finds
//! the first value that is not smaller than another one. Consecutive integers take no bits.
//!
//! Layout: count `u16`, width of the low bits `u8`, 1 if the values are consecutive `u8`, first value `u32`,
//! number of high bits `u32`, high bits ([`rank`]), low bits ([`bits`]).

use super::{Damaged, array, bits, rank, rank::RankBits, u32_at};
use std::ops::Range;

const HEADER: usize = 12;

/// Appends ascending integers, equal ones included.
pub(crate) fn write(out: &mut Vec<u8>, values: &[u32]) {
    let first = values.first().copied().unwrap_or_default();
    let range = values.last().copied().unwrap_or_default() - first;
    let consecutive = values.windows(2).all(|pair| pair[1] - pair[0] == 1);
    let width = low_width(values.len(), range);
    let high_bits = if consecutive { 0 } else { values.len() + (range >> width) as usize + 1 };
    out.extend_from_slice(&(values.len() as u16).to_le_bytes());
    out.extend([width as u8, consecutive.into()]);
    out.extend_from_slice(&first.to_le_bytes());
    super::put_u32(out, high_bits);
    if consecutive {
        return;
    }
    let high = |(n, value): (usize, &u32)| ((value - first) >> width) as usize + n;
    rank::write(out, high_bits, values.iter().enumerate().map(high));
    bits::write(out, width, values.iter().map(|value| u64::from(value - first)));
}

/// The width of the low bits that makes the encoding smallest.
fn low_width(count: usize, range: u32) -> u32 {
    (range / (count.max(1) as u32)).checked_ilog2().unwrap_or_default()
}

/// The bytes that integers take, without the header.
pub(crate) fn bytes(count: usize, range: u32) -> usize {
    let width = low_width(count, range);
    rank::bytes(count + (range >> width) as usize + 1) + bits::bytes(count, width) + HEADER
}

/// Where ascending integers are in their block.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Monotone {
    count: u32,
    first: u32,
    /// Whether nothing follows but the header.
    is_consecutive: bool,
    /// The width of the low bits.
    width: u8,
    high_bits: u32,
    high: RankBits,
    /// The offset of the low bits.
    low: u32,
    /// The offset of what follows.
    end: u32,
}

impl Monotone {
    /// Reads the header, which begins at `start`.
    #[inline(always)]
    pub(crate) fn new(bytes: &[u8], start: usize) -> Result<Self, Damaged> {
        let [c0, c1, width, consecutive, f0, f1, f2, f3] = array(bytes, start)?;
        let count = usize::from(u16::from_le_bytes([c0, c1]));
        let data = start + HEADER;
        let mut read = Self {
            count: count as u32,
            first: u32::from_le_bytes([f0, f1, f2, f3]),
            is_consecutive: consecutive == 1,
            width,
            end: data as u32,
            ..Self::default()
        };
        let mut end = data;
        if !read.is_consecutive {
            let high_bits = u32_at(bytes, start + 8)?;
            if u32::from(width) >= u32::BITS || high_bits > 4 * super::MAX_ROWS {
                return Err(Damaged("ascending integers have an invalid header"));
            }
            let low = data + rank::bytes(high_bits);
            end = low + bits::bytes(count, width.into());
            read.high_bits = high_bits as u32;
            read.high = RankBits::new(data, high_bits);
            read.low = low as u32;
            read.end = end as u32;
        }
        if end > bytes.len() {
            return Err(Damaged("ascending integers end outside of their block"));
        }
        Ok(read)
    }

    /// The number of values.
    #[inline]
    pub(crate) const fn len(&self) -> usize {
        self.count as usize
    }

    /// The offset of what follows.
    pub(crate) const fn end(&self) -> usize {
        self.end as usize
    }

    #[inline(always)]
    fn low(&self, bytes: &[u8], index: usize) -> Result<u64, Damaged> {
        bits::read(bytes, self.low as usize, index, self.width.into())
    }

    /// The value at an index.
    #[inline]
    pub(crate) fn get(&self, bytes: &[u8], index: usize) -> Result<u32, Damaged> {
        if index >= self.len() {
            return Err(Damaged("an index is outside of its encoding"));
        }
        if self.is_consecutive {
            return Ok(self.first.wrapping_add(index as u32));
        }
        let high = self.high.select::<true>(bytes, index)?.saturating_sub(index);
        let low = self.low(bytes, index)?;
        Ok(self.first.wrapping_add(((high as u64) << self.width | low) as u32))
    }

    /// The index of the first value that is not smaller than `target`; the number of values if there is
    /// none.
    #[inline(always)]
    pub(crate) fn lower_bound(&self, bytes: &[u8], target: u32) -> Result<usize, Damaged> {
        Ok(self.equal_range(bytes, target)?.start)
    }

    /// The range of indexes of the values that equal `target`. It is empty if no value does, and is then at
    /// the index where such a value would be.
    #[inline(always)]
    pub(crate) fn equal_range(&self, bytes: &[u8], target: u32) -> Result<Range<usize>, Damaged> {
        let (count, high_bits) = (self.len(), self.high_bits as usize);
        let Some(target) = target.checked_sub(self.first) else { return Ok(0..0) };
        if self.is_consecutive {
            let index = count.min(target as usize);
            return Ok(index..count.min(index + 1));
        }
        let high = (target >> self.width) as usize;
        // The values with these high bits follow the zero that ends those with smaller ones.
        let mut bit = match high {
            0 => 0,
            _ if high + count > high_bits => return Ok(count..count),
            _ => self.high.select::<false>(bytes, high - 1)? + 1,
        };
        let mut index = bit.saturating_sub(high);
        let low = u64::from(target) & ((1 << self.width) - 1);
        let mut start = None;
        while index < count && bit < high_bits && self.high.get(bytes, bit)? {
            let value = self.low(bytes, index)?;
            if value >= low && start.is_none() {
                start = Some(index);
            }
            if value > low {
                break;
            }
            (bit, index) = (bit + 1, index + 1);
        }
        let end = index.min(count);
        Ok(start.unwrap_or(end)..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(values: &[u32]) {
        let mut out = Vec::new();
        write(&mut out, values);
        out.extend([0; bits::PADDING]);
        let read = Monotone::new(&out, 0).unwrap();
        assert_eq!(out.len() - read.end(), bits::PADDING);
        for (n, value) in values.iter().enumerate() {
            assert_eq!(read.get(&out, n), Ok(*value));
        }
        assert!(read.get(&out, values.len()).is_err());
        let near = values.iter().flat_map(|v| [v.saturating_sub(1), *v, v.saturating_add(1)]);
        for target in near.chain([0, u32::MAX]) {
            let expected = values.partition_point(|value| *value < target);
            assert_eq!(read.lower_bound(&out, target), Ok(expected), "{target} in {values:?}");
            let equal = values.iter().filter(|value| **value == target).count();
            assert_eq!(read.equal_range(&out, target), Ok(expected..expected + equal));
        }
    }

    #[test]
    fn extremes_are_kept() {
        check(&[]);
        check(&[7]);
        check(&[7, 7, 7]);
        check(&[5, 6, 7, 8]);
        check(&[0, u32::MAX]);
        check(&[0, 1, u32::MAX, u32::MAX]);
    }

    proptest! {
        #[test]
        fn any_value_is_read_and_found(
            first in 0u32..1000,
            steps in proptest::collection::vec(prop_oneof![0u32..4, 0u32..4, 0u32..100_000], 0..600),
        ) {
            let values: Vec<u32> = steps.iter().scan(first, |sum, step| {
                *sum += step;
                Some(*sum)
            }).collect();
            check(&values);
        }
    }
}
