//! Reading jobs, each user only their own.

use crate::Gas;
use crate::ports::{JobPage, PortError};
use gas_shared::{Job, JobId, UserId};

/// Why a job was not found.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// There is none, or it is another user's: the two are not told apart, so that ids cannot be
    /// probed.
    #[error("there is no job {0}")]
    NotFound(JobId),
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// A user's job.
///
/// # Errors
/// [`FindError::NotFound`] also for a job of another user.
pub async fn find_job(gas: &Gas, owner: UserId, id: JobId) -> Result<Job, FindError> {
    let job = gas.jobs.job(id).await?;
    job.filter(|job| job.owner == owner).ok_or(FindError::NotFound(id))
}

/// A page of a user's jobs, newest first.
///
/// # Errors
/// Where the store fails.
pub async fn list_jobs(
    gas: &Gas,
    owner: UserId,
    cursor: Option<&str>,
    limit: u16,
) -> Result<JobPage, PortError> {
    gas.jobs.jobs_of(owner, cursor, limit).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::TestGas;
    use gas_shared::Plan;

    #[tokio::test]
    async fn another_users_job_looks_like_none() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let eve = test.user("eve", Plan::Premium);
        let job = test.pending_job(&ada).await;
        assert!(find_job(&test.gas, ada.id, job.id).await.is_ok());
        let refused = find_job(&test.gas, eve.id, job.id).await.unwrap_err();
        assert_eq!(refused.to_string(), format!("there is no job {}", job.id));
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
}
