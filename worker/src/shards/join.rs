//! Joins the annotated shards: the result is put together in S3, and no record is read again.

use super::annotate::ShardRun;
use super::plan_files::PlanFiles;
use super::run_files::{RunFiles, beside_records, explorer_index, records};
use super::sparse_copy::{CutInput, copy_ranges};
use crate::attempt::{BINARY, TEXT, open, store_region_index, store_summary};
use crate::attempt_error::AttemptError;
use crate::disk;
use crate::engine::{Annotated, Engine, EngineError, JoinFiles, Task};
use crate::held_claim::HeldClaim;
use crate::job_engine::JobEngine;
use crate::result_stream::OpenUpload;
use crate::run_file::RunFile;
use crate::worker::Worker;
use bytes::{Bytes, BytesMut};
use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};
use gas_backend::chain;
use gas_backend::ports::{ArrivedPart, PortError};
use gas_backend::usecases::Finished;
use gas_shared::job::{ObjectLocation, step};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use tokio::time::Instant;

/// Objects that are transferred at the same time.
const PARALLEL: usize = 8;

/// How often shards are annotated again because of what a join has found. Once is enough, unless the engine
/// is wrong.
const MAX_EXCLUSIONS: u32 = 2;

/// More than the list of the parts of an upload has.
const MAX_LIST_BYTES: u64 = 64 << 20;

/// What the engine writes of the parts of an upload, and of an exclusion.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum UploadPart {
    Copy(ByteRange),
    Upload(Vec<ByteRange>),
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct ByteRange {
    file: RangeFile,
    start: u64,
    end: u64,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RangeFile {
    Frame,
    Shard(u32),
}

#[derive(Deserialize)]
struct ExclusionFile {
    shards: Vec<u32>,
}

/// A join.
pub(super) struct Join<'a> {
    pub(super) worker: &'a Worker,
    pub(super) held: HeldClaim<'a>,
    pub(super) files: RunFiles<'a>,
    /// What the shards are cut of.
    pub(super) input: &'a CutInput,
    pub(super) plan: &'a PlanFiles,
    pub(super) folder: &'a Path,
}

impl Join<'_> {
    /// Joins the shards and stores everything of the result.
    pub(super) async fn run(self) -> Result<Finished, AttemptError> {
        let Self { worker, held, plan, folder, .. } = self;
        let Worker { gas, intake, references, sources, .. } = worker;
        let HeldClaim { job, report, .. } = held;
        let job_engine =
            JobEngine::of(&worker.engine, references, sources, intake, job, report).await?;
        let engine = &job_engine.engine;
        report.begin_step(step::STORE);
        let (bytes, gzip) = (plan.head.input_bytes, job.input.name.is_gzip());
        let plan_folder = folder.join("plan");
        plan.write(&plan_folder)?;
        let input = folder.join(if gzip { "input.vcf.gz" } else { "input.vcf" });
        copy_ranges(gas, intake, self.input, bytes, [plan.header_range()], &input).await?;
        let (output, log) = (folder.join("result.gz"), folder.join("count.log"));
        let (parts, exclude) = (folder.join("parts.jsonl"), folder.join("exclude.json"));
        let task = Task {
            folder,
            input: &input,
            output: &output,
            log: &log,
            // The index of the explorer is in the same folder.
            file_bytes: disk::output_limit(bytes, false),
            more_time: disk::more_time(bytes, gzip),
        };
        let deadline = engine.deadline(task);
        let shards: Vec<PathBuf> =
            (0..plan.head.shards).map(|shard| folder.join(records(shard))).collect();
        let files = JoinFiles {
            input_bytes: bytes,
            plan: &plan_folder,
            shards: &shards,
            parts: &parts,
            exclude: &exclude,
        };
        let joining = async {
            self.fetch_shards(0..plan.head.shards).await?;
            let mut exclusions = 0;
            loop {
                match engine.join_shards(task, files, deadline, report).await {
                    Ok(joined) => return Ok::<_, AttemptError>((joined, exclusions)),
                    Err(EngineError::Crashed { .. })
                        if exclude.exists() && exclusions < MAX_EXCLUSIONS =>
                    {
                        exclusions += 1;
                        self.annotate_again(engine, &exclude, exclusions).await?;
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        };
        // Each takes about as long as the other.
        let (joined, mut index) = tokio::join!(joining, self.merge_indexes(engine, task, deadline));
        let (Annotated { records, not_annotated, engine: engine_name }, exclusions) = joined?;
        if exclusions > 0 {
            index = self.merge_indexes(engine, task, deadline).await;
        }
        let provenance = job_engine.provenance(engine_name);
        let result_size = self.upload(&parts, &output).await?;

        let count_log = open(&log, "count log")?;
        let (log_from, name) = (count_log.path(), &job.input.name);
        let log_key = gas.object_keys.log(job.owner, job.id, name);
        intake.retry(|| gas.objects.store(&log_from, &log_key, TEXT)).await?;
        intake.retry(|| store_summary(gas, job, &output)).await?;
        intake.retry(|| store_region_index(gas, job, &output)).await?;
        report.begin_step(step::INDEX);
        let stored = match index {
            Ok(index) => self.store_index(&index).await,
            Err(error) => Err(error),
        };
        match stored {
            Ok(()) => {}
            Err(AttemptError::Engine(full @ EngineError::DiskFull { .. })) => {
                return Err(full.into());
            }
            Err(error) => {
                report.note(
                    "warning: no index for the results explorer; the results can be downloaded",
                );
                tracing::warn!(error = %chain(&error), "result is not indexed");
            }
        }
        Ok(Finished { records, not_annotated, provenance, result_size })
    }

    /// Fetches what a join needs of shards.
    async fn fetch_shards(
        &self,
        shards: impl IntoIterator<Item = u32>,
    ) -> Result<(), AttemptError> {
        let names = shards.into_iter().flat_map(beside_records);
        self.fetch(names).await
    }

    async fn fetch(&self, names: impl IntoIterator<Item = String>) -> Result<(), AttemptError> {
        let fetches: Vec<_> = names.into_iter().map(|name| self.fetch_file(name).boxed()).collect();
        stream::iter(fetches).buffer_unordered(PARALLEL).try_collect::<()>().await
    }

    async fn fetch_file(&self, name: String) -> Result<(), AttemptError> {
        let Worker { gas, intake, .. } = self.worker;
        let (from, to) = (self.files.object(&name), self.folder.join(&name));
        intake.retry(|| gas.objects.fetch(&from, &to)).await?;
        Ok(())
    }

    /// Annotates shards again without what all records together have shown to be wrong.
    async fn annotate_again(
        &self,
        engine: &Engine,
        exclude: &Path,
        number: u32,
    ) -> Result<(), AttemptError> {
        let &Self { worker, held, files, input, plan, folder } = self;
        let text = read_list(exclude)?;
        let invalid = |error| PortError::permanent("read an exclusion", error);
        let ExclusionFile { shards } = serde_json::from_slice(&text).map_err(invalid)?;
        for shard in &shards {
            let shard = plan.shard(*shard).ok_or(AttemptError::NoOutput("list of shards"))?;
            let folder = folder.join(format!("again-{number}-{}", shard.shard));
            std::fs::create_dir(&folder)?;
            let exclude = folder.join("exclude.json");
            std::fs::write(&exclude, &text)?;
            let exclude = Some(&*exclude);
            let run =
                ShardRun { worker, files, input, engine, plan, shard, exclude, folder: &folder };
            run.annotate(held.report).await?;
            std::fs::remove_dir_all(&folder)?;
        }
        self.fetch_shards(shards).await
    }

    /// Puts the result together in S3 and returns its size. `frame` has its header and end.
    async fn upload(&self, parts: &Path, frame: &Path) -> Result<u64, AttemptError> {
        let Worker { gas, intake, .. } = self.worker;
        let HeldClaim { job, .. } = self.held;
        let invalid = |error| PortError::permanent("read the parts of a result", error);
        let list = read_list(parts)?;
        let lines = list.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let parts: Vec<UploadPart> =
            lines.map(serde_json::from_slice).collect::<Result<_, _>>().map_err(invalid)?;
        let frame = open(frame, "annotated file")?;
        let content_type = frame.content_type()?;
        let target = gas.object_keys.result(job.owner, job.id, &job.input.name);
        let uploads = &gas.part_uploads;
        let id = intake.retry(|| uploads.begin(&target, content_type)).await?;
        let mut upload =
            OpenUpload { uploads: uploads.clone(), target: target.clone(), id: Some(id.clone()) };
        let (frame, id, target) = (&frame, &*id, &target);
        let sent = (1..).zip(&parts);
        let sent: Vec<_> = sent
            .map(|(number, part)| self.send_part(part, frame, target, id, number).boxed())
            .collect();
        let sent = stream::iter(sent).buffer_unordered(PARALLEL);
        let mut arrived: Vec<ArrivedPart> = sent.try_collect().await?;
        arrived.sort_by_key(|part| part.number);
        self.held.confirm().await?;
        intake.retry(|| uploads.complete(target, id, &arrived)).await?;
        upload.id = None;
        Ok(arrived.iter().map(|part| part.size).sum())
    }

    /// Copies or sends a part of the result.
    async fn send_part(
        &self,
        part: &UploadPart,
        frame: &RunFile,
        target: &ObjectLocation,
        id: &str,
        number: u32,
    ) -> Result<ArrivedPart, AttemptError> {
        let Worker { gas, intake, .. } = self.worker;
        let uploads = &gas.part_uploads;
        match part {
            UploadPart::Copy(ByteRange { file: RangeFile::Shard(shard), start, end }) => {
                let from = self.files.object(&records(*shard));
                let copy = || uploads.copy(&from, None, *start..*end, target, id, number);
                Ok(intake.retry(copy).await?)
            }
            UploadPart::Copy(_) => Err(AttemptError::NoOutput("list of parts")),
            UploadPart::Upload(ranges) => {
                let bytes = self.read_ranges(ranges, frame).await?;
                let send = || uploads.send(target, id, number, bytes.clone());
                Ok(intake.retry(send).await?)
            }
        }
    }

    async fn read_ranges(
        &self,
        ranges: &[ByteRange],
        frame: &RunFile,
    ) -> Result<Bytes, AttemptError> {
        let Worker { gas, intake, .. } = self.worker;
        let mut bytes = BytesMut::new();
        for ByteRange { file, start, end } in ranges {
            let length = end.saturating_sub(*start);
            match file {
                RangeFile::Frame => bytes.extend_from_slice(&frame.read(*start, length)?),
                RangeFile::Shard(shard) => {
                    let from = self.files.object(&records(*shard));
                    let read = || gas.objects.read_range(&from, *start, length);
                    bytes.extend_from_slice(&intake.retry(read).await?);
                }
            }
        }
        Ok(bytes.freeze())
    }

    /// Merges the explorer's indexes of the shards to the index of the result.
    async fn merge_indexes(
        &self,
        engine: &Engine,
        task: Task<'_>,
        deadline: Instant,
    ) -> Result<PathBuf, AttemptError> {
        let Worker { gas, intake, .. } = self.worker;
        let shards = 0..self.plan.head.shards;
        for shard in shards.clone() {
            let from = self.files.object(&explorer_index(shard));
            if intake.retry(|| gas.objects.head(&from)).await?.is_none() {
                return Err(AttemptError::NoOutput("index of a shard"));
            }
        }
        self.fetch(shards.clone().map(explorer_index)).await?;
        let paths: Vec<PathBuf> =
            shards.map(|shard| self.folder.join(explorer_index(shard))).collect();
        let index = self.folder.join("result.idx");
        engine.merge_indexes(task, &paths, &index, deadline).await?;
        Ok(index)
    }

    /// Stores the index of the result for the explorer.
    async fn store_index(&self, index: &Path) -> Result<(), AttemptError> {
        let Worker { gas, intake, .. } = self.worker;
        let HeldClaim { job, .. } = self.held;
        let built = open(index, "index")?;
        let (from, file) =
            (built.path(), gas.object_keys.index(job.owner, job.id, &job.input.name));
        intake.retry(|| gas.objects.store(&from, &file, BINARY)).await?;
        Ok(())
    }
}

/// Reads a list that the engine has written.
fn read_list(path: &Path) -> Result<Vec<u8>, AttemptError> {
    let file = open(path, "list of parts")?;
    let size = file.size()?;
    if size > MAX_LIST_BYTES {
        return Err(AttemptError::NoOutput("list of parts"));
    }
    Ok(file.read(0, size)?)
}
