//! A client of the REST API that uses a token.

use anyhow::{Context, Result, ensure};
use gas_tests::Client;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, Response, StatusCode, redirect};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How long a test waits for a job.
const JOB_TIMEOUT: Duration = Duration::from_secs(90);

/// The scopes with which a program reads and changes jobs.
pub(crate) const BOTH: [&str; 2] = ["jobs:read", "jobs:write"];

/// A program that calls the REST API.
pub(crate) struct Program {
    http: reqwest::Client,
    base: String,
    /// The token.
    pub(crate) token: String,
}

impl Program {
    /// Creates a program with a token.
    pub(crate) fn new(base: &str, token: &str) -> Result<Self> {
        let http = reqwest::Client::builder().redirect(redirect::Policy::none()).build()?;
        Ok(Self { http, base: base.to_owned(), token: token.to_owned() })
    }

    /// Creates a program with a new token of a signed-in user.
    pub(crate) async fn of(user: &Client, base: &str, scopes: &[&str]) -> Result<Self> {
        Self::new(base, &token(user, scopes).await?)
    }

    /// Sends a request with the token and returns the response, whatever its status.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Response> {
        let request = self.http.request(method, format!("{}/api/v1{path}", self.base));
        let request = request.bearer_auth(&self.token);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        Ok(request.send().await?)
    }

    /// Sends a request that must succeed and returns the JSON of its response.
    pub(crate) async fn call_json(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value> {
        let response = self.call(method, path, body).await?;
        let status = response.status();
        let text = response.text().await?;
        ensure!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).with_context(|| format!("{path}: {text}"))
    }

    /// Creates a job.
    pub(crate) async fn create(&self, name: &str, size: usize) -> Result<Value> {
        let body = json!({ "file_name": name, "size_bytes": size });
        self.call_json(Method::POST, "/jobs", Some(body)).await
    }

    /// Uploads a file to S3 with the form that `create` returned.
    pub(crate) async fn upload(&self, created: &Value, content: &str) -> Result<()> {
        let upload = &created["upload"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let fields = upload["fields"].as_array().into_iter().flatten();
        let form = fields.fold(Form::new(), |form, field| {
            form.text(text(&field["name"]), text(&field["value"]))
        });
        let part = Part::text(content.to_owned()).file_name("file");
        let part = part.mime_str(&text(&upload["content_type"]))?;
        let sent = self.http.post(text(&upload["url"])).multipart(form.part("file", part));
        let response = sent.send().await?;
        ensure!(response.status() == StatusCode::CREATED, "S3: {}", response.text().await?);
        Ok(())
    }

    /// Creates a job, uploads its file and submits it. Returns the job's id.
    pub(crate) async fn submit(&self, name: &str, content: &str) -> Result<String> {
        let created = self.create(name, content.len()).await?;
        self.upload(&created, content).await?;
        let id = created["job"]["id"].as_str().context("no id")?.to_owned();
        self.call_json(Method::POST, &format!("/jobs/{id}/submit"), None).await?;
        Ok(id)
    }

    /// Waits until a job is completed.
    pub(crate) async fn completed(&self, id: &str) -> Result<Value> {
        let deadline = Instant::now() + JOB_TIMEOUT;
        loop {
            let job = self.call_json(Method::GET, &format!("/jobs/{id}"), None).await?;
            if job["status"] == "completed" {
                return Ok(job);
            }
            ensure!(job["status"] != "failed" && Instant::now() < deadline, "{job}");
            tokio::time::sleep(Duration::from_millis(600)).await;
        }
    }

    /// Sends a GET request without the token, for links to storage.
    pub(crate) async fn plain(&self, url: &str) -> Result<String> {
        let response = self.http.get(url).send().await?;
        ensure!(response.status() == StatusCode::OK, "{}", response.text().await?);
        Ok(response.text().await?)
    }
}

/// Creates a token with the server function of the account page. Returns its secret.
pub(crate) async fn token(user: &Client, scopes: &[&str]) -> Result<String> {
    let new = json!({ "new": { "name": "a test", "scopes": scopes, "days": 1 } });
    let response = user.call(Method::POST, "/api/tokens", Some(new)).await?;
    let created: Value = response.error_for_status()?.json().await?;
    Ok(created["secret"].as_str().context("no secret")?.to_owned())
}
