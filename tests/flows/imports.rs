//! Files from URLs: presigned URLs of S3, a server that changes its file, cancellation, limits, and the store in PostgreSQL.

use crate::contracts::new_user;
use crate::database::NewDatabase;
use crate::multipart::{SIZE, large_vcf};
use crate::premium;
use crate::program::Program;
use crate::stack::stack;
use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::stream;
use gas_backend::Secret;
use gas_backend::imports::HttpFileSource;
use gas_backend::ports::{
    AccountData, Administration, Download, FileSource, FileVersion, ImportInsertion, ImportOrigin,
    ImportStore, JobStore, NewImportRow, ObjectStore, SourceError,
};
use gas_backend::postgres::{PostgresAccountData, PostgresAdministration, PostgresImports};
use gas_backend::public_address::Targets;
use gas_backend::testkit::imports_contract;
use gas_shared::JobStatus::{Cancelled, Completed, Failed};
use gas_shared::import::NewImport;
use gas_shared::job::{ObjectLocation, StateView};
use gas_shared::plan::FREE_MAX_UPLOAD_BYTES;
use gas_shared::{JobId, JobView};
use gas_tests::{Client, sample};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// A file on a server, and what the server does.
#[derive(Clone)]
struct ServedFile {
    content: Bytes,
    version: u32,
    /// Whether it has another version after the first request, which asks for the size.
    changes_once_probed: bool,
    /// Whether the bodies of parts do not end.
    stalls: bool,
    denies: bool,
    has_ranges: bool,
    /// The number of requests for ranges.
    reads: u32,
}

/// A server on this machine.
#[derive(Clone)]
struct Served(Arc<Mutex<ServedFile>>);

impl Served {
    /// Starts a server with a file, and returns its URL.
    async fn start(content: impl Into<Bytes>) -> Result<(Self, String)> {
        let served = Self(Arc::new(Mutex::new(ServedFile {
            content: content.into(),
            version: 0,
            changes_once_probed: false,
            stalls: false,
            denies: false,
            has_ranges: true,
            reads: 0,
        })));
        let app = Router::new().route("/lab/{name}", get(answer)).with_state(served.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/lab/free.vcf?signature=s3cret", listener.local_addr()?);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok((served, url))
    }

    fn edit<T>(&self, edit: impl FnOnce(&mut ServedFile) -> T) -> T {
        edit(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn reads(&self) -> u32 {
        self.edit(|file| file.reads)
    }

    /// Waits until the server has been asked for a part.
    async fn is_read(&self) -> Result<()> {
        for _ in 0..150 {
            if self.reads() > 1 {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        anyhow::bail!("no part was read")
    }
}

/// The first and the last byte that a request asks for.
fn range(headers: &HeaderMap) -> Option<(usize, usize)> {
    let range = headers.get(header::RANGE)?.to_str().ok()?.strip_prefix("bytes=")?;
    let (first, last) = range.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

async fn answer(State(served): State<Served>, headers: HeaderMap) -> Response {
    let range = range(&headers);
    let file = served.edit(|file| {
        let now = file.clone();
        file.reads += u32::from(range.is_some());
        file.version += u32::from(file.changes_once_probed);
        now
    });
    if file.denies {
        return StatusCode::FORBIDDEN.into_response();
    }
    let tag = format!("\"{}\"", file.version);
    if headers.get(header::IF_MATCH).is_some_and(|wanted| *wanted != *tag) {
        return StatusCode::PRECONDITION_FAILED.into_response();
    }
    let Some((first, last)) = range.filter(|_| file.has_ranges) else {
        return file.content.into_response();
    };
    let size = file.content.len();
    let headers =
        [(header::ETAG, tag), (header::CONTENT_RANGE, format!("bytes {first}-{last}/{size}"))];
    let body = if file.stalls && last > 0 {
        Body::from_stream(stream::pending::<Result<Bytes>>())
    } else {
        Body::from(file.content.slice(first..size.min(last + 1)))
    };
    (StatusCode::PARTIAL_CONTENT, headers, body).into_response()
}

async fn import(user: &Client, url: &str) -> Result<JobView> {
    let body = json!({ "file": NewImport::new(url) });
    let response = user.call(Method::POST, "/api/uploads/url", Some(body)).await?;
    let status = response.status();
    let text = response.text().await?;
    ensure!(status.is_success(), "{status}: {text}");
    Ok(serde_json::from_str(&text)?)
}

async fn imports_of(pool: &PgPool, job: JobId) -> Result<i64> {
    let count = sqlx::query_scalar("select count(*) from imports where job = $1");
    Ok(count.bind(job.as_uuid()).fetch_one(pool).await?)
}

/// Waits until a job has no import.
async fn url_is_deleted(pool: &PgPool, job: JobId) -> Result<()> {
    for _ in 0..50 {
        if imports_of(pool, job).await? == 0 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    anyhow::bail!("the URL of job {job} is not deleted")
}

#[tokio::test]
async fn a_file_at_a_presigned_url_of_s3_is_annotated() -> Result<()> {
    let stack = stack();
    let objects = stack.sdk().await.object_store(true);
    let key = format!("lab-{}/free.vcf", Uuid::new_v4());
    let file = ObjectLocation { bucket: stack.inputs_bucket(), key };
    objects.write(&file, sample("free.vcf")?.into(), "text/plain").await?;
    let valid_for = SignedDuration::from_mins(5);
    let download = Download { file: &file, save_as: "free.vcf", valid_for };
    let url = objects.sign_download(&download).await?;

    let base = stack.web_url();
    let ada = Client::signed_in(&base, "ada-import").await?;
    let program = Program::of(&ada, &base, &["jobs:read", "jobs:write"]).await?;
    let response =
        program.call(Method::POST, "/jobs/from-url", Some(json!({ "url": url }))).await?;
    let status = response.status();
    let text = response.text().await?;
    ensure!(status == StatusCode::CREATED, "{status}: {text}");
    assert!(!text.contains("X-Amz-Signature"), "the URL is not returned: {text}");
    let created: Value = serde_json::from_str(&text)?;
    assert_eq!(
        (&created["file_name"], &created["status"]),
        (&json!("free.vcf"), &json!("uploading"))
    );
    assert_eq!(created["progress"]["step"], "copy");
    let id: JobId = serde_json::from_value(created["id"].clone())?;
    let done = ada.wait_for(id, &[Completed]).await?;
    let size = sample("free.vcf")?.len() as u64;
    assert_eq!((done.size, done.copied), (Some(size), None));
    assert!(ada.result(id).await?.contains("CSQ="));

    // The URL is in no row once the utility node has recorded the end of the copy, and in no export.
    let pool = stack.pool().await?;
    url_is_deleted(&pool, id).await?;
    let export = ada.get("/account-export").send().await?.text().await?;
    assert!(export.contains("free.vcf") && !export.contains("X-Amz-Signature"));
    pool.close().await;
    Ok(objects.delete(&file).await?)
}

#[tokio::test]
async fn a_large_file_is_copied_in_parts_and_equals_the_original() -> Result<()> {
    let stack = stack();
    let eve = premium::signed_in("eve-import").await?;
    let vcf = large_vcf(SIZE)?;
    let (served, url) = Served::start(vcf.clone()).await?;
    let job = import(&eve, &url).await?;
    assert_eq!((job.size, job.copied), (Some(SIZE as u64), Some(0)));
    let done = eve.wait_for(job.id, &[Completed]).await?;
    assert_eq!(done.size, Some(SIZE as u64));
    assert!(served.reads() >= 10, "{} reads", served.reads());
    let stored = stack.job_store().await.job(job.id).await?.context("no row")?;
    let info = stack.sdk().await.object_store(true).head(&stored.input.file).await?;
    assert_eq!(info.context("no object")?.size, SIZE as u64);
    Ok(())
}

#[tokio::test]
async fn a_file_that_changes_after_its_size_was_checked_ends_the_job() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-import-changed").await?;
    let (served, url) = Served::start(sample("free.vcf")?).await?;
    served.edit(|file| file.changes_once_probed = true);
    let job = import(&ada, &url).await?;
    let failed = ada.wait_for(job.id, &[Failed]).await?;
    let StateView::Failed { reason, .. } = failed.state else { anyhow::bail!("not failed") };
    assert!(reason.contains("the file changed while it was copied"), "{reason}");
    assert!(!reason.contains("s3cret"), "{reason}");
    Ok(())
}

#[tokio::test]
async fn a_job_that_is_cancelled_while_its_file_is_copied_gets_no_file() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-import-cancel").await?;
    let (served, url) = Served::start(sample("free.vcf")?).await?;
    served.edit(|file| file.stalls = true);
    let job = import(&ada, &url).await?;
    served.is_read().await?;
    assert_eq!(ada.job(job.id).await?.state, StateView::Uploading);
    ada.call(Method::POST, &format!("/api/jobs/{}/cancel", job.id), None).await?;
    ada.wait_for(job.id, &[Cancelled]).await?;
    let pool = stack().pool().await?;
    assert_eq!(imports_of(&pool, job.id).await?, 0, "the URL is deleted");
    pool.close().await;
    // The process that copied it looks every five seconds, and then copies the user's next file.
    served.edit(|file| file.stalls = false);
    let next = import(&ada, &url).await?;
    ada.wait_for(next.id, &[Completed]).await?;
    assert_eq!(ada.job(job.id).await?.state.status(), Cancelled);
    Ok(())
}

#[tokio::test]
async fn files_that_cannot_be_copied_are_rejected_with_what_to_do() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-import-bad").await?;
    let program = Program::of(&ada, &base, &["jobs:read", "jobs:write"]).await?;
    let reject = async |body: Value, status: StatusCode, part: &str| -> Result<()> {
        let response = program.call(Method::POST, "/jobs/from-url", Some(body.clone())).await?;
        assert_eq!(response.status(), status, "{body}");
        let text = response.text().await?;
        assert!(text.contains(part) && !text.contains("s3cret"), "{text}");
        Ok(())
    };
    let bad = StatusCode::BAD_REQUEST;
    let (served, url) = Served::start(vec![b'#'; FREE_MAX_UPLOAD_BYTES as usize + 1]).await?;
    let too_large = StatusCode::PAYLOAD_TOO_LARGE;
    reject(json!({ "url": url }), too_large, "the Free plan allows 150000").await?;
    served.edit(|file| file.denies = true);
    reject(json!({ "url": url }), bad, "the URL has expired").await?;
    served.edit(|file| (file.denies, file.has_ranges) = (false, false));
    reject(json!({ "url": url }), bad, "does not support requests for parts").await?;
    let key = json!({ "url": "s3://lab/free.vcf?s3cret" });
    reject(key, bad, "create a presigned URL").await?;
    reject(json!({ "url": "ftp://lab.example.org/a.vcf?s3cret" }), bad, "https://").await?;
    reject(json!({ "url": "http://127.0.0.1:1/a.vcf?s3cret" }), bad, "connection").await?;
    reject(json!({ "url": url, "size_bytes": 1 }), bad, "unknown field").await?;
    let listed = program.call_json(Method::GET, "/jobs", None).await?;
    assert_eq!(listed["jobs"], json!([]), "no job is left");
    let reader = Program::of(&ada, &base, &["jobs:read"]).await?;
    let denied = reader.call(Method::POST, "/jobs/from-url", Some(json!({ "url": url }))).await?;
    assert_eq!(denied.status(), StatusCode::FORBIDDEN);
    Ok(())
}

/// As on a server, where the setting of the local stack is off.
#[tokio::test]
async fn no_request_reaches_a_private_address() -> Result<()> {
    let (served, url) = Served::start("x").await?;
    let source = HttpFileSource::new(Targets::Public)?;
    let port = url.split(['/', ':']).find(|part| part.parse::<u16>().is_ok()).context("no port")?;
    for (url, problem) in [
        (url.clone(), SourceError::Scheme),
        (format!("https://127.0.0.1:{port}/lab/a.vcf"), SourceError::NotPublic),
        (format!("https://localhost:{port}/lab/a.vcf"), SourceError::NotPublic),
        ("https://169.254.169.254/latest/meta-data/".to_owned(), SourceError::NotPublic),
    ] {
        assert_eq!(source.probe(&Secret::from(url.clone())).await, Err(problem), "{url}");
    }
    assert_eq!(served.reads(), 0);
    Ok(())
}

/// On a database of its own, because the utility node of the stack would copy the files.
#[tokio::test]
async fn postgresql_fulfills_the_contract_of_the_imports_which_end_with_the_account() -> Result<()>
{
    /// No URL of the contract.
    const URL: &str = "https://lab.example.org/a.vcf";

    let stack = stack();
    let database = NewDatabase::migrated(&stack).await?;
    let pool = database.pool().await?;
    let store = PostgresImports::new(pool.clone());
    imports_contract(&store, new_user(&pool).await?, new_user(&pool).await?).await;

    let now = Timestamp::now();
    let new = |owner| NewImportRow {
        job: JobId::new(Uuid::new_v4()),
        owner,
        origin: ImportOrigin::Url(Secret::from(URL.to_owned())),
        version: FileVersion::Etag("\"one\"".to_owned()),
        created_at: now,
    };
    let count = async || -> Result<i64> {
        let count = sqlx::query_scalar("select count(*) from imports where url = $1").bind(URL);
        Ok(count.fetch_one(&pool).await?)
    };
    let (closing, blocked) = (new_user(&pool).await?, new_user(&pool).await?);
    for user in [closing, blocked] {
        assert_eq!(store.insert(&new(user), 5).await?, ImportInsertion::Stored);
    }
    assert_eq!(count().await?, 2);
    PostgresAccountData::new(pool.clone()).request_deletion(closing, now).await?;
    assert_eq!(count().await?, 1);
    PostgresAdministration::new(pool.clone()).set_blocked(blocked, Some(now)).await?;
    assert_eq!(count().await?, 0);
    for user in [closing, blocked] {
        assert!(store.insert(&new(user), 5).await.is_err(), "neither gets one");
    }
    pool.close().await;
    database.drop().await
}
