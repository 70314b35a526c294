//! The conformance harness: compares the engine with the output of Ensembl VEP and `bcftools csq`,
//! with a list of mitochondrial amino-acid changes, and with itself on other forms of the same
//! variants. The data folder is not part of the project;
//! what it lacks is reported and skipped.

mod compare;
mod csq;
mod fields;
mod forms;
mod known;
mod mitochondrial;
mod models;
mod readers;
mod vep;

use anyhow::{Context, bail};
use clap::Parser;
use gas_annotate::annotation_format::AnnotationFormat;
use gas_annotate::pipeline::{Mode, Options, annotate_file};
use gas_annotate::reference::{BuildOptions, Reference, build_reference};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::{fs, io::Write as _};

/// Measure the agreement of the engine with other annotators.
#[derive(Debug, Parser)]
struct Args {
    /// Folder with `chr20/`, `oracle/`, `bcftools-csq/` and `mtdna/`.
    #[arg(long, default_value = "../shared/data")]
    data: PathBuf,
    /// Chromosome 20 of GRCh37, FASTA, plain or gzipped (Debian package vt-examples).
    #[arg(long, default_value = "/usr/share/doc/vt/examples/ref/20.fa.gz")]
    chr20: PathBuf,
    /// Folder for references and results.
    #[arg(long)]
    work: PathBuf,
    /// Print up to this many differences per field.
    #[arg(long, default_value_t = 0)]
    show: usize,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let mut out = std::io::stdout().lock();
    if !args.data.is_dir() {
        writeln!(out, "conformance: skipped, no data at {}", args.data.display())?;
        return Ok(());
    }
    fs::create_dir_all(&args.work)?;
    let mut failed = false;
    if args.chr20.is_file() {
        let models = args.data.join("chr20/gencode19.chr20.gff3.gz");
        let reference = build(&args.work.join("chr20.reference"), &models, &args.chr20)?;
        let skipped = models::transcripts_with_start_phase(&models)?;
        let open = Reference::open(&reference)?;
        let contig = open.contig(b"20").context("the reference has no chromosome 20")?;
        for set in ["sim20k", "kg20.sites"] {
            let oracle = unpack(&args, &format!("oracle/{set}.vep115.vcf.xz"))?;
            let ours = args.work.join(format!("{set}.ours.vcf"));
            annotate(&reference, &oracle, &ours, FULL)?;
            let score = vep::compare(set, &contig, &oracle, &ours, &skipped, args.show)?;
            writeln!(out, "== {set} against VEP\n{}", score.table())?;
            failed |= !score.passes();
        }
        for (set, local) in [("sim20k", true), ("kg20.sites", true), ("kg20.phased300", false)] {
            let score = csq::agreement(&args, &reference, set, local)?;
            writeln!(out, "== {set} against bcftools csq 1.16\n{score}")?;
            failed |= !score.passes();
        }
        let score =
            forms::compare(&args, &contig, &reference, &unpack(&args, "chr20/sim20k.vcf.xz")?)?;
        writeln!(out, "== other forms of the variants of sim20k\n{score}")?;
        failed |= !score.passes();
    } else {
        let file = args.chr20.display();
        writeln!(out, "conformance: VEP, csq 1.16 and forms skipped, no sequence at {file}")?;
    }
    if args.data.join("bcftools-csq").is_dir() {
        let score = csq::cases(&args)?;
        writeln!(out, "== test cases of bcftools csq\n{score}")?;
        failed |= !score.passes();
    } else {
        writeln!(out, "conformance: csq cases skipped, no folder bcftools-csq in the data")?;
    }
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/reference");
    let reference = build(
        &args.work.join("demo.reference"),
        &demo.join("demo.gff3.gz"),
        &demo.join("demo.fa.gz"),
    )?;
    if args.data.join("cases").is_dir() {
        match readers::check(&args, &reference)? {
            Some(score) => {
                writeln!(out, "== results read by bcftools and tabix\n{score}")?;
                failed |= !score.passes();
            }
            None => writeln!(out, "conformance: readers skipped, no bcftools and tabix")?,
        }
    }
    let score = mitochondrial::compare(&args, &reference)?;
    writeln!(out, "== mitochondrial amino-acid changes\n{score}")?;
    if failed || !score.passes() {
        bail!("the agreement is below its targets");
    }
    Ok(())
}

fn build(out: &Path, gff: &Path, fasta: &Path) -> anyhow::Result<PathBuf> {
    build_reference(&BuildOptions {
        gff: vec![gff.to_owned()],
        fasta: vec![fasta.to_owned()],
        vcf_tracks: Vec::new(),
        bed_tracks: Vec::new(),
        assembly: "GRCh37".to_owned(),
        out: out.to_owned(),
    })?;
    Ok(out.to_owned())
}

const FULL: Mode = Mode::Full(AnnotationFormat::Csq);

fn annotate(reference: &Path, input: &Path, output: &Path, mode: Mode) -> anyhow::Result<()> {
    let reference = Reference::open(reference)?;
    let options = Options { mode, ..Options::default() };
    annotate_file(input, output, &reference, &options, &AtomicBool::new(false), &|_| {})?;
    Ok(())
}

/// Decompresses an `.xz` file of the data folder into the work folder.
fn unpack(args: &Args, name: &str) -> anyhow::Result<PathBuf> {
    let out = args.work.join(Path::new(name).file_stem().unwrap_or_default());
    let file = fs::File::create(&out)?;
    let status = Command::new("xz")
        .arg("-dc")
        .arg(args.data.join(name))
        .stdout(Stdio::from(file))
        .status()
        .context("cannot run xz, which decompresses the data (Debian package xz-utils)")?;
    if !status.success() {
        bail!("cannot decompress {name}");
    }
    Ok(out)
}
