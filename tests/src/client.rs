//! An HTTP client that acts like a browser: cookies, redirects, forms and server functions.

use crate::sample;
use anyhow::{Context, Result, anyhow, ensure};
use gas_shared::upload::{NewUpload, PartsTicket, UploadTicket};
use gas_shared::{JobId, JobStatus, JobView};
use reqwest::cookie::{CookieStore, Jar};
use reqwest::header::HeaderValue;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a test waits for a job.
const JOB_TIMEOUT: Duration = Duration::from_secs(90);

/// A client, signed in or anonymous.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    cookies: Arc<Jar>,
    base: String,
}

/// A job whose file is uploaded to S3.
#[derive(Clone, Debug)]
pub struct Upload {
    /// The ticket that the server issued.
    pub ticket: UploadTicket,
}

impl Client {
    /// A client that is not signed in.
    ///
    /// # Errors
    /// If the HTTP client cannot be created.
    pub fn anonymous(base: &str) -> Result<Self> {
        let cookies = Arc::new(Jar::default());
        let http = reqwest::Client::builder().cookie_provider(cookies.clone()).build()?;
        Ok(Self { http, cookies, base: base.to_owned() })
    }

    /// Signs in a user of the local identity provider through its page, as a browser does.
    ///
    /// # Errors
    /// If sign-in does not end at the job list.
    pub async fn signed_in(base: &str, user: &str) -> Result<Self> {
        let client = Self::anonymous(base)?;
        let page = client.get("/login").send().await?;
        ensure!(page.status() == StatusCode::OK, "sign-in page: {}", page.status());
        let form = page.url().clone();
        let response = client.http.post(form).form(&[("username", user)]).send().await?;
        let end = response.url().path().to_owned();
        ensure!(end == "/annotations", "sign-in ended at {} {end}", response.status());
        Ok(client)
    }

    /// The cookies that the client currently sends, as an attacker could copy them.
    ///
    /// # Errors
    /// If there are no cookies.
    pub fn stolen_cookies(&self) -> Result<HeaderValue> {
        self.cookies.cookies(&self.base.parse()?).context("there are no cookies")
    }

    /// A GET request to a path of the service.
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.base))
    }

    /// A POST request to a path of the service.
    pub fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.base))
    }

    /// Calls a server function and returns its response, whatever its status.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Response> {
        let request = self.http.request(method, format!("{}{path}", self.base));
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        Ok(request.send().await?)
    }

    /// Requests a ticket for an upload.
    ///
    /// # Errors
    /// If the server rejects the request.
    pub async fn ticket(&self, name: &str, size: usize) -> Result<UploadTicket> {
        let body = json!({ "file": NewUpload::new(name, size as u64) });
        let response = self.call(Method::POST, "/api/uploads", Some(body)).await?;
        read(response).await
    }

    /// Begins an upload in parts.
    ///
    /// # Errors
    /// If the server rejects the request.
    pub async fn begin_parts(&self, name: &str, size: u64) -> Result<PartsTicket> {
        let body = json!({ "file": NewUpload::new(name, size) });
        read(self.call(Method::POST, "/api/uploads/parts", Some(body)).await?).await
    }

    /// Requests the next parts of an upload that S3 has not received.
    ///
    /// # Errors
    /// If the server rejects the request.
    pub async fn next_parts(&self, id: JobId) -> Result<PartsTicket> {
        let path = format!("/api/uploads/{id}/parts");
        read(self.call(Method::POST, &path, None).await?).await
    }

    /// Sends a file to S3 with the form of a ticket, and returns the response, whatever its status.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn send_to_s3(&self, ticket: &UploadTicket, content: &[u8]) -> Result<Response> {
        let fields = ticket.fields.iter().cloned();
        let form = fields.fold(Form::new(), |form, (name, value)| form.text(name, value));
        let part =
            Part::bytes(content.to_vec()).file_name("file").mime_str(&ticket.content_type)?;
        Ok(self.http.post(&ticket.url).multipart(form.part("file", part)).send().await?)
    }

    /// Uploads a file without confirming it.
    ///
    /// # Errors
    /// If the server or S3 rejects it.
    pub async fn upload(&self, name: &str, content: &[u8]) -> Result<Upload> {
        let ticket = self.ticket(name, content.len()).await?;
        let response = self.send_to_s3(&ticket, content).await?;
        ensure!(response.status() == StatusCode::CREATED, "S3: {}", response.text().await?);
        Ok(Upload { ticket })
    }

    /// Confirms that the file is uploaded.
    ///
    /// # Errors
    /// If the server rejects the request.
    pub async fn confirm(&self, id: JobId) -> Result<JobView> {
        let path = format!("/api/uploads/{id}/confirm");
        read(self.call(Method::POST, &path, None).await?).await
    }

    /// Uploads and confirms a file.
    ///
    /// # Errors
    /// If the server or S3 rejects it.
    pub async fn submit(&self, name: &str, content: &[u8]) -> Result<JobView> {
        let upload = self.upload(name, content).await?;
        self.confirm(upload.ticket.job_id).await
    }

    /// The current status of a job.
    ///
    /// # Errors
    /// If the server rejects the request.
    pub async fn job(&self, id: JobId) -> Result<JobView> {
        read(self.get(&format!("/api/jobs/{id}")).send().await?).await
    }

    /// Waits until a job has one of the wanted states.
    ///
    /// # Errors
    /// If it does not within [`JOB_TIMEOUT`].
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

    /// Submits the sample of the Free plan and waits for its result.
    ///
    /// # Errors
    /// If the server or S3 rejects it, or it is not completed within [`JOB_TIMEOUT`].
    pub async fn annotated_sample(&self) -> Result<JobView> {
        let job = self.submit("free.vcf", sample("free.vcf")?.as_bytes()).await?;
        self.wait_for(job.id, &[JobStatus::Completed]).await
    }

    /// Downloads the annotated file of a completed job.
    ///
    /// # Errors
    /// If the server or S3 rejects the request.
    pub async fn result(&self, id: JobId) -> Result<String> {
        let path = format!("/api/jobs/{id}/result-link");
        let link: String = read(self.call(Method::POST, &path, None).await?).await?;
        let response = self.http.get(link).send().await?;
        ensure!(response.status() == StatusCode::OK, "S3: {}", response.text().await?);
        Ok(response.text().await?)
    }

    /// The run log of a job.
    ///
    /// # Errors
    /// If the server rejects the request.
    pub async fn log(&self, id: JobId) -> Result<String> {
        read(self.get(&format!("/api/jobs/{id}/log")).send().await?).await
    }
}

async fn read<T: serde::de::DeserializeOwned>(response: Response) -> Result<T> {
    let status = response.status();
    let text = response.text().await?;
    if !status.is_success() {
        return Err(anyhow!("{status}: {text}"));
    }
    serde_json::from_str(&text).with_context(|| format!("unexpected response {text:?}"))
}
