//! Measures runs on a file, with the confinement and under the limits of a job's runs.

use super::run::{Engine, EngineError, Task};
use super::watch::{Memory, memory_of_children};
use crate::disk;
use crate::report::Report;
use anyhow::Context;
use futures::future::try_join_all;
use gas_backend::clock::SystemClock;
use gas_shared::job::ResultForm;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

/// The pause between two looks at the memory.
const INTERVAL: Duration = Duration::from_millis(20);

/// The time and memory of runs that began together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    /// Until the last result was written.
    pub(crate) annotate: Duration,
    /// The most memory while they were annotating.
    pub(crate) annotate_memory: Memory,
    /// From then until the last index was written.
    pub(crate) index: Duration,
    /// The most memory while they were indexing.
    pub(crate) index_memory: Memory,
    /// The size of one result, in bytes.
    pub(crate) result_bytes: u64,
    /// The size of its index, in bytes.
    pub(crate) index_bytes: u64,
}

/// Annotates and indexes a file in several runs at the same time.
pub(crate) async fn measure_runs(
    engine: &Engine,
    input: &Path,
    runs: u8,
) -> anyhow::Result<Measured> {
    let size = fs::metadata(input).with_context(|| input.display().to_string())?.len();
    let gzip = input.extension().is_none_or(|extension| extension != "vcf");
    let is_bgzf = engine.result_form(size, gzip) == ResultForm::Bgzf;
    let folders: Vec<TempDir> =
        (0..runs.max(1)).map(|_| tempfile::tempdir()).collect::<Result<_, _>>()?;
    let in_each = |name: &str| folders.iter().map(|folder| folder.path().join(name)).collect();
    let inputs: Vec<_> = in_each(if gzip { "input.vcf.gz" } else { "input.vcf" });
    let outputs: Vec<_> = in_each(if is_bgzf { "out.vcf.gz" } else { "out.vcf" });
    let (logs, indexes): (Vec<_>, Vec<_>) = (in_each("log"), in_each("index"));
    let tasks = (0..folders.len()).map(|n| Task {
        folder: folders[n].path(),
        input: &inputs[n],
        output: &outputs[n],
        log: &logs[n],
        file_bytes: disk::output_limit(size, gzip),
        more_time: disk::more_time(size, gzip),
    });
    let tasks: Vec<_> = tasks.collect();
    for copy in &inputs {
        fs::copy(input, copy)?;
    }
    let report = Report::new(Arc::new(SystemClock));
    let annotating = tasks.iter().map(|task| engine.run(*task, engine.deadline(*task), &report));
    let (annotate, annotate_memory) = watched(try_join_all(annotating)).await?;
    let indexing = tasks
        .iter()
        .zip(&indexes)
        .map(|(task, index)| engine.index(*task, None, index, engine.deadline(*task)));
    let (index, index_memory) = watched(try_join_all(indexing)).await?;
    let bytes = |file: &Path| fs::metadata(file).map(|file| file.len());
    let (result_bytes, index_bytes) = (bytes(&outputs[0])?, bytes(&indexes[0])?);
    Ok(Measured { annotate, annotate_memory, index, index_memory, result_bytes, index_bytes })
}

/// The duration of work in child processes, and their most memory at any look.
async fn watched<T>(
    work: impl Future<Output = Result<T, EngineError>>,
) -> Result<(Duration, Memory), EngineError> {
    let start = Instant::now();
    let mut most = Memory::default();
    let look = async {
        loop {
            sleep(INTERVAL).await;
            most = most.max(memory_of_children());
        }
    };
    tokio::select! {
        done = work => done.map(|_| ())?,
        never = look => never,
    }
    Ok((start.elapsed(), most))
}
