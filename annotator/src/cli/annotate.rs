//! `gas-annotate annotate`.

use anyhow::Context;
use clap::{Args, ValueEnum};
use gas_annotate::layout::Layout;
use gas_annotate::pipeline::{Options, annotate_file};
use gas_annotate::reference::Reference;
use gas_annotate::report::{summarise, write_count_log};
use gas_annotate::vcf::{Limits, write_index};
use serde::Serialize;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Progress lines come no closer together than this.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);

/// Arguments of `annotate`.
#[derive(Debug, Args)]
pub(crate) struct AnnotateArgs {
    /// VCF file, plain, gzipped or bgzipped.
    input: PathBuf,
    /// Reference bundle made by `build-reference`.
    #[arg(long)]
    reference: PathBuf,
    /// Annotated file; `.gz` makes it bgzipped.
    #[arg(long)]
    out: PathBuf,
    /// Count log.
    #[arg(long)]
    log: Option<PathBuf>,
    /// Counts as JSON [default: the output's name with `.summary.json`].
    #[arg(long)]
    summary: Option<PathBuf>,
    /// Write a tabix index beside a bgzipped output.
    #[arg(long)]
    index: bool,
    /// Progress on standard output.
    #[arg(long, value_enum, default_value_t = ProgressFormat::None)]
    progress: ProgressFormat,
    /// Layout of the annotations in INFO.
    #[arg(long, value_enum, default_value_t = LayoutArg::Csq)]
    layout: LayoutArg,
    /// Threads [default: as many as processors].
    #[arg(long)]
    threads: Option<usize>,
    /// Most bytes the input may expand to.
    #[arg(long, default_value_t = Limits::default().max_bytes)]
    max_bytes: u64,
    /// Percentage of REF alleles that may differ from the reference.
    #[arg(long, default_value_t = 5.0)]
    max_mismatch_percent: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ProgressFormat {
    /// No progress.
    None,
    /// One JSON object a line.
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LayoutArg {
    /// VEP's.
    Csq,
    /// SnpEff's.
    Ann,
}

impl From<LayoutArg> for Layout {
    fn from(layout: LayoutArg) -> Self {
        match layout {
            LayoutArg::Csq => Self::Csq,
            LayoutArg::Ann => Self::Ann,
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event<'a> {
    Progress { step: &'a str, fraction: f64, records: u64 },
    Done { records: u64, summary: &'a Path },
}

fn emit(event: &Event<'_>) {
    let Ok(line) = serde_json::to_string(event) else { return };
    let mut out = std::io::stdout().lock();
    // A reader that went away does not stop the work.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

pub(crate) fn run(args: &AnnotateArgs) -> anyhow::Result<()> {
    let cancel = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
        signal_hook::flag::register(signal, cancel.clone()).context("cannot watch for signals")?;
    }
    let reference = Reference::open(&args.reference)?;
    let threads =
        args.threads.or_else(|| std::thread::available_parallelism().ok().map(Into::into));
    let options = Options {
        threads: threads.unwrap_or(1),
        layout: args.layout.into(),
        limits: Limits { max_bytes: args.max_bytes, ..Limits::default() },
        max_mismatch_percent: args.max_mismatch_percent,
    };
    let json = args.progress == ProgressFormat::Json;
    let last = Mutex::new(None::<Instant>);
    let progress = |fraction: f64, records: u64| {
        let Ok(mut last) = last.lock() else { return };
        if json && last.is_none_or(|at| at.elapsed() >= PROGRESS_INTERVAL) {
            *last = Some(Instant::now());
            emit(&Event::Progress { step: "annotate", fraction, records });
        }
    };
    let outcome = annotate_file(&args.input, &args.out, &reference, &options, &cancel, &progress)?;
    if args.index && outcome.sorted {
        write_index(&args.out)?;
    } else if args.index {
        eprintln!("warning: the file is not sorted, so it has no index");
    }
    for warning in &outcome.warnings {
        eprintln!("warning: {warning}");
    }
    let tracks: Vec<String> = reference.manifest.tracks.iter().map(|t| t.name.clone()).collect();
    let samples = outcome.header.samples.len() as u64;
    if let Some(log) = &args.log {
        let text = write_count_log(&outcome.counts, &tracks, &outcome.warnings);
        fs::write(log, text).with_context(|| format!("cannot write {}", log.display()))?;
    }
    let summary = summarise(
        &outcome.counts,
        &reference.manifest.assembly,
        samples,
        &tracks,
        &outcome.warnings,
    );
    let path = args.summary.clone().unwrap_or_else(|| {
        let mut name = args.out.clone().into_os_string();
        name.push(".summary.json");
        name.into()
    });
    fs::write(&path, serde_json::to_string_pretty(&summary)? + "\n")
        .with_context(|| format!("cannot write {}", path.display()))?;
    if json {
        emit(&Event::Done { records: outcome.counts.records, summary: &path });
    }
    Ok(())
}
