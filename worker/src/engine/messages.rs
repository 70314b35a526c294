//! The messages of the engine: JSON lines on standard output, and one on standard error if the
//! input is invalid. AnnTools prints `<step> - done.` instead.

use gas_shared::job::{NotAnnotated, Progress};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Names of steps, codes, assemblies and engines are cut to this length, in characters.
const MAX_NAME_CHARS: usize = 64;

/// Reasons are cut to this length, in characters.
const MAX_REASON_CHARS: usize = 2_000;

/// An event on standard output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The progress of the engine, and how many bytes of its output are complete, if it says that.
    Progress(Progress, Option<u64>),
    /// AnnTools has finished a step.
    Step(String),
    /// The engine has finished.
    Done(Annotated),
}

/// How much of the engine's output is complete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Written {
    /// How often the engine has begun again, which makes what it has written before void.
    pub(crate) run: u32,
    /// Bytes that do not change unless it begins again.
    pub(crate) bytes: u64,
    /// Whether the engine has succeeded.
    pub(crate) is_complete: bool,
}

impl Written {
    /// Takes the bytes of an event.
    pub(crate) fn set(&mut self, bytes: u64) {
        self.run += u32::from(bytes < self.bytes);
        self.bytes = bytes;
    }
}

/// What the engine has annotated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Annotated {
    /// The records of the file.
    pub(crate) records: u64,
    /// Those without annotation; `None` if the engine does not count them.
    pub(crate) not_annotated: Option<NotAnnotated>,
    /// Name and version of the engine, if it states them.
    pub(crate) engine: Option<String>,
}

/// A problem of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InputProblem {
    /// The text for the owner.
    pub(crate) reason: String,
    /// A stable code for programs.
    pub(crate) code: Option<String>,
    /// The assembly of the file, if it is the problem and the engine has recognized it.
    pub(crate) found_assembly: Option<String>,
}

/// The number of steps of AnnTools.
const ANNTOOLS_STEPS: u32 = 14;

/// The end of the line that AnnTools prints after each step.
const STEP_DONE: &[u8] = b" - done.";

#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum EventLine {
    Progress {
        step: String,
        fraction: f64,
        #[serde(default)]
        records: u64,
        written: Option<u64>,
    },
    Done {
        records: u64,
        not_annotated: Option<BTreeMap<String, u64>>,
        engine: Option<String>,
    },
}

#[derive(Deserialize)]
struct ErrorLine {
    error: String,
    code: Option<String>,
    found_assembly: Option<String>,
}

impl Event {
    /// Parses a line; `None` if it is not an event.
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        if let Some(step) = line.trim_ascii().strip_suffix(STEP_DONE) {
            return Some(Self::Step(clipped(&String::from_utf8_lossy(step))));
        }
        Some(match serde_json::from_slice(line).ok()? {
            EventLine::Progress { step, fraction, records, written } => {
                let (step, permille) = (clipped(&step), permille(fraction));
                Self::Progress(Progress { step, permille, records }, written)
            }
            EventLine::Done { records, not_annotated, engine } => {
                let not_annotated = not_annotated.as_ref().map(NotAnnotated::from);
                let engine = engine.map(|name| clipped(&name));
                Self::Done(Annotated { records, not_annotated, engine })
            }
        })
    }
}

fn clipped(name: &str) -> String {
    name.chars().take(MAX_NAME_CHARS).collect()
}

/// The progress of AnnTools after a number of its steps.
pub(super) fn progress_after_steps(done: u32, step: String) -> Progress {
    let fraction = f64::from(done) / f64::from(ANNTOOLS_STEPS);
    Progress { step, permille: permille(fraction), records: 0 }
}

/// Converts a fraction to thousandths; values out of range are clamped and NaN becomes 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is within 0 to 1000, and a cast of NaN gives 0"
)]
fn permille(fraction: f64) -> u16 {
    (fraction.clamp(0.0, 1.0) * 1000.0) as u16
}

/// The problem of the input in the last line of standard error, if there is one.
pub(super) fn input_problem(stderr: &str) -> Option<InputProblem> {
    let line = stderr.lines().rev().find(|line| !line.trim().is_empty())?;
    let ErrorLine { error, code, found_assembly } = serde_json::from_str(line).ok()?;
    Some(InputProblem {
        reason: error.chars().take(MAX_REASON_CHARS).collect(),
        code: code.map(|code| clipped(&code)),
        found_assembly: found_assembly.map(|name| clipped(&name)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_and_done_events_are_parsed() {
        let line = br#"{"event":"progress","step":"annotate","fraction":0.42,"records":1234}"#;
        let progress = Progress { step: "annotate".into(), permille: 420, records: 1234 };
        assert_eq!(Event::parse(line), Some(Event::Progress(progress, None)));
        let line = br#"{"event":"done","records":9,"summary":"/w/log"}"#;
        let done = Annotated { records: 9, not_annotated: None, engine: None };
        assert_eq!(Event::parse(line), Some(Event::Done(done)));
        let line = br#"{"event":"done","records":9,"not_annotated":{"ref_mismatch":2,"new":1},"engine":"e 1"}"#;
        let gaps = NotAnnotated { ref_mismatch: 2, other: 1, ..NotAnnotated::default() };
        let engine = Some("e 1".to_owned());
        let done = Annotated { records: 9, not_annotated: Some(gaps), engine };
        assert_eq!(Event::parse(line), Some(Event::Done(done)));
    }

    #[test]
    fn an_output_that_becomes_shorter_is_of_another_run() {
        let line = br#"{"event":"progress","step":"a","fraction":0,"written":7}"#;
        let Some(Event::Progress(_, Some(7))) = Event::parse(line) else { panic!("no bytes") };
        let mut written = Written::default();
        let seen = [5, 5, 9, 0, 4].map(|bytes| {
            written.set(bytes);
            (written.run, written.bytes)
        });
        assert_eq!(seen, [(0, 5), (0, 5), (0, 9), (1, 0), (1, 4)]);
    }

    #[test]
    fn the_steps_of_anntools_are_parsed() {
        let line = b"getBigRefGene - done.\r";
        assert_eq!(Event::parse(line), Some(Event::Step("getBigRefGene".into())));
        assert_eq!(progress_after_steps(7, "cytoBand".into()).permille, 500);
        assert_eq!(progress_after_steps(99, "more".into()).permille, 1000);
    }

    #[test]
    fn other_lines_are_not_events() {
        for line in ["", "reading", "{}", r#"{"event":"other"}"#, r#"{"event":"done"}"#] {
            assert_eq!(Event::parse(line.as_bytes()), None, "{line:?}");
        }
    }

    #[test]
    fn fractions_are_clamped() {
        for (fraction, expected) in [(-1.0, 0), (0.9996, 999), (7.0, 1000), (f64::NAN, 0)] {
            assert_eq!(permille(fraction), expected, "{fraction}");
        }
    }

    #[test]
    fn the_reason_is_read_from_the_last_line() {
        let stderr = "reading\n{\"error\":\"line 17, POS: \\\"12a\\\" is not a position\",\"code\":\"bad_position\"}\n\n";
        let problem = input_problem(stderr).unwrap();
        assert_eq!(problem.reason, "line 17, POS: \"12a\" is not a position");
        assert_eq!(problem.code.as_deref(), Some("bad_position"));
        assert_eq!(input_problem("{\"error\":\"x\"}").unwrap().code, None);
        assert_eq!(input_problem("thread main panicked\n"), None);
        assert_eq!(input_problem(""), None);
    }
}
