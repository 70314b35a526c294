//! Tests of the engine with shell scripts, with resource limits only.

use super::*;
use crate::testing::shell_engine;
use gas_backend::clock::SystemClock;
use gas_shared::job::Progress;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const DONE: &str = r#"echo '{"event":"done","records":3,"summary":"x"}'"#;

struct FinishedRun {
    folder: TempDir,
    result: Result<u64, EngineError>,
    progress: Progress,
}

/// Runs a shell script as the engine; `$1`, `$2` and `$3` are input, output and log.
async fn ran(script: &str, change: impl FnOnce(&mut Engine)) -> FinishedRun {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("input.vcf"), "data").unwrap();
    let mut engine = shell_engine(folder.path(), script);
    change(&mut engine);
    let (input, output, log) = (at("input.vcf"), at("out.vcf"), at("log"));
    let task = Task {
        folder: folder.path(),
        input: &input,
        output: &output,
        log: &log,
        file_bytes: 100_000,
        more_time: Duration::ZERO,
    };
    let report = Report::new(Arc::new(SystemClock));
    let result = engine.run(task, engine.deadline(task), &report).await.map(|ran| ran.records);
    let progress = report.progress().borrow().clone();
    FinishedRun { folder, result, progress }
}

async fn error(script: &str) -> EngineError {
    ran(script, |_| {}).await.result.unwrap_err()
}

fn read_file(ran: &FinishedRun, name: &str) -> String {
    std::fs::read_to_string(ran.folder.path().join(name)).unwrap()
}

/// Waits until a process has ended.
async fn wait_for_end(pid: &str) {
    let stat = format!("/proc/{}/stat", pid.trim());
    for _ in 0..200 {
        // A killed orphan may stay a zombie for a while.
        match std::fs::read_to_string(&stat) {
            Err(_) => return,
            Ok(text) if text.contains(") Z ") => return,
            Ok(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
    panic!("process {pid} still runs");
}

#[tokio::test]
async fn a_successful_run_reports_records_files_and_progress() {
    let script = format!(
        r#"cp "$1" "$2"; echo log > "$3"
        echo '{{"event":"progress","step":"annotate","fraction":0.5,"records":2}}'
        echo noise; {DONE}"#
    );
    let ran = ran(&script, |_| {}).await;
    assert_eq!(*ran.result.as_ref().unwrap(), 3);
    assert_eq!(read_file(&ran, "out.vcf"), "data");
    assert_eq!(ran.progress, Progress { step: "annotate".into(), permille: 500, records: 2 });
}

#[tokio::test]
async fn invalid_input_is_reported_with_the_reason_of_the_engine() {
    let script = r#"echo reading >&2; echo '{"error":"line 3: no REF","code":"ref"}' >&2; exit 2"#;
    let EngineError::BadInput(problem) = error(script).await else { panic!("not bad input") };
    assert_eq!((&*problem.reason, problem.code.as_deref()), ("line 3: no REF", Some("ref")));
}

#[tokio::test]
async fn exit_code_two_without_a_reason_is_a_crash() {
    assert!(matches!(error("exit 2").await, EngineError::Crashed { .. }));
}

#[tokio::test]
async fn exit_code_zero_without_an_output_is_a_crash() {
    assert!(matches!(error("exit 0").await, EngineError::Crashed { .. }));
}

#[tokio::test]
async fn a_crash_is_reported_with_the_end_of_standard_error() {
    let EngineError::Crashed { status, tail } = error("echo boom >&2; kill -ABRT $$").await else {
        panic!("not a crash")
    };
    assert!(status.contains("signal 6"), "{status}");
    assert_eq!(tail, "boom");
}

#[tokio::test]
async fn a_missing_engine_is_a_crash() {
    let missing = Template::parse("/nowhere/engine {input} {output} {log}").unwrap();
    let ran = ran("", |engine| engine.template = missing).await;
    assert!(matches!(ran.result, Err(EngineError::Crashed { .. })), "{:?}", ran.result);
}

#[tokio::test]
async fn a_run_that_times_out_is_killed_with_its_children() {
    let begun = Instant::now();
    let script = "sleep 60 & echo $! > child; wait";
    let ran = ran(script, |engine| engine.sandbox.limits.wall = Duration::from_millis(300)).await;
    assert!(matches!(ran.result, Err(EngineError::OverLimit(_))));
    assert!(begun.elapsed() < Duration::from_secs(10));
    wait_for_end(&read_file(&ran, "child")).await;
}

#[tokio::test]
async fn children_of_a_finished_engine_are_killed() {
    // The child keeps the pipes open, which must not block the worker.
    let ran = ran(&format!("sleep 60 & echo $! > child; {DONE}"), |_| {}).await;
    assert_eq!(*ran.result.as_ref().unwrap(), 3);
    wait_for_end(&read_file(&ran, "child")).await;
}

#[tokio::test]
async fn cpu_time_is_limited() {
    let ran = ran("while :; do :; done", |engine| engine.sandbox.limits.cpu_secs = 1).await;
    let Err(EngineError::OverLimit(text)) = ran.result else { panic!("{:?}", ran.result) };
    assert!(text.contains("1 seconds"), "{text}");
}

#[tokio::test]
async fn the_size_of_written_files_is_limited() {
    let error = error(r#"exec head -c 200000 /dev/zero > "$2""#).await;
    assert!(matches!(error, EngineError::OverLimit(_)), "{error:?}");
}

#[tokio::test]
async fn the_engine_gets_a_minimal_environment() {
    // Cargo sets CARGO_MANIFEST_DIR for this test, like a deployment sets secrets for the worker.
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
    let ran = ran(&format!("env > environment; {DONE}"), |_| {}).await;
    let environment = read_file(&ran, "environment");
    let mut names: Vec<&str> =
        environment.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    names.retain(|name| !["PWD", "_", "SHLVL", "OLDPWD"].contains(name));
    names.sort_unstable();
    assert_eq!(names, ["PATH", "TMPDIR"]);
}

#[tokio::test]
async fn dropping_a_run_kills_the_engine() {
    let folder = tempfile::tempdir().unwrap();
    let pid_file = folder.path().join("pid");
    let engine = shell_engine(folder.path(), "echo $$ > pid; sleep 60");
    let path = folder.path();
    let task = Task {
        folder: path,
        input: path,
        output: path,
        log: path,
        file_bytes: 1000,
        more_time: Duration::ZERO,
    };
    let report = Report::new(Arc::new(SystemClock));
    let run = engine.run(task, engine.deadline(task), &report);
    tokio::select! {
        _ = run => panic!("the engine ended by itself"),
        () = async {
            while std::fs::read_to_string(&pid_file).unwrap_or_default().is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        } => {}
    }
    wait_for_end(&std::fs::read_to_string(&pid_file).unwrap()).await;
}

#[test]
fn only_an_engine_that_is_told_where_to_write_writes_bgzf() {
    let mut engine = shell_engine(tempfile::tempdir().unwrap().path(), "");
    assert_eq!(engine.result_form(1 << 30, false), ResultForm::Bgzf);
    assert_eq!(engine.result_form(10, true), ResultForm::Bgzf);
    assert_eq!(engine.result_form(10, false), ResultForm::Text);
    engine.template = Template::parse("python run.py {input}").unwrap();
    assert_eq!(engine.result_form(1 << 30, true), ResultForm::Text);
}
