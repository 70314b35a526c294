//! The contract of [`JobStore`], which the in-memory fake and DynamoDB both fulfill.

#![expect(clippy::unwrap_used, reason = "a contract panics when it is violated")]

use crate::ports::{JobPage, JobStore, WriteOutcome};
use WriteOutcome::{Conflict, Written};
use gas_shared::job::{
    ArchiveRemains, Archived, AssemblyMismatch, ClaimId, Completion, Deletion, Failure,
    FailureKind, JobListEntry, JobState, NotAnnotated, ObjectLocation, Organization,
    OrganizationRequest, Parts, Progress, Results, Retrieval, Run, ShardProgress, ShardedRun,
    Stored, Tier,
};
use gas_shared::{FileName, Job, JobId, JobStatus, JobView, UserId};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Checks a job store against the contract of its port. The store must be empty, because the queue and
/// the overdue jobs are lists of all users.
///
/// # Panics
/// If the store violates the contract.
pub async fn job_store_contract(store: &dyn JobStore) {
    queue_lists_jobs_of_one_status_longest_first(store).await;
    overdue_jobs_are_listed_longest_overdue_first(store).await;
    many_overdue_jobs_do_not_hide_one(store).await;
    unknown_jobs_are_absent_and_cannot_be_changed(store).await;
    jobs_in_every_state_are_read_back(store).await;
    an_id_can_be_inserted_once(store).await;
    a_version_replaces_only_the_one_before_it(store).await;
    repeating_the_latest_write_succeeds(store).await;
    a_tombstone_hides_the_job_until_it_is_purged(store).await;
    pages_have_all_jobs_of_an_owner_newest_first(store).await;
    a_page_continues_after_jobs_were_deleted_or_added(store).await;
    a_cursor_is_valid_for_its_owner_only(store).await;
    list_entries_match_the_jobs(store).await;
    many_jobs_are_read_by_id(store).await;
    archived_pages_have_archived_and_thawing_jobs_only(store).await;
}

fn at(second: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_800_000_000 + second)
}

fn owner() -> UserId {
    UserId::new(Uuid::new_v4())
}

fn object(key: &str) -> ObjectLocation {
    ObjectLocation { bucket: "results".to_owned(), key: key.to_owned() }
}

fn job_of(owner: UserId, second: i64, state: JobState) -> Job {
    let file = ObjectLocation { bucket: "inputs".to_owned(), key: "a.vcf".to_owned() };
    let name = FileName::parse("a.vcf").unwrap();
    let job = Job::new(JobId::new(Uuid::new_v4()), owner, name, file, at(second));
    Job { state, ..job }
}

fn job(owner: UserId, second: i64) -> Job {
    job_of(owner, second, JobState::Uploading { parts: None })
}

fn next(job: &Job, state: JobState) -> Job {
    Job { version: job.version + 1, state, ..job.clone() }
}

fn organization() -> Organization {
    let request = OrganizationRequest {
        title: Some("Patient 7".to_owned()),
        labels: Some(vec!["exome".to_owned(), "urgent".to_owned()]),
        project: Some("Hearts".to_owned()),
        note: Some("Two\nlines".to_owned()),
    };
    Organization::default().with(request.check().unwrap())
}

fn pending(second: i64) -> JobState {
    JobState::Pending { since: at(second) }
}

fn running(second: i64) -> JobState {
    let progress = Progress { step: "annotate".to_owned(), permille: 420, records: 7 };
    let (claim, started_at) = (ClaimId(Uuid::new_v4()), at(second));
    let mut shards = ShardedRun::new(3);
    [0, 2].into_iter().for_each(|shard| shards.set_done(shard, 5));
    shards.set_running(1, ShardProgress { permille: 300, records: 2 }, at(second + 5));
    JobState::Running(Run {
        claim,
        started_at,
        heartbeat_at: at(second + 5),
        engine_failures: 1,
        progress,
        shards: Some(shards),
    })
}

fn completed(results: Results) -> JobState {
    JobState::Completed(Completion {
        started_at: at(10),
        completed_at: at(20),
        records: 3,
        provenance: None,
        not_annotated: Some(NotAnnotated { outside_reference: 1, ..NotAnnotated::default() }),
        results,
        result_size: 30,
        log: object("a.log"),
    })
}

fn stored() -> Stored {
    Stored { file: object("a.annot.vcf"), until: Some(at(200)), restored_at: None }
}

fn archived() -> Archived {
    Archived { id: "archive-1".to_owned(), tree_hash: "00".repeat(32), at: at(300) }
}

fn thawing() -> JobState {
    let retrieval = Retrieval { id: "r".to_owned(), tier: Tier::Expedited, since: at(400) };
    completed(Results::Thawing { archived: archived(), retrieval })
}

fn every_state() -> Vec<JobState> {
    let parts = Parts { upload_id: "u".to_owned(), size: 90, part_bytes: 40, copied: None };
    let (reason, code) = ("no header".to_owned(), Some("bad_header".to_owned()));
    let chosen = "homo_sapiens/GRCh37/demo-1".parse().unwrap();
    let mismatch = Some(AssemblyMismatch { found: "GRCh38".to_owned(), chosen, fitting: vec![] });
    let failure = Failure { at: at(9), kind: FailureKind::Input, reason, code, mismatch };
    vec![
        JobState::Uploading { parts: None },
        JobState::Uploading { parts: Some(parts.clone()) },
        JobState::Uploading { parts: Some(Parts { copied: Some(40), ..parts }) },
        pending(1),
        running(2),
        completed(Results::Stored(stored())),
        completed(Results::Stored(Stored { until: None, restored_at: Some(at(500)), ..stored() })),
        completed(Results::Archiving { stored: stored(), ticket: "t".to_owned() }),
        completed(Results::Archived { archived: archived(), leftover: Some(object("left")) }),
        completed(Results::Archived { archived: archived(), leftover: None }),
        thawing(),
        JobState::Failed(failure),
        JobState::Cancelled { at: at(9) },
    ]
}

async fn insert(store: &dyn JobStore, job: &Job) {
    assert_eq!(store.insert(job).await.unwrap(), Written);
}

/// All pages of a user's jobs.
async fn all_pages(store: &dyn JobStore, owner: UserId, limit: u16) -> Vec<JobPage> {
    let (mut pages, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.jobs_of(owner, cursor.as_deref(), limit).await.unwrap();
        cursor = page.next.clone();
        pages.push(page);
        if cursor.is_none() {
            return pages;
        }
    }
}

fn ids<'a>(jobs: impl IntoIterator<Item = &'a Job>) -> Vec<JobId> {
    jobs.into_iter().map(|job| job.id).collect()
}

async fn queue_lists_jobs_of_one_status_longest_first(store: &dyn JobStore) {
    // Submitted in another order than queued, and of two users.
    let waiting = [(3, 30), (1, 50), (2, 40)];
    let waiting = waiting.map(|(submitted, since)| job_of(owner(), submitted, pending(since)));
    let active = [(5, 70), (4, 60)];
    let active = active.map(|(submitted, start)| job_of(owner(), submitted, running(start)));
    let done = job_of(owner(), 0, completed(Results::Stored(stored())));
    for job in waiting.iter().chain(&active).chain([&done]) {
        insert(store, job).await;
    }
    let queue = store.queue(JobStatus::Pending).await.unwrap();
    assert_eq!(queue, [waiting[0].id, waiting[2].id, waiting[1].id]);
    assert_eq!(store.queue(JobStatus::Running).await.unwrap(), [active[1].id, active[0].id]);

    let claimed = next(&waiting[0], running(80));
    assert_eq!(store.replace(&claimed).await.unwrap(), Written);
    let queue = store.queue(JobStatus::Pending).await.unwrap();
    assert_eq!(queue, [waiting[2].id, waiting[1].id], "the status is that of the latest version");
    for job in [&claimed, &waiting[1], &waiting[2], &active[0], &active[1], &done] {
        remove(store, job).await;
    }
    assert_eq!(store.queue(JobStatus::Pending).await.unwrap(), []);
}

/// Deletes a job and its tombstone.
async fn remove(store: &dyn JobStore, job: &Job) {
    let tombstone = job.deletion(at(1_000));
    assert_eq!(store.tombstone(&tombstone).await.unwrap(), Written);
    assert_eq!(store.purge(&tombstone).await.unwrap(), Written);
}

/// Jobs that cannot be repaired stay overdue, and are the oldest ones.
async fn many_overdue_jobs_do_not_hide_one(store: &dyn JobStore) {
    // One shard has them all: their IDs begin with the same digit.
    let id = |number: u128| JobId::new(Uuid::from_u128((0xa << 124) | number));
    let jobs: Vec<_> = (0..130).map(|number| Job { id: id(number), ..job(owner(), 10) }).collect();
    let last = Job { id: id(1_000), ..job(owner(), 500) };
    for job in jobs.iter().chain([&last]) {
        insert(store, job).await;
    }
    // A call may return a part of them; then the next one continues, and begins again after the last.
    for round in 1..=2 {
        let mut seen = BTreeSet::new();
        for call in 1.. {
            seen.extend(store.overdue_jobs(at(1_000_000)).await.unwrap());
            if seen.contains(&last.id) {
                break;
            }
            assert!(call < 10, "round {round}: the last job is not among the first {}", seen.len());
        }
        assert_eq!(seen.len(), 131, "round {round}");
    }
    for job in jobs.iter().chain([&last]) {
        remove(store, job).await;
    }
}

async fn overdue_jobs_are_listed_longest_overdue_first(store: &dyn JobStore) {
    // Deadlines that differ from the order of submission.
    let uploading = job(owner(), 10);
    let queued = job_of(owner(), 0, pending(3_000));
    let failed = every_state().swap_remove(10);
    let failed = job_of(owner(), 0, failed);
    for job in [&uploading, &queued, &failed] {
        insert(store, job).await;
    }
    let deleted = job(owner(), 5);
    insert(store, &deleted).await;
    let tombstone = deleted.deletion(at(20));
    assert_eq!(store.tombstone(&tombstone).await.unwrap(), Written);

    let (first, second, third) = (tombstone.due(), uploading.due().unwrap(), queued.due().unwrap());
    let last = failed.due().unwrap();
    assert!(first < second && second < third && third < last);
    let second_before = SignedDuration::from_secs(1);
    assert_eq!(store.overdue_jobs(first - second_before).await.unwrap(), []);
    assert_eq!(store.overdue_jobs(first).await.unwrap(), [deleted.id]);
    assert_eq!(store.overdue_jobs(second).await.unwrap(), [deleted.id, uploading.id]);
    assert_eq!(
        store.overdue_jobs(at(1_000_000)).await.unwrap(),
        [deleted.id, uploading.id, queued.id, failed.id]
    );
    assert_eq!(store.purge(&tombstone).await.unwrap(), Written);
    for job in [&uploading, &queued, &failed] {
        remove(store, job).await;
    }
    assert_eq!(store.overdue_jobs(at(1_000_000)).await.unwrap(), []);
}

async fn unknown_jobs_are_absent_and_cannot_be_changed(store: &dyn JobStore) {
    let unknown = job(owner(), 0);
    let (id, user) = (unknown.id, unknown.owner);
    assert_eq!(store.job(id).await.unwrap(), None);
    assert_eq!(store.deletion(id).await.unwrap(), None);
    assert_eq!(store.jobs(&[id]).await.unwrap(), []);
    assert_eq!(store.jobs(&[]).await.unwrap(), []);
    assert_eq!(store.jobs_of(user, None, 10).await.unwrap(), JobPage::default());
    assert_eq!(store.archived_jobs_of(user, None, 10).await.unwrap(), JobPage::default());
    assert_eq!(store.list_entries(user).await.unwrap(), []);
    assert_eq!(store.replace(&next(&unknown, pending(1))).await.unwrap(), Conflict);
    assert_eq!(store.tombstone(&unknown.deletion(at(1))).await.unwrap(), Conflict);
    assert_eq!(store.purge(&unknown.deletion(at(1))).await.unwrap(), Written);
}

async fn jobs_in_every_state_are_read_back(store: &dyn JobStore) {
    for state in every_state() {
        let mut job = job_of(owner(), 0, state);
        job.input.size = Some(1_234);
        job.input.uploaded_at = Some(at(1));
        job.reconciled_at = Some(at(2));
        job.organization = organization();
        insert(store, &job).await;
        assert_eq!(store.job(job.id).await.unwrap(), Some(job.clone()));
        assert_eq!(store.jobs_of(job.owner, None, 10).await.unwrap().jobs, [job.clone()]);
        assert_eq!(store.deletion(job.id).await.unwrap(), None);
        let plain = Job { organization: Organization::default(), ..next(&job, job.state.clone()) };
        assert_eq!(store.replace(&plain).await.unwrap(), Written);
        assert_eq!(store.job(job.id).await.unwrap(), Some(plain), "what is removed is gone");
    }
}

async fn an_id_can_be_inserted_once(store: &dyn JobStore) {
    let first = job(owner(), 0);
    insert(store, &first).await;
    let second = Job { id: first.id, ..job(owner(), 1) };
    assert_eq!(store.insert(&second).await.unwrap(), Conflict);
    assert_eq!(store.job(first.id).await.unwrap(), Some(first));
    assert_eq!(store.list_entries(second.owner).await.unwrap(), []);
}

async fn a_version_replaces_only_the_one_before_it(store: &dyn JobStore) {
    let first = job(owner(), 0);
    insert(store, &first).await;
    let second = next(&first, pending(1));
    let third = next(&second, running(2));
    assert_eq!(store.replace(&third).await.unwrap(), Conflict, "version 2 is skipped");
    assert_eq!(store.replace(&second).await.unwrap(), Written);
    let competing = next(&first, JobState::Cancelled { at: at(1) });
    assert_eq!(store.replace(&competing).await.unwrap(), Conflict, "another writer was first");
    assert_eq!(store.job(first.id).await.unwrap(), Some(second));
    assert_eq!(store.replace(&third).await.unwrap(), Written);
    let late = next(&first, pending(1));
    assert_eq!(store.replace(&late).await.unwrap(), Conflict, "version 2 is outdated");
    assert_eq!(store.job(first.id).await.unwrap(), Some(third));
}

/// The SDK retries a call whose response was lost.
async fn repeating_the_latest_write_succeeds(store: &dyn JobStore) {
    let first = job(owner(), 0);
    let second = next(&first, pending(1));
    let tombstone = second.deletion(at(2));
    for _ in 0..2 {
        assert_eq!(store.insert(&first).await.unwrap(), Written);
    }
    for _ in 0..2 {
        assert_eq!(store.replace(&second).await.unwrap(), Written);
    }
    assert_eq!(store.insert(&first).await.unwrap(), Conflict, "the row has changed since");
    for _ in 0..2 {
        assert_eq!(store.tombstone(&tombstone).await.unwrap(), Written);
    }
    assert_eq!(store.replace(&second).await.unwrap(), Conflict, "the job was deleted since");
    for _ in 0..2 {
        assert_eq!(store.purge(&tombstone).await.unwrap(), Written);
    }
    assert_eq!(store.deletion(first.id).await.unwrap(), None);
}

async fn a_tombstone_hides_the_job_until_it_is_purged(store: &dyn JobStore) {
    let user = owner();
    let job = job_of(user, 0, thawing());
    insert(store, &job).await;
    let tombstone = job.deletion(at(500));
    let outdated = Deletion { version: job.version, ..tombstone.clone() };
    assert_eq!(store.tombstone(&outdated).await.unwrap(), Conflict);
    assert_eq!(store.tombstone(&tombstone).await.unwrap(), Written);

    assert_eq!(store.deletion(job.id).await.unwrap(), Some(tombstone.clone()));
    assert_eq!(store.job(job.id).await.unwrap(), None);
    assert_eq!(store.jobs(&[job.id]).await.unwrap(), []);
    assert_eq!(store.jobs_of(user, None, 10).await.unwrap(), JobPage::default());
    assert_eq!(store.archived_jobs_of(user, None, 10).await.unwrap(), JobPage::default());
    assert_eq!(store.list_entries(user).await.unwrap(), []);
    assert_eq!(store.insert(&job).await.unwrap(), Conflict, "the ID is still taken");
    let revived = Job { version: tombstone.version + 1, ..job.clone() };
    assert_eq!(store.purge(&outdated).await.unwrap(), Conflict);

    let swept = tombstone.next(ArchiveRemains::Nothing, true);
    assert_eq!(store.tombstone(&swept).await.unwrap(), Written);
    assert_eq!(store.deletion(job.id).await.unwrap(), Some(swept.clone()));
    assert_eq!(store.purge(&tombstone).await.unwrap(), Conflict, "there is a newer version");
    assert_eq!(store.purge(&swept).await.unwrap(), Written);
    assert_eq!(store.deletion(job.id).await.unwrap(), None);
    assert_eq!(store.replace(&revived).await.unwrap(), Conflict, "nothing is left");
    assert_eq!(store.job(job.id).await.unwrap(), None);
}

async fn pages_have_all_jobs_of_an_owner_newest_first(store: &dyn JobStore) {
    let (user, other) = (owner(), owner());
    let mut jobs = [3, 1, 5, 2, 4].map(|second| job(user, second));
    for job in jobs.iter().chain([&job(other, 3)]) {
        insert(store, job).await;
    }
    jobs.sort_by_key(|job| std::cmp::Reverse(job.submitted_at));
    for limit in [1, 2, 4, 5, 6] {
        let pages = all_pages(store, user, limit).await;
        let found = pages.iter().flat_map(|page| page.jobs.clone()).collect::<Vec<_>>();
        assert_eq!(found, jobs, "limit {limit}");
        assert_eq!(pages.len(), jobs.len().div_ceil(limit.into()), "limit {limit}");
        assert!(pages.iter().all(|page| page.jobs.len() <= limit.into()), "limit {limit}");
    }
}

async fn a_page_continues_after_jobs_were_deleted_or_added(store: &dyn JobStore) {
    let user = owner();
    let jobs = [4, 3, 2, 1].map(|second| job(user, second));
    for job in &jobs {
        insert(store, job).await;
    }
    let page = store.jobs_of(user, None, 2).await.unwrap();
    assert_eq!(ids(&page.jobs), ids(&jobs[..2]));
    for job in &jobs[..2] {
        remove(store, job).await;
    }
    insert(store, &job(user, 9)).await;
    let rest = store.jobs_of(user, page.next.as_deref(), 2).await.unwrap();
    assert_eq!(ids(&rest.jobs), ids(&jobs[2..]));
    assert_eq!(rest.next, None);
}

async fn a_cursor_is_valid_for_its_owner_only(store: &dyn JobStore) {
    let (user, other) = (owner(), owner());
    for second in 0..3 {
        insert(store, &job_of(user, second, thawing())).await;
    }
    let pages = [
        store.jobs_of(user, None, 2).await.unwrap(),
        store.archived_jobs_of(user, None, 2).await.unwrap(),
    ];
    for cursor in pages.into_iter().map(|page| page.next.unwrap()) {
        assert!(store.is_cursor(&cursor, user));
        assert!(!store.is_cursor(&cursor, other));
        assert!(store.jobs_of(other, Some(&cursor), 2).await.is_err());
        assert!(store.archived_jobs_of(other, Some(&cursor), 2).await.is_err());
    }
    for broken in ["", "%%%", "AAAA", "2"] {
        assert!(!store.is_cursor(broken, user), "{broken:?}");
        assert!(store.jobs_of(user, Some(broken), 2).await.is_err(), "{broken:?}");
        assert!(store.archived_jobs_of(user, Some(broken), 2).await.is_err(), "{broken:?}");
    }
}

async fn list_entries_match_the_jobs(store: &dyn JobStore) {
    let user = owner();
    let mut expected = Vec::new();
    for (second, state) in (0..).zip(every_state()) {
        let job = job_of(user, second, state);
        let job = if second % 2 == 0 { job.organized(organization()) } else { job };
        insert(store, &job).await;
        expected.push(JobListEntry::from(&JobView::from(&job)));
    }
    let mut entries = store.list_entries(user).await.unwrap();
    entries.sort_by_key(|entry| entry.submitted_at);
    assert_eq!(entries, expected);
}

/// More than DynamoDB returns in one batch.
async fn many_jobs_are_read_by_id(store: &dyn JobStore) {
    let user = owner();
    let jobs: Vec<Job> = (0..120).map(|second| job(user, second)).collect();
    for job in &jobs {
        insert(store, job).await;
    }
    assert_eq!(store.tombstone(&jobs[7].deletion(at(1))).await.unwrap(), Written);
    let mut wanted = ids(&jobs);
    wanted.push(JobId::new(Uuid::new_v4()));
    let found: BTreeSet<JobId> = ids(&store.jobs(&wanted).await.unwrap()).into_iter().collect();
    let live = jobs.iter().filter(|job| job.id != jobs[7].id);
    assert_eq!(found, ids(live).into_iter().collect());
}

async fn archived_pages_have_archived_and_thawing_jobs_only(store: &dyn JobStore) {
    let user = owner();
    let mut expected = BTreeSet::new();
    for state in every_state() {
        let job = job_of(user, 0, state);
        insert(store, &job).await;
        if matches!(
            &job.state,
            JobState::Completed(Completion {
                results: Results::Archived { .. } | Results::Thawing { .. },
                ..
            })
        ) {
            expected.insert(job.id);
        }
    }
    insert(store, &job_of(owner(), 0, thawing())).await;
    assert_eq!(expected.len(), 3);
    let first = store.archived_jobs_of(user, None, 2).await.unwrap();
    assert_eq!(first.jobs.len(), 2);
    let last = store.archived_jobs_of(user, first.next.as_deref(), 2).await.unwrap();
    assert_eq!((last.jobs.len(), last.next), (1, None));
    let found: BTreeSet<JobId> = ids(first.jobs.iter().chain(&last.jobs)).into_iter().collect();
    assert_eq!(found, expected);
    let all = store.archived_jobs_of(user, None, 3).await.unwrap();
    assert_eq!((all.jobs.len(), all.next), (3, None));
}
