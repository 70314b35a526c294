//! Progress and events on standard output.

use clap::ValueEnum;
use gas_annotate::pipeline::Done;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The shortest interval between two progress lines.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);

/// How progress is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressFormat {
    /// No progress.
    None,
    /// One JSON object per line.
    Json,
}

/// An event of a run.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Event<'a> {
    /// `written` is the number of bytes of the output that are complete: they do not change unless a later
    /// event has a smaller number.
    Progress { step: &'a str, fraction: f64, records: u64, written: u64 },
    /// The end of a shard.
    #[serde(rename = "done")]
    ShardDone { records: u64 },
    Done {
        records: u64,
        not_annotated: &'a BTreeMap<String, u64>,
        engine: &'a str,
        summary: &'a Path,
    },
}

/// Writes an event.
pub(crate) fn emit(event: &Event<'_>) {
    let Ok(line) = serde_json::to_string(event) else { return };
    let mut out = std::io::stdout().lock();
    // A closed pipe does not stop the run.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Reports the progress of a run, at intervals.
pub(crate) fn reporter(format: ProgressFormat) -> impl Fn(Done) + Sync {
    let last = Mutex::new(None::<(Instant, u64)>);
    move |Done { fraction, records, written }| {
        let Ok(mut last) = last.lock() else { return };
        let is_due =
            |(at, before): (Instant, u64)| at.elapsed() >= PROGRESS_INTERVAL || written < before;
        if format == ProgressFormat::Json && last.is_none_or(is_due) {
            *last = Some((Instant::now(), written));
            emit(&Event::Progress { step: "annotate", fraction, records, written });
        }
    }
}
