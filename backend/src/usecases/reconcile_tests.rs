//! Tests of the reconciler: what it repeats for each overdue state.

use super::*;
use crate::testkit::TestGas;
use crate::usecases::{archive_result, claim_job, thaw_results};
use gas_shared::job::Tier;
use gas_shared::{JobStatus, Plan};
use jiff::SignedDuration;

const REPAIRED: Reconciled = Reconciled { repaired: 1, failed: 0 };
const NOTHING: Reconciled = Reconciled { repaired: 0, failed: 0 };

async fn round(test: &TestGas) -> Reconciled {
    reconcile(&test.gas, &mut LoggedFailures::default()).await.unwrap()
}

#[tokio::test]
async fn an_abandoned_upload_fails_and_a_complete_one_is_queued() {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let lost = test.ticket(&ada).await.job_id;
    let arrived = test.ticket(&ada).await.job_id;
    test.objects.put(&test.job(arrived).input.file, b"##fileformat=VCFv4.2\n");
    assert_eq!(round(&test).await, NOTHING, "there is time");
    test.clock.advance_secs(30 * 60);
    assert_eq!(round(&test).await, Reconciled { repaired: 2, failed: 0 });
    let JobState::Failed(failure) = test.job(lost).state else { panic!("not failed") };
    assert_eq!((failure.kind, failure.reason.as_str()), (FailureKind::Input, NEVER_UPLOADED));
    assert_eq!(test.job(arrived).status(), JobStatus::Pending);
    assert_eq!(test.job_requests.len(), 1);
    assert_eq!(round(&test).await, NOTHING);
}

#[tokio::test]
async fn a_job_whose_message_is_lost_is_queued_once_an_hour() {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    test.pending_job(&ada).await;
    test.clock.advance_secs(2 * 60);
    assert_eq!(round(&test).await, NOTHING, "the queue may be long");
    assert_eq!(test.job_requests.len(), 1);
    test.clock.advance_secs(60 * 60);
    assert_eq!(round(&test).await, REPAIRED);
    assert_eq!(round(&test).await, NOTHING);
    assert_eq!(test.job_requests.len(), 2);
}

#[tokio::test]
async fn a_job_that_its_process_did_not_record_as_waiting_is_queued_after_two_minutes() {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let id = test.ticket(&ada).await.job_id;
    // What a process leaves that dies after the first step of `confirm_upload`.
    let (size, etag) = (21, "etag".to_owned());
    change_job(&test.gas.jobs, id, Change::Uploaded { size, etag }).await.unwrap();
    test.clock.advance_secs(2 * 60 - 1);
    round(&test).await;
    assert_eq!(test.job_requests.len(), 0);
    test.clock.advance_secs(1);
    round(&test).await;
    round(&test).await;
    assert_eq!(test.job_requests.len(), 1);
}

#[tokio::test]
async fn a_run_without_a_heartbeat_is_offered_to_other_workers() {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let job = test.pending_job(&ada).await;
    let heartbeat_timeout = SignedDuration::from_secs(45);
    claim_job(&test.gas.jobs, job.id, heartbeat_timeout).await.unwrap();
    test.clock.advance_secs(5 * 60);
    assert_eq!(round(&test).await, REPAIRED);
    assert_eq!(round(&test).await, NOTHING, "one message is enough for now");
    assert!(claim_job(&test.gas.jobs, job.id, heartbeat_timeout).await.is_ok());
}

#[tokio::test]
async fn a_result_whose_timer_is_lost_is_archived_unless_its_owner_is_on_premium() {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let eve = test.user("eve", Plan::Free);
    let adas = test.completed_job(&ada).await;
    let eves = test.completed_job(&eve).await;
    test.set_plan(&eve, Plan::Premium);
    test.clock.advance_secs(180 + 2 * 60);
    assert_eq!(round(&test).await, Reconciled { repaired: 2, failed: 0 });
    assert_eq!(round(&test).await, NOTHING, "the archiver has the messages");
    assert_eq!(test.archive_requests.bodies().len(), 2);
    archive_result(&test.gas, adas.id).await.unwrap();
    archive_result(&test.gas, eves.id).await.unwrap();
    assert_eq!(test.archive.copies(), 1);
    test.clock.advance_secs(24 * 60 * 60);
    assert_eq!(round(&test).await, NOTHING, "both may stay so");
}

#[test]
fn a_failure_is_reported_once_until_it_changes_or_is_repaired() {
    let mut reported = LoggedFailures::default();
    let id = |n: u128| JobId::new(uuid::Uuid::from_u128(n));
    assert!(reported.is_new(id(1), "unreadable"));
    assert!(!reported.is_new(id(1), "unreadable"));
    assert!(reported.is_new(id(2), "unreadable"));
    assert!(reported.is_new(id(1), "S3 is down"));
    reported.repaired(id(1));
    assert!(reported.is_new(id(1), "S3 is down"));
    for n in 0..2 * MAX_LOGGED as u128 {
        reported.is_new(id(n), "unreadable");
    }
    assert!(reported.0.len() <= MAX_LOGGED);
}

#[tokio::test]
async fn an_overdue_thaw_is_requested_again() {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let job = test.completed_job(&ada).await;
    test.clock.advance_secs(180);
    archive_result(&test.gas, job.id).await.unwrap();
    test.set_plan(&ada, Plan::Premium);
    thaw_results(&test.gas, ada.id).await.unwrap();
    test.clock.advance_secs(60 * 60);
    assert_eq!(round(&test).await, REPAIRED);
    assert_eq!(test.archive.retrievals()[1].2, Tier::Standard);
    assert_eq!(round(&test).await, NOTHING);
    test.clock.advance_secs(6 * 60 * 60);
    assert_eq!(round(&test).await, REPAIRED);
}
