//! The `gas-annotate` command.

mod cli;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    cli::Command::parse().run()
}
