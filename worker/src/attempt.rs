//! One attempt at a claimed job: fetch the file, run the engine, store what comes out.

use crate::engine::{Engine, EngineError, Task};
use crate::report::Report;
use crate::scratch::ScratchRoot;
use gas_backend::ports::PortError;
use gas_backend::usecases::Finished;
use gas_backend::{Gas, chain};
use gas_shared::Job;
use gas_shared::job::step;
use std::fs::File;
use std::io::{self, BufReader, BufWriter};
use std::path::Path;
use tokio::task::JoinError;

const TEXT: &str = "text/plain; charset=utf-8";

const JSON: &str = "application/json";

const BINARY: &str = "application/octet-stream";

/// An output file may be so many times as large as a plain input.
const PLAIN_GROWTH: u64 = 10;

/// And so many times as large as a compressed one.
const GZIP_GROWTH: u64 = 100;

/// But any output may be this large, in bytes: small files have a large header in proportion.
const MIN_OUTPUT_BYTES: u64 = 64 * 1024 * 1024;

/// Why an attempt failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AttemptError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Port(#[from] PortError),
    #[error("failed to prepare a folder for the run")]
    Scratch(#[from] io::Error),
    #[error("the engine wrote no {0}")]
    NoOutput(&'static str),
}

/// Does everything up to the stored results. Dropping the future stops the engine and removes the
/// files; what is stored by then is overwritten by the next attempt.
pub(crate) async fn attempt(
    gas: &Gas,
    engine: &Engine,
    scratch: &ScratchRoot,
    job: &Job,
    report: &Report,
) -> Result<Finished, AttemptError> {
    let folder = scratch.run()?;
    let name = &job.input.name;
    // The user's file name stays outside: it takes no part in any path or command line.
    let input_name = if name.is_gzip() { "input.vcf.gz" } else { "input.vcf" };
    let input = folder.path().join(input_name);
    // Where AnnTools leaves them, which is told no places.
    let output = folder.path().join("input.annot.vcf");
    let log = folder.path().join("input.vcf.count.log");

    report.begin(step::DOWNLOAD);
    let size = gas.objects.fetch(&job.input.file, &input).await?;
    let task = Task {
        folder: folder.path(),
        input: &input,
        output: &output,
        log: &log,
        file_bytes: output_limit(size, name.is_gzip()),
    };
    let records = engine.run(task, report).await?;

    report.begin(step::STORE);
    require(&output, "annotated file")?;
    require(&log, "count log")?;
    let result = gas.object_keys.result(job.owner, job.id, name);
    let result_size = gas.objects.store(&output, &result, TEXT).await?;
    gas.objects.store(&log, &gas.object_keys.log(job.owner, job.id, name), TEXT).await?;

    store_summary(gas, job, &output).await?;

    report.begin(step::INDEX);
    let index = folder.path().join("output.annot.idx");
    if let Err(error) = store_index(gas, job, &output, &index).await {
        // Whoever owns the result can download it; it cannot be explored.
        report.note("there is no index: these results can be downloaded, and not explored");
        tracing::warn!(id = %job.id, error = %chain(&error), "the result has no index");
    }
    Ok(Finished { records, result_size })
}

/// Stores the counts behind the charts, where the engine wrote them: beside its output, under that
/// name with an ending.
async fn store_summary(gas: &Gas, job: &Job, output: &Path) -> Result<(), PortError> {
    let summary = output.with_added_extension("summary.json");
    if summary.is_file() {
        let file = gas.object_keys.summary(job.owner, job.id, &job.input.name);
        gas.objects.store(&summary, &file, JSON).await?;
    }
    Ok(())
}

/// Why a result has no index.
#[derive(Debug, thiserror::Error)]
enum IndexError {
    #[error(transparent)]
    Build(#[from] gas_explorer::Error),
    #[error("the index's builder panicked")]
    Panic(#[from] JoinError),
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Makes what the results explorer answers from, and stores it beside the result.
async fn store_index(gas: &Gas, job: &Job, result: &Path, index: &Path) -> Result<(), IndexError> {
    let (from, to) = (result.to_owned(), index.to_owned());
    // A thread cannot be stopped: where the attempt is dropped, it ends by itself after one pass.
    tokio::task::spawn_blocking(move || build_index(&from, &to)).await??;
    let file = gas.object_keys.index(job.owner, job.id, &job.input.name);
    gas.objects.store(index, &file, BINARY).await?;
    Ok(())
}

fn build_index(result: &Path, index: &Path) -> Result<(), gas_explorer::Error> {
    let result = File::open(result).map_err(gas_explorer::Error::Input)?;
    let index = File::create(index).map_err(gas_explorer::Error::Output)?;
    gas_explorer::index::build(BufReader::new(result), BufWriter::new(index))?;
    Ok(())
}

fn require(path: &Path, what: &'static str) -> Result<(), AttemptError> {
    if path.is_file() { Ok(()) } else { Err(AttemptError::NoOutput(what)) }
}

fn output_limit(input_bytes: u64, gzip: bool) -> u64 {
    let growth = if gzip { GZIP_GROWTH } else { PLAIN_GROWTH };
    input_bytes.saturating_mul(growth).max(MIN_OUTPUT_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_may_grow_with_their_input() {
        assert_eq!(output_limit(150_000, false), MIN_OUTPUT_BYTES);
        assert_eq!(output_limit(1_000_000_000, false), 10_000_000_000);
        assert_eq!(output_limit(1_000_000_000, true), 100_000_000_000);
        assert_eq!(output_limit(u64::MAX, true), u64::MAX);
    }
}
