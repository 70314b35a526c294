//! The subcommand `gas-annotate stats`.

use clap::Args;
use gas_annotate::stats::{as_text, summarize_file};
use gas_annotate::vcf::Limits;
use std::io::Write;
use std::path::PathBuf;

/// Arguments of `stats`.
#[derive(Debug, Args)]
pub(crate) struct StatsArgs {
    /// VCF file, plain, gzip or BGZF. Annotations in CSQ, ANN or BCSQ are counted.
    input: PathBuf,
    /// Print `summary.json` instead of text.
    #[arg(long)]
    json: bool,
    /// Largest size of the input after decompression, in bytes.
    #[arg(long, default_value_t = Limits::default().max_bytes)]
    max_bytes: u64,
}

pub(crate) fn run(args: &StatsArgs) -> anyhow::Result<()> {
    let limits = Limits { max_bytes: args.max_bytes, ..Limits::default() };
    let summary = summarize_file(&args.input, limits)?;
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&summary)?)?;
    } else {
        write!(out, "{}", as_text(&summary))?;
    }
    Ok(())
}
