//! Tests of retention, by clock: each class of data on both plans.

use super::*;
use crate::testkit::TestGas;
use crate::usecases::{
    DownloadError, LoggedFailures, RerunError, archive_result, cancel_job, fail_job, read_log,
    reconcile, rerun_job,
};
use gas_shared::job::{FailureKind, Results};
use gas_shared::{Account, JobStatus};

const DAY: i64 = 24 * 60 * 60;

/// Rounds of the reconciler on each of the given days.
async fn days(test: &TestGas, count: i64) {
    for _ in 0..count {
        test.clock.advance_secs(DAY);
        // The second round takes the step that a check has planned for now.
        for _ in 0..2 {
            let round = reconcile(&test.gas, &mut LoggedFailures::default()).await.unwrap();
            assert_eq!(round.failed, 0);
        }
    }
}

fn input_exists(test: &TestGas, job: &Job) -> bool {
    test.objects.get(&job.input.file).is_some()
}

/// The names of the objects that a job has in the results bucket.
fn outputs(test: &TestGas, job: &Job) -> Vec<String> {
    let files = test.objects.with_key(&job.id.to_string()).into_iter();
    let files = files.filter(|file| file.bucket == "gas-results");
    let mut names: Vec<String> =
        files.map(|file| file.key.rsplit('~').next().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// A completed job with all files.
async fn completed(test: &TestGas, owner: &Account) -> Job {
    let job = test.completed_job(owner).await;
    let (keys, name) = (&test.gas.object_keys, &job.input.name);
    for file in keys.beside_result(job.owner, job.id, name) {
        test.objects.put(&file, b"x");
    }
    job
}

async fn archived(test: &TestGas, owner: &Account) -> Job {
    let job = completed(test, owner).await;
    test.clock.advance_secs(180);
    archive_result(&test.gas, job.id).await.unwrap();
    job
}

async fn failed(test: &TestGas, owner: &Account) -> Job {
    let job = test.pending_job(owner).await;
    let reason = "no engine".to_owned();
    fail_job(&test.gas.jobs, job.id, None, FailureKind::Service, reason).await.unwrap()
}

#[tokio::test]
async fn the_input_of_a_completed_free_job_is_deleted_after_14_days_and_its_logs_after_90() {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let job = archived(&test, &ada).await;
    let beside = [
        "a.annot.idx",
        "a.annot.summary.json",
        "a.annot.vcf.gz.csi",
        "a.annot.vcf.gz.tbi",
        "a.run.log",
        "a.vcf.count.log",
    ];
    days(&test, 13).await;
    assert!(input_exists(&test, &job));
    days(&test, 1).await;
    assert!(!input_exists(&test, &job));
    let deleted_at = test.job(job.id).input_deleted_at().unwrap();
    assert_eq!(deleted_at, test.gas.now(), "the row says when");
    assert_eq!(outputs(&test, &job), beside);
    assert!(read_log(&test.gas, ada.id, job.id).await.is_ok());
    days(&test, 75).await;
    assert_eq!(outputs(&test, &job), beside, "day 89");
    days(&test, 1).await;
    assert_eq!(outputs(&test, &job), [""; 0]);
    let rejected = read_log(&test.gas, ada.id, job.id).await.unwrap_err();
    assert!(matches!(rejected, DownloadError::LogsDeleted { .. }), "{rejected}");
    assert_eq!(test.job(job.id).due(), None, "nothing is left to delete");
    assert!(matches!(test.results(job.id), Results::Archived { leftover: None, .. }));
    assert_eq!(test.archive.copies(), 1, "the archived result stays for an upgrade");
}

#[tokio::test]
async fn failed_and_cancelled_free_jobs_lose_their_input_after_14_days_and_are_deleted_after_90() {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let failed = failed(&test, &ada).await;
    let cancelled = test.pending_job(&ada).await;
    cancel_job(&test.gas, ada.id, cancelled.id).await.unwrap();
    days(&test, 13).await;
    assert!(input_exists(&test, &failed) && input_exists(&test, &cancelled));
    days(&test, 1).await;
    for job in [&failed, &cancelled] {
        assert!(!input_exists(&test, job));
        assert!(test.job(job.id).input_deleted_at().is_some());
    }
    days(&test, 75).await;
    assert_eq!(test.job(failed.id).status(), JobStatus::Failed, "day 89");
    days(&test, 2).await;
    assert!(test.jobs.is_empty());
    for job in [failed, cancelled] {
        assert!(test.jobs.tombstone_of(job.id).is_none(), "the row is gone, too");
        assert_eq!(test.objects.versions(&job.id.to_string()), 0);
    }
}

#[tokio::test]
async fn nothing_of_a_premium_user_is_deleted() {
    let test = TestGas::new();
    let eve = test.user("eve", Plan::Premium);
    let jobs = [completed(&test, &eve).await, failed(&test, &eve).await];
    let cancelled = test.pending_job(&eve).await;
    cancel_job(&test.gas, eve.id, cancelled.id).await.unwrap();
    days(&test, 400).await;
    assert_eq!(test.jobs.len(), 3);
    for job in jobs.iter().chain([&cancelled]) {
        assert!(input_exists(&test, job));
        assert!(test.job(job.id).retention.input_deleted_at.is_none());
    }
    assert_eq!(outputs(&test, &jobs[0]).len(), 7, "the result and six files beside it");
    assert!(rerun_job(&test.gas, &eve, jobs[0].id, None, None).await.is_ok());
}

#[tokio::test]
async fn an_upgrade_stops_retention_and_a_downgrade_starts_it_after_the_notice_period() {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let job = failed(&test, &ada).await;
    days(&test, 10).await;
    let ada = test.set_plan(&ada, Plan::Premium);
    days(&test, 200).await;
    assert!(input_exists(&test, &job));
    let ada = test.set_plan(&ada, Plan::Free);
    days(&test, 6).await;
    assert!(input_exists(&test, &job), "the notice period is seven days");
    days(&test, 31).await;
    assert!(!input_exists(&test, &job), "the plan is checked every 30 days");
    assert!(test.jobs.is_empty(), "90 days are over, too: {ada:?}");
}

#[tokio::test]
async fn a_job_whose_input_was_deleted_cannot_be_run_again_and_says_since_when() {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let job = failed(&test, &ada).await;
    days(&test, 14).await;
    let rejected = rerun_job(&test.gas, &ada, job.id, None, None).await.unwrap_err();
    assert!(matches!(rejected, RerunError::InputDeleted { .. }));
    let text = format!(
        "the file of job {} was deleted on 2026-10-05; upload it again from your computer",
        job.id
    );
    assert_eq!(rejected.to_string(), text);
}

#[tokio::test]
async fn an_interrupted_deletion_is_repeated() {
    for crash_after in 1..=2 {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let job = failed(&test, &ada).await;
        days(&test, 13).await;
        test.clock.advance_secs(DAY);
        test.crash.after(crash_after);
        for _ in 0..2 {
            reconcile(&test.gas, &mut LoggedFailures::default()).await.ok();
        }
        test.crash.recover();
        reconcile(&test.gas, &mut LoggedFailures::default()).await.unwrap();
        assert!(!input_exists(&test, &job));
        assert!(test.job(job.id).input_deleted_at().is_some());
    }
}

#[tokio::test]
async fn the_account_of_an_unknown_owner_is_left_to_the_erasure() {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let job = failed(&test, &ada).await;
    test.gas.account_data.request_deletion(ada.id, test.gas.now()).await.unwrap();
    days(&test, 20).await;
    assert!(input_exists(&test, &job));
}

#[tokio::test]
async fn jobs_that_ended_before_retention_existed_get_a_deadline() {
    let test = TestGas::new();
    let (ada, eve) = (test.user("ada", Plan::Free), test.user("eve", Plan::Premium));
    let old = failed(&test, &ada).await;
    let kept = failed(&test, &eve).await;
    test.clock.advance_secs(14 * DAY);
    // Their rows have no deadline, so that the list of overdue jobs does not contain them.
    test.jobs.hide_from_overdue(&[old.id, kept.id]);
    reconcile(&test.gas, &mut LoggedFailures::default()).await.unwrap();
    assert!(input_exists(&test, &old), "nobody knows of it");
    test.account_data.put_without_retention(ada.id);
    test.account_data.put_without_retention(eve.id);
    reconcile(&test.gas, &mut LoggedFailures::default()).await.unwrap();
    assert!(!input_exists(&test, &old));
    assert!(input_exists(&test, &kept));
    for id in [old.id, kept.id] {
        assert!(test.job(id).due().is_some_and(|due| due > test.gas.now()));
    }
    let left = test.gas.account_data.users_without_retention(10).await.unwrap();
    assert_eq!(left, [], "each user once");
}
