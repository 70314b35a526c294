//! Tests of disks without enough space, before a run and during one.

use super::failures::FailingStore;
use super::*;
use crate::disk::{Disk, FileSystems, RESERVE_BYTES, smallest_need};
use crate::engine::Template;
use crate::testing::FakeDisk;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Set in a process that has the small file systems of [`on_small_file_systems`].
const INSIDE: &str = "GAS_TEST_SMALL_FILE_SYSTEMS";

const MIB: u64 = 1024 * 1024;

/// The space that the jobs of these tests need.
fn need() -> u64 {
    smallest_need() + MIB
}

/// Gives the worker of a case a disk that the test controls.
fn with_disk(case: &mut Case) -> Arc<FakeDisk> {
    let disk = Arc::new(FakeDisk::default());
    case.worker.scratch =
        ScratchRoot::open(&case.folder.path().join("work"), disk.clone()).unwrap();
    disk
}

#[tokio::test]
async fn a_job_without_space_returns_to_the_queue_with_a_delay_and_no_attempt() {
    let log = LogCapture::start();
    let mut case = case(&counting_runs(GOOD)).await;
    let disk = with_disk(&mut case);
    disk.set_free(RESERVE_BYTES + MIB);
    for _ in 0..9 {
        case.receive(1).await;
    }
    assert_eq!((case.runs(), case.failures()), (0, 0));
    assert!(case.work_folder_is_empty());
    let delays = case.queue.delays();
    assert_eq!((delays.len(), case.queue.deleted().len()), (9, 9), "each is a new message");
    assert!(delays.iter().all(|delay| (60..120).contains(&delay.as_secs())), "{delays:?}");
    assert!(log.lines().iter().any(|line| line.contains("disk has no space for the job")));
    disk.set_free(RESERVE_BYTES + need());
    case.receive(1).await;
    assert_eq!((case.runs(), case.status()), (1, JobStatus::Completed));
}

#[tokio::test]
async fn a_job_that_no_run_could_fit_fails_with_what_to_do() {
    let mut case = case(&counting_runs(GOOD)).await;
    let disk = with_disk(&mut case);
    disk.set_total(RESERVE_BYTES + smallest_need() - 1);
    case.receive(1).await;
    let JobState::Failed(failure) = case.now().state else { panic!("{:?}", case.now()) };
    assert_eq!((case.runs(), failure.kind), (0, FailureKind::Input));
    assert!(!failure.is_charged());
    let reason = failure.reason;
    assert!(
        reason.contains("needs about 0.1 GiB of disk space, but the service has 0.3"),
        "{reason}"
    );
    assert!(reason.contains("split the file"), "{reason}");
    assert!(case.run_log().ends_with(&format!("failed: {reason}\n")));
    assert!(case.is_deleted());
}

/// A full disk of this case ends an attempt, costs none, leaves nothing, and is in the log.
async fn ends_without_an_attempt(case: &Case, what: &str) {
    let log = LogCapture::start();
    case.receive(1).await;
    assert_eq!((case.status(), case.failures()), (JobStatus::Running, 0), "{what}");
    assert!(case.work_folder_is_empty(), "{what}");
    assert_eq!(case.queue.extended().last(), Some(&TIMING.visibility), "{what}");
    assert!(!case.is_deleted(), "{what}");
    let lines = log.lines();
    let alert = |line: &String| {
        line.contains("disk is full; the job is retried") && line.contains(r#""alert":"disk""#)
    };
    assert!(lines.iter().any(alert), "{what}: {lines:?}");
    assert!(case.run_log().ends_with("attempt interrupted because a disk on our side is full\n"));
}

#[tokio::test]
async fn a_full_disk_of_the_engine_costs_no_attempt() {
    let of_the_engine = "echo 'error: cannot write the output' >&2; exit 3";
    let of_another_program = r#"cat "$1" > /dev/full"#;
    for script in [of_the_engine, of_another_program] {
        ends_without_an_attempt(&case(script).await, script).await;
    }
}

#[tokio::test]
async fn an_invalid_file_that_quotes_a_full_disk_is_invalid() {
    let script = r#"echo '{"error":"line 3: No space left on device","code":"ref"}' >&2; exit 2"#;
    let case = case(script).await;
    case.receive(1).await;
    assert_eq!(case.status(), JobStatus::Failed);
}

#[tokio::test]
async fn a_full_disk_of_the_index_builder_costs_no_attempt() {
    let mut case = case(GOOD).await;
    case.worker.engine.indexer = Template::parse("sh -c 'exit 3' {input} {output}").unwrap();
    ends_without_an_attempt(&case, "index").await;
}

#[tokio::test]
async fn a_full_disk_of_the_download_ends_the_attempt_at_once() {
    let mut case = case(&counting_runs(GOOD)).await;
    let inner = case.test.gas.objects.clone();
    let full = || io::Error::from(io::ErrorKind::StorageFull).into();
    case.worker.gas.objects = Arc::new(FailingStore { cause: full, ..FailingStore::nth(1, inner) });
    ends_without_an_attempt(&case, "download").await;
    assert_eq!(case.runs(), 0);
}

/// A folder on a file system of a size in MiB, in the process that runs with them.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn new(root: &Path, mib: u64) -> Self {
        Self(root.join(mib.to_string()))
    }
}

/// Space for the smallest run and little more.
const ADMITTING_MIB: u64 = 340;

/// Too small for the output of the engine.
const TINY_MIB: u64 = 8;

/// Runs this test again where two folders are file systems of their own, in memory.
#[tokio::test]
async fn on_small_file_systems_runs_are_admitted_by_the_space_and_a_full_one_costs_no_attempt() {
    if let Some(root) = std::env::var_os(INSIDE) {
        let root = PathBuf::from(root);
        admission_follows_the_space(&SmallDisk::new(&root, ADMITTING_MIB));
        a_run_fills_the_disk(&SmallDisk::new(&root, TINY_MIB)).await;
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let mut command = Command::new("bwrap");
    command.args(["--dev-bind", "/", "/"]);
    for mib in [ADMITTING_MIB, TINY_MIB] {
        let SmallDisk(path) = SmallDisk::new(root.path(), mib);
        std::fs::create_dir(&path).unwrap();
        command.args(["--size", &(mib * MIB).to_string(), "--tmpfs"]).arg(path);
    }
    let name = std::thread::current().name().unwrap().to_owned();
    let run = command
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &name])
        .env(INSIDE, root.path())
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && output.contains("1 passed"), "{output}");
}

fn admission_follows_the_space(SmallDisk(path): &SmallDisk) {
    let space = FileSystems.space(path).unwrap();
    assert_eq!(space.total, ADMITTING_MIB * MIB);
    let root = ScratchRoot::open(&path.join("work"), Arc::new(FileSystems)).unwrap();
    let smallest = || root.admit(smallest_need()).unwrap();
    assert!(matches!(smallest(), ScratchAdmission::Admitted(_)));
    let other = path.join("other");
    std::fs::write(&other, vec![1; 20 << 20]).unwrap();
    assert!(matches!(smallest(), ScratchAdmission::Wait(_)));
    std::fs::remove_file(other).unwrap();
    let ScratchAdmission::Admitted(_first) = smallest() else { panic!("the space is free again") };
    assert!(
        matches!(smallest(), ScratchAdmission::Wait(_)),
        "the first run has reserved the space"
    );
    assert!(matches!(root.admit(ADMITTING_MIB * MIB).unwrap(), ScratchAdmission::Never(_)));
}

async fn a_run_fills_the_disk(SmallDisk(path): &SmallDisk) {
    let script = format!(
        r#"test -e "$(dirname "$0")/small" && {{ {GOOD}; exit; }}; head -c 20000000 /dev/zero > "$2""#
    );
    let mut case = case(&script).await;
    // The disk says that it is large, as if the run needed more than expected.
    let disk = Arc::new(FakeDisk::default());
    case.worker.scratch = ScratchRoot::open(path, disk).unwrap();
    ends_without_an_attempt(&case, "tmpfs").await;
    assert_eq!(std::fs::read_dir(path).unwrap().count(), 0);
    assert_eq!(FileSystems.space(path).unwrap().free, TINY_MIB * MIB, "all space is free again");
    std::fs::write(case.folder.path().join("small"), "").unwrap();
    case.receive(2).await;
    assert_eq!(case.status(), JobStatus::Completed);
}
