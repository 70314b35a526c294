//! `gas-cli`: submits VCF files to GAS, follows their annotation, and downloads the results.
//!
//! It uses only the public REST API (`/api/v1`). From the code of GAS it uses the types of requests
//! and the check of VCF files in `gas-shared`.

#![expect(clippy::print_stdout, reason = "commands write their output to stdout")]

mod admin;
mod annotate;
mod api;
mod args;
mod bandwidth;
mod check;
mod download;
mod dto;
mod error;
mod export;
#[cfg(test)]
mod fake;
mod job_options;
mod links;
mod progress;
mod references;
mod request_timing;
mod rerun;
mod result_stream;
mod settings;
mod show;
mod unfinished;
mod upload;
mod upload_in_parts;
mod watch;

use api::JobFilter;
use args::{Cli, Command};
use bandwidth::Bandwidth;
use clap::Parser;
use download::OutputPaths;
use error::CliError;
use gas_shared::FileName;
use request_timing::RequestTiming;
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

/// Prints an error and returns its exit code.
fn failed(error: &CliError) -> ExitCode {
    eprintln!("gas-cli: {error}");
    error.exit_code()
}

async fn run(cli: Cli) -> Result<ExitCode, CliError> {
    let api = api::Api::new(&settings::connection(&cli)?, RequestTiming::default())?
        .with_bandwidth(Bandwidth::new(cli.limit_rate));
    match cli.command {
        Command::Annotate(options) => return annotate::annotate(&api, &options).await,
        Command::Jobs { status, label, project, limit } => {
            show::jobs(&api, &JobFilter { status, labels: label, project }, limit).await?;
        }
        Command::Status { id } => show::details(&api.job(id).await?),
        Command::Edit { id, changes } => show::details(&api.change(id, &changes.into()).await?),
        Command::Rerun { id, wait, options } => rerun::rerun(&api, id, &options, wait).await?,
        Command::Cancel { id } => println!("{}", show::line(&api.cancel(id).await?)),
        Command::Delete { id } => api.delete(id).await?,
        Command::Log { id } => print!("{}", api.log(id).await?),
        Command::Download { id, output, downloads, force } => {
            let job = api.job(id).await?;
            // Validated here too, so that the server's response cannot lead out of the folder.
            let output = OutputPaths::new(&output, &FileName::parse(&job.file_name)?);
            for path in download::download(&api, &job, &output, downloads, force).await? {
                println!("{}", path.display());
            }
        }
        Command::Export { id, format, filter, output, force } => {
            let path = export::export(&api, id, &format, &filter, &output, force).await?;
            println!("{}", path.display());
        }
        Command::Links { id, action } => links::run(&api, id, action).await?,
        Command::References { action } => references::run(&api, action).await?,
        Command::Sources => show::sources(&api.sources().await?),
        Command::Admin { action } => admin::run(&api, action).await?,
        Command::Account => show::account(&api.account().await?),
    }
    Ok(ExitCode::SUCCESS)
}
