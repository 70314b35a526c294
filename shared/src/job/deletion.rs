//! The tombstone of a deleted job.
//!
//! Deleting a job takes effect immediately: its row is replaced by a [`Deletion`], which lists and
//! pages ignore. The files are deleted next, and the row last. A process that was working on the job
//! may not have noticed and may still write a file, so the row is kept until no process can be
//! working on it, and then the files are deleted a second time.

use super::{Job, JobState, ObjectLocation, Results};
use crate::{JobId, UserId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Upper bound for how long a worker, an archiver or the restore function keeps working on a job that
/// it no longer owns.
const AT_WORK: SignedDuration = SignedDuration::from_hours(1);

/// Upper bound for the duration of an upload: S3 checks the signature only when it starts. Parts of an
/// incomplete upload are not objects and are not deleted here; the bucket's lifecycle rule removes them
/// about two days after the upload started.
const UPLOADING: SignedDuration = SignedDuration::from_hours(24);

/// The time after which the message that requests the deletion of the files counts as lost.
const UNANSWERED: SignedDuration = SignedDuration::from_mins(2);

/// A deleted job whose files may still exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// The job.
    pub job: JobId,
    /// The owner of the job.
    pub owner: UserId,
    /// Increases by one with every change, starting from the job's last version.
    pub version: u64,
    /// When the owner deleted the job, in whole seconds.
    pub at: Timestamp,
    /// The time from which no process can be working on the job.
    pub quiet_at: Timestamp,
    /// What the archive may hold of the job.
    pub archive: ArchiveRemains,
    /// Whether all files were deleted once.
    pub swept: bool,
}

/// What the archive may hold of a deleted job. It is stored in Serde's form, so these names are stored
/// names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ArchiveRemains {
    /// Nothing.
    Nothing,
    /// An upload in progress, or complete and not recorded.
    Upload {
        /// The archive's id of the upload.
        ticket: String,
        /// The uploaded file, which is needed to find the copy of a complete upload.
        file: ObjectLocation,
    },
    /// An upload that was aborted once. An archiver that was still running may have completed it since.
    EndedUpload {
        /// The archive's id of the upload.
        ticket: String,
    },
    /// A copy.
    Copy {
        /// The archive's id of the copy.
        id: String,
    },
}

impl Job {
    /// The tombstone that replaces the job if its owner deletes it at the time `now`.
    pub fn deletion(&self, now: Timestamp) -> Deletion {
        Deletion {
            job: self.id,
            owner: self.owner,
            version: self.version + 1,
            at: now,
            quiet_at: self.quiet_at(now),
            archive: self.archive_remains(),
            swept: false,
        }
    }

    /// The time from which no process can be working on the job, if it is deleted at the time `now`.
    fn quiet_at(&self, now: Timestamp) -> Timestamp {
        let still = match &self.state {
            JobState::Uploading { .. } => return now + UPLOADING,
            JobState::Pending { .. } | JobState::Running(_) => now + AT_WORK,
            // A process that lost the race for the last step may still be working on it.
            JobState::Completed(done) => match &done.results {
                Results::Stored(stored) => {
                    stored.restored_at.unwrap_or(done.completed_at) + AT_WORK
                }
                Results::Archived { archived, .. } => archived.at + AT_WORK,
                Results::Archiving { .. } | Results::Thawing { .. } => now + AT_WORK,
            },
            // A worker may not have noticed yet that the job ended.
            JobState::Failed(failure) => failure.at + AT_WORK,
            JobState::Cancelled { at } => *at + AT_WORK,
        };
        // A client may have sent the file twice.
        still.max(self.submitted_at + AT_WORK).max(now)
    }

    fn archive_remains(&self) -> ArchiveRemains {
        let JobState::Completed(done) = &self.state else { return ArchiveRemains::Nothing };
        match &done.results {
            Results::Stored(_) => ArchiveRemains::Nothing,
            Results::Archiving { stored, ticket } => {
                ArchiveRemains::Upload { ticket: ticket.clone(), file: stored.file.clone() }
            }
            Results::Archived { archived, .. } | Results::Thawing { archived, .. } => {
                ArchiveRemains::Copy { id: archived.id.clone() }
            }
        }
    }
}

impl Deletion {
    /// The next version, with new values for what the archive holds and whether all was deleted once.
    pub fn next(&self, archive: ArchiveRemains, swept: bool) -> Self {
        Self { version: self.version + 1, archive, swept, ..self.clone() }
    }

    /// The time from which the reconciler acts on it.
    pub fn due(&self) -> Timestamp {
        if self.swept { self.quiet_at } else { self.at + UNANSWERED }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FileName;
    use crate::job::{Archived, Completion, Retrieval, Stored, Tier};
    use uuid::Uuid;

    const HOUR: SignedDuration = SignedDuration::from_hours(1);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + seconds).unwrap()
    }

    fn file(key: &str) -> ObjectLocation {
        ObjectLocation { bucket: "results".into(), key: key.into() }
    }

    /// A job submitted at 0.
    fn job(state: JobState) -> Job {
        let id = JobId::new(Uuid::from_u128(1));
        let owner = UserId::new(Uuid::from_u128(2));
        let name = FileName::parse("a.vcf").unwrap();
        Job { state, version: 7, ..Job::new(id, owner, name, file("in"), at(0)) }
    }

    fn completed(results: Results) -> Job {
        job(JobState::Completed(Completion {
            started_at: at(1),
            completed_at: at(2),
            records: 1,
            not_annotated: None,
            provenance: None,
            results,
            result_size: 1,
            log: file("log"),
        }))
    }

    fn stored() -> Stored {
        Stored { file: file("result"), until: None, restored_at: None }
    }

    fn archived() -> Archived {
        Archived { id: "copy".into(), tree_hash: "hash".into(), at: at(3) }
    }

    #[test]
    fn a_result_at_rest_is_deleted_immediately_and_a_moving_one_after_an_hour() {
        let now = at(0) + HOUR * 5;
        let rest = completed(Results::Stored(stored())).deletion(now);
        assert_eq!((rest.quiet_at, rest.archive), (now, ArchiveRemains::Nothing));
        let restored = Stored { restored_at: Some(now), ..stored() };
        let restored = completed(Results::Stored(restored)).deletion(now);
        assert_eq!(restored.quiet_at, now + HOUR, "a second delivery may still be in progress");
        let ticket = "ticket".to_owned();
        let moving = completed(Results::Archiving { stored: stored(), ticket: ticket.clone() });
        let moving = moving.deletion(now);
        assert_eq!(moving.quiet_at, now + HOUR);
        assert_eq!(moving.archive, ArchiveRemains::Upload { ticket, file: file("result") });
        let retrieval = Retrieval { id: "r".into(), tier: Tier::Standard, since: at(4) };
        let thawing = completed(Results::Thawing { archived: archived(), retrieval });
        let thawing = thawing.deletion(now);
        assert_eq!(thawing.quiet_at, now + HOUR);
        assert_eq!(thawing.archive, ArchiveRemains::Copy { id: "copy".into() });
    }

    #[test]
    fn the_second_deletion_waits_for_every_process_that_may_still_write() {
        let now = at(0) + HOUR * 5;
        let quiet = |state| job(state).deletion(now).quiet_at;
        assert_eq!(quiet(JobState::Uploading { parts: None }), now + HOUR * 24);
        assert_eq!(quiet(JobState::Pending { since: at(1) }), now + HOUR);
        assert_eq!(quiet(JobState::Cancelled { at: now - HOUR * 2 }), now);
        assert_eq!(quiet(JobState::Cancelled { at: now }), now + HOUR);
        let fresh = completed(Results::Stored(stored())).deletion(at(9));
        assert_eq!(fresh.quiet_at, at(2) + HOUR, "another worker may be in its last step");
        let early = job(JobState::Cancelled { at: at(0) - HOUR }).deletion(at(9));
        assert_eq!(early.quiet_at, at(0) + HOUR, "an upload may have been sent twice");
    }

    #[test]
    fn a_deletion_is_due_after_two_minutes_and_again_when_no_process_works_on_it() {
        let first = job(JobState::Pending { since: at(1) }).deletion(at(10));
        assert_eq!((first.version, first.due()), (8, at(130)));
        let swept = first.next(ArchiveRemains::Nothing, true);
        assert_eq!((swept.version, swept.due()), (9, first.quiet_at));
    }
}
