//! Who may see what.

use crate::stack::stack;
use anyhow::Result;
use gas_shared::JobStatus::Completed;
use gas_tests::{Client, sample};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// Every server function, with `{id}` where a job's id goes. `gas-app` has a test that fails when
/// a server function is missing here: see `app/src/api/mod.rs`.
const SERVER_FUNCTIONS: [(Method, &str); 17] = [
    (Method::GET, "/api/account"),
    (Method::GET, "/api/billing"),
    (Method::GET, "/api/billing/checkout?session=cs_test_1"),
    (Method::GET, "/api/events"),
    (Method::GET, "/api/jobs?cursor="),
    (Method::GET, "/api/jobs/{id}"),
    (Method::GET, "/api/jobs/{id}/log"),
    (Method::GET, "/api/jobs/{id}/variants/0"),
    (Method::POST, "/api/billing/cancel"),
    (Method::POST, "/api/billing/checkout"),
    (Method::POST, "/api/billing/portal"),
    (Method::POST, "/api/billing/resume"),
    (Method::POST, "/api/jobs/{id}/cancel"),
    (Method::POST, "/api/jobs/{id}/result-link"),
    (Method::POST, "/api/jobs/{id}/variants"),
    (Method::POST, "/api/uploads"),
    (Method::POST, "/api/uploads/{id}/confirm"),
];

/// The file of a filter's rows; not a server function, but as private.
const EXPORT: &str = "/annotations-export/{id}?format=csv";

/// What a server function takes beside what its path has.
fn arguments(method: &Method, path: &str) -> Option<Value> {
    match (method, path) {
        (&Method::POST, "/api/uploads") => Some(json!({ "file_name": "a.vcf", "size": 1 })),
        (&Method::POST, "/api/billing/checkout") => Some(json!({ "form": "embedded" })),
        (&Method::POST, "/api/jobs/{id}/variants") => Some(json!({ "query": { "limit": 1 } })),
        _ => None,
    }
}

#[tokio::test]
async fn another_users_job_looks_like_none_everywhere() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-owner").await?;
    let eve = Client::signed_in(&base, "eve-prober").await?;
    let job = ada.submit("free.vcf", sample("free.vcf")?.as_bytes()).await?;
    ada.wait_for(job.id, &[Completed]).await?;
    let unknown = "00000000-0000-4000-8000-000000000000";
    let all = SERVER_FUNCTIONS.into_iter().chain([(Method::GET, EXPORT)]);
    for (method, path) in all.filter(|(_, path)| path.contains("{id}")) {
        let foreign = path.replace("{id}", &job.id.to_string());
        let body = arguments(&method, path);
        let foreign = eve.call(method.clone(), &foreign, body.clone()).await?;
        let missing = eve.call(method, &path.replace("{id}", unknown), body).await?;
        assert_eq!(foreign.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(missing.status(), StatusCode::NOT_FOUND, "{path}");
        let foreign = foreign.text().await?.replace(&job.id.to_string(), unknown);
        assert_eq!(foreign, missing.text().await?, "{path} tells the two apart");
    }
    assert_eq!(ada.job(job.id).await?.state.status(), Completed, "eve changed nothing");
    Ok(())
}

#[tokio::test]
async fn nothing_is_answered_to_strangers() -> Result<()> {
    let stranger = Client::anonymous(&stack().web_url())?;
    for (method, path) in SERVER_FUNCTIONS.into_iter().chain([(Method::GET, EXPORT)]) {
        let body = arguments(&method, path);
        let path = path.replace("{id}", "00000000-0000-4000-8000-000000000000");
        let answer = stranger.call(method, &path, body).await?;
        if path == "/api/account" {
            assert_eq!(answer.json::<Value>().await?, Value::Null);
        } else {
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_list_holds_ones_own_jobs_newest_first() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-list").await?;
    let first = ada.submit("first.vcf", sample("free.vcf")?.as_bytes()).await?;
    ada.wait_for(first.id, &[Completed]).await?;
    // Times are whole seconds.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let second = ada.submit("second.vcf", sample("free.vcf")?.as_bytes()).await?;
    let list: Value = ada.get("/api/jobs?cursor=").send().await?.json().await?;
    let ids: Vec<_> = list["jobs"].as_array().into_iter().flatten().map(|job| &job["id"]).collect();
    assert_eq!(ids, [&json!(second.id), &json!(first.id)]);

    let eve = Client::signed_in(&base, "eve-list").await?;
    let list: Value = eve.get("/api/jobs?cursor=").send().await?.json().await?;
    assert_eq!(list["jobs"], json!([]));
    Ok(())
}

#[tokio::test]
async fn after_sign_out_the_session_is_worth_nothing() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-leaves").await?;
    let cookies = ada.stolen_cookies()?;
    let thief = Client::anonymous(&base)?;
    let replay = || thief.get("/api/jobs?cursor=").header("cookie", &cookies).send();
    assert_eq!(replay().await?.status(), StatusCode::OK, "the cookies are the session's");
    ada.post("/logout").send().await?;
    assert_eq!(replay().await?.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(ada.get("/api/jobs?cursor=").send().await?.status(), StatusCode::UNAUTHORIZED);
    Ok(())
}
