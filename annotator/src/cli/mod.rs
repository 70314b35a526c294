//! The command line: subcommands, exit codes and error output.

mod annotate;
mod build;
mod check;
mod limits;
mod progress;
mod reports;
mod run_args;
mod shards;
mod signals;
mod stats;

use clap::Parser;
use gas_annotate::Error;
use gas_shared::exit_code::{BAD_INPUT, DISK_FULL, is_disk_full};
use std::process::ExitCode;

/// Annotates VCF files with genes, transcripts and consequences.
#[derive(Debug, Parser)]
#[command(name = "gas-annotate", version)]
pub(crate) enum Command {
    /// Annotate a VCF file.
    Annotate(annotate::AnnotateArgs),
    /// Annotate a shard of a planned file.
    AnnotateShard(shards::AnnotateShardArgs),
    /// Build a reference from gene models and sequence.
    BuildReference(build::BuildArgs),
    /// Check a VCF file and report all problems.
    Check(check::CheckArgs),
    /// Join the annotated shards of a planned file.
    Join(shards::JoinArgs),
    /// Cut a VCF file into shards, which are annotated on their own.
    Plan(shards::PlanArgs),
    /// Compress a VCF or BCF file as a bgzipped VCF file, which can be cut into shards.
    Reblock(shards::ReblockArgs),
    /// Count what is in a VCF file, with or without annotations.
    Stats(stats::StatsArgs),
}

impl Command {
    pub(crate) fn run(self) -> ExitCode {
        let result = match self {
            Self::Annotate(args) => annotate::run(&args).map(|()| ExitCode::SUCCESS),
            Self::AnnotateShard(args) => shards::annotate(&args).map(|()| ExitCode::SUCCESS),
            Self::Join(args) => shards::join(&args).map(|()| ExitCode::SUCCESS),
            Self::Plan(args) => shards::plan(&args).map(|()| ExitCode::SUCCESS),
            Self::Reblock(args) => shards::reblock(&args).map(|()| ExitCode::SUCCESS),
            Self::BuildReference(args) => build::run(&args),
            Self::Check(args) => check::run(&args),
            Self::Stats(args) => stats::run(&args).map(|()| ExitCode::SUCCESS),
        };
        match result {
            Ok(code) => code,
            Err(error) => report(&error),
        }
    }
}

/// Prints the error as the last line on stderr: a JSON object for an invalid input file, otherwise
/// plain text. A full disk has an exit code of its own, since the run may succeed elsewhere.
fn report(error: &anyhow::Error) -> ExitCode {
    if let Some(Error::Input(input)) = error.downcast_ref::<Error>() {
        let mut line = serde_json::json!({ "error": input.to_string(), "code": input.code() });
        if let Some(found) = input.found_assembly() {
            line["found_assembly"] = found.into();
        }
        eprintln!("{line}");
        return ExitCode::from(BAD_INPUT);
    }
    eprintln!("error: {error:#}");
    if is_disk_full(error.as_ref()) { ExitCode::from(DISK_FULL) } else { ExitCode::FAILURE }
}
