//! The `gas-index` command: builds the index of a result in a process of its own, so that a worker can
//! confine it and end it.

use anyhow::Context;
use clap::Parser;
use gas_explorer::Error;
use gas_explorer::index;
use gas_shared::exit_code::{BAD_INPUT, DISK_FULL, is_disk_full};
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Builds the index of the results explorer from an annotated VCF file.
///
/// Exit codes: 0 if the index was written; 2 if the result cannot be indexed (the last line on
/// standard error is a JSON object with `error` and `code`); 3 if the disk is full; 1 for all other
/// errors.
#[derive(Debug, Parser)]
#[command(name = "gas-index", version)]
struct Command {
    /// Annotated VCF file, plain or bgzipped.
    result: PathBuf,
    /// The index to write. A failed run removes it.
    index: PathBuf,
}

fn main() -> ExitCode {
    let command = Command::parse();
    match build(&command.result, &command.index) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&error),
    }
}

fn build(result: &Path, index: &Path) -> anyhow::Result<()> {
    let input = File::open(result).with_context(|| result.display().to_string())?;
    let output = File::create(index).with_context(|| index.display().to_string())?;
    if let Err(error) = index::build(input, BufWriter::new(output)) {
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
