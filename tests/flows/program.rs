//! A user's program that calls the REST API with a token.

use anyhow::{Context, Result, ensure};
use gas_tests::Client;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, Response, StatusCode, redirect};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How long a job may take before a test gives up.
const JOB_TIMEOUT: Duration = Duration::from_secs(90);

/// A program with a token, or without.
pub(crate) struct Program {
    http: reqwest::Client,
    base: String,
    /// Its token.
    pub(crate) token: String,
}

impl Program {
    /// A program with that token.
    pub(crate) fn new(base: &str, token: &str) -> Result<Self> {
        let http = reqwest::Client::builder().redirect(redirect::Policy::none()).build()?;
        Ok(Self { http, base: base.to_owned(), token: token.to_owned() })
    }

    /// A program with a new token of a signed-in user.
    pub(crate) async fn of(user: &Client, base: &str, scopes: &[&str]) -> Result<Self> {
        Self::new(base, &token(user, scopes).await?)
    }

    /// A call with the token.
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

    /// A call that succeeds.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value> {
        let answer = self.call(method, path, body).await?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).with_context(|| format!("{path}: {text}"))
    }

    /// Makes a job.
    pub(crate) async fn create(&self, name: &str, size: usize) -> Result<Value> {
        let body = json!({ "file_name": name, "size_bytes": size });
        self.ask(Method::POST, "/jobs", Some(body)).await
    }

    /// Sends a file to S3 as the answer to `create` says.
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
        let answer = sent.send().await?;
        ensure!(answer.status() == StatusCode::CREATED, "S3: {}", answer.text().await?);
        Ok(())
    }

    /// Makes a job, uploads its file, submits it; answers its id.
    pub(crate) async fn submit(&self, name: &str, content: &str) -> Result<String> {
        let created = self.create(name, content.len()).await?;
        self.upload(&created, content).await?;
        let id = created["job"]["id"].as_str().context("no id")?.to_owned();
        self.ask(Method::POST, &format!("/jobs/{id}/submit"), None).await?;
        Ok(id)
    }

    /// Waits until a job is completed.
    pub(crate) async fn completed(&self, id: &str) -> Result<Value> {
        let deadline = Instant::now() + JOB_TIMEOUT;
        loop {
            let job = self.ask(Method::GET, &format!("/jobs/{id}"), None).await?;
            if job["status"] == "completed" {
                return Ok(job);
            }
            ensure!(job["status"] != "failed" && Instant::now() < deadline, "{job}");
            tokio::time::sleep(Duration::from_millis(600)).await;
        }
    }

    /// A GET without a token, past the redirect that an answer names.
    pub(crate) async fn plain(&self, url: &str) -> Result<String> {
        let answer = self.http.get(url).send().await?;
        ensure!(answer.status() == StatusCode::OK, "{}", answer.text().await?);
        Ok(answer.text().await?)
    }
}

/// Makes a token by the server function of the account page; answers its secret.
pub(crate) async fn token(user: &Client, scopes: &[&str]) -> Result<String> {
    let new = json!({ "new": { "name": "a test", "scopes": scopes, "days": 1 } });
    let answer = user.call(Method::POST, "/api/tokens", Some(new)).await?;
    let created: Value = answer.error_for_status()?.json().await?;
    Ok(created["secret"].as_str().context("no secret")?.to_owned())
}
