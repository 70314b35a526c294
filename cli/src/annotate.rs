//! `gas-cli annotate`: files are checked, sent, and waited for.

use crate::api::Api;
use crate::args::AnnotateOptions;
use crate::bars::Bars;
use crate::check::{Checked, check};
use crate::download::{Targets, download};
use crate::error::CliError;
use crate::show;
use crate::upload::submit;
use crate::watch::until_over;
use crate::wire::{Job, Status};
use futures::channel::mpsc::{self, UnboundedSender};
use futures::{StreamExt, join};
use std::cell::Cell;
use std::collections::HashMap;
use std::path::Path;
use std::pin::pin;
use std::process::ExitCode;

/// How many jobs' files are downloaded at once.
const DOWNLOADS: usize = 4;

/// A file that may be sent.
struct Input<'a> {
    path: &'a Path,
    checked: Checked,
}

/// Files that could not be annotated are told; the exit code is that of the first.
#[derive(Default)]
struct Report {
    bars: Bars,
    failed: Cell<Option<ExitCode>>,
}

impl Report {
    /// What was done for a file; `None` where it failed, which is told.
    fn keep<T>(&self, path: &Path, done: Result<T, CliError>) -> Option<T> {
        done.inspect_err(|error| {
            self.bars.say(&format!("gas-cli: {}: {error}", path.display()));
            self.failed.set(self.failed.get().or(Some(error.exit_code())));
        })
        .ok()
    }
}

/// Annotates files. One that fails does not stop the others, but nothing is sent where a result
/// would have no place.
pub async fn annotate(api: &Api, options: &AnnotateOptions) -> Result<ExitCode, CliError> {
    let limit = api.account().await?.max_upload_bytes;
    let report = Report::default();
    let mut inputs = Vec::new();
    for path in &options.files {
        let checked = report.keep(path, check(path, limit));
        inputs.extend(checked.map(|checked| Input { path, checked }));
    }
    let targets = targets(&inputs, options)?;
    let (sent, coming) = mpsc::unbounded();
    let send = send_all(api, &inputs, sent, &report);
    if options.wait || options.output.is_some() {
        // At the same time: a result may be open for minutes only, while the last files are still sent.
        let follow = async {
            let over = until_over(api, coming, &report.bars);
            let done = over.map(|(at, job)| {
                let targets = targets.get(at);
                async move { (at, finish(api, job, targets, options.force).await) }
            });
            let mut done = pin!(done.buffer_unordered(DOWNLOADS));
            while let Some((at, done)) = done.next().await {
                if let Some(lines) = report.keep(inputs[at].path, done) {
                    lines.iter().for_each(|line| report.bars.print(line));
                }
            }
        };
        join!(send, follow);
    } else {
        send.await;
    }
    Ok(report.failed.get().unwrap_or(ExitCode::SUCCESS))
}

/// Sends one file after the other, and hands their jobs on with the files' places among the inputs.
async fn send_all(
    api: &Api,
    inputs: &[Input<'_>],
    sent: UnboundedSender<(usize, Job)>,
    report: &Report,
) {
    for (at, Input { path, checked }) in inputs.iter().enumerate() {
        let job = submit(api, path, checked, &report.bars).await;
        if let Some(job) = report.keep(path, job) {
            report.bars.print(&show::line(&job));
            // Where nobody waits for jobs, nobody takes it.
            _ = sent.unbounded_send((at, job));
        }
    }
}

/// Where the results of the inputs will be, in their order; empty where they are not downloaded.
fn targets(inputs: &[Input], options: &AnnotateOptions) -> Result<Vec<Targets>, CliError> {
    let Some(folder) = &options.output else { return Ok(Vec::new()) };
    let mut taken = HashMap::new();
    let targets = inputs.iter().map(|Input { path, checked }| {
        let targets = Targets::new(folder, &checked.name);
        match taken.insert(targets.result.clone(), path) {
            Some(other) => Err(CliError::Clash {
                inputs: [other.to_path_buf(), path.to_path_buf()],
                target: targets.result,
            }),
            None => targets.check(options.force).map(|()| targets),
        }
    });
    targets.collect()
}

/// Downloads what a job has made, and answers what is said of it.
async fn finish(
    api: &Api,
    over: Result<Job, CliError>,
    targets: Option<&Targets>,
    force: bool,
) -> Result<Vec<String>, CliError> {
    let job = over?;
    match job.status {
        Status::Failed => {
            let reason = job.failure.map(|failure| failure.reason).unwrap_or_default();
            return Err(CliError::JobFailed { id: job.id, reason });
        }
        Status::Cancelled => return Err(CliError::JobCancelled(job.id)),
        _ => {}
    }
    let mut lines = vec![show::line(&job)];
    if let Some(targets) = targets {
        download(api, &job, targets, force).await?;
        lines.extend(targets.paths().map(|path| path.display().to_string()));
    }
    Ok(lines)
}

#[cfg(test)]
#[path = "annotate_tests.rs"]
mod tests;
