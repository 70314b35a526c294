//! Multipart uploads of large files: interruption, resumption and limits.

use crate::premium;
use crate::stack::stack;
use anyhow::{Context, Result, ensure};
use gas_shared::JobStatus::{Cancelled, Completed};
use gas_shared::job::StateView;
use gas_shared::upload::{ONE_REQUEST_MAX_BYTES, PART_BYTES, PartTicket};
use gas_tests::{Client, records, sample};
use reqwest::{Method, Response, StatusCode};

/// Larger than the limit of single-request uploads, and not a multiple of the part size.
pub(crate) const SIZE: usize = ONE_REQUEST_MAX_BYTES as usize + 6 * 1024 * 1024 + 17;

/// A valid VCF text of exactly this size. It has few records with long INFO fields, so that the
/// engine finishes soon.
pub(crate) fn large_vcf(size: usize) -> Result<String> {
    let text = sample("free.vcf")?;
    let (header, records): (Vec<_>, Vec<_>) = text.lines().partition(|line| line.starts_with('#'));
    let mut vcf = header.join("\n") + "\n";
    for record in records {
        vcf.push_str(&format!("{record};PAD={}\n", "x".repeat(40_000)));
        if vcf.len() > size - 41_000 {
            break;
        }
    }
    ensure!(vcf.len() < size, "too large by {}", vcf.len() - size);
    let rest = size - vcf.len();
    let last = vcf.pop();
    ensure!(last == Some('\n') && rest < 1_000_000, "{rest} bytes are missing");
    vcf.push_str(&"x".repeat(rest));
    vcf.push('\n');
    ensure!(vcf.len() == size, "{} bytes", vcf.len());
    Ok(vcf)
}

async fn put(url: &str, bytes: Vec<u8>) -> Result<Response> {
    Ok(reqwest::Client::new().put(url).body(bytes).send().await?)
}

fn bytes_of(file: &str, part: &PartTicket) -> Vec<u8> {
    let start = part.offset as usize;
    file.as_bytes()[start..start + part.length as usize].to_vec()
}

#[tokio::test]
async fn an_interrupted_upload_of_a_large_file_resumes_and_is_annotated() -> Result<()> {
    let eve = premium::signed_in("eve-large").await?;
    let vcf = large_vcf(SIZE)?;
    let begun = eve.begin_parts("large.vcf", SIZE as u64).await?;
    assert_eq!((begun.size, begun.missing), (SIZE as u64, SIZE as u64));

    // Parts 1, 2, 3 (twice) and 5 arrive; then the connection is lost.
    for at in [0, 1, 2, 2, 4] {
        let part = &begun.parts[at];
        assert_eq!(put(&part.url, bytes_of(&vcf, part)).await?.status(), StatusCode::OK);
    }
    let early = eve.confirm(begun.job_id).await.unwrap_err().to_string();
    assert!(early.contains("has not arrived"), "{early}");

    // Another page, which only knows the job's id, sends the missing parts.
    let mut next_ticket = eve.next_parts(begun.job_id).await?;
    assert_eq!(next_ticket.missing, SIZE as u64 - 4 * PART_BYTES);
    assert_eq!(next_ticket.parts[0].offset, 3 * PART_BYTES);
    assert_eq!(next_ticket.parts[1].offset, 5 * PART_BYTES);
    while !next_ticket.parts.is_empty() {
        for part in &next_ticket.parts {
            assert_eq!(put(&part.url, bytes_of(&vcf, part)).await?.status(), StatusCode::OK);
        }
        next_ticket = eve.next_parts(begun.job_id).await?;
    }
    let job = eve.confirm(begun.job_id).await?;
    assert_eq!(job.size, Some(SIZE as u64));
    assert_eq!(eve.confirm(begun.job_id).await?.id, job.id, "confirming is idempotent");
    let done = eve.wait_for(begun.job_id, &[Completed]).await?;
    let StateView::Completed { records: annotated, .. } = done.state else { unreachable!() };
    assert_eq!(annotated, records(&vcf).len() as u64);
    Ok(())
}

#[tokio::test]
async fn s3_only_accepts_parts_of_the_announced_size() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-parts-liar").await?;
    let begun = ada.begin_parts("a.vcf", 1000).await?;
    let part = begun.parts.first().context("no part")?;
    let longer = put(&part.url, vec![b'#'; 200_000]).await?;
    assert_eq!(longer.status(), StatusCode::FORBIDDEN, "{}", longer.text().await?);
    let another = part.url.replace("partNumber=1", "partNumber=2");
    assert_ne!(another, part.url);
    assert_eq!(put(&another, vec![b'#'; 1000]).await?.status(), StatusCode::FORBIDDEN);
    assert_eq!(ada.next_parts(begun.job_id).await?.missing, 1000, "nothing has arrived");
    assert_eq!(put(&part.url, vec![b'#'; 1000]).await?.status(), StatusCode::OK);
    assert_eq!(ada.next_parts(begun.job_id).await?.missing, 0);
    Ok(())
}

#[tokio::test]
async fn the_plans_size_limit_applies_to_multipart_uploads() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-parts-big").await?;
    let rejected = ada.begin_parts("a.vcf", 150_001).await.unwrap_err().to_string();
    assert!(rejected.starts_with("413"), "{rejected}");
    let size = gas_shared::plan::PREMIUM_MAX_UPLOAD_BYTES + 1;
    let rejected = ada.begin_parts("a.vcf", size).await.unwrap_err().to_string();
    assert!(rejected.starts_with("400") && rejected.contains("no plan allows"), "{rejected}");
    Ok(())
}

#[tokio::test]
async fn a_cancelled_upload_accepts_no_more_parts() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-parts-cancel").await?;
    let begun = ada.begin_parts("a.vcf", 1000).await?;
    let path = format!("/api/jobs/{}/cancel", begun.job_id);
    ada.call(Method::POST, &path, None).await?;
    assert_eq!(ada.job(begun.job_id).await?.state.status(), Cancelled);
    let part = begun.parts.first().context("no part")?;
    let late = put(&part.url, vec![b'#'; 1000]).await?;
    assert_eq!(late.status(), StatusCode::NOT_FOUND, "{}", late.text().await?);
    let rejected = ada.next_parts(begun.job_id).await.unwrap_err().to_string();
    assert!(rejected.starts_with("409"), "{rejected}");
    Ok(())
}

#[tokio::test]
async fn only_pages_of_this_service_may_upload_parts() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-cors").await?;
    let begun = ada.begin_parts("a.vcf", 1000).await?;
    let part = begun.parts.first().context("no part")?;
    for (origin, allowed) in [(stack().web_url(), true), ("https://evil.example".into(), false)] {
        let preflight = reqwest::Client::new()
            .request(Method::OPTIONS, &part.url)
            .header("origin", &origin)
            .header("access-control-request-method", "PUT")
            .send()
            .await?;
        let response = preflight.headers().get("access-control-allow-origin");
        assert_eq!(response.is_some(), allowed, "{origin}: {:?}", preflight.headers());
    }
    Ok(())
}
