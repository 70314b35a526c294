//! The life cycle of a result: download window, archive, upgrade, restore.

use crate::calls::Calls;
use crate::premium::buy;
use crate::program::Program;
use crate::result_forms::{self, stored};
use crate::stack::{Stack, stack};
use crate::thaw::{archived, peak_kib, premium};
use anyhow::{Context, Result, ensure};
use gas_backend::ports::ObjectStore;
use gas_backend::usecases::thaw_results;
use gas_shared::JobStatus::Completed;
use gas_shared::job::{Results, ResultsView, StateView};
use gas_shared::trace::TRACEPARENT;
use gas_shared::upload::{NewUpload, UploadTicket};
use gas_shared::{Job, JobId, TraceId};
use gas_tests::{Client, sample};
use jiff::Timestamp;
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How long a step of the life cycle may take. The longest step is the download window of the test
/// stack.
const TIMEOUT: Duration = Duration::from_secs(90);

fn results_view(state: StateView) -> Result<ResultsView> {
    match state {
        StateView::Completed { results, .. } => Ok(results),
        other => anyhow::bail!("not completed: {other:?}"),
    }
}

/// Waits until the results match `wanted`.
async fn wait_until(
    user: &Client,
    id: JobId,
    wanted: impl Fn(&ResultsView) -> bool,
) -> Result<ResultsView> {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let results = results_view(user.job(id).await?.state)?;
        if wanted(&results) {
            return Ok(results);
        }
        ensure!(Instant::now() < deadline, "the results of {id} are still {results:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// The job as stored.
async fn row(stack: &Stack, id: JobId) -> Result<Job> {
    use gas_backend::ports::JobStore;
    let job = stack.job_store().await.job(id).await?;
    job.with_context(|| format!("there is no job {id}"))
}

async fn results(stack: &Stack, id: JobId) -> Result<Results> {
    match row(stack, id).await?.state {
        gas_shared::job::JobState::Completed(done) => Ok(done.results),
        other => anyhow::bail!("not completed: {other:?}"),
    }
}

#[tokio::test]
async fn results_are_archived_after_the_window_and_restored_with_premium() -> Result<()> {
    let stack = stack();
    let ada = Client::signed_in(&stack.web_url(), "ada-life").await?;
    let id = ada.annotated_sample().await?.id;
    let ResultsView::Stored { until: Some(until), .. } = results_view(ada.job(id).await?.state)?
    else {
        panic!("a Free user's results have a deadline");
    };
    assert!(until > Timestamp::now());
    let bytes = ada.result(id).await?;
    let stored = results(&stack, id).await?.stored().context("not stored")?.file.clone();

    wait_until(&ada, id, |results| matches!(results, ResultsView::Archived { .. })).await?;
    let objects = stack.sdk().await.object_store(true);
    let deadline = Instant::now() + TIMEOUT;
    while objects.head(&stored).await?.is_some() {
        ensure!(Instant::now() < deadline, "the S3 object still exists");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(stack.archived_copies(id).await?, 1);
    let rejected = ada.result(id).await.unwrap_err().to_string();
    assert!(rejected.starts_with("402"), "{rejected}");
    assert!(ada.log(id).await?.contains("Total:"), "the log stays available");

    buy(&stack, &ada).await?;
    let back =
        wait_until(&ada, id, |results| matches!(results, ResultsView::Stored { .. })).await?;
    assert!(matches!(back, ResultsView::Stored { restored_at: Some(_), .. }), "{back:?}");
    assert_eq!(ada.result(id).await?, bytes, "the same bytes as before");
    let deadline = Instant::now() + TIMEOUT;
    while stack.archived_copies(id).await? > 0 {
        ensure!(Instant::now() < deadline, "the archive still has the copy");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(())
}

/// `docs/logging.md` shows the lines of such a job.
#[tokio::test]
async fn the_logs_of_all_processes_have_the_trace_of_the_browser() -> Result<()> {
    let stack = stack();
    let ada = Client::signed_in(&stack.web_url(), "ada-trace").await?;
    let trace = TraceId::new(Uuid::new_v4().as_u128()).context("zero")?;
    let content = sample("free.vcf")?;
    let body = json!({ "file": NewUpload::new("free.vcf", content.len() as u64) });
    let request = ada.post("/api/uploads").header(TRACEPARENT, trace.traceparent()).json(&body);
    let ticket: UploadTicket = request.send().await?.error_for_status()?.json().await?;
    ada.send_to_s3(&ticket, content.as_bytes()).await?.error_for_status()?;
    let id = ada.confirm(ticket.job_id).await?.id;
    assert_eq!(row(&stack, id).await?.trace, Some(trace));
    ada.wait_for(id, &[Completed]).await?;
    wait_until(&ada, id, |results| matches!(results, ResultsView::Archived { .. })).await?;
    buy(&stack, &ada).await?;
    wait_until(&ada, id, |results| matches!(results, ResultsView::Stored { .. })).await?;

    let trace = trace.to_string();
    for (process, step) in [
        ("worker", "job claimed"),
        ("worker", "job ended"),
        ("utility", "mail message handled"),
        ("utility", "archive request handled"),
    ] {
        let lines = stack.logged(process, &trace)?;
        assert!(lines.iter().any(|line| line.contains(step)), "{process}: {step}: {lines:#?}");
    }
    for process in ["web", "worker", "utility", "ministack"] {
        for line in stack.logged(process, &trace)? {
            writeln!(std::io::stderr(), "{process}: {line}")?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_compressed_result_keeps_its_index_while_it_is_archived_and_restored() -> Result<()> {
    let stack = stack();
    let ada = Client::signed_in(&stack.web_url(), "ada-life-index").await?;
    let program = Program::of(&ada, &stack.web_url(), &["jobs:read"]).await?;
    let id = result_forms::completed(&ada).await?;
    let (result, index) = (format!("/jobs/{id}/result"), format!("/jobs/{id}/result/index"));
    let before = [stored(&program, &result).await?, stored(&program, &index).await?];

    wait_until(&ada, id, |results| matches!(results, ResultsView::Archived { .. })).await?;
    // Without its result, the index is of no use.
    for path in [&result, &index] {
        let refused = program.call(Method::GET, path, None).await?;
        assert_eq!(refused.status(), StatusCode::PAYMENT_REQUIRED, "{path}");
    }

    buy(&stack, &ada).await?;
    wait_until(&ada, id, |results| matches!(results, ResultsView::Stored { .. })).await?;
    let after = [stored(&program, &result).await?, stored(&program, &index).await?];
    assert!(after == before, "the same bytes as before");
    let plain = program.call(Method::GET, &format!("{result}?plain=true"), None).await?;
    assert!(plain.text().await? == result_forms::text(&after[0])?);
    Ok(())
}

#[tokio::test]
async fn an_upgrade_during_the_window_keeps_the_results_where_they_are() -> Result<()> {
    let stack = stack();
    let eve = Client::signed_in(&stack.web_url(), "eve-quick").await?;
    let id = eve.annotated_sample().await?.id;
    buy(&stack, &eve).await?;
    // The archiver checks the plan at the end of the window and removes the deadline.
    wait_until(&eve, id, |results| matches!(results, ResultsView::Stored { until: None, .. }))
        .await?;
    assert!(eve.result(id).await?.contains("##INFO=<ID=CSQ,"));
    assert_eq!(stack.archived_copies(id).await?, 0);
    Ok(())
}

#[tokio::test]
async fn forged_messages_to_the_thaw_endpoint_are_rejected() -> Result<()> {
    let stranger = Client::anonymous(&stack().web_url())?;
    let message = json!({
        "Type": "Notification", "MessageId": "m", "TopicArn": "arn:aws:sns:us-east-1:1:other",
        "Message": "{}", "Timestamp": Timestamp::now().to_string(), "SignatureVersion": "2",
        "Signature": "AAAA",
        "SigningCertURL": "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0.pem",
    });
    let other_topic = stranger.post("/thaw").body(message.to_string()).send().await?;
    assert_eq!(other_topic.status(), StatusCode::FORBIDDEN);
    let garbage = stranger.post("/thaw").body("hello").send().await?;
    assert_eq!(garbage.status(), StatusCode::BAD_REQUEST);
    Ok(())
}

/// Writes a file in which every part is different.
fn write_large(path: &Path, bytes: u64) -> Result<()> {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    for line in 0..bytes / 16 {
        writeln!(file, "{line:015}")?;
    }
    Ok(file.flush()?)
}

/// The process ids of the Lambda function's warm instances.
fn functions() -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc")?.flatten() {
        let name = std::fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
        if name.trim() == "bootstrap" {
            found.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(found)
}

#[tokio::test]
async fn a_large_file_is_archived_and_restored_with_little_memory() -> Result<()> {
    const BYTES: u64 = 160 * 1024 * 1024;
    const MAX_KIB: u64 = 96 * 1024;
    let stack = stack();
    let gas = stack.gas(&Calls::default()).await?;
    let owner = premium(&gas, &stack.pool().await?).await?;
    let folder = tempfile::tempdir()?;
    let (sent, back) = (folder.path().join("sent"), folder.path().join("back"));
    write_large(&sent, BYTES)?;
    let before = peak_kib("self")?;
    let id = archived(&gas, owner, &sent).await?;
    let grown = peak_kib("self")?.saturating_sub(before);
    // The test's own upload sends four parts of 16 MiB at a time; archiving sends one.
    assert!(grown < 2 * MAX_KIB, "archiving took {grown} KiB");

    thaw_results(&gas, owner).await?;
    let deadline = Instant::now() + TIMEOUT;
    let stored = loop {
        if let Results::Stored(stored) = results(&stack, id).await? {
            break stored;
        }
        ensure!(Instant::now() < deadline, "the file is not restored");
        tokio::time::sleep(Duration::from_millis(500)).await;
    };
    gas.objects.fetch(&stored.file, &back).await?;
    assert!(std::fs::read(&sent)? == std::fs::read(&back)?, "the same bytes as before");
    let instances = functions()?;
    assert!(!instances.is_empty(), "the function ran as a separate process");
    for instance in instances {
        let peak = peak_kib(&instance)?;
        assert!(peak < MAX_KIB, "the function took {peak} KiB");
    }
    Ok(())
}
