//! The subcommand `gas-annotate stats`.

use super::limits::LimitArgs;
use clap::Args;
use gas_annotate::stats::{as_text, summarize_file};
use std::io::Write;
use std::path::PathBuf;

/// Arguments of `stats`.
#[derive(Debug, Args)]
pub(crate) struct StatsArgs {
    /// VCF or BCF file, plain, gzip or BGZF. Annotations in CSQ, ANN or BCSQ are counted.
    input: PathBuf,
    /// Print `summary.json` instead of text.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    limits: LimitArgs,
}

pub(crate) fn run(args: &StatsArgs) -> anyhow::Result<()> {
    let limits = args.limits.limits();
    let summary = summarize_file(&args.input, limits)?;
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&summary)?)?;
    } else {
        write!(out, "{}", as_text(&summary))?;
    }
    Ok(())
}
