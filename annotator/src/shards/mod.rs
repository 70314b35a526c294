//! Shards: the parts of a large file that are annotated on their own, by different machines.
//!
//! [`plan_shards`](crate::pipeline::plan_shards) cuts a file into shards without reading it whole,
//! [`annotate_shard`](crate::pipeline::annotate_shard) annotates one of them, and
//! [`join_shards`](crate::pipeline::join_shards) makes one result of them, whose bytes are those of a run in one
//! piece.

mod count_lines;
mod cut;
mod plan;
mod range_source;
mod requested_ranges;
mod upload_parts;

pub(crate) use count_lines::count_lines;
pub(crate) use cut::{PlanSettings, plan_with};
pub use plan::{Exclusion, Plan, PlanHead, Shard, ShardCount, ShardError};
pub use range_source::RangeSource;
pub use requested_ranges::RequestedRanges;
pub(crate) use upload_parts::upload_parts;
pub use upload_parts::{ByteRange, RangeFile, UploadPart};
