//! Large files: one worker plans shards, a workflow hands them to all workers, and one of them joins the
//! annotated shards. See `docs/large-jobs.md`.

mod annotate;
mod dead_letters;
mod join;
mod plan_files;
mod run_files;
mod sparse_copy;
mod split;
mod task;
#[cfg(test)]
mod tests;

pub(crate) use dead_letters::ShardLetters;
pub(crate) use task::ShardWorker;
