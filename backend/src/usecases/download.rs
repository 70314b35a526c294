//! Links to results, and the counts behind their charts.

use super::plan::plan_of;
use super::{FindError, find_job};
use crate::Gas;
use crate::ports::{Download, PortError};
use gas_shared::job::{Completion, JobState, ObjectLocation, Results, Stored};
use gas_shared::{Job, JobId, JobStatus, Plan, UserId};
use jiff::{SignedDuration, Timestamp};

/// How long a download link works, in seconds. It is made at the click, so a minute is plenty.
pub const DOWNLOAD_LINK_SECS: i64 = 60;

/// The largest summary that is read, in bytes. Those of genomes have some tens of kB; a cut one
/// cannot be parsed.
const SUMMARY_MAX_BYTES: u64 = 8 * 1024 * 1024;

/// Why there is nothing to download.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// No such job of this user, or the store failed.
    #[error(transparent)]
    Find(#[from] FindError),
    /// The job has no results (yet).
    #[error("job {id} is {status} and has no results")]
    NotCompleted {
        /// The job.
        id: JobId,
        /// Its state.
        status: JobStatus,
    },
    /// The time to download it on the Free plan is out.
    #[error(
        "the results of job {id} could be downloaded until {until}; with Premium you get them back"
    )]
    Expired {
        /// The job.
        id: JobId,
        /// The end of that time.
        until: Timestamp,
    },
    /// The results are in the archive.
    #[error("the results of job {0} are archived; with Premium you get them back")]
    Archived(JobId),
    /// The results are on their way back.
    #[error("the results of job {0} are being restored from the archive")]
    Restoring(JobId),
    /// The engine that annotated the file wrote no summary.
    #[error("there are no charts for job {0}: the engine that annotated it wrote no counts")]
    NoSummary(JobId),
    /// The object is gone.
    #[error("the file of job {0} is missing in storage")]
    Missing(JobId),
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// A link with which the owner's browser downloads the annotated file.
///
/// On Free it is given before the end of the window only, and does not work past it.
///
/// # Errors
/// [`DownloadError`].
pub async fn sign_result_link(
    gas: &Gas,
    owner: UserId,
    id: JobId,
) -> Result<String, DownloadError> {
    let result = open_result(gas, owner, id).await?;
    let download = Download {
        file: &result.file,
        save_as: &format!("{}.annot.vcf", result.job.input.name.stem()),
        valid_for: result.link_lifetime,
    };
    Ok(gas.objects.sign_download(&download).await?)
}

/// A result that its owner may read now.
pub(super) struct OpenResult {
    /// The job.
    pub job: Job,
    /// The annotated file.
    pub file: ObjectLocation,
    /// Its size in bytes.
    pub size: u64,
    /// How long a link to it may work.
    pub link_lifetime: SignedDuration,
}

/// Finds a result and checks that its owner may read it now: the one place that decides it, for
/// downloads and for the explorer.
pub(super) async fn open_result(
    gas: &Gas,
    owner: UserId,
    id: JobId,
) -> Result<OpenResult, DownloadError> {
    let job = find_job(gas, owner, id).await?;
    let done = completion(&job)?;
    let stored = match &done.results {
        Results::Stored(stored) | Results::Archiving { stored, .. } => stored,
        Results::Archived { .. } => return Err(DownloadError::Archived(id)),
        Results::Thawing { .. } => return Err(DownloadError::Restoring(id)),
    };
    let plan = plan_of(gas, owner).await?;
    let link_lifetime = link_lifetime(plan, id, stored, gas.now())?;
    let (file, size) = (stored.file.clone(), done.result_size);
    Ok(OpenResult { job, file, size, link_lifetime })
}

/// How long a link may work.
fn link_lifetime(
    plan: Plan,
    id: JobId,
    stored: &Stored,
    now: Timestamp,
) -> Result<SignedDuration, DownloadError> {
    let longest = SignedDuration::from_secs(DOWNLOAD_LINK_SECS);
    match (plan, stored.until) {
        (Plan::Premium, _) | (Plan::Free, None) => Ok(longest),
        (Plan::Free, Some(until)) => {
            // S3 counts in whole seconds.
            let left = SignedDuration::from_secs(until.duration_since(now).as_secs());
            if left.is_positive() {
                Ok(longest.min(left))
            } else {
                Err(DownloadError::Expired { id, until })
            }
        }
    }
}

/// The counts behind the charts of a result: the engine's `summary.json`. Whoever may read the
/// result may read them.
///
/// # Errors
/// [`DownloadError`]; [`DownloadError::NoSummary`] where the engine counts nothing.
pub async fn read_summary(gas: &Gas, owner: UserId, id: JobId) -> Result<Vec<u8>, DownloadError> {
    let OpenResult { job, .. } = open_result(gas, owner, id).await?;
    let file = gas.object_keys.summary(job.owner, job.id, &job.input.name);
    let summary = gas.objects.read_head(&file, SUMMARY_MAX_BYTES).await?;
    summary.ok_or(DownloadError::NoSummary(id))
}

fn completion(job: &Job) -> Result<&Completion, DownloadError> {
    match &job.state {
        JobState::Completed(done) => Ok(done),
        other => Err(DownloadError::NotCompleted { id: job.id, status: other.status() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::TestGas;
    use gas_shared::Plan;

    #[tokio::test]
    async fn only_the_owner_of_a_finished_job_gets_a_link() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let eve = test.user("eve", Plan::Premium);
        let waiting = test.pending_job(&ada).await;
        let refused = sign_result_link(&test.gas, ada.id, waiting.id).await.unwrap_err();
        assert_eq!(
            refused.to_string(),
            format!("job {} is PENDING and has no results", waiting.id)
        );

        let done = test.completed_job(&ada).await;
        assert!(sign_result_link(&test.gas, ada.id, done.id).await.is_ok());
        assert!(matches!(
            sign_result_link(&test.gas, eve.id, done.id).await.unwrap_err(),
            DownloadError::Find(FindError::NotFound(_))
        ));
    }

    #[tokio::test]
    async fn a_free_user_gets_links_for_three_minutes_and_none_that_outlives_them() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let job = test.completed_job(&ada).await;
        let link = || sign_result_link(&test.gas, ada.id, job.id);
        assert!(link().await.unwrap().ends_with("X-Amz-Expires=60"));
        test.clock.advance_secs(179);
        assert!(link().await.unwrap().ends_with("X-Amz-Expires=1"));
        test.clock.advance_secs(1);
        assert!(matches!(link().await.unwrap_err(), DownloadError::Expired { .. }));
        test.clock.advance_secs(1);
        assert!(matches!(link().await.unwrap_err(), DownloadError::Expired { .. }));

        test.set_plan(&ada, Plan::Premium);
        assert!(link().await.unwrap().ends_with("X-Amz-Expires=60"));
    }

    #[tokio::test]
    async fn the_counts_are_open_as_long_as_the_result() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let job = test.completed_job(&ada).await;
        let read = || read_summary(&test.gas, ada.id, job.id);
        assert!(matches!(read().await.unwrap_err(), DownloadError::NoSummary(_)));
        let file = test.gas.object_keys.summary(job.owner, job.id, &job.input.name);
        test.objects.put(&file, b"{}");
        assert_eq!(read().await.unwrap(), b"{}");
        test.clock.advance_secs(180);
        assert!(matches!(read().await.unwrap_err(), DownloadError::Expired { .. }));
        let eve = test.user("eve", Plan::Premium);
        let foreign = read_summary(&test.gas, eve.id, job.id).await.unwrap_err();
        assert!(matches!(foreign, DownloadError::Find(FindError::NotFound(_))));
    }
}
