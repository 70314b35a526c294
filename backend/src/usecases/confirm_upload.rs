//! Confirms an upload and queues the job.

use super::dispatch::{enqueue, send_again};
use super::limits::{LimitError, count_confirmation};
use super::{ChangeError, FindError, change_job, find_job, upload_in_parts};
use crate::Gas;
use crate::ports::{ObjectInfo, PortError};
use gas_shared::job::{Change, ChangeRejected, JobState};
use gas_shared::{Job, JobId, JobStatus, UserId};

/// The reason why an upload was not confirmed.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    /// The user has no such job, or the store failed.
    #[error(transparent)]
    Find(#[from] FindError),
    /// S3 does not have the object.
    #[error(
        "the file of job {0} has not arrived completely; continue its upload or upload it again"
    )]
    NotUploaded(JobId),
    /// The size of the object differs from the announced size. The object is deleted.
    #[error(
        "the file of job {id} has {found} bytes instead of {announced}; upload it as a new job"
    )]
    WrongSize {
        /// The job.
        id: JobId,
        /// The size of the object, in bytes.
        found: u64,
        /// The announced size, in bytes.
        announced: u64,
    },
    /// The job has ended.
    #[error("job {id} is {status} already; upload the file as a new job")]
    Over {
        /// The job.
        id: JobId,
        /// Its status.
        status: JobStatus,
    },
    /// The row could not be changed.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The user has reached a limit.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Completes a multipart upload, checks that the file arrived, moves the job to PENDING and
/// requests a worker, unless the user has as many jobs with the workers as their plan allows: then the
/// job waits until one of them has ended.
///
/// The call is idempotent: a PENDING job is requested again, which is harmless because a job is
/// claimed once, and a job that runs or has ended is left alone.
///
/// # Errors
/// [`ConfirmError`]; calling again is safe.
pub async fn confirm_upload(gas: &Gas, owner: UserId, id: JobId) -> Result<Job, ConfirmError> {
    count_confirmation(gas, owner).await?;
    queue_uploaded(gas, owner, id).await
}

/// Does the same without counting towards the limit of the user's confirmations.
pub(super) async fn queue_uploaded(
    gas: &Gas,
    owner: UserId,
    id: JobId,
) -> Result<Job, ConfirmError> {
    let job = find_job(gas, owner, id).await?;
    let job = match job.status() {
        JobStatus::Uploading => {
            let job = accept(gas, &job).await?;
            enqueue(gas, owner, id).await?;
            return Ok(job);
        }
        JobStatus::Pending => job,
        JobStatus::Running | JobStatus::Completed => return Ok(job),
        status @ (JobStatus::Failed | JobStatus::Cancelled) => {
            return Err(ConfirmError::Over { id, status });
        }
    };
    let sent = enqueue(gas, owner, id).await?;
    if !sent.contains(&id) && !gas.dispatches.is_waiting(id).await? {
        // The message of an earlier call may be lost.
        send_again(gas, owner, id).await?;
    }
    Ok(job)
}

async fn accept(gas: &Gas, job: &Job) -> Result<Job, ConfirmError> {
    let ObjectInfo { size, etag } = arrived(gas, job).await?;
    match change_job(&gas.jobs, job.id, Change::Uploaded { size, etag }).await {
        Ok(job) => {
            tracing::info!("upload confirmed");
            Ok(job)
        }
        // A concurrent confirmation has done the same.
        Err(ChangeError::Rejected { rejected: ChangeRejected::Illegal { .. }, .. }) => {
            Ok(find_job(gas, job.owner, job.id).await?)
        }
        Err(error) => Err(error.into()),
    }
}

/// Checks the uploaded object. Uploads in a single request are limited to the plan's size by the
/// signed policy, which stays valid for some minutes after the confirmation: the entity tag in the
/// row shows the worker whether the object is still the one that was confirmed.
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
    async fn a_confirmed_job_is_pending() {
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
        let rejected = confirm_upload(&test.gas, ada.id, ticket.job_id).await.unwrap_err();
        assert!(matches!(rejected, ConfirmError::NotUploaded(_)));
        assert_eq!(test.job_requests.bodies(), [""; 0]);
    }

    #[tokio::test]
    async fn only_the_owner_can_confirm_an_upload() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let eve = test.user("eve", Plan::Free);
        let ticket = test.ticket(&ada).await;
        let rejected = confirm_upload(&test.gas, eve.id, ticket.job_id).await.unwrap_err();
        assert!(matches!(rejected, ConfirmError::Find(FindError::NotFound(_))));
    }
}
