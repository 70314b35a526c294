//! Whose the job is while it runs: its owner may end it, and another worker may have it.

use super::*;
use gas_backend::usecases::{cancel_job, delete_job};

#[tokio::test]
async fn a_job_cancelled_while_it_runs_is_stopped() {
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
async fn a_job_that_its_owner_deletes_stops_and_is_told_to_nobody() {
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
async fn a_deleted_job_is_not_begun() {
    let case = case(GOOD).await;
    delete_job(&case.test.gas, case.ada.id, case.job.id).await.unwrap();
    case.receive(1).await;
    assert!(case.is_deleted());
    assert_eq!(case.test.job_results.len(), 0);
}

#[tokio::test]
async fn at_shutdown_the_job_is_given_back_and_another_worker_begins_at_once() {
    let case = case(&hanging("runs")).await;
    let stop = async {
        case.wait_for("runs").await;
        case.shutdown.now();
    };
    tokio::join!(case.receive(1), stop);
    assert_eq!(case.status(), JobStatus::Running);
    assert_eq!(case.queue.extended().last(), Some(&Duration::ZERO));
    assert!(!case.is_deleted() && case.work_folder_is_empty());

    let (next, _place) = worker(&case.test, case.queue.clone(), GOOD);
    next.handle(&message(case.job.id, 2), &Shutdown::default()).await;
    assert_eq!(case.status(), JobStatus::Completed);
}

#[tokio::test]
async fn a_job_that_runs_elsewhere_is_not_touched_and_its_message_not_deleted() {
    let case = case(GOOD).await;
    claim_job(&case.test.gas, case.job.id, TIMING.silence()).await.unwrap();
    case.receive(1).await;
    assert_eq!(case.status(), JobStatus::Running);
    assert!(!case.is_deleted());
    let pause = Duration::try_from(TIMING.silence()).unwrap() + Duration::from_secs(1);
    assert_eq!(case.queue.extended(), [pause]);

    // That worker dies: when the message is visible again, the job is taken over.
    case.test.clock.advance_secs(TIMING.silence().as_secs());
    case.receive(2).await;
    assert_eq!(case.status(), JobStatus::Completed);
}

#[tokio::test]
async fn a_worker_whose_job_was_taken_over_leaves_everything_to_the_other() {
    let case = case(&hanging("runs")).await;
    let take_over = async {
        case.wait_for("runs").await;
        case.test.clock.advance_secs(TIMING.silence().as_secs());
        claim_job(&case.test.gas, case.job.id, TIMING.silence()).await.unwrap();
    };
    tokio::join!(case.receive(1), take_over);
    assert_eq!(case.status(), JobStatus::Running);
    assert!(!case.is_deleted());
}
