//! A run in shards: several workers annotate the parts of a large file under one claim.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The most shards of a run. Their numbers are stored in the job's row.
pub const MAX_SHARDS: u32 = 200;

/// Which shards of a run are annotated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardedRun {
    /// The number of shards.
    pub total: u32,
    /// The numbers of the annotated shards, from 0.
    pub done: BTreeSet<u32>,
}

/// How many shards of a run are annotated, for its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardCounts {
    /// The number of shards.
    pub total: u32,
    /// Those that are annotated.
    pub done: u32,
}

impl ShardedRun {
    /// A run of which no shard is annotated.
    pub fn new(total: u32) -> Self {
        Self { total, done: BTreeSet::new() }
    }

    /// The counts of its shards.
    pub fn counts(&self) -> ShardCounts {
        ShardCounts { total: self.total, done: u32::try_from(self.done.len()).unwrap_or(u32::MAX) }
    }

    /// Whether all shards are annotated.
    pub fn is_complete(&self) -> bool {
        self.done.len() as u64 >= u64::from(self.total)
    }

    /// The annotated part, 0 to 1000.
    pub(super) fn permille(&self) -> u16 {
        let ShardCounts { total, done } = self.counts();
        u16::try_from(u64::from(done) * 1000 / u64::from(total.max(1))).unwrap_or(1000).min(1000)
    }
}
