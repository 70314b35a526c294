//! Uploads a large file in parts, several at the same time, and continues an interrupted upload.

use crate::api::Api;
use crate::args::UploadOptions;
use crate::dto::{CreatedJob, Job, JobPart, JobParts};
use crate::error::CliError;
use crate::unfinished::{FileVersion, Record, default_folder};
use futures::{StreamExt, stream};
use gas_shared::upload::NewUpload;
use indicatif::ProgressBar;
use std::io::SeekFrom;
use std::path::Path;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;
use uuid::Uuid;

/// How often sending parts is attempted without progress.
const MAX_ATTEMPTS: u32 = 6;

/// The bytes of a part that are in memory at a time.
const PIECE_BYTES: usize = 32 * 1024;

/// What became of an upload.
#[derive(Debug)]
pub enum Outcome {
    /// The file is uploaded and the job is submitted.
    Submitted(Job),
    /// This version of GAS knows no parts, and expects the file in one request.
    InOneRequest {
        /// The idempotency key of the job.
        key: Uuid,
        /// The job, and the form for its file.
        created: CreatedJob,
    },
}

/// Creates a job, uploads its file in parts, and submits the job. An earlier upload of the same file that did not come to
/// its end is continued.
///
/// # Errors
/// [`CliError::Interrupted`] if the same command can continue the upload later. After other errors, the job is
/// cancelled.
pub async fn submit(
    api: &Api,
    path: &Path,
    new: &NewUpload,
    options: &UploadOptions,
    bar: &ProgressBar,
) -> Result<Outcome, CliError> {
    let version = FileVersion::of(path).map_err(CliError::io(path))?;
    if version.size != new.size_bytes {
        return Err(changed());
    }
    let folder = options.state_dir.clone().or_else(default_folder);
    let mut record =
        folder.and_then(|folder| Record::open(&folder, &api.origin(), path, &version, new));
    let (key, created) = create(api, new, record.as_mut()).await?;
    let id = created.job.id;
    let Some(parts) = created.parts else {
        record.into_iter().for_each(Record::forget);
        if !created.is_waiting() {
            return Ok(Outcome::Submitted(created.job));
        }
        return Ok(Outcome::InOneRequest { key, created });
    };
    let upload = Upload { api, path, version: &version, id, parallel: options.parallel_parts, bar };
    let sent = match upload.send(parts).await {
        Ok(()) => api.submit(id).await,
        Err(error) => Err(error),
    };
    match (sent, record) {
        (Err(error), Some(_)) if error.is_transient() => {
            Err(CliError::Interrupted(Box::new(error)))
        }
        (sent, record) => {
            record.into_iter().for_each(Record::forget);
            if sent.is_err() {
                // Otherwise the job would wait for its file for a day.
                _ = api.cancel(id).await;
            }
            sent.map(Outcome::Submitted)
        }
    }
}

/// Finds the job of the record if it still waits for its file or an earlier command has submitted it, or creates one.
async fn create(
    api: &Api,
    new: &NewUpload,
    mut record: Option<&mut Record>,
) -> Result<(Uuid, CreatedJob), CliError> {
    if let Some(key) = record.as_mut().and_then(|record| record.key()) {
        match api.create_in_parts(new, key).await {
            // The response to the submission was lost, or the record would not be there: another job would annotate the
            // file twice.
            Ok(created) if created.is_waiting() || created.job.is_submitted() => {
                return Ok((key, created));
            }
            // The job has failed, was cancelled or deleted, or its upload has expired.
            Ok(_) => {}
            Err(CliError::Problem(problem))
                if matches!(problem.code.as_str(), "conflict" | "idempotency_key_reused") => {}
            Err(error) => return Err(error),
        }
    }
    let key = Uuid::new_v4();
    if let Some(record) = record {
        // Without a record, the upload cannot be continued by a later command, which is no reason not to begin it.
        _ = record.remember(key);
    }
    Ok((key, api.create_in_parts(new, key).await?))
}

/// An upload of a file.
struct Upload<'a> {
    api: &'a Api,
    path: &'a Path,
    version: &'a FileVersion,
    id: Uuid,
    parallel: u8,
    bar: &'a ProgressBar,
}

impl Upload<'_> {
    /// Sends all parts that storage has not received.
    async fn send(&self, mut parts: JobParts) -> Result<(), CliError> {
        let mut failures = 0;
        while !parts.parts.is_empty() {
            self.check_unchanged()?;
            self.bar.set_position(parts.size_bytes.saturating_sub(parts.missing_bytes));
            let mut sent = stream::iter(&parts.parts)
                .map(|part| self.put(part))
                .buffer_unordered(self.parallel.into());
            let (mut arrived, mut interruption) = (0, None);
            while let Some(part) = sent.next().await {
                match part {
                    Ok(()) => arrived += 1,
                    Err(error) if error.is_transient() => interruption = Some(error),
                    Err(error) => return Err(error),
                }
            }
            drop(sent);
            if let Some(error) = interruption {
                // On a slow connection, the later parts of each answer expire before they are sent.
                failures = if arrived > 0 { 0 } else { failures + 1 };
                if failures == MAX_ATTEMPTS {
                    return Err(error);
                }
                tokio::time::sleep(self.api.timing.first_backoff * 2_u32.pow(failures)).await;
            } else {
                failures = 0;
            }
            // Storage is asked what has arrived, and signs what is missing.
            parts = self.api.job_parts(self.id).await?;
        }
        // The file may have changed while the last parts were sent, which are all of a file with a few.
        self.check_unchanged()
    }

    async fn put(&self, part: &JobPart) -> Result<(), CliError> {
        let open = async {
            let mut file = File::open(self.path).await?;
            file.seek(SeekFrom::Start(part.offset)).await?;
            Ok(file.take(part.length))
        };
        let file = open.await.map_err(CliError::io(self.path))?;
        let bar = self.bar.clone();
        let pieces = ReaderStream::with_capacity(file, PIECE_BYTES).inspect(move |piece| {
            bar.inc(piece.as_ref().map_or(0, |piece| piece.len() as u64));
        });
        self.api.put(&part.url, pieces, part.length).await
    }

    /// Parts of two versions of a file would be a file that nobody has.
    fn check_unchanged(&self) -> Result<(), CliError> {
        let now = FileVersion::of(self.path).map_err(CliError::io(self.path))?;
        if now == *self.version { Ok(()) } else { Err(changed()) }
    }
}

fn changed() -> CliError {
    CliError::File("the file has changed while it was uploaded; upload it again".to_owned())
}

#[cfg(test)]
#[path = "upload_in_parts_tests.rs"]
mod tests;
