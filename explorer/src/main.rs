//! The `gas-index` command: builds the index of a result in a process of its own, so that a worker can
//! confine it and end it.

use anyhow::Context;
use clap::Parser;
use gas_explorer::source::{LocalFile, Source};
use gas_explorer::{Error, index};
use gas_shared::exit_code::{BAD_INPUT, DISK_FULL, is_disk_full};
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Builds the index of the results explorer from an annotated VCF file, or from the indexes of its shards.
///
/// Exit codes: 0 if the index was written; 2 if the result cannot be indexed (the last line on
/// standard error is a JSON object with `error` and `code`); 3 if the disk is full; 1 for all other
/// errors.
#[derive(Debug, Parser)]
#[command(name = "gas-index", version)]
struct Command {
    /// Annotated VCF file, plain or bgzipped.
    #[arg(required_unless_present = "merge", conflicts_with = "merge")]
    result: Option<PathBuf>,
    /// The index to write. A failed run removes it.
    #[arg(required_unless_present = "merge")]
    index: Option<PathBuf>,
    /// Indexes of the shards of a result, in their order: each was built of the result's header with the records of a shard.
    #[arg(long, num_args = 1.., value_name = "INDEX", requires = "out")]
    merge: Vec<PathBuf>,
    /// The index that is written with --merge.
    #[arg(long, value_name = "INDEX")]
    out: Option<PathBuf>,
}

fn main() -> ExitCode {
    let command = Command::parse();
    let built = match (&command.result, &command.index, &command.out) {
        (Some(result), Some(index), None) => build(result, index),
        (None, None, Some(out)) => merge(&command.merge, out),
        _ => Err(anyhow::anyhow!("expected RESULT and INDEX, or --merge and --out")),
    };
    match built {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&error),
    }
}

fn build(result: &Path, index: &Path) -> anyhow::Result<()> {
    let input = File::open(result).with_context(|| result.display().to_string())?;
    write(index, |output| index::build(input, output))
}

fn merge(shards: &[PathBuf], index: &Path) -> anyhow::Result<()> {
    let open = |path: &PathBuf| LocalFile::open(path).with_context(|| path.display().to_string());
    let shards = shards.iter().map(open).collect::<anyhow::Result<Vec<_>>>()?;
    let shards: Vec<&dyn Source> = shards.iter().map(|shard| shard as &dyn Source).collect();
    write(index, |output| index::merge(&shards, output, index::Options::default()))
}

fn write(
    index: &Path,
    write: impl FnOnce(BufWriter<File>) -> Result<index::IndexSize, Error>,
) -> anyhow::Result<()> {
    let output = File::create(index).with_context(|| index.display().to_string())?;
    if let Err(error) = write(BufWriter::new(output)) {
        // The run has failed already, so an error of the removal is not reported.
        let _ = fs::remove_file(index);
        return Err(error.into());
    }
    Ok(())
}

/// Prints the error as the last line on standard error.
fn report(error: &anyhow::Error) -> ExitCode {
    let code = error.downcast_ref::<Error>().and_then(Error::input_code);
    if let Some(code) = code {
        eprintln!("{}", serde_json::json!({ "error": format!("{error:#}"), "code": code }));
        return ExitCode::from(BAD_INPUT);
    }
    eprintln!("error: {error:#}");
    if is_disk_full(error.as_ref()) { ExitCode::from(DISK_FULL) } else { ExitCode::FAILURE }
}
