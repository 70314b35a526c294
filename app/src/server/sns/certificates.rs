//! Fetches and caches SNS signing certificates.

use super::SigningCertUrl;
use anyhow::{Context, bail};
use async_trait::async_trait;
use openidconnect::reqwest;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

const HTTP_TIMEOUT: Duration = Duration::from_secs(5);

/// The largest accepted certificate file, in bytes. The files of SNS have about 2 kB.
const MAX_PEM_BYTES: usize = 64 * 1024;

/// How long a file is cached. The certificate's validity is checked for every message.
const TTL: Duration = Duration::from_secs(24 * 3600);

/// How many files are cached. A region has one certificate at a time.
const MAX_FILES: usize = 8;

/// A source of certificate files.
#[async_trait]
pub trait CertificateSource: Send + Sync {
    /// Returns the PEM file at a URL.
    ///
    /// # Errors
    /// If the file cannot be fetched.
    async fn certificate(&self, url: &SigningCertUrl) -> anyhow::Result<Arc<[u8]>>;
}

/// Fetches certificate files from SNS and caches them.
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
    /// Creates a source with an empty cache.
    ///
    /// # Errors
    /// If the HTTP client cannot be created.
    pub fn new() -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            // A redirect could send the server to hosts inside its own network (SSRF).
            .redirect(reqwest::redirect::Policy::none())
            .https_only(true)
            .timeout(HTTP_TIMEOUT)
            .build()?;
        Ok(Self { http, files: Mutex::default() })
    }

    async fn fetch(&self, url: &SigningCertUrl) -> anyhow::Result<Arc<[u8]>> {
        let response = self.http.get(url.as_str()).send().await;
        read(response.with_context(|| format!("failed to reach {}", url.as_str()))?).await
    }
}

#[async_trait]
impl CertificateSource for HttpCertificates {
    async fn certificate(&self, url: &SigningCertUrl) -> anyhow::Result<Arc<[u8]>> {
        // Locked while fetching, so that concurrent messages cause only one request.
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

/// Reads a response body of at most [`MAX_PEM_BYTES`].
async fn read(mut response: reqwest::Response) -> anyhow::Result<Arc<[u8]>> {
    if response.status() != reqwest::StatusCode::OK {
        bail!("SNS responded with {}", response.status());
    }
    let mut pem = Vec::new();
    while let Some(bytes) = response.chunk().await.context("the certificate file ended early")? {
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

    async fn read_response(status: u16, body: Vec<u8>) -> anyhow::Result<Arc<[u8]>> {
        read(Response::builder().status(status).body(body).unwrap().into()).await
    }

    #[tokio::test]
    async fn a_file_is_read_up_to_its_limit() {
        let largest = vec![b'a'; MAX_PEM_BYTES];
        assert_eq!(*read_response(200, largest.clone()).await.unwrap(), *largest);
        assert!(read_response(200, vec![b'a'; MAX_PEM_BYTES + 1]).await.is_err());
    }

    #[tokio::test]
    async fn redirects_and_error_responses_are_rejected() {
        for status in [204, 301, 302, 404, 500] {
            assert!(read_response(status, b"pem".to_vec()).await.is_err(), "{status}");
        }
    }
}
