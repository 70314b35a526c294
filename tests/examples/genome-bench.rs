//! Sends a large VCF file through the whole service in parts, as a browser does, and prints how long each
//! stage takes. Runs against the stack that `./gas bench genome` starts. Usage:
//! `genome-bench FILE SECONDS`, the seconds that the engine's own command takes for the file.

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
use gas_shared::job::StateView;
use gas_shared::upload::{NewUpload, PartsTicket};
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
    let (Some(path), Some(bare)) = (arguments.next(), arguments.next()) else {
        bail!("usage: genome-bench FILE SECONDS");
    };
    let bare: f64 = bare.parse()?;
    let file = File::open(&path).with_context(|| path.clone())?;
    let size = file.metadata()?.len();
    let eve = Client::signed_in(&stack().web_url(), "eve-genome").await?;
    premium::buy(&stack(), &eve).await?;

    let start = Instant::now();
    let id = upload(&eve, &file, size).await?;
    let uploaded = start.elapsed().as_secs_f64();
    let job = finished(&eve, id).await?;
    let done = start.elapsed().as_secs_f64();
    explore(&eve, id).await?;
    let explored = start.elapsed().as_secs_f64();

    let StateView::Completed { records, result_size, .. } = &job.state else {
        bail!("{:?}", job.state)
    };
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
    let annotate = stages(&log)?.into_iter().find(|(stage, _)| stage == "annotate");
    let annotate = annotate.context("the run log has no step annotate")?.1;
    println!("{:<44}{:8.2} (goal: 1.1)", "engine within the service / alone", annotate / bare);
    println!("{:<44}{:8.2} (goal: 3)", "whole way / engine alone", explored / bare);
    Ok(())
}

/// Uploads the file as the page does, and submits it.
async fn upload(client: &Client, file: &File, size: u64) -> Result<JobId> {
    let body = json!({ "file": NewUpload::new("genome.vcf", size) });
    let mut ticket = ticket(client, "/api/uploads/parts", Some(body)).await?;
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
        ticket = self::ticket(client, &format!("/api/uploads/{id}/parts"), None).await?;
    }
    client.confirm(id).await?;
    Ok(id)
}

async fn ticket(
    client: &Client,
    path: &str,
    body: Option<serde_json::Value>,
) -> Result<PartsTicket> {
    let response = client.call(Method::POST, path, body).await?;
    ensure!(response.status().is_success(), "{}", response.text().await?);
    Ok(response.json().await?)
}

async fn finished(client: &Client, id: JobId) -> Result<JobView> {
    let deadline = Instant::now() + MAX_WAIT;
    loop {
        let job = client.job(id).await?;
        match job.state.status() {
            JobStatus::Completed => return Ok(job),
            JobStatus::Failed | JobStatus::Cancelled => bail!("{:?}", job.state),
            _ => ensure!(Instant::now() < deadline, "the job is still {:?}", job.state),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
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
