//! Merges a fetched list of jobs with their live states.

use gas_shared::job::{JobListEntry, ListQuery};
use gas_shared::{JobId, JobView};
use std::collections::{HashMap, HashSet};

/// A job of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedJob {
    /// The newest known state of the job.
    pub job: JobView,
    /// Whether the state changed after the list was fetched.
    pub is_updated: bool,
}

/// The jobs to show for a query: the fetched ones in their newest known states, without those that
/// were deleted or do not match the query any more. The first page also gains the jobs that match and
/// were not fetched.
pub fn merge(
    fetched: &[JobView],
    live: &HashMap<JobId, JobView>,
    deleted: &HashSet<JobId>,
    query: &ListQuery,
) -> Vec<ListedJob> {
    let mut rows: Vec<(JobListEntry, ListedJob)> = Vec::with_capacity(fetched.len());
    for job in fetched.iter().filter(|job| !deleted.contains(&job.id)) {
        let before = JobListEntry::from(job);
        let newer = live.get(&job.id).filter(|newer| newer.version > job.version);
        let job = newer.unwrap_or(job);
        let entry = JobListEntry::from(job);
        // A live state may not match the query any more: its status, its title or its labels have changed.
        if newer.is_none() || query.admits(&entry) && query.finds(&entry) {
            let is_updated = (before.status, before.location) != (entry.status, entry.location);
            rows.push((entry, ListedJob { job: job.clone(), is_updated }));
        }
    }
    if query.page == 1 {
        let last = fetched.last().map(JobListEntry::from);
        let is_full = fetched.len() >= usize::from(query.size);
        for job in live.values() {
            let entry = JobListEntry::from(job);
            let is_known = fetched.iter().any(|known| known.id == job.id);
            let belongs = query.admits(&entry) && query.finds(&entry);
            let is_before = |last: &JobListEntry| query.sort.compare(&entry, last).is_lt();
            if !is_known && belongs && (!is_full || last.as_ref().is_some_and(is_before)) {
                rows.push((entry, ListedJob { job: job.clone(), is_updated: true }));
            }
        }
    }
    rows.sort_by(|(a, _), (b, _)| query.sort.compare(a, b));
    rows.truncate(usize::from(query.size));
    rows.into_iter().map(|(_, row)| row).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::job;
    use super::*;
    use gas_shared::JobStatus;
    use gas_shared::job::{Progress, StateView};
    use jiff::Timestamp;

    fn running(id: u128, version: u64, second: i64) -> JobView {
        let started_at = Timestamp::from_second(second).unwrap();
        let state = StateView::Running { started_at, progress: Progress::default(), shards: None };
        JobView { state, ..job(id, version, second) }
    }

    fn live(jobs: &[JobView]) -> HashMap<JobId, JobView> {
        jobs.iter().map(|job| (job.id, job.clone())).collect()
    }

    fn merged(fetched: &[JobView], live: &[JobView], query: &ListQuery) -> Vec<JobView> {
        let rows = merge(fetched, &self::live(live), &HashSet::new(), query);
        rows.into_iter().map(|row| row.job).collect()
    }

    #[test]
    fn only_newer_states_replace_fetched_ones_and_only_another_state_is_updated() {
        let fetched = [job(1, 5, 10), job(2, 5, 9), job(3, 5, 8)];
        let known = live(&[job(1, 4, 10), running(2, 6, 9), job(3, 6, 8)]);
        let rows = merge(&fetched, &known, &HashSet::new(), &ListQuery::default());
        let expected = [(job(1, 5, 10), false), (running(2, 6, 9), true), (job(3, 6, 8), false)];
        let expected = expected.map(|(job, is_updated)| ListedJob { job, is_updated });
        assert_eq!(rows, expected);
    }

    #[test]
    fn jobs_that_were_not_fetched_are_added_to_the_first_page_only() {
        let fetched = [job(1, 1, 10), job(5, 1, 7)];
        let known = [job(2, 1, 11), job(3, 1, 8), job(4, 1, 5)];
        let first = ListQuery { size: 2, ..ListQuery::default() };
        assert_eq!(merged(&fetched, &known, &first), [job(2, 1, 11), job(1, 1, 10)]);
        let all = [job(2, 1, 11), job(1, 1, 10), job(3, 1, 8), job(5, 1, 7), job(4, 1, 5)];
        assert_eq!(merged(&fetched, &known, &ListQuery::default()), all);
        let second = ListQuery { page: 2, ..first };
        assert_eq!(merged(&fetched, &known, &second), fetched);
    }

    #[test]
    fn deleted_jobs_and_jobs_that_no_longer_match_are_left_out() {
        let query = ListQuery::default().toggle(JobStatus::Pending);
        let fetched = [job(1, 5, 10), job(2, 5, 9), job(3, 5, 8)];
        let known = live(&[running(2, 6, 9), running(4, 1, 11), job(5, 1, 7)]);
        let deleted = HashSet::from([fetched[0].id]);
        let rows = merge(&fetched, &known, &deleted, &query);
        let ids: Vec<_> = rows.iter().map(|row| row.job.id.as_uuid().as_u128()).collect();
        assert_eq!(ids, [3, 5]);
    }

    #[test]
    fn the_first_job_appears_in_an_empty_list() {
        assert_eq!(merged(&[], &[job(1, 1, 10)], &ListQuery::default()), [job(1, 1, 10)]);
    }
}
