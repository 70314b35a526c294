//! Attacks on the worker and its machine by a program in place of the engine. Where an attack could
//! fail for another reason than the confinement, the same script must succeed without it.

use super::*;
use crate::report::Report;
use crate::testing::shell_engine;
use gas_backend::clock::SystemClock;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const DONE: &str = r#"echo '{"event":"done","records":1,"summary":"x"}'"#;

const MIB: u64 = 1024 * 1024;

/// The files around a run.
struct Machine {
    root: TempDir,
    engine: Engine,
    more_time: Duration,
}

impl Machine {
    /// A machine whose engine is a script. The script's folder is its scratch folder.
    fn new(script: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in ["scratch", "other-job", "reference"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        fs::write(root.path().join("other-job/input.vcf"), "genotypes").unwrap();
        fs::write(root.path().join("reference/genes"), "genes").unwrap();
        let mut engine = shell_engine(&root.path().join("scratch"), script);
        engine.reference = root.path().join("reference");
        engine.sandbox.confinement =
            Confinement::Namespaces(Bubblewrap::probe(Vec::new()).unwrap());
        Self { root, engine, more_time: Duration::ZERO }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    async fn run(&self) -> Result<u64, EngineError> {
        let scratch = self.path("scratch");
        let at = |name: &str| scratch.join(name);
        let (input, output, log) = (at("input.vcf"), at("out.vcf"), at("log"));
        let task = Task {
            folder: &scratch,
            input: &input,
            output: &output,
            log: &log,
            file_bytes: MIB,
            more_time: self.more_time,
        };
        let report = Report::new(Arc::new(SystemClock));
        let ran = self.engine.run(task, self.engine.deadline(task), &report).await;
        ran.map(|ran| ran.records)
    }

    /// What the script has written to a file in its scratch folder.
    fn written(&self, name: &str) -> String {
        fs::read_to_string(self.path("scratch").join(name)).unwrap_or_default()
    }
}

/// Runs a script confined, and returns what it has written to `out`. `{root}` is the machine's folder.
async fn confined(script: &str) -> String {
    after(script, |_| {}).await.written("out")
}

/// Runs the same script with resource limits only.
async fn unconfined(script: &str) -> String {
    after(script, without_namespaces).await.written("out")
}

fn without_namespaces(engine: &mut Engine) {
    engine.sandbox.confinement = Confinement::Limits;
}

/// The machine after the run of a script.
async fn after(script: &str, change: impl FnOnce(&mut Engine)) -> Machine {
    let mut machine = Machine::new("");
    change(&mut machine.engine);
    let script = script.replace("{root}", &machine.root.path().display().to_string());
    let script = format!("{{ {script}\n}} > out 2>&1; {DONE}");
    fs::write(machine.path("scratch/engine.sh"), script).unwrap();
    machine.run().await.unwrap();
    machine
}

async fn over_limit(script: &str, change: impl FnOnce(&mut Limits)) -> String {
    let mut machine = Machine::new(script);
    change(&mut machine.engine.sandbox.limits);
    match machine.run().await {
        Err(EngineError::OverLimit(text)) => text,
        other => panic!("{other:?}"),
    }
}

/// A duration in seconds for `sleep` that no other process sleeps for, to find the process by.
fn marker(test: u32) -> String {
    format!("{}.{test}", 100_000 + std::process::id())
}

/// Whether a process on this machine sleeps for the marker.
fn runs(marker: &str) -> bool {
    fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        command == format!("sleep\0{marker}\0").into_bytes()
    })
}

async fn wait_until(what: &str, condition: impl Fn() -> bool) {
    for _ in 0..500 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never happened that {what}");
}

#[tokio::test]
async fn the_network_of_the_host_is_out_of_reach() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let script = format!("bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port} && echo connected'");
    assert_eq!(unconfined(&script).await, "connected\n");
    let output = confined(&script).await;
    assert!(output.contains("Connection refused"), "{output}");
    // An address outside, and that of the instance metadata of EC2.
    for address in ["192.0.2.1", "169.254.169.254"] {
        let answer = confined(&format!("bash -c 'exec 3<>/dev/tcp/{address}/80'")).await;
        assert!(answer.contains("unreachable"), "{answer}");
    }
    let interfaces = confined("cat /proc/net/dev").await;
    let names: Vec<_> = interfaces.lines().filter_map(|line| line.split_once(':')).collect();
    assert_eq!(names.len(), 1, "{interfaces}");
    assert_eq!(names[0].0.trim(), "lo");
}

#[tokio::test]
async fn the_processes_of_the_host_are_out_of_reach() {
    let me = std::process::id();
    let environment = format!("tr '\\0' '\\n' < /proc/{me}/environ");
    // Cargo sets CARGO_MANIFEST_DIR for this test, like a deployment sets secrets for the worker.
    assert!(unconfined(&environment).await.contains("CARGO_MANIFEST_DIR"));
    assert!(!confined(&environment).await.contains("CARGO_MANIFEST_DIR"));
    let all = "cat /proc/[0-9]*/environ | tr '\\0' '\\n'; echo end";
    assert!(unconfined(all).await.contains("CARGO_MANIFEST_DIR"));
    let seen = confined(all).await;
    assert!(seen.ends_with("end\n") && !seen.contains("CARGO_MANIFEST_DIR"), "{seen}");
    let signal = format!("kill -0 {me} && echo sent");
    assert_eq!(unconfined(&signal).await, "sent\n");
    assert!(!confined(&signal).await.contains("sent"));
}

#[tokio::test]
async fn other_files_of_the_host_are_out_of_reach() {
    let other_job = "cat {root}/other-job/input.vcf";
    assert_eq!(unconfined(other_job).await, "genotypes");
    assert!(!confined(other_job).await.contains("genotypes"));
    let source = concat!("cat ", env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    assert!(unconfined(source).await.contains("gas-worker"));
    assert!(!confined(source).await.contains("gas-worker"));
    let etc = confined("cat /etc/shadow /etc/passwd; ls -A /home /root /var /run /sys").await;
    assert_eq!(etc.matches("No such file or directory").count(), 7, "{etc}");
}

#[tokio::test]
async fn only_the_scratch_folder_and_small_folders_in_memory_are_writable() {
    let write =
        "echo x > {root}/reference/genes; touch {root}/reference/new; cat {root}/reference/*";
    assert_eq!(unconfined(write).await, "x\n");
    let answer = confined(write).await;
    assert!(answer.ends_with("genes") && answer.contains("Read-only file system"), "{answer}");
    for path in ["/x", "/usr/x", "/bin/x", "/dev/x", "/proc/sys/kernel/hostname"] {
        let answer = confined(&format!("echo x > {path} && echo wrote")).await;
        assert!(!answer.contains("wrote"), "{path}: {answer}");
    }
    // The path may be in the private /tmp, where the script can write, but that is another folder.
    let elsewhere = "mkdir -p {root}/other-job; touch {root}/x {root}/other-job/x";
    let files = ["x", "other-job/x"];
    let machine = after(elsewhere, without_namespaces).await;
    assert!(files.iter().all(|file| machine.path(file).exists()));
    let machine = after(elsewhere, |_| {}).await;
    assert!(files.iter().all(|file| !machine.path(file).exists()));
    // Opens the kernel's files for writing, but writes nothing, as the worker may be root.
    for file in
        ["sys/kernel/core_pattern", "sys/vm/drop_caches", "sysrq-trigger", "1/oom_score_adj"]
    {
        let answer = confined(&format!("( : >> /proc/{file} ) && echo opened")).await;
        assert!(!answer.contains("opened"), "{file}");
    }
    let fill = "head -c 100000000 /dev/zero > /tmp/x; stat -c %s /tmp/x";
    assert!(confined(fill).await.lines().last().unwrap().parse::<u64>().unwrap() <= 16 * MIB);
    assert_eq!(confined("echo x > $TMPDIR/x && cat x").await, "x\n");
}

#[tokio::test]
async fn the_engine_has_no_privileges() {
    let status = confined("id -u; grep -E 'Cap|NoNewPrivs' /proc/self/status").await;
    let mut lines = status.lines();
    assert_eq!(lines.next(), Some("65534"));
    let values: Vec<_> = lines.filter_map(|line| line.split_once(":\t")).collect();
    assert_eq!(values.len(), 6, "{status}");
    for (name, value) in values {
        let expected = if name == "NoNewPrivs" { "1" } else { "0000000000000000" };
        assert_eq!(value, expected, "{name}");
    }
    assert!(!confined("unshare --user echo made").await.contains("made"));
}

/// The kernel exempts root from the limit of processes, so a bomb without an end could fill the process
/// table of a machine whose tests run as root before the watch ends it.
#[tokio::test]
async fn a_fork_bomb_ends_at_the_limit_of_processes() {
    let begun = Instant::now();
    let script = "for i in $(seq 500); do sleep 60 & done; wait";
    let text = over_limit(script, |limits| limits.tasks = 30).await;
    assert!(text.contains("more processes than the limit of 30"), "{text}");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_daemon_dies_with_its_run() {
    let marker = marker(1);
    let machine = Machine::new(&format!(
        "(setsid sh -c 'touch started; exec sleep {marker}' < /dev/null > /dev/null 2>&1 &)
         while ! [ -e started ]; do sleep 0.01; done; sleep 0.2; {DONE}"
    ));
    assert_eq!(machine.run().await.unwrap(), 1);
    wait_until("the daemon is dead", || !runs(&marker)).await;
}

#[tokio::test]
async fn cancellation_kills_daemons() {
    let marker = marker(2);
    let script = format!("(setsid sh -c 'exec sleep {marker}' &); sleep 60");
    let machine = Machine::new(&script);
    tokio::select! {
        _ = machine.run() => panic!("the engine ended by itself"),
        () = wait_until("the daemon runs", || runs(&marker)) => {}
    }
    wait_until("the daemon is dead", || !runs(&marker)).await;
}

#[tokio::test]
async fn endless_messages_are_over_the_limit() {
    for script in ["exec yes", "exec yes >&2"] {
        // 64 MiB of messages take a busy machine some time.
        let long = |limits: &mut Limits| limits.wall = Duration::from_secs(60);
        let text = over_limit(script, long).await;
        assert!(text.contains("far more messages"), "{text}");
    }
}

#[tokio::test]
async fn an_endless_file_is_over_the_limit() {
    let text = over_limit(r#"exec cat /dev/zero > "$2""#, |_| {}).await;
    assert!(text.contains("exceed 1048576 bytes"), "{text}");
}

#[tokio::test]
async fn all_files_of_a_run_together_are_limited() {
    let large = "i=0; while :; do i=$((i+1)); head -c 1000000 /dev/zero > f$i; done";
    let many = "i=0; while :; do i=$((i+1)); : > f$i; done";
    for script in [large, many] {
        let text = over_limit(script, |_| {}).await;
        assert!(text.contains("exceed 1048576 bytes"), "{text}");
    }
}

#[tokio::test]
async fn memory_is_limited_for_one_process_and_for_all_together() {
    let one = "exec dd if=/dev/zero of=/dev/null bs=1000M count=1";
    // Each is below the limit.
    let many = "for i in 1 2 3 4; do dd if=/dev/zero of=/dev/null bs=60M count=100000 & done; wait";
    for script in [one, many] {
        let text = over_limit(script, |limits| limits.memory_bytes = 100 * MIB).await;
        assert!(text.contains("more memory than the limit of 100 MiB"), "{text}");
    }
}

/// Reads a byte of each MiB of `reference/sequence.bin` through a mapping.
const READ_REFERENCE: &str = r#"exec python3 -c '
import mmap, sys
with open(sys.argv[1] + "/sequence.bin", "rb") as file:
    sequence = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
print({"event": "done", "records": sum(1 - sequence[n] for n in range(0, len(sequence), 1 << 20))})
' "$REFERENCE" | tr "'" '"'"#;

fn default_limits() -> Limits {
    use crate::settings::{Cli, Role};
    let cli = <Cli as clap::Parser>::parse_from(["gas-worker", "confinement"]);
    let Role::Confinement(settings) = cli.role else { panic!("{cli:?}") };
    settings.sandbox.limits()
}

#[tokio::test]
async fn a_reference_of_4_gib_can_be_read_under_the_default_limits() {
    for confine in [|_: &mut Engine| {}, without_namespaces] {
        let mut machine = Machine::new("");
        let reference = machine.path("reference");
        let script = READ_REFERENCE.replace("$REFERENCE", &reference.display().to_string());
        fs::write(machine.path("scratch/engine.sh"), script).unwrap();
        let file = fs::File::create(reference.join("sequence.bin")).unwrap();
        // The file has no blocks on the disk.
        file.set_len(4096 * MIB).unwrap();
        machine.engine.sandbox.limits = default_limits();
        confine(&mut machine.engine);
        assert_eq!(machine.run().await.unwrap(), 4096);
    }
}

#[tokio::test]
async fn a_process_that_allocates_more_than_the_default_limits_is_ended() {
    let script = "exec dd if=/dev/zero of=/dev/null bs=5000M count=1";
    let text = over_limit(script, |limits| *limits = default_limits()).await;
    assert!(text.contains("more memory than the limit of 2048 MiB"), "{text}");
}

#[tokio::test]
async fn a_large_input_has_more_time() {
    let mut machine = Machine::new(&format!("sleep 1; {DONE}"));
    machine.engine.sandbox.limits.wall = Duration::from_millis(300);
    assert!(matches!(machine.run().await, Err(EngineError::OverLimit(_))));
    machine.more_time = Duration::from_secs(20);
    assert_eq!(machine.run().await.unwrap(), 1);
}

#[tokio::test]
async fn a_reference_that_does_not_open_stops_the_worker_with_what_to_do() {
    let mut machine = Machine::new("");
    let engine = machine.path("scratch/gas-annotate");
    fs::write(&engine, "#!/bin/sh\nexec sh \"$(dirname \"$0\")/engine.sh\" \"$@\"").unwrap();
    fs::set_permissions(&engine, fs::Permissions::from_mode(0o755)).unwrap();
    machine.engine.template =
        Template::parse(&format!("{} {{input}} {{output}} {{bundle}}", engine.display())).unwrap();
    without_namespaces(&mut machine.engine);
    let check = async |script: &str| {
        fs::write(machine.path("scratch/engine.sh"), script).unwrap();
        machine.engine.check_reference().await
    };
    check(DONE).await.unwrap();
    let no_records =
        r#"test -e "$3/genes" && echo '{"error":"no contig","code":"contigs"}' >&2; exit 2"#;
    check(no_records).await.unwrap();
    let damaged = check("echo 'models.bin is damaged' >&2; exit 1").await.unwrap_err();
    let damaged = format!("{damaged:#}");
    for part in ["does not open under the limits", "GAS_RUN_MEMORY_MIB", "models.bin is damaged"] {
        assert!(damaged.contains(part), "{damaged}");
    }
    let large = check("exec dd if=/dev/zero of=/dev/null bs=5000M count=1").await.unwrap_err();
    let large = format!("{large:#}");
    assert!(large.contains("needs more memory than the limit of 1024 MiB"), "{large}");
}

#[tokio::test]
async fn cpu_time_is_limited() {
    let text = over_limit("while :; do :; done", |limits| limits.cpu_secs = 1).await;
    assert!(text.contains("1 seconds"), "{text}");
}

#[tokio::test]
async fn a_crash_is_not_a_limit() {
    let Err(EngineError::Crashed { status, tail }) =
        Machine::new("echo boom >&2; kill -ABRT $$").run().await
    else {
        panic!("not a crash")
    };
    assert_eq!((status.as_str(), tail.as_str()), ("signal 6", "boom"));
}

#[tokio::test]
async fn an_operator_can_give_the_engine_further_paths_to_read() {
    let mut machine = Machine::new("");
    let tools = machine.path("other-job");
    let script = format!("cat {}/input.vcf > out; {DONE}", tools.display());
    fs::write(machine.path("scratch/engine.sh"), script).unwrap();
    machine.run().await.unwrap();
    assert_eq!(machine.written("out"), "");
    machine.engine.sandbox.confinement =
        Confinement::Namespaces(Bubblewrap::probe(vec![tools]).unwrap());
    machine.run().await.unwrap();
    assert_eq!(machine.written("out"), "genotypes");
}

#[tokio::test]
async fn the_index_builder_is_confined_too() {
    let mut machine = Machine::new("");
    let other = machine.path("other-job/input.vcf");
    machine.engine.indexer = Template::parse(&format!(
        "sh -c 'cat \"$1\" > \"$0\"' {{output}} {} {{input}}",
        other.display()
    ))
    .unwrap();
    let scratch = machine.path("scratch");
    let (output, index) = (scratch.join("out.vcf"), scratch.join("index"));
    let task = Task {
        folder: &scratch,
        input: Path::new("/"),
        output: &output,
        log: &output,
        file_bytes: MIB,
        more_time: Duration::ZERO,
    };
    let built = machine.engine.index(task, None, &index, machine.engine.deadline(task)).await;
    assert!(matches!(built, Err(EngineError::Crashed { .. })), "{built:?}");
    assert_eq!(machine.written("index"), "");
}
