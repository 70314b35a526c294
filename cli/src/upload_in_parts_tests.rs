//! Tests of uploads in parts against a fake of GAS and its storage.

use super::*;
use crate::fake::client;
use axum::body::Bytes;
use axum::extract::{self, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{post, put};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::Barrier;

/// The length of all parts but the last.
const PART: u64 = 10;

/// The parts of an answer.
const TICKET: usize = 3;

/// A service whose jobs are their idempotency keys.
struct Service {
    origin: String,
    size: u64,
    /// Parts wait here for as many others.
    together: Barrier,
    state: Mutex<Stored>,
}

#[derive(Default)]
struct Stored {
    arrived: BTreeMap<u64, Bytes>,
    /// The status of a PUT of each part, if it does not arrive.
    rejected: BTreeMap<u64, StatusCode>,
    /// The calls of the API: the kind and the job.
    calls: Vec<(&'static str, String)>,
    /// Whether jobs expect their file in one request, as in earlier versions.
    without_parts: bool,
    /// The number of parts whose PUT has begun.
    begun: u32,
    /// Whether jobs are submitted, and the response to that is lost.
    loses_submissions: bool,
}

impl Service {
    fn state(&self) -> std::sync::MutexGuard<'_, Stored> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn job(id: &str, status: &str) -> Value {
        json!({"id": id, "file_name": "a.vcf", "status": status, "submitted_at": "2026-09-21T14:13:20Z"})
    }

    fn parts(&self) -> Value {
        let state = self.state();
        let parts = (0..self.size).step_by(PART as usize);
        let missing: Vec<(u64, u64)> = parts
            .filter(|at| !state.arrived.contains_key(at))
            .map(|at| (at, PART.min(self.size - at)))
            .collect();
        let bytes: u64 = missing.iter().map(|(_, length)| length).sum();
        let parts = missing.iter().take(TICKET).map(|(offset, length)| {
            json!({"offset": offset, "length": length, "url": format!("{}/part/{offset}", self.origin)})
        });
        json!({"size_bytes": self.size, "missing_bytes": bytes, "parts": parts.collect::<Vec<_>>()})
    }

    /// The calls since the last time.
    fn calls(&self) -> Vec<(&'static str, String)> {
        std::mem::take(&mut self.state().calls)
    }
}

async fn create(State(service): State<Arc<Service>>, headers: HeaderMap) -> Json<Value> {
    let key = headers["idempotency-key"].to_str().unwrap_or_default().to_owned();
    let parts = service.parts();
    let mut state = service.state();
    state.calls.push(("create", key.clone()));
    let job = Service::job(&key, "uploading");
    Json(if state.loses_submissions {
        json!({"job": Service::job(&key, "running"), "upload": null, "parts": null})
    } else if state.without_parts {
        json!({"job": job, "upload": {"url": "http://localhost/", "fields": [], "content_type": "text/plain"}})
    } else {
        json!({"job": job, "upload": null, "parts": parts})
    })
}

async fn act(
    State(service): State<Arc<Service>>,
    extract::Path((id, action)): extract::Path<(String, String)>,
) -> Result<Json<Value>, StatusCode> {
    let (name, answer) = match action.as_str() {
        "parts" => ("parts", service.parts()),
        "submit" => ("submit", Service::job(&id, "pending")),
        _ => ("cancel", Service::job(&id, "cancelled")),
    };
    let mut state = service.state();
    state.calls.push((name, id));
    if name == "submit" && state.loses_submissions {
        return Err(StatusCode::BAD_GATEWAY);
    }
    Ok(Json(answer))
}

async fn put_part(
    State(service): State<Arc<Service>>,
    extract::Path(offset): extract::Path<u64>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    service.state().begun += 1;
    // A part that is not sent together with the others would wait for them until the client gives up.
    service.together.wait().await;
    assert_eq!(headers["content-length"].to_str().ok(), Some(body.len().to_string().as_str()));
    assert!(!headers.contains_key("authorization"), "storage does not get the token");
    let mut state = service.state();
    if let Some(status) = state.rejected.get(&offset) {
        return *status;
    }
    state.arrived.insert(offset, body);
    StatusCode::OK
}

struct Case {
    api: Api,
    service: Arc<Service>,
    folder: TempDir,
    content: Vec<u8>,
    options: UploadOptions,
}

impl Case {
    /// A file of this size, of which `parallel` parts are sent at a time.
    async fn new(size: u64, parallel: u8) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = client(&listener);
        let service = Arc::new(Service {
            origin: format!("http://{}", listener.local_addr().unwrap()),
            size,
            together: Barrier::new(parallel.into()),
            state: Mutex::default(),
        });
        let app = Router::new()
            .route("/api/v1/jobs", post(create))
            .route("/api/v1/jobs/{id}/{action}", post(act))
            .route("/part/{offset}", put(put_part))
            .with_state(service.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let folder = tempfile::tempdir().unwrap();
        let content: Vec<u8> = (0..size).map(|at| b'A' + (at % 23) as u8).collect();
        std::fs::write(folder.path().join("a.vcf"), &content).unwrap();
        let state_dir = Some(folder.path().join("state"));
        let options = UploadOptions { parallel_parts: parallel, state_dir };
        Self { api, service, folder, content, options }
    }

    async fn submit(&self) -> Result<Outcome, CliError> {
        let path = self.folder.path().join("a.vcf");
        let new = NewUpload::new("a.vcf", std::fs::metadata(&path).unwrap().len());
        submit(&self.api, &path, &new, &self.options, &ProgressBar::hidden()).await
    }

    fn arrived(&self) -> Vec<u8> {
        self.service.state().arrived.values().flatten().copied().collect()
    }

    fn records(&self) -> usize {
        std::fs::read_dir(self.folder.path().join("state")).map_or(0, Iterator::count)
    }
}

fn names(calls: &[(&'static str, String)]) -> Vec<&'static str> {
    calls.iter().map(|(name, _)| *name).collect()
}

#[tokio::test]
async fn parts_are_sent_together_until_none_is_missing() {
    // Three parts, and then three: the last one is short.
    let case = Case::new(5 * PART + 7, 3).await;
    let Outcome::Submitted(job) = case.submit().await.unwrap() else { panic!("no parts") };
    assert!(case.arrived() == case.content);
    let calls = case.service.calls();
    assert_eq!(names(&calls), ["create", "parts", "parts", "submit"]);
    assert!(calls.iter().all(|(_, id)| *id == job.id.to_string()));
    assert_eq!(case.records(), 0, "a submitted file can be uploaded again as another job");
}

#[tokio::test]
async fn the_same_command_continues_an_interrupted_upload() {
    let case = Case::new(4 * PART, 1).await;
    case.service.state().rejected.insert(2 * PART, StatusCode::SERVICE_UNAVAILABLE);
    let error = case.submit().await.unwrap_err();
    assert!(matches!(error, CliError::Interrupted(_)), "{error:?}");
    assert!(error.to_string().ends_with("run the same command again to continue"), "{error}");
    let first = case.service.calls();
    assert!(!names(&first).contains(&"cancel") && case.records() == 1);
    let kept = case.service.state().arrived.len();
    assert_eq!(kept, 3, "the part after the one that fails arrived");

    case.service.state().rejected.clear();
    let Outcome::Submitted(job) = case.submit().await.unwrap() else { panic!("no parts") };
    let second = case.service.calls();
    assert_eq!(names(&second), ["create", "parts", "submit"]);
    assert_eq!((&second[0].1, &job.id.to_string()), (&first[0].1, &first[0].1), "the same job");
    assert!(case.arrived() == case.content && case.records() == 0);
}

#[tokio::test]
async fn an_expired_part_is_signed_again() {
    let case = Case::new(2 * PART, 1).await;
    case.service.state().rejected.insert(PART, StatusCode::FORBIDDEN);
    let service = case.service.clone();
    let later = async {
        tokio::time::sleep(Duration::from_millis(8)).await;
        service.state().rejected.clear();
    };
    let (submitted, ()) = tokio::join!(case.submit(), later);
    assert!(matches!(submitted.unwrap(), Outcome::Submitted(_)));
    assert!(case.arrived() == case.content);
}

#[tokio::test]
async fn a_rejected_upload_is_cancelled_and_not_continued() {
    let case = Case::new(2 * PART, 1).await;
    case.service.state().rejected.insert(0, StatusCode::NOT_FOUND);
    let error = case.submit().await.unwrap_err();
    assert!(matches!(error, CliError::Storage { status: 404, .. }), "{error:?}");
    assert_eq!(names(&case.service.calls()), ["create", "cancel"]);
    assert_eq!(case.records(), 0);
}

#[tokio::test]
async fn a_file_that_has_changed_is_another_upload() {
    let case = Case::new(2 * PART, 1).await;
    case.service.state().rejected.insert(PART, StatusCode::SERVICE_UNAVAILABLE);
    case.submit().await.unwrap_err();
    let first = case.service.calls();
    case.service.state().rejected.clear();
    std::thread::sleep(Duration::from_millis(10));
    std::fs::write(case.folder.path().join("a.vcf"), &case.content).unwrap();
    case.submit().await.unwrap();
    assert_ne!(case.service.calls()[0].1, first[0].1, "another job");
}

#[tokio::test]
async fn a_file_that_changes_while_its_last_part_is_sent_is_not_submitted() {
    // The only part waits for the test.
    let case = Case::new(PART, 2).await;
    let (service, path) = (case.service.clone(), case.folder.path().join("a.vcf"));
    let change = async {
        while service.state().begun == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        // File systems keep times of some milliseconds.
        tokio::time::sleep(Duration::from_millis(20)).await;
        std::fs::write(&path, &case.content).unwrap();
        service.together.wait().await;
    };
    let (submitted, _) = tokio::join!(case.submit(), change);
    assert!(matches!(submitted.unwrap_err(), CliError::File(_)));
    assert_eq!(names(&case.service.calls()), ["create", "parts", "cancel"]);
    assert_eq!(case.records(), 0);
}

#[tokio::test]
async fn a_submission_whose_response_is_lost_is_not_repeated_as_another_job() {
    let case = Case::new(PART, 1).await;
    let service = case.service.clone();
    // The parts are created before responses are lost.
    let lose = async {
        while service.state().calls.is_empty() {
            tokio::task::yield_now().await;
        }
        service.state().loses_submissions = true;
    };
    let (submitted, ()) = tokio::join!(case.submit(), lose);
    assert!(matches!(submitted.unwrap_err(), CliError::Interrupted(_)));
    let first = case.service.calls();
    let Outcome::Submitted(job) = case.submit().await.unwrap() else { panic!("another upload") };
    assert_eq!((job.id.to_string(), case.records()), (first[0].1.clone(), 0));
    assert_eq!(names(&case.service.calls()), ["create"]);
}

#[tokio::test]
async fn a_service_of_an_earlier_version_gets_the_file_in_one_request() {
    let case = Case::new(2 * PART, 1).await;
    case.service.state().without_parts = true;
    let Outcome::InOneRequest { key, created } = case.submit().await.unwrap() else {
        panic!("in parts");
    };
    assert_eq!(key, created.job.id);
    assert!(created.upload.is_some());
    assert_eq!((names(&case.service.calls()), case.records()), (vec!["create"], 0));
}
