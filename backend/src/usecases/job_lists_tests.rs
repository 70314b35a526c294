//! Tests of the cached job lists: filters, live changes and lost events.

use super::*;
use crate::testkit::TestGas;
use crate::usecases::{cancel_job, delete_job, organize_job};
use gas_shared::job::{Labels, ListSort, OrganizationRequest, SortKey};
use gas_shared::{Account, Plan};

struct Case {
    test: TestGas,
    ada: Account,
    lists: JobLists,
}

impl Case {
    fn new() -> Self {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        Self { test, ada, lists: JobLists::default() }
    }

    async fn find(&self, query: &ListQuery) -> JobList {
        let queue_positions = QueuePositions::default();
        find_jobs(&self.test.gas, &self.lists, &queue_positions, self.ada.id, query).await.unwrap()
    }

    /// Passes all events so far to the lists.
    fn receive_all(&self) {
        for body in self.test.job_events.bodies() {
            let event: crate::messages::UserEvent = serde_json::from_str(&body).unwrap();
            self.lists.receive(event.user_id.unwrap(), &event.event);
        }
    }
}

fn ids(list: &JobList) -> Vec<JobId> {
    list.jobs.iter().map(|job| job.id).collect()
}

#[tokio::test]
async fn filters_counts_and_pages_cover_exactly_the_jobs_of_the_user() {
    let case = Case::new();
    let eve = case.test.user("eve", Plan::Free);
    case.test.pending_job(&eve).await;
    let mut pending = Vec::new();
    for _ in 0..30 {
        pending.push(case.test.pending_job(&case.ada).await.id);
        case.test.clock.advance_secs(1);
    }
    let done = case.test.completed_job(&case.ada).await;
    let all = case.find(&ListQuery::default()).await;
    assert_eq!((all.matched, all.page, all.jobs.len()), (31, 1, 25));
    assert_eq!(all.jobs[0].id, done.id, "newest first");
    assert_eq!(all.counts, [0, 30, 0, 1, 0, 0]);
    assert_eq!(all.queue.len(), 24, "each of the page's that waits has a place");

    let last = case.find(&ListQuery { page: 9, ..ListQuery::default() }).await;
    assert_eq!((last.page, last.jobs.len()), (2, 6), "the last page for one beyond it");
    let completed = ListQuery::default().toggle(JobStatus::Completed);
    let completed = case.find(&completed).await;
    assert_eq!(ids(&completed), [done.id]);
    assert_eq!(completed.counts, all.counts, "so that other states can be chosen");
    let search = ListQuery { search: pending[7].to_string(), ..ListQuery::default() };
    let found = case.find(&search).await;
    assert_eq!((ids(&found), found.counts), (vec![pending[7]], [0, 1, 0, 0, 0, 0]));
    let sort = ListSort { key: SortKey::Submitted, descending: false };
    let oldest = case.find(&ListQuery { sort, ..ListQuery::default() }).await;
    assert_eq!(ids(&oldest), pending[..25]);
}

#[tokio::test]
async fn jobs_are_read_from_their_rows_and_events_keep_the_entries_current() {
    let case = Case::new();
    let job = case.test.pending_job(&case.ada).await;
    assert_eq!(case.find(&ListQuery::default()).await.counts, [0, 1, 0, 0, 0, 0]);
    cancel_job(&case.test.gas, case.ada.id, job.id).await.unwrap();
    let behind = case.find(&ListQuery::default()).await;
    assert_eq!(behind.counts, [0, 1, 0, 0, 0, 0], "the event is on its way");
    assert_eq!(behind.jobs[0].state.status(), JobStatus::Cancelled, "the row is the truth");
    case.receive_all();
    assert_eq!(case.find(&ListQuery::default()).await.counts, [0, 0, 0, 0, 0, 1]);

    let second = case.test.pending_job(&case.ada).await;
    case.receive_all();
    assert_eq!(case.find(&ListQuery::default()).await.matched, 2, "a new job");
    delete_job(&case.test.gas, case.ada.id, second.id).await.unwrap();
    assert_eq!(ids(&case.find(&ListQuery::default()).await), [job.id], "no row, not shown");
    let events = case.test.job_events.bodies();
    case.receive_all();
    assert_eq!(case.find(&ListQuery::default()).await.matched, 1);
    // An older event arrives last.
    let late: crate::messages::UserEvent = serde_json::from_str(&events[events.len() - 2]).unwrap();
    case.lists.receive(late.user_id.unwrap(), &late.event);
    assert_eq!(case.find(&ListQuery::default()).await.matched, 1, "gone stays gone");
}

#[tokio::test]
async fn labels_and_projects_are_counted_as_their_filters_would_find_them() {
    let case = Case::new();
    let mut jobs = Vec::new();
    for (labels, project) in [(&["a", "b"][..], "P"), (&["a"], "P"), (&["b"], "Q"), (&[], "")] {
        let job = case.test.pending_job(&case.ada).await;
        let request = OrganizationRequest {
            labels: Some(labels.iter().map(|&label| label.to_owned()).collect()),
            project: Some(project.to_owned()),
            ..OrganizationRequest::default()
        };
        organize_job(&case.test.gas, case.ada.id, job.id, &request).await.unwrap();
        jobs.push(job.id);
        case.test.clock.advance_secs(1);
    }
    cancel_job(&case.test.gas, case.ada.id, jobs[1]).await.unwrap();
    let shown = |list: &JobList| {
        let labels: Vec<_> = list.labels.iter().map(|(l, n)| format!("{l} {n}")).collect();
        let projects: Vec<_> = list.projects.iter().map(|(p, n)| format!("{p} {n}")).collect();
        format!(
            "{} of {:?}; {}; {}",
            list.matched,
            list.counts,
            labels.join(" "),
            projects.join(" ")
        )
    };
    let all = case.find(&ListQuery::default()).await;
    assert_eq!(shown(&all), "4 of [0, 3, 0, 0, 0, 1]; a 2 b 2; P 2 Q 1");
    let label = |name: &str| Labels::parse([name]).unwrap().iter().next().unwrap().clone();
    let with_a = ListQuery::default().toggle_label(&label("a"));
    let found = case.find(&with_a).await;
    assert_eq!(ids(&found), [jobs[1], jobs[0]]);
    assert_eq!(shown(&found), "2 of [0, 1, 0, 0, 0, 1]; a 2 b 1; P 2");
    let with_both = with_a.toggle_label(&label("b"));
    assert_eq!(shown(&case.find(&with_both).await), "1 of [0, 1, 0, 0, 0, 0]; a 1 b 1; P 1");
    // The status is another filter, whose counts do not depend on itself.
    let pending = with_a.toggle(JobStatus::Pending);
    assert_eq!(shown(&case.find(&pending).await), "1 of [0, 1, 0, 0, 0, 1]; a 1 b 1; P 1");
    let of_q = ListQuery::default().of_project(Some(ProjectName::parse("Q").unwrap()));
    assert_eq!(shown(&case.find(&of_q).await), "1 of [0, 1, 0, 0, 0, 0]; b 1; P 2 Q 1");
    // A chosen label that no job has any more stays, so that it can be removed from the filter.
    let unknown = ListQuery::default().toggle_label(&label("x"));
    assert_eq!(shown(&case.find(&unknown).await), "0 of [0, 0, 0, 0, 0, 0]; x 0; ");
}

#[tokio::test]
async fn a_job_that_is_organized_moves_in_the_list_when_its_event_arrives() {
    let case = Case::new();
    let job = case.test.pending_job(&case.ada).await;
    let search = ListQuery { search: "patient".to_owned(), ..ListQuery::default() };
    assert_eq!(case.find(&search).await.matched, 0);
    let title = OrganizationRequest { title: Some("Patient 7".into()), ..Default::default() };
    organize_job(&case.test.gas, case.ada.id, job.id, &title).await.unwrap();
    case.receive_all();
    let found = case.find(&search).await;
    assert_eq!((found.matched, found.jobs[0].shown_name()), (1, "Patient 7"));
    case.lists.clear();
    assert_eq!(case.find(&search).await.matched, 1, "also when it is read from the index");
}

#[tokio::test]
async fn recent_events_complete_a_list_from_an_index_that_is_behind() {
    let case = Case::new();
    case.test.pending_job(&case.ada).await;
    case.test.jobs.freeze_lists();
    case.test.pending_job(&case.ada).await;
    assert_eq!(case.find(&ListQuery::default()).await.matched, 1, "the index has one");
    case.lists.clear();
    case.receive_all();
    assert_eq!(case.find(&ListQuery::default()).await.matched, 2);
}

#[tokio::test(start_paused = true)]
async fn the_newest_jobs_are_shown_while_a_long_list_is_read() {
    let case = Case::new();
    for _ in 0..230 {
        case.test.pending_job(&case.ada).await;
        case.test.clock.advance_secs(1);
    }
    let newest = case.test.pending_job(&case.ada).await;
    case.test.jobs.slow_lists_down(Duration::from_secs(5));
    let clock = tokio::time::Instant::now();
    let first = case.find(&ListQuery::default()).await;
    assert!(clock.elapsed() < Duration::from_millis(200));
    assert_eq!((first.is_partial, first.matched, first.jobs.len()), (true, 200, 25));
    assert_eq!(first.jobs[0].id, newest.id);
    // The list in another order needs all entries.
    let search = ListQuery { search: newest.id.to_string(), ..ListQuery::default() };
    let found = case.find(&search).await;
    assert_eq!((found.is_partial, ids(&found)), (false, vec![newest.id]));
    assert!(clock.elapsed() >= Duration::from_secs(5), "it waits for the read that has begun");
    assert!(clock.elapsed() < Duration::from_secs(10));
    let all = case.find(&ListQuery::default()).await;
    assert_eq!((all.is_partial, all.matched), (false, 231));
}

#[tokio::test(start_paused = true)]
async fn the_queue_position_of_a_job_does_not_wait_for_all_jobs_of_its_owner() {
    let case = Case::new();
    let job = case.test.pending_job(&case.ada).await;
    case.test.jobs.slow_lists_down(Duration::from_secs(5));
    let clock = tokio::time::Instant::now();
    let positions = QueuePositions::default();
    let place = queue_position(&case.test.gas, &case.lists, &positions, case.ada.id, job.id).await;
    assert_eq!(place.unwrap().map(|place| place.position), Some(1));
    assert!(clock.elapsed() < Duration::from_millis(200), "{:?}", clock.elapsed());
}

#[tokio::test]
async fn entries_are_read_again_after_a_while() {
    let case = Case::new();
    assert_eq!(case.find(&ListQuery::default()).await.matched, 0);
    case.test.pending_job(&case.ada).await;
    assert_eq!(case.find(&ListQuery::default()).await.matched, 0, "its events were lost");
    case.test.clock.advance_secs(10 * 60 + 1);
    assert_eq!(case.find(&ListQuery::default()).await.matched, 1);
}

#[tokio::test]
async fn a_list_that_has_grown_is_read_again_as_well() {
    let case = Case::new();
    assert_eq!(case.find(&ListQuery::default()).await.matched, 0);
    let job = case.test.pending_job(&case.ada).await;
    case.lists.receive(case.ada.id, &LiveEvent::Job(Box::new(JobView::from(&job))));
    assert_eq!(case.find(&ListQuery::default()).await.matched, 1);
    case.test.clock.advance_secs(10 * 60 + 1);
    assert_eq!(case.find(&ListQuery::default()).await.matched, 1);
}

#[tokio::test]
async fn the_overview_counts_all_jobs_whatever_the_query() {
    let case = Case::new();
    case.test.completed_job_with(&case.ada, b"twelve bytes").await;
    case.test.clock.advance_secs(180);
    let archived = case.test.completed_job_with(&case.ada, b"five!").await;
    case.test.clock.advance_secs(180);
    crate::usecases::archive_result(&case.test.gas, archived.id).await.unwrap();
    case.test.ticket(&case.ada).await;
    let nothing = ListQuery { search: "nothing has this".to_owned(), ..ListQuery::default() };
    let list = case.find(&nothing).await;
    assert_eq!(list.matched, 0);
    // The third file is announced with 20 bytes.
    let uploaded = 2 * b"##fileformat=VCFv4.2\n".len() as u64;
    let expected = Overview {
        total: 3,
        running: 0,
        queued: 1,
        completed: 2,
        archived: 1,
        stored_bytes: uploaded + 12 + 20,
        archived_bytes: 5,
    };
    assert_eq!(list.overview, expected);
    case.test.clock.advance_secs(24 * 60 * 60);
    assert_eq!(case.find(&nothing).await.overview.completed, 0, "done lately");
}
