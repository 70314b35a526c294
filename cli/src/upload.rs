//! Uploads a checked file and submits its job.

use crate::api::Api;
use crate::args::UploadOptions;
use crate::check::CheckedFile;
use crate::dto::{CreatedJob, Job};
use crate::error::CliError;
use crate::progress::ProgressBars;
use crate::upload_in_parts::{self, Outcome};
use gas_shared::JobOptions;
use gas_shared::upload::{NewUpload, ONE_REQUEST_MAX_BYTES};
use indicatif::ProgressBar;
use std::path::Path;
use tokio_util::io::ReaderStream;
use uuid::Uuid;

/// How often an upload is attempted.
const MAX_ATTEMPTS: u32 = 3;

/// Creates a job, uploads its file, and submits the job. A large file is uploaded in parts.
pub async fn submit(
    api: &Api,
    path: &Path,
    file: &CheckedFile,
    options: &JobOptions,
    upload: &UploadOptions,
    bars: &ProgressBars,
) -> Result<Job, CliError> {
    let new = NewUpload::new(file.name.as_str(), file.size).with(options.clone());
    let bar = bars.upload(file);
    let submitted = send_and_submit(api, path, &new, upload, &bar).await;
    bar.finish_and_clear();
    submitted
}

async fn send_and_submit(
    api: &Api,
    path: &Path,
    new: &NewUpload,
    upload: &UploadOptions,
    bar: &ProgressBar,
) -> Result<Job, CliError> {
    let (key, created) = if new.size_bytes > ONE_REQUEST_MAX_BYTES {
        match upload_in_parts::submit(api, path, new, upload, bar).await? {
            Outcome::Submitted(job) => return Ok(job),
            Outcome::InOneRequest { key, created } => (key, created),
        }
    } else {
        let key = Uuid::new_v4();
        (key, api.create(new, key).await?)
    };
    let id = created.job.id;
    match send(api, path, new, key, created, bar).await {
        Ok(Some(job)) => Ok(job),
        Ok(None) => api.submit(id).await,
        Err(error) => {
            // Otherwise the job would wait for its file. If the call fails, GAS ends the job after
            // half an hour.
            _ = api.cancel(id).await;
            Err(error)
        }
    }
}

/// Uploads the file in up to [`MAX_ATTEMPTS`] attempts. Returns the job if it no longer waits for a
/// file.
async fn send(
    api: &Api,
    path: &Path,
    new: &NewUpload,
    key: Uuid,
    mut created: CreatedJob,
    bar: &ProgressBar,
) -> Result<Option<Job>, CliError> {
    let mut pause = api.timing.first_backoff;
    for attempt in 1.. {
        let Some(upload) = &created.upload else { return Ok(Some(created.job)) };
        let content = tokio::fs::File::open(path).await.map_err(CliError::io(path))?;
        bar.set_position(0);
        let stream = ReaderStream::new(bar.wrap_async_read(content));
        match api.upload(upload, stream, new.size_bytes).await {
            Ok(()) => return Ok(None),
            Err(error) if attempt < MAX_ATTEMPTS && error.is_transient() => {
                tokio::time::sleep(pause).await;
            }
            Err(error) => return Err(error),
        }
        pause *= 2;
        // The ticket expires after minutes, and the attempt may have taken longer.
        // The same key returns the same job with a new ticket.
        created = api.create(new, key).await?;
    }
    unreachable!("the loop ends by returning")
}
