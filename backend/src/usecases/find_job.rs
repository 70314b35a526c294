//! Reads a user's own jobs.

use crate::Gas;
use crate::ports::{JobPage, PortError};
use gas_shared::{Job, JobId, JobStatus, UserId};
use tracing::Span;
use tracing::field::display;

/// The reason why a job was not found.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// The job does not exist or belongs to another user. The error is the same, so that ids cannot
    /// be probed.
    #[error("there is no job {0}")]
    NotFound(JobId),
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Reads a user's job.
///
/// # Errors
/// [`FindError::NotFound`] also for a job of another user.
pub async fn find_job(gas: &Gas, owner: UserId, id: JobId) -> Result<Job, FindError> {
    Span::current().record("job_id", display(id));
    let job = gas.jobs.store.job(id).await?;
    job.filter(|job| job.owner == owner).ok_or(FindError::NotFound(id))
}

/// The reason why jobs were not listed.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The cursor does not come from a page of this user.
    #[error("cursor is not the next_cursor of a page of yours; leave it out for the first page")]
    Cursor,
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

fn check_cursor(gas: &Gas, owner: UserId, cursor: Option<&str>) -> Result<(), ListError> {
    let fits = cursor.is_none_or(|text| gas.jobs.store.is_cursor(text, owner));
    if fits { Ok(()) } else { Err(ListError::Cursor) }
}

/// Reads a page of a user's jobs, newest first.
///
/// # Errors
/// [`ListError`].
pub async fn list_jobs(
    gas: &Gas,
    owner: UserId,
    cursor: Option<&str>,
    limit: u16,
) -> Result<JobPage, ListError> {
    check_cursor(gas, owner, cursor)?;
    Ok(gas.jobs.store.jobs_of(owner, cursor, limit).await?)
}

/// The number of pages that [`list_jobs_in`] reads at most, which bounds the work of one call.
const MAX_READS: u32 = 20;

/// Reads a page of a user's jobs in one state, newest first. A page may have fewer than `limit`
/// jobs, or none, without being the last one; [`JobPage::next`] decides that.
///
/// # Errors
/// [`ListError`].
pub async fn list_jobs_in(
    gas: &Gas,
    owner: UserId,
    status: JobStatus,
    cursor: Option<&str>,
    limit: u16,
) -> Result<JobPage, ListError> {
    check_cursor(gas, owner, cursor)?;
    let mut page = JobPage { jobs: Vec::new(), next: cursor.map(str::to_owned) };
    for _ in 0..MAX_READS {
        // Reads only what fits, so that the cursor follows the last job of the response.
        let left = limit.saturating_sub(u16::try_from(page.jobs.len()).unwrap_or(limit));
        if left == 0 {
            break;
        }
        let read = gas.jobs.store.jobs_of(owner, page.next.as_deref(), left).await?;
        page.jobs.extend(read.jobs.into_iter().filter(|job| job.status() == status));
        page.next = read.next;
        if page.next.is_none() {
            break;
        }
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::TestGas;
    use gas_shared::Plan;

    #[tokio::test]
    async fn another_users_job_is_not_found() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let eve = test.user("eve", Plan::Premium);
        let job = test.pending_job(&ada).await;
        assert!(find_job(&test.gas, ada.id, job.id).await.is_ok());
        let rejected = find_job(&test.gas, eve.id, job.id).await.unwrap_err();
        assert_eq!(rejected.to_string(), format!("there is no job {}", job.id));
    }

    #[tokio::test]
    async fn pages_follow_each_other_newest_first() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let mut ids = Vec::new();
        for _ in 0..5 {
            ids.push(test.pending_job(&ada).await.id);
            test.clock.advance_secs(1);
        }
        ids.reverse();
        let first = list_jobs(&test.gas, ada.id, None, 3).await.unwrap();
        let rest = list_jobs(&test.gas, ada.id, first.next.as_deref(), 3).await.unwrap();
        let seen: Vec<_> = first.jobs.iter().chain(&rest.jobs).map(|job| job.id).collect();
        assert_eq!(seen, ids);
        assert_eq!(rest.next, None);
    }

    #[tokio::test]
    async fn an_invalid_cursor_is_an_error() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        test.pending_job(&ada).await;
        let broken = Some("broken");
        let rejected = list_jobs(&test.gas, ada.id, broken, 3).await.unwrap_err();
        assert!(matches!(rejected, ListError::Cursor), "{rejected}");
        let rejected = list_jobs_in(&test.gas, ada.id, JobStatus::Pending, broken, 3).await;
        assert!(matches!(rejected.unwrap_err(), ListError::Cursor));
    }

    #[tokio::test]
    async fn pages_of_one_state_are_complete() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let mut cancelled = Vec::new();
        for number in 0..9 {
            let job = test.pending_job(&ada).await;
            if number % 3 == 0 {
                crate::usecases::cancel_job(&test.gas, ada.id, job.id).await.unwrap();
                cancelled.push(job.id);
            }
            test.clock.advance_secs(1);
        }
        cancelled.reverse();
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let cancelled = JobStatus::Cancelled;
            let page = list_jobs_in(&test.gas, ada.id, cancelled, cursor.as_deref(), 2).await;
            let page = page.unwrap();
            assert!(page.jobs.len() <= 2);
            seen.extend(page.jobs.into_iter().map(|job| job.id));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, cancelled);
    }
}
