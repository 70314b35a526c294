//! Retention: old files of Free jobs are deleted, and the user learns of it.

use crate::calls::Calls;
use crate::stack::stack;
use anyhow::{Context, Result};
use gas_backend::Gas;
use gas_backend::usecases::{LoggedFailures, reconcile};
use gas_shared::job::{Failure, FailureKind, JobState};
use gas_shared::{FileName, Job, JobId, UserId};
use gas_tests::Client;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

/// Stores a job that failed some days ago, with its input.
async fn failed(gas: &Gas, owner: UserId, days: i64) -> Result<Job> {
    let id = JobId::new(Uuid::new_v4());
    let name = FileName::parse("old.vcf")?;
    let at = Timestamp::from_second(Timestamp::now().as_second())?;
    let at = at - SignedDuration::from_hours(24 * days);
    let file = gas.object_keys.input(owner, id, &name);
    gas.objects.write(&file, "##fileformat=VCFv4.2\n".into(), "text/plain").await?;
    let mut job = Job::new(id, owner, name, file, at);
    job.input.size = Some(21);
    job.input.uploaded_at = Some(at);
    let reason = "no engine".to_owned();
    job.state = JobState::Failed(Failure {
        at,
        kind: FailureKind::Service,
        reason,
        code: None,
        mismatch: None,
    });
    gas.jobs.store.insert(&job).await?;
    Ok(job)
}

#[tokio::test]
async fn inputs_and_failed_jobs_of_a_free_user_are_deleted_in_time() -> Result<()> {
    let stack = stack();
    let gas = stack.gas(&Calls::default()).await?;
    let ada = Client::signed_in(&stack.web_url(), "ada-retention").await?;
    let profile: Value = ada.get("/api/account").send().await?.json().await?;
    let user: UserId = profile["id"].as_str().context("no id")?.parse()?;
    let recent = failed(&gas, user, 13).await?;
    let old = failed(&gas, user, 15).await?;
    let oldest = failed(&gas, user, 91).await?;
    // The second round takes the step that the first has planned.
    for _ in 0..2 {
        reconcile(&gas, &mut LoggedFailures::default()).await?;
    }
    assert!(gas.objects.head(&recent.input.file).await?.is_some());
    assert_eq!(ada.job(recent.id).await?.input_deleted_at, None);

    assert!(gas.objects.head(&old.input.file).await?.is_none());
    assert!(ada.job(old.id).await?.input_deleted_at.is_some());
    let rerun = ada
        .call(
            Method::POST,
            &format!("/api/jobs/{}/rerun", old.id),
            Some(json!({ "options": null })),
        )
        .await?;
    assert_eq!(rerun.status(), StatusCode::CONFLICT);
    let text = rerun.text().await?;
    assert!(text.contains("was deleted on") && text.contains("upload it again"), "{text}");

    let gone = ada.call(Method::GET, &format!("/api/jobs/{}", oldest.id), None).await?;
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
    Ok(())
}
