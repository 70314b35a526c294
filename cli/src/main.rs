//! `gas-cli`: submits VCF files to a GAS, follows their annotation, downloads results.
//!
//! It is a program like any user's: it knows the REST API (`/api/v1`) and nothing of the servers'
//! code but the check of VCF files.

#![expect(clippy::print_stdout, reason = "what a command answers is its output")]

mod annotate;
mod api;
mod args;
mod bars;
mod check;
mod download;
mod error;
#[cfg(test)]
mod fake;
mod patience;
mod settings;
mod show;
mod upload;
mod watch;
mod wire;

use args::{Cli, Command};
use clap::Parser;
use download::Targets;
use error::CliError;
use gas_shared::FileName;
use patience::Patience;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    match runtime.block_on(run(cli)) {
        Ok(code) => code,
        Err(error) => failed(&error),
    }
}

/// Says what went wrong, and answers the exit code for it.
fn failed(error: &CliError) -> ExitCode {
    eprintln!("gas-cli: {error}");
    error.exit_code()
}

async fn run(cli: Cli) -> Result<ExitCode, CliError> {
    let api = api::Api::new(&settings::connection(&cli)?, Patience::default())?;
    match cli.command {
        Command::Annotate(options) => return annotate::annotate(&api, &options).await,
        Command::Jobs { status, limit } => show::jobs(&api, status, limit).await?,
        Command::Status { id } => show::details(&api.job(id).await?),
        Command::Cancel { id } => println!("{}", show::line(&api.cancel(id).await?)),
        Command::Delete { id } => api.delete(id).await?,
        Command::Log { id } => print!("{}", api.log(id).await?),
        Command::Download { id, output, force } => {
            let job = api.job(id).await?;
            // Read anew, so that a name of the server's cannot lead out of the folder.
            let targets = Targets::new(&output, &FileName::parse(&job.file_name)?);
            download::download(&api, &job, &targets, force).await?;
            targets.paths().for_each(|path| println!("{}", path.display()));
        }
        Command::Account => show::account(&api.account().await?),
    }
    Ok(ExitCode::SUCCESS)
}
