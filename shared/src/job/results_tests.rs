//! Tests of the state machine of results.

use super::*;
use crate::job::{Change, Completion, Job, JobState};
use crate::{FileName, JobId, UserId};
use jiff::SignedDuration;
use proptest::prelude::*;
use uuid::Uuid;

/// How long an expired result may stay before the reconciler acts.
const EXPIRED_FOR: SignedDuration = SignedDuration::from_mins(2);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

fn file(key: &str) -> ObjectLocation {
    ObjectLocation { bucket: "results".into(), key: key.into() }
}

fn completed() -> Job {
    let (id, owner) = (JobId::new(Uuid::from_u128(1)), UserId::new(Uuid::from_u128(2)));
    let job = Job::new(id, owner, FileName::parse("a.vcf").unwrap(), file("in"), at(0));
    let state = JobState::Completed(Completion {
        started_at: at(1),
        completed_at: at(2),
        records: 1,
        not_annotated: None,
        provenance: None,
        results: Results::fresh(file("result"), Some(at(182))),
        result_size: 9,
        log: file("log"),
    });
    Job { state, ..job }
}

fn results(job: &Job) -> &Results {
    let JobState::Completed(done) = &job.state else { panic!("not completed") };
    &done.results
}

fn change(job: &Job, change: ResultsChange, second: i64) -> Result<Job, ChangeRejected> {
    job.apply(Change::Results(change), at(second))
}

fn begun(ticket: &str) -> ResultsChange {
    ResultsChange::ArchiveBegun { ticket: ticket.into(), instead_of: None }
}

fn restarted(ticket: &str, over: &str) -> ResultsChange {
    ResultsChange::ArchiveBegun { ticket: ticket.into(), instead_of: Some(over.into()) }
}

fn archived(ticket: &str) -> ResultsChange {
    let id = format!("archive of {ticket}");
    ResultsChange::Archived { ticket: ticket.into(), id, tree_hash: "00".into() }
}

fn thawed(id: &str) -> ResultsChange {
    ResultsChange::ThawStarted { retrieval_id: id.into(), tier: Tier::Expedited }
}

fn restored(archive: &str) -> ResultsChange {
    ResultsChange::Restored { archive_id: archive.into(), file: file("again"), until: at(900) }
}

#[test]
fn results_go_to_the_archive_and_back() {
    let mut job = completed();
    for step in
        [begun("t"), archived("t"), ResultsChange::Purged, thawed("r"), restored("archive of t")]
    {
        job = change(&job, step, 200).unwrap();
    }
    let back = Stored { file: file("again"), until: Some(at(900)), restored_at: Some(at(200)) };
    assert_eq!(results(&job), &Results::Stored(back));
}

#[test]
fn a_thaw_cannot_start_before_the_archived_object_is_deleted() {
    let job = change(&completed(), begun("t"), 200).unwrap();
    let job = change(&job, archived("t"), 201).unwrap();
    let rejected = change(&job, thawed("r"), 202).unwrap_err();
    assert_eq!(rejected.to_string(), "results that are ARCHIVED cannot be thawed");
}

#[test]
fn an_upload_that_was_replaced_does_not_count() {
    let job = change(&completed(), begun("old"), 200).unwrap();
    assert!(change(&job, begun("new"), 201).is_err(), "another archiver was faster");
    let job = change(&job, restarted("new", "old"), 201).unwrap();
    assert!(change(&job, archived("old"), 202).is_err());
    assert!(change(&job, archived("new"), 202).is_ok());
}

#[test]
fn a_file_from_another_copy_is_not_the_result() {
    let mut job = completed();
    for step in [begun("t"), archived("t"), ResultsChange::Purged, thawed("r")] {
        job = change(&job, step, 200).unwrap();
    }
    assert!(change(&job, restored("archive of another"), 201).is_err());
}

#[test]
fn at_rest_only_retention_is_due() {
    let mut job = completed();
    assert_eq!(job.due(), Some(at(182) + EXPIRED_FOR));
    for step in [begun("t"), archived("t")] {
        job = change(&job, step, 200).unwrap();
        assert!(job.due().is_some(), "{:?}", results(&job));
    }
    job = change(&job, ResultsChange::Purged, 201).unwrap();
    let tomorrow = Some(at(2) + SignedDuration::from_hours(24));
    assert!(job.is_at_rest());
    assert_eq!(job.due(), tomorrow);
    job = change(&job, thawed("r"), 202).unwrap();
    assert!(job.due().is_some());
    job = change(&job, restored("archive of t"), 203).unwrap();
    assert!(!job.is_at_rest() && job.due().is_some(), "the plan is checked again");
    job = change(&job, ResultsChange::ExpiryLifted { seen: Some(at(900)) }, 204).unwrap();
    assert!(job.is_at_rest());
    assert_eq!(job.due(), tomorrow);
}

#[test]
fn retention_decides_when_it_looks_at_an_ended_job_again_and_ends_with_the_logs() {
    use crate::job::RetentionChange;
    let retain = |job: &Job, change, second| job.apply(Change::Retention(change), at(second));
    let running = Job { state: JobState::Uploading { parts: None }, ..completed() };
    let planned = RetentionChange::Planned { check_at: at(9_000) };
    assert!(retain(&running, planned, 3).is_err(), "it has not ended");

    let kept = change(&completed(), ResultsChange::ExpiryLifted { seen: Some(at(182)) }, 5);
    let job = retain(&kept.unwrap(), planned, 6).unwrap();
    assert_eq!(job.due(), Some(at(9_000)));
    let job = retain(&job, RetentionChange::InputDeleted { check_at: at(99_000) }, 9_000).unwrap();
    assert_eq!((job.due(), job.retention.input_deleted_at), (Some(at(99_000)), Some(at(9_000))));
    let again = retain(&job, RetentionChange::InputDeleted { check_at: at(99_000) }, 9_001);
    assert_eq!(again.unwrap().retention.input_deleted_at, Some(at(9_000)), "the first time counts");
    let job = retain(&job, RetentionChange::LogsDeleted, 99_000).unwrap();
    assert_eq!((job.due(), job.retention.logs_deleted_at), (None, Some(at(99_000))));
    assert_eq!(results(&job), results(&completed_without_end()), "the result is not touched");
}

fn completed_without_end() -> Job {
    change(&completed(), ResultsChange::ExpiryLifted { seen: Some(at(182)) }, 5).unwrap()
}

#[test]
fn a_window_is_only_extended_and_removed_only_if_its_current_end_was_read() {
    let later = change(&completed(), ResultsChange::ExpirySet { until: at(500) }, 5).unwrap();
    let same = change(&later, ResultsChange::ExpirySet { until: at(300) }, 6).unwrap();
    assert_eq!(results(&same).stored().unwrap().until, Some(at(500)));
    let stale = ResultsChange::ExpiryLifted { seen: Some(at(182)) };
    assert!(change(&same, stale, 7).is_err(), "the plan was read before the end was set");
    assert!(change(&same, ResultsChange::ExpiryLifted { seen: Some(at(500)) }, 7).is_ok());
}

#[test]
fn a_reconciled_job_is_left_alone_for_an_hour_or_until_it_changes() {
    let job = completed().apply(Change::Reconciled, at(1000)).unwrap();
    assert_eq!(job.due(), Some(at(1000) + SignedDuration::from_hours(1)));
    let job = change(&job, begun("t"), 1001).unwrap();
    assert_eq!(job.due(), Some(at(182) + EXPIRED_FOR));
    let kept = change(&completed(), ResultsChange::ExpiryLifted { seen: Some(at(182)) }, 5);
    assert!(kept.unwrap().apply(Change::Reconciled, at(6)).is_err(), "nothing to repeat");
}

fn any_change() -> impl Strategy<Value = ResultsChange> {
    let name = || prop_oneof![Just("a"), Just("b")];
    prop_oneof![
        (0..400_i64).prop_map(|second| ResultsChange::ExpirySet { until: at(second) }),
        proptest::option::of(0..400_i64)
            .prop_map(|second| ResultsChange::ExpiryLifted { seen: second.map(at) }),
        name().prop_map(begun),
        (name(), name()).prop_map(|(ticket, over)| restarted(ticket, over)),
        name().prop_map(archived),
        Just(ResultsChange::Purged),
        name().prop_map(thawed),
        name().prop_map(|id| ResultsChange::ThawFailed { retrieval_id: id.into() }),
        name().prop_map(|ticket| restored(&format!("archive of {ticket}"))),
    ]
}

#[test]
fn a_later_end_ends_an_upload_to_the_archive_and_the_same_end_does_not() {
    let archiving = change(&completed(), begun("t"), 200).unwrap();
    assert!(change(&archiving, ResultsChange::ExpirySet { until: at(182) }, 201).is_err());
    let stored = change(&archiving, ResultsChange::ExpirySet { until: at(900) }, 201).unwrap();
    let expected = Stored { file: file("result"), until: Some(at(900)), restored_at: None };
    assert_eq!(results(&stored), &Results::Stored(expected));
    assert!(change(&stored, archived("t"), 202).is_err(), "the copy is not recorded");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// An owner is downgraded: the end of their results is set. A process that read the plan before, and
    /// with it another end, cannot lift the new one, whatever happened before and in between.
    #[test]
    fn a_stale_plan_cannot_lift_the_end_of_a_free_owner(
        before in proptest::collection::vec(any_change(), 0..12),
        seen in proptest::option::of(0..400_i64),
        between in proptest::collection::vec(any_change(), 0..3),
    ) {
        let apply = |job: Job, steps: Vec<ResultsChange>| {
            steps.into_iter().fold(job, |job, step| change(&job, step, 300).unwrap_or(job))
        };
        let job = apply(completed(), before);
        let notice = at(1000);
        let Ok(job) = change(&job, ResultsChange::ExpirySet { until: notice }, 301) else {
            prop_assert!(results(&job).archived().is_some(), "{:?}", results(&job));
            return Ok(());
        };
        let job = change(&job, ResultsChange::ExpiryLifted { seen: seen.map(at) }, 302).unwrap_or(job);
        prop_assert_eq!(results(&job).stored().and_then(|stored| stored.until), Some(notice));
        // Restoring sets an end of its own.
        let job = apply(job, between);
        if let Some(stored) = results(&job).stored() {
            prop_assert!(stored.until.is_some());
        }
    }

    /// After any changes in any order, the row has a location of the file, the job is still completed,
    /// and a copy is only forgotten for the file that was made from it.
    #[test]
    fn no_order_of_changes_loses_the_file(
        steps in proptest::collection::vec((any_change(), 0..60_i64), 0..20),
    ) {
        let mut job = completed();
        let mut now = 200;
        for (step, pause) in steps {
            now += pause;
            let Ok(next) = change(&job, step.clone(), now) else { continue };
            let (before, after) = (results(&job), results(&next));
            prop_assert!(after.stored().is_some() != after.archived().is_some());
            prop_assert_eq!(next.version, job.version + 1);
            if let (Some(copy), None) = (before.archived(), after.archived()) {
                let ResultsChange::Restored { archive_id, .. } = &step else {
                    return Err(TestCaseError::fail(format!("{step:?} forgot a copy")));
                };
                prop_assert_eq!(archive_id, &copy.id);
            }
            if matches!(after, Results::Thawing { .. }) {
                let purged = !matches!(before, Results::Archived { leftover: Some(_), .. });
                prop_assert!(purged, "asked for before the S3 object was deleted");
            }
            job = next;
        }
    }
}
