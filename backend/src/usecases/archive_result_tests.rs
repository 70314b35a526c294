//! Tests of archiving: plans, repeated messages, and upgrades between the steps. Faults at each step
//! are in `fault_tests.rs`.

use super::*;
use crate::testkit::TestGas;
use crate::usecases::{apply_plan_change, settle_result};
use gas_shared::Account;

const RESULT: &[u8] = b"##fileformat";

struct Case {
    test: TestGas,
    ada: Account,
    job: Job,
}

/// A Free user's job whose download window has ended.
async fn expired() -> Case {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let job = test.completed_job(&ada).await;
    settle_result(&test.gas, job.id).await.unwrap();
    test.clock.advance_secs(180);
    Case { test, ada, job }
}

impl Case {
    async fn archive(&self) -> Result<ArchiveOutcome, ArchiveError> {
        archive_result(&self.test.gas, self.job.id).await
    }
}

#[tokio::test]
async fn a_result_moves_to_the_archive_after_its_window_and_its_log_stays() {
    let case = expired().await;
    assert_eq!(case.archive().await.unwrap(), ArchiveOutcome::Archived);
    assert!(matches!(case.test.results(case.job.id), Results::Archived { leftover: None, .. }));
    assert_eq!(case.test.copies_in_s3_and_archive(), (0, 1));
    assert_eq!(case.test.objects.with_key("count.log").len(), 1);
    assert_eq!(case.test.notices.len(), 1);
}

#[tokio::test]
async fn a_message_that_is_delivered_ten_times_archives_once() {
    let case = expired().await;
    for _ in 0..10 {
        assert_eq!(case.archive().await.unwrap(), ArchiveOutcome::Archived);
    }
    assert_eq!(case.test.copies_in_s3_and_archive(), (0, 1));
    assert_eq!(case.test.notices.len(), 1);
}

#[tokio::test]
async fn nothing_is_archived_before_the_window_ends() {
    let case = expired().await;
    case.test.clock.advance_secs(-1);
    let left = SignedDuration::from_secs(1);
    assert_eq!(case.archive().await.unwrap(), ArchiveOutcome::NotYet(left));
    assert_eq!(case.test.copies_in_s3_and_archive(), (1, 0));
}

#[tokio::test]
async fn an_upgrade_within_the_window_keeps_the_result_forever() {
    let case = expired().await;
    case.test.set_plan(&case.ada, Plan::Premium);
    assert_eq!(case.archive().await.unwrap(), ArchiveOutcome::Kept);
    assert_eq!(case.test.copies_in_s3_and_archive(), (1, 0));
    assert!(case.test.job(case.job.id).is_at_rest(), "the result has no deadline");
}

#[tokio::test]
async fn an_upgrade_after_a_crash_before_the_copy_is_recorded_leaves_no_copy() {
    for step in 1..=20 {
        let case = expired().await;
        case.test.crash.after(step);
        let _ = case.archive().await;
        case.test.crash.recover();
        if !matches!(case.test.results(case.job.id), Results::Stored(_) | Results::Archiving { .. })
        {
            return;
        }
        case.test.set_plan(&case.ada, Plan::Premium);
        assert_eq!(case.archive().await.unwrap(), ArchiveOutcome::Kept);
        assert_eq!(case.test.copies_in_s3_and_archive(), (1, 0), "after step {step}");
        assert!(matches!(case.test.results(case.job.id), Results::Stored(_)));
    }
    panic!("the copy was never recorded");
}

#[tokio::test]
async fn a_downgrade_while_archiving_gives_the_notice_period_and_not_forever() {
    for step in 1..=20 {
        let case = expired().await;
        case.test.crash.after(step);
        let _ = case.archive().await;
        case.test.crash.recover();
        let Results::Archiving { stored, .. } = case.test.results(case.job.id) else {
            if step > 10 {
                return;
            }
            continue;
        };
        // An archiver has read Premium; then the owner is downgraded, and then it keeps the result.
        let seen = stored.until;
        let since = case.test.gas.now();
        apply_plan_change(&case.test.gas, &case.ada, since).await.unwrap();
        let stale = ResultsChange::ExpiryLifted { seen };
        change(&case.test.gas, &case.job, stale).await.unwrap_err();
        let until = case.test.gas.retention.notice_ends(since);
        let stored = case.test.results(case.job.id);
        assert_eq!(stored.stored().unwrap().until, Some(until), "after step {step}");
        assert_eq!(case.test.copies_in_s3_and_archive(), (1, 0), "after step {step}");
        case.test.clock.advance_secs(until.duration_since(case.test.gas.now()).as_secs());
        assert_eq!(case.archive().await.unwrap(), ArchiveOutcome::Archived);
        assert_eq!(case.test.copies_in_s3_and_archive(), (0, 1), "after step {step}");
    }
}

#[tokio::test]
async fn a_file_that_changed_since_completion_is_not_archived() {
    let case = expired().await;
    let file = case.test.results(case.job.id).stored().unwrap().file.clone();
    case.test.objects.put(&file, b"shorter");
    assert!(matches!(case.archive().await, Err(ArchiveError::Damaged { found: 7, .. })));
    assert_eq!(case.test.copies_in_s3_and_archive(), (1, 0));
    case.test.objects.put(&file, RESULT);
    assert_eq!(case.archive().await.unwrap(), ArchiveOutcome::Archived);
}
