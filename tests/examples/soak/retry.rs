//! Requests of a client that repeats a request until the service answers.

use anyhow::{Context, Result};
use gas_tests::Client;
use reqwest::{Method, Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::{Duration, Instant};

/// The time limit for one request. A paused server answers nothing.
const REQUEST: Duration = Duration::from_secs(15);

/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(700);

/// Whether a response says nothing about the request itself.
fn is_temporary(status: StatusCode) -> bool {
    status.is_server_error()
        || [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT].contains(&status)
}

/// Repeats a request until there is a response that is not temporary. `None` after the deadline.
pub(crate) async fn until_answered(
    deadline: Instant,
    mut send: impl AsyncFnMut() -> Result<Response>,
) -> Option<Response> {
    while Instant::now() < deadline {
        if let Ok(Ok(response)) = tokio::time::timeout(REQUEST, send()).await
            && !is_temporary(response.status())
        {
            return Some(response);
        }
        tokio::time::sleep(PAUSE).await;
    }
    None
}

/// Calls a server function, and repeats the call until it is answered.
///
/// # Errors
/// If the server rejects the call, or the deadline is over.
pub(crate) async fn call<T: DeserializeOwned>(
    client: &Client,
    deadline: Instant,
    (method, path): (Method, &str),
    body: Option<Value>,
) -> Result<T> {
    let send = async || client.call(method.clone(), path, body.clone()).await;
    let response = until_answered(deadline, send).await.context("no answer in time")?;
    let status = response.status();
    let text = response.text().await?;
    anyhow::ensure!(status.is_success(), "{status}: {text}");
    serde_json::from_str(&text).with_context(|| format!("unexpected response {text:?}"))
}
