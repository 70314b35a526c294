//! Large files, which are annotated in shards. The stack's threshold is far below that of a deployment.
//!
//! These tests also end the stack's worker, so they do not run in parallel with other tests: see
//! `.config/nextest.toml`.

use crate::calls::Calls;
use crate::large_file::{assert_equals_one_piece, large_file, read, run};
use crate::premium;
use crate::stack::{program, stack};
use anyhow::{Context, Result, bail, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use gas_backend::Gas;
use gas_shared::job::{JobState, StateView};
use gas_shared::{Job, JobId, JobStatus, JobView};
use gas_tests::{Client, records, sample};
use reqwest::Method;
use std::io::Write;
use std::process::Command;
use std::time::{Duration, Instant};

/// The longest time that a run may take.
const TIMEOUT: Duration = Duration::from_secs(150);

/// Waits until a running job has shards of which at least `done` are annotated.
async fn in_shards(user: &Client, id: JobId, done: u32) -> Result<JobView> {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let job = user.job(id).await?;
        match &job.state {
            StateView::Running { shards: Some(shards), .. } if shards.done >= done => {
                return Ok(job);
            }
            StateView::Pending | StateView::Running { .. } => {}
            other => bail!("not in shards: {other:?}"),
        }
        ensure!(Instant::now() < deadline, "not in shards: {:?}", job.state);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn completed(user: &Client, id: JobId) -> Result<()> {
    let ends = [JobStatus::Completed, JobStatus::Failed];
    let done = tokio::time::timeout(TIMEOUT, user.wait_for(id, &ends)).await??;
    ensure!(done.state.status() == JobStatus::Completed, "{:?}", done.state);
    Ok(())
}

async fn stored_job(gas: &Gas, id: JobId) -> Result<Job> {
    gas.jobs.store.job(id).await?.context("no such job")
}

#[tokio::test]
async fn the_result_of_a_file_in_shards_has_the_bytes_of_a_run_in_one_piece() -> Result<()> {
    let stack = stack();
    let ada = premium::signed_in("ada-shards").await?;
    let vcf = large_file()?;
    let id = ada.submit("large.vcf", vcf.as_bytes()).await?.id;
    let running = in_shards(&ada, id, 0).await?;
    let StateView::Running { shards: Some(shards), .. } = running.state else { unreachable!() };
    assert!(shards.total >= 3, "{shards:?}");
    completed(&ada, id).await?;
    let gas = stack.gas(&Calls::default()).await?;
    let job = stored_job(&gas, id).await?;
    assert_equals_one_piece(&stack, &gas, &job, vcf.as_bytes()).await?;
    assert!(ada.log(id).await?.contains("annotated in"));
    Ok(())
}

#[tokio::test]
async fn a_gzip_file_is_annotated_in_shards_of_its_text_in_blocks() -> Result<()> {
    let stack = stack();
    let ada = premium::signed_in("ada-shards-gzip").await?;
    // Without compression, so that it is over the threshold.
    let mut gzip = GzEncoder::new(Vec::new(), Compression::none());
    gzip.write_all(large_file()?.as_bytes())?;
    let gzip = gzip.finish()?;
    let id = ada.submit("large.vcf.gz", &gzip).await?.id;
    completed(&ada, id).await?;
    let gas = stack.gas(&Calls::default()).await?;
    let job = stored_job(&gas, id).await?;
    let folder = tempfile::tempdir()?;
    let [packed, blocks] = ["packed", "blocks"].map(|name| folder.path().join(name));
    std::fs::write(&packed, gzip)?;
    run(Command::new(program("gas-annotate")?)
        .arg("reblock")
        .arg(&packed)
        .arg("--out")
        .arg(&blocks))?;
    ensure!(ada.log(id).await?.contains("annotated in"), "it is not annotated in shards");
    assert_equals_one_piece(&stack, &gas, &job, &read(&blocks)?).await
}

#[tokio::test]
async fn a_worker_that_is_killed_in_a_shard_neither_loses_nor_doubles_it() -> Result<()> {
    let stack = stack();
    let ada = premium::signed_in("ada-shards-kill").await?;
    let vcf = large_file()?;
    let id = ada.submit("large.vcf", vcf.as_bytes()).await?.id;
    in_shards(&ada, id, 1).await?;
    stack.signal_worker("-KILL")?;
    completed(&ada, id).await?;
    let gas = stack.gas(&Calls::default()).await?;
    let job = stored_job(&gas, id).await?;
    assert_equals_one_piece(&stack, &gas, &job, vcf.as_bytes()).await
}

#[tokio::test]
async fn a_worker_that_is_killed_in_the_join_neither_loses_nor_doubles_anything() -> Result<()> {
    let stack = stack();
    let ada = premium::signed_in("ada-shards-join").await?;
    let vcf = large_file()?;
    let id = ada.submit("large.vcf", vcf.as_bytes()).await?.id;
    let running = in_shards(&ada, id, 0).await?;
    let StateView::Running { shards: Some(shards), .. } = running.state else { unreachable!() };
    in_shards(&ada, id, shards.total).await?;
    // The join is the only work that is left, and takes about a second.
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(fastrand::u64(0..700))).await;
        if ada.job(id).await?.state.status() == JobStatus::Completed {
            break;
        }
        stack.signal_worker("-KILL")?;
        tokio::time::sleep(Duration::from_secs(3)).await;
    }
    completed(&ada, id).await?;
    let gas = stack.gas(&Calls::default()).await?;
    let job = stored_job(&gas, id).await?;
    let JobState::Completed(done) = &job.state else { bail!("{:?}", job.state) };
    ensure!(done.records == records(&vcf).len() as u64);
    assert_equals_one_piece(&stack, &gas, &job, vcf.as_bytes()).await
}

#[tokio::test]
async fn an_error_in_a_shard_names_the_line_of_the_file() -> Result<()> {
    let ada = premium::signed_in("ada-shards-line").await?;
    let vcf = large_file()?;
    let line = vcf.lines().count() - 3;
    let mut lines: Vec<&str> = vcf.lines().collect();
    let wrong = lines[line - 1].replacen('\t', "\tx", 1);
    lines[line - 1] = &wrong;
    let id = ada.submit("wrong.vcf", (lines.join("\n") + "\n").as_bytes()).await?.id;
    let ends = [JobStatus::Completed, JobStatus::Failed];
    let job = tokio::time::timeout(TIMEOUT, ada.wait_for(id, &ends)).await??;
    let StateView::Failed { reason, .. } = job.state else { bail!("{:?}", job.state) };
    ensure!(reason.starts_with(&format!("line {line},")), "{reason}, not line {line}");
    Ok(())
}

#[tokio::test]
async fn cancelling_a_job_in_shards_stops_its_execution_and_its_worker() -> Result<()> {
    let stack = stack();
    let ada = premium::signed_in("ada-shards-cancel").await?;
    let id = ada.submit("large.vcf", large_file()?.as_bytes()).await?.id;
    in_shards(&ada, id, 0).await?;
    let gas = stack.gas(&Calls::default()).await?;
    let job = stored_job(&gas, id).await?;
    let run = gas_backend::usecases::run_of(&job).context("not in shards")?;
    let path = format!("/api/jobs/{id}/cancel");
    assert!(ada.call(Method::POST, &path, None).await?.status().is_success());
    let runs = gas.shard_runs.as_ref().context("no state machine")?;
    let state = runs.state(&run).await?;
    assert_eq!(state, Some(gas_backend::ports::ShardRunState::Failed));

    // The worker takes other work soon.
    let next = ada.submit("free.vcf", sample("free.vcf")?.as_bytes()).await?;
    completed(&ada, next.id).await?;
    assert_eq!(ada.job(id).await?.state.status(), JobStatus::Cancelled);
    Ok(())
}

#[tokio::test]
async fn a_large_file_that_is_not_sorted_is_annotated_in_one_piece() -> Result<()> {
    let ada = premium::signed_in("ada-shards-unsorted").await?;
    let vcf = large_file()?;
    let (header, records): (Vec<_>, Vec<_>) = vcf.lines().partition(|line| line.starts_with('#'));
    let reversed: Vec<&str> = records.into_iter().rev().collect();
    let unsorted = format!("{}\n{}\n", header.join("\n"), reversed.join("\n"));
    let id = ada.submit("unsorted.vcf", unsorted.as_bytes()).await?.id;
    completed(&ada, id).await
}
