//! Thaws archived results of users on Premium: requests their retrieval from the archive.

use super::archive_result::purge;
use super::limits::allows_expedited;
use super::plan::plan_of;
use super::{ArchiveError, ChangeError, change_job};
use crate::messages::StartThaw;
use crate::ports::{PortResult, RetrievalStarted};
use crate::{Gas, chain};
use gas_shared::job::{Archived, Change, JobState, Results, ResultsChange, Tier};
use gas_shared::{Job, JobId, Plan, UserId};
use std::cmp::Reverse;
use tracing::Span;
use tracing::field::display;

/// The number of jobs that are read at a time.
const PAGE: u16 = 100;

/// The outcome for a user's archived results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Thawed {
    /// Retrievals that were requested.
    pub started: u32,
    /// Results whose retrieval could not be requested; the message must be delivered again.
    pub failed: u32,
}

/// The reason why a message of queue `start_thaw` must be delivered again.
#[derive(Debug, thiserror::Error)]
pub enum StartThawError {
    /// The message is invalid.
    #[error("the message does not name a user: {0}")]
    Message(#[from] serde_json::Error),
    /// The user's results cannot be listed.
    #[error(transparent)]
    List(#[from] ArchiveError),
    /// Some retrievals could not be requested.
    #[error("the retrieval of {0} archived results could not be requested")]
    Some(u32),
}

/// Handles a message of queue `start_thaw`.
///
/// # Errors
/// [`StartThawError`]: the message must be delivered again.
pub async fn handle_start_thaw(gas: &Gas, body: &str) -> Result<(), StartThawError> {
    let StartThaw { user_id } = serde_json::from_str(body)?;
    Span::current().record("user_id", display(user_id));
    let Thawed { started, failed } = thaw_results(gas, user_id).await?;
    tracing::info!(started, failed, "archived results requested");
    if failed > 0 { Err(StartThawError::Some(failed)) } else { Ok(()) }
}

/// Requests the retrieval of every archived result of a user on Premium that is not requested yet.
///
/// # Errors
/// If the list cannot be read. The failure of a single result is counted and logged, and does not
/// block the others.
pub async fn thaw_results(gas: &Gas, user: UserId) -> Result<Thawed, ArchiveError> {
    let mut thawed = Thawed::default();
    if plan_of(gas, user).await? != Plan::Premium {
        return Ok(thawed);
    }
    for id in archived_jobs(gas, user).await? {
        match thaw_result(gas, id).await {
            Ok(true) => thawed.started += 1,
            Ok(false) => {}
            Err(error) => {
                tracing::error!(job_id = %id, error = %chain(&error), "retrieval not requested");
                thawed.failed += 1;
            }
        }
    }
    Ok(thawed)
}

/// A user's jobs whose result is archived, the newest first.
async fn archived_jobs(gas: &Gas, user: UserId) -> PortResult<Vec<JobId>> {
    let mut jobs = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = gas.jobs.store.archived_jobs_of(user, cursor.as_deref(), PAGE).await?;
        jobs.extend(page.jobs.iter().map(|job| (Reverse(job.submitted_at), job.id)));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    jobs.sort_unstable();
    Ok(jobs.into_iter().map(|(_, id)| id).collect())
}

/// Requests the retrieval of a result if it is archived and not requested yet. The first ones are
/// expedited ([`allows_expedited`]); expedited retrievals cost a multiple of standard ones.
async fn thaw_result(gas: &Gas, id: JobId) -> Result<bool, ArchiveError> {
    // The list may be outdated and the job deleted.
    let Some(mut job) = gas.jobs.store.job(id).await? else { return Ok(false) };
    // The S3 object is deleted before the file is restored, so that a late deletion cannot follow
    // the restore.
    if let Some(Results::Archived { leftover: Some(file), .. }) = results(&job) {
        job = purge(gas, &job, &file.clone()).await?;
    }
    match results(&job) {
        Some(Results::Archived { archived, leftover: None }) => {
            let is_expedited = allows_expedited(gas, job.owner).await?;
            let tier = if is_expedited { Tier::Expedited } else { Tier::Standard };
            request_retrieval(gas, &job, archived, tier).await?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// Requests an overdue retrieval again, at the Standard tier. If the owner is on Free by now, the
/// result stays in the archive.
///
/// # Errors
/// [`ArchiveError`]; retry.
pub async fn retry_thaw(gas: &Gas, id: JobId) -> Result<(), ArchiveError> {
    let job = gas.jobs.store.job(id).await?.ok_or(ChangeError::NotFound(id))?;
    let Some(Results::Thawing { archived, retrieval }) = results(&job) else { return Ok(()) };
    if plan_of(gas, job.owner).await? == Plan::Premium {
        return request_retrieval(gas, &job, archived, Tier::Standard).await;
    }
    let failed = ResultsChange::ThawFailed { retrieval_id: retrieval.id.clone() };
    change_job(&gas.jobs, id, Change::Results(failed)).await?;
    Ok(())
}

async fn request_retrieval(
    gas: &Gas,
    job: &Job,
    archived: &Archived,
    tier: Tier,
) -> Result<(), ArchiveError> {
    let (retrieval_id, tier) = match gas.archive.start_retrieval(job.id, &archived.id, tier).await?
    {
        RetrievalStarted::Started { retrieval_id } => (retrieval_id, tier),
        RetrievalStarted::TierUnavailable => {
            match gas.archive.start_retrieval(job.id, &archived.id, Tier::Standard).await? {
                RetrievalStarted::Started { retrieval_id } => (retrieval_id, Tier::Standard),
                RetrievalStarted::TierUnavailable => return Err(ArchiveError::NoCapacity(job.id)),
            }
        }
    };
    let change = ResultsChange::ThawStarted { retrieval_id, tier };
    change_job(&gas.jobs, job.id, Change::Results(change)).await?;
    Ok(())
}

fn results(job: &Job) -> Option<&Results> {
    match &job.state {
        JobState::Completed(done) => Some(&done.results),
        _ => None,
    }
}

#[cfg(test)]
#[path = "thaw_tests.rs"]
mod tests;
