//! The developer commands of GAS, as `./gas COMMAND`.
//!
//! Each command first installs what it needs ([`setup`]), unless it exists already, and prints its
//! steps with their times ([`step`]).

#![expect(clippy::print_stdout, reason = "`bundle` and `bench` print their figures to stdout")]

mod architecture;
mod bench;
mod browser;
mod bundle;
mod check;
mod circles;
mod conformance;
mod deploy;
mod engine;
mod esbuild;
mod features;
mod igv;
mod paths;
mod reference;
mod release;
mod secrets;
mod serve;
mod setup;
mod soak;
mod split;
mod stack_logs;
mod step;
mod temporary_stack;
mod test;
mod workspace;

use anyhow::Result;
use clap::{Parser, Subcommand};
use paths::Paths;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "gas", bin_name = "./gas", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what is missing and run the whole service on this machine.
    Up(serve::UpOptions),
    /// Stop a running `up`. With --wipe, also delete its data.
    Down {
        /// Delete all jobs, files and accounts.
        #[arg(long)]
        wipe: bool,
    },
    /// Run all tests against a separate stack.
    Test {
        /// Run only tests whose name contains one of these texts.
        filters: Vec<String>,
        /// Do not compile the browser half: for filters that select no test of pages.
        #[arg(long, requires = "filters")]
        no_pages: bool,
    },
    /// Run many jobs while processes are killed and paused, then account for everything.
    Soak(soak::SoakOptions),
    /// Check formatting, lints, features, dependencies and licenses.
    Check,
    /// Compare the engine with other annotators.
    Conformance(conformance::ConformanceOptions),
    /// Manage the references of the catalog in .gas-references: add, list, show, retire, remove, publish.
    #[command(disable_help_flag = true)]
    Reference {
        /// Arguments of gas-reference.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Manage the sources of the catalog in .gas-sources (frequencies, ClinVar, …): add, list, show, retire, remove, publish.
    #[command(disable_help_flag = true)]
    Source {
        /// Arguments of gas-source.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Build what runs in production, and pack it: programs, pages, restore function, list of dependencies.
    Release(release::ReleaseOptions),
    /// Create or update the stacks of an environment in AWS, after printing each change.
    Deploy {
        #[command(flatten)]
        target: deploy::Target,
        /// The folder that `./gas release` printed. Without it, the release of the last deployment stays.
        #[arg(long)]
        release: Option<PathBuf>,
    },
    /// Check what an environment needs outside of its stacks: certificate, mail, secrets, sign-in, payments.
    Doctor {
        /// An environment of deploy/env, such as `example`, or the path of its file.
        environment: String,
    },
    /// Make what an environment needs at Stripe: the price of Premium, and the endpoint that gets events. May run again.
    Payments {
        /// An environment of deploy/env, such as `example`, or the path of its file.
        environment: String,
        /// What Premium costs a month, such as 29.50.
        #[arg(long)]
        monthly: String,
        /// The currency.
        #[arg(long, default_value = "usd")]
        currency: String,
    },
    /// Compare the jobs of an environment with their files in S3 and in the archive.
    Audit {
        /// An environment of deploy/env, such as `example`, or the path of its file.
        environment: String,
        /// Another table of jobs than that of the environment, such as a restored one.
        #[arg(long)]
        table: Option<String>,
    },
    /// Deploy the release before the current one.
    Rollback {
        #[command(flatten)]
        target: deploy::Target,
    },
    /// Measure the performance.
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Take the pictures of README.md.
    Pictures,
    /// Build the WASM bundle. A release build prints the sizes of its files, and fails if the first load is
    /// too large.
    Bundle {
        /// Optimize, minify and compress.
        #[arg(long)]
        release: bool,
    },
}

fn main() -> ExitCode {
    // Returning the error from `main` would print a backtrace if RUST_BACKTRACE is set.
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
        Command::Test { filters, no_pages } => test::test(&paths, &filters, no_pages),
        Command::Soak(options) => soak::soak(&paths, &options),
        Command::Check => check::check(&paths),
        Command::Conformance(options) => conformance::conformance(&paths, &options),
        Command::Reference { arguments } => reference::reference(&paths, &arguments),
        Command::Source { arguments } => reference::source(&paths, &arguments),
        Command::Release(options) => release::release(&paths, &options),
        Command::Deploy { target, release } => deploy::deploy(&paths, &target, release.as_deref()),
        Command::Doctor { environment } => deploy::doctor(&paths, &environment),
        Command::Payments { environment, monthly, currency } => {
            deploy::payments(&paths, &environment, &monthly, &currency)
        }
        Command::Audit { environment, table } => {
            deploy::audit(&paths, &environment, table.as_deref())
        }
        Command::Rollback { target } => deploy::roll_back(&paths, &target),
        Command::Bench(bench) => bench::bench(&paths, &bench),
        Command::Pictures => browser::take_pictures(&paths),
        Command::Bundle { release: true } => {
            bundle::bundle(&paths, bundle::Profile::Release)?.check_limit()
        }
        Command::Bundle { release: false } => {
            bundle::bundle(&paths, bundle::Profile::Dev).map(|_| ())
        }
    }
}
