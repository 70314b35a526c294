//! Tests of running jobs that their owner ends or another worker claims.

use super::*;
use gas_backend::usecases::{cancel_job, delete_job};

#[tokio::test]
async fn a_job_that_is_cancelled_while_it_runs_stops() {
    let case = case(&hanging("runs")).await;
    let cancel = async {
        case.wait_for("runs").await;
        cancel_job(&case.test.gas, case.ada.id, case.job.id).await.unwrap();
    };
    tokio::join!(case.receive(1), cancel);
    assert_eq!(case.status(), JobStatus::Cancelled);
    assert!(case.is_deleted() && case.work_folder_is_empty());
    assert_eq!(case.test.job_results.len(), 0);
}

#[tokio::test]
async fn a_cancelled_job_never_starts() {
    let case = case(GOOD).await;
    cancel_job(&case.test.gas, case.ada.id, case.job.id).await.unwrap();
    case.receive(1).await;
    assert_eq!(case.status(), JobStatus::Cancelled);
    assert!(case.is_deleted());
}

#[tokio::test]
async fn a_job_that_is_deleted_while_it_runs_stops_and_is_not_announced() {
    let case = case(&hanging("runs")).await;
    let delete = async {
        case.wait_for("runs").await;
        delete_job(&case.test.gas, case.ada.id, case.job.id).await.unwrap();
    };
    tokio::join!(case.receive(1), delete);
    assert!(case.test.jobs.is_empty());
    assert!(case.is_deleted() && case.work_folder_is_empty());
    assert_eq!(case.test.job_results.len(), 0);
}

#[tokio::test]
async fn a_deleted_job_never_starts() {
    let case = case(GOOD).await;
    delete_job(&case.test.gas, case.ada.id, case.job.id).await.unwrap();
    case.receive(1).await;
    assert!(case.is_deleted());
    assert_eq!(case.test.job_results.len(), 0);
}

#[tokio::test]
async fn a_job_that_is_released_at_shutdown_can_be_claimed_at_once() {
    let case = case(&hanging("runs")).await;
    let stop = async {
        case.wait_for("runs").await;
        case.shutdown.now();
    };
    tokio::join!(case.receive(1), stop);
    assert_eq!(case.status(), JobStatus::Running);
    // The message is replaced by one that SQS has not counted as received.
    assert_eq!(case.queue.sent(), [message(case.job.id, 1).body]);
    assert!(case.is_deleted() && case.work_folder_is_empty());

    let (next, _folder) = worker(&case.test, case.queue.clone(), GOOD);
    next.handle(&message(case.job.id, 1), &Shutdown::default()).await;
    assert_eq!(case.status(), JobStatus::Completed);
}

#[tokio::test]
async fn a_job_that_another_worker_runs_is_left_alone_and_its_message_is_kept() {
    let case = case(GOOD).await;
    claim_job(&case.test.gas.jobs, case.job.id, TIMING.heartbeat_timeout()).await.unwrap();
    case.receive(1).await;
    assert_eq!(case.status(), JobStatus::Running);
    assert!(!case.is_deleted());
    let pause = Duration::try_from(TIMING.heartbeat_timeout()).unwrap() + Duration::from_secs(1);
    assert_eq!(case.queue.extended(), [pause]);

    // The other worker dies: the job is claimed when the message is visible again.
    case.test.clock.advance_secs(TIMING.heartbeat_timeout().as_secs());
    case.receive(2).await;
    assert_eq!(case.status(), JobStatus::Completed);
}

#[tokio::test]
async fn a_worker_that_lost_its_claim_changes_neither_the_job_nor_its_message() {
    let case = case(&hanging("runs")).await;
    let claim = async {
        case.wait_for("runs").await;
        case.test.clock.advance_secs(TIMING.heartbeat_timeout().as_secs());
        claim_job(&case.test.gas.jobs, case.job.id, TIMING.heartbeat_timeout()).await.unwrap();
    };
    tokio::join!(case.receive(1), claim);
    assert_eq!(case.status(), JobStatus::Running);
    assert!(!case.is_deleted());
}
