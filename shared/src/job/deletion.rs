//! What stands in a job's place while its files are deleted.
//!
//! A job that its owner deletes is gone for everybody at once: its row becomes a [`Deletion`],
//! which no list and no page knows. Files go next, and the row goes last. Somebody who was at work
//! on the job may not have noticed yet and write a file once more, so the row stays until nobody can
//! be, and files are deleted a second time then.

use super::{Job, JobState, ObjectLocation, Results};
use crate::{JobId, UserId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Longer than a worker, an archiver or the restore function goes on with a job that is not
/// theirs any more.
const AT_WORK: SignedDuration = SignedDuration::from_hours(1);

/// Longer than an upload takes. S3 asks whether it may begin, and never again. Parts of one that was
/// not completed are none of the objects that are deleted then; the bucket's rule throws them away
/// within about two days of the upload's beginning.
const UPLOADING: SignedDuration = SignedDuration::from_hours(24);

/// After this long the message that asks for the files' deletion counts as lost.
const UNANSWERED: SignedDuration = SignedDuration::from_mins(2);

/// A job that was deleted and of which something may be left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// The job.
    pub job: JobId,
    /// Whose it was.
    pub owner: UserId,
    /// Grows by one with every change, from the job's last version on.
    pub version: u64,
    /// When the owner asked for it, in whole seconds.
    pub at: Timestamp,
    /// From when on nobody can be at work on the job.
    pub quiet_at: Timestamp,
    /// What the archive may have of it.
    pub archive: ArchiveRemains,
    /// Whether everything was deleted once.
    pub swept: bool,
}

/// What the archive may have of a deleted job. It is stored as Serde writes it, so a name here is a name in
/// the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ArchiveRemains {
    /// Nothing.
    Nothing,
    /// An upload under way, or complete and not noted.
    Upload {
        /// The archive's name for it.
        ticket: String,
        /// What is uploaded. It is needed to end an upload that is complete.
        file: ObjectLocation,
    },
    /// An upload that was ended once. An archiver that was at work may have completed it since.
    EndedUpload {
        /// The archive's name for it.
        ticket: String,
    },
    /// A copy.
    Copy {
        /// The archive's name for it.
        id: String,
    },
}

impl Job {
    /// What stands in the job's place when its owner deletes it at a moment.
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

    /// From when on nobody can be at work on the job, if it ends now.
    fn quiet_at(&self, now: Timestamp) -> Timestamp {
        let still = match &self.state {
            JobState::Uploading { .. } => return now + UPLOADING,
            JobState::Pending { .. } | JobState::Running(_) => now + AT_WORK,
            // Whoever lost a race for the last step may be at it still.
            JobState::Completed(done) => match &done.results {
                Results::Stored(stored) => {
                    stored.restored_at.unwrap_or(done.completed_at) + AT_WORK
                }
                Results::Archived { archived, .. } => archived.at + AT_WORK,
                Results::Archiving { .. } | Results::Thawing { .. } => now + AT_WORK,
            },
            // A worker may have been stopped by it and not have noticed.
            JobState::Failed(failure) => failure.at + AT_WORK,
            JobState::Cancelled { at } => *at + AT_WORK,
        };
        // A browser may have sent the file twice.
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
    /// The next version, with the upload ended or everything deleted once.
    pub fn next(&self, archive: ArchiveRemains, swept: bool) -> Self {
        Self { version: self.version + 1, archive, swept, ..self.clone() }
    }

    /// The moment after which somebody should look at it.
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
    fn a_result_at_rest_can_go_at_once_and_one_on_the_move_is_waited_for() {
        let now = at(0) + HOUR * 5;
        let rest = completed(Results::Stored(stored())).deletion(now);
        assert_eq!((rest.quiet_at, rest.archive), (now, ArchiveRemains::Nothing));
        let restored = Stored { restored_at: Some(now), ..stored() };
        let restored = completed(Results::Stored(restored)).deletion(now);
        assert_eq!(restored.quiet_at, now + HOUR, "a second delivery may be at it still");
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
    fn whoever_may_still_write_is_waited_for() {
        let now = at(0) + HOUR * 5;
        let quiet = |state| job(state).deletion(now).quiet_at;
        assert_eq!(quiet(JobState::Uploading { parts: None }), now + HOUR * 24);
        assert_eq!(quiet(JobState::Pending { since: at(1) }), now + HOUR);
        assert_eq!(quiet(JobState::Cancelled { at: now - HOUR * 2 }), now);
        assert_eq!(quiet(JobState::Cancelled { at: now }), now + HOUR);
        let fresh = completed(Results::Stored(stored())).deletion(at(9));
        assert_eq!(fresh.quiet_at, at(2) + HOUR, "another worker may be at its last step");
        let early = job(JobState::Cancelled { at: at(0) - HOUR }).deletion(at(9));
        assert_eq!(early.quiet_at, at(0) + HOUR, "an upload may have been sent twice");
    }

    #[test]
    fn a_deletion_is_looked_at_soon_and_once_more_when_it_is_quiet() {
        let first = job(JobState::Pending { since: at(1) }).deletion(at(10));
        assert_eq!((first.version, first.due()), (8, at(130)));
        let swept = first.next(ArchiveRemains::Nothing, true);
        assert_eq!((swept.version, swept.due()), (9, first.quiet_at));
    }
}
