//! The SHA-256 tree hash of the Glacier API.
//!
//! The leaves are the SHA-256 hashes of every 1 MiB. Neighboring nodes are concatenated and hashed
//! until one is left; an odd last node moves up unchanged ("Computing Checksums", Amazon Glacier
//! Developer Guide).

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::str::FromStr;

/// The number of bytes of a leaf.
pub const LEAF_BYTES: u64 = 1024 * 1024;

/// A node of the tree. Its text form has 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TreeHash([u8; 32]);

impl TreeHash {
    /// Creates a node from its bytes, as they are in memory and on disk.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes of the hash.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Computes the root of neighboring nodes of one level; the last one may be of a lower level.
    /// The nodes are the leaves of a file, or the hashes of its parts, whose size is a power of two
    /// times 1 MiB.
    ///
    /// The root of an empty slice is the hash of no bytes.
    pub fn root(nodes: &[Self]) -> Self {
        let mut level = nodes.to_vec();
        while level.len() > 1 {
            level = level.chunks(2).map(Self::joined).collect();
        }
        level.pop().unwrap_or_else(|| Self(Sha256::digest([]).into()))
    }

    fn joined(pair: &[Self]) -> Self {
        match pair {
            [alone] => *alone,
            nodes => {
                let mut hash = Sha256::new();
                nodes.iter().for_each(|node| hash.update(node.0));
                Self(hash.finalize().into())
            }
        }
    }
}

impl fmt::Display for TreeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for TreeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not a tree hash.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a tree hash; expected 64 hexadecimal digits")]
pub struct NotATreeHash(String);

impl FromStr for TreeHash {
    type Err = NotATreeHash;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| NotATreeHash(text.to_owned()))?;
        Ok(Self(bytes))
    }
}

impl Serialize for TreeHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TreeHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// Hashes a stream. It uses 32 bytes of memory for each MiB of the stream.
#[derive(Clone, Debug, Default)]
pub struct TreeHasher {
    leaves: Vec<TreeHash>,
    leaf: Sha256,
    in_leaf: u64,
}

impl TreeHasher {
    /// Appends bytes.
    pub fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = usize::try_from(LEAF_BYTES - self.in_leaf).unwrap_or(usize::MAX);
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.leaf.update(now);
            self.in_leaf += now.len() as u64;
            if self.in_leaf == LEAF_BYTES {
                self.end_leaf();
            }
            bytes = later;
        }
    }

    /// Returns the leaves; [`TreeHash::root`] computes the tree hash from them.
    pub fn finish(mut self) -> Vec<TreeHash> {
        if self.in_leaf > 0 {
            self.end_leaf();
        }
        self.leaves
    }

    fn end_leaf(&mut self) {
        self.leaves.push(TreeHash(self.leaf.finalize_reset().into()));
        self.in_leaf = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1024 * 1024;

    fn sha(parts: &[&[u8]]) -> [u8; 32] {
        Sha256::digest(parts.concat()).into()
    }

    fn hash(bytes: &[u8]) -> TreeHash {
        let mut hasher = TreeHasher::default();
        hasher.update(bytes);
        TreeHash::root(&hasher.finish())
    }

    #[test]
    fn up_to_one_mebibyte_the_tree_hash_is_the_sha256() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hash(b"").to_string(), empty);
        assert_eq!(hash(&[7; MIB]).0, sha(&[&[7; MIB]]));
    }

    #[test]
    fn an_odd_leaf_moves_up_unchanged() {
        let bytes: Vec<u8> = (0..2 * MIB + 5).map(|n| (n % 251) as u8).collect();
        let leaves: Vec<_> = bytes.chunks(MIB).map(|leaf| sha(&[leaf])).collect();
        let pair = sha(&[&leaves[0], &leaves[1]]);
        assert_eq!(hash(&bytes).0, sha(&[&pair, &leaves[2]]));
    }

    #[test]
    fn the_hash_does_not_depend_on_the_size_of_writes() {
        let bytes: Vec<u8> = (0..3 * MIB + 17).map(|n| (n % 241) as u8).collect();
        let mut hasher = TreeHasher::default();
        bytes.chunks(MIB / 3 + 1).for_each(|chunk| hasher.update(chunk));
        assert_eq!(TreeHash::root(&hasher.finish()), hash(&bytes));
    }

    #[test]
    fn the_hashes_of_parts_combine_to_the_hash_of_the_file() {
        for parts_and_rest in [(1, 0), (2, 1), (3, 2 * MIB + 1), (5, 3), (7, 4 * MIB - 1)] {
            let (whole_parts, rest) = parts_and_rest;
            let bytes: Vec<u8> =
                (0..whole_parts * 4 * MIB + rest).map(|n| (n % 239) as u8).collect();
            let parts: Vec<_> = bytes.chunks(4 * MIB).map(hash).collect();
            assert_eq!(TreeHash::root(&parts), hash(&bytes), "{parts_and_rest:?}");
        }
    }

    #[test]
    fn text_and_back() {
        let hash = hash(b"GAS");
        assert_eq!(hash.to_string().parse::<TreeHash>().unwrap(), hash);
        for bad in ["", "e3b0", &"g".repeat(64), &"+1".repeat(32)] {
            assert!(bad.parse::<TreeHash>().is_err(), "{bad:?}");
        }
    }
}
