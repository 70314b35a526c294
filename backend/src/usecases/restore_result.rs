//! A file that the archive has ready goes back into S3.
//!
//! Four steps, each of which may be the last before a crash: the file is written, the row says
//! where it is, the owner is told, the copy in the archive is deleted. The message comes back until
//! all are done, and doing one again changes nothing.

use super::{ChangeError, change_job, publish};
use crate::mail::Notice;
use crate::messages::{StartThaw, ThawCompleted};
use crate::ports::{Archive, PortError, PortResult, Topic};
use crate::{Gas, JobRepository, ObjectKeys, RetentionPolicy};
use gas_shared::job::{Archived, Change, ChangeRefused, JobState, Results, ResultsChange};
use gas_shared::{Job, JobId};
use std::sync::Arc;

/// What it takes to restore.
#[derive(Clone)]
pub struct Restorer {
    /// The jobs.
    pub jobs: JobRepository,
    /// The archive.
    pub archive: Arc<dyn Archive>,
    /// Where files go.
    pub object_keys: Arc<ObjectKeys>,
    /// Where a retrieval that failed is asked for again.
    pub start_thaw: Arc<dyn Topic>,
    /// What users are told of by mail.
    pub notices: Arc<dyn Topic>,
    /// How long results stay.
    pub retention: RetentionPolicy,
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
        }
    }
}

/// What became of a completed retrieval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restored {
    /// The file is in S3, and the copy in the archive is deleted.
    Done,
    /// The archive failed; it will be asked again.
    AskedAgain,
}

/// Why a file was not restored. Trying again is safe.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// What came is not what was archived.
    #[error(
        "what the archive gave for job {0} is not what it was given; the copy stays there until an \
         operator has looked at it"
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
/// [`RestoreError`]; call again.
pub async fn restore_result(
    restorer: &Restorer,
    completion: &ThawCompleted,
) -> Result<Restored, RestoreError> {
    let job = restorer.jobs.store.job(completion.job_id).await?;
    match job.as_ref().and_then(|job| Some((job, wanted(job, completion)?))) {
        Some((job, _)) if !completion.succeeded => {
            restorer.ask_again(job, completion).await?;
            Ok(Restored::AskedAgain)
        }
        Some((job, archived)) => {
            let job = restorer.fetch(job, archived, completion).await?;
            restorer.clean_up(Some(&job), completion).await?;
            Ok(Restored::Done)
        }
        // It is back already, or the job has another copy by now, or is gone.
        None => {
            restorer.clean_up(job.as_ref(), completion).await?;
            Ok(Restored::Done)
        }
    }
}

/// The copy, if it is the one that the job's result is in.
fn wanted<'a>(job: &'a Job, completion: &ThawCompleted) -> Option<&'a Archived> {
    let JobState::Completed(done) = &job.state else { return None };
    done.results.archived().filter(|archived| archived.id == completion.archive_id)
}

impl Restorer {
    async fn fetch(
        &self,
        job: &Job,
        archived: &Archived,
        completion: &ThawCompleted,
    ) -> Result<Job, RestoreError> {
        let to = self.object_keys.restored(job.owner, job.id, &job.input.name, archived.at);
        let fetched = self.archive.restore(&archived.id, &completion.retrieval_id, &to).await?;
        // The tree hash covers the size as well.
        if fetched.tree_hash != archived.tree_hash {
            // Not thawing any more: it would be asked for, and paid for, again and again.
            self.give_up(job, completion).await?;
            return Err(RestoreError::Damaged(job.id));
        }
        // The owner may have left Premium while it thawed. Then it stays as long as what was
        // stored; else the archiver finds the owner on Premium and lifts the end.
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

    async fn ask_again(&self, job: &Job, completion: &ThawCompleted) -> Result<(), RestoreError> {
        self.give_up(job, completion).await?;
        Ok(publish(&*self.start_thaw, &StartThaw { user_id: job.owner }).await?)
    }

    /// Notes that this retrieval brought nothing.
    async fn give_up(&self, job: &Job, completion: &ThawCompleted) -> Result<(), ChangeError> {
        let retrieval_id = completion.retrieval_id.clone();
        let failed = Change::Results(ResultsChange::ThawFailed { retrieval_id });
        match change_job(&self.jobs, job.id, failed).await {
            Ok(_) => Ok(()),
            // Another retrieval is under way, or this failure was noted before.
            Err(ChangeError::Refused { refused: ChangeRefused::IllegalResults { .. }, .. }) => {
                Ok(())
            }
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
