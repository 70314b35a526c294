//! By what right a result is read: as its owner, or through a share link.
//!
//! Use-cases that take a [`ResultAccess`] may be called for both. All others take the owner's id, which a
//! [`ResultAccess`] does not give away, so that a link reaches nothing but its result.

use super::find_job::{FindError, find_job};
use super::plan::plan_of;
use crate::Gas;
use crate::ports::{ActiveShareLink, PortError, ReferenceCatalog};
use crate::query_pool::QueryUser;
use crate::references::PrivateCatalogs;
use futures::join;
use gas_shared::job::{Completion, JobState, ObjectLocation, Results, Stored};
use gas_shared::{Job, JobId, JobStatus, Plan, ShareLinkId, UserId};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// How long a download link is valid, in seconds. It is signed when the user clicks.
pub const DOWNLOAD_LINK_SECS: i64 = 60;

/// The reason why a result cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// The user has no such job, or the store failed.
    #[error(transparent)]
    Find(#[from] FindError),
    /// The job has no results, or not yet.
    #[error("the job is {status} and has no results")]
    NotCompleted {
        /// The job.
        id: JobId,
        /// Its status.
        status: JobStatus,
    },
    /// The download window of the Free plan has ended.
    #[error("the results could be downloaded until {until}; upgrade to Premium to restore them")]
    Expired {
        /// The job.
        id: JobId,
        /// The end of the window.
        until: Timestamp,
    },
    /// The results are in the archive.
    #[error("the results are archived; upgrade to Premium to restore them")]
    Archived(JobId),
    /// The results are being restored.
    #[error("the results are being restored from the archive")]
    Restoring(JobId),
    /// The engine that annotated the file wrote no summary.
    #[error("the job has no charts: the engine that annotated it wrote no summary")]
    NoSummary(JobId),
    /// The result has no region index.
    #[error(
        "the result has no index: it is plain text, or the run log says why it could not be indexed"
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
    /// The share link is unknown, expired or revoked, or its job was deleted. A stranger does not learn which.
    #[error("this link does not exist, has expired or was revoked")]
    NoLink,
    /// Readers with a share link cannot read the records now: they are archived, or about to be.
    #[error("the variants of this result are archived at the moment; its charts are still shown")]
    SharedArchived,
    /// What a reader with a share link asks for was deleted, or never existed.
    #[error("this part of the result is not available")]
    SharedMissing,
    /// The share link does not include downloads.
    #[error("this link does not include downloads")]
    NoDownloads,
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// The right to read one result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResultAccess {
    owner: UserId,
    job: JobId,
    reader: Reader,
}

/// Who reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    /// A signed-in user, or a program with a token of one. Whether the job is theirs is checked with every use.
    Owner,
    /// Whoever has a link.
    Link { id: ShareLinkId, allows_downloads: bool },
}

impl ResultAccess {
    /// The access of a user to a job, if it is theirs.
    pub const fn of_owner(owner: UserId, job: JobId) -> Self {
        Self { owner, job, reader: Reader::Owner }
    }

    /// The access through a link that is valid now.
    pub(super) const fn of_link(link: &ActiveShareLink) -> Self {
        let ActiveShareLink { id, owner, job, allows_downloads, .. } = *link;
        Self { owner, job, reader: Reader::Link { id, allows_downloads } }
    }

    /// The job.
    pub(super) const fn job(&self) -> JobId {
        self.job
    }

    /// Whether variants and charts may be downloaded.
    pub const fn allows_downloads(&self) -> bool {
        match self.reader {
            Reader::Owner => true,
            Reader::Link { allows_downloads, .. } => allows_downloads,
        }
    }

    /// Checks that the job still has its result, and that the link, if there is one, has neither expired nor been revoked. For
    /// what takes longer than a request.
    ///
    /// # Errors
    /// [`DownloadError`] if the access has ended.
    pub(super) async fn check_again(&self, gas: &Gas) -> Result<(), DownloadError> {
        find_completed(gas, self).await?;
        let Reader::Link { id, .. } = self.reader else { return Ok(()) };
        let (links, now) = (gas.share_links.links_of(self.owner, Some(self.job)).await?, gas.now());
        let is_valid = links.iter().any(|link| link.id == id && link.expires_at > now);
        if is_valid { Ok(()) } else { Err(DownloadError::NoLink) }
    }

    /// Whose queries these are. The links of an owner have a share of their own, so that their readers do not slow down the
    /// owner.
    pub(super) fn query_user(&self) -> QueryUser {
        match self.reader {
            Reader::Owner => self.owner.into(),
            Reader::Link { .. } => QueryUser::LinksOf(self.owner),
        }
    }

    /// The catalog with the private references of the result's owner.
    pub fn private_catalog(&self, catalogs: &PrivateCatalogs) -> Arc<dyn ReferenceCatalog> {
        catalogs.of(self.owner)
    }

    /// The error that this reader may see.
    pub(super) fn seen(&self, error: DownloadError) -> DownloadError {
        match (self.reader, error) {
            (Reader::Owner, error) => error,
            (Reader::Link { .. }, DownloadError::Find(FindError::NotFound(_))) => {
                DownloadError::NoLink
            }
            // Neither the plan of the owner nor its window.
            (
                Reader::Link { .. },
                DownloadError::Archived(_)
                | DownloadError::Restoring(_)
                | DownloadError::Expired { .. },
            ) => DownloadError::SharedArchived,
            (
                Reader::Link { .. },
                DownloadError::LogsDeleted { .. } | DownloadError::NoSummary(_),
            ) => DownloadError::SharedMissing,
            (Reader::Link { .. }, error) => error,
        }
    }
}

/// A result whose records may be read now.
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

/// Finds a result and checks that its records may be read now. This is the only check, for downloads, exports, the
/// explorer and the genome browser, of owners and through share links: the download window is that of the owner's plan.
pub(super) async fn open_result(
    gas: &Gas,
    access: &ResultAccess,
) -> Result<OpenResult, DownloadError> {
    // The plan does not depend on the job.
    let (found, plan) = join!(find_completed(gas, access), plan_of(gas, access.owner));
    let (job, done) = found?;
    let id = job.id;
    let stored = match &done.results {
        Results::Stored(stored) | Results::Archiving { stored, .. } => stored,
        Results::Archived { .. } => return Err(access.seen(DownloadError::Archived(id))),
        Results::Thawing { .. } => return Err(access.seen(DownloadError::Restoring(id))),
    };
    let link_lifetime = link_lifetime(plan?, id, stored, gas.now());
    let link_lifetime = link_lifetime.map_err(|error| access.seen(error))?;
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

/// Finds the completed job of a result, whether its records can be read or not.
pub(super) async fn find_completed(
    gas: &Gas,
    access: &ResultAccess,
) -> Result<(Job, Completion), DownloadError> {
    let found = find_job(gas, access.owner, access.job).await;
    let job = found.map_err(|error| access.seen(error.into()))?;
    match &job.state {
        JobState::Completed(done) => {
            let done = done.clone();
            Ok((job, done))
        }
        other => Err(DownloadError::NotCompleted { id: job.id, status: other.status() }),
    }
}

/// The error for a missing file beside the result: `otherwise`, unless retention deleted it.
pub(super) fn absent(job: &Job, otherwise: DownloadError) -> DownloadError {
    match job.retention.logs_deleted_at {
        Some(at) => DownloadError::LogsDeleted { id: job.id, at },
        None => otherwise,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn readers_of_a_link_learn_neither_job_nor_plan() {
        let id = JobId::new(Uuid::from_u128(7));
        let owner = UserId::new(Uuid::from_u128(1));
        let link = ActiveShareLink {
            id: ShareLinkId::new(Uuid::from_u128(2)),
            owner,
            job: id,
            allows_downloads: false,
            expires_at: jiff::Timestamp::UNIX_EPOCH,
        };
        let shared = ResultAccess::of_link(&link);
        let until = jiff::Timestamp::UNIX_EPOCH;
        for error in [
            DownloadError::Archived(id),
            DownloadError::Restoring(id),
            DownloadError::Expired { id, until },
            DownloadError::Find(FindError::NotFound(id)),
            DownloadError::LogsDeleted { id, at: until },
            DownloadError::NoSummary(id),
        ] {
            let own = error.to_string();
            let text = shared.seen(error).to_string();
            assert_ne!(text, own, "what the owner reads");
            assert!(!text.contains(&id.to_string()) && !text.contains("Premium"), "{text}");
            assert!(!text.contains("Free"), "{text}");
        }
        assert!(!shared.allows_downloads());
        assert_ne!(shared.query_user(), ResultAccess::of_owner(owner, id).query_user());
    }
}
