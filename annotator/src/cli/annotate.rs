//! The subcommand `gas-annotate annotate`.

use super::progress::{ProgressFormat, reporter};
use super::reports::ReportArgs;
use super::run_args::RunArgs;
use super::signals::cancelled_by_signals;
use clap::{Args, ValueEnum};
use gas_annotate::pipeline::{Options, annotate_file};
use gas_annotate::text_input::{self, annotate_text};
use gas_annotate::vcf::is_gzip_name;
use std::path::PathBuf;

/// Arguments of `annotate`.
#[derive(Debug, Args)]
pub(crate) struct AnnotateArgs {
    /// VCF or BCF file, or a text with one variant per line; plain, gzip or BGZF.
    input: PathBuf,
    /// Format of the input.
    #[arg(long, value_enum, default_value_t = InputFormat::Auto)]
    format: InputFormat,
    /// Annotated file. It is bgzipped if the name ends in `.gz`.
    #[arg(long)]
    out: PathBuf,
    /// Write a tabix index of the output, or a CSI index if a contig is too long for tabix.
    #[arg(
        long, value_enum, num_args = 0..=1, require_equals = true, value_name = "WHEN",
        default_missing_value = "always"
    )]
    index: Option<IndexArg>,
    /// Report progress on standard output.
    #[arg(long, value_enum, default_value_t = ProgressFormat::None)]
    progress: ProgressFormat,
    #[command(flatten)]
    reports: ReportArgs,
    #[command(flatten)]
    run: RunArgs,
}

/// When an index is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum IndexArg {
    /// Always, and warn if the output is not bgzipped.
    Always,
    /// If the output is bgzipped.
    IfBgzipped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum InputFormat {
    /// A text if one of the first lines is a variant in one of its notations, otherwise VCF.
    Auto,
    /// VCF or BCF.
    Vcf,
    /// One variant per line: chr1:12345 A>G, 1-12345-A-G, NC_000001.11:12344:A:G (SPDI), HGVS descriptions of DNA
    /// (g., m., c. and n.), or lines of a VCF file without header and samples. Lines that are no variants are
    /// warnings.
    Text,
}

pub(crate) fn run(args: &AnnotateArgs) -> anyhow::Result<()> {
    let cancel = cancelled_by_signals()?;
    let (reference, options) = args.run.open()?;
    let options = Options { index: args.index.is_some(), ..options };
    let progress = reporter(args.progress);
    let is_text = match args.format {
        InputFormat::Auto => text_input::is_text(&args.input, options.limits)?,
        InputFormat::Vcf => false,
        InputFormat::Text => true,
    };
    let annotate = if is_text { annotate_text } else { annotate_file };
    let outcome = annotate(&args.input, &args.out, &reference, &options, &cancel, &progress)?;
    if args.index == Some(IndexArg::Always) && !is_gzip_name(&args.out) {
        eprintln!(
            "warning: the output has no index, which needs a bgzipped file; end its name in .gz"
        );
    }
    args.reports.write(&outcome, &args.out, &reference, &options, args.progress)
}
