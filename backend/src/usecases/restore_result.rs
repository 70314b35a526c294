//! Restores a result: copies the retrieved file from the archive to S3.
//!
//! There are four idempotent steps: write the file, record its location in the row, send the notice
//! to the owner, delete the copy in the archive. The message is delivered again until all are done.

use super::{ChangeError, change_job, publish};
use crate::mail::Notice;
use crate::messages::{StartThaw, ThawCompleted};
use crate::ports::{Archive, PortError, PortResult, Queue, Topic};
use crate::{Gas, JobRepository, ObjectKeys, RetentionPolicy, record_job};
use gas_shared::job::{Archived, Change, ChangeRejected, JobState, Results, ResultsChange};
use gas_shared::{Job, JobId};
use std::sync::Arc;

/// The ports that restoring needs; the Lambda function has no others.
#[derive(Clone)]
pub struct Restorer {
    /// The jobs.
    pub jobs: JobRepository,
    /// The archive.
    pub archive: Arc<dyn Archive>,
    /// The object keys of the deployment.
    pub object_keys: Arc<ObjectKeys>,
    /// The topic on which a failed retrieval is requested again.
    pub start_thaw: Arc<dyn Topic>,
    /// The topic of events that users get a mail about.
    pub notices: Arc<dyn Topic>,
    /// How long results stay in S3.
    pub retention: RetentionPolicy,
    /// Who restores large files, if this process has not the time to.
    pub large: Option<LargeRestores>,
}

/// The queue of files that another process restores.
#[derive(Clone)]
pub struct LargeRestores {
    /// The queue. Its messages are [`ThawCompleted`].
    pub queue: Arc<dyn Queue>,
    /// The largest file that this process restores itself, in bytes.
    pub most_bytes: u64,
}

impl From<&Gas> for Restorer {
    fn from(gas: &Gas) -> Self {
        Self {
            jobs: gas.jobs.clone(),
            archive: gas.archive.clone(),
            object_keys: gas.object_keys.clone(),
            start_thaw: gas.start_thaw.clone(),
            notices: gas.notices.clone(),
            retention: gas.retention,
            large: None,
        }
    }
}

/// The outcome of a completed retrieval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restored {
    /// The file is in S3, and the copy in the archive is deleted.
    Done,
    /// The retrieval failed and was requested again.
    RequestedAgain,
    /// Another process restores the file, since it is large.
    HandedOver,
}

/// The reason why a file was not restored. Retrying is safe.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The retrieved file is not the archived one.
    #[error(
        "the retrieved file of job {0} differs from the archived one; the copy stays in the archive until \
         an operator has examined it"
    )]
    Damaged(JobId),
    /// The row could not be changed.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Restores the file of a completed retrieval.
///
/// # Errors
/// [`RestoreError`]; retry.
pub async fn restore_result(
    restorer: &Restorer,
    completion: &ThawCompleted,
) -> Result<Restored, RestoreError> {
    let job = restorer.jobs.store.job(completion.job_id).await?;
    if let Some(job) = &job {
        record_job(job);
    }
    match job.as_ref().and_then(|job| Some((job, wanted(job, completion)?))) {
        Some((job, _)) if !completion.succeeded => {
            restorer.request_again(job, completion).await?;
            Ok(Restored::RequestedAgain)
        }
        Some((job, _)) if restorer.hand_over(job, completion).await? => Ok(Restored::HandedOver),
        Some((job, archived)) => {
            let job = restorer.fetch(job, archived, completion).await?;
            restorer.clean_up(Some(&job), completion).await?;
            Ok(Restored::Done)
        }
        // The file is restored already, or the job has another copy now or was deleted.
        None => {
            restorer.clean_up(job.as_ref(), completion).await?;
            Ok(Restored::Done)
        }
    }
}

/// The copy of a completed retrieval, if it is the current one of the job's result.
fn wanted<'a>(job: &'a Job, completion: &ThawCompleted) -> Option<&'a Archived> {
    let JobState::Completed(done) = &job.state else { return None };
    done.results.archived().filter(|archived| archived.id == completion.archive_id)
}

impl Restorer {
    /// Sends a large file to the process that restores it. `false` if that is this one.
    async fn hand_over(&self, job: &Job, completion: &ThawCompleted) -> PortResult<bool> {
        let JobState::Completed(done) = &job.state else { return Ok(false) };
        let Some(large) = self.large.as_ref().filter(|large| done.result_size > large.most_bytes)
        else {
            return Ok(false);
        };
        let body = serde_json::to_string(completion)
            .map_err(|error| PortError::permanent("hand a large file over", error))?;
        large.queue.send(&body).await?;
        Ok(true)
    }

    async fn fetch(
        &self,
        job: &Job,
        archived: &Archived,
        completion: &ThawCompleted,
    ) -> Result<Job, RestoreError> {
        let to = self.object_keys.restored(job.owner, job.id, &job.input.name, archived.at);
        let fetched = self.archive.restore(&archived.id, &completion.retrieval_id, &to).await?;
        // The tree hash covers the size, too.
        if fetched.tree_hash != archived.tree_hash {
            // Ends the thaw, since it would be requested and paid for again and again.
            self.end_thaw(job, completion).await?;
            return Err(RestoreError::Damaged(job.id));
        }
        // The owner may have left Premium during the thaw, so the result gets the end of a
        // downgrade. If the owner is on Premium, the archiver removes it.
        let until = self.retention.notice_ends(self.jobs.now());
        let archive_id = archived.id.clone();
        let restored = ResultsChange::Restored { archive_id, file: to, until };
        Ok(change_job(&self.jobs, job.id, Change::Results(restored)).await?)
    }

    async fn clean_up(&self, job: Option<&Job>, completion: &ThawCompleted) -> PortResult<()> {
        if let Some(notice) = job.and_then(notice) {
            publish(&*self.notices, &notice).await?;
        }
        self.archive.delete(&completion.archive_id).await
    }

    async fn request_again(
        &self,
        job: &Job,
        completion: &ThawCompleted,
    ) -> Result<(), RestoreError> {
        self.end_thaw(job, completion).await?;
        Ok(publish(&*self.start_thaw, &StartThaw { user_id: job.owner }).await?)
    }

    /// Records that the retrieval failed.
    async fn end_thaw(&self, job: &Job, completion: &ThawCompleted) -> Result<(), ChangeError> {
        let retrieval_id = completion.retrieval_id.clone();
        let failed = Change::Results(ResultsChange::ThawFailed { retrieval_id });
        match change_job(&self.jobs, job.id, failed).await {
            Ok(_) => Ok(()),
            // Another retrieval is in progress, or this failure was recorded before.
            Err(ChangeError::Rejected {
                rejected: ChangeRejected::IllegalResults { .. }, ..
            }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn notice(job: &Job) -> Option<Notice> {
    let JobState::Completed(done) = &job.state else { return None };
    let Results::Stored(stored) = &done.results else { return None };
    let at = stored.restored_at?;
    Some(Notice::ResultsRestored { job_id: job.id, user_id: job.owner, at })
}

#[cfg(test)]
#[path = "restore_result_tests.rs"]
mod tests;
