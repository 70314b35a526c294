//! The data of a job's pages: the growing run log, the charts, the genome browser's requests, and
//! running a job again.

use crate::stack::stack;
use anyhow::{Context, Result, ensure};
use gas_shared::JobStatus::{Completed, Failed, Running};
use gas_shared::JobView;
use gas_tests::{Client, sample};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Longer than the heartbeat interval of the test stack.
const TIMEOUT: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_run_log_can_be_read_while_the_job_runs_and_only_grows() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-tail").await?;
    // Delays the engine by this many seconds.
    let delay = "##gas_test_delay_secs=6\n#CHROM";
    let vcf = sample("mitochondrial.vcf")?.replacen("#CHROM", delay, 1);
    let job = ada.submit("slow.vcf", vcf.as_bytes()).await?;
    ada.wait_for(job.id, &[Running]).await?;
    let deadline = Instant::now() + TIMEOUT;
    let early = loop {
        let log = ada.log(job.id).await?;
        if log.contains("download") {
            break log;
        }
        ensure!(Instant::now() < deadline, "the log stays {log:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert_eq!(ada.job(job.id).await?.state.status(), Running, "the job is still running");
    assert!(!early.contains("Total:"), "the counts come at the end: {early}");
    ada.wait_for(job.id, &[Completed]).await?;
    let whole = ada.log(job.id).await?;
    assert!(whole.starts_with(&early), "{early}\n---\n{whole}");
    assert!(whole.contains("result stored; records: ") && whole.contains("Total:"), "{whole}");

    let file = ada.get(&format!("/annotations-log/{}", job.id)).send().await?;
    let disposition = file.headers()["content-disposition"].to_str()?.to_owned();
    assert!(disposition.contains("slow.log"), "{disposition}");
    assert_eq!(file.text().await?, whole);
    Ok(())
}

#[tokio::test]
async fn the_run_log_of_a_failed_job_contains_the_reason() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-failed-log").await?;
    let job = ada.submit("letter.vcf", b"Dear reader, this is not a VCF file.\n").await?;
    ada.wait_for(job.id, &[Failed]).await?;
    let log = ada.log(job.id).await?;
    assert!(log.contains("failed: "), "{log}");
    Ok(())
}

#[tokio::test]
async fn running_a_job_again_creates_a_new_job_with_a_copy_of_its_file() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-reruns").await?;
    let old = ada.annotated_sample().await?;
    let path = format!("/api/jobs/{}/rerun", old.id);
    let response = ada.call(Method::POST, &path, Some(json!({ "options": null }))).await?;
    ensure!(response.status() == StatusCode::OK, "{}", response.text().await?);
    let new: JobView = response.json().await?;
    assert_ne!(new.id, old.id);
    let done = ada.wait_for(new.id, &[Completed, Failed]).await?;
    assert_eq!((done.file_name, done.size), (old.file_name.clone(), old.size));
    assert_eq!(ada.result(new.id).await?, ada.result(old.id).await?);

    let running = ada.submit("free.vcf", sample("free.vcf")?.as_bytes()).await?;
    let path = format!("/api/jobs/{}/rerun", running.id);
    let rejected = ada.call(Method::POST, &path, Some(json!({ "options": null }))).await?;
    // On a fast machine the job may already be completed.
    if rejected.status() != StatusCode::OK {
        assert_eq!(rejected.status(), StatusCode::CONFLICT);
    }
    Ok(())
}

#[tokio::test]
async fn chart_counts_match_the_results_explorer() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-charts").await?;
    let id = ada.annotated_sample().await?.id;
    let figures: Value = ada.get(&format!("/api/jobs/{id}/charts")).send().await?.json().await?;
    let figures = figures.as_array().context("figures")?;
    let names: Vec<_> = figures.iter().filter_map(|figure| figure["name"].as_str()).collect();
    // The sample has no QUAL values, so there is no chart of them.
    for name in ["consequences", "genes", "density", "ts-tv", "known", "indels"] {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
    // Records are counted by both, so the numbers are the same.
    for name in ["genes", "density", "known"] {
        let figure = figures.iter().find(|figure| figure["name"] == name).context("figure")?;
        for mark in figure["marks"].as_array().context("marks")? {
            let filter: Value = serde_json::from_str(mark["filter"].as_str().context("filter")?)?;
            let query = serde_json::json!({ "query": { "filter": filter, "limit": 1 } });
            let path = format!("/api/jobs/{id}/variants");
            let page: Value = ada.call(Method::POST, &path, Some(query)).await?.json().await?;
            // A deletion may also overlap the region after the one in which it starts.
            let (found, counted) = (page["matched"].as_u64(), mark["count"].as_u64());
            match name {
                "density" => assert!(found >= counted, "{mark}: {page}"),
                _ => assert_eq!(found, counted, "{mark}"),
            }
        }
    }
    let svg = ada.get(&format!("/annotations-chart/{id}/known.svg")).send().await?;
    assert_eq!(svg.headers()["content-type"], "image/svg+xml");
    assert!(svg.text().await?.starts_with("<svg xmlns="));
    let none = ada.get(&format!("/annotations-chart/{id}/none.svg")).send().await?;
    assert_eq!(none.status(), StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test]
async fn the_genome_browser_gets_contig_sizes_genes_and_records() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-genome").await?;
    let id = ada.annotated_sample().await?.id;
    let ask = |path: &str| ada.get(&format!("/annotations-genome/{id}/{path}")).send();
    let sizes = ask("chrom.sizes").await?.text().await?;
    let (contig, length) = sizes.trim().split_once('\t').context("one contig and its length")?;
    let genes: Value =
        ask(&format!("genes?contig={contig}&start=0&end={length}")).await?.json().await?;
    let first = &genes[0];
    assert_eq!(first["chr"], contig);
    assert!(first["exons"][0]["end"].as_i64() > first["exons"][0]["start"].as_i64(), "{first}");
    let name = first["name"].as_str().context("a name")?.to_lowercase();
    let places: Value = ask(&format!("search?name={name}")).await?.json().await?;
    assert_eq!(places[0]["chromosome"], contig);
    let nowhere: Value = ask("search?name=no-such-gene").await?.json().await?;
    assert_eq!(nowhere, serde_json::json!([]));

    let region = format!("variants?format=VCF&referenceName={contig}&start=0&end={length}");
    let ticket: Value = ask(&region).await?.json().await?;
    assert_eq!(ticket["htsget"]["format"], "VCF");
    let url = ticket["htsget"]["urls"][0]["url"].as_str().context("a URL")?;
    let path = url.strip_prefix(&stack().web_url()).context("of this service")?;
    assert_eq!(ada.get(path).send().await?.text().await?, ada.result(id).await?);
    let header: Value = ask("variants?class=header&format=VCF").await?.json().await?;
    let url = header["htsget"]["urls"][0]["url"].as_str().context("a URL")?;
    assert!(url.starts_with("data:text/x-vcf;base64,"), "{url}");
    assert_eq!(ask("variants?format=VCF").await?.status(), StatusCode::BAD_REQUEST);
    Ok(())
}
