//! Large files, which are annotated in shards. The stack's threshold is far below that of a deployment.
//!
//! These tests also end the stack's worker, so they do not run in parallel with other tests: see
//! `.config/nextest.toml`.

use crate::calls::Calls;
use crate::stack::{Stack, program, stack};
use anyhow::{Context, Result, bail, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use gas_backend::ports::ObjectStore;
use gas_backend::{Gas, RegionIndex};
use gas_shared::job::{JobState, ObjectLocation, StateView};
use gas_shared::{Job, JobId, JobStatus, JobView, Provenance};
use gas_tests::{Client, sample};
use reqwest::Method;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes of a file that has several shards in the stack of the tests.
const BYTES: usize = 19 << 20;

/// The longest time that a run may take.
const TIMEOUT: Duration = Duration::from_secs(150);

/// A sorted VCF text of more than `BYTES`, each of whose records has a long INFO field.
fn large_file() -> Result<String> {
    let text = sample("free.vcf")?;
    let (header, records): (Vec<_>, Vec<_>) = text.lines().partition(|line| line.starts_with('#'));
    let of_contig = records.iter().filter(|line| line.starts_with("20\t"));
    let mut sites: Vec<(u64, &str)> = of_contig
        .filter_map(|line| Some((line.split('\t').nth(1)?.parse().ok()?, *line)))
        .collect();
    sites.sort_unstable();
    ensure!(sites.len() > 100, "{} records", sites.len());
    let pad = BYTES / sites.len() / 10;
    let mut vcf = header.join("\n") + "\n";
    let mut bases = any_bases();
    for (_, record) in &sites {
        // Records at one position are as good as others, and ten times as many have ten times as many chunks.
        for copy in 0..10 {
            let pad = bases.by_ref().take(pad + copy).collect::<String>();
            vcf.push_str(&format!("{record};PAD={pad}\n"));
        }
    }
    ensure!(vcf.len() > BYTES, "{} bytes", vcf.len());
    Ok(vcf)
}

/// The same bases on every call, which do not repeat: compressed, the file still has several shards.
fn any_bases() -> impl Iterator<Item = char> {
    let next = |state: &u64| Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    std::iter::successors(Some(1_u64), next).map(|state| match state >> 62 {
        0 => 'A',
        1 => 'C',
        2 => 'G',
        _ => 'T',
    })
}

async fn premium(user: &str) -> Result<Client> {
    let client = Client::signed_in(&stack().web_url(), user).await?;
    crate::premium::buy(&stack(), &client).await?;
    Ok(client)
}

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

async fn bytes(objects: &Arc<dyn ObjectStore>, file: &ObjectLocation) -> Result<Vec<u8>> {
    let found = objects.read_head(file, 1 << 30).await?;
    found.with_context(|| format!("{} is not stored", file.key))
}

/// Asserts that everything that is stored of the job is what the engine writes in one piece.
async fn assert_equals_one_piece(stack: &Stack, gas: &Gas, job: &Job, vcf: &[u8]) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("input.vcf"), vcf)?;
    let reference = &stack.web_environment()["GAS_REFERENCE_BUNDLE"];
    let JobState::Completed(done) = &job.state else { bail!("{:?}", job.state) };
    run(Command::new(program("gas-annotate")?)
        .arg("annotate")
        .arg(path("input.vcf"))
        .args(["--reference", reference, "--index=if-bgzipped"])
        .args(done.provenance.iter().flat_map(arguments))
        .arg("--log")
        .arg(path("log"))
        .arg("--out")
        .arg(path("out.vcf.gz")))?;
    run(Command::new(program("gas-index")?).arg(path("out.vcf.gz")).arg(path("idx")))?;
    let (keys, name) = (&gas.object_keys, &job.input.name);
    let tbi = keys.region_index(job.owner, job.id, name, RegionIndex::Tbi);
    for (local, stored) in [
        ("out.vcf.gz", keys.result(job.owner, job.id, name)),
        ("out.vcf.gz.tbi", tbi),
        ("out.vcf.gz.summary.json", keys.summary(job.owner, job.id, name)),
        ("idx", keys.index(job.owner, job.id, name)),
        ("log", keys.log(job.owner, job.id, name)),
    ] {
        let expected = read(&path(local))?;
        let found = bytes(&gas.objects, &stored).await?;
        ensure!(found == expected, "{local}: {} bytes of {}", found.len(), expected.len());
    }
    Ok(())
}

/// The arguments with which the result states its reference.
fn arguments(provenance: &Provenance) -> Vec<String> {
    let mut arguments = vec![
        format!("--reference-id={}", provenance.reference),
        format!("--manifest-sha256={}", provenance.reference_sha256),
    ];
    arguments.extend(provenance.gene_set.iter().map(|set| format!("--gene-set={set}")));
    arguments
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| path.display().to_string())
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

async fn stored_job(gas: &Gas, id: JobId) -> Result<Job> {
    gas.jobs.store.job(id).await?.context("no such job")
}

#[tokio::test]
async fn the_result_of_a_file_in_shards_has_the_bytes_of_a_run_in_one_piece() -> Result<()> {
    let stack = stack();
    let ada = premium("ada-shards").await?;
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
    let ada = premium("ada-shards-gzip").await?;
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
    let ada = premium("ada-shards-kill").await?;
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
async fn cancelling_a_job_in_shards_stops_its_execution_and_its_worker() -> Result<()> {
    let stack = stack();
    let ada = premium("ada-shards-cancel").await?;
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
    let ada = premium("ada-shards-unsorted").await?;
    let vcf = large_file()?;
    let (header, records): (Vec<_>, Vec<_>) = vcf.lines().partition(|line| line.starts_with('#'));
    let reversed: Vec<&str> = records.into_iter().rev().collect();
    let unsorted = format!("{}\n{}\n", header.join("\n"), reversed.join("\n"));
    let id = ada.submit("unsorted.vcf", unsorted.as_bytes()).await?.id;
    completed(&ada, id).await
}
