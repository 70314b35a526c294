//! `gas-cli annotate`: checks files, uploads them, and optionally waits for their results.

use crate::api::Api;
use crate::args::AnnotateOptions;
use crate::check::{CheckedFile, check};
use crate::download::{OutputPaths, check_folder, download};
use crate::dto::Job;
use crate::error::CliError;
use crate::output::OutputFormat;
use crate::progress::ProgressBars;
use crate::show;
use crate::upload::submit;
use crate::watch::{completed, until_finished};
use futures::channel::mpsc::{self, UnboundedSender};
use futures::{StreamExt, join};
use gas_shared::JobOptions;
use std::cell::Cell;
use std::collections::HashMap;
use std::path::Path;
use std::pin::pin;
use std::process::ExitCode;

/// How many results are downloaded at the same time.
const MAX_DOWNLOADS: usize = 4;

/// A file that passed the check.
struct Input<'a> {
    path: &'a Path,
    file: CheckedFile,
}

/// Reports files that could not be annotated, and remembers the exit code of the first one.
#[derive(Default)]
struct Report {
    bars: ProgressBars,
    format: OutputFormat,
    exit_code: Cell<Option<ExitCode>>,
}

impl Report {
    /// Returns the value, or reports the error and returns `None`.
    fn ok<T>(&self, path: &Path, result: Result<T, CliError>) -> Option<T> {
        result
            .inspect_err(|error| {
                self.bars.message(&format!("gas-cli: {}: {error}", path.display()));
                self.exit_code.set(self.exit_code.get().or(Some(error.exit_code())));
            })
            .ok()
    }

    /// Reports which variants of a completed job are not annotated. The exit code stays 0, as the
    /// result is there.
    fn warn(&self, path: &Path, job: &Job) {
        for warning in &job.warnings {
            let text = format!("gas-cli: {}: warning: {}", path.display(), warning.message);
            self.bars.message(&text);
        }
    }
}

/// Annotates files. A file that fails does not stop the others, but nothing is uploaded if a result
/// could not be saved.
pub async fn annotate(
    api: &Api,
    options: &AnnotateOptions,
    format: OutputFormat,
) -> Result<ExitCode, CliError> {
    let limit = api.account().await?.max_upload_bytes;
    let report = Report { format, ..Report::default() };
    let mut inputs = Vec::new();
    for path in &options.files {
        let file = report.ok(path, check(path, limit));
        inputs.extend(file.map(|file| Input { path, file }));
    }
    let outputs = output_paths(&inputs, options)?;
    if let Some(folder) = options.output.as_ref().filter(|_| !inputs.is_empty()) {
        check_folder(folder)?;
    }
    let (submitted, incoming) = mpsc::unbounded();
    let job_options = options.job.options();
    let submit_all = submit_all(api, &inputs, &job_options, options, submitted, &report);
    if options.wait || options.output.is_some() {
        // Results are downloaded while files are still uploaded, because the download window may be
        // only minutes long.
        let save_all = async {
            let finished = until_finished(api, incoming, &report.bars);
            let saved = finished.map(|(at, job)| {
                let output = outputs.get(at);
                async move { (at, save(api, job, output, options, format).await) }
            });
            let mut saved = pin!(saved.buffer_unordered(MAX_DOWNLOADS));
            while let Some((at, lines)) = saved.next().await {
                if let Some((job, lines)) = report.ok(inputs[at].path, lines) {
                    report.warn(inputs[at].path, &job);
                    lines.iter().for_each(|line| report.bars.print(line));
                }
            }
        };
        join!(submit_all, save_all);
    } else {
        submit_all.await;
    }
    Ok(report.exit_code.get().unwrap_or(ExitCode::SUCCESS))
}

/// Submits one file after the other, and sends each job with the index of its input.
async fn submit_all(
    api: &Api,
    inputs: &[Input<'_>],
    job_options: &JobOptions,
    options: &AnnotateOptions,
    submitted: UnboundedSender<(usize, Job)>,
    report: &Report,
) {
    let organization = options.organize.request();
    for (at, Input { path, file }) in inputs.iter().enumerate() {
        let job = submit(api, path, file, job_options, &options.upload, &report.bars).await;
        if let Some(mut job) = report.ok(path, job) {
            if let Some(change) = &organization {
                // The job is annotated in any case.
                job = report.ok(path, api.change(job.id, change).await).unwrap_or(job);
            }
            report.bars.print(&report.format.show(&job, show::line));
            // Without --wait there is no receiver.
            _ = submitted.unbounded_send((at, job));
        }
    }
}

/// Where the results of the inputs are saved, in their order; empty if they are not downloaded.
fn output_paths(inputs: &[Input], options: &AnnotateOptions) -> Result<Vec<OutputPaths>, CliError> {
    let Some(folder) = &options.output else { return Ok(Vec::new()) };
    let mut taken = HashMap::new();
    let outputs = inputs.iter().map(|Input { path, file }| {
        let output = OutputPaths::new(folder, &file.name);
        match taken.insert(output.result.clone(), path) {
            Some(other) => Err(CliError::Clash {
                inputs: [other.to_path_buf(), path.to_path_buf()],
                target: output.result,
            }),
            None => output.check(options.force).map(|()| output),
        }
    });
    outputs.collect()
}

/// Downloads the result of a completed job, and returns the job with the lines to print. Every other status is an
/// error.
async fn save(
    api: &Api,
    finished: Result<Job, CliError>,
    output: Option<&OutputPaths>,
    options: &AnnotateOptions,
    format: OutputFormat,
) -> Result<(Job, Vec<String>), CliError> {
    let job = completed(finished?)?;
    let mut lines = vec![format.show(&job, show::line)];
    if let Some(output) = output {
        let saved = download(api, &job, output, options.downloads, options.force).await?;
        lines.extend(saved.iter().map(|path| format.path(path)));
    }
    Ok((job, lines))
}

#[cfg(test)]
#[path = "annotate_tests.rs"]
mod tests;
