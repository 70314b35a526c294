//! Uploads that S3 itself rejects, whatever the client does.

use crate::stack::stack;
use anyhow::Result;
use gas_backend::ports::{ObjectStore, UploadRule};
use gas_shared::job::ObjectLocation;
use gas_shared::plan::FREE_MAX_UPLOAD_BYTES;
use gas_shared::upload::UploadTicket;
use gas_tests::{Client, repeated, sample};
use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;

const LIMIT: usize = FREE_MAX_UPLOAD_BYTES as usize;

/// Asserts that S3 stored nothing: the upload cannot be confirmed.
async fn assert_nothing_stored(user: &Client, ticket: &UploadTicket) {
    let rejected =
        user.confirm(ticket.job_id).await.map_or_else(|e| e.to_string(), |job| format!("{job:?}"));
    assert!(rejected.contains("has not arrived"), "{rejected}");
}

#[tokio::test]
async fn the_server_rejects_a_file_over_the_free_limit() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-big").await?;
    let rejected = ada.ticket("a.vcf", LIMIT + 1).await.unwrap_err().to_string();
    assert!(rejected.starts_with("413"), "{rejected}");
    assert!(rejected.contains("the Free plan allows 150000"), "{rejected}");
    Ok(())
}

#[tokio::test]
async fn s3_rejects_a_file_over_the_free_limit_or_the_announced_size() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-liar").await?;
    let big = repeated(&sample("free.vcf")?, LIMIT + 1);
    for announced in [LIMIT, 100] {
        let ticket = ada.ticket("a.vcf", announced).await?;
        let response = ada.send_to_s3(&ticket, &big.as_bytes()[..announced + 1]).await?;
        assert!(response.status().is_client_error(), "{}", response.status());
        assert_nothing_stored(&ada, &ticket).await;

        let response = ada.send_to_s3(&ticket, &big.as_bytes()[..announced]).await?;
        assert_eq!(response.status(), StatusCode::CREATED, "exactly this size is allowed");
    }
    Ok(())
}

#[tokio::test]
async fn s3_rejects_a_forged_object_key() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-forger").await?;
    let ticket = ada.ticket("a.vcf", 100).await?;
    let mut forged = ticket.clone();
    for (name, value) in &mut forged.fields {
        if name == "key" {
            *value = value.replace(&ticket.job_id.to_string(), "somebody-elses-job");
        }
    }
    assert_ne!(forged, ticket);
    let response = ada.send_to_s3(&forged, b"##fileformat=VCFv4.2\n").await?;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_nothing_stored(&ada, &ticket).await;
    Ok(())
}

#[tokio::test]
async fn s3_rejects_another_content_type() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-html").await?;
    let mut ticket = ada.ticket("a.vcf", 100).await?;
    for (name, value) in &mut ticket.fields {
        if name.eq_ignore_ascii_case("content-type") {
            *value = "text/html".to_owned();
        }
    }
    let response = ada.send_to_s3(&ticket, b"<script>alert(1)</script>").await?;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_nothing_stored(&ada, &ticket).await;
    Ok(())
}

#[tokio::test]
async fn s3_rejects_an_expired_policy() -> Result<()> {
    let stack = stack();
    let ada = Client::signed_in(&stack.web_url(), "ada-late").await?;
    let fresh = ada.ticket("a.vcf", 100).await?;
    let key = fresh.fields.iter().find(|(name, _)| name == "key").map(|(_, key)| key.clone());
    let file = ObjectLocation { bucket: stack.inputs_bucket(), key: key.unwrap_or_default() };
    // The same rule, signed six minutes ago and valid for five minutes.
    let signed_at = Timestamp::now() - SignedDuration::from_mins(6);
    let rule = UploadRule {
        file: &file,
        content_type: &fresh.content_type,
        max_bytes: 1000,
        signed_at,
        expires_at: signed_at + SignedDuration::from_mins(5),
    };
    let (url, fields) = stack.sdk().await.object_store(true).sign_upload(&rule).await?;
    let expired = UploadTicket { url, fields, ..fresh.clone() };
    let response = ada.send_to_s3(&expired, b"##fileformat=VCFv4.2\n").await?;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_nothing_stored(&ada, &fresh).await;

    let in_time =
        UploadRule { expires_at: Timestamp::now() + SignedDuration::from_mins(5), ..rule };
    let (url, fields) = stack.sdk().await.object_store(true).sign_upload(&in_time).await?;
    let response =
        ada.send_to_s3(&UploadTicket { url, fields, ..fresh }, b"##fileformat=VCFv4.2\n").await?;
    assert_eq!(response.status(), StatusCode::CREATED, "only the expiry made the difference");
    Ok(())
}
