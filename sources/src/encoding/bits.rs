//! Integers of a fixed number of bits, one after another, the lowest bit first.

use super::{Damaged, array};

/// The widest integer. A load of eight bytes contains it at any offset within a byte.
pub(crate) const MAX_WIDTH: u32 = 56;

/// Zero bytes after the last integer of a block, so that a load of eight bytes ends in the block.
pub(crate) const PADDING: usize = 8;

/// Appends the low `width` bits of integers, and fills the last byte with zeros.
pub(crate) fn write(out: &mut Vec<u8>, width: u32, values: impl Iterator<Item = u64>) {
    debug_assert!(width <= MAX_WIDTH);
    if width == 0 {
        return;
    }
    let mask = mask(width);
    let (mut buffer, mut filled) = (0u64, 0);
    for value in values {
        buffer |= (value & mask) << filled;
        filled += width;
        while filled >= 8 {
            out.push(buffer as u8);
            buffer >>= 8;
            filled -= 8;
        }
    }
    if filled > 0 {
        out.push(buffer as u8);
    }
}

/// The integer at an index of those that begin at `start`.
#[inline(always)]
pub(crate) fn read(bytes: &[u8], start: usize, index: usize, width: u32) -> Result<u64, Damaged> {
    let bit = index * width as usize;
    let word = u64::from_le_bytes(array(bytes, start + bit / 8)?);
    Ok(word >> (bit % 8) & mask(width))
}

/// The bytes that integers take.
pub(crate) const fn bytes(count: usize, width: u32) -> usize {
    (count * width as usize).div_ceil(8)
}

/// How many bits an integer has without leading zeros.
#[inline]
pub(crate) const fn width_of(value: u64) -> u32 {
    u64::BITS - value.leading_zeros()
}

const fn mask(width: u32) -> u64 {
    (1 << width) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_any_width_are_read_at_random() {
        for width in 0..=MAX_WIDTH {
            let values: Vec<u64> =
                (0..100u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) & mask(width)).collect();
            let mut out = Vec::new();
            write(&mut out, width, values.iter().copied());
            assert_eq!(out.len(), bytes(values.len(), width));
            out.extend([0; PADDING]);
            for (n, value) in values.iter().enumerate() {
                assert_eq!(read(&out, 0, n, width), Ok(*value), "{width} bits");
            }
        }
    }
}
