//! Byte ranges in headers and parameters, and their alignment to the tree hash.

use crate::error::{ApiError, ApiResult};
use crate::records::ByteRange;
use crate::tree_hash::LEAF_BYTES;
use std::ops::Range;

impl ByteRange {
    /// The range of all `size` bytes.
    pub fn whole(size: u64) -> Self {
        Self { start: 0, end: size.saturating_sub(1) }
    }

    /// Parses `0-1048575`.
    ///
    /// # Errors
    /// If the text is not a range.
    pub fn parse(text: &str) -> ApiResult<Self> {
        let rejected = || ApiError::invalid(format!("Invalid range: {text}"));
        let (start, end) = text.split_once('-').ok_or_else(rejected)?;
        let start = start.parse().map_err(|_| rejected())?;
        let end = end.parse().map_err(|_| rejected())?;
        // The length of a range that ends at the largest number would overflow.
        if start <= end && end < u64::MAX { Ok(Self { start, end }) } else { Err(rejected()) }
    }

    /// Parses the `Content-Range: bytes 0-4194303/*` of a part.
    ///
    /// # Errors
    /// If the text is not a range.
    pub fn parse_content_range(text: &str) -> ApiResult<Self> {
        let range = text.strip_prefix("bytes ").and_then(|range| range.strip_suffix("/*"));
        Self::parse(range.unwrap_or(text))
    }

    /// Parses the `Range: bytes=0-1048575` of a request for `size` bytes.
    ///
    /// # Errors
    /// If the text is not a range, or the range exceeds `size` bytes.
    pub fn parse_header(text: &str, size: u64) -> ApiResult<Self> {
        let range = Self::parse(text.strip_prefix("bytes=").unwrap_or(text))?;
        range.inside(size)
    }

    /// Returns this range if it is within `size` bytes.
    ///
    /// # Errors
    /// If the range exceeds `size` bytes.
    pub fn inside(self, size: u64) -> ApiResult<Self> {
        if self.end < size {
            return Ok(self);
        }
        let Self { start, end } = self;
        Err(ApiError::invalid(format!("Invalid range: {start}-{end} of {size} bytes")))
    }

    /// Whether the range starts and ends at a multiple of 1 MiB, or ends with the archive.
    pub fn is_mebibyte_aligned(self, size: u64) -> bool {
        let ends = (self.end + 1).is_multiple_of(LEAF_BYTES) || self.end + 1 == size;
        self.start.is_multiple_of(LEAF_BYTES) && ends
    }

    /// Returns the leaves of the range if it covers exactly the leaves below one node of the
    /// archive's tree. Only the tree hash of such a range can be verified against the archive
    /// ("Receiving Checksums When Downloading Data", Amazon Glacier Developer Guide).
    pub fn aligned_leaves(self, size: u64) -> Option<Range<usize>> {
        if !self.is_mebibyte_aligned(size) {
            return None;
        }
        let first = self.start / LEAF_BYTES;
        let count = self.len().div_ceil(LEAF_BYTES);
        let node = count.next_power_of_two();
        let full = count == node || self.end + 1 == size;
        let leaves = first.try_into().ok()?..(first + count).try_into().ok()?;
        (full && first.is_multiple_of(node)).then_some(leaves)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;

    fn leaves(start: u64, end: u64, size: u64) -> Option<Range<usize>> {
        ByteRange { start: start * MIB, end: end * MIB - 1 }.aligned_leaves(size)
    }

    #[test]
    fn ranges_are_read_strictly() {
        let range = ByteRange { start: 5, end: 9 };
        assert_eq!(ByteRange::parse("5-9"), Ok(range));
        assert_eq!(ByteRange::parse_content_range("bytes 5-9/*"), Ok(range));
        assert_eq!(ByteRange::parse_header("bytes=5-9", 10), Ok(range));
        for bad in ["", "5", "9-5", "-9", "5-", "a-b", "0-18446744073709551615"] {
            assert!(ByteRange::parse(bad).is_err(), "{bad:?}");
        }
        assert!(ByteRange::parse_header("bytes=5-9", 9).is_err());
    }

    #[test]
    fn a_range_below_one_node_is_aligned() {
        let size = 8 * MIB;
        assert_eq!(leaves(0, 8, size), Some(0..8));
        assert_eq!(leaves(4, 8, size), Some(4..8));
        assert_eq!(leaves(2, 4, size), Some(2..4));
        assert_eq!(leaves(3, 4, size), Some(3..4));
        assert_eq!(leaves(1, 3, size), None, "two halves of different pairs");
        assert_eq!(leaves(0, 3, size), None, "no node has three of eight");
        let within = ByteRange { start: 1, end: MIB - 1 };
        assert_eq!(within.aligned_leaves(size), None);
    }

    #[test]
    fn the_end_of_an_odd_archive_is_aligned() {
        let size = 6 * MIB + 7;
        let rest = |start: u64| ByteRange { start: start * MIB, end: size - 1 };
        assert_eq!(rest(4).aligned_leaves(size), Some(4..7));
        assert_eq!(rest(6).aligned_leaves(size), Some(6..7));
        assert_eq!(rest(0).aligned_leaves(size), Some(0..7));
        assert_eq!(rest(5).aligned_leaves(size), None);
    }
}
