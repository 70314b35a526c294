//! A client of the REST API and of storage. Requests are retried if the network or GAS fails
//! temporarily.

mod comparison;
mod saved;
mod webhooks;

use crate::bandwidth::Bandwidth;
use crate::dto::{
    Account, CreatedJob, CreatedShareLink, Job, JobList, JobParts, Link, PrivateReference,
    PrivateReferenceList, Problem, ReferenceList, ReferenceParts, ShareLink, SourceList, Status,
    Upload,
};
use crate::error::CliError;
use crate::output::WithJson;
use crate::request_timing::RequestTiming;
use crate::settings::{Connection, Token};
use futures::{Stream, StreamExt, stream};
use gas_shared::explorer::{ExportFormats, Filter, url};
use gas_shared::import::NewImport;
use gas_shared::job::{Label, OrganizationRequest, ProjectName};
use gas_shared::private_reference::NewPrivateReference;
use gas_shared::share_link::NewShareLink;
use gas_shared::upload::NewUpload;
use reqwest::header::{CONTENT_LENGTH, RANGE, RETRY_AFTER};
use reqwest::multipart::{Form, Part};
use reqwest::{Body, Client, Method, RequestBuilder, Response, StatusCode, Url, redirect};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, Notify};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::bytes::Bytes;
use uuid::Uuid;

/// The time limit for connecting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How often a request is attempted.
const MAX_ATTEMPTS: u32 = 4;

/// The longest pause that a `Retry-After` header can cause.
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// The bytes that a part in memory is sent in at a time.
const PIECE_BYTES: usize = 32 * 1024;

/// How much of an error response of storage is shown, in characters.
const MAX_STORAGE_TEXT: usize = 300;

/// Which jobs are listed. The default has all.
#[derive(Debug, Default)]
pub struct JobFilter {
    /// Only jobs with this status.
    pub status: Option<Status>,
    /// Only jobs with all of these labels.
    pub labels: Vec<Label>,
    /// Only jobs of this project.
    pub project: Option<ProjectName>,
}

/// A client of GAS and its storage.
pub struct Api {
    url: Url,
    token: Token,
    /// Timeouts and pauses.
    pub timing: RequestTiming,
    /// The rate of all files that are sent and received.
    pub bandwidth: Bandwidth,
    /// The client for everything except uploads. It ends requests without a response.
    http: Client,
    /// The client for uploads, without a read timeout: reqwest would count the time in which the
    /// request is sent.
    uploads: Client,
    /// Serializes the requests and holds the earliest time of the next one. If GAS asks for a pause,
    /// all requests wait, and the rejected one is the next.
    next_request: Mutex<Instant>,
}

impl Api {
    /// Creates the clients without connecting.
    pub fn new(connection: &Connection, timing: RequestTiming) -> Result<Self, CliError> {
        // Redirects are not followed, so that the token is sent only to GAS.
        let client = || {
            Client::builder()
                .user_agent(concat!("gas-cli/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(CONNECT_TIMEOUT)
                .redirect(redirect::Policy::none())
        };
        Ok(Self {
            url: connection.url.clone(),
            token: connection.token.clone(),
            timing,
            bandwidth: Bandwidth::new(None),
            http: client().read_timeout(timing.idle_timeout).build()?,
            uploads: client().build()?,
            next_request: Mutex::new(Instant::now()),
        })
    }

    /// Limits the rate at which files are sent and received.
    #[must_use]
    pub fn with_bandwidth(self, bandwidth: Bandwidth) -> Self {
        Self { bandwidth, ..self }
    }

    /// The origin of GAS.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Returns the account that the token belongs to.
    pub async fn account(&self) -> Result<WithJson<Account>, CliError> {
        self.read(self.request(Method::GET, "account")).await
    }

    /// Sends a request of an operator. `None` if the response has no content.
    pub async fn admin(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, String)],
        body: Option<Value>,
    ) -> Result<Option<Value>, CliError> {
        let mut request = self.request(method, &format!("admin/{path}"));
        if !query.is_empty() {
            request = request.query(query);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = self.send(request).await?;
        match response.status() {
            StatusCode::NO_CONTENT => Ok(None),
            _ => parse(response).await.map(Some),
        }
    }

    /// Returns the references that files can be annotated with.
    pub async fn references(&self) -> Result<ReferenceList, CliError> {
        self.read(self.request(Method::GET, "references")).await
    }

    /// Returns the sources that files can be annotated with.
    pub async fn sources(&self) -> Result<SourceList, CliError> {
        self.read(self.request(Method::GET, "sources")).await
    }

    /// Returns the references of the user's own.
    pub async fn private_references(&self) -> Result<PrivateReferenceList, CliError> {
        self.read(self.request(Method::GET, "references/private")).await
    }

    /// Returns a reference of the user's own. `id` is the whole id, as in all methods.
    pub async fn private_reference(
        &self,
        id: &str,
    ) -> Result<WithJson<PrivateReference>, CliError> {
        self.read(self.request(Method::GET, &format!("references/{id}"))).await
    }

    /// Adds a reference, and returns the first parts of its files.
    pub async fn add_reference(
        &self,
        new: &NewPrivateReference,
        id: &str,
    ) -> Result<ReferenceParts, CliError> {
        match self.send_with_retries(self.request(Method::POST, "references").json(new)).await {
            // An earlier attempt added it, and its response was lost.
            (2.., Err(CliError::Problem(problem))) if problem.code == "conflict" => {
                self.reference_parts(id).await
            }
            (_, response) => parse(response?).await,
        }
    }

    /// Returns the next parts of the files of a reference.
    pub async fn reference_parts(&self, id: &str) -> Result<ReferenceParts, CliError> {
        self.read(self.request(Method::POST, &format!("references/{id}/parts"))).await
    }

    /// Sends a part of a file that is in memory to storage.
    pub async fn put_part(&self, url: &str, bytes: Bytes) -> Result<(), CliError> {
        let size = bytes.len();
        let pieces = (0..size).step_by(PIECE_BYTES);
        let pieces = pieces.map(move |at| Ok(bytes.slice(at..size.min(at + PIECE_BYTES))));
        self.put(url, stream::iter(pieces), size as u64).await
    }

    /// Sends `size` bytes to storage.
    pub async fn put<S>(&self, url: &str, file: S, size: u64) -> Result<(), CliError>
    where
        S: Stream<Item = io::Result<Bytes>> + Send + 'static,
    {
        let put = self.uploads.put(url).header(CONTENT_LENGTH, size);
        self.send_file(file, |body| Ok(put.body(body))).await
    }

    /// Submits a reference whose files are uploaded.
    pub async fn submit_reference(&self, id: &str) -> Result<WithJson<PrivateReference>, CliError> {
        self.read(self.request(Method::POST, &format!("references/{id}/submit"))).await
    }

    /// Deletes a reference.
    pub async fn delete_reference(&self, id: &str) -> Result<(), CliError> {
        self.remove(&format!("references/{id}")).await
    }

    /// Creates a job. Repeated calls with the same `key` return the same job.
    pub async fn create(&self, new: &NewUpload, key: Uuid) -> Result<CreatedJob, CliError> {
        let request = self.request(Method::POST, "jobs").json(new);
        self.read(request.header("idempotency-key", key.to_string())).await
    }

    /// Creates a job whose file is uploaded in parts. Repeated calls with the same `key` return the same job with the
    /// parts that are missing. A GAS that knows no parts returns a form for the file.
    pub async fn create_in_parts(
        &self,
        new: &NewUpload,
        key: Uuid,
    ) -> Result<CreatedJob, CliError> {
        let request = self.request(Method::POST, "jobs").query(&[("in_parts", true)]).json(new);
        self.read(request.header("idempotency-key", key.to_string())).await
    }

    /// Creates a job whose file GAS copies from a URL. Repeated calls with the same `key` return the same job.
    pub async fn create_from_url(&self, new: &NewImport, key: Uuid) -> Result<Job, CliError> {
        let request = self.request(Method::POST, "jobs/from-url").json(new);
        self.read(request.header("idempotency-key", key.to_string())).await
    }

    /// Returns the next parts of a job's file.
    pub async fn job_parts(&self, id: Uuid) -> Result<JobParts, CliError> {
        self.read(self.request(Method::POST, &format!("jobs/{id}/parts"))).await
    }

    /// Submits a job whose file is uploaded.
    pub async fn submit(&self, id: Uuid) -> Result<Job, CliError> {
        self.read(self.request(Method::POST, &format!("jobs/{id}/submit"))).await
    }

    /// Returns the current job.
    pub async fn job(&self, id: Uuid) -> Result<Job, CliError> {
        self.read(self.request(Method::GET, &format!("jobs/{id}"))).await
    }

    /// Runs a job again, with the options of the old one if none are given. Repeated calls with the same
    /// `key` return the same job.
    pub async fn rerun(
        &self,
        id: Uuid,
        options: Option<&Map<String, Value>>,
        key: Uuid,
    ) -> Result<Job, CliError> {
        let request = self.request(Method::POST, &format!("jobs/{id}/rerun"));
        let request = request.header("idempotency-key", key.to_string());
        self.read(match options {
            Some(options) => request.json(&serde_json::json!({ "options": options })),
            None => request,
        })
        .await
    }

    /// Returns a page of jobs.
    pub async fn jobs(
        &self,
        filter: &JobFilter,
        cursor: Option<&str>,
    ) -> Result<JobList, CliError> {
        let JobFilter { status, labels, project } = filter;
        let mut request = self.request(Method::GET, "jobs");
        if let Some(status) = status {
            request = request.query(&[("status", status)]);
        }
        if !labels.is_empty() {
            let labels: Vec<_> = labels.iter().map(Label::as_str).collect();
            request = request.query(&[("label", labels.join(","))]);
        }
        if let Some(project) = project {
            request = request.query(&[("project", project)]);
        }
        if let Some(cursor) = cursor {
            request = request.query(&[("cursor", cursor)]);
        }
        self.read(request).await
    }

    /// Changes the title, the labels, the project or the note of a job.
    pub async fn change(&self, id: Uuid, change: &OrganizationRequest) -> Result<Job, CliError> {
        self.read(self.request(Method::PATCH, &format!("jobs/{id}")).json(change)).await
    }

    /// Cancels a job.
    pub async fn cancel(&self, id: Uuid) -> Result<Job, CliError> {
        self.read(self.request(Method::POST, &format!("jobs/{id}/cancel"))).await
    }

    /// Deletes a job.
    pub async fn delete(&self, id: Uuid) -> Result<(), CliError> {
        self.remove(&format!("jobs/{id}")).await
    }

    /// Returns the share links to the result of a job.
    pub async fn links(&self, id: Uuid) -> Result<Vec<WithJson<ShareLink>>, CliError> {
        self.read(self.request(Method::GET, &format!("jobs/{id}/links"))).await
    }

    /// Makes a share link to the result of a job. If a response is lost, the attempt before has made another one, which
    /// [`Api::links`] has.
    pub async fn add_link(
        &self,
        id: Uuid,
        new: NewShareLink,
    ) -> Result<WithJson<CreatedShareLink>, CliError> {
        self.read(self.request(Method::POST, &format!("jobs/{id}/links")).json(&new)).await
    }

    /// Revokes a share link.
    pub async fn revoke_link(&self, id: Uuid, link: Uuid) -> Result<(), CliError> {
        self.remove(&format!("jobs/{id}/links/{link}")).await
    }

    /// Returns the run log of a job.
    pub async fn log(&self, id: Uuid) -> Result<String, CliError> {
        let response = self.send(self.request(Method::GET, &format!("jobs/{id}/log"))).await?;
        Ok(response.text().await?)
    }

    /// Starts the download of a job's result, without its first `offset` bytes if storage supports ranges.
    pub async fn result(&self, id: Uuid, offset: u64) -> Result<Response, CliError> {
        self.linked(&format!("jobs/{id}/result"), offset).await
    }

    /// Starts the download of the index of a job's result.
    pub async fn result_index(&self, id: Uuid) -> Result<Response, CliError> {
        self.linked(&format!("jobs/{id}/result/index"), 0).await
    }

    /// Starts an export of a job's result.
    pub async fn export(
        &self,
        id: Uuid,
        formats: &ExportFormats,
        filter: &Filter,
    ) -> Result<Response, CliError> {
        let request = self.request(Method::GET, &format!("jobs/{id}/export"));
        let query = [("format", formats.to_string()), ("filter", url::write_filter(filter))];
        self.send(request.query(&query)).await
    }

    /// Follows the link that a path answers with, from an offset in the file.
    async fn linked(&self, path: &str, offset: u64) -> Result<Response, CliError> {
        let request = self.request(Method::GET, path);
        let link: Link = self.read(request.query(&[("redirect", false)])).await?;
        // This request must not contain the token.
        let mut request = self.http.get(&link.url);
        if offset > 0 {
            request = request.header(RANGE, format!("bytes={offset}-"));
        }
        check_storage(request.send().await?).await
    }

    /// Uploads a file of `size` bytes to storage.
    pub async fn upload<S>(&self, upload: &Upload, file: S, size: u64) -> Result<(), CliError>
    where
        S: Stream<Item = io::Result<Bytes>> + Send + 'static,
    {
        let fields = upload.fields.iter();
        let form = fields
            .fold(Form::new(), |form, field| form.text(field.name.clone(), field.value.clone()));
        self.send_file(file, |body| {
            let part = Part::stream_with_length(body, size).file_name("file");
            let form = form.part("file", part.mime_str(&upload.content_type)?);
            Ok(self.uploads.post(&upload.url).multipart(form))
        })
        .await
    }

    /// Sends the request that `request` makes of a file to storage, at the set rate. Ends it if it makes no progress.
    async fn send_file<S>(
        &self,
        file: S,
        request: impl FnOnce(Body) -> Result<RequestBuilder, CliError>,
    ) -> Result<(), CliError>
    where
        S: Stream<Item = io::Result<Bytes>> + Send + 'static,
    {
        let progress = Arc::new(Notify::new());
        let (watch, bandwidth) = (progress.clone(), self.bandwidth.clone());
        let paced = file.then(move |piece| {
            let (progress, bandwidth) = (progress.clone(), bandwidth.clone());
            async move {
                bandwidth.pass(piece.as_ref().map_or(0, Bytes::len)).await;
                progress.notify_one();
                piece
            }
        });
        let request = request(Body::wrap_stream(paced))?;
        let idle_timeout = self.timing.idle_timeout;
        tokio::select! {
            response = request.send() => check_storage(response?).await.map(drop),
            () = async { while timeout(idle_timeout, watch.notified()).await.is_ok() {} } => {
                Err(CliError::Stalled(idle_timeout))
            }
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut url = self.url.clone();
        url.set_path(&format!("/api/v1/{path}"));
        self.http.request(method, url).bearer_auth(self.token.expose())
    }

    /// Deletes what a path names.
    async fn remove(&self, path: &str) -> Result<(), CliError> {
        match self.send_with_retries(self.request(Method::DELETE, path)).await {
            // An earlier attempt deleted it, and its response was lost.
            (2.., Err(CliError::Problem(problem))) if problem.code == "not_found" => Ok(()),
            (_, response) => response.map(drop),
        }
    }

    async fn read<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, CliError> {
        parse(self.send(request).await?).await
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, CliError> {
        self.send_with_retries(request).await.1
    }

    /// Sends a request in up to [`MAX_ATTEMPTS`] attempts, and returns their number with the result.
    /// Requests are idempotent: those that create a job have a key. A share link or a
    /// webhook may be made twice.
    async fn send_with_retries(
        &self,
        request: RequestBuilder,
    ) -> (u32, Result<Response, CliError>) {
        let mut next_request = self.next_request.lock().await;
        let mut backoff = self.timing.first_backoff;
        for attempt in 1.. {
            sleep_until(*next_request).await;
            // Bodies are in memory, so a request can always be cloned.
            let copy = request.try_clone().expect("the body is not a stream");
            let response = copy.send().await;
            let pause = match &response {
                Ok(response) => retry_pause(response, backoff),
                Err(error) if error.is_builder() => None,
                Err(_) => Some(backoff),
            };
            *next_request = Instant::now() + pause.unwrap_or_default();
            if pause.is_none() || attempt == MAX_ATTEMPTS {
                return (attempt, check_api(response).await);
            }
            backoff *= 2;
        }
        unreachable!("the loop ends by returning")
    }
}

/// Reads the body of a response.
async fn parse<T: DeserializeOwned>(response: Response) -> Result<T, CliError> {
    let status = response.status().as_u16();
    let bytes = response.bytes().await?;
    serde_json::from_slice(&bytes).map_err(|_| CliError::Unexpected { status })
}

/// The pause before a retry after this response; `None` if a retry is not useful.
fn retry_pause(response: &Response, backoff: Duration) -> Option<Duration> {
    let retry_after =
        response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    match response.status() {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            Some(retry_after.map_or(backoff, Duration::from_secs).min(MAX_PAUSE))
        }
        StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => Some(backoff),
        _ => None,
    }
}

/// Turns an error response of the API into an error.
async fn check_api(response: reqwest::Result<Response>) -> Result<Response, CliError> {
    let response = response?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let bytes = response.bytes().await.unwrap_or_default();
    Err(match serde_json::from_slice::<Problem>(&bytes) {
        Ok(problem) => CliError::Problem(problem),
        Err(_) => CliError::Unexpected { status: status.as_u16() },
    })
}

/// Turns an error response of storage into an error.
async fn check_storage(response: Response) -> Result<Response, CliError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let text = response.text().await.unwrap_or_default();
    let text = text.chars().take(MAX_STORAGE_TEXT).collect();
    Err(CliError::Storage { status: status.as_u16(), text })
}

#[cfg(test)]
#[path = "api_tests.rs"]
mod tests;
