//! What happens to a job when its worker dies, stops, or is told to stop the job.
//!
//! These tests end the stack's worker, so no other test runs beside them: see
//! `.config/nextest.toml`.

use crate::stack::{Stack, stack};
use anyhow::Result;
use gas_shared::JobStatus::{Cancelled, Completed, Failed, Running};
use gas_shared::job::StateView;
use gas_shared::{JobId, JobView};
use gas_tests::{Client, sample};
use jiff::Timestamp;
use reqwest::Method;
use std::time::Duration;

/// A real VCF that the engine is held up with for some seconds.
fn slow_sample(seconds: u32) -> Result<String> {
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

/// The job is done, its file whole, and it stays as it is.
async fn assert_completed_once(stack: &Stack, user: &Client, id: JobId) -> Result<JobView> {
    let done = user.wait_for(id, &[Completed, Failed]).await?;
    assert!(matches!(done.state, StateView::Completed { .. }), "{:?}", done.state);
    let records = |vcf: &str| vcf.lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(records(&user.result(id).await?), records(&sample("mitochondrial.vcf")?));
    // Longer than the message could still be invisible, were it not deleted.
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(user.job(id).await?, done);
    let completions = stack.worker_log(&id.to_string())?;
    let completions = completions.iter().filter(|line| line.contains("job is over")).count();
    assert_eq!(completions, 1, "the job was ended by more than one worker");
    Ok(done)
}

#[tokio::test]
async fn a_job_whose_worker_is_killed_completes_once() -> Result<()> {
    let stack = stack();
    let ada = Client::signed_in(&stack.web_url(), "ada-kill").await?;
    let job = running_job(&ada, 5).await?;
    stack.signal_worker("-KILL")?;
    let done = assert_completed_once(&stack, &ada, job.id).await?;
    assert!(started_at(&done) > started_at(&job), "a second attempt completed it");
    Ok(())
}

#[tokio::test]
async fn a_job_whose_worker_is_asked_to_stop_is_not_lost() -> Result<()> {
    let stack = stack();
    let ada = Client::signed_in(&stack.web_url(), "ada-term").await?;
    let job = running_job(&ada, 5).await?;
    stack.signal_worker("-TERM")?;
    assert_completed_once(&stack, &ada, job.id).await?;
    Ok(())
}

#[tokio::test]
async fn a_job_that_is_cancelled_while_it_runs_stops() -> Result<()> {
    let stack = stack();
    let ada = Client::signed_in(&stack.web_url(), "ada-cancel").await?;
    let job = running_job(&ada, 60).await?;
    let path = format!("/api/jobs/{}/cancel", job.id);
    assert!(ada.call(Method::POST, &path, None).await?.status().is_success());
    assert_eq!(ada.job(job.id).await?.state.status(), Cancelled);

    // The worker is free again long before the engine would have been done.
    let next = ada.submit("free.vcf", sample("free.vcf")?.as_bytes()).await?;
    let done = tokio::time::timeout(Duration::from_secs(30), ada.wait_for(next.id, &[Completed]));
    done.await??;
    assert_eq!(ada.job(job.id).await?.state.status(), Cancelled);
    Ok(())
}
