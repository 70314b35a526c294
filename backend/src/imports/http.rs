//! The port [`FileSource`] over HTTP: requests for ranges of a file, which must be of the same version each time.
//!
//! A presigned URL of S3 allows one method, so the size comes from a GET for the first byte and not from a HEAD. Bodies of
//! other responses are not read.

use crate::ports::{FileSource, FileVersion, PortError, PortResult, SourceError, SourceFile};
use crate::public_address::{
    TargetError, TargetUrl, Targets, client, client_with_idle_timeout, is_not_public,
};
use crate::{Secret, chain};
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use gas_shared::import::MAX_SOURCE_URL_BYTES;
use percent_encoding::percent_decode_str;
use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_RANGE, ETAG, HeaderName, IF_MATCH, IF_UNMODIFIED_SINCE, LAST_MODIFIED,
    RANGE,
};
use reqwest::{Client, Response, StatusCode};
use std::ops::Range;
use std::time::Duration;
use tokio::time::timeout;

/// The limits of requests.
#[derive(Clone, Copy, Debug)]
struct Timeouts {
    /// How long the request for the size may take. A user waits for it.
    probe: Duration,
    /// How long the request for a part may take, with its body, at most. A part of 8 MiB, of files of up to 78 GiB, needs
    /// 29 KB/s, and one of 52 MiB, of files of 500 GiB, 182 KB/s; such a file needs 6 MB/s to arrive within a day.
    read: Duration,
    /// How much of that a part has without regard to its size. It has another second for each [`SLOWEST`] bytes.
    start: Duration,
    /// How long the body of a part may stop, so that a server that sends nothing does not keep a slot of the process.
    idle: Duration,
}

/// The bytes a second below which a server is too slow. Otherwise a server that sends a byte now and then would keep a slot
/// of the process, which all users share, for as long with a small file as with a large one.
const SLOWEST: u64 = 31 * 1024;

const TIMEOUTS: Timeouts = Timeouts {
    probe: Duration::from_secs(20),
    read: Duration::from_mins(5),
    start: Duration::from_secs(30),
    idle: Duration::from_secs(30),
};

/// Files on servers that are called over HTTP.
#[derive(Clone, Debug)]
pub struct HttpFileSource {
    targets: Targets,
    timeouts: Timeouts,
    probing: Client,
    reading: Client,
}

impl HttpFileSource {
    /// Creates a source of files at these hosts.
    ///
    /// # Errors
    /// If TLS cannot be initialized.
    pub fn new(targets: Targets) -> PortResult<Self> {
        Self::with_timeouts(targets, TIMEOUTS)
    }

    fn with_timeouts(targets: Targets, timeouts: Timeouts) -> PortResult<Self> {
        let Timeouts { probe, read, idle, .. } = timeouts;
        let failed = |error: reqwest::Error| PortError::permanent("create an HTTP client", error);
        let probing = client(targets, probe).map_err(failed)?;
        let reading = client_with_idle_timeout(targets, read, idle).map_err(failed)?;
        Ok(Self { targets, timeouts, probing, reading })
    }

    /// How long the request for a part of this size may take.
    fn time_of_part(&self, bytes: u64) -> Duration {
        let Timeouts { start, read, .. } = self.timeouts;
        read.min(start.saturating_add(Duration::from_secs(bytes / SLOWEST)))
    }

    /// Reads a range of a file of a version.
    async fn read_part(
        &self,
        url: &TargetUrl,
        version: &FileVersion,
        size: u64,
        range: Range<u64>,
    ) -> Result<Bytes, SourceError> {
        let response = get(&self.reading, url, range.clone(), Some(version)).await?;
        // The file is shorter now.
        if response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
            return Err(SourceError::Changed);
        }
        let found = size_of_partial(&response, &range).map_err(|error| match error {
            // The same request was accepted before. S3 answers so when the credentials that signed the URL have expired.
            SourceError::Rejected(400) => SourceError::Denied(400),
            error => error,
        })?;
        // A server that ignores the condition still says what it sends.
        if found != Some(size) || !is_version(&response, version) {
            return Err(SourceError::Changed);
        }
        let length = range.end.saturating_sub(range.start);
        body(response, usize::try_from(length).unwrap_or(usize::MAX)).await
    }

    fn parse(&self, url: &Secret) -> Result<TargetUrl, SourceError> {
        let text = url.expose().trim();
        if text.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("s3://")) {
            return Err(SourceError::S3Address);
        }
        TargetUrl::parse(text, self.targets, MAX_SOURCE_URL_BYTES).map_err(|error| match error {
            TargetError::TooLong(bytes) => SourceError::TooLong(bytes),
            TargetError::NotAUrl(_) => SourceError::NotAUrl,
            TargetError::Scheme => SourceError::Scheme,
            TargetError::Extra => SourceError::Extra,
            TargetError::NotPublic => SourceError::NotPublic,
        })
    }
}

#[async_trait]
impl FileSource for HttpFileSource {
    fn name(&self, url: &Secret) -> Option<String> {
        file_name(&self.parse(url).ok()?)
    }

    async fn probe(&self, url: &Secret) -> Result<SourceFile, SourceError> {
        let url = self.parse(url)?;
        let response = get(&self.probing, &url, 0..1, None).await?;
        if response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
            let is_empty = header(&response, &CONTENT_RANGE) == Some("bytes */0");
            let error = SourceError::Rejected(response.status().as_u16());
            return Err(if is_empty { SourceError::Empty } else { error });
        }
        let size = size_of_partial(&response, &(0..1))?.ok_or(SourceError::NoSize)?;
        let version = version(&response).ok_or(SourceError::NoVersion)?;
        Ok(SourceFile { name: file_name(&url), size, version })
    }

    async fn read(
        &self,
        url: &Secret,
        version: &FileVersion,
        size: u64,
        range: Range<u64>,
    ) -> Result<Bytes, SourceError> {
        let url = self.parse(url)?;
        let time = self.time_of_part(range.end.saturating_sub(range.start));
        let part = timeout(time, self.read_part(&url, version, size, range)).await;
        part.unwrap_or(Err(SourceError::TimedOut))
    }
}

async fn get(
    client: &Client,
    url: &TargetUrl,
    range: Range<u64>,
    version: Option<&FileVersion>,
) -> Result<Response, SourceError> {
    let last = range.end.saturating_sub(1);
    let request = client
        .get(url.url().clone())
        .header(RANGE, format!("bytes={}-{last}", range.start))
        .header(ACCEPT_ENCODING, "identity");
    let request = match version {
        Some(FileVersion::Etag(tag)) => request.header(IF_MATCH, tag),
        Some(FileVersion::LastModified(time)) => request.header(IF_UNMODIFIED_SINCE, time),
        None => request,
    };
    request.send().await.map_err(|error| failed(error, SourceError::NotReached))
}

/// The size of the file of a response with a range of it; `None` if the server does not know it.
fn size_of_partial(response: &Response, range: &Range<u64>) -> Result<Option<u64>, SourceError> {
    let status = response.status();
    let code = status.as_u16();
    match status {
        StatusCode::PARTIAL_CONTENT => {}
        StatusCode::PRECONDITION_FAILED => return Err(SourceError::Changed),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => return Err(SourceError::Denied(code)),
        StatusCode::NOT_FOUND | StatusCode::GONE => return Err(SourceError::Missing(code)),
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
            return Err(SourceError::Busy(code));
        }
        status if status.is_server_error() => return Err(SourceError::Busy(code)),
        status if status.is_success() => return Err(SourceError::NoRanges),
        status if status.is_redirection() => return Err(SourceError::Redirect(code)),
        _ => return Err(SourceError::Rejected(code)),
    }
    let text = header(response, &CONTENT_RANGE).and_then(|text| text.strip_prefix("bytes "));
    let (sent, size) = text.and_then(|text| text.split_once('/')).ok_or(SourceError::NoRanges)?;
    let wanted = format!("{}-{}", range.start, range.end.saturating_sub(1));
    if sent.trim() != wanted {
        return Err(SourceError::NoRanges);
    }
    Ok(size.trim().parse().ok())
}

/// What identifies the version of the file of a response. A weak entity tag does not: files that differ may have it.
fn version(response: &Response) -> Option<FileVersion> {
    let etag = header(response, &ETAG).filter(|tag| tag.starts_with('"'));
    let etag = etag.map(|tag| FileVersion::Etag(tag.to_owned()));
    let modified = || header(response, &LAST_MODIFIED).map(str::to_owned);
    etag.or_else(|| modified().map(FileVersion::LastModified))
}

fn is_version(response: &Response, version: &FileVersion) -> bool {
    match version {
        FileVersion::Etag(tag) => header(response, &ETAG) == Some(tag),
        FileVersion::LastModified(time) => header(response, &LAST_MODIFIED) == Some(time),
    }
}

fn header<'a>(response: &'a Response, name: &HeaderName) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

/// Reads a body of exactly `length` bytes. No more than one chunk beyond is received.
async fn body(mut response: Response, length: usize) -> Result<Bytes, SourceError> {
    let mut bytes = BytesMut::with_capacity(length);
    loop {
        let chunk = response.chunk().await;
        match chunk.map_err(|error| failed(error, SourceError::Interrupted))? {
            Some(chunk) if bytes.len() + chunk.len() > length => return Err(SourceError::NoRanges),
            Some(chunk) => bytes.extend_from_slice(&chunk),
            None if bytes.len() == length => return Ok(bytes.freeze()),
            None => return Err(SourceError::Interrupted),
        }
    }
}

/// Why a request failed; `otherwise` if the cause is not a more specific one.
fn failed(error: reqwest::Error, otherwise: SourceError) -> SourceError {
    let problem = if is_not_public(&error) {
        SourceError::NotPublic
    } else if error.is_timeout() {
        SourceError::TimedOut
    } else {
        otherwise
    };
    // Without the URL, which may contain a signature.
    let error = error.without_url();
    tracing::info!(error = %chain(&error), %problem, "file of a URL not read");
    problem
}

/// The last part of the path, decoded.
fn file_name(url: &TargetUrl) -> Option<String> {
    let last = url.url().path_segments()?.next_back()?;
    let name = percent_decode_str(last).decode_utf8().ok()?.into_owned();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
