//! What is written about a run besides its result.

use super::progress::{Event, ProgressFormat, emit};
use anyhow::Context;
use clap::Args;
use gas_annotate::pipeline::{Options, Outcome, provenance};
use gas_annotate::reference::Reference;
use gas_annotate::report::{summarize, write_count_log};
use gas_shared::summary::Summary;
use std::fs;
use std::path::{Path, PathBuf};

/// The files about a run.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// Write the count log to this file, in the format of AnnTools.
    #[arg(long)]
    log: Option<PathBuf>,
    /// Write the counts as JSON to this file [default: name of the output + `.summary.json`].
    #[arg(long)]
    summary: Option<PathBuf>,
}

impl ReportArgs {
    /// Prints the warnings, and writes the count log and the summary of a run whose result is `out`.
    pub(crate) fn write(
        &self,
        outcome: &Outcome,
        out: &Path,
        reference: &Reference,
        options: &Options,
        progress: ProgressFormat,
    ) -> anyhow::Result<()> {
        for warning in &outcome.warnings {
            eprintln!("warning: {warning}");
        }
        let tracks = reference.manifest.tracks.iter().map(|t| t.name.clone());
        let tracks: Vec<String> =
            tracks.chain(options.sources.labels().map(str::to_owned)).collect();
        let samples = outcome.header.samples.len() as u64;
        if let Some(log) = &self.log {
            let text = write_count_log(&outcome.counts, &tracks, &outcome.warnings);
            fs::write(log, text).with_context(|| format!("cannot write {}", log.display()))?;
        }
        let mut summary = summarize(
            &outcome.counts,
            &reference.manifest.assembly,
            samples,
            &tracks,
            &outcome.warnings,
        );
        summary.provenance = Some(provenance(reference, options));
        let path = self.summary.clone().unwrap_or_else(|| {
            let mut name = out.to_owned().into_os_string();
            name.push(".summary.json");
            name.into()
        });
        fs::write(&path, serde_json::to_string_pretty(&summary)? + "\n")
            .with_context(|| format!("cannot write {}", path.display()))?;
        if progress == ProgressFormat::Json {
            let Summary { records, ref not_annotated, annotator: ref engine, .. } = summary;
            emit(&Event::Done { records, not_annotated, engine, summary: &path });
        }
        Ok(())
    }
}
