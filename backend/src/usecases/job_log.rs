//! Reads a job's log: the run log of the worker, followed by the count log of the engine.

use super::{DownloadError, find_job};
use crate::Gas;
use gas_shared::job::{JobState, ObjectLocation};
use gas_shared::{Job, JobId, UserId};

/// The most that is read of each of the two logs, in bytes. Both are far smaller.
pub const LOG_MAX_BYTES: u64 = 1024 * 1024;

/// Reads a job's log so far. It is empty until a worker claims the job, grows while the job runs,
/// and stays when the result is archived. The count log follows the run log, so that every line
/// keeps its number.
///
/// # Errors
/// [`DownloadError`].
pub async fn read_log(gas: &Gas, owner: UserId, id: JobId) -> Result<String, DownloadError> {
    let job = find_job(gas, owner, id).await?;
    let mut text = read(gas, &run_log(gas, &job)).await?.unwrap_or_default();
    if let JobState::Completed(done) = &job.state {
        let counts = read(gas, &done.log).await?.ok_or(DownloadError::Missing(id))?;
        text.push_str(&counts);
    }
    Ok(text)
}

fn run_log(gas: &Gas, job: &Job) -> ObjectLocation {
    gas.object_keys.run_log(job.owner, job.id, &job.input.name)
}

async fn read(gas: &Gas, file: &ObjectLocation) -> Result<Option<String>, DownloadError> {
    let bytes = gas.objects.read_head(file, LOG_MAX_BYTES).await?;
    Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::TestGas;
    use crate::usecases::FindError;
    use gas_shared::Plan;

    #[tokio::test]
    async fn a_log_grows_stays_and_is_private() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let eve = test.user("eve", Plan::Premium);
        let waiting = test.pending_job(&ada).await;
        assert_eq!(read_log(&test.gas, ada.id, waiting.id).await.unwrap(), "");
        test.objects.put(&run_log(&test.gas, &waiting), b"begun\n");
        assert_eq!(read_log(&test.gas, ada.id, waiting.id).await.unwrap(), "begun\n");

        let done = test.completed_job(&ada).await;
        test.objects.put(&run_log(&test.gas, &done), b"begun\nstored\n");
        let whole = "begun\nstored\nTotal: 1\n";
        assert_eq!(read_log(&test.gas, ada.id, done.id).await.unwrap(), whole);
        test.clock.advance_secs(9_000);
        assert_eq!(read_log(&test.gas, ada.id, done.id).await.unwrap(), whole, "logs stay");
        let foreign = read_log(&test.gas, eve.id, done.id).await.unwrap_err();
        assert!(matches!(foreign, DownloadError::Find(FindError::NotFound(_))));
    }

    #[tokio::test]
    async fn an_old_job_without_a_run_log_has_its_count_log() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let done = test.completed_job(&ada).await;
        assert_eq!(read_log(&test.gas, ada.id, done.id).await.unwrap(), "Total: 1\n");
    }
}
