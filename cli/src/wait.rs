//! `gas-cli wait`: waits for jobs to finish.

use crate::api::Api;
use crate::dto::Job;
use crate::error::CliError;
use crate::output::OutputFormat;
use crate::progress::ProgressBars;
use crate::show;
use crate::watch::{completed, until_finished};
use futures::{StreamExt, stream};
use std::pin::pin;
use std::process::ExitCode;
use uuid::Uuid;

/// Waits until all jobs have finished, and prints each then. Jobs that were not completed are reported; the exit code is
/// that of the first.
pub async fn wait(api: &Api, ids: &[Uuid], format: OutputFormat) -> Result<ExitCode, CliError> {
    let bars = ProgressBars::default();
    let mut jobs = Vec::new();
    for id in ids {
        jobs.push((*id, api.job(*id).await?));
    }
    let mut exit_code = None;
    let mut finished = pin!(until_finished(api, stream::iter(jobs), &bars));
    while let Some((_, job)) = finished.next().await {
        let ended = job.and_then(|job| {
            bars.print(&format.show(&job, show::line));
            completed(job)
        });
        if let Err(error) = ended {
            bars.message(&format!("gas-cli: {error}"));
            exit_code.get_or_insert(error.exit_code());
        }
    }
    Ok(exit_code.unwrap_or(ExitCode::SUCCESS))
}

/// Waits until a job has finished, and prints it then.
///
/// # Errors
/// If the job was not completed, or its state cannot be read.
pub async fn print_ended(api: &Api, job: Job, format: OutputFormat) -> Result<(), CliError> {
    let bars = ProgressBars::default();
    let mut finished = pin!(until_finished(api, stream::iter([((), job)]), &bars));
    if let Some(((), ended)) = finished.next().await {
        let ended = ended?;
        bars.print(&format.show(&ended, show::line));
        completed(ended)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::start;
    use axum::response::IntoResponse;
    use serde_json::json;

    #[tokio::test]
    async fn all_jobs_are_waited_for_and_one_that_fails_sets_the_exit_code() {
        let ids = [Uuid::from_u128(1), Uuid::from_u128(2)];
        for (ends, code) in [(["completed"; 2], 0), (["failed", "completed"], 5)] {
            let (api, fake) = start(Box::new(move |call, earlier| {
                let at = ids.iter().position(|id| call.ends_with(&id.to_string()))?;
                let status = if earlier < 2 { "running" } else { ends[at] };
                let job = json!({"id": ids[at], "file_name": "a.vcf", "status": status,
                    "submitted_at": "2026-09-21T14:13:20Z"});
                Some(job.to_string().into_response())
            }))
            .await;
            let done = wait(&api, &ids, OutputFormat::Json).await.unwrap();
            // `ExitCode` does not implement `PartialEq`.
            assert_eq!(format!("{done:?}"), format!("{:?}", ExitCode::from(code)));
            for id in ids {
                assert_eq!(fake.times("GET", &id.to_string()).len(), 3, "until it has finished");
            }
        }
    }
}
