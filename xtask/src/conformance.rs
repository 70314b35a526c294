//! `./gas conformance`: compares the engine with other annotators.
//!
//! The comparison itself is a program of the engine (`annotator/src/bin/conformance`). This command
//! provides its data: the output of other annotators, which is not part of the repository, and the
//! sequence of chromosome 20.

use crate::engine;
use crate::paths::Paths;
use crate::setup::hgvs_python;
use crate::step::{has, run, step};
use crate::workspace::cargo;
use anyhow::{Context, Result};
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The path of chromosome 20 of GRCh37 in Debian's package `vt-examples`.
const CHR20: &str = "usr/share/doc/vt/examples/ref/20.fa.gz";

/// Options of `conformance`.
#[derive(Args)]
pub(crate) struct ConformanceOptions {
    /// The folder that contains `chr20/`, `oracle/`, `bcftools-csq/` and `mtdna/`.
    #[arg(long, default_value = "../shared/data")]
    data: PathBuf,
    /// Print up to this many disagreements per field.
    #[arg(long, default_value_t = 0)]
    show: usize,
    /// Instead, compare the HGVS descriptions of unseen indels with those of biocommons hgvs.
    #[arg(long)]
    second_opinion: bool,
    /// The number of unseen indels.
    #[arg(long, default_value_t = 100_000, requires = "second_opinion")]
    indels: u32,
}

/// Runs the comparison. Without the data it succeeds and prints that nothing was compared.
pub(crate) fn conformance(paths: &Paths, options: &ConformanceOptions) -> Result<()> {
    let data = paths.root.join(&options.data);
    let chr20 = if data.is_dir() { chromosome_20(paths)? } else { PathBuf::new() };
    if options.second_opinion {
        return second_opinion(paths, options, &data, &chr20);
    }
    run(cargo(paths, "run")
        .args(["--release", "--package", "gas-annotate", "--features", "conformance"])
        .args(["--bin", "gas-annotate-conformance", "--", "--data"])
        .arg(&data)
        .arg("--chr20")
        .arg(&chr20)
        .args(["--show", &options.show.to_string(), "--work"])
        .arg(paths.target.join("conformance")))
}

/// Compares transcript descriptions with those of an independent normalizer. Without the data it
/// succeeds and prints what is missing.
fn second_opinion(
    paths: &Paths,
    options: &ConformanceOptions,
    data: &Path,
    chr20: &Path,
) -> Result<()> {
    let models = data.join("chr20/gencode19.chr20.gff3.gz");
    for (what, file) in [("gene models", models.as_path()), ("sequence", chr20)] {
        if !file.is_file() {
            println!("conformance: second opinion skipped, no {what} at {}", file.display());
            return Ok(());
        }
    }
    let python = hgvs_python(paths).context("failed to install biocommons hgvs")?;
    let work = paths.target.join("conformance");
    let reference = work.join("chr20.reference");
    fs::create_dir_all(&work)?;
    let engine = engine::build(paths)?;
    engine::build_reference(&engine, "GRCh37", &models, chr20, &reference)?;
    run(Command::new(python)
        .arg(paths.root.join("xtask/conformance/second_opinion.py"))
        .arg("--gff")
        .arg(&models)
        .arg("--fasta")
        .arg(chr20)
        .arg("--engine")
        .arg(&engine)
        .arg("--reference")
        .arg(&reference)
        .arg("--work")
        .arg(&work)
        .args(["--indels", &options.indels.to_string(), "--show", &options.show.to_string()]))
}

/// Returns the path of chromosome 20. The file is downloaded if it is missing and apt-get is available.
pub(crate) fn chromosome_20(paths: &Paths) -> Result<PathBuf> {
    let examples = paths.cache.join("vt-examples");
    let chr20 = examples.join(CHR20);
    if !chr20.exists() && has("apt-get") {
        step("downloading chromosome 20 (Debian's vt-examples)", || unpack(&examples))?;
    }
    Ok(chr20)
}

/// Unpacks the package instead of installing it, because many machines exclude `/usr/share/doc` from
/// installations.
fn unpack(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    run(Command::new("apt-get").args(["download", "-qq", "vt-examples"]).current_dir(folder))?;
    let package = fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|ending| ending == "deb"))
        .context("apt-get downloaded no package")?;
    run(Command::new("dpkg-deb").arg("-x").arg(&package).arg(folder))?;
    Ok(fs::remove_file(package)?)
}
