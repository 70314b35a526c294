//! The list of a user's jobs: the query ([`ListQuery`]), the data that it is evaluated on
//! ([`JobListEntry`]), and the result ([`JobList`]).

mod entry;
mod query;

pub use entry::{JobListEntry, ResultLocation};
pub use query::{ListQuery, ListSort, PAGE_SIZES, SortKey};

use super::{JobStatus, JobView, Label, ProjectName};
use crate::JobId;
use serde::{Deserialize, Serialize};

/// The largest number of labels, and of projects, that a list counts.
pub const MAX_CHOICES: usize = 100;

/// One page of a user's list of jobs, with counts and an overview.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct JobList {
    /// The query in its URL form.
    pub query: String,
    /// The jobs of the page, read from their rows.
    pub jobs: Vec<JobView>,
    /// The number of jobs that match the query, on all pages.
    pub matched: u64,
    /// The page number, from 1: the requested page, or the last one if there are fewer.
    pub page: u32,
    /// The number of jobs with each status that match the search, the labels and the project, regardless of the
    /// status filter. In the order of [`JobStatus::ALL`].
    pub counts: [u64; JobStatus::ALL.len()],
    /// The number of those whose result is archived or being restored.
    #[serde(default)]
    pub archived: u64,
    /// The labels of the jobs that match the query, with the number of these jobs: what is left if the label is chosen
    /// too. The most frequent ones first, at most [`MAX_CHOICES`], and always the chosen ones.
    #[serde(default)]
    pub labels: Vec<(Label, u64)>,
    /// The projects of the jobs that match the rest of the query, with the number of these jobs: what is left if this
    /// project is chosen instead. In the same order.
    #[serde(default)]
    pub projects: Vec<(ProjectName, u64)>,
    /// Totals over all jobs.
    pub overview: Overview,
    /// The queue positions of the page's jobs that wait for a worker.
    pub queue: Vec<(JobId, QueuePosition)>,
    /// Only the newest jobs are known so far: counts and overview are of these. Request the list again after a second or
    /// two.
    #[serde(default)]
    pub is_partial: bool,
}

/// Totals over all jobs of a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// The number of jobs.
    pub total: u64,
    /// The number of jobs that are running.
    pub running: u64,
    /// The number of jobs that are being uploaded or wait for a worker.
    pub queued: u64,
    /// The number of jobs completed in the last 24 hours.
    pub completed: u64,
    /// The number of jobs whose result is archived or being restored.
    pub archived: u64,
    /// The size of all inputs and results in S3, in bytes. Uploads in progress count as announced.
    pub stored_bytes: u64,
    /// The size of all results in the archive, in bytes.
    pub archived_bytes: u64,
}

/// The position of a job in the queue for a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuePosition {
    /// The position, from 1 for the next job to be claimed.
    pub position: u32,
    /// The estimated time until a worker claims the job, in seconds; `None` if there is no basis for
    /// an estimate.
    pub wait_secs: Option<u32>,
}

/// The number of pages for `matched` jobs with `size` jobs on a page; at least one.
pub fn pages(matched: u64, size: u16) -> u32 {
    u32::try_from(matched.div_ceil(u64::from(size.max(1)))).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_list_has_one_page_and_the_last_page_may_be_short() {
        assert_eq!([0, 1, 25, 26].map(|count| pages(count, 25)), [1, 1, 1, 2]);
    }
}
