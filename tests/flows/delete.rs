//! Deleting jobs: all their data is removed, and the owner's browsers are notified.

use crate::calls::Calls;
use crate::events::Events;
use crate::stack::{Stack, stack};
use anyhow::{Context, Result, ensure};
use gas_backend::ports::JobStore;
use gas_shared::JobStatus::Completed;
use gas_shared::job::{JobList, ResultsView, StateView};
use gas_shared::{JobId, LiveEvent, UserId};
use gas_tests::{Client, sample};
use reqwest::{Method, StatusCode};
use std::time::{Duration, Instant};

/// Longer than the test stack's download window and the archiving after it.
const TIMEOUT: Duration = Duration::from_secs(90);

async fn delete(user: &Client, id: JobId) -> Result<StatusCode> {
    let response = user.call(Method::POST, &format!("/api/jobs/{id}/delete"), None).await?;
    Ok(response.status())
}

/// The number of a job's objects in both buckets, with their previous versions.
async fn objects(stack: &Stack, user: UserId, id: JobId) -> Result<usize> {
    let (gas, s3) = (stack.gas(&Calls::default()).await?, stack.s3().await);
    let prefix = gas.object_keys.prefix(user, id);
    let mut found = 0;
    for bucket in [&gas.object_keys.inputs_bucket, &gas.object_keys.results_bucket] {
        let listed = s3.list_object_versions().bucket(bucket).prefix(&prefix).send().await?;
        found += listed.versions().len();
    }
    Ok(found)
}

/// The owner of a job.
async fn owner(stack: &Stack, id: JobId) -> Result<UserId> {
    let job = stack.job_store().await.job(id).await?;
    Ok(job.context("the job does not exist")?.owner)
}

async fn until_nothing_is_left(stack: &Stack, user: UserId, id: JobId) -> Result<()> {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let left = (objects(stack, user, id).await?, stack.archived_copies(id).await?);
        if left == (0, 0) {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "objects and copies of {id} that are left: {left:?}");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

async fn listed(user: &Client) -> Result<JobList> {
    Ok(user.get("/api/jobs?query=").send().await?.json().await?)
}

#[tokio::test]
async fn a_deleted_job_disappears_immediately_and_its_archived_result_soon_after() -> Result<()> {
    let stack = stack();
    let ada = Client::signed_in(&stack.web_url(), "ada-deletes").await?;
    let kept = ada.submit("kept.vcf", sample("free.vcf")?.as_bytes()).await?.id;
    let job = ada.submit("free.vcf", sample("free.vcf")?.as_bytes()).await?;
    ada.wait_for(job.id, &[Completed]).await?;
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let StateView::Completed { results, .. } = ada.job(job.id).await?.state else { continue };
        if matches!(results, ResultsView::Archived { .. }) {
            break;
        }
        ensure!(Instant::now() < deadline, "the result is still {results:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(stack.archived_copies(job.id).await?, 1);
    let user = owner(&stack, job.id).await?;
    assert!(objects(&stack, user, job.id).await? >= 2, "the input and the run log");

    let mut events = Events::open(&ada).await?;
    assert_eq!(delete(&ada, job.id).await?, StatusCode::OK);
    assert_eq!(ada.call(Method::GET, &format!("/api/jobs/{}", job.id), None).await?.status(), 404);
    while events.next(TIMEOUT).await? != LiveEvent::Deleted(job.id) {}
    let list = listed(&ada).await?;
    assert_eq!(list.jobs.iter().map(|job| job.id).collect::<Vec<_>>(), [kept]);
    assert_eq!((list.matched, list.overview.total), (1, 1));
    until_nothing_is_left(&stack, user, job.id).await?;
    assert_eq!(
        delete(&ada, job.id).await?,
        StatusCode::OK,
        "deleting is idempotent while the tombstone exists"
    );
    Ok(())
}

#[tokio::test]
async fn deleting_a_running_job_stops_it() -> Result<()> {
    let stack = stack();
    let ada = Client::signed_in(&stack.web_url(), "ada-deletes-running").await?;
    let slow = sample("free.vcf")?.replacen("\n", "\n##gas_test_delay_secs=20\n", 1);
    let id = ada.submit("slow.vcf", slow.as_bytes()).await?.id;
    ada.wait_for(id, &[gas_shared::JobStatus::Running]).await?;
    let user = owner(&stack, id).await?;
    assert_eq!(delete(&ada, id).await?, StatusCode::OK);
    until_nothing_is_left(&stack, user, id).await?;
    let deadline = Instant::now() + TIMEOUT;
    while !stack.worker_log(&id.to_string())?.iter().any(|line| line.contains("was deleted")) {
        ensure!(Instant::now() < deadline, "the worker did not stop {id}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(stack.job_store().await.job(id).await?.is_none());
    assert_eq!(objects(&stack, user, id).await?, 0);
    Ok(())
}
