//! Signs links to results and reads their summaries.

use super::plan::plan_of;
use super::{FindError, find_job};
use crate::ports::{Download, PortError, PortResult};
use crate::{Gas, RegionIndex};
use gas_shared::job::{Completion, JobState, ObjectLocation, Results, Stored};
use gas_shared::{Job, JobId, JobStatus, Plan, UserId};
use jiff::{SignedDuration, Timestamp};

/// How long a download link is valid, in seconds. It is signed when the user clicks.
pub const DOWNLOAD_LINK_SECS: i64 = 60;

/// The largest summary that is read, in bytes. Summaries of genomes have some tens of kB; a
/// truncated one cannot be parsed.
const SUMMARY_MAX_BYTES: u64 = 8 * 1024 * 1024;

/// The first bytes of a gzip file (RFC 1952, section 2.3.1), and of BGZF.
const GZIP_START: &[u8] = &[0x1f, 0x8b];

/// The reason why a result cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// The user has no such job, or the store failed.
    #[error(transparent)]
    Find(#[from] FindError),
    /// The job has no results, or not yet.
    #[error("job {id} is {status} and has no results")]
    NotCompleted {
        /// The job.
        id: JobId,
        /// Its status.
        status: JobStatus,
    },
    /// The download window of the Free plan has ended.
    #[error(
        "the results of job {id} could be downloaded until {until}; upgrade to Premium to restore them"
    )]
    Expired {
        /// The job.
        id: JobId,
        /// The end of the window.
        until: Timestamp,
    },
    /// The results are in the archive.
    #[error("the results of job {0} are archived; upgrade to Premium to restore them")]
    Archived(JobId),
    /// The results are being restored.
    #[error("the results of job {0} are being restored from the archive")]
    Restoring(JobId),
    /// The engine that annotated the file wrote no summary.
    #[error("job {0} has no charts: the engine that annotated it wrote no summary")]
    NoSummary(JobId),
    /// The result has no region index.
    #[error(
        "the result of job {0} has no index: it is plain text, or the run log says why it could not be \
         indexed"
    )]
    NoRegionIndex(JobId),
    /// Retention deleted the logs, the summary and the indexes.
    #[error(
        "the logs, charts and indexes of job {id} were deleted on {}, as they are kept for a limited \
         time on the Free plan", .at.strftime("%F")
    )]
    LogsDeleted {
        /// The job.
        id: JobId,
        /// When.
        at: Timestamp,
    },
    /// The object does not exist.
    #[error("the file of job {0} is missing from storage")]
    Missing(JobId),
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Signs a link with which the owner's browser downloads the result.
///
/// On the Free plan, a link is signed only within the download window and expires with it. The name of
/// the download says whether the result is text or BGZF, which its first bytes tell: both have the same
/// object key.
///
/// # Errors
/// [`DownloadError`].
pub async fn sign_result_link(
    gas: &Gas,
    owner: UserId,
    id: JobId,
) -> Result<String, DownloadError> {
    let result = open_result(gas, owner, id).await?;
    let ending = if is_gzip(gas, &result.file).await? { ".gz" } else { "" };
    let download = Download {
        file: &result.file,
        save_as: &format!("{}.annot.vcf{ending}", result.job.input.name.stem()),
        valid_for: result.link_lifetime,
    };
    Ok(gas.objects.sign_download(&download).await?)
}

/// Signs a link to the region index of a result, with the same rule.
///
/// # Errors
/// [`DownloadError`]; [`DownloadError::NoRegionIndex`] if the result has no index.
pub async fn sign_region_index_link(
    gas: &Gas,
    owner: UserId,
    id: JobId,
) -> Result<String, DownloadError> {
    let OpenResult { job, link_lifetime, .. } = open_result(gas, owner, id).await?;
    for format in RegionIndex::ALL {
        let file = gas.object_keys.region_index(job.owner, job.id, &job.input.name, format);
        if gas.objects.head(&file).await?.is_some() {
            let save_as = &format!("{}.annot.vcf.gz.{}", job.input.name.stem(), format.ending());
            let download = Download { file: &file, save_as, valid_for: link_lifetime };
            return Ok(gas.objects.sign_download(&download).await?);
        }
    }
    Err(absent(&job, DownloadError::NoRegionIndex(id)))
}

/// Whether an object begins as gzip and BGZF do.
pub(super) async fn is_gzip(gas: &Gas, file: &ObjectLocation) -> PortResult<bool> {
    let start = gas.objects.read_head(file, GZIP_START.len() as u64).await?;
    Ok(start.is_some_and(|start| start == GZIP_START))
}

/// A result that its owner may read now.
pub(super) struct OpenResult {
    /// The job.
    pub job: Job,
    /// The annotated file.
    pub file: ObjectLocation,
    /// Its size in bytes.
    pub size: u64,
    /// How long a link to it may be valid.
    pub link_lifetime: SignedDuration,
}

/// Finds a result and checks that its owner may read its records now. This is the only check, for downloads, exports,
/// the explorer and the genome browser.
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

/// How long a link may be valid.
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
            // S3 takes whole seconds.
            let left = SignedDuration::from_secs(until.duration_since(now).as_secs());
            if left.is_positive() {
                Ok(longest.min(left))
            } else {
                Err(DownloadError::Expired { id, until })
            }
        }
    }
}

/// Reads the counts behind the charts of a result, the engine's `summary.json`. The owner may read them as long as they
/// are kept, also after the download window of the Free plan and while the result is in the archive: they have no
/// records.
///
/// # Errors
/// [`DownloadError`]; [`DownloadError::NoSummary`] if the engine wrote no summary, and
/// [`DownloadError::LogsDeleted`] if it was deleted.
pub async fn read_summary(gas: &Gas, owner: UserId, id: JobId) -> Result<Vec<u8>, DownloadError> {
    let job = find_completed(gas, owner, id).await?;
    let file = gas.object_keys.summary(job.owner, job.id, &job.input.name);
    let summary = gas.objects.read_head(&file, SUMMARY_MAX_BYTES).await?;
    summary.ok_or_else(|| absent(&job, DownloadError::NoSummary(id)))
}

/// Finds a completed job of an owner, whether its result can be read or not.
pub(super) async fn find_completed(
    gas: &Gas,
    owner: UserId,
    id: JobId,
) -> Result<Job, DownloadError> {
    let job = find_job(gas, owner, id).await?;
    completion(&job)?;
    Ok(job)
}

/// The error for a missing file beside the result: `otherwise`, unless retention deleted it.
pub(super) fn absent(job: &Job, otherwise: DownloadError) -> DownloadError {
    match job.retention.logs_deleted_at {
        Some(at) => DownloadError::LogsDeleted { id: job.id, at },
        None => otherwise,
    }
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
    async fn only_the_owner_of_a_completed_job_gets_a_link() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let eve = test.user("eve", Plan::Premium);
        let waiting = test.pending_job(&ada).await;
        let rejected = sign_result_link(&test.gas, ada.id, waiting.id).await.unwrap_err();
        assert_eq!(
            rejected.to_string(),
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
    async fn the_name_of_a_download_says_whether_the_result_is_compressed() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        for (result, name) in [
            (&b"##fileformat"[..], "a.annot.vcf"),
            (b"\x1f\x8b\x08\x04", "a.annot.vcf.gz"),
            (b"", "a.annot.vcf"),
        ] {
            let job = test.completed_job_with(&ada, result).await;
            let link = sign_result_link(&test.gas, ada.id, job.id).await.unwrap();
            assert!(link.contains(&format!("?save_as={name}&")), "{link}");
        }
    }

    #[tokio::test]
    async fn the_region_index_can_be_downloaded_as_long_as_the_result() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let job = test.completed_job(&ada).await;
        let link = || sign_region_index_link(&test.gas, ada.id, job.id);
        assert!(matches!(link().await.unwrap_err(), DownloadError::NoRegionIndex(_)));
        for format in [RegionIndex::Csi, RegionIndex::Tbi] {
            let name = &job.input.name;
            test.objects
                .put(&test.gas.object_keys.region_index(job.owner, job.id, name, format), b"x");
            let name = format!("?save_as=a.annot.vcf.gz.{}&", format.ending());
            assert!(link().await.unwrap().contains(&name), "{name}");
        }
        let eve = test.user("eve", Plan::Premium);
        let foreign = sign_region_index_link(&test.gas, eve.id, job.id).await.unwrap_err();
        assert!(matches!(foreign, DownloadError::Find(FindError::NotFound(_))));
        test.clock.advance_secs(180);
        assert!(matches!(link().await.unwrap_err(), DownloadError::Expired { .. }));
    }

    #[tokio::test]
    async fn links_of_a_free_user_expire_with_the_window() {
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
    async fn the_summary_can_be_read_after_the_download_window() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let job = test.completed_job(&ada).await;
        let read = || read_summary(&test.gas, ada.id, job.id);
        assert!(matches!(read().await.unwrap_err(), DownloadError::NoSummary(_)));
        let file = test.gas.object_keys.summary(job.owner, job.id, &job.input.name);
        test.objects.put(&file, b"{}");
        assert_eq!(read().await.unwrap(), b"{}");
        test.clock.advance_secs(180);
        let link = sign_result_link(&test.gas, ada.id, job.id).await;
        assert!(matches!(link.unwrap_err(), DownloadError::Expired { .. }));
        assert_eq!(read().await.unwrap(), b"{}");
        let waiting = test.pending_job(&ada).await;
        let early = read_summary(&test.gas, ada.id, waiting.id).await.unwrap_err();
        assert!(matches!(early, DownloadError::NotCompleted { .. }));
        let eve = test.user("eve", Plan::Premium);
        let foreign = read_summary(&test.gas, eve.id, job.id).await.unwrap_err();
        assert!(matches!(foreign, DownloadError::Find(FindError::NotFound(_))));
    }
}
