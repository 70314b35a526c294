use super::*;
use crate::engine::Template;
use crate::testing::{FakeQueue, MAX_ATTEMPTS, TIMING, message, worker};
use async_trait::async_trait;
use bytes::Bytes;
use gas_backend::ports::{Download, ObjectInfo, ObjectStore, PortError, Topic, UploadRule};
use gas_backend::testkit::TestGas;
use gas_backend::usecases::cancel_job;
use gas_explorer::{Cache, Explorer};
use gas_shared::explorer::Filter;
use gas_shared::job::StoredFile;
use gas_shared::{Account, Plan};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use tempfile::TempDir;

const GOOD: &str = r#"tr a-z A-Z < "$1" > "$2"; echo 'Total: 1' > "$3"
    echo '{"event":"done","records":1,"summary":"x"}'"#;

struct Case {
    test: TestGas,
    queue: Arc<FakeQueue>,
    worker: Worker,
    place: TempDir,
    ada: Account,
    job: Job,
    shutdown: Shutdown,
}

async fn case(script: &str) -> Case {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let job = test.pending_job(&ada).await;
    let queue = Arc::new(FakeQueue::default());
    let (worker, place) = worker(&test, queue.clone(), script);
    Case { test, queue, worker, place, ada, job, shutdown: Shutdown::default() }
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

    fn is_deleted(&self) -> bool {
        !self.queue.deleted().is_empty()
    }

    fn work_folder_is_empty(&self) -> bool {
        std::fs::read_dir(self.place.path().join("work")).unwrap().next().is_none()
    }

    /// Waits until the engine has made a file beside its script.
    async fn wait_for(&self, name: &str) {
        let path = self.place.path().join(name);
        for _ in 0..500 {
            if path.exists() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{name} did not appear");
    }
}

/// A script that says that it runs, and then hangs.
fn hanging(mark: &str) -> String {
    format!(r#"touch "$(dirname "$0")/{mark}"; sleep 60"#)
}

#[tokio::test]
async fn a_job_is_annotated_stored_announced_and_its_message_deleted() {
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

/// Writes a result of two records, without annotation as AnnTools writes it, or with a CSQ column.
fn engine_that_writes(info: &str, value: &str) -> String {
    let columns = "#CHROM\\tPOS\\tID\\tREF\\tALT\\tQUAL\\tFILTER\\tINFO";
    let records =
        [5, 7].map(|pos| format!("1\\t{pos}\\t.\\tA\\tG\\t.\\tPASS\\t{value}")).join("\\n");
    format!(
        r#"printf '##fileformat=VCFv4.2\n{info}{columns}\n{records}\n' > "$2"; echo x > "$3"
        echo '{{"event":"done","records":2,"summary":"x"}}'"#
    )
}

#[tokio::test]
async fn the_explorers_index_is_stored_beside_the_result() {
    let csq =
        r#"##INFO=<ID=CSQ,Number=.,Type=String,Description="Format: Allele|Consequence|SYMBOL">\n"#;
    for (script, annotated) in
        [(engine_that_writes("", "."), 0), (engine_that_writes(csq, "CSQ=G|stop_gained|ABC"), 2)]
    {
        let case = case(&script).await;
        case.receive(1).await;
        let JobState::Completed(done) = case.now().state else { panic!("{:?}", case.now()) };
        let objects = &case.test.objects;
        let index = case.test.gas.layout.index(case.ada.id, case.job.id, &case.job.input.name);
        let source = |file| -> Arc<Bytes> { Arc::new(objects.get(file).unwrap().into()) };
        let result = source(&done.results.stored().unwrap().file);
        let explorer = Explorer::open(source(&index), result, Cache::new(1 << 20)).await.unwrap();
        assert_eq!(explorer.records(), 2);
        let gene = Filter { genes: vec!["abc".to_owned()], ..Filter::default() };
        assert_eq!(explorer.count(&gene).await.unwrap(), annotated);
    }
}

#[tokio::test]
async fn a_result_that_cannot_be_indexed_is_a_result() {
    let case = case(GOOD).await;
    case.receive(1).await;
    assert_eq!(case.status(), JobStatus::Completed);
    assert!(case.test.objects.with_key("annot.idx").is_empty());
}

#[tokio::test]
async fn a_failed_store_of_the_index_fails_no_job() {
    let mut case = case(&engine_that_writes("", ".")).await;
    let inner = case.test.gas.objects.clone();
    // Fetching the input, storing the result, storing the log; then the index.
    case.worker.gas.objects = Arc::new(FailingStore { inner, calls_left: 4.into() });
    case.receive(1).await;
    assert_eq!(case.status(), JobStatus::Completed);
    assert!(case.test.objects.with_key("annot.idx").is_empty());
}

/// AnnTools is told nothing but the input, tells its steps and no end, and leaves both files beside
/// the input.
const ANNTOOLS: &str = r#"
    for step in getSnpsFromDbSnp getBigRefGene getGenes cytoBand gadAll gwasCatalog targetScanS \
        hugo dgv_Cnv abParts mcCarroll_Cnv conrad_Cnv genomicSuperDups tfbsConsSites
    do echo "$step - done."; done
    { cat "$1"; printf '20\t1\t.\tA\tG\t.\t.\tDB\n'; } > "${1%.vcf}.annot.vcf"
    echo 'Total: 1' > "$1.count.log""#;

#[tokio::test]
async fn a_program_with_the_contract_of_anntools_does_in_place_of_the_engine() {
    let mut case = case(ANNTOOLS).await;
    let script = case.place.path().join("engine.sh");
    let template = format!("sh '{}' {{input}}", script.display());
    case.worker.engine.template = Template::parse(&template).unwrap();
    case.receive(1).await;
    let JobState::Completed(done) = case.now().state else { panic!("{:?}", case.now()) };
    assert_eq!(done.records, 1, "counted in the annotated file");
    let result = case.test.objects.get(&done.results.stored().unwrap().file).unwrap();
    assert!(result.ends_with(b"\tDB\n"));
    assert_eq!(case.test.objects.get(&done.log).unwrap(), b"Total: 1\n");
}

#[tokio::test]
async fn the_same_message_ten_times_runs_the_engine_once() {
    let case = case(&format!(r#"echo >> "$(dirname "$0")/runs"; {GOOD}"#)).await;
    for count in 1..=10 {
        case.receive(count).await;
    }
    assert_eq!(std::fs::read(case.place.path().join("runs")).unwrap().len(), 1);
    assert_eq!(case.status(), JobStatus::Completed);
}

#[tokio::test]
async fn bad_input_fails_the_job_with_the_engines_reason() {
    let case = case(r#"echo '{"error":"line 3: no REF","code":"ref"}' >&2; exit 2"#).await;
    case.receive(1).await;
    let JobState::Failed(failure) = case.now().state else { panic!("{:?}", case.now()) };
    assert_eq!((failure.kind, failure.reason.as_str()), (FailureKind::Input, "line 3: no REF"));
    assert_eq!(case.test.job_results.len(), 1);
    assert!(case.is_deleted());
}

#[tokio::test]
async fn a_broken_engine_is_tried_again_until_the_last_attempt() {
    let case = case("exit 1").await;
    for count in 1..MAX_ATTEMPTS {
        case.receive(count).await;
        assert_eq!(case.status(), JobStatus::Running, "attempt {count}");
    }
    assert!(!case.is_deleted());
    case.receive(MAX_ATTEMPTS).await;
    let JobState::Failed(failure) = case.now().state else { panic!("{:?}", case.now()) };
    assert_eq!((failure.kind, failure.reason.as_str()), (FailureKind::Service, GIVEN_UP));
    assert!(case.is_deleted());
}

#[tokio::test]
async fn an_engine_that_forgets_its_log_has_failed() {
    let case = case(r#"echo x > "$2"; echo '{"event":"done","records":1}'"#).await;
    case.receive(1).await;
    assert_eq!(case.status(), JobStatus::Running);
    assert!(!case.is_deleted());
}

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

#[tokio::test]
async fn a_running_job_shows_that_it_lives_and_how_far_it_is() {
    let script = r#"echo '{"event":"progress","step":"annotate","fraction":0.5,"records":7}'
        touch "$(dirname "$0")/runs"; sleep 60"#;
    let case = case(script).await;
    let look = async {
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
    tokio::join!(case.receive(1), look);
    assert!(case.queue.extended().contains(&TIMING.visibility));
}

#[tokio::test]
async fn poison_goes_back_at_once_and_so_to_the_dead_letters() {
    let case = case(GOOD).await;
    let poison = Message { body: "{".into(), receipt: "p".into(), receive_count: 1 };
    case.worker.handle(&poison, &case.shutdown).await;
    assert_eq!(case.queue.extended(), [Duration::ZERO]);
    assert!(!case.is_deleted());
}

/// A topic that fails once.
struct FailsOnce {
    failed: AtomicBool,
    inner: Arc<dyn Topic>,
}

#[async_trait]
impl Topic for FailsOnce {
    async fn publish(&self, body: &str) -> PortResult<()> {
        if self.failed.swap(true, Ordering::SeqCst) {
            return self.inner.publish(body).await;
        }
        Err(PortError::new("publish", "injected"))
    }
}

#[tokio::test]
async fn a_result_that_could_not_be_announced_is_announced_when_the_message_comes_back() {
    let mut case = case(GOOD).await;
    let inner = case.test.gas.job_results.clone();
    case.worker.gas.job_results = Arc::new(FailsOnce { failed: AtomicBool::new(false), inner });
    case.receive(1).await;
    assert_eq!(case.status(), JobStatus::Completed);
    assert!(!case.is_deleted());
    case.receive(2).await;
    assert_eq!(case.test.job_results.len(), 1);
    assert!(case.is_deleted());
}

/// An object store in which the nth transfer fails.
struct FailingStore {
    inner: Arc<dyn ObjectStore>,
    calls_left: AtomicU32,
}

impl FailingStore {
    fn step(&self, what: &str) -> PortResult<()> {
        if self.calls_left.fetch_sub(1, Ordering::SeqCst) == 1 {
            return Err(PortError::new(what, "injected"));
        }
        Ok(())
    }
}

#[async_trait]
impl ObjectStore for FailingStore {
    async fn fetch(&self, file: &StoredFile, to: &Path) -> PortResult<u64> {
        self.step("fetch")?;
        self.inner.fetch(file, to).await
    }

    async fn store(&self, from: &Path, file: &StoredFile, content_type: &str) -> PortResult<u64> {
        self.step("store")?;
        self.inner.store(from, file, content_type).await
    }

    async fn head(&self, file: &StoredFile) -> PortResult<Option<ObjectInfo>> {
        self.inner.head(file).await
    }

    async fn read_head(&self, file: &StoredFile, limit: u64) -> PortResult<Option<Vec<u8>>> {
        self.inner.read_head(file, limit).await
    }

    async fn read_range(&self, file: &StoredFile, offset: u64, length: u64) -> PortResult<Bytes> {
        self.inner.read_range(file, offset, length).await
    }

    async fn delete(&self, file: &StoredFile) -> PortResult<()> {
        self.inner.delete(file).await
    }

    async fn sign_download(&self, download: &Download<'_>) -> PortResult<String> {
        self.inner.sign_download(download).await
    }

    async fn sign_upload(
        &self,
        rule: &UploadRule<'_>,
    ) -> PortResult<(String, Vec<(String, String)>)> {
        self.inner.sign_upload(rule).await
    }
}

#[tokio::test]
async fn whichever_transfer_fails_the_next_attempt_completes_the_job() {
    // Fetching the input, storing the result, storing the log.
    for nth in 1..=3 {
        let mut case = case(GOOD).await;
        let inner = case.test.gas.objects.clone();
        case.worker.gas.objects = Arc::new(FailingStore { inner, calls_left: nth.into() });
        case.receive(1).await;
        assert_eq!(case.status(), JobStatus::Running, "transfer {nth}");
        assert!(!case.is_deleted(), "transfer {nth}");
        case.receive(2).await;
        assert_eq!(case.status(), JobStatus::Completed, "transfer {nth}");
        assert_eq!(case.test.job_results.len(), 1, "transfer {nth}");
    }
}

#[test]
fn pauses_grow_with_the_receipts() {
    let secs = Duration::from_secs;
    assert_eq!((retry_pause(1), retry_pause(3)), (secs(2), secs(8)));
    assert_eq!(watch_pause(1, secs(30), secs(60)), secs(30));
    assert_eq!(watch_pause(1, secs(0), secs(60)), secs(1));
    assert_eq!(watch_pause(2, secs(30), secs(60)), secs(240));
    assert_eq!(watch_pause(9, secs(30), secs(60)), MAX_WATCH_PAUSE);
}
