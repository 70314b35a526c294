//! `gas-annotate build-reference`.

use clap::Args;
use gas_annotate::reference::{BuildOptions, build_reference};
use std::path::PathBuf;

/// Arguments of `build-reference`.
#[derive(Debug, Args)]
pub(crate) struct BuildArgs {
    /// Gene models, GFF3 or GTF, plain or gzipped; may be given several times.
    #[arg(long, required = true)]
    gff: Vec<PathBuf>,
    /// Sequences, FASTA, plain or gzipped; may be given several times.
    #[arg(long, required = true)]
    fasta: Vec<PathBuf>,
    /// Assembly, such as GRCh37.
    #[arg(long)]
    assembly: String,
    /// Folder of the bundle.
    #[arg(long)]
    out: PathBuf,
}

pub(crate) fn run(args: &BuildArgs) -> anyhow::Result<()> {
    let manifest = build_reference(&BuildOptions {
        gff: args.gff.clone(),
        fasta: args.fasta.clone(),
        assembly: args.assembly.clone(),
        out: args.out.clone(),
    })?;
    for note in manifest.notes.iter().take(20) {
        eprintln!("note: {note}");
    }
    eprintln!(
        "{}: {} contigs, {} genes, {} transcripts",
        manifest.assembly,
        manifest.contigs.len(),
        manifest.genes,
        manifest.transcripts
    );
    Ok(())
}
