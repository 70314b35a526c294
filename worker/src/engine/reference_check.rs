//! Checks at the start of a worker that its reference opens under the limits of a run.

use super::run::{Engine, EngineError, Task};
use crate::report::Report;
use anyhow::Context;
use gas_backend::clock::SystemClock;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A file whose contig no reference has.
const INPUT: &str = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n\
                     gas_worker_start\t1\t.\tA\tC\t.\t.\t.\n";

/// The largest file that the run may write, in bytes.
const FILE_BYTES: u64 = 1024 * 1024;

/// The engine that opens its reference before it reads the input, and whose exit codes say whether
/// either failed.
const ENGINE: &str = "gas-annotate";

impl Engine {
    /// Opens the reference as a run does, so that limits or a damaged file that every job would fail
    /// with are found when the worker starts. It takes 0.3 s for a human genome. Engines other than
    /// `gas-annotate` are not run.
    ///
    /// # Errors
    /// If the reference cannot be opened; the error says what to do.
    pub(crate) async fn check_reference(&self) -> anyhow::Result<()> {
        if Path::new(self.template.program()).file_name() != Some(OsStr::new(ENGINE)) {
            return Ok(());
        }
        let folder = tempfile::tempdir().context("failed to create a folder")?;
        let at = |name| folder.path().join(name);
        let (input, output, log) = (at("input.vcf"), at("input.annot.vcf"), at("log"));
        fs::write(&input, INPUT).context("failed to write a file")?;
        let task = Task {
            folder: folder.path(),
            input: &input,
            output: &output,
            log: &log,
            file_bytes: FILE_BYTES,
            more_time: Duration::ZERO,
        };
        let report = Report::new(Arc::new(SystemClock));
        match self.run(task, self.deadline(task), &report).await {
            // The input is rejected only after the reference is open.
            Ok(_) | Err(EngineError::BadInput(_)) => {
                tracing::info!("reference opens under the limits of a run");
                Ok(())
            }
            Err(error) => Err(error).with_context(|| {
                format!(
                    "the reference {} does not open under the limits of a run; check it with \
                     `gas-annotate`, or raise GAS_RUN_MEMORY_MIB, GAS_RUN_WALL_SECS or \
                     GAS_RUN_CPU_SECS",
                    self.reference.display()
                )
            }),
        }
    }
}
