//! Access control: users can only reach their own data.

use crate::stack::stack;
use anyhow::Result;
use gas_shared::JobStatus::Completed;
use gas_shared::import::NewImport;
use gas_shared::upload::NewUpload;
use gas_tests::{Client, sample};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// Every server function, with `{id}` as a placeholder for ids, and `none` as a share link that does not exist. A test in `app/src/api/mod.rs`
/// fails if a server function is missing here.
const SERVER_FUNCTIONS: [(Method, &str); 74] = [
    (Method::GET, "/api/account"),
    (Method::GET, "/api/account/settings"),
    (Method::GET, "/api/admin/audit?before="),
    (Method::GET, "/api/admin/state"),
    (Method::GET, "/api/admin/statistics"),
    (Method::GET, "/api/admin/users?search="),
    (Method::GET, "/api/billing"),
    (Method::GET, "/api/billing/checkout?session=cs_test_1"),
    (Method::GET, "/api/downloads"),
    (Method::GET, "/api/events"),
    (Method::GET, "/api/jobs?query="),
    (Method::GET, "/api/jobs/{id}"),
    (Method::GET, "/api/jobs/{id}/charts"),
    (Method::GET, "/api/jobs/{id}/comparison?other={id}&kind="),
    (Method::GET, "/api/jobs/{id}/genome"),
    (Method::GET, "/api/jobs/{id}/links"),
    (Method::GET, "/api/jobs/{id}/log"),
    (Method::GET, "/api/jobs/{id}/queue"),
    (Method::GET, "/api/jobs/{id}/variants/0"),
    (Method::GET, "/api/references"),
    (Method::GET, "/api/references/private"),
    (Method::GET, "/api/s/none"),
    (Method::GET, "/api/s/none/charts"),
    (Method::GET, "/api/s/none/genome"),
    (Method::GET, "/api/s/none/variants/0"),
    (Method::GET, "/api/saved"),
    (Method::GET, "/api/sources"),
    (Method::GET, "/api/uploads/options"),
    (Method::GET, "/api/uploads/terms"),
    (Method::GET, "/api/visit"),
    (Method::GET, "/api/webhooks"),
    (Method::POST, "/api/account/delete"),
    (Method::POST, "/api/account/job-mails"),
    (Method::POST, "/api/account/mail"),
    (Method::POST, "/api/account/sign-out"),
    (Method::POST, "/api/account/time-zone"),
    (Method::POST, "/api/admin/banner"),
    (Method::POST, "/api/admin/intake"),
    (Method::POST, "/api/admin/redrive"),
    (Method::POST, "/api/admin/users/act"),
    (Method::POST, "/api/billing/cancel"),
    (Method::POST, "/api/billing/checkout"),
    (Method::POST, "/api/billing/portal"),
    (Method::POST, "/api/billing/resume"),
    (Method::POST, "/api/jobs/{id}/cancel"),
    (Method::POST, "/api/jobs/{id}/delete"),
    (Method::POST, "/api/jobs/{id}/links"),
    (Method::POST, "/api/jobs/{id}/links/{id}/revoke"),
    (Method::POST, "/api/jobs/{id}/organize"),
    (Method::POST, "/api/jobs/{id}/rerun"),
    (Method::POST, "/api/jobs/{id}/result-link"),
    (Method::POST, "/api/jobs/{id}/variants"),
    (Method::POST, "/api/references/private"),
    (Method::POST, "/api/references/private/confirm"),
    (Method::POST, "/api/references/private/delete"),
    (Method::POST, "/api/references/private/parts"),
    (Method::POST, "/api/s/none/variants"),
    (Method::POST, "/api/saved/filters"),
    (Method::POST, "/api/saved/filters/{id}/delete"),
    (Method::POST, "/api/saved/filters/{id}/rename"),
    (Method::POST, "/api/saved/panels"),
    (Method::POST, "/api/saved/panels/{id}/delete"),
    (Method::POST, "/api/saved/panels/{id}/rename"),
    (Method::POST, "/api/tokens"),
    (Method::POST, "/api/tokens/{id}/revoke"),
    (Method::POST, "/api/uploads"),
    (Method::POST, "/api/uploads/parts"),
    (Method::POST, "/api/uploads/url"),
    (Method::POST, "/api/uploads/{id}/confirm"),
    (Method::POST, "/api/uploads/{id}/parts"),
    (Method::POST, "/api/webhooks"),
    (Method::POST, "/api/webhooks/{id}/delete"),
    (Method::POST, "/api/webhooks/{id}/enable"),
    (Method::POST, "/api/webhooks/{id}/test"),
];

/// Routes that return files. They are not server functions but need the same protection.
const FILES: [(Method, &str); 17] = [
    (Method::GET, "/account-export"),
    (Method::GET, "/annotations-comparison/{id}?other={id}"),
    (Method::GET, "/annotations-export/{id}?format=csv"),
    (Method::GET, "/annotations-log/{id}"),
    (Method::GET, "/annotations-result/{id}?file=plain"),
    (Method::GET, "/annotations-result/{id}?file=index"),
    (Method::GET, "/annotations-chart/{id}/known.svg"),
    (Method::GET, "/annotations-genome/{id}/chrom.sizes"),
    (Method::GET, "/annotations-genome/{id}/variants?class=header"),
    (Method::GET, "/annotations-genome/{id}/genes?contig=20&start=0&end=9"),
    (Method::GET, "/annotations-genome/{id}/search?name=x"),
    (Method::GET, "/s/none/export?format=csv"),
    (Method::GET, "/s/none/chart/known.svg"),
    (Method::GET, "/s/none/genome/chrom.sizes"),
    (Method::GET, "/s/none/genome/variants?class=header"),
    (Method::GET, "/s/none/genome/genes?contig=20&start=0&end=9"),
    (Method::GET, "/s/none/genome/search?name=x"),
];

/// The arguments of a server function that are not in its path.
fn arguments(method: &Method, path: &str) -> Option<Value> {
    match (method, path) {
        (&Method::POST, "/api/uploads" | "/api/uploads/parts") => {
            Some(json!({ "file": NewUpload::new("a.vcf", 1) }))
        }
        (&Method::POST, "/api/uploads/url") => {
            Some(json!({ "file": NewImport::new("https://a.example.org/a.vcf") }))
        }
        (&Method::POST, "/api/references/private") => {
            let source = json!({ "file_name": "a", "size_bytes": 1 });
            let new =
                json!({ "name": "a", "assembly": "b", "fasta": source, "gene_models": source });
            Some(json!({ "new": new }))
        }
        (&Method::POST, path) if path.starts_with("/api/references/private/") => {
            Some(json!({ "id": "private/GRCh38/mine" }))
        }
        (&Method::POST, "/api/account/delete") => Some(json!({ "confirmation": "no" })),
        (&Method::POST, "/api/account/job-mails") => {
            Some(json!({ "wanted": { "completed": true, "failed": true, "archive": true } }))
        }
        (&Method::POST, "/api/account/mail") => Some(json!({ "wanted": true })),
        (&Method::POST, "/api/account/time-zone") => Some(json!({ "zone": "Europe/Berlin" })),
        (&Method::POST, "/api/tokens") => {
            Some(json!({ "new": { "name": "a", "scopes": ["jobs:read"], "days": 1 } }))
        }
        (&Method::POST, "/api/webhooks") => {
            Some(json!({ "new": { "url": "https://a.example.org/", "events": ["job.failed"] } }))
        }
        (&Method::POST, "/api/saved/filters") => {
            Some(json!({ "new": { "name": "a", "filter": {} } }))
        }
        (&Method::POST, "/api/saved/panels") => {
            Some(json!({ "new": { "name": "a", "genes": ["A"] } }))
        }
        (&Method::POST, path) if path.starts_with("/api/saved/") && path.ends_with("/rename") => {
            Some(json!({ "name": "a" }))
        }
        (&Method::POST, "/api/admin/banner") => Some(json!({ "text": "forged" })),
        (&Method::POST, "/api/admin/intake") => Some(json!({ "intake": "draining" })),
        (&Method::POST, "/api/admin/redrive") => Some(json!({ "queue": "mail" })),
        (&Method::POST, "/api/admin/users/act") => {
            Some(json!({ "user": "00000000-0000-4000-8000-000000000000", "action": "block" }))
        }
        (&Method::POST, "/api/billing/checkout") => Some(json!({ "form": "embedded" })),
        (&Method::POST, "/api/jobs/{id}/organize") => {
            Some(json!({ "change": { "title": "mine" } }))
        }
        (&Method::POST, "/api/jobs/{id}/rerun") => Some(json!({ "options": null })),
        (&Method::POST, "/api/jobs/{id}/links") => Some(json!({ "new": {} })),
        (&Method::POST, "/api/jobs/{id}/variants" | "/api/s/none/variants") => {
            Some(json!({ "query": { "limit": 1 } }))
        }
        _ => None,
    }
}

#[tokio::test]
async fn another_users_job_looks_like_a_missing_one_everywhere() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-owner").await?;
    let eve = Client::signed_in(&base, "eve-prober").await?;
    let job = ada.submit("free.vcf", sample("free.vcf")?.as_bytes()).await?;
    ada.wait_for(job.id, &[Completed]).await?;
    let unknown = "00000000-0000-4000-8000-000000000000";
    let all = SERVER_FUNCTIONS.into_iter().chain(FILES);
    for (method, path) in all.filter(|(_, path)| path.contains("{id}")) {
        let foreign = path.replace("{id}", &job.id.to_string());
        let body = arguments(&method, path);
        let foreign = eve.call(method.clone(), &foreign, body.clone()).await?;
        let missing = eve.call(method, &path.replace("{id}", unknown), body).await?;
        assert_eq!(foreign.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(missing.status(), StatusCode::NOT_FOUND, "{path}");
        let foreign = foreign.text().await?.replace(&job.id.to_string(), unknown);
        assert_eq!(foreign, missing.text().await?, "{path} reveals that the job exists");
    }
    assert_eq!(ada.job(job.id).await?.state.status(), Completed, "eve changed nothing");
    Ok(())
}

#[tokio::test]
async fn what_operators_do_does_not_exist_for_others() -> Result<()> {
    let eve = Client::signed_in(&stack().web_url(), "eve-operates").await?;
    let all = SERVER_FUNCTIONS.into_iter().filter(|(_, path)| path.starts_with("/api/admin/"));
    let mut count = 0;
    for (method, path) in all {
        let body = arguments(&method, path);
        let response = eve.call(method, path, body).await?;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        count += 1;
    }
    assert_eq!(count, 8);
    assert_eq!(eve.get("/admin").send().await?.status(), StatusCode::NOT_FOUND, "the page");
    Ok(())
}

#[tokio::test]
async fn anonymous_requests_are_rejected() -> Result<()> {
    let stranger = Client::anonymous(&stack().web_url())?;
    for (method, path) in SERVER_FUNCTIONS.into_iter().chain(FILES) {
        let body = arguments(&method, path);
        let path = path.replace("{id}", "00000000-0000-4000-8000-000000000000");
        let response = stranger.call(method, &path, body).await?;
        if path == "/api/account" {
            assert_eq!(response.json::<Value>().await?, Value::Null);
        } else if path == "/api/visit" {
            let visit: Value = response.json().await?;
            assert_eq!(
                visit,
                json!({ "account": null, "sells_premium": true, "is_operator": false, "banner": null })
            );
        } else if path == "/api/downloads" {
            assert_eq!(response.status(), StatusCode::OK, "programs are for everybody");
        } else if path.contains("/s/none") {
            // Whoever has a link needs no session.
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        } else {
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{path}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_list_has_only_the_users_own_jobs_newest_first() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-list").await?;
    let first = ada.submit("first.vcf", sample("free.vcf")?.as_bytes()).await?;
    ada.wait_for(first.id, &[Completed]).await?;
    // Times are stored in whole seconds.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let second = ada.submit("second.vcf", sample("free.vcf")?.as_bytes()).await?;
    // The cached list learns of a new job from its event, so it may take a moment. Pages add their
    // own new jobs to the list immediately.
    let mut ids = Vec::new();
    for _ in 0..50 {
        let list: Value = ada.get("/api/jobs?query=").send().await?.json().await?;
        let jobs = list["jobs"].as_array().into_iter().flatten();
        ids = jobs.map(|job| job["id"].clone()).collect();
        if ids.len() == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(ids, [json!(second.id), json!(first.id)]);

    let eve = Client::signed_in(&base, "eve-list").await?;
    let list: Value = eve.get("/api/jobs?query=").send().await?.json().await?;
    assert_eq!(list["jobs"], json!([]));
    Ok(())
}

#[tokio::test]
async fn signing_out_everywhere_ends_all_browsers_and_is_shown_in_the_activity() -> Result<()> {
    let base = stack().web_url();
    let one = Client::signed_in(&base, "ada-everywhere").await?;
    let other = Client::signed_in(&base, "ada-everywhere").await?;
    let eve = Client::signed_in(&base, "eve-everywhere").await?;
    let settings: Value = one.get("/api/account/settings").send().await?.json().await?;
    assert_eq!(settings["sessions"], 2);
    let done = one.call(Method::POST, "/api/account/sign-out", None).await?;
    assert_eq!(done.status(), StatusCode::OK);
    for client in [&one, &other] {
        let status = client.get("/api/jobs?query=").send().await?.status();
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(eve.get("/api/jobs?query=").send().await?.status(), StatusCode::OK);
    let again = Client::signed_in(&base, "ada-everywhere").await?;
    let settings: Value = again.get("/api/account/settings").send().await?.json().await?;
    assert_eq!(settings["sessions"], 1);
    assert_eq!(settings["activity"][0]["text"], "Signed in");
    assert_eq!(settings["activity"][1]["text"], "Signed out everywhere");
    Ok(())
}

#[tokio::test]
async fn a_session_cookie_is_invalid_after_sign_out() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-leaves").await?;
    let cookies = ada.stolen_cookies()?;
    let thief = Client::anonymous(&base)?;
    let replay = || thief.get("/api/jobs?query=").header("cookie", &cookies).send();
    assert_eq!(replay().await?.status(), StatusCode::OK, "the cookies are valid before sign-out");
    ada.post("/logout").send().await?;
    assert_eq!(replay().await?.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(ada.get("/api/jobs?query=").send().await?.status(), StatusCode::UNAUTHORIZED);
    Ok(())
}
