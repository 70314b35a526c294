//! `gas-cli import`: submits a file at a URL, which GAS copies itself.

use crate::api::Api;
use crate::args::ImportOptions;
use crate::error::CliError;
use crate::output::OutputFormat;
use crate::show;
use crate::wait::print_ended;
use gas_shared::import::NewImport;
use std::io::{BufRead, stdin};
use uuid::Uuid;

/// Creates a job whose file GAS copies from a URL, and prints it; with `wait`, also after it has finished.
pub async fn import(
    api: &Api,
    options: &ImportOptions,
    format: OutputFormat,
) -> Result<(), CliError> {
    let url = match options.file_url.as_str() {
        "-" => read_line(&mut stdin().lock())?,
        url => url.to_owned(),
    };
    let new = NewImport::new(url).with(options.job.options());
    let new = match &options.name {
        Some(name) => new.named(name),
        None => new,
    };
    let job = api.create_from_url(&new, Uuid::new_v4()).await?;
    println!("{}", format.show(&job, show::line));
    if options.wait { print_ended(api, job, format).await } else { Ok(()) }
}

/// Reads a URL that must not be in the list of processes.
fn read_line(input: &mut impl BufRead) -> Result<String, CliError> {
    let mut line = String::new();
    let read = input.read_line(&mut line);
    read.map_err(|error| CliError::File(format!("the standard input cannot be read: {error}")))?;
    Ok(line.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Cli, Command};
    use crate::fake::start;
    use axum::response::IntoResponse;
    use clap::Parser;
    use serde_json::json;
    use std::sync::{Arc, Mutex};

    fn options(arguments: &[&str]) -> ImportOptions {
        let all = [&["gas-cli", "import"], arguments].concat();
        match Cli::try_parse_from(all).unwrap().command {
            Command::Import(options) => options,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_file_at_a_url_is_submitted_and_waited_for() {
        let id = Uuid::from_u128(7);
        let job = move |status: &str| json!({"id": id, "file_name": "a.vcf", "status": status, "submitted_at": "2026-09-21T14:13:20Z"});
        let calls = Arc::new(Mutex::new(Vec::new()));
        let seen = calls.clone();
        let (api, _) = start(Box::new(move |call, earlier| {
            seen.lock().unwrap().push(call.to_owned());
            let answer = match (call, earlier) {
                ("POST /api/v1/jobs/from-url", _) => job("uploading"),
                (_, 0) => job("running"),
                _ => job("completed"),
            };
            Some(answer.to_string().into_response())
        }))
        .await;
        let options = options(&["https://lab.example.org/a.vcf", "--wait"]);
        import(&api, &options, OutputFormat::Text).await.unwrap();
        let calls = calls.lock().unwrap().clone();
        let poll = format!("GET /api/v1/jobs/{id}");
        assert_eq!(calls, ["POST /api/v1/jobs/from-url", poll.as_str(), poll.as_str()]);
    }

    #[test]
    fn a_url_is_read_from_the_input_without_its_end_of_line() {
        let mut input = "https://lab.example.org/a.vcf?s=1\nrest".as_bytes();
        assert_eq!(read_line(&mut input).unwrap(), "https://lab.example.org/a.vcf?s=1");
    }

    #[test]
    fn debug_output_does_not_contain_the_url() {
        let text =
            format!("{:?}", options(&["https://lab.example.org/a.vcf?s3cret", "--name", "b.vcf"]));
        assert!(text.contains("b.vcf") && !text.contains("s3cret"), "{text}");
    }
}
