//! The data by which a list of jobs is filtered and sorted.

use super::super::{JobStatus, JobView, Labels, Organization, ProjectName, ResultsView, StateView};
use crate::JobId;
use jiff::Timestamp;

/// The part of a job that filters and sorting use. It is small, because a web process keeps one for
/// every job of the users who are looking at their lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobListEntry {
    /// The job's id.
    pub id: JobId,
    /// The version of the row that it was read from.
    pub version: u64,
    /// The file's name in lower case.
    pub name: Box<str>,
    /// Its title in lower case, if it has one.
    pub title: Option<Box<str>>,
    /// Its labels.
    pub labels: Labels,
    /// The project that it belongs to.
    pub project: Option<ProjectName>,
    /// When it was submitted.
    pub submitted_at: Timestamp,
    /// Its status.
    pub status: JobStatus,
    /// The file's size in bytes, once known.
    pub size: Option<u64>,
    /// Whether retention has deleted the file.
    pub is_input_deleted: bool,
    /// The duration of the run in seconds, once known.
    pub seconds: Option<u64>,
    /// When it was completed.
    pub completed_at: Option<Timestamp>,
    /// The location of its result; `None` if it has no result.
    pub location: Option<ResultLocation>,
    /// The size of its result in bytes; 0 if it has no result.
    pub result_size: u64,
}

/// The location of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultLocation {
    /// In S3.
    Stored,
    /// In the archive.
    Archived,
    /// In the archive, with a retrieval in progress.
    Restoring,
}

impl JobListEntry {
    /// The name that lists show, in lower case: the title, or the name of the file.
    pub fn shown_name(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.name)
    }

    /// Whether the result is in the archive, also while it is being restored.
    pub fn is_archived(&self) -> bool {
        matches!(self.location, Some(ResultLocation::Archived | ResultLocation::Restoring))
    }

    /// The bytes of the file that are stored.
    pub fn input_bytes(&self) -> u64 {
        if self.is_input_deleted { 0 } else { self.size.unwrap_or(0) }
    }
}

impl From<&JobView> for JobListEntry {
    fn from(job: &JobView) -> Self {
        let Organization { title, labels, project, note: _ } = &job.organization;
        let title = title.as_ref();
        let mut entry = Self {
            id: job.id,
            version: job.version,
            name: job.file_name.as_str().to_lowercase().into(),
            title: title.map(|title| title.as_str().to_lowercase().into()),
            labels: labels.clone(),
            project: project.clone(),
            submitted_at: job.submitted_at,
            status: job.state.status(),
            size: job.size,
            is_input_deleted: job.input_deleted_at.is_some(),
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

/// The seconds between two times; 0 if the clocks of two machines disagree.
fn whole_seconds(from: Timestamp, to: Timestamp) -> u64 {
    to.duration_since(from).as_secs().try_into().unwrap_or(0)
}
