//! The directory of the blocks of a contig, in which the block of a position is found by binary search.
//!
//! Each block has an entry of 32 bytes: the first start `u32`, the last start (of regions: the largest end so
//! far in the contig) `u32`, the largest end in the block (of regions, otherwise 0) `u32`, the number of bytes
//! `u32`, the offset from the start of the contig's blocks `u64`, and XXH3 of the block `u64`.

use crate::encoding::{Damaged, array};

/// The bytes of an entry.
pub(crate) const ENTRY: usize = 32;

/// A block in the directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BlockEntry {
    pub(crate) first: u32,
    pub(crate) last: u32,
    pub(crate) largest_end: u32,
    pub(crate) length: u32,
    pub(crate) offset: u64,
    pub(crate) checksum: u64,
}

impl BlockEntry {
    /// Appends the entry.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        for value in [self.first, self.last, self.largest_end, self.length] {
            out.extend_from_slice(&value.to_le_bytes());
        }
        out.extend_from_slice(&self.offset.to_le_bytes());
        out.extend_from_slice(&self.checksum.to_le_bytes());
    }
}

/// A directory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Directory<'a>(pub(crate) &'a [u8]);

impl Directory<'_> {
    /// The number of blocks.
    pub(crate) const fn len(&self) -> usize {
        self.0.len() / ENTRY
    }

    /// The entry of a block.
    #[inline]
    pub(crate) fn get(&self, block: usize) -> Result<BlockEntry, Damaged> {
        let entry: [u8; ENTRY] = array(self.0, block * ENTRY)?;
        let u32_at = |n| u32::from_le_bytes([entry[n], entry[n + 1], entry[n + 2], entry[n + 3]]);
        let u64_at = |n| u64::from(u32_at(n)) | u64::from(u32_at(n + 4)) << 32;
        Ok(BlockEntry {
            first: u32_at(0),
            last: u32_at(4),
            largest_end: u32_at(8),
            length: u32_at(12),
            offset: u64_at(16),
            checksum: u64_at(24),
        })
    }

    /// The first block from `from` on for which a condition does not hold, given that it holds for the
    /// blocks before. Looks near `from` first, since queries are usually in ascending order.
    #[inline]
    pub(crate) fn partition_point(
        &self,
        from: usize,
        holds: impl Fn(&BlockEntry) -> bool,
    ) -> Result<usize, Damaged> {
        let mut step = 1usize;
        let (mut low, mut high) = (from.min(self.len()), self.len());
        while low < high {
            let probe = if step < high - low { low + step - 1 } else { low.midpoint(high) };
            if holds(&self.get(probe)?) {
                low = probe + 1;
                step = step.saturating_mul(2);
            } else {
                high = probe;
                // The range is known; halve it from here on.
                step = usize::MAX;
            }
        }
        Ok(low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_block_that_fails_is_found_from_anywhere() {
        for blocks in 0..40u32 {
            let mut bytes = Vec::new();
            (0..blocks)
                .for_each(|first| BlockEntry { first, ..BlockEntry::default() }.write(&mut bytes));
            let directory = Directory(&bytes);
            for target in 0..=blocks {
                for from in 0..=target as usize {
                    let found = directory.partition_point(from, |entry| entry.first < target);
                    assert_eq!(found, Ok(target as usize));
                }
            }
        }
    }
}
