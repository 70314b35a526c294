//! A run in shards: several workers annotate the parts of a large file under one claim.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The most shards of a run. Their numbers are stored in the job's row.
pub const MAX_SHARDS: u32 = 200;

/// How long after its last heartbeat a shard counts as being annotated. Workers send one every 20 seconds by default.
const HEARTBEAT_TIMEOUT: SignedDuration = SignedDuration::from_secs(90);

/// Which shards of a run are annotated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardedRun {
    /// The number of shards.
    pub total: u32,
    /// The numbers of the annotated shards, from 0.
    pub done: BTreeSet<u32>,
    /// The records of the annotated shards.
    #[serde(default)]
    records: u64,
    /// The shards that are being annotated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    running: Vec<RunningShard>,
}

/// How much of a shard is annotated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardProgress {
    /// The annotated part, 0 to 1000.
    pub permille: u16,
    /// Its annotated records.
    pub records: u64,
}

/// A shard that is being annotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct RunningShard {
    /// Its number.
    shard: u32,
    progress: ShardProgress,
    /// When its worker sent the last heartbeat.
    at: Timestamp,
}

/// How many shards of a run are annotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShardCounts {
    /// The number of shards.
    pub total: u32,
    /// Those that are annotated.
    pub done: u32,
    /// Those that are being annotated.
    #[serde(default)]
    pub running: u32,
}

impl ShardedRun {
    /// A run of which no shard is annotated.
    pub fn new(total: u32) -> Self {
        Self { total, done: BTreeSet::new(), records: 0, running: Vec::new() }
    }

    /// The counts of its shards.
    pub fn counts(&self) -> ShardCounts {
        let count = |shards: usize| u32::try_from(shards).unwrap_or(u32::MAX);
        let (done, running) = (count(self.done.len()), count(self.running.len()));
        ShardCounts { total: self.total, done, running }
    }

    /// Whether all shards are annotated.
    pub fn is_complete(&self) -> bool {
        self.done.len() as u64 >= u64::from(self.total)
    }

    /// Records a heartbeat of the worker that annotates a shard. Shards whose workers have stopped are not counted
    /// anymore.
    pub fn set_running(&mut self, shard: u32, progress: ShardProgress, now: Timestamp) {
        self.running.retain(|running| {
            running.shard != shard && now.duration_since(running.at) < HEARTBEAT_TIMEOUT
        });
        if shard < self.total && !self.done.contains(&shard) {
            self.running.push(RunningShard { shard, progress, at: now });
        }
    }

    /// Records that a shard is annotated. That it is recorded again changes nothing.
    pub fn set_done(&mut self, shard: u32, records: u64) {
        self.running.retain(|running| running.shard != shard);
        if shard < self.total && self.done.insert(shard) {
            self.records = self.records.saturating_add(records);
        }
    }

    /// How much of all shards together is annotated.
    pub(super) fn progress(&self) -> ShardProgress {
        let done = self.done.len() as u64 * 1000;
        let running = self.running.iter().map(|shard| &shard.progress);
        let permille = running.clone().map(|shard| u64::from(shard.permille)).sum::<u64>() + done;
        let permille = permille / u64::from(self.total.max(1));
        let permille = u16::try_from(permille).unwrap_or(1000).min(1000);
        let records = running.map(|shard| shard.records).fold(self.records, u64::saturating_add);
        ShardProgress { permille, records }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_that_are_annotated_and_being_annotated_count_together() {
        let mut run = ShardedRun::new(4);
        let at = |secs| Timestamp::from_second(secs).unwrap();
        let half = ShardProgress { permille: 500, records: 50 };
        run.set_done(0, 100);
        run.set_running(1, half, at(0));
        run.set_running(2, ShardProgress { permille: 100, records: 10 }, at(60));
        assert_eq!(run.counts(), ShardCounts { total: 4, done: 1, running: 2 });
        assert_eq!(run.progress(), ShardProgress { permille: 400, records: 160 });
        // The worker of shard 1 has died.
        run.set_running(2, half, at(100));
        assert_eq!(run.counts(), ShardCounts { total: 4, done: 1, running: 1 });
        run.set_done(2, 100);
        run.set_done(2, 100);
        // A late heartbeat.
        run.set_running(2, half, at(101));
        assert_eq!(run.progress(), ShardProgress { permille: 500, records: 200 });
        assert_eq!(run.counts(), ShardCounts { total: 4, done: 2, running: 0 });
    }

    #[test]
    fn rows_of_older_versions_are_read() {
        let run: ShardedRun = serde_json::from_str(r#"{"total":3,"done":[1]}"#).unwrap();
        assert_eq!(run.counts(), ShardCounts { total: 3, done: 1, running: 0 });
    }
}
