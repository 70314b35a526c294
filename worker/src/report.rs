//! The progress of a run and its run log, which the owner can read while the job runs.
//!
//! The run log is an S3 object that is rewritten as it grows, after a heartbeat and thus at most
//! once a second. The next attempt appends to it. An object, unlike an event, can be read later,
//! too. The run log has a bounded size and contains what concerns the owner: steps, every tenth of
//! the progress, warnings of the engine, and the reason of a failure.

use crate::engine::Written;
use bytes::Bytes;
use gas_backend::clock::Clock;
use gas_backend::{AnnotateGas, chain, plain_text};
use gas_shared::Job;
use gas_shared::job::Progress;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The size of the run log, in bytes, from which on it takes no lines from the engine.
const MAX_ENGINE_BYTES: usize = 64 * 1024;

/// Space reserved for lines of the worker, such as the end of the run, in bytes.
const MAX_WORKER_BYTES: usize = 8 * 1024;

/// The longest line of the run log, in characters.
const MAX_LINE_CHARS: usize = 1_000;

const TEXT: &str = "text/plain; charset=utf-8";

/// The progress and the run log of one run, shared by the attempt and its heartbeat.
pub(crate) struct Report {
    progress: watch::Sender<Progress>,
    written: watch::Sender<Written>,
    log: Mutex<Log>,
    clock: Arc<dyn Clock>,
}

#[derive(Debug, Default)]
struct Log {
    text: String,
    is_full: bool,
    /// The length of the stored text, in bytes.
    stored: usize,
    /// The last step and tenth of progress in the text.
    last_tenth: (String, u16),
}

impl Report {
    /// An empty report.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let progress = watch::Sender::new(Progress::default());
        Self { progress, written: watch::Sender::default(), log: Mutex::default(), clock }
    }

    /// Loads the run log of earlier attempts. If it cannot be read, a new one begins.
    pub(crate) async fn resume(&self, gas: &AnnotateGas, job: &Job) {
        let file = gas.object_keys.run_log(job.owner, job.id, &job.input.name);
        let limit = (MAX_ENGINE_BYTES + MAX_WORKER_BYTES) as u64;
        match gas.objects.read_head(&file, limit).await {
            Ok(Some(before)) => {
                let mut log = self.log();
                log.text = String::from_utf8_lossy(&before).into_owned();
                log.stored = log.text.len();
            }
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(error = %chain(&error), "run log not read; a new one begins")
            }
        }
    }

    /// Subscribes to the progress.
    pub(crate) fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Subscribes to how much of the output is complete.
    pub(crate) fn output(&self) -> watch::Receiver<Written> {
        self.written.subscribe()
    }

    /// Records the complete bytes of the output.
    pub(crate) fn written(&self, bytes: u64) {
        self.written.send_modify(|written| written.set(bytes));
    }

    /// Records that the engine has succeeded, and with it all of its output.
    pub(crate) fn complete_output(&self) {
        self.written.send_modify(|written| written.is_complete = true);
    }

    /// Begins a step of the worker; the overall progress stays unchanged.
    pub(crate) fn begin_step(&self, step: &str) {
        self.progress.send_modify(|now| now.step = step.to_owned());
        self.note(step);
    }

    /// Records the progress of the engine.
    pub(crate) fn advance(&self, now: Progress) {
        let tenth = (now.step.clone(), now.permille / 100);
        if self.log().last_tenth != tenth {
            let percent = now.permille / 10;
            self.engine_line(&format!("{}: {percent} %, {} records", now.step, now.records));
            self.log().last_tenth = tenth;
        }
        self.progress.send_replace(now);
    }

    /// Adds a line of the worker, with the time.
    pub(crate) fn note(&self, text: &str) {
        let line = self.line(text);
        self.log().push(&line, MAX_ENGINE_BYTES + MAX_WORKER_BYTES);
    }

    /// Adds a line of the engine, with the time.
    pub(crate) fn engine_line(&self, text: &str) {
        let line = self.line(text);
        self.log().push(&line, MAX_ENGINE_BYTES);
    }

    fn line(&self, text: &str) -> String {
        let text: String = text.chars().take(MAX_LINE_CHARS).collect();
        let text = plain_text(&text.replace(['\n', '\r'], " "));
        format!("{}  {text}\n", self.clock.now())
    }

    /// Stores the run log if it has grown. A failure is only logged; the job does not depend on it.
    pub(crate) async fn store(&self, gas: &AnnotateGas, job: &Job) {
        let Some(text) = self.log().grown() else { return };
        let length = text.len();
        let file = gas.object_keys.run_log(job.owner, job.id, &job.input.name);
        match gas.objects.write(&file, Bytes::from(text), TEXT).await {
            Ok(()) => self.log().stored = length,
            Err(error) => {
                tracing::warn!(error = %chain(&error), "run log not stored");
            }
        }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        // Lines are appended as a whole, so a panic cannot leave a partial one.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    fn push(&mut self, line: &str, limit: usize) {
        if self.text.len() + line.len() <= limit {
            self.text.push_str(line);
        } else if !self.is_full {
            self.is_full = true;
            self.text.push_str("Further lines of the engine are omitted.\n");
        }
    }

    /// The text, if it is longer than the stored one.
    fn grown(&self) -> Option<String> {
        (self.text.len() > self.stored).then(|| self.text.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_backend::testkit::TestGas;

    fn report() -> Report {
        Report::new(TestGas::new().clock)
    }

    fn lines(report: &Report) -> Vec<String> {
        let text = report.log().text.clone();
        text.lines().map(|line| line.split_once("  ").map_or(line, |(_, l)| l).to_owned()).collect()
    }

    #[test]
    fn every_tenth_of_the_progress_is_logged_once() {
        let report = report();
        report.begin_step("download");
        for permille in [0, 5, 99, 100, 250, 299] {
            report.advance(Progress { step: "annotate".into(), permille, records: 7 });
        }
        let logged = ["download", "annotate: 0 %, 7 records", "annotate: 10 %, 7 records"];
        assert_eq!(lines(&report), [&logged[..], &["annotate: 25 %, 7 records"]].concat());
        assert_eq!(report.progress().borrow().permille, 299);
    }

    #[test]
    fn a_line_stays_one_line_of_plain_text() {
        let report = report();
        report.note("a\nb");
        report.engine_line("\u{1b}[31merror:\u{1b}[0m bad\r\u{1b}]0;title\u{7} file\0");
        assert_eq!(lines(&report), ["a b", "error: bad  file"]);
    }

    #[test]
    fn the_run_log_is_bounded_and_says_so() {
        let report = report();
        for _ in 0..200 {
            report.engine_line(&"x".repeat(5_000));
        }
        let text = report.log().text.clone();
        assert!(text.len() < MAX_ENGINE_BYTES + 100, "{}", text.len());
        assert!(text.ends_with("\nFurther lines of the engine are omitted.\n"));
        report.note("failed: why");
        assert_eq!(
            lines(&report).last().unwrap(),
            "failed: why",
            "there is always space for the end of the run"
        );
        for _ in 0..200 {
            report.note(&"x".repeat(5_000));
        }
        assert!(report.log().text.len() < MAX_ENGINE_BYTES + MAX_WORKER_BYTES + 100);
    }

    #[tokio::test]
    async fn the_run_log_is_stored_when_it_has_grown() {
        let test = TestGas::new();
        let gas = test.gas.annotate();
        let ada = test.user("ada", gas_shared::Plan::Free);
        let job = test.pending_job(&ada).await;
        let report = Report::new(test.clock.clone());
        report.store(&gas, &job).await;
        assert!(test.objects.with_key("run.log").is_empty(), "the run log is empty");
        report.note("one");
        report.store(&gas, &job).await;
        let [file] = &test.objects.with_key("run.log")[..] else { panic!("not stored") };
        let stored = || String::from_utf8(test.objects.get(file).unwrap()).unwrap();
        assert!(stored().ends_with("  one\n"));
        let next = Report::new(test.clock.clone());
        next.resume(&gas, &job).await;
        next.note("two");
        next.store(&gas, &job).await;
        let lines: Vec<_> =
            stored().lines().map(|line| line[line.len() - 3..].to_owned()).collect();
        assert_eq!(lines, ["one", "two"], "another attempt appends");
    }
}
