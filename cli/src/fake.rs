//! A GAS and its storage in one, as far as tests need them.

use crate::api::Api;
use crate::patience::Patience;
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

/// Everything soon.
pub const HASTE: Patience = Patience {
    silence: Duration::from_millis(800),
    repeat: Duration::from_millis(5),
    pace: Duration::from_millis(6),
    first_look: Duration::from_millis(10),
    last_look: Duration::from_millis(30),
};

/// Answers a call before the fake does: it is told the call, such as `GET /api/v1/account`, and how
/// many of the same came before.
pub type Hook = Box<dyn Fn(&str, usize) -> Option<Response> + Send + Sync>;

/// What was called, and when.
pub struct Fake {
    hook: Hook,
    origin: String,
    calls: Mutex<Vec<(String, Instant)>>,
    /// The file names of jobs, whose ids are their idempotency keys.
    jobs: Mutex<Vec<(Uuid, String)>>,
}

/// Where a listener can be called, by a client in a hurry.
pub fn client(listener: &TcpListener) -> Api {
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let token = Token::from("gas_t".to_owned());
    Api::new(&Connection { url, token }, HASTE).unwrap()
}

/// Starts one.
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
    (fake.hook)(&call, earlier).unwrap_or_else(|| fake.answer(&call, key, earlier, &body))
}

impl Fake {
    /// The moments of the calls whose text begins and ends like this.
    pub fn times(&self, begin: &str, end: &str) -> Vec<Instant> {
        let calls = self.calls.lock().unwrap();
        let meant = calls.iter().filter(|(call, _)| call.starts_with(begin) && call.ends_with(end));
        meant.map(|(_, at)| *at).collect()
    }

    /// The ids of the jobs, in the order in which they were made.
    pub fn ids(&self) -> Vec<Uuid> {
        self.jobs.lock().unwrap().iter().map(|(id, _)| *id).collect()
    }

    fn answer(&self, call: &str, key: Option<Uuid>, earlier: usize, body: &Bytes) -> Response {
        let path: Vec<&str> = call.split(['/', ' ']).filter(|part| !part.is_empty()).collect();
        let answer = match path[..] {
            ["GET", "api", "v1", "account"] => {
                json!({"name": "Ada", "email": "ada@example.org", "plan": "free",
                    "max_upload_bytes": 1_000_000})
            }
            ["POST", "api", "v1", "jobs"] => {
                let new: Value = serde_json::from_slice(body).unwrap();
                let id = self.make(key.unwrap(), new["file_name"].as_str().unwrap());
                let upload = json!({"url": format!("{}/upload", self.origin), "fields": [],
                    "content_type": "text/plain"});
                json!({"job": self.job(id, "uploading"), "upload": upload})
            }
            ["POST", "upload"] => return StatusCode::NO_CONTENT.into_response(),
            ["POST", "api", "v1", "jobs", id, "submit"] => self.job(id.parse().unwrap(), "pending"),
            ["POST", "api", "v1", "jobs", id, "cancel"] => {
                self.job(id.parse().unwrap(), "cancelled")
            }
            ["GET", "api", "v1", "jobs", id] => {
                self.job(id.parse().unwrap(), if earlier == 0 { "running" } else { "completed" })
            }
            ["GET", "api", "v1", "jobs", id, "result"] => {
                json!({"url": format!("{}/stored/{id}", self.origin)})
            }
            ["GET", "api", "v1", "jobs", id, "log"] | ["GET", "stored", id] => {
                return id.to_owned().into_response();
            }
            _ => return StatusCode::NOT_FOUND.into_response(),
        };
        answer.to_string().into_response()
    }

    fn make(&self, key: Uuid, name: &str) -> Uuid {
        let mut jobs = self.jobs.lock().unwrap();
        if !jobs.iter().any(|(id, _)| *id == key) {
            jobs.push((key, name.to_owned()));
        }
        key
    }

    fn job(&self, id: Uuid, status: &str) -> Value {
        let jobs = self.jobs.lock().unwrap();
        let name = jobs.iter().find(|(other, _)| *other == id).map(|(_, name)| name.as_str());
        json!({"id": id, "file_name": name.unwrap_or("a.vcf"), "status": status,
            "submitted_at": "2026-09-21T14:13:20Z"})
    }
}
