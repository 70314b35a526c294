//! The transfer of one file to S3, across interruptions of the connection.

use super::backoff::{is_transient, pause_secs};
use super::inspect::{slice, unreadable};
use super::queue::{QueuedFile, UploadQueue};
use super::resume;
use super::s3_error::S3Error;
use super::state::UploadEvent;
use crate::api::{self, ApiResult, JsonFuture, RawJson, erase, read};
use crate::browser::{self, UploadRequest, UploadResponse};
use crate::error::{ApiError, ErrorCode};
use crate::live::Live;
use futures::StreamExt;
use futures::channel::mpsc::UnboundedReceiver;
use futures::future::{Either, select};
use gas_shared::job::{Organization, StateView, StoredOptions};
use gas_shared::upload::{NewUpload, ONE_REQUEST_MAX_BYTES, PartsTicket, UploadTicket};
use gas_shared::{FileName, JobId, JobView};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

/// The shortest time between two reports of progress, in milliseconds.
const REPORT_MS: i64 = 150;

/// A command of the user to a running transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Stop the transfer.
    Stop,
    /// End the pause and retry now.
    Resume,
}

/// Why a transfer ended before the file arrived.
#[derive(Clone, Debug, PartialEq)]
pub enum TransferError {
    /// The user stopped it.
    Stopped,
    /// The file cannot be sent.
    Failed(ApiError),
}

/// The transfer of one file to S3.
pub struct Transfer {
    queue: UploadQueue,
    file: QueuedFile,
    commands: UnboundedReceiver<Command>,
    /// The number of consecutive interruptions.
    interruptions: usize,
    /// The job of a multipart upload.
    job: Option<JobId>,
}

impl Transfer {
    /// Prepares the transfer of a file.
    pub const fn new(
        queue: UploadQueue,
        file: QueuedFile,
        commands: UnboundedReceiver<Command>,
    ) -> Self {
        Self { queue, file, commands, interruptions: 0, job: None }
    }

    /// Sends the file and returns its job.
    pub async fn run(mut self) -> Result<JobId, TransferError> {
        if self.file.size > ONE_REQUEST_MAX_BYTES {
            self.in_parts().await
        } else {
            self.in_one_request().await
        }
    }

    /// Sends the file in one request. If that fails, the job is cancelled, since a new attempt has a
    /// new job.
    async fn in_one_request(&mut self) -> Result<JobId, TransferError> {
        loop {
            api::begin_trace();
            let ticket = self.call(|file| api::request_upload(new_upload(file))).await?;
            self.announce(ticket.job_id);
            match self.post(&ticket).await {
                Ok(true) => return Ok(ticket.job_id),
                Ok(false) => cancel_job(self.queue.live, ticket.job_id).await,
                Err(error) => {
                    cancel_job(self.queue.live, ticket.job_id).await;
                    return Err(error);
                }
            }
        }
    }

    /// Sends the file with a ticket, repeatedly if necessary. Returns false if a new ticket is needed.
    async fn post(&mut self, ticket: &UploadTicket) -> Result<bool, TransferError> {
        loop {
            if ticket.expires_at <= self.now() {
                return Ok(false);
            }
            let request = UploadRequest::post(ticket, &self.file.content, self.progress(0));
            let response = self.finish(request).await?;
            if is_success(&response) {
                return Ok(true);
            }
            match S3Error::parse(response.status, &response.body) {
                S3Error::Retry(error) => self.pause(error).await?,
                S3Error::Renew(error) => {
                    self.pause(error).await?;
                    return Ok(false);
                }
                S3Error::Permanent(error) => return Err(TransferError::Failed(error)),
            }
        }
    }

    /// Sends the file in parts. Parts that have arrived are kept for a later attempt, so the job is
    /// cancelled only if the user stops the transfer.
    async fn in_parts(&mut self) -> Result<JobId, TransferError> {
        let result = self.all_parts().await;
        if matches!(result, Err(TransferError::Stopped))
            && let Some(job) = self.job
        {
            resume::forget(&self.file);
            cancel_job(self.queue.live, job).await;
        }
        result
    }

    async fn all_parts(&mut self) -> Result<JobId, TransferError> {
        let mut ticket = match self.unfinished_upload().await? {
            Some(ticket) => ticket,
            None => self.begin_parts().await?,
        };
        self.job = Some(ticket.job_id);
        while !ticket.parts.is_empty() {
            self.put_parts(&ticket).await?;
            let job = ticket.job_id;
            ticket = self.call(move |_| api::next_parts(job)).await?;
        }
        Ok(ticket.job_id)
    }

    /// The missing parts of an earlier, unfinished upload of this file, if the server knows it.
    async fn unfinished_upload(&mut self) -> Result<Option<PartsTicket>, TransferError> {
        let Some(job) = resume::unfinished_job(&self.file) else { return Ok(None) };
        match self.call(move |_| api::next_parts(job)).await {
            Ok(ticket) if ticket.size == self.file.size => Ok(Some(ticket)),
            // The upload belongs to another user or file, or it has ended. A new one is started.
            Ok(_) => Ok(None),
            Err(TransferError::Failed(error))
                if matches!(error.code, ErrorCode::NotFound | ErrorCode::Conflict) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn begin_parts(&mut self) -> Result<PartsTicket, TransferError> {
        api::begin_trace();
        let ticket = self.call(|file| api::begin_parts(new_upload(file))).await?;
        resume::remember(&self.file, ticket.job_id);
        self.announce(ticket.job_id);
        Ok(ticket)
    }

    /// Sends the parts of a ticket, up to the first one that fails.
    async fn put_parts(&mut self, ticket: &PartsTicket) -> Result<(), TransferError> {
        let mut sent = ticket.size.saturating_sub(ticket.missing);
        for part in &ticket.parts {
            let bytes = slice(&self.file.content, part.offset, part.offset + part.length);
            let bytes = bytes.map_err(TransferError::Failed)?;
            let request = UploadRequest::put(&part.url, &bytes, self.progress(sent));
            let response = self.finish(request).await?;
            if !is_success(&response) {
                return match S3Error::parse(response.status, &response.body) {
                    S3Error::Retry(error) | S3Error::Renew(error) => self.pause(error).await,
                    S3Error::Permanent(error) => Err(TransferError::Failed(error)),
                };
            }
            sent += part.length;
            self.interruptions = 0;
        }
        Ok(())
    }

    /// Shows a new job on the other pages immediately.
    fn announce(&self, job: JobId) {
        if let Some(job) = new_job(job, &self.file.name, self.now()) {
            self.queue.live.upsert(job);
        }
    }

    /// The server's time.
    fn now(&self) -> Timestamp {
        self.queue.live.now()
    }

    /// Calls a server function, repeatedly if its error is transient.
    async fn call<T: DeserializeOwned, F: Future<Output = ApiResult<RawJson<T>>> + 'static>(
        &mut self,
        function: impl Fn(QueuedFile) -> F,
    ) -> Result<T, TransferError> {
        let json = self.call_for_json(&|file| erase(function(file))).await?;
        read(&json).map_err(TransferError::Failed)
    }

    async fn call_for_json(
        &mut self,
        function: &dyn Fn(QueuedFile) -> JsonFuture,
    ) -> Result<Box<str>, TransferError> {
        loop {
            match function(self.file.clone()).await {
                Ok(json) => return Ok(json),
                Err(error) if is_transient(&error) => self.pause(error).await?,
                Err(error) => return Err(TransferError::Failed(error)),
            }
        }
    }

    /// Waits for the response to a request, or for the user to stop the transfer.
    async fn finish(
        &mut self,
        request: Option<UploadRequest>,
    ) -> Result<UploadResponse, TransferError> {
        let request = request.ok_or_else(|| TransferError::Failed(unreadable()))?;
        let mut finish = pin!(request.finish());
        loop {
            match select(finish, self.commands.next()).await {
                Either::Left((response, _)) => return Ok(response),
                Either::Right((Some(Command::Stop) | None, _)) => {
                    return Err(TransferError::Stopped);
                }
                Either::Right((Some(Command::Resume), rest)) => finish = rest,
            }
        }
    }

    /// Waits before the next attempt. Fails with `error` after too many interruptions.
    async fn pause(&mut self, error: ApiError) -> Result<(), TransferError> {
        let Some(pause) = pause_secs(self.interruptions) else {
            return Err(TransferError::Failed(error));
        };
        self.interruptions += 1;
        self.queue.apply(self.file.id, UploadEvent::Interrupted { pause });
        // Jitter keeps many browsers from retrying at the same instant.
        let pause = Duration::from_secs(pause.into()).mul_f64(0.8 + 0.4 * browser::random());
        let sleep = pin!(browser::sleep(pause));
        if let Either::Right((Some(Command::Stop), _)) = select(sleep, self.commands.next()).await {
            return Err(TransferError::Stopped);
        }
        self.queue.apply(self.file.id, UploadEvent::Resumed);
        Ok(())
    }

    /// Returns a function that reports the progress of a request, `before` bytes of the file having
    /// been sent by earlier requests.
    fn progress(&self, before: u64) -> impl FnMut(u64) + 'static {
        let (queue, id) = (self.queue, self.file.id);
        let report = move |bytes, now: i64| {
            queue.apply(id, UploadEvent::Sent { bytes, now: now as f64 });
        };
        let mut last = Timestamp::now().as_millisecond();
        report(before, last);
        move |sent| {
            let now = Timestamp::now().as_millisecond();
            if now - last >= REPORT_MS {
                last = now;
                report(before + sent, now);
            }
        }
    }
}

fn new_upload(file: QueuedFile) -> NewUpload {
    NewUpload::new(file.name, file.size).with(file.options)
}

fn is_success(response: &UploadResponse) -> bool {
    (200..300).contains(&response.status)
}

/// Cancels a job whose file will not arrive. If the server cannot be reached, the server ends the job
/// at its deadline.
pub async fn cancel_job(live: Live, job: JobId) {
    if let Ok(job) = api::cancel_job(job).await.and_then(|job| job.read()) {
        live.upsert(job);
    }
}

/// A job that was just created, to be shown until the server reports it. Every state that the server
/// reports is newer.
fn new_job(id: JobId, name: &str, now: Timestamp) -> Option<JobView> {
    let file_name = FileName::parse(name).ok()?;
    let submitted_at = Timestamp::from_second(now.as_second()).ok()?;
    Some(JobView {
        id,
        version: 0,
        file_name,
        size: None,
        uploaded_at: None,
        input_deleted_at: None,
        options: StoredOptions::default(),
        organization: Organization::default(),
        copied: None,
        submitted_at,
        state: StateView::Uploading,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_job_is_older_than_any_state_from_the_server() {
        let now = Timestamp::from_millisecond(1_790_000_000_700).unwrap();
        let job =
            new_job("00000000-0000-4000-8000-000000000000".parse().unwrap(), "a.vcf", now).unwrap();
        assert_eq!((job.version, job.submitted_at.subsec_nanosecond()), (0, 0));
        assert_eq!(new_job(job.id, "a.doc", now), None);
    }
}
