//! Where certificates come from.

use super::SigningCertUrl;
use anyhow::{Context, bail};
use async_trait::async_trait;
use openidconnect::reqwest;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

const HTTP_TIMEOUT: Duration = Duration::from_secs(5);

/// The most that is read of a certificate file, in bytes; SNS's have two thousand.
const MAX_PEM_BYTES: usize = 64 * 1024;

/// How long a file is used before it is fetched again. Whether the certificate in it is still valid
/// is looked at with every message.
const TTL: Duration = Duration::from_secs(24 * 3600);

/// How many files are kept. A region has one certificate at a time.
const MAX_FILES: usize = 8;

/// Gets the files that certificates are in.
#[async_trait]
pub trait CertificateSource: Send + Sync {
    /// The PEM file at a URL.
    ///
    /// # Errors
    /// Where it cannot be had.
    async fn certificate(&self, url: &SigningCertUrl) -> anyhow::Result<Arc<[u8]>>;
}

/// Fetches them from SNS, and keeps them.
pub struct HttpCertificates {
    http: reqwest::Client,
    files: Mutex<HashMap<SigningCertUrl, File>>,
}

struct File {
    pem: Arc<[u8]>,
    fetched: Instant,
}

impl File {
    fn is_fresh(&self) -> bool {
        self.fetched.elapsed() < TTL
    }
}

impl HttpCertificates {
    /// A source that has fetched nothing yet.
    ///
    /// # Errors
    /// Where the HTTP client cannot be made.
    pub fn new() -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            // A redirect could lead the server to hosts inside its own network.
            .redirect(reqwest::redirect::Policy::none())
            .https_only(true)
            .timeout(HTTP_TIMEOUT)
            .build()?;
        Ok(Self { http, files: Mutex::default() })
    }

    async fn fetch(&self, url: &SigningCertUrl) -> anyhow::Result<Arc<[u8]>> {
        let answer = self.http.get(url.as_str()).send().await;
        read(answer.with_context(|| format!("failed to reach {}", url.as_str()))?).await
    }
}

#[async_trait]
impl CertificateSource for HttpCertificates {
    async fn certificate(&self, url: &SigningCertUrl) -> anyhow::Result<Arc<[u8]>> {
        // Held while fetching: however many messages wait, there is one request at a time.
        let mut files = self.files.lock().await;
        if let Some(file) = files.get(url).filter(|file| file.is_fresh()) {
            return Ok(file.pem.clone());
        }
        let pem = self.fetch(url).await?;
        files.retain(|_, file| file.is_fresh());
        if files.len() >= MAX_FILES {
            files.clear();
        }
        files.insert(url.clone(), File { pem: pem.clone(), fetched: Instant::now() });
        Ok(pem)
    }
}

/// Reads a body, unless it is larger than any certificate file.
async fn read(mut answer: reqwest::Response) -> anyhow::Result<Arc<[u8]>> {
    if answer.status() != reqwest::StatusCode::OK {
        bail!("SNS answered {}", answer.status());
    }
    let mut pem = Vec::new();
    while let Some(bytes) = answer.chunk().await.context("the certificate file ended early")? {
        if pem.len() + bytes.len() > MAX_PEM_BYTES {
            bail!("the certificate file has more than {MAX_PEM_BYTES} bytes");
        }
        pem.extend_from_slice(&bytes);
    }
    Ok(pem.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Response;

    async fn read_answer(status: u16, body: Vec<u8>) -> anyhow::Result<Arc<[u8]>> {
        read(Response::builder().status(status).body(body).unwrap().into()).await
    }

    #[tokio::test]
    async fn a_file_is_read_up_to_its_limit() {
        let largest = vec![b'a'; MAX_PEM_BYTES];
        assert_eq!(*read_answer(200, largest.clone()).await.unwrap(), *largest);
        assert!(read_answer(200, vec![b'a'; MAX_PEM_BYTES + 1]).await.is_err());
    }

    #[tokio::test]
    async fn redirects_and_errors_are_no_files() {
        for status in [204, 301, 302, 404, 500] {
            assert!(read_answer(status, b"pem".to_vec()).await.is_err(), "{status}");
        }
    }
}
