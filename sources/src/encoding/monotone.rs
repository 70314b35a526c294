//! Ascending integers (Elias-Fano): the low bits of each, and the high bits as distances in unary.
//!
//! It takes about two bits a value more than the logarithm of the mean distance, gives any value, and finds
//! the first value that is not smaller than another one. Consecutive integers take no bits.
//!
//! Layout: count `u16`, width of the low bits `u8`, 1 if the values are consecutive `u8`, first value `u32`,
//! number of high bits `u32`, high bits ([`rank`]), low bits ([`bits`]).

use super::{Damaged, array, bits, rank, rank::RankBits, tail, u32_at};
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

/// A reader of ascending integers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Monotone<'a> {
    count: usize,
    first: u32,
    /// `None` if the values are consecutive.
    parts: Option<Parts<'a>>,
    /// The bytes after the encoding.
    rest: &'a [u8],
}

#[derive(Clone, Copy, Debug)]
struct Parts<'a> {
    width: u32,
    high: RankBits<'a>,
    high_bits: usize,
    low: &'a [u8],
}

impl<'a> Monotone<'a> {
    /// Reads the header.
    #[inline(always)]
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self, Damaged> {
        let [c0, c1, width, consecutive, f0, f1, f2, f3] = array(bytes, 0)?;
        let count = usize::from(u16::from_le_bytes([c0, c1]));
        let first = u32::from_le_bytes([f0, f1, f2, f3]);
        let rest = tail(bytes, HEADER)?;
        if consecutive == 1 {
            return Ok(Self { count, first, parts: None, rest });
        }
        let high_bits = u32_at(bytes, 8)?;
        let width = u32::from(width);
        if width >= u32::BITS || high_bits > 4 * super::MAX_ROWS {
            return Err(Damaged("ascending integers have an invalid header"));
        }
        let high = RankBits::new(rest, high_bits)?;
        let low = tail(rest, rank::bytes(high_bits))?;
        let rest = tail(low, bits::bytes(count, width))?;
        Ok(Self { count, first, parts: Some(Parts { width, high, high_bits, low }), rest })
    }

    /// The number of values.
    #[inline]
    pub(crate) const fn len(&self) -> usize {
        self.count
    }

    /// The bytes after the encoding.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The value at an index.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> Result<u32, Damaged> {
        if index >= self.count {
            return Err(Damaged("an index is outside of its encoding"));
        }
        let Some(parts) = &self.parts else { return Ok(self.first.wrapping_add(index as u32)) };
        let high = parts.high.select::<true>(index)?.saturating_sub(index);
        let low = bits::read(parts.low, index, parts.width)?;
        Ok(self.first.wrapping_add(((high as u64) << parts.width | low) as u32))
    }

    /// The index of the first value that is not smaller than `target`; the number of values if there is
    /// none.
    #[inline(always)]
    pub(crate) fn lower_bound(&self, target: u32) -> Result<usize, Damaged> {
        Ok(self.equal_range(target)?.start)
    }

    /// The range of indexes of the values that equal `target`. It is empty if no value does, and is then at
    /// the index where such a value would be.
    #[inline(always)]
    pub(crate) fn equal_range(&self, target: u32) -> Result<Range<usize>, Damaged> {
        let Some(target) = target.checked_sub(self.first) else { return Ok(0..0) };
        let Some(parts) = &self.parts else {
            let index = self.count.min(target as usize);
            return Ok(index..self.count.min(index + 1));
        };
        let high = (target >> parts.width) as usize;
        // The values with these high bits follow the zero that ends those with smaller ones.
        let mut bit = match high {
            0 => 0,
            _ if high + self.count > parts.high_bits => return Ok(self.count..self.count),
            _ => parts.high.select::<false>(high - 1)? + 1,
        };
        let mut index = bit.saturating_sub(high);
        let low = u64::from(target) & ((1 << parts.width) - 1);
        let mut start = None;
        while index < self.count && bit < parts.high_bits && parts.high.get(bit)? {
            let value = bits::read(parts.low, index, parts.width)?;
            if value >= low && start.is_none() {
                start = Some(index);
            }
            if value > low {
                break;
            }
            (bit, index) = (bit + 1, index + 1);
        }
        let end = index.min(self.count);
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
        let read = Monotone::new(&out).unwrap();
        assert_eq!(read.rest().len(), bits::PADDING);
        for (n, value) in values.iter().enumerate() {
            assert_eq!(read.get(n), Ok(*value));
        }
        assert!(read.get(values.len()).is_err());
        let near = values.iter().flat_map(|v| [v.saturating_sub(1), *v, v.saturating_add(1)]);
        for target in near.chain([0, u32::MAX]) {
            let expected = values.partition_point(|value| *value < target);
            assert_eq!(read.lower_bound(target), Ok(expected), "{target} in {values:?}");
            let equal = values.iter().filter(|value| **value == target).count();
            assert_eq!(read.equal_range(target), Ok(expected..expected + equal));
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
