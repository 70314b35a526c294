//! The subcommand `gas-annotate check`.

use super::limits::LimitArgs;
use clap::Args;
use gas_annotate::check::{CheckOptions, check_file};
use gas_annotate::reference::Reference;
use gas_shared::exit_code::BAD_INPUT;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// VCF or BCF file, or a text with one variant per line; plain, gzip or BGZF.
    input: PathBuf,
    /// Folder of a reference, to also check REF alleles and contigs, and what the lines of a text stand for.
    #[arg(long)]
    reference: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// Most problems to print.
    #[arg(long, default_value_t = 100)]
    max_findings: usize,
    #[command(flatten)]
    limits: LimitArgs,
    /// Percentage of REF alleles that may differ from the reference.
    #[arg(long, default_value_t = 5.0)]
    max_mismatch_percent: f64,
}

pub(crate) fn run(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let reference = args.reference.as_deref().map(Reference::open).transpose()?;
    let options = CheckOptions {
        limits: args.limits.limits(),
        max_findings: args.max_findings,
        max_mismatch_percent: args.max_mismatch_percent,
    };
    let report = check_file(&args.input, reference.as_ref(), &options)?;
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&report)?)?;
    } else {
        for finding in &report.findings {
            writeln!(out, "{finding}")?;
        }
        if report.more > 0 {
            writeln!(out, "and {} more", report.more)?;
        }
        let verdict = if report.valid { "valid" } else { "not valid" };
        let (records, samples) = (report.records, report.samples);
        if report.is_variant_list {
            writeln!(out, "{verdict}: list of variants, {records} variants")?;
        } else {
            let version = &report.version;
            writeln!(out, "{verdict}: VCF {version}, {records} records, {samples} samples")?;
        }
    }
    Ok(if report.valid { ExitCode::SUCCESS } else { ExitCode::from(BAD_INPUT) })
}
