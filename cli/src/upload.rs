//! A file that was checked becomes a job.

use crate::api::Api;
use crate::bars::Bars;
use crate::check::Checked;
use crate::error::CliError;
use crate::wire::{CreatedJob, Job};
use gas_shared::upload::NewUpload;
use indicatif::ProgressBar;
use std::path::Path;
use tokio_util::io::ReaderStream;
use uuid::Uuid;

/// How often an upload is tried.
const ATTEMPTS: u32 = 3;

/// Makes the job of a file, sends the file, and submits the job.
pub async fn submit(
    api: &Api,
    path: &Path,
    checked: &Checked,
    bars: &Bars,
) -> Result<Job, CliError> {
    let key = Uuid::new_v4();
    let created = create(api, checked, key).await?;
    let id = created.job.id;
    let bar = bars.bytes(checked);
    let sent = send(api, path, checked, key, created, &bar).await;
    bar.finish_and_clear();
    match sent {
        Ok(Some(job)) => Ok(job),
        Ok(None) => api.submit(id).await,
        Err(error) => {
            // The job would wait for a file that does not come. If this fails as well, GAS ends it
            // after half an hour.
            _ = api.cancel(id).await;
            Err(error)
        }
    }
}

/// Makes the job, or finds the one that `key` made, with a ticket that is fresh.
async fn create(api: &Api, checked: &Checked, key: Uuid) -> Result<CreatedJob, CliError> {
    api.create(&NewUpload::new(checked.name.as_str(), checked.size), key).await
}

/// Sends the file, a few times at most; answers the job where it does not wait for a file any more.
async fn send(
    api: &Api,
    path: &Path,
    checked: &Checked,
    key: Uuid,
    mut created: CreatedJob,
    bar: &ProgressBar,
) -> Result<Option<Job>, CliError> {
    let mut pause = api.patience.repeat;
    for attempt in 1.. {
        let Some(upload) = &created.upload else { return Ok(Some(created.job)) };
        let file = tokio::fs::File::open(path).await.map_err(CliError::io(path))?;
        bar.set_position(0);
        let stream = ReaderStream::new(bar.wrap_async_read(file));
        match api.upload(upload, stream, checked.size).await {
            Ok(()) => return Ok(None),
            Err(error) if attempt < ATTEMPTS && error.may_pass() => tokio::time::sleep(pause).await,
            Err(error) => return Err(error),
        }
        pause *= 2;
        // A ticket lasts for minutes, and the attempt may have lasted longer.
        created = create(api, checked, key).await?;
    }
    unreachable!("the loop ends by returning")
}
