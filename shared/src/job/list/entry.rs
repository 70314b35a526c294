//! What a list needs to know of a job to find and order it.

use super::super::{JobStatus, JobView, ResultsView, StateView};
use crate::JobId;
use jiff::Timestamp;

/// What filters and orders look at. Small, since a server keeps it of every job that somebody
/// looks through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobListEntry {
    /// The job.
    pub id: JobId,
    /// The version of the row that this was read from.
    pub version: u64,
    /// The file's name in lower case.
    pub name: Box<str>,
    /// When it was submitted.
    pub submitted_at: Timestamp,
    /// Its state.
    pub status: JobStatus,
    /// The file's size in bytes, once known.
    pub size: Option<u64>,
    /// How long the run took, in seconds, once it is known.
    pub seconds: Option<u64>,
    /// When it was completed.
    pub completed_at: Option<Timestamp>,
    /// Where its result is; `None` where there is none.
    pub location: Option<ResultLocation>,
    /// The result's size in bytes; 0 where there is none.
    pub result_size: u64,
}

/// Where a result is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultLocation {
    /// In S3.
    Stored,
    /// In the archive.
    Archived,
    /// In the archive, which was asked for it.
    Restoring,
}

impl From<&JobView> for JobListEntry {
    fn from(job: &JobView) -> Self {
        let mut entry = Self {
            id: job.id,
            version: job.version,
            name: job.file_name.as_str().to_lowercase().into(),
            submitted_at: job.submitted_at,
            status: job.state.status(),
            size: job.size,
            seconds: None,
            completed_at: None,
            location: None,
            result_size: 0,
        };
        if let StateView::Completed { started_at, completed_at, result_size, results, .. } =
            &job.state
        {
            entry.seconds = Some(whole_seconds(*started_at, *completed_at));
            entry.completed_at = Some(*completed_at);
            entry.result_size = *result_size;
            entry.location = Some(match results {
                ResultsView::Stored { .. } => ResultLocation::Stored,
                ResultsView::Archived { .. } => ResultLocation::Archived,
                ResultsView::Restoring { .. } => ResultLocation::Restoring,
            });
        }
        entry
    }
}

/// Seconds between two moments, none where the clocks of two machines disagree.
fn whole_seconds(from: Timestamp, to: Timestamp) -> u64 {
    to.duration_since(from).as_secs().try_into().unwrap_or(0)
}
