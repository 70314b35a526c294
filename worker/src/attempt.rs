//! One attempt at a claimed job: download the input, run the engine, store its output.

use crate::attempt_error::AttemptError;
use crate::disk;
use crate::engine::{Annotated, EngineError, Task};
use crate::held_claim::HeldClaim;
use crate::job_engine::JobEngine;
use crate::result_stream::{Indexing, ResultStream, StoredResult};
use crate::run_file::RunFile;
use crate::worker::Worker;
use gas_backend::ports::{ObjectInfo, PortError};
use gas_backend::usecases::Finished;
use gas_backend::{AnnotateGas, RegionIndex, chain};
use gas_shared::Job;
use gas_shared::job::ResultForm;
use gas_shared::job::step;
use std::io;
use std::path::Path;

pub(crate) const TEXT: &str = "text/plain; charset=utf-8";

pub(crate) const JSON: &str = "application/json";

pub(crate) const BINARY: &str = "application/octet-stream";

/// Runs everything up to the stored result, in a scratch folder. Dropping the future kills the engine and
/// aborts the upload of its output; the next attempt overwrites what was stored until then.
pub(crate) async fn attempt(
    worker: &Worker,
    held: HeldClaim<'_>,
    folder: &Path,
) -> Result<Finished, AttemptError> {
    let Worker { gas, intake, references, sources, .. } = worker;
    let HeldClaim { job, report, .. } = held;
    let job_engine =
        JobEngine::of(&worker.engine, references, sources, intake, job, report).await?;
    let engine = &job_engine.engine;
    let name = &job.input.name;
    // The user's file name must not become part of a path or a command line.
    let input_name = if name.is_gzip() { "input.vcf.gz" } else { "input.vcf" };
    let input = folder.join(input_name);
    report.begin_step(step::DOWNLOAD);
    let fetched = intake.retry(|| fetch(gas, job, &input)).await?;
    if job.input.etag.as_ref().is_some_and(|confirmed| *confirmed != fetched.etag) {
        return Err(AttemptError::InputReplaced);
    }
    let (size, gzip) = (fetched.size, name.is_gzip());
    // The paths at which AnnTools, which takes no output arguments, writes them.
    let mut output = folder.join("input.annot.vcf");
    let log = folder.join("input.vcf.count.log");
    if engine.result_form(size, gzip) == ResultForm::Bgzf {
        output.add_extension("gz");
    }
    let task = Task {
        folder,
        input: &input,
        output: &output,
        log: &log,
        file_bytes: disk::output_limit(size, gzip),
        more_time: disk::more_time(size, gzip),
    };
    let deadline = engine.deadline(task);
    let index = folder.join("output.annot.idx");
    let result = gas.object_keys.result(job.owner, job.id, name);
    let stream = ResultStream {
        held,
        intake,
        part_uploads: &gas.part_uploads,
        engine,
        task,
        index: &index,
        deadline,
        target: result.clone(),
        written: report.output(),
    };
    let run = async {
        let annotated = engine.run(task, deadline, report).await?;
        report.begin_step(step::STORE);
        report.complete_output();
        Ok::<_, AttemptError>(annotated)
    };
    let (annotated, streamed) = tokio::try_join!(run, stream.run())?;
    let Annotated { records, not_annotated, engine: engine_name } = annotated;
    let provenance = job_engine.provenance(engine_name);

    let count_log = open(&log, "count log")?;
    let log_key = gas.object_keys.log(job.owner, job.id, name);
    let log_from = count_log.path();
    let stored = match streamed {
        Some(stored) => stored,
        None => {
            let annotated = open(&output, "annotated file")?;
            let (from, content_type) = (annotated.path(), annotated.content_type()?);
            held.confirm().await?;
            let store = || gas.objects.store(&from, &result, content_type);
            StoredResult { size: intake.retry(store).await?, indexing: Indexing::OfStoredFile }
        }
    };
    intake.retry(|| gas.objects.store(&log_from, &log_key, TEXT)).await?;

    intake.retry(|| store_summary(gas, job, &output)).await?;
    intake.retry(|| store_region_index(gas, job, &output)).await?;

    report.begin_step(step::INDEX);
    let built = match stored.indexing {
        Indexing::OfStoredFile => {
            engine.index(task, None, &index, deadline).await.map_err(IndexError::Build)
        }
        Indexing::AtWork(builder) => match builder.await {
            Ok(built) => built.map_err(IndexError::Build),
            Err(error) => Err(IndexError::Build(io::Error::other(error).into())),
        },
        Indexing::Hung => Err(IndexError::Hung),
    };
    match store_index(worker, job, built, &index).await {
        Ok(()) => {}
        // The disk is full: the attempt fails, since another one may build the index.
        Err(IndexError::Build(full @ EngineError::DiskFull { .. })) => return Err(full.into()),
        Err(error) => {
            // Without an index the result can still be downloaded.
            report
                .note("warning: no index for the results explorer; the results can be downloaded");
            tracing::warn!(error = %chain(&error), "result is not indexed");
        }
    }
    Ok(Finished { records, not_annotated, provenance, result_size: stored.size })
}

/// Downloads the input.
async fn fetch(gas: &AnnotateGas, job: &Job, to: &Path) -> Result<ObjectInfo, AttemptError> {
    let file = &job.input.file;
    match gas.objects.fetch(file, to).await {
        Ok(info) => Ok(info),
        // Without its object, no attempt can succeed.
        Err(_) if matches!(gas.objects.head(file).await, Ok(None)) => {
            Err(AttemptError::InputMissing)
        }
        Err(error) => Err(error.into()),
    }
}

/// Stores the counts behind the charts if the engine wrote them: next to its output, with the
/// extension `summary.json` added.
pub(crate) async fn store_summary(
    gas: &AnnotateGas,
    job: &Job,
    output: &Path,
) -> Result<(), PortError> {
    let summary = output.with_added_extension("summary.json");
    if let Ok(summary) = RunFile::open(&summary) {
        let file = gas.object_keys.summary(job.owner, job.id, &job.input.name);
        gas.objects.store(&summary.path(), &file, JSON).await?;
    }
    Ok(())
}

/// Stores the region index if the engine wrote one: next to its output, with the extension of its format
/// added.
pub(crate) async fn store_region_index(
    gas: &AnnotateGas,
    job: &Job,
    output: &Path,
) -> Result<(), PortError> {
    for format in RegionIndex::ALL {
        if let Ok(index) = RunFile::open(&output.with_added_extension(format.ending())) {
            let name = &job.input.name;
            let file = gas.object_keys.region_index(job.owner, job.id, name, format);
            gas.objects.store(&index.path(), &file, BINARY).await?;
        }
    }
    Ok(())
}

/// The reason why a result has no index.
#[derive(Debug, thiserror::Error)]
enum IndexError {
    #[error(transparent)]
    Build(#[from] EngineError),
    #[error("the index builder took no more of the result")]
    Hung,
    #[error("the index builder wrote no index")]
    NoIndex(#[source] io::Error),
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Stores the index of the results explorer, if it was built.
async fn store_index(
    worker: &Worker,
    job: &Job,
    built: Result<(), IndexError>,
    index: &Path,
) -> Result<(), IndexError> {
    let Worker { gas, intake, .. } = worker;
    built?;
    let built = RunFile::open(index).map_err(IndexError::NoIndex)?;
    let file = gas.object_keys.index(job.owner, job.id, &job.input.name);
    let from = built.path();
    intake.retry(|| gas.objects.store(&from, &file, BINARY)).await?;
    Ok(())
}

pub(crate) fn open(path: &Path, what: &'static str) -> Result<RunFile, AttemptError> {
    RunFile::open(path).map_err(|_| AttemptError::NoOutput(what))
}
