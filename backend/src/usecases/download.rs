//! Signs links to results and reads their summaries.

use super::result_access::{
    DownloadError, OpenResult, ResultAccess, absent, find_completed, open_result,
};
use crate::ports::{Download, PortResult};
use crate::{Gas, RegionIndex};
use gas_shared::job::ObjectLocation;
use gas_shared::{JobId, UserId};

/// The largest summary that is read, in bytes. Summaries of genomes have some tens of kB; a
/// truncated one cannot be parsed.
const SUMMARY_MAX_BYTES: u64 = 8 * 1024 * 1024;

/// The first bytes of a gzip file (RFC 1952, section 2.3.1), and of BGZF.
const GZIP_START: &[u8] = &[0x1f, 0x8b];

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
    let result = open_result(gas, &ResultAccess::of_owner(owner, id)).await?;
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
    let OpenResult { job, link_lifetime, .. } =
        open_result(gas, &ResultAccess::of_owner(owner, id)).await?;
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

/// Reads the counts behind the charts of a result, the engine's `summary.json`. They may be read as long as they are kept, also after the download window of the Free plan and while the result is in the archive: they have no
/// records.
///
/// # Errors
/// [`DownloadError`]; [`DownloadError::NoSummary`] if the engine wrote no summary, and
/// [`DownloadError::LogsDeleted`] if it was deleted.
pub async fn read_summary(gas: &Gas, access: &ResultAccess) -> Result<Vec<u8>, DownloadError> {
    let (job, _) = find_completed(gas, access).await?;
    let file = gas.object_keys.summary(job.owner, job.id, &job.input.name);
    let summary = gas.objects.read_head(&file, SUMMARY_MAX_BYTES).await?;
    summary.ok_or_else(|| access.seen(absent(&job, DownloadError::NoSummary(job.id))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::TestGas;
    use crate::usecases::FindError;
    use gas_shared::Plan;

    #[tokio::test]
    async fn only_the_owner_of_a_completed_job_gets_a_link() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let eve = test.user("eve", Plan::Premium);
        let waiting = test.pending_job(&ada).await;
        let rejected = sign_result_link(&test.gas, ada.id, waiting.id).await.unwrap_err();
        assert_eq!(rejected.to_string(), "the job is PENDING and has no results");

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
        let access = ResultAccess::of_owner(ada.id, job.id);
        let read = || read_summary(&test.gas, &access);
        assert!(matches!(read().await.unwrap_err(), DownloadError::NoSummary(_)));
        let file = test.gas.object_keys.summary(job.owner, job.id, &job.input.name);
        test.objects.put(&file, b"{}");
        assert_eq!(read().await.unwrap(), b"{}");
        test.clock.advance_secs(180);
        let link = sign_result_link(&test.gas, ada.id, job.id).await;
        assert!(matches!(link.unwrap_err(), DownloadError::Expired { .. }));
        assert_eq!(read().await.unwrap(), b"{}");
        let waiting = test.pending_job(&ada).await;
        let early =
            read_summary(&test.gas, &ResultAccess::of_owner(ada.id, waiting.id)).await.unwrap_err();
        assert!(matches!(early, DownloadError::NotCompleted { .. }));
        let eve = test.user("eve", Plan::Premium);
        let foreign =
            read_summary(&test.gas, &ResultAccess::of_owner(eve.id, job.id)).await.unwrap_err();
        assert!(matches!(foreign, DownloadError::Find(FindError::NotFound(_))));
    }
}
