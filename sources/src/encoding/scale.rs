//! How the integers of a column in a block become small numbers that are not negative.
//!
//! A value is stored as its distance from the smallest or the largest one (frame of reference), divided by the greatest
//! common divisor of all distances: numbers of alleles are even, most are near the largest one.
//!
//! Layout: flags `u8`, frame `i64`, divisor `u64`. Flags: 1, there are missing values: distance 0 is a missing value, and
//! others are larger by one; 2, distances are subtracted from the largest value.

/// Stands for a missing value where values are collected. It is no valid value.
pub(crate) const MISSING: i64 = i64::MIN;

const HAS_MISSING: u8 = 1;
const DESCENDING: u8 = 2;

/// Frame and divisor of a column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    has_missing: bool,
    is_descending: bool,
    frame: i64,
    divisor: u64,
}

impl Scale {
    /// The bytes of its layout.
    pub(crate) const BYTES: usize = 17;

    /// The scales from the smallest and from the largest value. Some values can be [`MISSING`].
    pub(crate) fn of(values: &[i64]) -> [Self; 2] {
        let present = || values.iter().copied().filter(|value| *value != MISSING);
        let (smallest, largest) = (present().min().unwrap_or(0), present().max().unwrap_or(0));
        let has_missing = values.contains(&MISSING);
        let divisor =
            present().fold(0, |gcd, value| greatest_common_divisor(gcd, value.abs_diff(smallest)));
        [(smallest, false), (largest, true)].map(|(frame, is_descending)| Self {
            has_missing,
            is_descending,
            frame,
            divisor: divisor.max(1),
        })
    }

    /// The distance of a value, or of [`MISSING`].
    pub(crate) const fn distance(&self, value: i64) -> u64 {
        match value {
            MISSING => 0,
            value => value.abs_diff(self.frame) / self.divisor + self.has_missing as u64,
        }
    }

    /// The value at a distance; `None` if it is missing. Distances of a valid file fit; others give some number.
    #[inline(always)]
    pub(crate) const fn value(&self, distance: u64) -> Option<i64> {
        let Some(distance) = distance.checked_sub(self.has_missing as u64) else { return None };
        let distance = distance.wrapping_mul(self.divisor) as i64;
        Some(if self.is_descending {
            self.frame.wrapping_sub(distance)
        } else {
            self.frame.wrapping_add(distance)
        })
    }

    /// Appends its layout.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let missing = if self.has_missing { HAS_MISSING } else { 0 };
        out.push(missing | if self.is_descending { DESCENDING } else { 0 });
        out.extend_from_slice(&self.frame.to_le_bytes());
        out.extend_from_slice(&self.divisor.to_le_bytes());
    }

    /// Reads its layout.
    #[inline]
    pub(crate) const fn read(bytes: [u8; Self::BYTES]) -> Self {
        let [flags, f0, f1, f2, f3, f4, f5, f6, f7, d0, d1, d2, d3, d4, d5, d6, d7] = bytes;
        Self {
            has_missing: flags & HAS_MISSING != 0,
            is_descending: flags & DESCENDING != 0,
            frame: i64::from_le_bytes([f0, f1, f2, f3, f4, f5, f6, f7]),
            divisor: u64::from_le_bytes([d0, d1, d2, d3, d4, d5, d6, d7]),
        }
    }
}

const fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
