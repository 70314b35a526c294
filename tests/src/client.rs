//! A user's program that speaks to GAS over HTTP: cookies, redirects, forms, server functions.

use anyhow::{Context, Result, anyhow, ensure};
use gas_shared::upload::UploadTicket;
use gas_shared::{JobId, JobStatus, JobView};
use reqwest::cookie::{CookieStore, Jar};
use reqwest::header::HeaderValue;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a job may take before a test gives up.
const JOB_TIMEOUT: Duration = Duration::from_secs(90);

/// A user's program; signed in or not.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    cookies: Arc<Jar>,
    base: String,
}

/// A job whose file S3 has.
#[derive(Clone, Debug)]
pub struct Upload {
    /// What the server gave for it.
    pub ticket: UploadTicket,
}

impl Client {
    /// Somebody who is not signed in.
    ///
    /// # Errors
    /// Where the HTTP client cannot be made.
    pub fn anonymous(base: &str) -> Result<Self> {
        let cookies = Arc::new(Jar::default());
        let http = reqwest::Client::builder().cookie_provider(cookies.clone()).build()?;
        Ok(Self { http, cookies, base: base.to_owned() })
    }

    /// A user of the local identity provider, signed in by its page as a browser would.
    ///
    /// # Errors
    /// Where sign-in does not end at the list of jobs.
    pub async fn signed_in(base: &str, user: &str) -> Result<Self> {
        let client = Self::anonymous(base)?;
        let page = client.get("/login").send().await?;
        ensure!(page.status() == StatusCode::OK, "sign-in page: {}", page.status());
        let form = page.url().clone();
        let answer = client.http.post(form).form(&[("username", user)]).send().await?;
        let end = answer.url().path().to_owned();
        ensure!(end == "/annotations", "sign-in ended at {} {end}", answer.status());
        Ok(client)
    }

    /// The cookies that it sends to the service now, as a thief would copy them.
    ///
    /// # Errors
    /// Where there are none.
    pub fn stolen_cookies(&self) -> Result<HeaderValue> {
        self.cookies.cookies(&self.base.parse()?).context("there are no cookies")
    }

    /// A GET of a path of the service.
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.base))
    }

    /// A POST to a path of the service.
    pub fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.base))
    }

    /// A call of a server function, whatever its answer.
    ///
    /// # Errors
    /// Where there is no answer.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Response> {
        let request = self.http.request(method, format!("{}{path}", self.base));
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        Ok(request.send().await?)
    }

    /// A ticket for an upload.
    ///
    /// # Errors
    /// Where the server refuses.
    pub async fn ticket(&self, name: &str, size: usize) -> Result<UploadTicket> {
        let body = json!({ "file_name": name, "size": size });
        let answer = self.call(Method::POST, "/api/uploads", Some(body)).await?;
        read(answer).await
    }

    /// Sends a file to S3 as the ticket says.
    ///
    /// # Errors
    /// Where S3 cannot be reached; its refusal is an answer.
    pub async fn send_to_s3(&self, ticket: &UploadTicket, content: &[u8]) -> Result<Response> {
        let fields = ticket.fields.iter().cloned();
        let form = fields.fold(Form::new(), |form, (name, value)| form.text(name, value));
        let part =
            Part::bytes(content.to_vec()).file_name("file").mime_str(&ticket.content_type)?;
        Ok(self.http.post(&ticket.url).multipart(form.part("file", part)).send().await?)
    }

    /// Uploads a file, without confirming it.
    ///
    /// # Errors
    /// Where server or S3 refuse.
    pub async fn upload(&self, name: &str, content: &[u8]) -> Result<Upload> {
        let ticket = self.ticket(name, content.len()).await?;
        let answer = self.send_to_s3(&ticket, content).await?;
        ensure!(answer.status() == StatusCode::CREATED, "S3: {}", answer.text().await?);
        Ok(Upload { ticket })
    }

    /// Tells the server that the file is there.
    ///
    /// # Errors
    /// Where the server refuses.
    pub async fn confirm(&self, id: JobId) -> Result<JobView> {
        let path = format!("/api/uploads/{id}/confirm");
        read(self.call(Method::POST, &path, None).await?).await
    }

    /// Uploads and confirms a file.
    ///
    /// # Errors
    /// Where anything refuses.
    pub async fn submit(&self, name: &str, content: &[u8]) -> Result<JobView> {
        let upload = self.upload(name, content).await?;
        self.confirm(upload.ticket.job_id).await
    }

    /// A job as it is now.
    ///
    /// # Errors
    /// Where the server refuses.
    pub async fn job(&self, id: JobId) -> Result<JobView> {
        read(self.get(&format!("/api/jobs/{id}")).send().await?).await
    }

    /// Waits until a job has one of these states.
    ///
    /// # Errors
    /// Where it has not within [`JOB_TIMEOUT`].
    pub async fn wait_for(&self, id: JobId, wanted: &[JobStatus]) -> Result<JobView> {
        let deadline = Instant::now() + JOB_TIMEOUT;
        loop {
            let job = self.job(id).await?;
            if wanted.contains(&job.state.status()) {
                return Ok(job);
            }
            ensure!(Instant::now() < deadline, "job {id} is still {:?}", job.state);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The annotated file of a finished job.
    ///
    /// # Errors
    /// Where server or S3 refuse.
    pub async fn result(&self, id: JobId) -> Result<String> {
        let path = format!("/api/jobs/{id}/result-link");
        let link: String = read(self.call(Method::POST, &path, None).await?).await?;
        let answer = self.http.get(link).send().await?;
        ensure!(answer.status() == StatusCode::OK, "S3: {}", answer.text().await?);
        Ok(answer.text().await?)
    }

    /// The count log of a finished job.
    ///
    /// # Errors
    /// Where the server refuses.
    pub async fn log(&self, id: JobId) -> Result<String> {
        read(self.get(&format!("/api/jobs/{id}/log")).send().await?).await
    }
}

async fn read<T: serde::de::DeserializeOwned>(answer: Response) -> Result<T> {
    let status = answer.status();
    let text = answer.text().await?;
    if !status.is_success() {
        return Err(anyhow!("{status}: {text}"));
    }
    serde_json::from_str(&text).with_context(|| format!("unexpected answer {text:?}"))
}
