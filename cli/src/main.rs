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
mod compare;
mod download;
mod dto;
mod error;
mod export;
#[cfg(test)]
mod fake;
mod file_names;
mod gene_panels;
mod import;
mod job_options;
mod links;
#[cfg(test)]
mod operations_tests;
mod output;
mod progress;
mod references;
mod request_timing;
mod rerun;
mod result_stream;
mod saved_filters;
mod settings;
mod show;
mod unfinished;
mod upload;
mod upload_in_parts;
mod wait;
mod watch;
mod webhooks;

use api::JobFilter;
use args::{Cli, Command};
use bandwidth::Bandwidth;
use clap::Parser;
use download::OutputPaths;
use error::CliError;
use gas_shared::FileName;
use output::OutputFormat;
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
    let format = cli.format();
    let api = api::Api::new(&settings::connection(&cli)?, RequestTiming::default())?
        .with_bandwidth(Bandwidth::new(cli.limit_rate));
    run_command(&api, cli.command, format).await
}

async fn run_command(
    api: &api::Api,
    command: Command,
    format: OutputFormat,
) -> Result<ExitCode, CliError> {
    match command {
        Command::Annotate(options) => return annotate::annotate(api, &options, format).await,
        Command::Jobs { status, label, project, limit } => {
            let filter = JobFilter { status, labels: label, project };
            show::jobs(api, &filter, limit, format).await?;
        }
        Command::Status { id } => println!("{}", format.show(&api.job(id).await?, show::details)),
        Command::Wait { ids } => return wait::wait(api, &ids, format).await,
        Command::Edit { id, changes } => {
            println!("{}", format.show(&api.change(id, &changes.into()).await?, show::details));
        }
        Command::Import(options) => import::import(api, &options, format).await?,
        Command::Rerun { id, wait, options } => {
            rerun::rerun(api, id, &options, wait, format).await?;
        }
        Command::Cancel { id } => println!("{}", format.show(&api.cancel(id).await?, show::line)),
        Command::Delete { id } => api.delete(id).await?,
        Command::Log { id } => print_log(&api.log(id).await?, format),
        Command::Download { id, output, downloads, force } => {
            let job = api.job(id).await?;
            // Validated here too, so that the server's response cannot lead out of the folder.
            let output = OutputPaths::new(&output, &FileName::parse(&job.file_name)?);
            for path in download::download(api, &job, &output, downloads, force).await? {
                println!("{}", format.path(&path));
            }
        }
        Command::Export { id, format: formats, filter, saved_filter, output, force } => {
            let filter = match saved_filter {
                Some(name) => saved_filters::named(api, &name).await?,
                None => *filter,
            };
            let path = export::export(api, id, &formats, &filter, &output, force).await?;
            println!("{}", format.path(&path));
        }
        Command::Compare { first, second, kind, output: None, .. } => {
            compare::print(api, first, second, kind, format).await?;
        }
        Command::Compare { first, second, kind, output: Some(folder), force } => {
            let path = compare::save_differences(api, first, second, kind, &folder, force).await?;
            println!("{}", format.path(&path));
        }
        Command::Links { id, action } => links::run(api, id, action, format).await?,
        Command::Webhooks { action } => webhooks::run(api, action, format).await?,
        Command::Filters { action } => saved_filters::run(api, action, format).await?,
        Command::Panels { action } => gene_panels::run(api, action, format).await?,
        Command::References { action } => references::run(api, action, format).await?,
        Command::Sources => {
            for source in api.sources().await?.sources {
                println!("{}", format.show(&source, show::source_line));
            }
        }
        Command::Admin { action } => admin::run(api, action, format).await?,
        Command::Account => println!("{}", format.show(&api.account().await?, show::account)),
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints a run log, which ends with a line break if it is not empty.
fn print_log(log: &str, format: OutputFormat) {
    match format {
        OutputFormat::Text => print!("{log}"),
        OutputFormat::Json => println!("{}", serde_json::json!({ "log": log })),
    }
}
