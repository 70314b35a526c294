//! Calls of the API. What may be repeated is repeated where the network or GAS fail for a moment.

use crate::error::CliError;
use crate::patience::Patience;
use crate::settings::{Connection, Token};
use crate::wire::{Account, CreatedJob, Job, JobList, Link, Problem, Status, Upload};
use futures::{Stream, StreamExt};
use gas_shared::upload::NewUpload;
use reqwest::header::RETRY_AFTER;
use reqwest::multipart::{Form, Part};
use reqwest::{Body, Client, Method, RequestBuilder, Response, StatusCode, Url, redirect};
use serde::de::DeserializeOwned;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, Notify};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::bytes::Bytes;
use uuid::Uuid;

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How often a call is tried.
const ATTEMPTS: u32 = 4;

/// The longest wait that is waited because GAS asks for it.
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// The longest refusal of storage that is shown, in characters.
const MAX_STORAGE_TEXT: usize = 300;

/// A GAS and its storage.
pub struct Api {
    url: Url,
    token: Token,
    /// How long it waits for what.
    pub patience: Patience,
    /// Ends calls whose answer does not come.
    http: Client,
    /// Does not: reqwest takes the time in which a request is sent for silence of the server.
    uploads: Client,
    /// Whoever holds it may call, from then on. Calls go one by one, so where GAS asks to wait, all
    /// wait, and the one that was refused is the next.
    turn: Mutex<Instant>,
}

impl Api {
    /// Prepares the clients; nothing is called yet.
    pub fn new(connection: &Connection, patience: Patience) -> Result<Self, CliError> {
        // Follow no redirects: the token goes to GAS and nowhere else.
        let client = || {
            Client::builder()
                .user_agent(concat!("gas-cli/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(CONNECT_TIMEOUT)
                .redirect(redirect::Policy::none())
        };
        Ok(Self {
            url: connection.url.clone(),
            token: connection.token.clone(),
            patience,
            http: client().read_timeout(patience.silence).build()?,
            uploads: client().build()?,
            turn: Mutex::new(Instant::now()),
        })
    }

    /// Whose token it is.
    pub async fn account(&self) -> Result<Account, CliError> {
        self.read(self.request(Method::GET, "account")).await
    }

    /// Makes a job. With one `key` it is made once.
    pub async fn create(&self, new: &NewUpload, key: Uuid) -> Result<CreatedJob, CliError> {
        let request = self.request(Method::POST, "jobs").json(new);
        self.read(request.header("idempotency-key", key.to_string())).await
    }

    /// Says that a job's file is uploaded.
    pub async fn submit(&self, id: Uuid) -> Result<Job, CliError> {
        self.read(self.request(Method::POST, &format!("jobs/{id}/submit"))).await
    }

    /// A job as it is now.
    pub async fn job(&self, id: Uuid) -> Result<Job, CliError> {
        self.read(self.request(Method::GET, &format!("jobs/{id}"))).await
    }

    /// A page of jobs.
    pub async fn jobs(
        &self,
        status: Option<Status>,
        cursor: Option<&str>,
    ) -> Result<JobList, CliError> {
        let mut request = self.request(Method::GET, "jobs");
        if let Some(status) = status {
            request = request.query(&[("status", status)]);
        }
        if let Some(cursor) = cursor {
            request = request.query(&[("cursor", cursor)]);
        }
        self.read(request).await
    }

    /// Stops a job.
    pub async fn cancel(&self, id: Uuid) -> Result<Job, CliError> {
        self.read(self.request(Method::POST, &format!("jobs/{id}/cancel"))).await
    }

    /// Deletes a job.
    pub async fn delete(&self, id: Uuid) -> Result<(), CliError> {
        match self.repeat(self.request(Method::DELETE, &format!("jobs/{id}"))).await {
            // An attempt before has deleted it, and its answer was lost.
            (2.., Err(CliError::Problem(problem))) if problem.code == "not_found" => Ok(()),
            (_, answer) => answer.map(drop),
        }
    }

    /// The log of a job.
    pub async fn log(&self, id: Uuid) -> Result<String, CliError> {
        let answer = self.send(self.request(Method::GET, &format!("jobs/{id}/log"))).await?;
        Ok(answer.text().await?)
    }

    /// The annotated file of a job, to be read on.
    pub async fn result(&self, id: Uuid) -> Result<Response, CliError> {
        let request = self.request(Method::GET, &format!("jobs/{id}/result"));
        let link: Link = self.read(request.query(&[("redirect", false)])).await?;
        // Without the token.
        stored(self.http.get(&link.url).send().await?).await
    }

    /// Sends a file of `size` bytes to storage.
    pub async fn upload<S>(&self, upload: &Upload, file: S, size: u64) -> Result<(), CliError>
    where
        S: Stream<Item = io::Result<Bytes>> + Send + 'static,
    {
        let fields = upload.fields.iter();
        let form = fields
            .fold(Form::new(), |form, field| form.text(field.name.clone(), field.value.clone()));
        let taken = Arc::new(Notify::new());
        let watch = taken.clone();
        let file = Body::wrap_stream(file.inspect(move |_| taken.notify_one()));
        let part = Part::stream_with_length(file, size).file_name("file");
        let form = form.part("file", part.mime_str(&upload.content_type)?);
        let silence = self.patience.silence;
        tokio::select! {
            answer = self.uploads.post(&upload.url).multipart(form).send() => {
                stored(answer?).await.map(drop)
            }
            () = async { while timeout(silence, watch.notified()).await.is_ok() {} } => {
                Err(CliError::Stalled(silence))
            }
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut url = self.url.clone();
        url.set_path(&format!("/api/v1/{path}"));
        self.http.request(method, url).bearer_auth(self.token.expose())
    }

    async fn read<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, CliError> {
        let answer = self.send(request).await?;
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await?;
        serde_json::from_slice(&bytes).map_err(|_| CliError::Unexpected { status })
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, CliError> {
        self.repeat(request).await.1
    }

    /// Sends a request until it is answered, a few times at most; answers how many. All requests may
    /// be repeated: what makes a job has a key.
    async fn repeat(&self, request: RequestBuilder) -> (u32, Result<Response, CliError>) {
        let mut turn = self.turn.lock().await;
        let mut pause = self.patience.repeat;
        for attempt in 1.. {
            sleep_until(*turn).await;
            // Bodies are in memory, so a request can always be copied.
            let copy = request.try_clone().expect("the body is no stream");
            let answer = copy.send().await;
            let wait = match &answer {
                Ok(answer) => pause_of(answer, pause),
                Err(error) if error.is_builder() => None,
                Err(_) => Some(pause),
            };
            *turn = Instant::now() + wait.unwrap_or_default();
            if wait.is_none() || attempt == ATTEMPTS {
                return (attempt, checked(answer).await);
            }
            pause *= 2;
        }
        unreachable!("the loop ends by returning")
    }
}

/// How long to wait before an answer's request is repeated; `None` where it is not.
fn pause_of(answer: &Response, pause: Duration) -> Option<Duration> {
    let asked =
        answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    match answer.status() {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            Some(asked.map_or(pause, Duration::from_secs).min(MAX_PAUSE))
        }
        StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => Some(pause),
        _ => None,
    }
}

async fn checked(answer: reqwest::Result<Response>) -> Result<Response, CliError> {
    let answer = answer?;
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let bytes = answer.bytes().await.unwrap_or_default();
    Err(match serde_json::from_slice::<Problem>(&bytes) {
        Ok(problem) => CliError::Problem(problem),
        Err(_) => CliError::Unexpected { status: status.as_u16() },
    })
}

async fn stored(answer: Response) -> Result<Response, CliError> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let text = answer.text().await.unwrap_or_default();
    let text = text.chars().take(MAX_STORAGE_TEXT).collect();
    Err(CliError::Storage { status: status.as_u16(), text })
}

#[cfg(test)]
#[path = "api_tests.rs"]
mod tests;
