//! Reads a user's own jobs.

use crate::Gas;
use crate::ports::{JobPage, PortError};
use gas_shared::job::{Labels, ProjectName};
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

/// Which jobs a list has. The default has all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// Only jobs with this status.
    pub status: Option<JobStatus>,
    /// Only jobs with all of these labels.
    pub labels: Labels,
    /// Only jobs of this project.
    pub project: Option<ProjectName>,
}

impl JobFilter {
    /// Whether a list has the job.
    fn admits(&self, job: &Job) -> bool {
        let Self { status, labels, project } = self;
        status.is_none_or(|status| job.status() == status)
            && labels.iter().all(|label| job.organization.labels.contains(label))
            && (project.is_none() || *project == job.organization.project)
    }
}

/// The number of pages that [`list_jobs_where`] reads at most, which bounds the work of one call.
const MAX_READS: u32 = 20;

/// Reads a page of a user's jobs that fulfill a filter, newest first. A page may have fewer than `limit`
/// jobs, or none, without being the last one; [`JobPage::next`] decides that.
///
/// # Errors
/// [`ListError`].
pub async fn list_jobs_where(
    gas: &Gas,
    owner: UserId,
    filter: &JobFilter,
    cursor: Option<&str>,
    limit: u16,
) -> Result<JobPage, ListError> {
    if *filter == JobFilter::default() {
        return list_jobs(gas, owner, cursor, limit).await;
    }
    check_cursor(gas, owner, cursor)?;
    let mut page = JobPage { jobs: Vec::new(), next: cursor.map(str::to_owned) };
    for _ in 0..MAX_READS {
        // Reads only what fits, so that the cursor follows the last job of the response.
        let left = limit.saturating_sub(u16::try_from(page.jobs.len()).unwrap_or(limit));
        if left == 0 {
            break;
        }
        let read = gas.jobs.store.jobs_of(owner, page.next.as_deref(), left).await?;
        page.jobs.extend(read.jobs.into_iter().filter(|job| filter.admits(job)));
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
    use crate::usecases::organize_job;
    use gas_shared::Plan;
    use gas_shared::job::OrganizationRequest;

    fn in_state(status: JobStatus) -> JobFilter {
        JobFilter { status: Some(status), ..JobFilter::default() }
    }

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
        let rejected =
            list_jobs_where(&test.gas, ada.id, &in_state(JobStatus::Pending), broken, 3).await;
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
            let filter = in_state(JobStatus::Cancelled);
            let page = list_jobs_where(&test.gas, ada.id, &filter, cursor.as_deref(), 2).await;
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

    #[tokio::test]
    async fn a_filter_of_labels_and_project_needs_all_of_them() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let mut jobs = Vec::new();
        for (labels, project) in
            [(&["a", "b"][..], "P"), (&["a"], "P"), (&["a", "b"], "Q"), (&[], "")]
        {
            let job = test.pending_job(&ada).await;
            let request = OrganizationRequest {
                labels: Some(labels.iter().map(|&label| label.to_owned()).collect()),
                project: Some(project.to_owned()),
                ..OrganizationRequest::default()
            };
            organize_job(&test.gas, ada.id, job.id, &request).await.unwrap();
            jobs.push(job.id);
            test.clock.advance_secs(1);
        }
        let find = async |labels: &[&str], project: Option<&str>| {
            let filter = JobFilter {
                status: None,
                labels: Labels::parse(labels).unwrap(),
                project: project.map(|name| ProjectName::parse(name).unwrap()),
            };
            let page = list_jobs_where(&test.gas, ada.id, &filter, None, 9).await.unwrap();
            page.jobs.iter().map(|job| job.id).collect::<Vec<_>>()
        };
        assert_eq!(find(&["a", "b"], Some("P")).await, [jobs[0]]);
        assert_eq!(find(&["a"], None).await, [jobs[2], jobs[1], jobs[0]]);
        assert_eq!(find(&[], Some("Q")).await, [jobs[2]]);
        assert_eq!(find(&[], None).await.len(), 4);
        assert!(find(&["A"], None).await.is_empty());
    }
}
