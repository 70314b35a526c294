//! The command line: sub-commands, exit codes, and what is printed.

mod annotate;
mod build;
mod check;
mod stats;

use clap::Parser;
use gas_annotate::Error;
use std::process::ExitCode;

/// Annotates VCF files with genes, transcripts and consequences.
#[derive(Debug, Parser)]
#[command(name = "gas-annotate", version)]
pub(crate) enum Command {
    /// Annotate a VCF file.
    Annotate(annotate::AnnotateArgs),
    /// Build a reference bundle from gene models and sequence.
    BuildReference(build::BuildArgs),
    /// Check a VCF file and tell everything that is wrong with it.
    Check(check::CheckArgs),
    /// Count what is in a VCF file, annotated or not.
    Stats(stats::StatsArgs),
}

/// The user's file is at fault.
const EXIT_BAD_INPUT: u8 = 2;

impl Command {
    pub(crate) fn run(self) -> ExitCode {
        let result = match self {
            Self::Annotate(args) => annotate::run(&args).map(|()| ExitCode::SUCCESS),
            Self::BuildReference(args) => build::run(&args).map(|()| ExitCode::SUCCESS),
            Self::Check(args) => check::run(&args),
            Self::Stats(args) => stats::run(&args).map(|()| ExitCode::SUCCESS),
        };
        match result {
            Ok(code) => code,
            Err(error) => report(&error),
        }
    }
}

/// The last line on stderr: one JSON object for bad input, plain text for anything else.
fn report(error: &anyhow::Error) -> ExitCode {
    if let Some(Error::Input(input)) = error.downcast_ref::<Error>() {
        let line = serde_json::json!({ "error": input.to_string(), "code": input.code() });
        eprintln!("{line}");
        return ExitCode::from(EXIT_BAD_INPUT);
    }
    eprintln!("error: {error:#}");
    ExitCode::FAILURE
}
