//! Downloads over HTTP that resume, and are verified.
//!
//! A file is written to `NAME.part`, with what identifies its version (entity tag or modification
//! time) in `NAME.part.version`. A later request asks for the rest of that version (RFC 9110, sections 13.1.5 and
//! 14.2). If the server has another version, or does not know ranges, it sends the whole file, and the
//! download begins again. `NAME` exists only when it is complete and has the provider's checksum.

use crate::checksums::{Checksum, ChecksumFormat};
use crate::recipe::{RecipeFile, file_name};
use futures::StreamExt;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_RANGE, ETAG, HeaderMap, IF_RANGE, LAST_MODIFIED, RANGE,
};
use reqwest::{Client, Response, StatusCode};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::fs::{self, File, OpenOptions};
use tokio::io::AsyncWriteExt;
use tokio::time::sleep;

/// The maximum size of a checksum file. The largest, of Ensembl's collections, have some hundred KiB.
const MAX_CHECKSUM_FILE_BYTES: usize = 16 * 1024 * 1024;

/// The header with the checksums of a file in Google Cloud Storage.
const STATED_MD5: &str = "x-goog-hash";

/// A file to download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteFile {
    /// Its address.
    pub url: String,
    /// The address of a file that lists its checksum, and the format of that.
    pub checksums: Option<(String, ChecksumFormat)>,
}

impl From<&RecipeFile> for RemoteFile {
    fn from(file: &RecipeFile) -> Self {
        let checksums = Some((file.checksums.clone(), file.checksum_format));
        Self { url: file.url.clone(), checksums }
    }
}

/// When requests time out and are retried. Tests use shorter times.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// How long a connection may be idle.
    pub idle_timeout: Duration,
    /// The pause before the first retry; it doubles with each further one, up to `max_backoff`.
    pub first_backoff: Duration,
    /// The longest pause.
    pub max_backoff: Duration,
    /// The number of attempts in a row that may bring no byte.
    pub attempts: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            idle_timeout: Duration::from_secs(60),
            first_backoff: Duration::from_secs(1),
            max_backoff: Duration::from_secs(60),
            attempts: 8,
        }
    }
}

/// Why a file is not downloaded.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// The HTTP client cannot be created.
    #[error("the HTTP client does not start")]
    Client(#[source] reqwest::Error),
    /// The server rejects the request, and will do so again.
    #[error("{url}: the server responds with {status}; is the address still right?")]
    Rejected {
        /// The address.
        url: String,
        /// The status.
        status: StatusCode,
    },
    /// The last of several attempts failed.
    #[error("{url}: {attempts} attempts failed; run the command again to continue the download")]
    GaveUp {
        /// The address.
        url: String,
        /// The number of attempts that brought nothing.
        attempts: u32,
        /// The last failure.
        source: Box<Interruption>,
    },
    /// The provider's checksum file does not list the file.
    #[error("{checksums} does not list {name}, so the file cannot be verified")]
    NotListed {
        /// The address of the checksum file.
        checksums: String,
        /// The file.
        name: String,
    },
    /// The file differs from the provider's checksum, twice.
    #[error(
        "{url} has the checksum {found}, but {checksums} says {expected}; the file was downloaded twice \
         and is deleted"
    )]
    Differs {
        /// The address.
        url: String,
        /// The address of the checksum file.
        checksums: String,
        /// The checksum that is listed.
        expected: Checksum,
        /// The checksum of the file.
        found: Checksum,
    },
    /// A local file cannot be read or written.
    #[error("{0}")]
    File(PathBuf, #[source] io::Error),
}

/// Why one attempt ended early.
#[derive(Debug, thiserror::Error)]
pub enum Interruption {
    /// The connection failed or was idle for too long.
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    /// The server has a problem that may pass.
    #[error("the server responds with {0}")]
    Status(StatusCode),
    /// The connection ended before the file did.
    #[error("the connection ended after {0} bytes")]
    Short(u64),
    /// The server sends another part of the file than the one that was asked for, or more of it.
    #[error("the server sends other bytes than it announces")]
    WrongRange,
    /// A checksum file is too large.
    #[error("the checksum file has more than {MAX_CHECKSUM_FILE_BYTES} bytes")]
    TooLong,
}

/// Downloads files into a folder.
#[derive(Clone, Debug)]
pub struct Downloader {
    client: Client,
    retry: RetryPolicy,
    folder: PathBuf,
}

/// What an attempt brought.
enum Attempt {
    Complete,
    Interrupted { bytes: u64, cause: Interruption },
}

impl Downloader {
    /// Creates a client. Downloads are stored in `folder`, which must exist.
    ///
    /// # Errors
    /// [`DownloadError::Client`].
    pub fn new(folder: &Path, retry: RetryPolicy) -> Result<Self, DownloadError> {
        let client = Client::builder()
            .user_agent(concat!("gas-reference/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(retry.idle_timeout)
            .read_timeout(retry.idle_timeout)
            .build()
            .map_err(DownloadError::Client)?;
        Ok(Self { client, retry, folder: folder.to_owned() })
    }

    /// Downloads a file of a recipe as [`Self::fetch_remote`] does.
    ///
    /// # Errors
    /// As [`Self::fetch_remote`].
    pub async fn fetch(&self, file: &RecipeFile) -> Result<PathBuf, DownloadError> {
        self.fetch_remote(&file.into()).await
    }

    /// Downloads a file, unless it is there, and verifies it. Returns its path.
    ///
    /// Without a checksum file, the MD5 that Google Cloud Storage states is verified. If there is none either, the file has
    /// only the announced length, and decompressing it will verify the checksums of gzip.
    ///
    /// # Errors
    /// [`DownloadError`]. A part that has arrived is kept for the next call, unless it is wrong.
    pub async fn fetch_remote(&self, file: &RemoteFile) -> Result<PathBuf, DownloadError> {
        let name = file_name(&file.url);
        let path = self.folder.join(name);
        let part = self.folder.join(format!("{name}.part"));
        let Some((expected, from, format)) = self.expected(file).await? else {
            if !exists(&path).await? {
                self.complete(&file.url, &part).await?;
                fs::rename(&part, &path).await.map_err(failed(&path))?;
                remove(&version_path(&part)).await?;
            }
            return Ok(path);
        };
        if exists(&path).await? && checksum_of(format, &path).await? == expected {
            return Ok(path);
        }
        // If the server sends no ETag, a part of an older version is only found by its wrong checksum.
        self.complete(&file.url, &part).await?;
        let mut found = checksum_of(format, &part).await?;
        if found != expected {
            remove(&part).await?;
            self.complete(&file.url, &part).await?;
            found = checksum_of(format, &part).await?;
        }
        if found != expected {
            remove(&part).await?;
            let (url, checksums) = (file.url.clone(), from);
            return Err(DownloadError::Differs { url, checksums, expected, found });
        }
        fs::rename(&part, &path).await.map_err(failed(&path))?;
        remove(&version_path(&part)).await?;
        Ok(path)
    }

    /// The checksum that the provider states for a file, and where.
    async fn expected(
        &self,
        file: &RemoteFile,
    ) -> Result<Option<(Checksum, String, ChecksumFormat)>, DownloadError> {
        let Some((checksums, format)) = &file.checksums else {
            let stated = self.stated_md5(&file.url).await;
            return Ok(stated.map(|md5| (md5, STATED_MD5.to_owned(), ChecksumFormat::Md5)));
        };
        let (text, name) = (self.text(checksums).await?, file_name(&file.url));
        match format.find(&text, name) {
            Some(checksum) => Ok(Some((checksum, checksums.clone(), *format))),
            None => Err(DownloadError::NotListed {
                checksums: checksums.clone(),
                name: name.to_owned(),
            }),
        }
    }

    /// The MD5 in the headers of a response, if the server states one. A failure is found by the download.
    async fn stated_md5(&self, url: &str) -> Option<Checksum> {
        let response = self.client.head(url).send().await.ok()?.error_for_status().ok()?;
        let hashes = response.headers().get_all(STATED_MD5).iter();
        let mut hashes = hashes.filter_map(|value| value.to_str().ok()).flat_map(|v| v.split(','));
        hashes.find_map(|hash| Checksum::from_base64_md5(hash.trim().strip_prefix("md5=")?))
    }

    async fn text(&self, url: &str) -> Result<String, DownloadError> {
        let mut failures = Failures::new(self.retry, url);
        loop {
            let cause = match self.client.get(url).send().await {
                Ok(response) => {
                    rejected(url, response.status())?;
                    match read_text(response).await {
                        Ok(text) => return Ok(text),
                        Err(cause) => cause,
                    }
                }
                Err(error) => error.into(),
            };
            failures.pause(cause).await?;
        }
    }

    /// Downloads the rest of a file into its part.
    async fn complete(&self, url: &str, part: &Path) -> Result<(), DownloadError> {
        let bar = progress_bar(url);
        let mut failures = Failures::new(self.retry, url);
        loop {
            match self.attempt(url, part, &bar).await? {
                Attempt::Complete => break,
                Attempt::Interrupted { bytes, cause } => {
                    if bytes > 0 {
                        failures = Failures::new(self.retry, url);
                    }
                    failures.pause(cause).await?;
                }
            }
        }
        bar.finish();
        Ok(())
    }

    async fn attempt(
        &self,
        url: &str,
        part: &Path,
        bar: &ProgressBar,
    ) -> Result<Attempt, DownloadError> {
        let (offset, version) = resumable(part).await?;
        let mut request = self.client.get(url).header(ACCEPT_ENCODING, "identity");
        if let Some(version) = &version {
            request = request.header(RANGE, format!("bytes={offset}-")).header(IF_RANGE, version);
        }
        let interrupted = |cause: Interruption| Ok(Attempt::Interrupted { bytes: 0, cause });
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return interrupted(error.into()),
        };
        let range = ContentRange::of(response.headers());
        let (start, length) = match response.status() {
            StatusCode::RANGE_NOT_SATISFIABLE if version.is_some() => {
                // The part may be complete already.
                if range.is_some_and(|range| range.total == Some(offset)) {
                    return Ok(Attempt::Complete);
                }
                remove(part).await?;
                return interrupted(Interruption::WrongRange);
            }
            StatusCode::PARTIAL_CONTENT => match range {
                Some(range) if version.is_some() && range.start == Some(offset) => {
                    (offset, range.total)
                }
                _ => {
                    remove(part).await?;
                    return interrupted(Interruption::WrongRange);
                }
            },
            status => {
                rejected(url, status)?;
                if status != StatusCode::OK {
                    return interrupted(Interruption::Status(status));
                }
                (0, response.content_length())
            }
        };
        if start == 0 {
            store_version(part, response.headers()).await?;
        }
        bar.set_length(length.unwrap_or(0));
        bar.set_position(start);
        write_body(response, part, start, length, bar).await
    }
}

/// Writes a response to a part from an offset, to which the part is cut first.
async fn write_body(
    response: Response,
    part: &Path,
    start: u64,
    length: Option<u64>,
    bar: &ProgressBar,
) -> Result<Attempt, DownloadError> {
    let file = OpenOptions::new().create(true).append(true).open(part).await;
    let mut file = file.map_err(failed(part))?;
    file.set_len(start).await.map_err(failed(part))?;
    let mut end = start;
    let mut body = response.bytes_stream();
    let mut cause = None;
    while let Some(bytes) = body.next().await {
        match bytes {
            Ok(bytes) => {
                file.write_all(&bytes).await.map_err(failed(part))?;
                end += bytes.len() as u64;
                bar.set_position(end);
            }
            Err(error) => {
                cause = Some(Interruption::Http(error));
                break;
            }
        }
    }
    file.flush().await.map_err(failed(part))?;
    file.sync_all().await.map_err(failed(part))?;
    let cause = cause.or(match length {
        Some(length) if end < length => Some(Interruption::Short(end)),
        Some(length) if end > length => Some(Interruption::WrongRange),
        _ => None,
    });
    Ok(cause.map_or(Attempt::Complete, |cause| Attempt::Interrupted { bytes: end - start, cause }))
}

/// Failures in a row.
struct Failures<'a> {
    retry: RetryPolicy,
    url: &'a str,
    count: u32,
}

impl<'a> Failures<'a> {
    fn new(retry: RetryPolicy, url: &'a str) -> Self {
        Self { retry, url, count: 0 }
    }

    /// Waits before the next attempt, or gives up.
    async fn pause(&mut self, cause: Interruption) -> Result<(), DownloadError> {
        self.count += 1;
        if self.count >= self.retry.attempts {
            let (url, attempts) = (self.url.to_owned(), self.count);
            return Err(DownloadError::GaveUp { url, attempts, source: Box::new(cause) });
        }
        let backoff = self.retry.first_backoff.saturating_mul(1 << (self.count - 1).min(16));
        sleep(backoff.min(self.retry.max_backoff)).await;
        Ok(())
    }
}

/// The header Content-Range: `bytes 10-99/100`, or `bytes */100`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ContentRange {
    start: Option<u64>,
    total: Option<u64>,
}

impl ContentRange {
    fn of(headers: &HeaderMap) -> Option<Self> {
        Self::parse(headers.get(CONTENT_RANGE)?.to_str().ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
        let start = range.split_once('-').and_then(|(start, _)| start.parse().ok());
        Some(Self { start, total: total.parse().ok() })
    }
}

/// The length and version of a part, if its download can be resumed.
async fn resumable(part: &Path) -> Result<(u64, Option<String>), DownloadError> {
    let length = match fs::metadata(part).await {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(DownloadError::File(part.to_owned(), error)),
    };
    if length == 0 {
        return Ok((0, None));
    }
    Ok((length, fs::read_to_string(version_path(part)).await.ok()))
}

/// Stores what identifies the version of a response, before its first byte.
async fn store_version(part: &Path, headers: &HeaderMap) -> Result<(), DownloadError> {
    // The bytes of the former version go first: they must never be taken for the new one.
    remove(part).await?;
    let path = version_path(part);
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    // If-Range takes strong entity tags only.
    let tag = text(ETAG).filter(|tag| !tag.starts_with("W/"));
    match tag.or_else(|| text(LAST_MODIFIED)) {
        Some(version) => {
            let mut file = File::create(&path).await.map_err(failed(&path))?;
            file.write_all(version.as_bytes()).await.map_err(failed(&path))?;
            file.sync_all().await.map_err(failed(&path))
        }
        None => remove(&path).await,
    }
}

fn version_path(part: &Path) -> PathBuf {
    part.with_added_extension("version")
}

/// The error for a status that will not change.
fn rejected(url: &str, status: StatusCode) -> Result<(), DownloadError> {
    let may_pass = matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
    if status.is_client_error() && !may_pass {
        return Err(DownloadError::Rejected { url: url.to_owned(), status });
    }
    Ok(())
}

async fn read_text(mut response: Response) -> Result<String, Interruption> {
    if response.status() != StatusCode::OK {
        return Err(Interruption::Status(response.status()));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_CHECKSUM_FILE_BYTES {
            return Err(Interruption::TooLong);
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

async fn checksum_of(format: ChecksumFormat, path: &Path) -> Result<Checksum, DownloadError> {
    let of = path.to_owned();
    let checksum = tokio::task::spawn_blocking(move || format.of_file(&of)).await;
    checksum.map_err(io::Error::other).and_then(|checksum| checksum).map_err(failed(path))
}

async fn exists(path: &Path) -> Result<bool, DownloadError> {
    fs::try_exists(path).await.map_err(failed(path))
}

async fn remove(path: &Path) -> Result<(), DownloadError> {
    match fs::remove_file(path).await {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(path)(error)),
        _ => Ok(()),
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> DownloadError + use<> {
    let path = path.to_owned();
    move |error| DownloadError::File(path, error)
}

/// A bar on standard error, or nothing if that is not a terminal.
fn progress_bar(url: &str) -> ProgressBar {
    let name = url.rsplit('/').next().unwrap_or(url).to_owned();
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    let style = "{prefix}  {bar:30}  {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
    // The template is valid; an invalid one would leave the default style.
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar.with_prefix(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ranges_are_read() {
        let range = |start, total| Some(ContentRange { start, total });
        assert_eq!(ContentRange::parse("bytes 10-99/100"), range(Some(10), Some(100)));
        assert_eq!(ContentRange::parse("bytes */100"), range(None, Some(100)));
        assert_eq!(ContentRange::parse("bytes 10-99/*"), range(Some(10), None));
        assert_eq!(ContentRange::parse("10-99/100"), None);
    }
}
