//! The SHA-256 tree hash of Amazon Glacier: the hashes of a file's 1 MiB leaves, combined in pairs
//! until one remains
//! (<https://docs.aws.amazon.com/amazonglacier/latest/dev/checksum-calculations.html>).

use sha2::{Digest, Sha256};

/// The size of a leaf in bytes.
const LEAF_BYTES: usize = 1024 * 1024;

type Hash = [u8; 32];

/// Computes a tree hash incrementally.
///
/// Memory grows with the logarithm of the size: two subtrees of the same height are combined as
/// soon as both exist, which gives the same hash as combining level by level.
#[derive(Debug, Default)]
pub(super) struct TreeHasher {
    leaf: Sha256,
    /// Bytes in the current leaf.
    filled: usize,
    /// Complete subtrees from left to right with their heights, which strictly decrease.
    subtrees: Vec<(u32, Hash)>,
    size: u64,
}

impl TreeHasher {
    /// Adds the next bytes.
    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        self.size += bytes.len() as u64;
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(LEAF_BYTES - self.filled));
            self.leaf.update(now);
            self.filled += now.len();
            if self.filled == LEAF_BYTES {
                self.end_leaf();
            }
            bytes = later;
        }
    }

    /// The number of bytes added.
    pub(super) const fn size(&self) -> u64 {
        self.size
    }

    /// The tree hash of all bytes, in hex.
    pub(super) fn finish(mut self) -> String {
        if self.filled > 0 || self.subtrees.is_empty() {
            self.end_leaf();
        }
        let right_to_left = self.subtrees.into_iter().map(|(_, hash)| hash).rev();
        let root = right_to_left.reduce(|right, left| join(left, right));
        hex::encode(root.unwrap_or_default())
    }

    fn end_leaf(&mut self) {
        let mut height = 0;
        let mut hash: Hash = std::mem::take(&mut self.leaf).finalize().into();
        self.filled = 0;
        while let Some((_, left)) = self.subtrees.pop_if(|(left, _)| *left == height) {
            hash = join(left, hash);
            height += 1;
        }
        self.subtrees.push((height, hash));
    }
}

fn join(left: Hash, right: Hash) -> Hash {
    Sha256::new().chain_update(left).chain_update(right).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The algorithm of the documentation: level by level; an unpaired hash moves up unchanged.
    fn by_levels(bytes: &[u8]) -> String {
        let leaves = bytes.chunks(LEAF_BYTES).map(|leaf| Sha256::digest(leaf).into());
        let mut level: Vec<Hash> = leaves.collect();
        if level.is_empty() {
            level.push(Sha256::digest(b"").into());
        }
        while level.len() > 1 {
            let pairs = level.chunks(2);
            level = pairs
                .map(|pair| pair.get(1).map_or(pair[0], |right| join(pair[0], *right)))
                .collect();
        }
        hex::encode(level[0])
    }

    fn hash(bytes: &[u8], step: usize) -> String {
        let mut hasher = TreeHasher::default();
        bytes.chunks(step).for_each(|piece| hasher.update(piece));
        assert_eq!(hasher.size(), bytes.len() as u64);
        hasher.finish()
    }

    #[test]
    fn the_tree_hash_of_a_small_file_is_its_sha_256() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash(b"abc", 2), abc);
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hash(b"", 1), empty);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn any_size_in_any_chunks_gives_the_hash_of_the_documented_algorithm(
            leaves in 0..12_usize,
            rest in prop_oneof![Just(0), Just(1), 0..LEAF_BYTES],
            step in 1_usize..3 * LEAF_BYTES,
        ) {
            let bytes: Vec<u8> = (0..leaves * LEAF_BYTES + rest).map(|n| (n % 251) as u8).collect();
            prop_assert_eq!(hash(&bytes, step.max(1000)), by_levels(&bytes));
        }
    }
}
