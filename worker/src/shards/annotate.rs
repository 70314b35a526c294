//! One shard: fetch header and shard, annotate, build its index for the explorer, store all.

use super::plan_files::{PlanFiles, PlannedShard};
use super::run_files::{RunFiles, beside_records, explorer_index, records};
use super::sparse_copy::{CutInput, copy_ranges};
use crate::attempt::{BINARY, open};
use crate::attempt_error::AttemptError;
use crate::disk;
use crate::engine::{Engine, EngineError, ShardFiles, Task};
use crate::report::Report;
use crate::run_file::RunFile;
use crate::worker::Worker;
use bytes::Bytes;
use gas_backend::chain;
use std::io;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Bytes that the index builder gets at once.
const PIECE_BYTES: u64 = 1 << 20;

/// A shard to annotate.
#[derive(Clone, Copy)]
pub(super) struct ShardRun<'a> {
    pub(super) worker: &'a Worker,
    pub(super) files: RunFiles<'a>,
    /// What the shard is cut of.
    pub(super) input: &'a CutInput,
    /// The engine with reference, sources and options of the job.
    pub(super) engine: &'a Engine,
    pub(super) plan: &'a PlanFiles,
    pub(super) shard: &'a PlannedShard,
    /// What must not be annotated, as a join has found: a file in `folder`.
    pub(super) exclude: Option<&'a Path>,
    /// An empty scratch folder, except for that file.
    pub(super) folder: &'a Path,
}

impl ShardRun<'_> {
    /// Annotates and stores the shard, and returns the number of its records. Running it again stores the same
    /// bytes.
    pub(super) async fn annotate(self, report: &Report) -> Result<u64, AttemptError> {
        let Self { worker, files, input: cut_input, engine, plan, shard, exclude, folder } = self;
        let Worker { gas, intake, .. } = worker;
        let (number, job) = (shard.shard, files.job);
        let plan_folder = folder.join("plan");
        plan.write(&plan_folder)?;
        let gzip = job.input.name.is_gzip();
        let input = folder.join(if gzip { "input.vcf.gz" } else { "input.vcf" });
        let (total, range) = (plan.head.input_bytes, shard.range(&plan.head));
        let bytes = range.end - range.start;
        copy_ranges(gas, intake, cut_input, total, [plan.header_range(), range], &input).await?;
        let (output, log) = (folder.join(records(number)), folder.join("log"));
        let task = Task {
            folder,
            input: &input,
            output: &output,
            log: &log,
            file_bytes: disk::output_limit(bytes, gzip),
            more_time: disk::more_time(bytes, gzip),
        };
        let deadline = engine.deadline(task);
        let shard_files = ShardFiles { plan: &plan_folder, shard: number, exclude };
        let (whole, answer) = cut_input.remote(gas, intake, total);
        let annotating = engine.annotate_shard(task, whole, shard_files, deadline, report);
        let (annotated, answered) = tokio::join!(annotating, answer);
        if let Err(error) = answered {
            // The error of the shard then has the line of the shard.
            tracing::warn!(error = %chain(&error), "lines before a shard are not counted");
        }
        let annotated = annotated?;

        let index = folder.join(explorer_index(number));
        match build_index(engine, task, &index, deadline).await {
            Ok(()) => {}
            Err(AttemptError::Engine(full @ EngineError::DiskFull { .. })) => {
                return Err(full.into());
            }
            // Without the index of one shard, the result has none. It can still be downloaded.
            Err(error) => {
                tracing::warn!(error = %chain(&error), "annotated shard is not indexed");
                _ = std::fs::remove_file(&index);
            }
        }
        let beside = beside_records(number);
        let names = [records(number), explorer_index(number)].into_iter().chain(beside);
        for name in names {
            let path = folder.join(&name);
            if !path.exists() && path == index {
                continue;
            }
            let file = open(&path, "annotated shard")?;
            let (from, to) = (file.path(), files.object(&name));
            intake.retry(|| gas.objects.store(&from, &to, BINARY)).await?;
        }
        Ok(annotated.records)
    }
}

/// Builds the index of the shard for the explorer, of the result's header and the records.
async fn build_index(
    engine: &Engine,
    task: Task<'_>,
    index: &Path,
    deadline: Instant,
) -> Result<(), AttemptError> {
    let header = open(&task.output.with_added_extension("header"), "header of a shard")?;
    let records = open(task.output, "annotated shard")?;
    let (pieces, received) = mpsc::channel(1);
    let feed = async move {
        for file in [header, records] {
            let (size, file) = (file.size()?, Arc::new(file));
            let mut offset = 0;
            while offset < size {
                let length = PIECE_BYTES.min(size - offset);
                let piece = read(file.clone(), offset, length).await?;
                offset += length;
                if pieces.send(piece).await.is_err() {
                    // The builder has ended, and its own result says why.
                    return Ok(());
                }
            }
        }
        Ok::<(), io::Error>(())
    };
    let (built, fed) = tokio::join!(engine.index(task, Some(received), index, deadline), feed);
    built?;
    fed?;
    open(index, "index of a shard")?;
    Ok(())
}

async fn read(file: Arc<RunFile>, offset: u64, length: u64) -> io::Result<Bytes> {
    let read = tokio::task::spawn_blocking(move || file.read(offset, length)).await;
    Ok(Bytes::from(read.map_err(io::Error::other)??))
}
