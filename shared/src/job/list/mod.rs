//! The list of a user's jobs: what is asked for ([`ListQuery`]), what is known of each job for it
//! ([`JobListEntry`]), and the answer ([`JobList`]).

mod entry;
mod query;

pub use entry::{JobListEntry, ResultLocation};
pub use query::{ListQuery, ListSort, PAGE_SIZES, SortKey};

use super::{JobStatus, JobView};
use crate::JobId;
use serde::{Deserialize, Serialize};

/// A page of a user's jobs, and what stands around it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct JobList {
    /// The query that this answers, as text.
    pub query: String,
    /// The page's jobs, as their rows say.
    pub jobs: Vec<JobView>,
    /// How many jobs the query finds, on all pages.
    pub matched: u64,
    /// The page, from 1: the one asked for, or the last.
    pub page: u32,
    /// How many jobs the search finds in each state, whatever states are asked for. In the order of
    /// [`JobStatus::ALL`].
    pub counts: [u64; JobStatus::ALL.len()],
    /// All jobs at a glance.
    pub overview: Overview,
    /// Where those of the page's jobs are that wait for a worker.
    pub queue: Vec<(JobId, QueuePosition)>,
}

/// All of a user's jobs at a glance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// All jobs.
    pub total: u64,
    /// Those that run.
    pub running: u64,
    /// Those that are uploaded, or wait for a worker.
    pub queued: u64,
    /// Those that were completed in the last 24 hours.
    pub completed: u64,
    /// Those whose result is in the archive, or on its way back.
    pub archived: u64,
    /// Bytes of files and results in S3.
    pub stored_bytes: u64,
    /// Bytes of results in the archive.
    pub archived_bytes: u64,
}

/// Where a job is in the queue for a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuePosition {
    /// 1 for the next to be taken.
    pub position: u32,
    /// Seconds until a worker takes it, estimated; `None` where there is nothing to tell it by.
    pub wait_secs: Option<u32>,
}

/// How many pages so many jobs have, at least one.
pub fn pages(matched: u64, size: u16) -> u32 {
    u32::try_from(matched.div_ceil(u64::from(size.max(1)))).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_page_may_be_short_and_none_is_one() {
        assert_eq!([0, 1, 25, 26].map(|count| pages(count, 25)), [1, 1, 1, 2]);
    }
}
