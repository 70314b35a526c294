//! Where the annotated file of a completed job is, and how it moves between S3 and the archive.
//!
//! ```text
//!           .--------------------- restored ----------------------.
//!           v                                                     |
//!        STORED --begun--> ARCHIVING --archived--> ARCHIVED --thaw started--> THAWING
//!           ^                  |                       ^                        |
//!           `-- expiry lifted -'                       `----- thaw failed ------'
//! ```
//! The order of writes keeps the file retrievable at every moment: it is in the archive and the
//! row says so before it leaves S3, and back in S3 and the row says so before it leaves the
//! archive.

use super::{ObjectLocation, Refused};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where the annotated file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Results {
    /// In S3.
    Stored(Stored),
    /// In S3, while a copy goes to the archive.
    Archiving {
        /// Where it is, as before.
        stored: Stored,
        /// The archive's name for the upload under way. An archiver that begins anew takes the
        /// same upload up again, so that a crash leaves no second copy behind.
        ticket: String,
    },
    /// In the archive.
    Archived {
        /// The copy.
        archived: Archived,
        /// The S3 object, until it is known to be deleted.
        leftover: Option<ObjectLocation>,
    },
    /// In the archive, which was asked to hand it out.
    Thawing {
        /// The copy.
        archived: Archived,
        /// What was asked.
        retrieval: Retrieval,
    },
}

/// An annotated file in S3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Where.
    pub file: ObjectLocation,
    /// Until when an owner on the Free plan may download it, after which it is archived. `None`
    /// where no end is set. Without meaning while the owner is on Premium.
    pub until: Option<Timestamp>,
    /// When it last came back from the archive.
    pub restored_at: Option<Timestamp>,
}

/// An annotated file in the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archived {
    /// The archive's name for it.
    pub id: String,
    /// Its SHA-256 tree hash in hex, as Amazon Glacier defines it.
    pub tree_hash: String,
    /// When it got there, in whole seconds.
    pub at: Timestamp,
}

/// A request to the archive to hand a file out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retrieval {
    /// The archive's name for the request.
    pub id: String,
    /// How fast.
    pub tier: Tier,
    /// Since when, in whole seconds.
    pub since: Timestamp,
}

/// How fast the archive hands a file out, with the names and times of Amazon Glacier
/// (<https://docs.aws.amazon.com/amazonglacier/latest/dev/downloading-an-archive-two-steps.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Tier {
    /// Usually within 1 to 5 minutes.
    Expedited,
    /// Usually within 3 to 5 hours.
    Standard,
}

/// Something that happened to the annotated file of a completed job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResultsChange {
    /// A Free owner may download it until then, or longer where a later end is set already.
    ExpirySet {
        /// The end.
        until: Timestamp,
    },
    /// The owner is on Premium: it stays.
    ExpiryLifted {
        /// The end that was seen when the plan was read. One that is set since then stays: the
        /// plan has changed meanwhile.
        seen: Option<Timestamp>,
    },
    /// An upload to the archive began, or began anew.
    ArchiveBegun {
        /// The archive's name for the upload.
        ticket: String,
        /// The upload that is over without a copy; `None` for the first. Of two archivers that
        /// begin at once, one is refused.
        instead_of: Option<String>,
    },
    /// The archive has the copy.
    Archived {
        /// The upload that brought it.
        ticket: String,
        /// The archive's name for the copy.
        id: String,
        /// Its SHA-256 tree hash in hex.
        tree_hash: String,
    },
    /// The S3 object that was archived is deleted.
    Purged,
    /// The archive was asked to hand the file out, or asked again.
    ThawStarted {
        /// The archive's name for the request.
        retrieval_id: String,
        /// How fast.
        tier: Tier,
    },
    /// The archive could not hand it out.
    ThawFailed {
        /// The request that failed.
        retrieval_id: String,
    },
    /// The file is in S3 again.
    Restored {
        /// The copy that it came from.
        archive_id: String,
        /// Where it is now.
        file: ObjectLocation,
        /// When the owner's plan is looked at again: who is on Free by then had it long enough.
        until: Timestamp,
    },
}

impl ResultsChange {
    /// The change in a word, for messages.
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
    /// A fresh result. `until` is the end of a Free owner's window.
    pub const fn fresh(file: ObjectLocation, until: Option<Timestamp>) -> Self {
        Self::Stored(Stored { file, until, restored_at: None })
    }

    /// The S3 object to download, where there is one that stays.
    pub const fn stored(&self) -> Option<&Stored> {
        match self {
            Self::Stored(stored) | Self::Archiving { stored, .. } => Some(stored),
            Self::Archived { .. } | Self::Thawing { .. } => None,
        }
    }

    /// The copy in the archive, where the row knows of one.
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

    /// The results after a change at a moment.
    pub(super) fn after(&self, change: ResultsChange, now: Timestamp) -> Result<Self, Refused> {
        let illegal = Refused::IllegalResults { from: self.name(), change: change.name() };
        match (self.clone(), change) {
            (Self::Stored(stored), ResultsChange::ExpirySet { until }) => {
                Ok(Self::Stored(Stored { until: stored.until.max(Some(until)), ..stored }))
            }
            (
                Self::Stored(stored) | Self::Archiving { stored, .. },
                ResultsChange::ExpiryLifted { seen },
            ) if stored.until == seen => Ok(Self::Stored(Stored { until: None, ..stored })),
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
            // Not before the S3 object is gone: a late deletion must not meet a restored file.
            (
                Self::Archived { archived, leftover: None } | Self::Thawing { archived, .. },
                ResultsChange::ThawStarted { retrieval_id: id, tier },
            ) => Ok(Self::Thawing { archived, retrieval: Retrieval { id, tier, since: now } }),
            (Self::Thawing { archived, retrieval }, ResultsChange::ThawFailed { retrieval_id })
                if retrieval.id == retrieval_id =>
            {
                Ok(Self::Archived { archived, leftover: None })
            }
            // Also where the retrieval was not noted, since its asker died.
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
    /// The spelling of AWS.
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
