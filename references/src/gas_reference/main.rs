//! `gas-reference`: the operator's command for the catalog of references.

mod args;
mod commands;

use args::Cli;
use clap::Parser;
use gas_references::catalog_command;
use std::process::ExitCode;

fn main() -> ExitCode {
    catalog_command::run("gas-reference", commands::run(Cli::parse()))
}
