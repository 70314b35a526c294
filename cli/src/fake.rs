//! A fake of GAS and its storage for tests.

use crate::api::Api;
use crate::request_timing::RequestTiming;
use crate::settings::{Connection, Token};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use uuid::Uuid;

/// Short times, for tests.
pub const FAST: RequestTiming = RequestTiming {
    idle_timeout: Duration::from_millis(800),
    first_backoff: Duration::from_millis(5),
    poll_spacing: Duration::from_millis(6),
    first_poll_interval: Duration::from_millis(10),
    max_poll_interval: Duration::from_millis(30),
};

/// Returns a response in place of the fake's own one, or `None`. Its arguments are the call, such as
/// `GET /api/v1/account`, and the number of earlier calls of the same kind.
pub type Hook = Box<dyn Fn(&str, usize) -> Option<Response> + Send + Sync>;

/// The state of the fake: the calls with their times, and the jobs.
pub struct Fake {
    hook: Hook,
    origin: String,
    calls: Mutex<Vec<(String, Instant)>>,
    /// Ids and file names of the jobs. A job's id is its idempotency key.
    jobs: Mutex<Vec<(Uuid, String)>>,
}

/// A client for this listener, with short times.
pub fn client(listener: &TcpListener) -> Api {
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let token = Token::from("gas_t".to_owned());
    Api::new(&Connection { url, token }, FAST).unwrap()
}

/// Starts a fake, and returns it with a client.
pub async fn start(hook: Hook) -> (Api, Arc<Fake>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let api = client(&listener);
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let fake = Fake { hook, origin, calls: Mutex::default(), jobs: Mutex::default() };
    let fake = Arc::new(fake);
    let app = Router::new().fallback(handle).with_state(fake.clone());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (api, fake)
}

async fn handle(State(fake): State<Arc<Fake>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let call = format!("{} {}", head.method, head.uri.path());
    let earlier = {
        let mut calls = fake.calls.lock().unwrap();
        calls.push((call.clone(), Instant::now()));
        calls.iter().filter(|(other, _)| *other == call).count() - 1
    };
    let key = head.headers.get("idempotency-key").and_then(|key| key.to_str().ok()?.parse().ok());
    (fake.hook)(&call, earlier).unwrap_or_else(|| fake.response(&call, key, earlier, &body))
}

impl Fake {
    /// The times of the calls that start with `prefix` and end with `suffix`.
    pub fn times(&self, prefix: &str, suffix: &str) -> Vec<Instant> {
        let calls = self.calls.lock().unwrap();
        let matching =
            calls.iter().filter(|(call, _)| call.starts_with(prefix) && call.ends_with(suffix));
        matching.map(|(_, at)| *at).collect()
    }

    /// All calls, such as `GET /api/v1/account`, in order.
    pub fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().iter().map(|(call, _)| call.clone()).collect()
    }

    /// The origin of the fake's URLs.
    pub fn origin(&self) -> String {
        self.origin.clone()
    }

    /// The ids of the jobs, oldest first.
    pub fn ids(&self) -> Vec<Uuid> {
        self.jobs.lock().unwrap().iter().map(|(id, _)| *id).collect()
    }

    fn response(&self, call: &str, key: Option<Uuid>, earlier: usize, body: &Bytes) -> Response {
        let path: Vec<&str> = call.split(['/', ' ']).filter(|part| !part.is_empty()).collect();
        let body = match path[..] {
            ["GET", "api", "v1", "account"] => {
                json!({"name": "Ada", "email": "ada@example.org", "plan": "free",
                    "max_upload_bytes": 1_000_000})
            }
            ["POST", "api", "v1", "jobs"] => {
                let new: Value = serde_json::from_slice(body).unwrap();
                let id = self.create(key.unwrap(), new["file_name"].as_str().unwrap());
                let upload = json!({"url": format!("{}/upload", self.origin), "fields": [],
                    "content_type": "text/plain"});
                json!({"job": self.job(id, "uploading"), "upload": upload})
            }
            ["POST", "upload"] => return StatusCode::NO_CONTENT.into_response(),
            ["POST", "api", "v1", "jobs", id, "submit"] => self.job(id.parse().unwrap(), "pending"),
            ["POST", "api", "v1", "jobs", id, "cancel"] => {
                self.job(id.parse().unwrap(), "cancelled")
            }
            ["PATCH", "api", "v1", "jobs", id] => self.job(id.parse().unwrap(), "pending"),
            ["GET", "api", "v1", "jobs", id] => {
                self.job(id.parse().unwrap(), if earlier == 0 { "running" } else { "completed" })
            }
            ["GET", "api", "v1", "jobs", id, "result"] => {
                json!({"url": format!("{}/stored/{id}", self.origin)})
            }
            ["GET", "api", "v1", "jobs", id, "result", "index"] => {
                json!({"url": format!("{}/stored-index/{id}", self.origin)})
            }
            ["GET", "api", "v1", "jobs", id, "log"] | ["GET", "stored", id] => {
                return id.to_owned().into_response();
            }
            _ => return StatusCode::NOT_FOUND.into_response(),
        };
        body.to_string().into_response()
    }

    fn create(&self, key: Uuid, name: &str) -> Uuid {
        let mut jobs = self.jobs.lock().unwrap();
        if !jobs.iter().any(|(id, _)| *id == key) {
            jobs.push((key, name.to_owned()));
        }
        key
    }

    /// A job with this status, as JSON.
    fn job(&self, id: Uuid, status: &str) -> Value {
        let jobs = self.jobs.lock().unwrap();
        let name = jobs.iter().find(|(other, _)| *other == id).map(|(_, name)| name.as_str());
        json!({"id": id, "file_name": name.unwrap_or("a.vcf"), "status": status,
            "submitted_at": "2026-09-21T14:13:20Z"})
    }
}
