//! `gas-source`: the operator's command for the catalog of sources.

mod args;
mod commands;

use args::Cli;
use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    match runtime.block_on(commands::run(cli)) {
        Ok(code) => code,
        Err(error) => failed(&error),
    }
}

/// Prints an error with its causes.
fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("gas-source: {error:#}");
    ExitCode::FAILURE
}
