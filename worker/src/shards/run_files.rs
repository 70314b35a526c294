//! The files that a run in shards stores in S3, besides those of every result.

use gas_backend::ObjectKeys;
use gas_shared::Job;
use gas_shared::job::{ClaimId, ObjectLocation};

/// The files of the plan.
pub(super) const HEAD: &str = "head.json";
pub(super) const SHARDS: &str = "shards.jsonl";

/// The input, compressed again in blocks, if the uploaded file has none.
pub(super) const REBLOCKED: &str = "input.vcf.gz";

/// The files of one run.
#[derive(Clone, Copy, Debug)]
pub(super) struct RunFiles<'a> {
    pub(super) object_keys: &'a ObjectKeys,
    pub(super) job: &'a Job,
    pub(super) claim: ClaimId,
}

impl RunFiles<'_> {
    /// Where a file is stored.
    pub(super) fn object(&self, name: &str) -> ObjectLocation {
        self.object_keys.shard_file(self.job.owner, self.job.id, self.claim, name)
    }
}

/// The file of a shard's annotated records.
pub(super) fn records(shard: u32) -> String {
    format!("{shard}.gz")
}

/// The files beside the annotated records that a join needs.
pub(super) fn beside_records(shard: u32) -> [String; 2] {
    [format!("{shard}.gz.index"), format!("{shard}.gz.shard")]
}

/// The file of a shard's index for the explorer.
pub(super) fn explorer_index(shard: u32) -> String {
    format!("{shard}.idx")
}
