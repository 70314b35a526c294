//! Tests of job requests, from receipt to the end of the job.

mod disk;
mod failures;
mod outages;
mod outputs;
mod owners;
mod references;
mod streams;

use super::*;
use crate::scratch::ScratchRoot;
use crate::testing::{FakeQueue, MAX_ATTEMPTS, TIMING, message, worker};
use gas_backend::testkit::TestGas;
use gas_runtime::LogCapture;
use gas_shared::job::Progress;
use gas_shared::{Account, Plan};
use serde_json::Value;
use std::sync::Arc;
use tempfile::TempDir;

const GOOD: &str = r#"tr a-z A-Z < "$1" > "$2"; echo 'Total: 1' > "$3"
    echo '{"event":"done","records":1,"summary":"x"}'"#;

struct Case {
    test: TestGas,
    queue: Arc<FakeQueue>,
    worker: Worker,
    folder: TempDir,
    ada: Account,
    job: Job,
    shutdown: Shutdown,
}

async fn case(script: &str) -> Case {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let job = test.pending_job(&ada).await;
    let queue = Arc::new(FakeQueue::default());
    let (worker, folder) = worker(&test, queue.clone(), script);
    Case { test, queue, worker, folder, ada, job, shutdown: Shutdown::default() }
}

impl Case {
    async fn receive(&self, receive_count: u32) {
        self.worker.handle(&message(self.job.id, receive_count), &self.shutdown).await;
    }

    fn now(&self) -> Job {
        self.test.job(self.job.id)
    }

    fn status(&self) -> JobStatus {
        self.now().status()
    }

    /// The number of failures of the engine that the row counts.
    fn failures(&self) -> u32 {
        let JobState::Running(run) = self.now().state else { panic!("{:?}", self.now()) };
        run.engine_failures
    }

    /// The number of runs of an engine of [`counting_runs`].
    fn runs(&self) -> usize {
        std::fs::read(self.folder.path().join("runs")).map_or(0, |runs| runs.len())
    }

    /// The stored run log.
    fn run_log(&self) -> String {
        let name = &self.job.input.name;
        let file = self.test.gas.object_keys.run_log(self.ada.id, self.job.id, name);
        String::from_utf8(self.test.objects.get(&file).unwrap()).unwrap()
    }

    fn is_deleted(&self) -> bool {
        !self.queue.deleted().is_empty()
    }

    fn work_folder_is_empty(&self) -> bool {
        std::fs::read_dir(self.folder.path().join("work")).unwrap().next().is_none()
    }

    /// Waits until the engine has created a file next to its script.
    async fn wait_for(&self, name: &str) {
        let path = self.folder.path().join(name);
        for _ in 0..500 {
            if path.exists() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{name} did not appear");
    }
}

/// A script that counts its runs.
fn counting_runs(script: &str) -> String {
    format!(r#"echo >> "$(dirname "$0")/runs"; {script}"#)
}

/// A script that creates the file `mark` and then hangs.
fn hanging(mark: &str) -> String {
    format!(r#"touch "$(dirname "$0")/{mark}"; sleep 60"#)
}

#[tokio::test]
async fn a_job_is_annotated_stored_and_announced_and_its_message_is_deleted() {
    let case = case(GOOD).await;
    case.receive(1).await;
    let JobState::Completed(done) = case.now().state else { panic!("{:?}", case.now()) };
    assert_eq!((done.records, done.result_size), (1, 21));
    assert_eq!(
        case.test.objects.get(&done.results.stored().unwrap().file).unwrap(),
        b"##FILEFORMAT=VCFV4.2\n"
    );
    assert_eq!(case.test.objects.get(&done.log).unwrap(), b"Total: 1\n");
    assert_eq!(case.test.job_results.len(), 1);
    assert!(case.is_deleted() && case.work_folder_is_empty());
}

#[tokio::test]
async fn a_message_that_is_received_ten_times_runs_the_engine_once() {
    let case = case(&counting_runs(GOOD)).await;
    for count in 1..=10 {
        case.receive(count).await;
    }
    assert_eq!(case.runs(), 1);
    assert_eq!(case.status(), JobStatus::Completed);
}

#[tokio::test]
async fn a_running_job_has_a_heartbeat_and_progress() {
    let script = r#"echo '{"event":"progress","step":"annotate","fraction":0.5,"records":7}'
        touch "$(dirname "$0")/runs"; sleep 60"#;
    let case = case(script).await;
    let check = async {
        case.wait_for("runs").await;
        for _ in 0..300 {
            if let JobState::Running(run) = case.now().state
                && run.progress == (Progress { step: "annotate".into(), permille: 500, records: 7 })
            {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let JobState::Running(run) = case.now().state else { panic!("{:?}", case.now()) };
        assert_eq!(run.progress.records, 7);
        case.shutdown.now();
    };
    tokio::join!(case.receive(1), check);
    assert!(case.queue.extended().contains(&TIMING.visibility));
}

#[tokio::test]
async fn a_message_that_is_not_a_job_request_returns_to_the_queue_at_once() {
    let case = case(GOOD).await;
    let poison = Message { body: "{".into(), receipt: "p".into(), receive_count: 1, trace: None };
    case.worker.handle(&poison, &case.shutdown).await;
    assert_eq!(case.queue.extended(), [Duration::ZERO]);
    assert!(!case.is_deleted());
}

#[tokio::test]
async fn log_lines_have_the_job_the_owner_and_the_attempt() {
    let log = LogCapture::start();
    let case = case(GOOD).await;
    case.receive(2).await;
    let lines = log.lines();
    for message in ["job claimed", "job ended"] {
        let line = lines.iter().find(|line| line.contains(message)).unwrap();
        let span = &serde_json::from_str::<Value>(line).unwrap()["span"];
        assert_eq!(span["job_id"], case.job.id.to_string(), "{line}");
        assert_eq!(span["user_id"], case.ada.id.to_string(), "{line}");
        assert_eq!(span["attempt"], 2, "{line}");
    }
}

#[test]
fn pauses_grow_with_the_receive_count() {
    let secs = Duration::from_secs;
    assert_eq!((retry_pause(1), retry_pause(3)), (secs(2), secs(8)));
    assert_eq!(recheck_pause(1, secs(30), secs(60)), secs(30));
    assert_eq!(recheck_pause(1, secs(0), secs(60)), secs(1));
    assert_eq!(recheck_pause(2, secs(30), secs(60)), secs(240));
    assert_eq!(recheck_pause(9, secs(30), secs(60)), MAX_RECHECK_PAUSE);
}
