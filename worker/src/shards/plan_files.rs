//! What the worker reads of a plan. `docs/large-jobs.md` documents its files.

use super::run_files::{HEAD, RunFiles, SHARDS};
use crate::attempt_error::AttemptError;
use gas_backend::AnnotateGas;
use gas_backend::ports::PortError;
use serde::Deserialize;
use std::ops::Range;
use std::path::Path;

/// More than a plan with [`gas_shared::job::MAX_SHARDS`] shards has.
const MAX_PLAN_BYTES: u64 = 16 << 20;

/// The most bytes of a block of BGZF (SAM specification, section 4.1).
const BLOCK_BYTES: u64 = 1 << 16;

/// What all shards have in common.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct PlanHead {
    pub(super) input_bytes: u64,
    header_end: Position,
    pub(super) shards: u32,
}

/// A shard of the input.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct PlannedShard {
    pub(super) shard: u32,
    start: Position,
    end: Option<Position>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct Position {
    block: u64,
}

/// A plan.
#[derive(Clone, Debug)]
pub(super) struct PlanFiles {
    pub(super) head: PlanHead,
    pub(super) shards: Vec<PlannedShard>,
    head_text: Vec<u8>,
    shards_text: Vec<u8>,
}

impl PlanFiles {
    /// Reads the stored plan of a run.
    pub(super) async fn fetch(
        gas: &AnnotateGas,
        files: &RunFiles<'_>,
    ) -> Result<Self, AttemptError> {
        let read = async |name: &str| {
            let found = gas.objects.read_head(&files.object(name), MAX_PLAN_BYTES).await?;
            found.ok_or_else(|| PortError::permanent("read a plan", "it is not stored"))
        };
        Ok(Self::parse(read(HEAD).await?, read(SHARDS).await?)?)
    }

    /// Reads a plan that the engine has written to a folder.
    pub(super) fn read(folder: &Path) -> Result<Self, AttemptError> {
        let read = |name: &str| {
            let file = crate::attempt::open(&folder.join(name), "plan")?;
            Ok::<_, AttemptError>(file.read(0, file.size()?.min(MAX_PLAN_BYTES))?)
        };
        Ok(Self::parse(read(HEAD)?, read(SHARDS)?)?)
    }

    fn parse(head_text: Vec<u8>, shards_text: Vec<u8>) -> Result<Self, PortError> {
        let invalid = |error: serde_json::Error| PortError::permanent("read a plan", error);
        let head = serde_json::from_slice(&head_text).map_err(invalid)?;
        let lines = shards_text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let shards =
            lines.map(serde_json::from_slice).collect::<Result<_, _>>().map_err(invalid)?;
        Ok(Self { head, shards, head_text, shards_text })
    }

    /// Writes the plan to a folder, which is created.
    pub(super) fn write(&self, folder: &Path) -> std::io::Result<()> {
        std::fs::create_dir(folder)?;
        std::fs::write(folder.join(HEAD), &self.head_text)?;
        std::fs::write(folder.join(SHARDS), &self.shards_text)
    }

    /// The shard with a number.
    pub(super) fn shard(&self, number: u32) -> Option<&PlannedShard> {
        self.shards.iter().find(|shard| shard.shard == number)
    }

    /// The bytes of the input in which the header is.
    pub(super) fn header_range(&self) -> Range<u64> {
        0..self.head.clipped(self.head.header_end)
    }
}

impl PlanHead {
    /// The end of the block of a position.
    fn clipped(&self, position: Position) -> u64 {
        position.block.saturating_add(BLOCK_BYTES).min(self.input_bytes)
    }
}

impl PlannedShard {
    /// The bytes of the input in which the shard is.
    pub(super) fn range(&self, head: &PlanHead) -> Range<u64> {
        let start = self.start.block.min(head.input_bytes);
        start..self.end.map_or(head.input_bytes, |end| head.clipped(end)).max(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_reach_to_the_ends_of_blocks_and_of_the_input() {
        let head = br#"{"version":1,"input_bytes":200000,"header_end":{"block":10,"within":3},"has_end_mark":true,"run":"x","shards":2}"#;
        let shards = b"{\"shard\":0,\"start\":{\"block\":10,\"within\":3},\"end\":{\"block\":150000,\"within\":9},\"contig\":\"1\",\"pos\":3,\"records\":4}\n\
            {\"shard\":1,\"start\":{\"block\":150000,\"within\":9},\"end\":null,\"contig\":\"2\",\"pos\":3,\"records\":4}\n";
        let plan = PlanFiles::parse(head.to_vec(), shards.to_vec()).unwrap();
        assert_eq!(plan.header_range(), 0..65_546);
        let range = |number| plan.shard(number).map(|shard| shard.range(&plan.head));
        assert_eq!(range(0), Some(10..200_000));
        assert_eq!(range(1), Some(150_000..200_000));
        assert_eq!(range(2), None);
        assert_eq!(plan.head.shards, 2);
        assert!(PlanFiles::parse(head.to_vec(), b"{}\n".to_vec()).is_err());
    }
}
