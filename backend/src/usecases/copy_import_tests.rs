//! Tests of copies from URLs: parts, retries, changed files, dead processes, and jobs that end meanwhile.

use super::*;
use crate::testkit::{FakeFileSource, Fault, TestGas};
use crate::usecases::import_file::{CopiedInsertion, insert_copied};
use crate::usecases::{LoggedFailures, cancel_job, delete_job, import_file, reconcile};
use gas_runtime::LogCapture;
use gas_shared::import::NewImport;
use gas_shared::upload::PART_BYTES;
use gas_shared::{Account, JobId, Plan};

const URL: &str = "https://lab.example.org/a.vcf?X-Amz-Signature=s3cret";

struct Case {
    test: TestGas,
    source: Arc<FakeFileSource>,
    importer: Importer,
    eve: Account,
    content: Vec<u8>,
}

impl Case {
    /// A file of two full parts and a short one.
    fn new() -> Self {
        let test = TestGas::new();
        let eve = test.user("eve", Plan::Premium);
        let source = Arc::new(FakeFileSource::default());
        let mut content = vec![b'1'; 2 * PART_BYTES as usize + 5];
        content[PART_BYTES as usize..].fill(b'2');
        source.put(URL, &content);
        let importer = Importer { gas: test.gas.clone(), source: source.clone() };
        Self { test, source, importer, eve, content }
    }

    async fn import(&self) -> JobId {
        let (gas, new) = (&self.test.gas, NewImport::new(URL));
        import_file(gas, &*self.source, &self.eve, &new, None).await.unwrap().job.id
    }

    /// Inserts another run of a job, whose file is copied in the background as if it were large.
    async fn rerun(&self, old: &Job) -> JobId {
        let (gas, size) = (&self.test.gas, self.content.len() as u64);
        let (id, name) = (JobId::new(uuid::Uuid::new_v4()), old.input.name.clone());
        let file = gas.object_keys.input(self.eve.id, id, &name);
        let upload_id = gas.part_uploads.begin(&file, "text/plain").await.unwrap();
        let parts = Parts { upload_id, size, part_bytes: PART_BYTES, copied: Some(0) };
        let job = Job::new(id, self.eve.id, name, file, gas.now()).of_size(size).in_parts(parts);
        let version = gas.objects.head(&old.input.file).await.unwrap().unwrap().etag;
        let (origin, version) = (ImportOrigin::Job(old.id), FileVersion::Etag(version));
        let inserted = insert_copied(gas, &job, origin, version).await.unwrap();
        assert!(matches!(inserted, CopiedInsertion::Stored));
        id
    }

    /// An ended job with the file, of a user.
    async fn ended_job(&self, owner: &Account) -> Job {
        let job = self.test.completed_job(owner).await;
        self.test.objects.put(&job.input.file, &self.content);
        job
    }

    /// Copies what is due, as a process does that lives, and returns the outcomes.
    async fn round(&self) -> Vec<CopyOutcome> {
        let mut outcomes = Vec::new();
        for due in due_imports(&self.importer, 100, &[]).await.unwrap() {
            outcomes.push(copy_import(&self.importer, &due).await.unwrap());
        }
        outcomes
    }

    fn assert_copied(&self, id: JobId) {
        let job = self.test.job(id);
        assert_eq!(job.status(), JobStatus::Pending);
        let requests = self.test.premium_job_requests.bodies();
        assert!(requests.iter().any(|body| body.contains(&id.to_string())), "{requests:?}");
        assert_eq!(self.test.objects.get(&job.input.file).unwrap(), self.content);
        assert_eq!((self.test.imports.jobs(), self.test.parts.open()), (vec![], 0));
    }

    fn failure(&self, id: JobId) -> String {
        let JobState::Failed(failure) = self.test.job(id).state else { panic!("not failed") };
        assert_eq!(failure.kind, FailureKind::Input);
        assert_eq!((self.test.imports.jobs(), self.test.parts.open()), (vec![], 0));
        failure.reason
    }
}

#[tokio::test]
async fn a_file_is_copied_in_parts_and_its_job_queued() {
    let case = Case::new();
    let id = case.import().await;
    assert_eq!(case.round().await, [CopyOutcome::Copied]);
    case.assert_copied(id);
    let size = case.content.len() as u64;
    let parts = [0..PART_BYTES, PART_BYTES..2 * PART_BYTES, 2 * PART_BYTES..size];
    assert_eq!(case.source.reads(), parts);
    let events = case.test.job_events.bodies();
    let copied = format!("\"copied\":{PART_BYTES}");
    assert!(events.iter().any(|event| event.contains(&copied)), "{events:?}");
    assert_eq!(case.round().await, []);
}

#[tokio::test]
async fn the_file_of_an_earlier_job_is_copied_within_s3() {
    let case = Case::new();
    let old = case.ended_job(&case.eve).await;
    let id = case.rerun(&old).await;
    assert_eq!(case.round().await, [CopyOutcome::Copied]);
    case.assert_copied(id);
    assert_eq!(case.source.reads(), [], "no server is asked");
    assert_eq!(case.test.objects.get(&old.input.file).unwrap(), case.content, "it stays");
}

#[tokio::test]
async fn an_earlier_file_that_is_deleted_or_replaced_ends_the_new_job() {
    for is_deleted in [true, false] {
        let case = Case::new();
        let old = case.ended_job(&case.eve).await;
        let id = case.rerun(&old).await;
        match is_deleted {
            true => delete_job(&case.test.gas, case.eve.id, old.id).await.unwrap(),
            false => case.test.objects.put(&old.input.file, b"another file"),
        }
        let outcomes = case.round().await;
        assert!(matches!(outcomes[..], [CopyOutcome::Failed { .. }]), "{outcomes:?}");
        let reason = case.failure(id);
        assert_eq!(
            reason,
            "the file was not copied for another run: the file of the earlier job was deleted before it \
             was copied; upload it again from your computer"
        );
    }
}

#[tokio::test]
async fn the_file_of_another_user_is_never_copied() {
    let case = Case::new();
    let ada = case.test.user("ada", Plan::Premium);
    let theirs = case.ended_job(&ada).await;
    let id = case.rerun(&theirs).await;
    case.round().await;
    assert!(case.failure(id).contains("was deleted"));
}

#[tokio::test]
async fn an_interrupted_copy_continues_behind_the_parts_that_arrived() {
    let case = Case::new();
    let id = case.import().await;
    case.source.fail_after(1, SourceError::Busy(503));
    let outcomes = case.round().await;
    let [CopyOutcome::Retry { problem, at }] = &outcomes[..] else { panic!("{outcomes:?}") };
    assert!(problem.contains("HTTP 503"), "{problem}");
    assert_eq!(at.duration_since(case.test.gas.now()), PAUSES[0]);
    assert_eq!(case.test.job(id).copied_bytes(), Some(PART_BYTES));
    assert_eq!(case.round().await, [], "not due yet");
    case.source.recover();
    case.test.clock.advance_secs(5);
    assert_eq!(case.round().await, [CopyOutcome::Copied]);
    case.assert_copied(id);
    assert_eq!(case.source.reads().len(), 3, "no part is read twice");
}

#[tokio::test]
async fn a_large_file_is_copied_in_turns() {
    let case = Case::new();
    let id = case.import().await;
    let due = due_imports(&case.importer, 1, &[]).await.unwrap().remove(0);
    let wait = async {
        // The first part is being read.
        tokio::task::yield_now().await;
        case.test.clock.advance_secs(TURN.as_secs());
    };
    let (outcome, ()) = tokio::join!(copy_import(&case.importer, &due), wait);
    assert_eq!(outcome.unwrap(), CopyOutcome::Yielded);
    let read = case.source.reads().len();
    assert!((1..3).contains(&read), "{read} parts");
    assert_eq!(case.test.imports.jobs(), [id]);
    assert_eq!(case.round().await, [CopyOutcome::Copied], "it is due at once");
    case.assert_copied(id);
    assert_eq!(case.source.reads().len(), 3, "no part is read twice");
}

#[tokio::test]
async fn a_failure_of_the_service_is_tried_again_and_does_not_count() {
    let case = Case::new();
    let id = case.import().await;
    let log = LogCapture::start();
    case.test.outages.s3.begin();
    let outcomes = case.round().await;
    let [CopyOutcome::Retry { at, .. }] = outcomes[..] else { panic!("{outcomes:?}") };
    assert_eq!(at.duration_since(case.test.gas.now()), SERVICE_PAUSE);
    let lines = log.lines();
    let is_error = |line: &String| {
        line.contains("copy of a file from a URL failed in the service") && line.contains("ERROR")
    };
    assert!(lines.iter().any(is_error), "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains("s3cret")), "{lines:?}");
    case.test.outages.s3.end();
    case.test.clock.advance_secs(SERVICE_PAUSE.as_secs());
    let due = due_imports(&case.importer, 1, &[]).await.unwrap().remove(0);
    assert_eq!(due.failures, 0);
    assert_eq!(copy_import(&case.importer, &due).await.unwrap(), CopyOutcome::Copied);
    case.assert_copied(id);
}

#[tokio::test]
async fn a_job_that_the_service_could_not_copy_for_a_day_does_not_blame_its_owner() {
    let case = Case::new();
    let id = case.import().await;
    case.test.outages.s3.begin();
    case.test.clock.advance_secs(SERVICE_LIMIT.as_secs() - 1);
    assert!(matches!(case.round().await[..], [CopyOutcome::Retry { .. }]));
    case.test.clock.advance_secs(SERVICE_PAUSE.as_secs());
    assert!(matches!(case.round().await[..], [CopyOutcome::Failed { .. }]));
    let JobState::Failed(failure) = case.test.job(id).state else { panic!("not failed") };
    assert_eq!(failure.kind, FailureKind::Service);
    assert!(failure.reason.contains("GAS could not store it"), "{}", failure.reason);
    assert_eq!(case.test.imports.jobs(), []);
    assert_eq!(case.test.job_results.bodies().len(), 1, "the owner gets a mail");
}

#[tokio::test]
async fn a_job_whose_message_was_not_sent_is_queued_before_its_import_is_deleted() {
    let case = Case::new();
    let id = case.import().await;
    let due = due_imports(&case.importer, 1, &[]).await.unwrap().remove(0);
    case.test.outages.messages.begin();
    copy_import(&case.importer, &due).await.unwrap_err();
    assert_eq!(case.test.job(id).status(), JobStatus::Pending);
    assert_eq!(case.test.imports.jobs(), [id]);
    assert!(case.test.premium_job_requests.is_empty());
    case.test.outages.messages.end();
    case.test.clock.advance_secs(LEASE.as_secs());
    assert_eq!(case.round().await, [CopyOutcome::Stopped]);
    case.assert_copied(id);
}

#[tokio::test]
async fn a_server_that_stays_away_ends_the_job_after_some_attempts() {
    let case = Case::new();
    let id = case.import().await;
    case.source.fail_after(0, SourceError::NotReached);
    for pause in PAUSES {
        assert!(matches!(case.round().await[..], [CopyOutcome::Retry { .. }]));
        case.test.clock.advance_secs(pause.as_secs());
    }
    assert!(matches!(case.round().await[..], [CopyOutcome::Failed { .. }]));
    let reason = case.failure(id);
    assert!(reason.contains("the connection to the server failed"), "{reason}");
    assert_eq!(case.test.job_results.bodies().len(), 1, "the owner gets a mail");
    assert_eq!(case.round().await, []);
}

#[tokio::test]
async fn a_part_that_arrives_forgets_the_failures_before() {
    let case = Case::new();
    case.import().await;
    for reads in [0, 0, 1] {
        case.source.fail_after(reads, SourceError::TimedOut);
        let outcomes = case.round().await;
        let [CopyOutcome::Retry { at, .. }] = outcomes[..] else { panic!("{outcomes:?}") };
        case.test.clock.advance_secs(at.duration_since(case.test.gas.now()).as_secs());
    }
    case.source.fail_after(0, SourceError::TimedOut);
    let outcomes = case.round().await;
    let [CopyOutcome::Retry { at, .. }] = outcomes[..] else { panic!("{outcomes:?}") };
    assert_eq!(at.duration_since(case.test.gas.now()), PAUSES[1], "the second failure in a row");
}

#[tokio::test]
async fn a_file_that_changes_is_not_copied_further() {
    let case = Case::new();
    let id = case.import().await;
    case.source.fail_after(1, SourceError::Busy(503));
    case.round().await;
    case.source.recover();
    case.source.put(URL, &vec![b'3'; case.content.len()]);
    case.test.clock.advance_secs(5);
    assert!(matches!(case.round().await[..], [CopyOutcome::Failed { .. }]));
    let reason = case.failure(id);
    assert!(reason.contains("the file changed while it was copied"), "{reason}");
}

#[tokio::test]
async fn an_expired_url_ends_the_job_with_what_to_do() {
    let case = Case::new();
    let id = case.import().await;
    case.source.fail_after(2, SourceError::Denied(403));
    assert!(matches!(case.round().await[..], [CopyOutcome::Failed { .. }]));
    let reason = case.failure(id);
    assert!(reason.contains("create a new one") && !reason.contains("s3cret"), "{reason}");
}

#[tokio::test]
async fn a_cancelled_or_deleted_job_stops_its_copy() {
    for deletes in [false, true] {
        let case = Case::new();
        let id = case.import().await;
        let due = due_imports(&case.importer, 1, &[]).await.unwrap().remove(0);
        if deletes {
            delete_job(&case.test.gas, case.eve.id, id).await.unwrap();
        } else {
            cancel_job(&case.test.gas, case.eve.id, id).await.unwrap();
        }
        let outcome = copy_import(&case.importer, &due).await.unwrap();
        assert!(
            !matches!(outcome, CopyOutcome::Copied | CopyOutcome::Failed { .. }),
            "{outcome:?}"
        );
        assert_eq!((case.test.imports.jobs(), case.test.parts.open()), (vec![], 0));
        assert_eq!(case.source.reads(), []);
    }
}

#[tokio::test]
async fn a_job_that_is_cancelled_between_two_parts_gets_no_more() {
    let case = Case::new();
    let id = case.import().await;
    let due = due_imports(&case.importer, 1, &[]).await.unwrap().remove(0);
    let cancel = async {
        // The first part is being read.
        tokio::task::yield_now().await;
        cancel_job(&case.test.gas, case.eve.id, id).await.unwrap();
    };
    let (outcome, ()) = tokio::join!(copy_import(&case.importer, &due), cancel);
    assert_eq!(outcome.unwrap(), CopyOutcome::Stopped);
    assert_eq!(case.test.job(id).status(), JobStatus::Cancelled);
    assert!(case.source.reads().len() < 3, "{:?}", case.source.reads());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_sends_nothing_does_not_hold_up_a_cancelled_job() {
    let case = Case::new();
    let id = case.import().await;
    case.source.stall();
    let due = due_imports(&case.importer, 1, &[]).await.unwrap().remove(0);
    let cancel = async {
        tokio::time::sleep(Duration::from_secs(60)).await;
        cancel_job(&case.test.gas, case.eve.id, id).await.unwrap();
    };
    let began = Instant::now();
    let (outcome, ()) = tokio::join!(copy_import(&case.importer, &due), cancel);
    assert_eq!(outcome.unwrap(), CopyOutcome::Stopped);
    assert!(began.elapsed() <= Duration::from_secs(65), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_process_that_dies_anywhere_loses_nothing() {
    let kinds = [(Fault::Death, true), (Fault::Rejection, true)];
    for (fault, has_url) in kinds.into_iter().chain(kinds.map(|(fault, _)| (fault, false))) {
        for nth in 1.. {
            let case = Case::new();
            let id = match has_url {
                true => case.import().await,
                false => case.rerun(&case.ended_job(&case.eve).await).await,
            };
            case.test.crash.inject(fault, nth);
            if let Ok(due) = due_imports(&case.importer, 1, &[]).await {
                for due in due {
                    let _ = copy_import(&case.importer, &due).await;
                }
            }
            let has_happened = case.test.crash.recover();
            for _ in 0..4 {
                case.test.clock.advance_secs(LEASE.as_secs());
                case.round().await;
            }
            case.assert_copied(id);
            if !has_happened {
                assert!(nth > 3, "no fault happened");
                break;
            }
        }
    }
}

#[tokio::test]
async fn an_import_waits_for_its_job_and_is_deleted_if_there_never_is_one() {
    let case = Case::new();
    let id = case.import().await;
    let mut due = due_imports(&case.importer, 1, &[]).await.unwrap().remove(0);
    due.owner = case.test.user("ada", Plan::Free).id;
    let early = copy_import(&case.importer, &due).await.unwrap();
    assert!(matches!(early, CopyOutcome::Retry { .. }), "{early:?}");
    assert_eq!(case.test.imports.jobs(), [id]);
    case.test.clock.advance_secs(CREATION.as_secs());
    assert_eq!(copy_import(&case.importer, &due).await.unwrap(), CopyOutcome::Stopped);
    assert_eq!(case.test.imports.jobs(), []);
}

#[tokio::test]
async fn a_copy_that_takes_more_than_a_day_ends_with_its_job() {
    let case = Case::new();
    let id = case.import().await;
    case.test.clock.advance_secs(24 * 3600 + 1);
    reconcile(&case.test.gas, &mut LoggedFailures::default()).await.unwrap();
    let reason = case.failure(id);
    assert!(reason.contains("not copied within a day"), "{reason}");
    case.test.clock.advance_secs(2 * 3600);
    assert_eq!(delete_old_imports(&case.test.gas).await.unwrap(), 0, "it is deleted already");
}
