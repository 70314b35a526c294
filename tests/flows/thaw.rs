//! Restoring many archived results after an upgrade.

use crate::calls::Calls;
use crate::stack::stack;
use anyhow::{Result, bail, ensure};
use futures::stream::{self, StreamExt, TryStreamExt};
use gas_backend::Gas;
use gas_backend::ports::{Identity, UploadOutcome};
use gas_backend::usecases::thaw_results;
use gas_shared::job::{
    Archived, Completion, Input, JobState, Organization, Results, Retention, StoredOptions,
};
use gas_shared::{FileName, Job, JobId, UserId};
use jiff::Timestamp;
use std::path::Path;
use std::time::{Duration, Instant};
use uuid::Uuid;

const JOBS: usize = 500;

/// How long the Lambda function may take to restore all results.
const TIMEOUT: Duration = Duration::from_secs(170);

/// Creates a completed job whose result is only in the archive.
pub(crate) async fn archived(gas: &Gas, owner: UserId, text: &Path) -> Result<JobId> {
    let id = JobId::new(Uuid::new_v4());
    let name = FileName::parse("many.vcf")?;
    let file = gas.object_keys.result(owner, id, &name);
    let size = gas.objects.store(text, &file, "text/plain").await?;
    let ticket = gas.archive.begin_upload(id, &file).await?;
    let UploadOutcome::Stored { archive_id, copy } = gas.archive.upload(&ticket, &file).await?
    else {
        bail!("the upload is gone");
    };
    gas.objects.delete(&file).await?;
    let at = Timestamp::from_second(Timestamp::now().as_second())?;
    let archived = Archived { id: archive_id, tree_hash: copy.tree_hash, at };
    let job = Job {
        id,
        owner,
        input: Input {
            name: name.clone(),
            file: gas.object_keys.input(owner, id, &name),
            size: Some(size),
            etag: None,
            uploaded_at: Some(at),
        },
        options: StoredOptions::default(),
        organization: Organization::default(),
        submitted_at: at,
        version: 1,
        reconciled_at: None,
        retention: Retention::default(),
        trace: None,
        state: JobState::Completed(Completion {
            started_at: at,
            completed_at: at,
            records: 0,
            not_annotated: None,
            provenance: None,
            results: Results::Archived { archived, leftover: None },
            result_size: size,
            log: gas.object_keys.log(owner, id, &name),
        }),
    };
    gas.jobs.store.insert(&job).await?;
    Ok(id)
}

/// Creates a Premium user.
pub(crate) async fn premium(gas: &Gas, pool: &sqlx::PgPool) -> Result<UserId> {
    let id = UserId::new(Uuid::new_v4());
    let identity = Identity {
        id,
        name: "Ada".to_owned(),
        email: "ada-many@example.org".to_owned(),
        institution: String::new(),
    };
    gas.accounts.record_sign_in(&identity).await?;
    sqlx::query("update profiles set role = 'premium_user' where identity_id = $1")
        .bind(id.as_uuid())
        .execute(pool)
        .await?;
    Ok(id)
}

/// The peak memory of a process in KiB, given its id or `self`.
pub(crate) fn peak_kib(process: &str) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.ok_or_else(|| anyhow::anyhow!("no VmHWM"))
}

#[tokio::test]
async fn five_hundred_archived_results_are_restored_without_a_table_scan() -> Result<()> {
    let stack = stack();
    let calls = Calls::default();
    let gas = stack.gas(&calls).await?;
    let owner = premium(&gas, &stack.pool().await?).await?;
    let folder = tempfile::tempdir()?;
    let text = folder.path().join("many.vcf");
    std::fs::write(&text, "##fileformat=VCFv4.2\n")?;
    let made = stream::iter(0..JOBS).map(|_| archived(&gas, owner, &text)).buffer_unordered(8);
    made.try_collect::<Vec<JobId>>().await?;

    calls.take_dynamodb();
    let before = peak_kib("self")?;
    let thawed = thaw_results(&gas, owner).await?;
    assert_eq!((thawed.started as usize, thawed.failed), (JOBS, 0));
    let called = calls.take_dynamodb();
    // A page has 100 jobs. Each job is read twice: once to check it and once to change it.
    let expected = [("GetItem", 2 * JOBS), ("Query", JOBS / 100), ("UpdateItem", JOBS)];
    assert_eq!(called, expected.map(|(name, count)| (name.to_owned(), count)).into());
    let grown = peak_kib("self")?.saturating_sub(before);
    assert!(grown < 32 * 1024, "memory grew by {grown} KiB");

    // The Lambda function restores them all.
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let left = gas.jobs.store.archived_jobs_of(owner, None, 1).await?.jobs.len();
        if left == 0 {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "some results are still archived");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
