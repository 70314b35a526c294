//! Exploring results over HTTP: the answers of the index equal the lines of the result.

use crate::stack::stack;
use anyhow::{Context, Result, ensure};
use gas_shared::JobId;
use gas_shared::explorer::{IMPACT, Page, Query, RowDetails};
use gas_tests::{Client, records};
use reqwest::{Method, Response, StatusCode};
use serde_json::json;
use std::time::{Duration, Instant};

/// Longer than the Free download window of the test stack and the archiving after it.
const TIMEOUT: Duration = Duration::from_secs(90);

async fn ask(user: &Client, id: JobId, query: serde_json::Value) -> Result<Response> {
    let path = format!("/api/jobs/{id}/variants");
    user.call(Method::POST, &path, Some(json!({ "query": query }))).await
}

async fn page(user: &Client, id: JobId, query: serde_json::Value) -> Result<Page> {
    // Checks the test itself: the JSON must be a valid query.
    serde_json::from_value::<Query>(query.clone())?;
    let answer = ask(user, id, query).await?;
    ensure!(answer.status() == StatusCode::OK, "{}", answer.text().await?);
    Ok(answer.json().await?)
}

/// The lines of records that contain one of some texts.
fn lines<'a>(result: &'a str, texts: &[&str]) -> Vec<&'a str> {
    let mut found = records(result);
    found.retain(|line| texts.iter().any(|text| line.contains(text)));
    found
}

#[tokio::test]
async fn filters_counts_rows_and_exports_equal_the_result() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-explores").await?;
    let id = ada.annotated_sample().await?.id;
    let result = ada.result(id).await?;
    let all = page(&ada, id, json!({ "limit": 10, "facets": true })).await?;
    assert_eq!(all.total as usize, lines(&result, &[""]).len());
    assert_eq!((all.matched, all.rows.len()), (all.total, 10));
    let facets = all.facets.context("facets were requested")?;
    let impacts = facets.of(&IMPACT);
    ensure!(!impacts.is_empty(), "the sample is annotated");

    // HIGH is the highest impact, so every record with it is found.
    let filter = json!({ "impacts": ["high"] });
    let high = page(&ada, id, json!({ "filter": filter, "limit": 1000 })).await?;
    let naive = lines(&result, &["|HIGH|"]);
    assert_eq!(high.matched as usize, naive.len());
    ensure!(0 < high.matched && high.matched < all.total, "{} of {}", high.matched, all.total);
    let facet = impacts.iter().find(|facet| facet.value == "high");
    assert_eq!(facet.map(|facet| facet.records), Some(high.matched));

    let number = high.rows[0].number;
    let details = ada.get(&format!("/api/jobs/{id}/variants/{number}")).send().await?;
    let details: RowDetails = details.json().await?;
    assert_eq!(details.row.pos, high.rows[0].pos);
    assert!(details.entries.iter().any(|entry| entry.chosen));

    let export = |format: &str, filter: String| {
        let query = [("format", format.to_owned()), ("filter", filter)];
        ada.get(&format!("/annotations-export/{id}")).query(&query).send()
    };
    let vcf = export("vcf", filter.to_string()).await?;
    let disposition = vcf.headers()["content-disposition"].to_str()?.to_owned();
    assert!(disposition.starts_with("attachment; filename=\"free.annot.filtered.vcf\""));
    assert_eq!(vcf.headers()["cache-control"], "no-store");
    assert_eq!(lines(&vcf.text().await?, &[""]), naive);
    let whole = export("vcf", String::new()).await?.text().await?;
    assert_eq!(whole, result, "without a filter the export is the result");
    let csv = export("csv", filter.to_string()).await?.text().await?;
    assert_eq!(csv.lines().count(), 1 + naive.len());
    let archive = export("xlsx,parquet,vcf_gz_index", filter.to_string()).await?;
    assert_eq!(archive.headers()["content-type"], "application/zip");
    let bytes = archive.bytes().await?;
    // Complete: it ends with the record of the end of the archive.
    assert!(bytes.starts_with(b"PK\x03\x04"));
    assert!(bytes[bytes.len() - 22..].starts_with(b"PK\x05\x06"));

    for (format, filter) in [("docx", ""), ("csv", "{"), ("csv", r#"{"gene":["A"]}"#)] {
        assert_eq!(export(format, filter.to_owned()).await?.status(), StatusCode::BAD_REQUEST);
    }
    let beyond = ada.get(&format!("/api/jobs/{id}/variants/999999")).send().await?;
    assert_eq!(beyond.status(), StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test]
async fn the_explorer_is_closed_after_the_download_window() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-explores-late").await?;
    let id = ada.annotated_sample().await?.id;
    assert_eq!(ask(&ada, id, json!({ "limit": 1 })).await?.status(), StatusCode::OK);
    let deadline = Instant::now() + TIMEOUT;
    // First the deadline closes the explorer, then the archive.
    for reason in ["could be downloaded until", "are archived"] {
        loop {
            let answer = ask(&ada, id, json!({ "limit": 1 })).await?;
            let (status, text) = (answer.status(), answer.text().await?);
            if status == StatusCode::PAYMENT_REQUIRED && text.contains(reason) {
                break;
            }
            ensure!(Instant::now() < deadline, "never answered that results {reason}: {text}");
            // The first reason lasts for a moment only.
            if reason != "are archived" && text.contains("are archived") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    for path in
        [format!("/api/jobs/{id}/variants/0"), format!("/annotations-export/{id}?format=vcf")]
    {
        assert_eq!(ada.get(&path).send().await?.status(), StatusCode::PAYMENT_REQUIRED, "{path}");
    }
    Ok(())
}
