//! Tests of deletions: every state of a job, repeated messages, and late writers.

use super::*;
use crate::testkit::TestGas;
use crate::usecases::{
    LoggedFailures, Restorer, archive_result, cancel_job, claim_job, reconcile, report_progress,
    restore_result, thaw_results,
};
use gas_shared::job::{Progress, Results};
use gas_shared::{Account, Job, Plan};
use jiff::SignedDuration;

const LONG: i64 = 25 * 60 * 60;

/// The stages of a job at which its owner may delete it.
#[derive(Clone, Copy, Debug)]
enum Stage {
    Uploading,
    Pending,
    Running,
    Cancelled,
    Stored,
    /// The upload to the archive has begun.
    Begun,
    /// The upload is complete but not recorded.
    Uploaded,
    /// The copy is recorded, and the S3 object still exists.
    Leftover,
    Archived,
    Thawing,
    Restored,
}

const STAGES: [Stage; 11] = [
    Stage::Uploading,
    Stage::Pending,
    Stage::Running,
    Stage::Cancelled,
    Stage::Stored,
    Stage::Begun,
    Stage::Uploaded,
    Stage::Leftover,
    Stage::Archived,
    Stage::Thawing,
    Stage::Restored,
];

struct Case {
    test: TestGas,
    ada: Account,
    job: Job,
}

async fn case(stage: Stage) -> Case {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let job = match stage {
        Stage::Uploading => {
            let id = test.ticket(&ada).await.job_id;
            test.objects.put(&test.job(id).input.file, b"half of it");
            test.job(id)
        }
        Stage::Pending => test.pending_job(&ada).await,
        Stage::Running | Stage::Cancelled => {
            let job = test.pending_job(&ada).await;
            claim_job(&test.gas.jobs, job.id, SignedDuration::from_secs(45)).await.unwrap();
            job
        }
        _ => test.completed_job(&ada).await,
    };
    let case = Case { test, ada, job };
    case.advance(stage).await;
    case
}

impl Case {
    async fn advance(&self, stage: Stage) {
        let (gas, id) = (&self.test.gas, self.job.id);
        // The steps of archiving: begin, record, upload, record, notice, delete, record.
        let steps = match stage {
            Stage::Cancelled => {
                cancel_job(gas, self.ada.id, id).await.unwrap();
                return;
            }
            Stage::Begun => 2,
            Stage::Uploaded => 4,
            Stage::Leftover => 5,
            Stage::Archived | Stage::Thawing | Stage::Restored => u32::MAX,
            _ => return,
        };
        self.test.clock.advance_secs(180);
        self.test.crash.after(steps);
        let archived = archive_result(gas, id).await;
        assert_eq!(archived.is_err(), self.test.crash.recover());
        if matches!(stage, Stage::Thawing | Stage::Restored) {
            let ada = self.test.set_plan(&self.ada, Plan::Premium);
            thaw_results(gas, ada.id).await.unwrap();
        }
        if matches!(stage, Stage::Restored) {
            self.complete_retrieval(true).await;
        }
    }

    /// Completes the retrieval, as the Lambda function does.
    async fn complete_retrieval(&self, succeeded: bool) {
        let (job_id, archive_id, _) = self.test.archive.retrievals()[0].clone();
        let retrieval_id = "retrieval-1".to_owned();
        let completion =
            crate::messages::ThawCompleted { job_id, archive_id, retrieval_id, succeeded };
        restore_result(&Restorer::from(&self.test.gas), &completion).await.unwrap();
    }

    /// Handles the archive queue, as the utility node does.
    async fn handle_queue(&self) -> Result<(), ArchiveError> {
        for _ in self.test.archive_requests.bodies() {
            finish_deletion(&self.test.gas, self.job.id).await?;
        }
        Ok(())
    }

    fn objects(&self) -> usize {
        self.test.objects.with_key(&self.job.id.to_string()).len()
    }

    fn is_gone(&self) -> bool {
        self.test.jobs.get(self.job.id).is_none()
            && self.test.jobs.tombstone_of(self.job.id).is_none()
            && self.objects() == 0
            && self.test.archive.copies() == 0
    }
}

#[tokio::test]
async fn nothing_is_left_of_a_job_deleted_at_any_stage() {
    for stage in STAGES {
        let case = case(stage).await;
        delete_job(&case.test.gas, case.ada.id, case.job.id).await.unwrap();
        assert!(case.test.jobs.get(case.job.id).is_none(), "{stage:?}: deleted at once");
        assert_eq!(case.test.jobs.tombstone_of(case.job.id).unwrap().owner, case.ada.id);
        case.handle_queue().await.unwrap();
        assert_eq!((case.objects(), case.test.archive.copies()), (0, 0), "{stage:?}");
        let versions = case.test.objects.versions(&case.job.id.to_string());
        assert_eq!(versions, 0, "{stage:?}: previous versions");
        case.test.clock.advance_secs(LONG);
        reconcile(&case.test.gas, &mut LoggedFailures::default()).await.unwrap();
        assert!(case.is_gone(), "{stage:?}");
        let again = delete_job(&case.test.gas, case.ada.id, case.job.id).await.unwrap_err();
        assert!(matches!(again, ChangeError::NotFound(_)), "{stage:?}");
    }
}

#[tokio::test]
async fn after_a_crash_at_any_step_the_job_is_unchanged_or_the_reconciler_finishes() {
    for stage in STAGES {
        for effects in 1.. {
            let case = case(stage).await;
            case.test.crash.after(effects);
            let deleted = delete_job(&case.test.gas, case.ada.id, case.job.id).await;
            let worked_off = case.handle_queue().await;
            if !case.test.crash.recover() {
                deleted.unwrap();
                worked_off.unwrap();
                assert!(effects > 2, "{stage:?} took {effects} effects");
                break;
            }
            assert!(
                case.test.jobs.tombstone_of(case.job.id).is_some(),
                "the first effect is the row"
            );
            for _ in 0..3 {
                case.test.clock.advance_secs(LONG);
                reconcile(&case.test.gas, &mut LoggedFailures::default()).await.unwrap();
            }
            assert!(case.is_gone(), "{stage:?} after {effects} effects");
        }
    }
}

#[tokio::test]
async fn a_lost_request_is_repeated_within_minutes() {
    let case = case(Stage::Archived).await;
    case.test.clock.advance_secs(LONG);
    delete_job(&case.test.gas, case.ada.id, case.job.id).await.unwrap();
    case.test.clock.advance_secs(2 * 60);
    assert_eq!(
        reconcile(&case.test.gas, &mut LoggedFailures::default()).await.unwrap().repaired,
        1
    );
    assert!(case.is_gone());
}

#[tokio::test]
async fn only_the_owner_can_delete_and_others_do_not_learn_that_the_job_exists() {
    let case = case(Stage::Stored).await;
    let eve = case.test.user("eve", Plan::Free);
    let foreign = delete_job(&case.test.gas, eve.id, case.job.id).await.unwrap_err();
    assert!(matches!(foreign, ChangeError::NotFound(_)));
    assert!(case.test.jobs.get(case.job.id).is_some());
    delete_job(&case.test.gas, case.ada.id, case.job.id).await.unwrap();
    let foreign = delete_job(&case.test.gas, eve.id, case.job.id).await.unwrap_err();
    assert!(matches!(foreign, ChangeError::NotFound(_)));
}

#[tokio::test]
async fn deleting_twice_deletes_once_and_publishes_one_event() {
    let case = case(Stage::Pending).await;
    let before = case.test.job_events.len();
    for _ in 0..2 {
        delete_job(&case.test.gas, case.ada.id, case.job.id).await.unwrap();
    }
    let published = case.test.job_events.bodies().split_off(before);
    let event = LiveEvent::Deleted(case.job.id);
    let event = crate::messages::UserEvent { user_id: Some(case.ada.id), event };
    assert_eq!(published, [serde_json::to_string(&event).unwrap()]);
}

#[tokio::test]
async fn a_worker_that_stores_after_the_deletion_leaves_nothing_behind() {
    let case = case(Stage::Running).await;
    let (gas, id) = (&case.test.gas, case.job.id);
    let gas_shared::job::JobState::Running(run) = case.test.job(id).state else { panic!() };
    delete_job(gas, case.ada.id, id).await.unwrap();
    case.handle_queue().await.unwrap();
    // The file was being uploaded when the job was deleted.
    case.test.objects.put(&gas.object_keys.result(case.ada.id, id, &case.job.input.name), b"late");
    let heartbeat =
        report_progress(&gas.jobs, id, run.claim, Progress::default()).await.unwrap_err();
    assert!(matches!(heartbeat, ChangeError::NotFound(_)));
    case.test.clock.advance_secs(60 * 60);
    reconcile(gas, &mut LoggedFailures::default()).await.unwrap();
    assert!(case.is_gone());
}

#[tokio::test]
async fn an_archiver_that_works_with_the_old_row_leaves_no_copy() {
    // It has read the row before the deletion, and continues where the other process died.
    for stage in [Stage::Begun, Stage::Uploaded] {
        let case = case(stage).await;
        let gas = &case.test.gas;
        let Results::Archiving { ticket, stored } = case.test.results(case.job.id) else {
            panic!("{stage:?}")
        };
        delete_job(gas, case.ada.id, case.job.id).await.unwrap();
        // The archiver completes the upload at this moment and dies before it reads the row.
        gas.archive.upload(&ticket, &stored.file).await.unwrap();
        assert_eq!(case.test.archive.copies(), 1);
        case.handle_queue().await.unwrap();
        assert_eq!(case.test.archive.copies(), 0, "{stage:?}");
        let outcome = archive_result(gas, case.job.id).await.unwrap();
        assert_eq!(outcome, crate::usecases::ArchiveOutcome::NothingToDo);
    }
}

#[tokio::test]
async fn a_retrieval_for_a_deleted_job_is_discarded() {
    for succeeded in [true, false] {
        let case = case(Stage::Thawing).await;
        delete_job(&case.test.gas, case.ada.id, case.job.id).await.unwrap();
        case.complete_retrieval(succeeded).await;
        case.handle_queue().await.unwrap();
        assert_eq!((case.objects(), case.test.archive.copies()), (0, 0));
        assert_eq!(case.test.start_thaw.len(), 0);
    }
}
