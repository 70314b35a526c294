//! Hostile files, each below 60 KB: engine and index end soon and within 300 MiB of memory, and reject a
//! file with a message that names the place.
//!
//! `./gas bench hostile` runs this in the release profile on a machine without other work. It prints a table
//! of all kinds, and fails over the limit of 2 s of CPU time.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests may panic and print")]

#[allow(dead_code, reason = "other tests use the open reference")]
#[path = "../../annotator/tests/common/mod.rs"]
mod common;
#[path = "hostile/kinds.rs"]
mod kinds;
#[path = "hostile/measure.rs"]
mod measure;
#[path = "hostile/pack.rs"]
mod pack;

use common::REFERENCE_FOLDER;
use kinds::{KINDS, Kind, Pack};
use measure::{Run, measure};
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const FILE_BYTES: u64 = 60_000;
/// A release build has two seconds. In the tests, debug assertions and other work on the same core, which
/// doubles the CPU time of a thread, must not make a run fail; one whose time grows with the square of the
/// file's size takes minutes.
const CPU_LIMIT: Duration = Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 2 });
const MEMORY_LIMIT: u64 = 300 << 20;

/// The engine, built like this test and next to `gas-index`.
fn engine() -> PathBuf {
    let index = Path::new(env!("CARGO_BIN_EXE_gas-index"));
    let (profile, target) = (index.parent().unwrap(), index.ancestors().nth(2).unwrap());
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--locked", "--package", "gas-annotate", "--bin"]);
    cargo.arg("gas-annotate").arg("--target-dir").arg(target);
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    assert!(cargo.status().unwrap().success());
    profile.join("gas-annotate")
}

/// The runs on one kind of file.
struct CheckedKind<'a> {
    kind: &'a Kind,
    folder: tempfile::TempDir,
    /// What went wrong.
    problems: Vec<String>,
    /// The line of the table.
    row: String,
}

impl<'a> CheckedKind<'a> {
    fn new(kind: &'a Kind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { kind, folder, problems: Vec::new(), row: format!("{:<50}", kind.name) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command, adds its figures to the table and checks them.
    fn run(&mut self, what: &str, command: &mut Command) -> Run {
        let run = measure(command, self.folder.path());
        let (seconds, mib) = (run.cpu.as_secs_f64(), run.memory >> 20);
        self.row += &format!(" |{seconds:5.2} {mib:4}");
        if run.cpu > CPU_LIMIT {
            self.problems.push(format!("{what} takes {seconds:.1} s"));
        }
        if run.memory > MEMORY_LIMIT {
            self.problems.push(format!("{what} takes {mib} MiB"));
        }
        if !matches!(run.code, Some(0 | 2)) {
            self.problems.push(format!("{what} ends with {:?}: {}", run.code, run.stderr));
        }
        run
    }

    fn index(&mut self, what: &str, result: &Path) {
        let index = self.path("index");
        let run =
            self.run(what, Command::new(env!("CARGO_BIN_EXE_gas-index")).args([result, &index]));
        if run.code == Some(2) && !run.stderr.contains("\"code\":") {
            self.problems.push(format!("{what} gives no code: {}", run.stderr));
        }
        fs::remove_file(result).unwrap();
    }

    /// Checks, annotates and indexes the file.
    fn run_all(&mut self, engine: &Path) {
        let input = self.path("in.vcf.gz");
        self.kind.write_file(BufWriter::new(File::create(&input).unwrap())).unwrap();
        let size = fs::metadata(&input).unwrap().len();
        self.row += &format!(" {size:6}");
        if size > FILE_BYTES {
            self.problems.push(format!("the file has {size} bytes"));
        }
        let reference = ["--reference".into(), REFERENCE_FOLDER.clone().into_os_string()];
        self.run("check", Command::new(engine).arg("check").arg(&input).args(&reference));
        let mut messages = String::new();
        for mode in ["full", "csq"] {
            let output = self.path("out.vcf");
            let mut command = Command::new(engine);
            command.arg("annotate").arg(&input).args(&reference).arg("--out").arg(&output);
            let run = self.run(mode, command.args(["--mode", mode, "--allow-unannotated"]));
            if run.code == Some(0) {
                self.index("index", &output);
            } else {
                self.row += " |          ";
                messages += run.stderr.lines().last().unwrap_or_default();
            }
        }
        if !messages.contains(self.kind.place) {
            self.problems.push(format!("{:?} is not in {messages:?}", self.kind.place));
        }
        // Another engine may have fewer limits, so the index has to withstand the text itself.
        if self.kind.pack != Pack::None {
            let text = self.path("text.vcf");
            (self.kind.write)(&mut BufWriter::new(File::create(&text).unwrap())).unwrap();
            self.index("index of the text", &text);
        }
        self.row += &format!("  {}", messages.chars().take(150).collect::<String>());
    }
}

#[test]
fn every_hostile_file_ends_soon_and_within_300_mib() {
    let engine = engine();
    println!(
        "{:<50}  bytes | check      | full       | index      | csq        | index      | index of text",
        "kind (CPU seconds, MiB)"
    );
    let only = std::env::var("HOSTILE_KIND").unwrap_or_default();
    let mut problems = Vec::new();
    for kind in KINDS.iter().filter(|kind| kind.name.contains(&only)) {
        let mut trial = CheckedKind::new(kind);
        trial.run_all(&engine);
        println!("{}", trial.row);
        problems.extend(trial.problems.iter().map(|problem| format!("{}: {problem}", kind.name)));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
