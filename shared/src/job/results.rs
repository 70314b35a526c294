//! The state machine of a completed job's result file: where it is, and how it moves between S3 and
//! the archive.
//!
//! ```text
//!           .--------------------- restored ----------------------.
//!           v                                                     |
//!        STORED --begun--> ARCHIVING --archived--> ARCHIVED --thaw started--> THAWING
//!           ^                  |                       ^                        |
//!           '--- expiry lifted, later end set          `----- thaw failed ------'
//! ```
//! The order of writes keeps the file retrievable at all times: the copy in the archive is recorded
//! in the row before the object is deleted from S3, and the restored object is recorded before the
//! copy is deleted from the archive.

use super::{ChangeRejected, ObjectLocation};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The location of the result file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Results {
    /// In S3.
    Stored(Stored),
    /// In S3, while a copy is being uploaded to the archive.
    Archiving {
        /// The object in S3, as before.
        stored: Stored,
        /// The archive's id of the upload in progress. An archiver that restarts continues the same
        /// upload, so a crash does not leave a second copy behind.
        ticket: String,
    },
    /// In the archive.
    Archived {
        /// The copy.
        archived: Archived,
        /// The S3 object that is still to be deleted.
        leftover: Option<ObjectLocation>,
    },
    /// In the archive, with a retrieval in progress.
    Thawing {
        /// The copy.
        archived: Archived,
        /// The retrieval.
        retrieval: Retrieval,
    },
}

/// An annotated file in S3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The object.
    pub file: ObjectLocation,
    /// The end of the download window: until then an owner on the Free plan may download it, then it
    /// is archived. `None` if no end is set. Ignored while the owner is on Premium.
    pub until: Option<Timestamp>,
    /// When it was last restored from the archive.
    pub restored_at: Option<Timestamp>,
}

/// An annotated file in the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archived {
    /// The archive's id of the copy.
    pub id: String,
    /// Its SHA-256 tree hash in hex, as Amazon Glacier defines it.
    pub tree_hash: String,
    /// When it was archived, in whole seconds.
    pub at: Timestamp,
}

/// A retrieval: the archive's job that makes a file readable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retrieval {
    /// The archive's id of the retrieval.
    pub id: String,
    /// Its speed.
    pub tier: Tier,
    /// When it was started, in whole seconds.
    pub since: Timestamp,
}

/// The speed of a retrieval, with the names and durations of Amazon Glacier
/// (<https://docs.aws.amazon.com/amazonglacier/latest/dev/downloading-an-archive-two-steps.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Tier {
    /// Usually within 1 to 5 minutes.
    Expedited,
    /// Usually within 3 to 5 hours.
    Standard,
}

/// An event that changes the result file of a completed job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResultsChange {
    /// The download window of a Free owner is set. A later end that is already set remains. If an upload
    /// to the archive is in progress, a later end returns the result to STORED.
    ExpirySet {
        /// The end of the window.
        until: Timestamp,
    },
    /// The owner is on Premium: the file stays in S3.
    ExpiryLifted {
        /// The end that was read together with the plan. A different end means that the plan has
        /// changed since, so it remains.
        seen: Option<Timestamp>,
    },
    /// An upload to the archive was started or restarted.
    ArchiveBegun {
        /// The archive's id of the upload.
        ticket: String,
        /// The upload that ended without a copy; `None` for the first upload. If two archivers start
        /// at the same time, one of them is rejected.
        instead_of: Option<String>,
    },
    /// The archive has the copy.
    Archived {
        /// The upload that created it.
        ticket: String,
        /// The archive's id of the copy.
        id: String,
        /// Its SHA-256 tree hash in hex.
        tree_hash: String,
    },
    /// The S3 object that was archived is deleted.
    Purged,
    /// A retrieval was started, or started again.
    ThawStarted {
        /// The archive's id of the retrieval.
        retrieval_id: String,
        /// Its speed.
        tier: Tier,
    },
    /// The retrieval failed.
    ThawFailed {
        /// The archive's id of the failed retrieval.
        retrieval_id: String,
    },
    /// The file is in S3 again.
    Restored {
        /// The archive's id of the copy that it was restored from.
        archive_id: String,
        /// The restored object.
        file: ObjectLocation,
        /// When the owner's plan is checked again. An owner who is on Free at that time has had the
        /// file for the notice period.
        until: Timestamp,
    },
}

impl ResultsChange {
    /// The change as a past participle, for messages.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::ExpirySet { .. } => "given an expiry",
            Self::ExpiryLifted { .. } => "kept",
            Self::ArchiveBegun { .. } => "taken to the archive",
            Self::Archived { .. } => "archived",
            Self::Purged => "purged",
            Self::ThawStarted { .. } => "thawed",
            Self::ThawFailed { .. } => "left in the archive",
            Self::Restored { .. } => "restored",
        }
    }
}

impl Results {
    /// The state of a new result. `until` is the end of a Free owner's download window.
    pub const fn fresh(file: ObjectLocation, until: Option<Timestamp>) -> Self {
        Self::Stored(Stored { file, until, restored_at: None })
    }

    /// The S3 object to download, if the file is in S3 and not being deleted.
    pub const fn stored(&self) -> Option<&Stored> {
        match self {
            Self::Stored(stored) | Self::Archiving { stored, .. } => Some(stored),
            Self::Archived { .. } | Self::Thawing { .. } => None,
        }
    }

    /// The copy in the archive, if the row records one.
    pub const fn archived(&self) -> Option<&Archived> {
        match self {
            Self::Archived { archived, .. } | Self::Thawing { archived, .. } => Some(archived),
            Self::Stored(_) | Self::Archiving { .. } => None,
        }
    }

    /// The name of the state.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Stored(_) => "STORED",
            Self::Archiving { .. } => "ARCHIVING",
            Self::Archived { .. } => "ARCHIVED",
            Self::Thawing { .. } => "THAWING",
        }
    }

    /// Returns the results after `change` at the time `now`.
    pub(super) fn after(
        &self,
        change: ResultsChange,
        now: Timestamp,
    ) -> Result<Self, ChangeRejected> {
        let illegal = ChangeRejected::IllegalResults { from: self.name(), change: change.name() };
        match (self.clone(), change) {
            (Self::Stored(stored), ResultsChange::ExpirySet { until }) => {
                Ok(Self::Stored(Stored { until: stored.until.max(Some(until)), ..stored }))
            }
            (
                Self::Stored(stored) | Self::Archiving { stored, .. },
                ResultsChange::ExpiryLifted { seen },
            ) if stored.until == seen => Ok(Self::Stored(Stored { until: None, ..stored })),
            // A later end ends the upload to the archive. Otherwise its archiver, if it read the plan
            // before a downgrade, could lift the end of a Free owner.
            (Self::Archiving { stored, .. }, ResultsChange::ExpirySet { until })
                if stored.until < Some(until) =>
            {
                Ok(Self::Stored(Stored { until: Some(until), ..stored }))
            }
            (Self::Stored(stored), ResultsChange::ArchiveBegun { ticket, instead_of: None }) => {
                Ok(Self::Archiving { stored, ticket })
            }
            (
                Self::Archiving { stored, ticket: over },
                ResultsChange::ArchiveBegun { ticket, instead_of: Some(replaced) },
            ) if over == replaced => Ok(Self::Archiving { stored, ticket }),
            (
                Self::Archiving { stored, ticket: begun },
                ResultsChange::Archived { ticket, id, tree_hash },
            ) if begun == ticket => {
                let archived = Archived { id, tree_hash, at: now };
                Ok(Self::Archived { archived, leftover: Some(stored.file) })
            }
            (Self::Archived { archived, leftover: Some(_) }, ResultsChange::Purged) => {
                Ok(Self::Archived { archived, leftover: None })
            }
            // Only after the S3 object is deleted: a late deletion must not delete a restored file.
            (
                Self::Archived { archived, leftover: None } | Self::Thawing { archived, .. },
                ResultsChange::ThawStarted { retrieval_id: id, tier },
            ) => Ok(Self::Thawing { archived, retrieval: Retrieval { id, tier, since: now } }),
            (Self::Thawing { archived, retrieval }, ResultsChange::ThawFailed { retrieval_id })
                if retrieval.id == retrieval_id =>
            {
                Ok(Self::Archived { archived, leftover: None })
            }
            // Also from ARCHIVED: the process that started the retrieval may have died before it
            // recorded it.
            (
                Self::Archived { archived, leftover: None } | Self::Thawing { archived, .. },
                ResultsChange::Restored { archive_id, file, until },
            ) if archived.id == archive_id => {
                let (until, restored_at) = (Some(until), Some(now));
                Ok(Self::Stored(Stored { file, until, restored_at }))
            }
            _ => Err(illegal),
        }
    }
}

impl Tier {
    /// The spelling in the AWS API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expedited => "Expedited",
            Self::Standard => "Standard",
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
#[path = "results_tests.rs"]
mod tests;
