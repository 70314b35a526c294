//! Encodings of numbers and texts that give one value without decoding the others.
//!
//! All integers are little-endian. Every reader takes the bytes of a block, and keeps where its encoding is in them, so
//! that a header is read once for all values of a block. It checks all bounds, and fails with [`Damaged`] instead of
//! panicking.

pub(crate) mod bits;
pub(crate) mod column;
pub(crate) mod levels;
pub(crate) mod monotone;
pub(crate) mod rank;
pub(crate) mod rows;
pub(crate) mod scale;
pub(crate) mod text;

/// Bytes that are no valid encoding, with the part that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("damaged: {0}")]
pub struct Damaged(pub(crate) &'static str);

/// The most rows of a block. Row numbers and counts of rows fit `u16`.
pub(crate) const MAX_ROWS: usize = 1 << 15;

/// The array of `N` bytes at `offset`.
#[inline(always)]
pub(crate) fn array<const N: usize>(bytes: &[u8], offset: usize) -> Result<[u8; N], Damaged> {
    bytes
        .get(offset..)
        .and_then(<[u8]>::first_chunk)
        .copied()
        .ok_or(Damaged("a value is outside of its block"))
}

/// The integer at `offset`.
#[inline]
pub(crate) fn u32_at(bytes: &[u8], offset: usize) -> Result<usize, Damaged> {
    Ok(u32::from_le_bytes(array(bytes, offset)?) as usize)
}

/// A length or offset as the format stores it.
///
/// # Panics
/// Never: blocks are limited to less than 4 GiB when they are built.
pub(crate) fn put_u32(out: &mut Vec<u8>, value: usize) {
    out.extend_from_slice(&u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes());
}
