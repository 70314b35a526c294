//! What a run tells: how far it is, and its protocol, which the owner can read while it runs.
//!
//! The protocol is an object in S3 that is written anew whenever it has grown, behind the signs of life
//! of the run and so at most every second. A later attempt goes on where the one before ended. Events
//! would reach open pages only; an object is there for whoever comes later, and stays when the job is
//! over. It holds what concerns the owner and is of bounded size: steps, tenths of the progress,
//! warnings of the engine, and why a run failed.

use bytes::Bytes;
use gas_backend::clock::Clock;
use gas_backend::{Gas, chain};
use gas_shared::Job;
use gas_shared::job::Progress;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The protocol takes no more than so many bytes of what the engine says; lines after that are left
/// out.
const MAX_LOG_BYTES: usize = 64 * 1024;

/// So much more is for the worker's own words, above all how the run ended.
const MAX_OWN_BYTES: usize = 8 * 1024;

/// The longest line of the protocol, in characters.
const MAX_LINE_CHARS: usize = 1_000;

const TEXT: &str = "text/plain; charset=utf-8";

/// A run's progress and protocol. Shared by what does the work and what tells of it.
pub(crate) struct Report {
    progress: watch::Sender<Progress>,
    log: Mutex<Log>,
    clock: Arc<dyn Clock>,
}

#[derive(Debug, Default)]
struct Log {
    text: String,
    is_full: bool,
    /// How much of it is stored.
    stored: usize,
    /// The step and the tenth of it that were noted last.
    noted: (String, u16),
}

impl Report {
    /// Nothing so far.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let progress = watch::Sender::new(Progress::default());
        Self { progress, log: Mutex::default(), clock }
    }

    /// What the attempts before have told. A protocol that cannot be read is begun anew.
    pub(crate) async fn go_on(&self, gas: &Gas, job: &Job) {
        let file = gas.object_keys.run_log(job.owner, job.id, &job.input.name);
        let limit = (MAX_LOG_BYTES + MAX_OWN_BYTES) as u64;
        match gas.objects.read_head(&file, limit).await {
            Ok(Some(before)) => {
                let mut log = self.log();
                log.text = String::from_utf8_lossy(&before).into_owned();
                log.stored = log.text.len();
            }
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(id = %job.id, error = %chain(&error), "the protocol begins anew")
            }
        }
    }

    /// Follows the progress.
    pub(crate) fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Begins a step of the worker's own; how far the whole is stays as it is.
    pub(crate) fn begin(&self, step: &str) {
        self.progress.send_modify(|now| now.step = step.to_owned());
        self.note(step);
    }

    /// Takes in how far the engine is.
    pub(crate) fn advance(&self, now: Progress) {
        let noted = (now.step.clone(), now.permille / 100);
        if self.log().noted != noted {
            let percent = now.permille / 10;
            self.hear(&format!("{}: {percent} %, {} variants", now.step, now.records));
            self.log().noted = noted;
        }
        self.progress.send_replace(now);
    }

    /// Adds a line of the worker's own, with the time.
    pub(crate) fn note(&self, text: &str) {
        let line = self.line(text);
        self.log().push(&line, MAX_LOG_BYTES + MAX_OWN_BYTES);
    }

    /// Adds a line of the engine's, with the time.
    pub(crate) fn hear(&self, text: &str) {
        let line = self.line(text);
        self.log().push(&line, MAX_LOG_BYTES);
    }

    fn line(&self, text: &str) -> String {
        let text: String = text.chars().take(MAX_LINE_CHARS).collect();
        format!("{}  {}\n", self.clock.now(), text.replace(['\n', '\r'], " "))
    }

    /// Stores the protocol where it has grown. A failure is logged: the job does not depend on it.
    pub(crate) async fn store(&self, gas: &Gas, job: &Job) {
        let Some(text) = self.log().grown() else { return };
        let length = text.len();
        let file = gas.object_keys.run_log(job.owner, job.id, &job.input.name);
        match gas.objects.write(&file, Bytes::from(text), TEXT).await {
            Ok(()) => self.log().stored = length,
            Err(error) => {
                tracing::warn!(id = %job.id, error = %chain(&error), "the protocol was not stored");
            }
        }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        // A panic elsewhere leaves whole lines behind.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    fn push(&mut self, line: &str, limit: usize) {
        if self.text.len() + line.len() <= limit {
            self.text.push_str(line);
        } else if !self.is_full {
            self.is_full = true;
            self.text.push_str("What the engine says after this is left out.\n");
        }
    }

    /// The text, where it is more than is stored.
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
    fn every_tenth_of_a_step_is_noted_once() {
        let report = report();
        report.begin("download");
        for permille in [0, 5, 99, 100, 250, 299] {
            report.advance(Progress { step: "annotate".into(), permille, records: 7 });
        }
        let noted = ["download", "annotate: 0 %, 7 variants", "annotate: 10 %, 7 variants"];
        assert_eq!(lines(&report), [&noted[..], &["annotate: 25 %, 7 variants"]].concat());
        assert_eq!(report.progress().borrow().permille, 299);
    }

    #[test]
    fn a_note_is_one_line() {
        let report = report();
        report.note("a\nb");
        assert_eq!(lines(&report), ["a b"]);
    }

    #[test]
    fn the_protocol_is_bounded_and_says_so() {
        let report = report();
        for _ in 0..200 {
            report.hear(&"x".repeat(5_000));
        }
        let text = report.log().text.clone();
        assert!(text.len() < MAX_LOG_BYTES + 100, "{}", text.len());
        assert!(text.ends_with("\nWhat the engine says after this is left out.\n"));
        report.note("failed: why");
        assert_eq!(lines(&report).last().unwrap(), "failed: why", "how it ended is always said");
        for _ in 0..200 {
            report.note(&"x".repeat(5_000));
        }
        assert!(report.log().text.len() < MAX_LOG_BYTES + MAX_OWN_BYTES + 100);
    }

    #[tokio::test]
    async fn it_is_written_when_it_has_grown() {
        let test = TestGas::new();
        let ada = test.user("ada", gas_shared::Plan::Free);
        let job = test.pending_job(&ada).await;
        let report = Report::new(test.clock.clone());
        report.store(&test.gas, &job).await;
        assert!(test.objects.with_key("run.log").is_empty(), "nothing to tell yet");
        report.note("one");
        report.store(&test.gas, &job).await;
        let [file] = &test.objects.with_key("run.log")[..] else { panic!("not stored") };
        let stored = || String::from_utf8(test.objects.get(file).unwrap()).unwrap();
        assert!(stored().ends_with("  one\n"));
        let next = Report::new(test.clock.clone());
        next.go_on(&test.gas, &job).await;
        next.note("two");
        next.store(&test.gas, &job).await;
        let told: Vec<_> = stored().lines().map(|line| line[line.len() - 3..].to_owned()).collect();
        assert_eq!(told, ["one", "two"], "another attempt takes nothing back");
    }
}
