//! The upload is done: the job joins the queue.

use super::{ChangeError, FindError, change_job, find_job, publish, upload_in_parts};
use crate::Gas;
use crate::messages::JobRequest;
use crate::ports::{ObjectInfo, PortError};
use gas_shared::job::{Change, ChangeRefused, JobState};
use gas_shared::{Job, JobId, JobStatus, UserId};

/// Why an upload was not confirmed.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    /// No such job of this user, or the store failed.
    #[error(transparent)]
    Find(#[from] FindError),
    /// S3 has no such object.
    #[error(
        "the file of job {0} has not arrived in full; go on with its upload, or submit it anew"
    )]
    NotUploaded(JobId),
    /// S3 had another file than the one that was announced. It is deleted.
    #[error(
        "the file of job {id} came with {found} bytes instead of {announced}; submit it as a new job"
    )]
    WrongSize {
        /// The job.
        id: JobId,
        /// The size of what came, in bytes.
        found: u64,
        /// The size that was announced, in bytes.
        announced: u64,
    },
    /// The job is over.
    #[error("job {id} is {status} already; submit the file as a new job")]
    Over {
        /// The job.
        id: JobId,
        /// Its state.
        status: JobStatus,
    },
    /// The row could not be changed.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Checks that the file arrived, after making it of its parts where it came in parts, moves the job to PENDING and asks for a worker.
///
/// May be called again: a job that waits is announced again (workers take it once), and one that
/// runs or is done is left alone.
///
/// # Errors
/// [`ConfirmError`]; calling again is safe.
pub async fn confirm_upload(gas: &Gas, owner: UserId, id: JobId) -> Result<Job, ConfirmError> {
    let job = find_job(gas, owner, id).await?;
    let job = match job.status() {
        JobStatus::Uploading => accept(gas, &job).await?,
        JobStatus::Pending => job,
        JobStatus::Running | JobStatus::Completed => return Ok(job),
        status @ (JobStatus::Failed | JobStatus::Cancelled) => {
            return Err(ConfirmError::Over { id, status });
        }
    };
    publish(&*gas.job_requests, &JobRequest { job_id: id }).await?;
    Ok(job)
}

async fn accept(gas: &Gas, job: &Job) -> Result<Job, ConfirmError> {
    let info = arrived(gas, job).await?;
    match change_job(&gas.jobs, job.id, Change::Uploaded { size: info.size }).await {
        Ok(job) => Ok(job),
        // Another confirmation was quicker; what it did is what was asked for.
        Err(ChangeError::Refused { refused: ChangeRefused::Illegal { .. }, .. }) => {
            Ok(find_job(gas, job.owner, job.id).await?)
        }
        Err(error) => Err(error.into()),
    }
}

/// The file that came, if it is one that may be annotated. A single request brings none that the
/// plan does not allow, by its signed policy.
async fn arrived(gas: &Gas, job: &Job) -> Result<ObjectInfo, ConfirmError> {
    let file = &job.input.file;
    let JobState::Uploading { parts: Some(parts) } = &job.state else {
        return gas.objects.head(file).await?.ok_or(ConfirmError::NotUploaded(job.id));
    };
    let info = match gas.objects.head(file).await? {
        Some(info) => Some(info),
        None => {
            upload_in_parts::complete(gas, job, parts).await?;
            gas.objects.head(file).await?
        }
    };
    let info = info.ok_or(ConfirmError::NotUploaded(job.id))?;
    if info.size != parts.size {
        gas.objects.delete(file).await?;
        let (found, announced) = (info.size, parts.size);
        return Err(ConfirmError::WrongSize { id: job.id, found, announced });
    }
    Ok(info)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::TestGas;
    use gas_shared::Plan;

    #[tokio::test]
    async fn a_confirmed_job_waits_for_a_worker() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let ticket = test.ticket(&ada).await;
        test.objects.put(&test.job(ticket.job_id).input.file, b"##fileformat=VCFv4.2\n");
        let job = confirm_upload(&test.gas, ada.id, ticket.job_id).await.unwrap();
        assert_eq!(job.status(), JobStatus::Pending);
        assert_eq!(job.input.size, Some(21));
        assert_eq!(test.job_requests.bodies(), [format!("{{\"job_id\":\"{}\"}}", job.id)]);
    }

    #[tokio::test]
    async fn confirming_twice_makes_one_pending_job() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let first = test.pending_job(&ada).await;
        let again = confirm_upload(&test.gas, ada.id, first.id).await.unwrap();
        assert_eq!(again, first);
    }

    #[tokio::test]
    async fn a_file_that_never_arrived_is_not_queued() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let ticket = test.ticket(&ada).await;
        let refused = confirm_upload(&test.gas, ada.id, ticket.job_id).await.unwrap_err();
        assert!(matches!(refused, ConfirmError::NotUploaded(_)));
        assert_eq!(test.job_requests.bodies(), [""; 0]);
    }

    #[tokio::test]
    async fn nobody_confirms_for_another() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let eve = test.user("eve", Plan::Free);
        let ticket = test.ticket(&ada).await;
        let refused = confirm_upload(&test.gas, eve.id, ticket.job_id).await.unwrap_err();
        assert!(matches!(refused, ConfirmError::Find(FindError::NotFound(_))));
    }
}
