//! Hands a large file over to all workers: plans its shards, stores the plan, and starts the workflow.

use super::plan_files::PlanFiles;
use super::run_files::{HEAD, REBLOCKED, RunFiles, SHARDS};
use super::sparse_copy::CutInput;
use crate::attempt::JSON;
use crate::attempt_error::AttemptError;
use crate::disk;
use crate::engine::{EngineError, Task};
use crate::handle::JobOutcome;
use crate::heartbeat::{Heartbeat, LostClaim};
use crate::job_engine::JobEngine;
use crate::report::Report;
use crate::scratch::ScratchAdmission;
use crate::worker::Worker;
use gas_backend::chain;
use gas_backend::ports::{Message, PortError};
use gas_backend::usecases::{ChangeError, begin_shards, is_annotated_whole, start_shards};
use gas_runtime::Shutdown;
use gas_shared::Job;
use gas_shared::job::{ClaimId, ResultForm, step};
use gas_shared::vcf::{COMPRESSION_MAGIC_BYTES, CompressionFormat};
use std::path::Path;

const GZIP: &str = "application/gzip";

impl Worker {
    /// Hands a file over to all workers if it is large enough, and if it can be cut. `None` if it is to be
    /// annotated in one piece.
    pub(crate) async fn split(
        &self,
        message: &Message,
        job: &Job,
        claim: ClaimId,
        report: &Report,
        shutdown: &Shutdown,
    ) -> Option<JobOutcome> {
        let bytes = job.input.size?;
        self.gas.shard_runs.as_ref()?;
        let shards = self.sharding?.shards(bytes)?;
        if ResultForm::of(bytes, job.input.name.is_gzip()) != ResultForm::Bgzf {
            return None;
        }
        let (gas, queue, timing) = (&self.gas, &*self.queue, self.timing);
        let heartbeat = Heartbeat { gas, queue, timing, message, job, claim, report };
        let planned = tokio::select! {
            planned = self.plan(job, claim, bytes, shards, report) => planned,
            lost = heartbeat.run() => return Some(JobOutcome::Lost(lost)),
            () = shutdown.due() => return Some(JobOutcome::Interrupted),
        };
        let shards = match planned {
            Ok(Some(shards)) => shards,
            Ok(None) => return None,
            // The run in one piece finds the reason, for example that the file is BCF.
            Err(AttemptError::Engine(error @ EngineError::Crashed { .. })) => {
                tracing::warn!(error = %chain(&error), "file cannot be cut; it is annotated in one piece");
                return None;
            }
            Err(error) => return Some(self.failed(job, claim, error, report).await),
        };
        report.note(&format!("annotated in {shards} parts"));
        report.store(&self.gas, job).await;
        let begun = self.intake.retry(|| begin_shards(&self.gas.jobs, job.id, claim, shards)).await;
        let job = match begun {
            Ok(job) => job,
            Err(ChangeError::Rejected { rejected, .. }) => {
                return Some(JobOutcome::Lost(LostClaim::Rejected(rejected)));
            }
            Err(ChangeError::NotFound(_)) => return Some(JobOutcome::Lost(LostClaim::Deleted)),
            Err(error) => {
                let error = PortError::new("begin a run in shards", error);
                return Some(JobOutcome::GivenUp(error.into()));
            }
        };
        tracing::info!(shards, "file is annotated in shards");
        match self.intake.retry(|| start_shards(&self.gas, &job)).await {
            Ok(()) => Some(JobOutcome::Sharded),
            Err(error) => Some(JobOutcome::GivenUp(error.into())),
        }
    }

    /// Plans the shards of a file and stores the plan. `None` if the file cannot be cut.
    async fn plan(
        &self,
        job: &Job,
        claim: ClaimId,
        mut bytes: u64,
        shards: u32,
        report: &Report,
    ) -> Result<Option<u32>, AttemptError> {
        let Self { gas, intake, references, sources, .. } = self;
        if intake.retry(|| is_annotated_whole(gas, job)).await? {
            return Ok(None);
        }
        let mut cut_input = CutInput::uploaded(job);
        cut_input.check(gas, intake, bytes).await?;
        let read_magic = || gas.objects.read_head(&job.input.file, COMPRESSION_MAGIC_BYTES as u64);
        let magic = intake.retry(read_magic).await?.unwrap_or_default();
        if CompressionFormat::of(&magic) == CompressionFormat::Gzip {
            let Some(reblocked) = self.reblock(job, claim, bytes, report).await? else {
                return Ok(None);
            };
            (cut_input, bytes) = reblocked;
        }
        let folder = match self.scratch.admit(disk::smallest_need())? {
            ScratchAdmission::Admitted(folder) => folder,
            // The run in one piece waits for space, or is rejected.
            ScratchAdmission::Wait(_) | ScratchAdmission::Never(_) => return Ok(None),
        };
        let folder = folder.path();
        let job_engine =
            JobEngine::of(&self.engine, references, sources, intake, job, report).await?;
        let engine = &job_engine.engine;
        let plan_folder = folder.join("plan");
        let (input, output, log) = (folder.join("input"), folder.join("none"), folder.join("log"));
        let task = Task {
            folder,
            input: &input,
            output: &output,
            log: &log,
            file_bytes: disk::output_limit(0, false),
            more_time: disk::more_time(bytes, job.input.name.is_gzip()),
        };
        let (file, answer) = cut_input.remote(gas, intake, bytes);
        let planning = engine.plan(task, &plan_folder, file, shards, engine.deadline(task));
        let (planned, answered) = tokio::join!(planning, answer);
        answered?;
        planned?;
        cut_input.check(gas, intake, bytes).await?;
        let plan = PlanFiles::read(&plan_folder)?;
        if plan.head.shards < 2 {
            return Ok(None);
        }
        self.store_plan(job, claim, &plan_folder).await?;
        Ok(Some(plan.head.shards))
    }

    /// Compresses a gzip file in blocks, and stores it with the files of the run. `None` if the disk has no space
    /// for it.
    async fn reblock(
        &self,
        job: &Job,
        claim: ClaimId,
        bytes: u64,
        report: &Report,
    ) -> Result<Option<(CutInput, u64)>, AttemptError> {
        let Self { gas, intake, engine, .. } = self;
        let output_bytes = bytes.saturating_mul(2).max(disk::output_limit(0, false));
        let folder = match self.scratch.admit(bytes.saturating_mul(3))? {
            ScratchAdmission::Admitted(folder) => folder,
            ScratchAdmission::Wait(_) | ScratchAdmission::Never(_) => return Ok(None),
        };
        let folder = folder.path();
        let (input, output, log) =
            (folder.join("packed"), folder.join(REBLOCKED), folder.join("log"));
        report.begin_step(step::DOWNLOAD);
        intake.retry(|| gas.objects.fetch(&job.input.file, &input)).await?;
        report.note("compressing the file in blocks");
        let task = Task {
            folder,
            input: &input,
            output: &output,
            log: &log,
            file_bytes: output_bytes,
            more_time: disk::more_time(bytes, true),
        };
        engine.reblock(task, bytes, engine.deadline(task)).await?;
        let reblocked = crate::attempt::open(&output, "compressed file")?;
        let files = RunFiles { object_keys: &gas.object_keys, job, claim };
        let (from, to) = (reblocked.path(), files.object(REBLOCKED));
        let size = intake.retry(|| gas.objects.store(&from, &to, GZIP)).await?;
        Ok(Some((CutInput::of_run(gas, intake, &files).await?, size)))
    }

    async fn store_plan(
        &self,
        job: &Job,
        claim: ClaimId,
        folder: &Path,
    ) -> Result<(), AttemptError> {
        let Self { gas, intake, .. } = self;
        let files = RunFiles { object_keys: &gas.object_keys, job, claim };
        for name in [HEAD, SHARDS] {
            let file = crate::attempt::open(&folder.join(name), "plan")?;
            let (from, to) = (file.path(), files.object(name));
            intake.retry(|| gas.objects.store(&from, &to, JSON)).await?;
        }
        Ok(())
    }
}
