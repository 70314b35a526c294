//! The subcommand `gas-annotate build-reference`.

use clap::Args;
use gas_annotate::reference::{BuildOptions, build_reference};
use std::path::PathBuf;

/// Arguments of `build-reference`.
#[derive(Debug, Args)]
pub(crate) struct BuildArgs {
    /// Gene models in GFF3 or GTF, plain or gzip. Repeat for several files.
    #[arg(long, required = true)]
    gff: Vec<PathBuf>,
    /// Sequences in FASTA, plain or gzip. Repeat for several files.
    #[arg(long, required = true)]
    fasta: Vec<PathBuf>,
    /// Known variants, NAME=FILE.vcf[.gz]; use the name `dbsnp` for dbSNP. Repeat for several files.
    #[arg(long, value_parser = name_and_file)]
    vcf_track: Vec<(String, PathBuf)>,
    /// Regions, NAME=FILE.bed[.gz]. NAME becomes the INFO key. Repeat for several files.
    #[arg(long, value_parser = name_and_file)]
    bed_track: Vec<(String, PathBuf)>,
    /// Assembly, such as GRCh37.
    #[arg(long)]
    assembly: String,
    /// Folder of the reference.
    #[arg(long)]
    out: PathBuf,
}

pub(crate) fn run(args: &BuildArgs) -> anyhow::Result<()> {
    let manifest = build_reference(&BuildOptions {
        gff: args.gff.clone(),
        fasta: args.fasta.clone(),
        vcf_tracks: args.vcf_track.clone(),
        bed_tracks: args.bed_track.clone(),
        assembly: args.assembly.clone(),
        out: args.out.clone(),
    })?;
    for note in manifest.notes.iter().take(20) {
        eprintln!("note: {note}");
    }
    for (reason, count) in &manifest.left_out {
        eprintln!("note: {count} left out: {reason}");
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

fn name_and_file(text: &str) -> Result<(String, PathBuf), String> {
    let (name, file) = text.split_once('=').ok_or("expected NAME=FILE")?;
    Ok((name.to_owned(), file.into()))
}
