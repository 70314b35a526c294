//! The bytes of a result in order, across interruptions of the connection.

use crate::api::Api;
use crate::error::CliError;
use bytes::Bytes;
use reqwest::header::ETAG;
use reqwest::{Response, StatusCode};
use uuid::Uuid;

/// How often the download is attempted without progress.
const MAX_ATTEMPTS: u32 = 5;

/// Where a download goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResumePoint {
    /// The bytes that are there.
    pub offset: u64,
    /// The entity tag of the stored file that they are of.
    pub etag: String,
}

/// A download of a result.
pub struct ResultStream<'a> {
    api: &'a Api,
    id: Uuid,
    offset: u64,
    /// The entity tag of the stored file.
    etag: Option<String>,
    /// The open response; `None` after an interruption.
    response: Option<Response>,
    failures: u32,
}

impl<'a> ResultStream<'a> {
    /// Starts a download from `from` if the stored file is still the same one, and from the beginning otherwise.
    pub async fn start(
        api: &'a Api,
        id: Uuid,
        from: Option<ResumePoint>,
    ) -> Result<Self, CliError> {
        let mut stream = Self { api, id, offset: 0, etag: None, response: None, failures: 0 };
        if let Some(ResumePoint { offset, etag }) = from {
            match api.result(id, offset).await {
                Ok(response) if response.status() == StatusCode::PARTIAL_CONTENT => {
                    if etag_of(&response).as_ref() == Some(&etag) {
                        stream =
                            Self { offset, etag: Some(etag), response: Some(response), ..stream };
                        return Ok(stream);
                    }
                }
                // The whole file.
                Ok(response) => {
                    stream.etag = etag_of(&response);
                    stream.response = Some(response);
                    return Ok(stream);
                }
                // All bytes are there already, or the file has fewer now.
                Err(CliError::Storage { status: 416, .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let response = api.result(id, 0).await?;
        stream.etag = etag_of(&response);
        stream.response = Some(response);
        Ok(stream)
    }

    /// The number of bytes that were there at the start, and that [`Self::next`] has returned since.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// The entity tag of the stored file, if storage states it.
    pub fn etag(&self) -> Option<&str> {
        self.etag.as_deref()
    }

    /// Returns the next bytes, or `None` at the end of the file.
    pub async fn next(&mut self) -> Result<Option<Bytes>, CliError> {
        loop {
            match self.next_of_response().await {
                Ok(piece) => {
                    self.failures = 0;
                    let length = piece.as_ref().map_or(0, Bytes::len);
                    self.offset += length as u64;
                    self.api.bandwidth.pass(length).await;
                    return Ok(piece);
                }
                Err(error) if error.is_transient() && self.failures + 1 < MAX_ATTEMPTS => {
                    self.response = None;
                    tokio::time::sleep(self.api.timing.first_backoff * 2_u32.pow(self.failures))
                        .await;
                    self.failures += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn next_of_response(&mut self) -> Result<Option<Bytes>, CliError> {
        let response = match &mut self.response {
            Some(response) => response,
            None => {
                let response = self.reopened().await?;
                self.response.insert(response)
            }
        };
        Ok(response.chunk().await?)
    }

    /// Continues the file where it was interrupted.
    async fn reopened(&self) -> Result<Response, CliError> {
        let response = self.api.result(self.id, self.offset).await?;
        let is_rest = self.offset == 0 || response.status() == StatusCode::PARTIAL_CONTENT;
        if is_rest && etag_of(&response) == self.etag {
            Ok(response)
        } else {
            Err(CliError::ResultChanged)
        }
    }
}

fn etag_of(response: &Response) -> Option<String> {
    response.headers().get(ETAG)?.to_str().ok().map(str::to_owned)
}
