//! Reads a job's log: the run log of the worker, followed by the count log of the engine.

use super::{DownloadError, find_job};
use crate::{Gas, plain_text};
use gas_shared::job::{JobState, ObjectLocation};
use gas_shared::{Job, JobId, UserId};

/// The most that is read of each of the two logs, in bytes. Both are far smaller.
pub const LOG_MAX_BYTES: u64 = 1024 * 1024;

/// Reads a job's log so far, as plain text without terminal control; logs of earlier versions and of
/// other engines may contain any bytes. It is empty until a worker claims the job, grows while the job
/// runs, and stays when the result is archived. The count log follows the run log, so that every line
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
    Ok(bytes.map(|bytes| {
        let mut text = plain_text(&String::from_utf8_lossy(&bytes));
        if bytes.len() as u64 >= LOG_MAX_BYTES {
            text.push_str("\nThe log continues here; only its first MiB is shown.\n");
        }
        text
    }))
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
    async fn a_log_is_plain_text_and_a_long_one_says_where_it_was_cut() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let job = test.pending_job(&ada).await;
        let file = run_log(&test.gas, &job);
        test.objects.put(&file, b"\x1b[2J\x1b[31mbegun\x1b[0m\0\xff\n");
        assert_eq!(read_log(&test.gas, ada.id, job.id).await.unwrap(), "begun\u{fffd}\n");
        test.objects.put(&file, &vec![b'x'; 2 << 20]);
        let text = read_log(&test.gas, ada.id, job.id).await.unwrap();
        assert!(text.len() < (1 << 20) + 100, "{}", text.len());
        assert!(text.ends_with("only its first MiB is shown.\n"));
    }

    #[tokio::test]
    async fn an_old_job_without_a_run_log_has_its_count_log() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let done = test.completed_job(&ada).await;
        assert_eq!(read_log(&test.gas, ada.id, done.id).await.unwrap(), "Total: 1\n");
    }
}
