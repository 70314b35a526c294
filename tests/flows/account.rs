//! The account: settings, data export and deletion.

use crate::calls::Calls;
use crate::program::{BOTH, Program};
use crate::stack::stack;
use anyhow::{Context, Result, ensure};
use gas_backend::ports::{AccountData, Accounts, Identity};
use gas_backend::postgres::{PostgresAccountData, PostgresAccounts};
use gas_shared::JobStatus::Completed;
use gas_shared::UserId;
use gas_tests::{Client, sample};
use jiff::Timestamp;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use uuid::Uuid;

#[tokio::test]
async fn mail_about_jobs_can_be_turned_off_and_on() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-settings").await?;
    for wanted in [false, true] {
        let body = Some(json!({ "wanted": wanted }));
        let response = ada.call(Method::POST, "/api/account/mail", body).await?;
        assert_eq!(response.json::<Value>().await?["mail_about_jobs"], wanted);
        let settings: Value = ada.get("/api/account/settings").send().await?.json().await?;
        assert_eq!(settings["mail_about_jobs"], wanted);
    }
    let one = json!({ "completed": false, "failed": true, "archive": false });
    let body = Some(json!({ "wanted": one }));
    let response = ada.call(Method::POST, "/api/account/job-mails", body).await?;
    assert_eq!(response.json::<Value>().await?["job_mails"], one);
    let settings: Value = ada.get("/api/account/settings").send().await?.json().await?;
    assert_eq!((&settings["job_mails"], &settings["mail_about_jobs"]), (&one, &json!(true)));
    Ok(())
}

#[tokio::test]
async fn a_time_zone_survives_sign_ins_and_unknown_ones_are_rejected() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-time-zone").await?;
    let zone_of = async |client: &Client| -> Result<Value> {
        let profile: Value = client.get("/api/account").send().await?.json().await?;
        Ok(profile["time_zone"].clone())
    };
    assert_eq!(zone_of(&ada).await?, Value::Null);
    let long = "Europe/Berlin".repeat(100);
    let cases = [("America/Chicago", 200), ("Mars/Olympus", 400), (long.as_str(), 400)];
    for (zone, status) in cases {
        let body = Some(json!({ "zone": zone }));
        let response = ada.call(Method::POST, "/api/account/time-zone", body).await?;
        assert_eq!(response.status().as_u16(), status, "{zone}");
    }
    let again = Client::signed_in(&base, "ada-time-zone").await?;
    for client in [&ada, &again] {
        assert_eq!(zone_of(client).await?, "America/Chicago");
    }
    let export: Value = ada.get("/account-export").send().await?.json().await?;
    assert_eq!(export["account"]["time_zone"], "America/Chicago");
    Ok(())
}

/// How long the erasure of a user with a few jobs may take.
const ERASURE_TIMEOUT: Duration = Duration::from_secs(120);

#[tokio::test]
async fn deleting_an_account_erases_all_its_data() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-leaves-all").await?;
    let eve = Client::signed_in(&base, "eve-stays").await?;
    let done = ada.submit("free.vcf", sample("free.vcf")?.as_bytes()).await?;
    ada.wait_for(done.id, &[Completed]).await?;
    let links = format!("/api/jobs/{}/links", done.id);
    let made = ada.call(Method::POST, &links, Some(json!({ "new": {} }))).await?;
    assert_eq!(made.status(), StatusCode::OK);
    let open = ada.upload("open.vcf", b"##fileformat=VCFv4.2\n").await?;
    let kept = eve.submit("free.vcf", sample("free.vcf")?.as_bytes()).await?;
    let program = Program::of(&ada, &base, &BOTH).await?;
    let profile: Value = ada.get("/api/account").send().await?.json().await?;
    let user = profile["id"].as_str().context("no id")?.to_owned();

    let delete_account = |words: &str| {
        let body = Some(json!({ "confirmation": words }));
        ada.call(Method::POST, "/api/account/delete", body)
    };
    assert_eq!(delete_account("no").await?.status(), StatusCode::BAD_REQUEST);
    assert_eq!(delete_account("delete my account").await?.status(), StatusCode::OK);
    assert_eq!(ada.get("/api/jobs?query=").send().await?.status(), StatusCode::UNAUTHORIZED);
    let by_token = program.call(Method::GET, "/jobs", None).await?;
    assert_eq!(by_token.status(), StatusCode::UNAUTHORIZED);
    let early = Client::signed_in(&base, "ada-leaves-all").await.err().context("signed in")?;
    assert!(early.to_string().contains("409"), "{early}");

    let pool = stack().pool().await?;
    let deadline = Instant::now() + ERASURE_TIMEOUT;
    loop {
        let (rows,): (i64,) = sqlx::query_as(
            "select (select count(*) from profiles where identity_id = $1::uuid)
                + (select count(*) from api_tokens where owner = $1::uuid)
                + (select count(*) from share_links where owner = $1::uuid)
                + (select count(*) from mails where user_id = $1::uuid)",
        )
        .bind(&user)
        .fetch_one(&pool)
        .await?;
        if rows == 0 {
            break;
        }
        ensure!(Instant::now() < deadline, "{rows} rows of {user} are left");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let store = stack().job_store().await;
    for id in [done.id, open.ticket.job_id] {
        assert_eq!(gas_backend::ports::JobStore::job(&store, id).await?, None);
    }
    // The buckets are versioned: nothing may be left to restore.
    let (gas, s3) = (stack().gas(&Calls::default()).await?, stack().s3().await);
    for bucket in [&gas.object_keys.inputs_bucket, &gas.object_keys.results_bucket] {
        let prefix = format!("{}/{user}/", gas.object_keys.prefix);
        loop {
            let left = s3.list_object_versions().bucket(bucket).prefix(&prefix).send().await?;
            let left = left.versions().len() + left.delete_markers().len();
            if left == 0 {
                break;
            }
            ensure!(Instant::now() < deadline, "{left} versions are left in {bucket}");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
    eve.wait_for(kept.id, &[Completed]).await?;

    // The same person can sign in again with an empty account.
    let again = Client::signed_in(&base, "ada-leaves-all").await?;
    let list: Value = again.get("/api/jobs?query=").send().await?.json().await?;
    assert_eq!(list["jobs"], json!([]));
    Ok(())
}

#[tokio::test]
async fn paging_through_closing_accounts_returns_each_one_once() -> Result<()> {
    let pool = stack().pool().await?;
    let (accounts, data) =
        (PostgresAccounts::new(pool.clone()), PostgresAccountData::new(pool.clone()));
    let mut leaving = Vec::new();
    for _ in 0..5 {
        let id = UserId::new(Uuid::new_v4());
        let (name, email) = ("Ada".to_owned(), "ada@example.org".to_owned());
        accounts.record_sign_in(&Identity { id, name, email, institution: String::new() }).await?;
        assert!(data.request_deletion(id, Timestamp::now()).await?);
        leaving.push(id);
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = data.closing_accounts(after, 2).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.user);
        seen.extend(page.into_iter().map(|one| one.user));
    }
    assert!(leaving.iter().all(|user| seen.contains(user)), "{seen:?}");
    assert!(seen.is_sorted(), "each user once");
    Ok(())
}

#[tokio::test]
async fn an_export_is_complete_and_only_has_the_users_own_data() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-export-all").await?;
    let eve = Client::signed_in(&base, "eve-export-all").await?;
    let job = ada.submit("free.vcf", sample("free.vcf")?.as_bytes()).await?;
    ada.wait_for(job.id, &[Completed]).await?;
    let program = Program::of(&ada, &base, &BOTH).await?;
    let response = ada.get("/account-export").send().await?;
    assert_eq!(response.headers()["cache-control"], "no-store");
    let disposition = response.headers()["content-disposition"].to_str()?;
    assert!(disposition.starts_with("attachment"), "{disposition}");
    let text = response.text().await?;
    assert!(!text.contains(&program.token));
    let data: Value = serde_json::from_str(&text)?;
    assert_eq!(data["jobs"][0]["id"], json!(job.id));
    assert_eq!(data["tokens"][0]["name"], "a test");
    assert!(data["mails"].is_array() && data["billing"].is_object(), "{data}");
    let foreign: Value = eve.get("/account-export").send().await?.json().await?;
    assert_eq!(foreign["jobs"], json!([]));
    Ok(())
}
