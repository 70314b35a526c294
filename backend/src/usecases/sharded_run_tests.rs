use super::*;
use crate::testkit::TestGas;
use crate::usecases::{LoggedFailures, cancel_job, claim_job, reconcile};
use gas_shared::job::ChangeRejected;
use gas_shared::{JobStatus, Plan};
use jiff::SignedDuration;

const TIMEOUT: SignedDuration = SignedDuration::from_secs(45);

/// A job that is annotated in three shards, whose workflow has started.
async fn sharded(test: &TestGas) -> (Job, RunName) {
    let ada = test.user("ada", Plan::Free);
    let id = test.pending_job(&ada).await.id;
    let (_, claim) = claim_job(&test.gas.jobs, id, TIMEOUT).await.unwrap();
    let job = begin_shards(&test.gas.jobs, id, claim, 3).await.unwrap();
    start_shards(&test.gas.annotate(), &job).await.unwrap();
    let name = run_of(&job).unwrap();
    (job, name)
}

async fn reconcile_after_mins(test: &TestGas, minutes: i64) -> u32 {
    test.clock.advance_secs(minutes * 60);
    reconcile(&test.gas, &mut LoggedFailures::default()).await.unwrap().repaired
}

#[tokio::test]
async fn a_run_in_shards_is_not_taken_over_and_counts_each_shard_once() {
    let test = TestGas::new();
    let (job, name) = sharded(&test).await;
    test.clock.advance_secs(3_600);
    let taken = claim_job(&test.gas.jobs, job.id, TIMEOUT).await.unwrap_err();
    let expected = ChangeRejected::StillRunning;
    assert!(matches!(taken, ChangeError::Rejected { rejected, .. } if rejected == expected));

    for (shard, records) in [(1, 10), (1, 10), (0, 5), (9, 100)] {
        report_shard_done(&test.gas.jobs, job.id, name.claim, shard, records).await.unwrap();
    }
    let JobState::Running(run) = test.job(job.id).state else { panic!("not running") };
    assert_eq!((run.progress.records, run.progress.permille), (15, 666));
    let counts = run.shards.unwrap().counts();
    assert_eq!((counts.done, counts.total), (2, 3));
}

#[tokio::test]
async fn cancelling_a_job_stops_its_workflow_and_its_workers() {
    let test = TestGas::new();
    let (job, name) = sharded(&test).await;
    cancel_job(&test.gas, job.owner, job.id).await.unwrap();
    let state = test.shard_runs.state(&name).await.unwrap();
    assert_eq!(state, Some(ShardRunState::Failed));
    let alive = report_shard_alive(&test.gas.jobs, job.id, name.claim, None).await;
    assert!(matches!(alive, Err(ChangeError::Rejected { .. })));
}

#[tokio::test]
async fn shards_that_wait_for_workers_are_left_alone() {
    let test = TestGas::new();
    let (job, name) = sharded(&test).await;
    reconcile_after_mins(&test, 6).await;
    assert_eq!(test.job(job.id).status(), JobStatus::Running);
    assert_eq!(test.shard_runs.state(&name).await.unwrap(), Some(ShardRunState::Running));
    assert_eq!(test.job_requests.len(), 1, "no worker is asked to take the job over");
}

#[tokio::test]
async fn a_workflow_that_was_never_started_is_started() {
    let test = TestGas::new();
    let (_, name) = sharded(&test).await;
    let started = test.shard_runs.started();
    test.shard_runs.set(name, None);
    reconcile_after_mins(&test, 6).await;
    assert_eq!(test.shard_runs.started(), started);
}

#[tokio::test]
async fn a_failed_workflow_goes_on_and_a_lost_one_fails_the_job() {
    let test = TestGas::new();
    let (job, name) = sharded(&test).await;
    test.shard_runs.set(name, Some(ShardRunState::Failed));
    assert_eq!(reconcile_after_mins(&test, 6).await, 1);
    assert_eq!((test.shard_runs.redriven(), test.job(job.id).status()), (1, JobStatus::Running));

    test.shard_runs.set(name, Some(ShardRunState::Failed));
    test.shard_runs.refuse_to_redrive();
    reconcile_after_mins(&test, 70).await;
    let JobState::Failed(failure) = test.job(job.id).state else { panic!("not failed") };
    assert_eq!(failure.kind, FailureKind::Service);
    assert_eq!(test.job_results.len(), 1, "the owner gets a mail");
}

#[tokio::test]
async fn a_run_that_was_given_up_is_sent_to_a_worker_again_in_one_piece() {
    let test = TestGas::new();
    let (job, name) = sharded(&test).await;
    let gas = test.gas.annotate();
    assert!(!is_annotated_whole(&gas, &job).await.unwrap());
    annotate_whole(&gas, &job, name.claim).await.unwrap();
    assert!(is_annotated_whole(&gas, &job).await.unwrap());
    reconcile_after_mins(&test, 1).await;
    assert_eq!(test.job_requests.len(), 2);
    let (job, _) = claim_job(&test.gas.jobs, job.id, TIMEOUT).await.unwrap();
    assert_eq!(run_of(&job), None);
}

#[tokio::test]
async fn what_a_run_has_stored_besides_its_result_is_deleted_a_day_after_its_end() {
    let test = TestGas::new();
    let (job, name) = sharded(&test).await;
    let keys = &test.gas.object_keys;
    let shard = keys.shard_file(job.owner, job.id, name.claim, "0.gz");
    let other = keys.shard_file(job.owner, JobId::new(uuid::Uuid::max()), name.claim, "0.gz");
    for file in [&shard, &other] {
        test.objects.put(file, b"records");
    }
    cancel_job(&test.gas, job.owner, job.id).await.unwrap();
    reconcile_after_mins(&test, 25 * 60).await;
    assert_eq!(test.objects.get(&shard), None);
    assert!(test.objects.get(&other).is_some());
    assert!(test.objects.get(&job.input.file).is_some());
}
