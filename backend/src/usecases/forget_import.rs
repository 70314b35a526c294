//! Deletes the import of a job that has ended otherwise, with the URL.

use crate::{Gas, chain};
use gas_shared::Job;

/// Deletes the import of a job, if its file is copied from a URL or for another run. `job` is its state before it ended.
pub(super) async fn forget_import(gas: &Gas, job: &Job) {
    if job.copied_bytes().is_some()
        && let Err(error) = gas.imports.delete(job.id).await
    {
        tracing::warn!(job_id = %job.id, error = %chain(&error), "import not deleted; the process that copies the file will");
    }
}
