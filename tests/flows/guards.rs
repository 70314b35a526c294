//! The middleware in front of the pages: origin and argument checks, security headers, sign-in.

use crate::stack::stack;
use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gas_shared::upload::NewUpload;
use gas_tests::Client;
use reqwest::{Method, StatusCode};
use serde_json::json;
use sha2::{Digest, Sha256};

#[tokio::test]
async fn other_sites_cannot_act_for_a_user() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-csrf").await?;
    let upload = json!({ "file": NewUpload::new("a.vcf", 1) });
    let from = |site: &str| ada.post("/api/uploads").header("sec-fetch-site", site).json(&upload);
    assert_eq!(from("cross-site").send().await?.status(), StatusCode::FORBIDDEN);
    assert_eq!(from("same-origin").send().await?.status(), StatusCode::OK);
    let evil = ada.post("/logout").header("origin", "https://evil.example").send().await?;
    assert_eq!(evil.status(), StatusCode::FORBIDDEN);
    assert_eq!(ada.get("/api/jobs?query=").send().await?.status(), StatusCode::OK);
    Ok(())
}

#[tokio::test]
async fn invalid_arguments_get_client_errors() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-args").await?;
    let send = |kind: &str, body: String| {
        ada.post("/api/uploads").header("content-type", kind).body(body).send()
    };
    let ours = r#"{"file":{"file_name":"a.vcf","size_bytes":1}}"#.to_owned();
    assert_eq!(send("text/plain", ours).await?.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let json = "application/json";
    assert_eq!(send(json, "{".into()).await?.status(), StatusCode::BAD_REQUEST);
    assert_eq!(
        send(json, r#"{"file":{"size_bytes":"big"}}"#.into()).await?.status(),
        StatusCode::BAD_REQUEST
    );
    let huge = format!("{{\"file\":{{\"file_name\":\"{}\"}}}}", "a".repeat(3_000_000));
    assert_eq!(send(json, huge).await?.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let bad_id = ada.call(Method::GET, "/api/jobs/not-a-uuid", None).await?;
    assert_eq!(bad_id.status(), StatusCode::BAD_REQUEST);
    Ok(())
}

#[tokio::test]
async fn pages_have_a_content_security_policy_and_a_nonce_on_every_inline_script() -> Result<()> {
    let stranger = Client::anonymous(&stack().web_url())?;
    let page = stranger.get("/").header("accept", "text/html").send().await?;
    assert_eq!(page.status(), StatusCode::OK);
    let policy = page.headers()["content-security-policy"].to_str()?.to_owned();
    assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
    assert_eq!(page.headers()["x-content-type-options"], "nosniff");
    assert_eq!(page.headers()["cache-control"], "no-store");
    let html = page.text().await?;
    assert!(html.matches("<script nonce=").count() >= 2, "{html}");
    // A script without a nonce is a file of this origin, or the one of the template, which is allowed by its hash as the styles are.
    for (directive, element) in [("script-src", "script"), ("style-src", "style")] {
        let (open, close) = (format!("<{element}>"), format!("</{element}>"));
        let mut inline = html.split(open.as_str()).skip(1);
        let text = inline.next().and_then(|rest| rest.split(close.as_str()).next());
        let hash = STANDARD.encode(Sha256::digest(text.context("the page has none")?));
        let sources = policy.split(';').find(|part| part.trim_start().starts_with(directive));
        let sources = sources.context("the policy says nothing about it")?;
        assert!(sources.contains(&format!("'sha256-{hash}'")), "{sources}");
        assert_eq!(inline.count(), 0, "one {element}");
    }
    for script in html.split("<script ").skip(1).filter(|script| !script.starts_with("nonce=")) {
        let tag = script.split('>').next().unwrap_or_default();
        assert!(tag.contains("src=\"/assets/"), "{tag}");
    }
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next());
    assert!(html.contains(&format!("nonce=\"{}\"", nonce.unwrap_or("missing"))));
    Ok(())
}

#[tokio::test]
async fn a_forged_sign_in_callback_is_rejected() -> Result<()> {
    let stranger = Client::anonymous(&stack().web_url())?;
    let forged = stranger.get("/authcallback?code=x&state=y").send().await?;
    assert_eq!(forged.status(), StatusCode::BAD_REQUEST);
    // With a sign-in in progress, but a wrong state.
    stranger.get("/login").send().await?;
    let forged = stranger.get("/authcallback?code=x&state=y").send().await?;
    assert_eq!(forged.status(), StatusCode::BAD_REQUEST);
    assert_eq!(stranger.get("/api/jobs?query=").send().await?.status(), StatusCode::UNAUTHORIZED);
    Ok(())
}

#[tokio::test]
async fn unknown_pages_are_404() -> Result<()> {
    let stranger = Client::anonymous(&stack().web_url())?;
    let page = stranger.get("/no/such/page").header("accept", "text/html").send().await?;
    assert_eq!(page.status(), StatusCode::NOT_FOUND);
    // The gallery exists only in debug builds.
    let gallery = stranger.get("/dev/components").header("accept", "text/html").send().await?;
    assert_eq!(gallery.status(), StatusCode::NOT_FOUND);
    Ok(())
}
