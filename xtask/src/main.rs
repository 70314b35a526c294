//! The developer commands of GAS, as `./gas COMMAND`.
//!
//! Every command first makes sure that what it needs is there ([`setup`]) and says what it does
//! and how long it took ([`step`]). What is there already is not made again.

#![expect(
    clippy::print_stdout,
    reason = "the figures that `bundle` and `bench` print are their output"
)]

mod bench;
mod bundle;
mod check;
mod conformance;
mod features;
mod igv;
mod paths;
mod serve;
mod setup;
mod step;
mod test;

use anyhow::Result;
use clap::{Parser, Subcommand};
use paths::Paths;
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "gas", bin_name = "./gas", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Set up whatever is missing and run the whole service on this machine.
    Up(serve::UpOptions),
    /// Stop a running `up`; with --wipe delete its data.
    Down {
        /// Delete jobs, files and accounts.
        #[arg(long)]
        wipe: bool,
    },
    /// Run all tests against a stack of their own.
    Test {
        /// Only tests whose name contains one of these.
        filters: Vec<String>,
    },
    /// Check format, lints, the browser half and licences.
    Check,
    /// Compare the engine with the answers of other annotators.
    Conformance(conformance::ConformanceOptions),
    /// Measure how fast things are.
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Build the browser's half and print its sizes.
    Bundle {
        /// Optimised, minified and compressed.
        #[arg(long)]
        release: bool,
        /// Fail where the WASM module is over this many KiB of brotli.
        #[arg(long, requires = "release")]
        max_brotli_kib: Option<u64>,
    },
}

fn main() -> ExitCode {
    // Not by returning the error: where RUST_BACKTRACE is set, a backtrace would bury what to do.
    run().map_or_else(
        |error| {
            eprintln!("gas: {error:#}");
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}

fn run() -> Result<()> {
    let paths = Paths::find()?;
    match Cli::parse().command {
        Command::Up(options) => serve::up(&paths, &options),
        Command::Down { wipe } => serve::down(&paths, wipe),
        Command::Test { filters } => test::test(&paths, &filters),
        Command::Check => check::check(&paths),
        Command::Conformance(options) => conformance::conformance(&paths, &options),
        Command::Bench(bench) => bench::bench(&paths, &bench),
        Command::Bundle { release, max_brotli_kib } => {
            let profile = if release { bundle::Profile::Release } else { bundle::Profile::Dev };
            let bundle = bundle::bundle(&paths, profile)?;
            match max_brotli_kib {
                Some(limit) => bundle.check_limit(limit),
                None => Ok(()),
            }
        }
    }
}
