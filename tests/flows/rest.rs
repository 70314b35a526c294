//! The REST API, called with tokens as users' programs do.

use crate::program::{BOTH, Program};
use crate::stack::stack;
use anyhow::{Context, Result};
use gas_tests::{Client, sample};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::process::Command;

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

/// The methods and paths of the OpenAPI document.
async fn operations(base: &str) -> Result<Vec<(Method, String)>> {
    let document: Value =
        Client::anonymous(base)?.get("/api/v1/openapi.json").send().await?.json().await?;
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().context("no paths")? {
        let path = path.strip_prefix("/api/v1").context("another version")?;
        for method in methods.as_object().context("no methods")?.keys() {
            all.push((method.to_uppercase().parse()?, path.to_owned()));
        }
    }
    Ok(all)
}

#[tokio::test]
async fn a_program_can_annotate_a_file_and_manage_the_job() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-rest").await?;
    let program = Program::of(&ada, &base, &BOTH).await?;
    let vcf = sample("free.vcf")?;
    let id = program.submit("free.vcf", &vcf).await?;
    let job = program.completed(&id).await?;
    assert_eq!(job["file_name"], "free.vcf");
    assert_eq!(job["size_bytes"], vcf.len());

    let redirect = program.call(Method::GET, &format!("/jobs/{id}/result"), None).await?;
    assert_eq!(redirect.status(), StatusCode::FOUND);
    assert_eq!(redirect.headers()["cache-control"], "no-store");
    let result = program.plain(redirect.headers()["location"].to_str()?).await?;
    assert_eq!(result.len(), job["result"]["size_bytes"]);
    assert_eq!(result, ada.result(id.parse()?).await?, "the same file as in the browser");
    let link =
        program.call_json(Method::GET, &format!("/jobs/{id}/result?redirect=false"), None).await?;
    assert_eq!(program.plain(link["url"].as_str().context("no link")?).await?, result);

    let log = program.call(Method::GET, &format!("/jobs/{id}/log"), None).await?;
    assert_eq!(log.text().await?, ada.log(id.parse()?).await?);

    let list = program.call_json(Method::GET, "/jobs?status=completed&limit=1", None).await?;
    assert_eq!(list["jobs"][0], job);
    let none = program.call_json(Method::GET, "/jobs?status=failed", None).await?;
    assert_eq!(none, json!({ "jobs": [], "next_cursor": null }));
    let over = program.call(Method::POST, &format!("/jobs/{id}/cancel"), None).await?;
    assert_eq!(over.status(), StatusCode::CONFLICT);
    let deleted = program.call(Method::DELETE, &format!("/jobs/{id}"), None).await?;
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    let gone = program.call(Method::GET, &format!("/jobs/{id}"), None).await?;
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test]
async fn a_program_organizes_jobs_and_finds_them_again() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-rest-organize").await?;
    let program = Program::of(&ada, &base, &BOTH).await?;
    let created = program.create("a.vcf", 20).await?;
    let id = created["job"]["id"].as_str().context("no id")?.to_owned();
    let other = program.create("b.vcf", 20).await?;
    let job = &created["job"];
    assert_eq!(
        (&job["title"], &job["labels"], &job["note"]),
        (&json!(null), &json!([]), &json!(null))
    );

    let path = format!("/jobs/{id}");
    let change = json!({ "title": " Patient  7 ", "labels": ["urgent", "exome", "exome"], "project": "R&D = 50%" });
    let changed = program.call_json(Method::PATCH, &path, Some(change)).await?;
    assert_eq!(changed["title"], "Patient 7");
    assert_eq!(changed["labels"], json!(["exome", "urgent"]));
    assert_eq!(
        (&changed["project"], &changed["file_name"]),
        (&json!("R&D = 50%"), &json!("a.vcf"))
    );
    let noted =
        program.call_json(Method::PATCH, &path, Some(json!({ "note": "Two\r\nlines" }))).await?;
    assert_eq!((&noted["note"], &noted["title"]), (&json!("Two\nlines"), &json!("Patient 7")));
    assert_eq!(program.call_json(Method::GET, &path, None).await?, noted);

    let ids = async |query: &str| -> Result<Vec<Value>> {
        let list = program.call_json(Method::GET, &format!("/jobs?{query}"), None).await?;
        let jobs = list["jobs"].as_array().context("no jobs")?;
        Ok(jobs.iter().map(|job| job["id"].clone()).collect())
    };
    let first = [json!(id)];
    assert_eq!(ids("label=exome").await?, first);
    assert_eq!(
        ids("label=urgent,exome&project=R%26D%20%3D%2050%25&status=uploading").await?,
        first
    );
    assert!(ids("label=exome,other").await?.is_empty() && ids("project=R").await?.is_empty());
    assert_eq!(ids("").await?.len(), 2);

    for (body, text) in [
        (json!({ "labels": ["a,b"] }), "comma"),
        (json!({ "labels": (0..11).map(|n| n.to_string()).collect::<Vec<_>>() }), "at most 10"),
        (json!({ "title": "x".repeat(129) }), "at most 128"),
        (json!({ "note": "x".repeat(2001) }), "at most 2000"),
        (json!({ "status": "failed" }), "status"),
    ] {
        let response = program.call(Method::PATCH, &path, Some(body)).await?;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{text}");
        let problem: Value = response.json().await?;
        assert_eq!(problem["code"], "invalid_request");
        assert!(problem["detail"].to_string().contains(text), "{problem}");
    }
    let bad_filter = program.call(Method::GET, "/jobs?project=", None).await?;
    assert_eq!(bad_filter.status(), StatusCode::BAD_REQUEST);
    assert_eq!(program.call_json(Method::GET, &path, None).await?, noted, "nothing has changed");

    // The list of the pages has the same jobs, and its counts.
    let mut list = Value::Null;
    for _ in 0..50 {
        list = ada.get("/api/jobs?query=labels%3Dexome").send().await?.json().await?;
        if list["matched"] == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!((&list["matched"], &list["jobs"][0]["id"]), (&json!(1), &json!(id)), "{list}");
    assert_eq!(list["labels"], json!([["exome", 1], ["urgent", 1]]));
    assert_eq!(list["projects"], json!([["R&D = 50%", 1]]));
    let export: Value = ada.get("/account-export").send().await?.json().await?;
    let exported = export["jobs"].as_array().context("no jobs")?.iter().find(|job| job["id"] == id);
    let organization = &exported.context("the job is missing")?["organization"];
    assert_eq!(
        (&organization["title"], &organization["note"]),
        (&json!("Patient 7"), &json!("Two\nlines"))
    );

    let none = json!({ "title": null, "labels": [], "project": "", "note": null });
    let plain = program.call_json(Method::PATCH, &path, Some(none)).await?;
    assert_eq!(&plain, job, "as it was before");
    let other = other["job"]["id"].as_str().context("no id")?;
    assert_eq!(
        program.call_json(Method::GET, &format!("/jobs/{other}"), None).await?["title"],
        Value::Null
    );
    Ok(())
}

#[tokio::test]
async fn a_free_user_cannot_download_after_the_window() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-rest-late").await?;
    let program = Program::of(&ada, &base, &BOTH).await?;
    let id = program.submit("free.vcf", &sample("free.vcf")?).await?;
    program.completed(&id).await?;
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let response = program.call(Method::GET, &format!("/jobs/{id}/result"), None).await?;
        if response.status() == StatusCode::PAYMENT_REQUIRED {
            let problem: Value = response.json().await?;
            assert_eq!(problem["code"], "upgrade_required");
            break;
        }
        assert_eq!(response.status(), StatusCode::FOUND);
        assert!(Instant::now() < deadline, "the result can still be downloaded");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let log = program.call(Method::GET, &format!("/jobs/{id}/log"), None).await?;
    assert_eq!(log.status(), StatusCode::OK, "logs stay available");
    Ok(())
}

#[tokio::test]
async fn requests_without_a_token_are_rejected_even_with_a_session_cookie() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-rest-cookie").await?;
    for (method, path) in operations(&base).await? {
        let path = format!("/api/v1{}", path.replace("{id}", UNKNOWN));
        let response = ada.call(method, &path, None).await?;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{path}");
        assert!(response.headers()["www-authenticate"].to_str()?.starts_with("Bearer"));
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let named = response.headers()["x-request-id"].to_str()?.to_owned();
        let problem: Value = response.json().await?;
        assert_eq!(problem["code"], "invalid_token", "{path}");
        assert_eq!(problem["request_id"], named);
        assert_eq!(problem["type"], format!("{base}/api/docs#invalid_token"));
    }
    Ok(())
}

#[tokio::test]
async fn a_token_is_limited_to_its_scopes() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-rest-scope").await?;
    let reader = Program::of(&ada, &base, &["jobs:read"]).await?;
    let writer = Program::of(&ada, &base, &["jobs:write"]).await?;
    for (method, path) in operations(&base).await? {
        if path == "/account" {
            continue;
        }
        let wrong = if method == Method::GET { &writer } else { &reader };
        let path = path.replace("{id}", UNKNOWN);
        let response = wrong.call(method, &path, None).await?;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{path}");
        let challenge = response.headers()["www-authenticate"].to_str()?;
        assert!(challenge.contains("insufficient_scope"), "{challenge}");
    }
    Ok(())
}

#[tokio::test]
async fn another_users_job_looks_like_a_missing_one() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-rest-owner").await?;
    let eve = Client::signed_in(&base, "eve-rest-prober").await?;
    let id =
        Program::of(&ada, &base, &BOTH).await?.submit("free.vcf", &sample("free.vcf")?).await?;
    let prober = Program::of(&eve, &base, &BOTH).await?;
    for (method, path) in operations(&base).await? {
        if !path.starts_with("/jobs/{id}") {
            continue;
        }
        // What the operation needs besides the job.
        let path = if path.ends_with("/export") { format!("{path}?format=tsv") } else { path };
        let mut details = Vec::new();
        for id in [id.as_str(), UNKNOWN] {
            let response = prober.call(method.clone(), &path.replace("{id}", id), None).await?;
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{method} {path}");
            let problem: Value = response.json().await?;
            details.push(problem["detail"].to_string().replace(id, "…"));
        }
        assert_eq!(details[0], details[1], "{method} {path} reveals that the job exists");
    }
    Ok(())
}

#[tokio::test]
async fn invalid_requests_get_the_documented_error_codes() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-rest-bad").await?;
    let program = Program::of(&ada, &base, &BOTH).await?;
    let job = |name: &str, size: u64| json!({ "file_name": name, "size_bytes": size });
    let cases = [
        (Method::POST, "/jobs", Some(job("a.doc", 1)), 400, "invalid_request"),
        (Method::POST, "/jobs", Some(job("a.vcf", 0)), 400, "invalid_request"),
        (Method::POST, "/jobs", Some(job("a.vcf", 150_001)), 413, "over_limit"),
        (Method::POST, "/jobs", Some(json!({ "file_name": "a.vcf" })), 400, "invalid_request"),
        (Method::POST, "/jobs", None, 400, "invalid_request"),
        (Method::GET, "/jobs?limit=101", None, 400, "invalid_request"),
        (Method::GET, "/jobs?status=done", None, 400, "invalid_request"),
        (Method::GET, "/jobs?cursor=broken", None, 400, "invalid_request"),
        (Method::GET, "/jobs?cursor=broken&status=failed", None, 400, "invalid_request"),
        (Method::GET, "/jobs/no-uuid", None, 404, "not_found"),
        (Method::GET, "/jobs/%FF", None, 400, "invalid_request"),
        (Method::GET, "/nothing", None, 404, "not_found"),
        (Method::PUT, "/jobs", None, 405, "method_not_allowed"),
    ];
    for (method, path, body, status, code) in cases {
        let response = program.call(method, path, body).await?;
        assert_eq!(response.status(), status, "{path}");
        let problem: Value = response.json().await?;
        assert_eq!(problem["code"], code, "{path}: {problem}");
    }
    let created = program.create("a.vcf", 20).await?;
    let id = created["job"]["id"].as_str().context("no id")?;
    let early = program.call(Method::POST, &format!("/jobs/{id}/submit"), None).await?;
    assert_eq!(early.status(), StatusCode::CONFLICT, "the file is not uploaded yet");
    Ok(())
}

#[tokio::test]
async fn a_repeated_call_with_an_idempotency_key_creates_one_job() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-rest-once").await?;
    let program = Program::of(&ada, &base, &BOTH).await?;
    let create = async |key: &str, name: &str| {
        let http = reqwest::Client::new();
        let request = http.post(format!("{base}/api/v1/jobs")).bearer_auth(&program.token);
        let body = json!({ "file_name": name, "size_bytes": 20 });
        // Requests with a bearer token are accepted from any origin.
        let request = request.header("origin", "https://notebook.example");
        request.header("idempotency-key", key).json(&body).send().await
    };
    let first = create("k-1", "a.vcf").await?;
    assert_eq!(first.status(), StatusCode::CREATED);
    let again = create("k-1", "a.vcf").await?;
    assert_eq!(again.status(), StatusCode::OK);
    let (first, again): (Value, Value) = (first.json().await?, again.json().await?);
    assert_eq!(first["job"]["id"], again["job"]["id"]);
    assert!(again["upload"]["url"].is_string());
    assert_eq!(create("k-1", "b.vcf").await?.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(create("k 1", "a.vcf").await?.status(), StatusCode::BAD_REQUEST);
    let list = program.call_json(Method::GET, "/jobs", None).await?;
    assert_eq!(list["jobs"].as_array().map(Vec::len), Some(1));
    Ok(())
}

#[tokio::test]
async fn calls_at_the_same_moment_are_one_job_and_no_failures_of_the_server() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-rest-at-once").await?;
    let program = Program::of(&ada, &base, &BOTH).await?;
    let id = program.submit("free.vcf", &sample("free.vcf")?).await?;
    program.completed(&id).await?;
    let http = reqwest::Client::new();
    let rerun = async || {
        let request = http.post(format!("{base}/api/v1/jobs/{id}/rerun"));
        let request = request.bearer_auth(&program.token).header("idempotency-key", "k-1");
        request.send().await?.error_for_status()?.json::<Value>().await
    };
    let jobs = futures::future::try_join_all((0..8).map(|_| rerun())).await?;
    assert!(jobs.iter().all(|job| job["id"] == jobs[0]["id"]), "{jobs:?}");

    // Ten answers of 5xx in five minutes raise an alarm.
    let path = format!("/jobs/{id}");
    let rename = async |number: u32| {
        let change = json!({ "title": format!("title {number}") });
        Ok::<_, anyhow::Error>(program.call(Method::PATCH, &path, Some(change)).await?.status())
    };
    let renamed = futures::future::try_join_all((0..60).map(rename)).await?;
    let is_expected =
        |status: &StatusCode| matches!(*status, StatusCode::OK | StatusCode::TOO_MANY_REQUESTS);
    assert!(renamed.iter().all(is_expected), "{renamed:?}");
    let nul = json!({ "name": "nul", "filter": { "genes": ["\0"] } });
    let rejected = program.call(Method::POST, "/saved-filters", Some(nul)).await?;
    assert_eq!(rejected.status(), StatusCode::BAD_REQUEST);
    Ok(())
}

#[tokio::test]
async fn a_runaway_program_gets_429_with_retry_after() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-rest-runaway").await?;
    let program = Program::of(&ada, &base, &["jobs:read"]).await?;
    let other = Program::of(&ada, &base, &["jobs:read"]).await?;
    for _ in 0..1000 {
        let response = program.call(Method::GET, "/account", None).await?;
        if response.status() == StatusCode::TOO_MANY_REQUESTS {
            let wait: u64 = response.headers()["retry-after"].to_str()?.parse()?;
            assert!((1..=60).contains(&wait), "{wait}");
            assert_eq!(other.call(Method::GET, "/account", None).await?.status(), StatusCode::OK);
            return Ok(());
        }
        assert_eq!(response.status(), StatusCode::OK);
    }
    panic!("the rate limit did not apply");
}

#[tokio::test]
async fn the_script_of_the_documentation_annotates_files() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-script").await?;
    let program = Program::of(&ada, &base, &BOTH).await?;
    let folder = tempfile::tempdir()?;
    let script = program.plain(&format!("{base}/api/annotate.sh")).await?;
    std::fs::write(folder.path().join("annotate.sh"), script)?;
    let good = sample("free.vcf")?;
    let bad = good.replacen("\n20\t1000226", "\n20\t12a", 1);
    let names = ["one.vcf", "two \"again\".vcf", "bad.vcf"];
    for (name, text) in names.iter().zip([&good, &good, &bad]) {
        std::fs::write(folder.path().join(name), text)?;
    }
    let done = Command::new("bash")
        .arg("annotate.sh")
        .args(names)
        .current_dir(folder.path())
        .env("GAS_URL", &base)
        .env("GAS_TOKEN", &program.token)
        .output()
        .await?;
    let errors = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "one file cannot be annotated: {errors}");
    assert!(errors.contains("failed: line 8, POS: \"12a\" is not a position"), "{errors}");
    let list = program.call_json(Method::GET, "/jobs?status=completed", None).await?;
    for job in list["jobs"].as_array().context("no list")? {
        // As curl saves it.
        let name = job["file_name"].as_str().context("no name")?.replace('"', "_");
        let name = name.replace(".vcf", ".annot.vcf");
        let id = job["id"].as_str().context("no id")?;
        let path = folder.path().join("results").join(id).join(&name);
        let saved = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        assert_eq!(saved, ada.result(id.parse()?).await?, "{name}");
    }
    assert_eq!(std::fs::read_dir(folder.path().join("results"))?.count(), 2, "{errors}");
    Ok(())
}

#[tokio::test]
async fn the_documentation_page_has_no_scripts() -> Result<()> {
    let page = Client::anonymous(&stack().web_url())?.get("/api/docs").send().await?;
    assert_eq!(page.status(), StatusCode::OK);
    let policy = page.headers()["content-security-policy"].to_str()?.to_owned();
    assert!(policy.contains("default-src 'none'"), "{policy}");
    let html = page.text().await?;
    assert!(html.contains("/api/v1/jobs/{id}/submit") && !html.contains("<script"), "{html}");
    Ok(())
}
