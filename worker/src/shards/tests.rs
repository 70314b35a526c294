//! Tasks of runs in shards, with an engine that is a shell script, and without a state machine.

use super::{ShardLetters, ShardWorker};
use crate::dead_letters::DeadLetters;
use crate::settings::Sharding;
use crate::testing::{FakeQueue, TIMING, message, worker};
use crate::utility::consume::{Consumer, Handled};
use crate::worker::Worker;
use gas_backend::ports::{Message, RunName, ShardRunState, ShardRuns};
use gas_backend::testkit::TestGas;
use gas_backend::usecases::{
    cancel_job, confirm_upload, is_annotated_whole, request_upload, run_of,
};
use gas_runtime::Shutdown;
use gas_shared::job::{FailureKind, JobState};
use gas_shared::upload::NewUpload;
use gas_shared::{Job, JobId, JobStatus, Plan};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// A plain file, whose name lets its result be compressed.
const INPUT: &[u8] = b"##fileformat=VCFv4.2\n#CHROM\none\ntwo\n";

/// Annotates in one piece.
const WHOLE: &str = r#"echo whole > "$2"; echo y > "$3"; echo '{"event":"done","records":7}'"#;

/// The commands for shards. The file `problem` makes shards fail.
const SHARD_ENGINE: &str = r##"
problem="$1"; command=$2; input=$3; shift 3
while [ $# -gt 0 ]; do
  case $1 in
    --out) out=$2;; --plan) plan=$2;; --shard) shard=$2;; --upload-parts) parts=$2;; --log) log=$2;;
    --remote-bytes) bytes=$2;; --exclude) exclude=$2;;
  esac
  shift
done
case $command in
plan)
  echo '{"event":"read","offset":2,"length":4}'
  [ "$(head -c 4)" = file ] || exit 9
  mkdir "$out"
  echo "{\"input_bytes\":$bytes,\"header_end\":{\"block\":28},\"shards\":2}" > "$out/head.json"
  echo '{"shard":0,"start":{"block":28},"end":{"block":32}}' > "$out/shards.jsonl"
  echo '{"shard":1,"start":{"block":32},"end":null}' >> "$out/shards.jsonl";;
reblock)
  printf '##fileformat=VCFv4.2\n#CHROM\none\ntwo\nmore\n' > "$out";;
annotate-shard)
  [ "$(head -c 2 "$input")" = '##' ] || exit 9
  if [ -f "$problem" ]; then
    echo "{\"event\":\"read\",\"offset\":$((bytes - 4)),\"length\":4}"
    [ "$(head -c 4)" = two ] || exit 9
    cat "$problem" >&2; exit 2
  fi
  echo '#CHROM' > "$out.header"
  printf 'records %s%s;' "$shard" "${exclude:+ again}" > "$out"
  echo index > "$out.index"; echo shard > "$out.shard"
  echo '{"event":"done","records":5}';;
join)
  folder=$(dirname "$out")
  for shard in 0 1; do cat "$folder/$shard.gz.index" "$folder/$shard.gz.shard" > "$log"; done
  if [ -f "$problem.exclude" ] && [ ! -f "$exclude" ]; then
    echo '{"contigs":["MT"],"warning":"w","shards":[1]}' > "$exclude"; exit 1
  fi
  printf 'HEAD;END' > "$out"; echo summary > "$out.summary.json"; echo tbi > "$out.tbi"
  last=10; [ ! -f "$exclude" ] || last=16
  echo '{"upload":[{"file":"frame","start":0,"end":5},{"file":{"shard":0},"start":0,"end":10}]}' > "$parts"
  echo "{\"copy\":{\"file\":{\"shard\":1},\"start\":0,\"end\":$last}}" >> "$parts"
  echo '{"upload":[{"file":"frame","start":5,"end":8}]}' >> "$parts"
  echo '{"event":"done","records":10,"not_annotated":{}}';;
esac
"##;

/// A job that is annotated in two shards.
struct Case {
    test: TestGas,
    shards: ShardWorker,
    queue: Arc<FakeQueue>,
    requests: Arc<FakeQueue>,
    worker: Worker,
    job: JobId,
    folder: TempDir,
}

impl Case {
    async fn new() -> Self {
        let test = TestGas::new();
        let (queue, requests) = (Arc::new(FakeQueue::default()), Arc::new(FakeQueue::default()));
        let (mut worker, folder) = worker(&test, requests.clone(), WHOLE);
        let script = folder.path().join("shards.sh");
        std::fs::write(&script, SHARD_ENGINE).unwrap();
        let problem = folder.path().join("problem");
        worker.engine.shard_command = vec!["sh".into(), script.into(), problem.into()];
        worker.sharding = Some(Sharding { threshold: 10, shard_bytes: 20 });
        let shards = ShardWorker {
            worker: Worker { queue: queue.clone(), ..worker.clone() },
            runs: test.shard_runs.clone(),
            requests: requests.clone(),
        };
        let ada = test.user("ada", Plan::Free);
        let upload = NewUpload::new("a.vcf.gz", INPUT.len() as u64);
        let id = request_upload(&test.gas, &ada, &upload).await.unwrap().job_id;
        test.objects.put(&test.job(id).input.file, INPUT);
        confirm_upload(&test.gas, ada.id, id).await.unwrap();
        Self { test, shards, queue, requests, worker, job: id, folder }
    }

    /// A case whose job was handed over.
    async fn split() -> (Self, RunName) {
        let case = Self::new().await;
        case.claim().await;
        let name = run_of(&case.job()).expect("the job is annotated in shards");
        (case, name)
    }

    /// Handles the job's message.
    async fn claim(&self) {
        self.worker.handle(&message(self.job, 1), &Shutdown::default()).await;
    }

    fn job(&self) -> Job {
        self.test.job(self.job)
    }

    fn task(&self, name: RunName, task: &str, token: &str) -> Message {
        let (job, claim) = (self.job, name.claim.0);
        let body =
            format!(r#"{{"task":{task},"job_id":"{job}","claim":"{claim}","token":"{token}"}}"#);
        Message { body, receipt: token.to_owned(), receive_count: 1, trace: None }
    }

    async fn shard(&self, name: RunName, shard: u32, token: &str) -> Handled {
        let task = self.task(name, &format!(r#""shard","shard":{shard}"#), token);
        self.shards.handle(&task).await.unwrap()
    }

    async fn join(&self, name: RunName, token: &str) -> Handled {
        self.shards.handle(&self.task(name, r#""join""#, token)).await.unwrap()
    }

    fn stored(&self, ending: &str) -> String {
        let found = self.test.objects.with_key(ending);
        let found = found.iter().find(|file| file.key.ends_with(ending)).expect("a stored file");
        String::from_utf8(self.test.objects.get(found).unwrap()).unwrap()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// The causes of the tasks that have ended, by token.
    fn ended(&self) -> Vec<(String, bool)> {
        let ended = self.test.shard_runs.ended_tasks();
        ended.into_iter().map(|(token, cause)| (token, cause.is_none())).collect()
    }
}

fn ended(token: &str, succeeded: bool) -> (String, bool) {
    (token.to_owned(), succeeded)
}

#[tokio::test]
async fn a_large_file_is_planned_stored_and_handed_over() {
    let (case, name) = Case::split().await;
    let started = case.test.shard_runs.started();
    assert_eq!(started.len(), 1);
    assert_eq!(started[0].name, name);
    let plan = case.test.objects.get(&started[0].shards).unwrap();
    assert_eq!(String::from_utf8(plan).unwrap().lines().count(), 2);
    assert_eq!(case.requests.deleted().len(), 1);
    assert_eq!(case.job().status(), JobStatus::Running);
    // The message of a worker that died before it could delete it.
    case.test.shard_runs.set(name, None);
    case.claim().await;
    assert_eq!(case.test.shard_runs.started(), started);
    assert_eq!(case.requests.deleted().len(), 2);
}

#[tokio::test]
async fn shards_are_annotated_joined_and_the_job_is_completed() {
    let (case, name) = Case::split().await;
    for (shard, token) in [(1, "b"), (0, "a"), (1, "b2")] {
        assert_eq!(case.shard(name, shard, token).await, Handled::Done);
    }
    let JobState::Running(run) = case.job().state else { panic!("not running") };
    assert_eq!((run.progress.permille, run.progress.records), (1000, 10));
    assert_eq!(case.join(name, "j").await, Handled::Done);
    let JobState::Completed(done) = case.job().state else { panic!("not completed") };
    assert_eq!((done.records, done.result_size), (10, 28));
    assert_eq!(case.stored(".annot.vcf"), "HEAD;records 0;records 1;END");
    assert_eq!(case.stored(".summary.json"), "summary\n");
    assert_eq!(case.stored(".gz.tbi"), "tbi\n");
    let all = ["b", "a", "b2", "j"].map(|token| ended(token, true));
    assert_eq!(case.ended(), all);
    assert_eq!(case.test.job_results.len(), 1);
    // Its message is delivered again.
    let before = case.job();
    case.join(name, "j2").await;
    case.shard(name, 0, "a2").await;
    assert_eq!(case.job(), before);
    assert!(case.ended().contains(&ended("j2", true)));
}

#[tokio::test]
async fn a_gzip_file_is_compressed_in_blocks_once_and_its_shards_are_cut_of_that() {
    let case = Case::new().await;
    let input = case.job().input.file;
    let mut packed = b"\x1f\x8b\x08\x00".to_vec();
    packed.resize(INPUT.len(), b'x');
    // As if it had been uploaded like that.
    case.test.objects.put(&input, &packed);
    let etag = case.test.gas.objects.head(&input).await.unwrap().unwrap().etag;
    let mut job = case.job();
    job.input.etag = Some(etag);
    job.version += 1;
    case.test.gas.jobs.store.replace(&job).await.unwrap();
    case.claim().await;
    let name = run_of(&case.job()).expect("the job is annotated in shards");
    assert!(case.stored("/input.vcf.gz").starts_with("##"));
    for shard in 0..2 {
        case.shard(name, shard, &format!("t{shard}")).await;
    }
    let JobState::Running(run) = case.job().state else { panic!("not running") };
    assert!(run.shards.unwrap().is_complete());
    case.join(name, "j").await;
    assert_eq!(case.job().status(), JobStatus::Completed);
}

#[tokio::test]
async fn shards_that_a_join_excludes_contigs_of_are_annotated_again() {
    let (case, name) = Case::split().await;
    case.write("problem.exclude", "");
    case.shard(name, 0, "a").await;
    case.shard(name, 1, "b").await;
    case.join(name, "j").await;
    assert_eq!(case.stored(".annot.vcf"), "HEAD;records 0;records 1 again;END");
}

#[tokio::test]
async fn a_problem_of_the_file_fails_the_job_and_stops_the_other_shards() {
    let (case, name) = Case::split().await;
    case.write("problem", r#"{"error":"line 3 is bad","code":"bad_position"}"#);
    case.shard(name, 0, "a").await;
    let JobState::Failed(failure) = case.job().state else { panic!("not failed") };
    assert_eq!((failure.kind, &*failure.reason), (FailureKind::Input, "line 3 is bad"));
    let cause = case.test.shard_runs.ended_tasks()[0].1.clone();
    assert_eq!(cause.as_deref(), Some("line 3 is bad"));
    case.shard(name, 1, "b").await;
    assert_eq!(case.ended(), [ended("a", false), ended("b", false)]);
    assert_eq!(case.job().status(), JobStatus::Failed);
    assert!(case.stored(".run.log").contains("failed: line 3 is bad"));
}

#[tokio::test]
async fn a_file_that_is_not_sorted_is_annotated_in_one_piece() {
    let (case, name) = Case::split().await;
    case.write("problem", r#"{"error":"not sorted","code":"unsorted"}"#);
    case.shard(name, 1, "b").await;
    assert_eq!((run_of(&case.job()), case.job().status()), (None, JobStatus::Running));
    assert!(is_annotated_whole(&case.test.gas.annotate(), &case.job()).await.unwrap());
    assert_eq!(case.requests.sent(), [format!(r#"{{"job_id":"{}"}}"#, case.job)]);
    // The state machine reports that its run has failed.
    let failed = format!(
        r#"{{"task":"failed","job_id":"{}","claim":"{}","error":{{"Error":"x"}}}}"#,
        case.job, name.claim.0
    );
    let failed = Message { body: failed, receipt: "f".to_owned(), receive_count: 1, trace: None };
    case.shards.handle(&failed).await.unwrap();
    assert_eq!(case.job().status(), JobStatus::Running);
    case.claim().await;
    let JobState::Completed(done) = case.job().state else { panic!("not completed") };
    assert_eq!(done.records, 7);
}

#[tokio::test]
async fn tasks_of_a_cancelled_job_and_of_another_claim_are_void() {
    let (case, name) = Case::split().await;
    let other = RunName {
        claim: serde_json::from_str(r#""ffffffff-ffff-ffff-ffff-ffffffffffff""#).unwrap(),
        ..name
    };
    case.shard(other, 0, "other").await;
    cancel_job(&case.test.gas, case.job().owner, case.job).await.unwrap();
    assert_eq!(case.test.shard_runs.state(&name).await.unwrap(), Some(ShardRunState::Failed));
    case.shard(name, 0, "a").await;
    case.join(name, "j").await;
    assert_eq!(case.ended(), ["other", "a", "j"].map(|token| ended(token, false)));
    assert_eq!(case.test.objects.with_key("/0.gz").len(), 0);
    assert_eq!(case.job().status(), JobStatus::Cancelled);
    assert_eq!(case.test.job_results.len(), 0, "the owner knows");
}

#[tokio::test]
async fn a_worker_stops_when_nobody_waits_for_its_shard() {
    let (case, name) = Case::split().await;
    let script = case.folder.path().join("shards.sh");
    std::fs::write(&script, "sleep 60").unwrap();
    case.test.shard_runs.forget_task("a");
    let handled = tokio::time::timeout(Duration::from_secs(20), case.shard(name, 0, "a")).await;
    assert_eq!(handled.unwrap(), Handled::Done);
    assert_eq!(case.job().status(), JobStatus::Running);
}

#[tokio::test]
async fn a_shard_that_fails_every_time_fails_the_job_from_the_dead_letter_queue() {
    let (case, name) = Case::split().await;
    case.write("problem", "panicked");
    let task = case.task(name, r#""shard","shard":0"#, "a");
    assert!(case.shards.handle(&task).await.is_err());
    assert_eq!(case.job().status(), JobStatus::Running);
    let dead = Arc::new(FakeQueue::default());
    let letters = DeadLetters {
        queue: dead.clone(),
        visibility: TIMING.visibility,
        handler: ShardLetters(case.shards.clone()),
    };
    letters.handle(&task).await.unwrap();
    let JobState::Failed(failure) = case.job().state else { panic!("not failed") };
    assert_eq!(failure.kind, FailureKind::Service);
    assert_eq!(case.ended(), [ended("a", false)]);
    assert_eq!((dead.deleted().len(), case.test.job_results.len()), (1, 1));
    letters.handle(&task).await.unwrap();
    assert_eq!(dead.deleted().len(), 2);
}

#[tokio::test]
async fn a_small_file_and_one_without_blocks_are_annotated_in_one_piece() {
    let small = Case::new().await;
    let mut worker = small.worker.clone();
    worker.sharding = Some(Sharding { threshold: 1_000, shard_bytes: 20 });
    worker.handle(&message(small.job, 1), &Shutdown::default()).await;
    assert_eq!(small.job().status(), JobStatus::Completed);

    let off = Case::new().await;
    let worker = Worker { sharding: None, ..off.worker.clone() };
    worker.handle(&message(off.job, 1), &Shutdown::default()).await;
    assert_eq!(off.job().status(), JobStatus::Completed);
    assert_eq!(off.test.shard_runs.started().len(), 0);

    let broken = Case::new().await;
    // A plan that fails, for example because the file is BCF.
    std::fs::write(script(&broken), "exit 1").unwrap();
    broken.claim().await;
    assert_eq!(broken.job().status(), JobStatus::Completed);
    assert!(broken.queue.sent().is_empty());
}

fn script(case: &Case) -> Box<Path> {
    case.folder.path().join("shards.sh").into()
}
