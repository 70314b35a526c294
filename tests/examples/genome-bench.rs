//! Sends a large VCF file through the whole service in parts, as a browser does, and prints how long each
//! stage takes. Runs against the stack that `./gas bench genome` starts. Usage:
//! `genome-bench FILE SECONDS CPU-SECONDS`, with the wall-clock and the CPU time that the engine's own command
//! takes for the file.

#![expect(clippy::print_stdout, reason = "the figures are the output")]

#[path = "../flows/calls.rs"]
#[allow(dead_code, reason = "only the flow tests use the rest")]
mod calls;
#[path = "../flows/premium.rs"]
#[allow(dead_code, reason = "only the flow tests use the rest")]
mod premium;
#[path = "../flows/stack.rs"]
#[allow(dead_code, reason = "only the flow tests use the rest")]
mod stack;

use anyhow::{Context, Result, bail, ensure};
use futures::stream::{self, StreamExt, TryStreamExt};
use gas_local::Description;
use gas_shared::job::StateView;
use gas_shared::{JobId, JobStatus, JobView};
use gas_tests::Client;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::json;
use stack::stack;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

/// How many parts the page sends at the same time.
const PARALLEL_PARTS: usize = 3;

/// The longest time for the job.
const MAX_WAIT: Duration = Duration::from_mins(30);

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(bare), Some(bare_cpu)) =
        (arguments.next(), arguments.next(), arguments.next())
    else {
        bail!("usage: genome-bench FILE SECONDS CPU-SECONDS");
    };
    let (bare, bare_cpu): (f64, f64) = (bare.parse()?, bare_cpu.parse()?);
    let file = File::open(&path).with_context(|| path.clone())?;
    let size = file.metadata()?.len();
    let eve = Client::signed_in(&stack().web_url(), "eve-genome").await?;
    premium::buy(&stack(), &eve).await?;

    let start = Instant::now();
    let id = upload(&eve, &file, size).await?;
    let uploaded = start.elapsed().as_secs_f64();
    let (job, cpu) = finished(&eve, id).await?;
    let done = start.elapsed().as_secs_f64();
    explore(&eve, id).await?;
    let explored = start.elapsed().as_secs_f64();

    let StateView::Completed { records, result_size, .. } = &job.state else {
        bail!("{:?}", job.state)
    };
    let worker = peak_mib(Description::of_test()?.pid("worker")?)?;
    println!("{:<44}{worker:8.0} MiB", "most resident memory of the worker's process");
    let log = eve.log(id).await?;
    println!("{size} bytes, {records} records, a result of {result_size} bytes");
    println!("{:<44}{uploaded:8.1} s", "upload in parts");
    for (stage, seconds) in stages(&log)? {
        println!("{stage:<44}{seconds:8.1} s");
    }
    println!("{:<44}{:8.1} s", "from the upload to the completed job", done - uploaded);
    println!("{:<44}{:8.1} s", "first page of the explorer", explored - done);
    println!("{:<44}{explored:8.1} s", "whole way");
    println!("{:<44}{bare:8.1} s", "the engine's command alone");
    // A run in shards has no such step.
    if let Some((_, annotate)) = stages(&log)?.into_iter().find(|(stage, _)| stage == "annotate") {
        // The processors are shared with the index builder, the storage of the result, and the emulators.
        println!("{:<44}{:8.2}", "engine within the service / alone, time", annotate / bare);
        let ratio = "engine within the service / alone, CPU time";
        println!("{ratio:<44}{:8.2} (goal: 1.1)", cpu / bare_cpu);
    }
    println!("{:<44}{:8.2} (goal: 3)", "whole way / engine alone", explored / bare);
    Ok(())
}

/// Uploads the file as the page does, and submits it.
async fn upload(client: &Client, file: &File, size: u64) -> Result<JobId> {
    let mut ticket = client.begin_parts("genome.vcf", size).await?;
    let id = ticket.job_id;
    let http = reqwest::Client::new();
    while !ticket.parts.is_empty() {
        let http = &http;
        let sent = ticket.parts.iter().map(|part| async move {
            let mut bytes = vec![0; usize::try_from(part.length)?];
            file.read_exact_at(&mut bytes, part.offset)?;
            let sent = http.put(&part.url).body(bytes).send().await?;
            ensure!(sent.status().is_success(), "a part is rejected: {}", sent.status());
            Ok::<_, anyhow::Error>(())
        });
        stream::iter(sent).buffer_unordered(PARALLEL_PARTS).try_collect::<()>().await?;
        ticket = client.next_parts(id).await?;
    }
    client.confirm(id).await?;
    Ok(id)
}

/// Waits for the end of a job. Returns it with the CPU time of the engine, in seconds.
async fn finished(client: &Client, id: JobId) -> Result<(JobView, f64)> {
    let deadline = Instant::now() + MAX_WAIT;
    let mut cpu: f64 = 0.0;
    loop {
        let job = client.job(id).await?;
        cpu = cpu.max(engine_cpu_secs()?);
        match job.state.status() {
            JobStatus::Completed => return Ok((job, cpu)),
            JobStatus::Failed | JobStatus::Cancelled => bail!("{:?}", job.state),
            _ => ensure!(Instant::now() < deadline, "the job is still {:?}", job.state),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// The name of the engine's process.
const ENGINE: &str = "gas-annotate";

/// Clock ticks per second in `/proc`; the same on all current Linux architectures.
const TICKS: f64 = 100.0;

/// The CPU time of the engine's running process, user and system, in seconds (proc(5)); 0 if there is none.
fn engine_cpu_secs() -> Result<f64> {
    let mut most: f64 = 0.0;
    for entry in std::fs::read_dir("/proc")?.flatten() {
        // Processes may have ended since.
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        let Some((name, fields)) = stat.rsplit_once(") ") else { continue };
        if name.ends_with(ENGINE) {
            // Fields 14 and 15; the first one here is field 3.
            let ticks = fields.split(' ').skip(11).take(2).flat_map(str::parse::<f64>);
            most = most.max(ticks.sum::<f64>() / TICKS);
        }
    }
    Ok(most)
}

/// The peak of the resident memory of a process, in MiB (proc(5)).
fn peak_mib(pid: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).context("no VmHWM")?;
    Ok(kib.parse::<f64>()? / 1024.0)
}

/// Opens the explorer: the first page with all counts.
async fn explore(client: &Client, id: JobId) -> Result<()> {
    let query = json!({ "query": { "limit": 100, "facets": true } });
    let path = format!("/api/jobs/{id}/variants");
    let page = client.call(Method::POST, &path, Some(query)).await?;
    ensure!(page.status().is_success(), "{}", page.text().await?);
    page.bytes().await?;
    Ok(())
}

/// The stages of the run and their seconds, from the times in the run log.
fn stages(log: &str) -> Result<Vec<(String, f64)>> {
    let mut stages: Vec<(String, Timestamp)> = Vec::new();
    for line in log.lines() {
        let Some((time, text)) = line.split_once("  ") else { continue };
        let Ok(time) = time.parse::<Timestamp>() else { continue };
        let name = match text.split(':').next() {
            Some(name @ ("download" | "annotate" | "store" | "index")) => name,
            _ if text.starts_with("result stored") => "end",
            _ => continue,
        };
        if stages.last().is_none_or(|(last, _)| last != name) {
            stages.push((name.to_owned(), time));
        }
    }
    let seconds = |pair: &[(String, Timestamp)]| {
        (pair[0].0.clone(), pair[1].1.duration_since(pair[0].1).as_secs_f64())
    };
    Ok(stages.windows(2).map(seconds).collect())
}
