//! Jobs whose worker is killed, shuts down, or runs a job that is cancelled.
//!
//! These tests end the stack's worker, so they do not run in parallel with other tests: see
//! `.config/nextest.toml`.

use crate::stack::{Stack, stack};
use anyhow::Result;
use gas_shared::JobStatus::{Cancelled, Completed, Failed, Running};
use gas_shared::job::StateView;
use gas_shared::{JobId, JobView};
use gas_tests::{Client, records, sample};
use jiff::Timestamp;
use reqwest::Method;
use std::time::Duration;

/// A sample VCF that delays the engine by some seconds.
pub(crate) fn slow_sample(seconds: u32) -> Result<String> {
    let vcf = sample("mitochondrial.vcf")?;
    let delay = format!("##gas_test_delay_secs={seconds}\n#CHROM");
    Ok(vcf.replacen("#CHROM", &delay, 1))
}

async fn running_job(user: &Client, seconds: u32) -> Result<JobView> {
    let job = user.submit("slow.vcf", slow_sample(seconds)?.as_bytes()).await?;
    user.wait_for(job.id, &[Running]).await
}

fn started_at(job: &JobView) -> Timestamp {
    match job.state {
        StateView::Running { started_at, .. } | StateView::Completed { started_at, .. } => {
            started_at
        }
        ref other => panic!("neither running nor completed: {other:?}"),
    }
}

/// Asserts that the job is completed, its result is complete, and it does not change again.
async fn assert_completed_once(stack: &Stack, user: &Client, id: JobId) -> Result<JobView> {
    let done = user.wait_for(id, &[Completed, Failed]).await?;
    assert!(matches!(done.state, StateView::Completed { .. }), "{:?}", done.state);
    let (result, input) = (user.result(id).await?, sample("mitochondrial.vcf")?);
    assert_eq!(records(&result).len(), records(&input).len());
    // Longer than the visibility timeout: an undeleted message would be delivered again.
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(user.job(id).await?, done);
    let completions = stack.worker_log(&id.to_string())?;
    let completions = completions.iter().filter(|line| line.contains("job ended")).count();
    assert_eq!(completions, 1, "more than one worker completed the job");
    Ok(done)
}

#[tokio::test]
async fn a_job_whose_worker_is_killed_is_completed_once() -> Result<()> {
    let stack = stack();
    let ada = Client::signed_in(&stack.web_url(), "ada-kill").await?;
    let job = running_job(&ada, 5).await?;
    stack.signal_worker("-KILL")?;
    let done = assert_completed_once(&stack, &ada, job.id).await?;
    assert!(started_at(&done) > started_at(&job), "a second attempt completed the job");
    Ok(())
}

#[tokio::test]
async fn a_job_whose_worker_shuts_down_is_completed() -> Result<()> {
    let stack = stack();
    let ada = Client::signed_in(&stack.web_url(), "ada-term").await?;
    let job = running_job(&ada, 5).await?;
    stack.signal_worker("-TERM")?;
    assert_completed_once(&stack, &ada, job.id).await?;
    Ok(())
}

#[tokio::test]
async fn cancelling_a_running_job_stops_it() -> Result<()> {
    let stack = stack();
    let ada = Client::signed_in(&stack.web_url(), "ada-cancel").await?;
    let job = running_job(&ada, 60).await?;
    let path = format!("/api/jobs/{}/cancel", job.id);
    assert!(ada.call(Method::POST, &path, None).await?.status().is_success());
    assert_eq!(ada.job(job.id).await?.state.status(), Cancelled);

    // The worker is available again long before the engine would have finished.
    let next = ada.submit("free.vcf", sample("free.vcf")?.as_bytes()).await?;
    let done = tokio::time::timeout(Duration::from_secs(30), ada.wait_for(next.id, &[Completed]));
    done.await??;
    assert_eq!(ada.job(job.id).await?.state.status(), Cancelled);
    Ok(())
}
