//! The demo reference, which the engine builds from `assets/reference`, and a catalog for tests.

use super::stamp::{is_stamped, short_hash, stamp};
use crate::engine::build_reference;
use crate::paths::Paths;
use crate::step::{run, step};
use anyhow::{Context, Result};
use flate2::read::MultiGzDecoder;
use gas_local::References;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Returns the folder of the reference. The reference is built if it is missing, or if its sources or
/// the engine changed.
pub(crate) fn reference(paths: &Paths, binaries: &Path) -> Result<PathBuf> {
    let engine = binaries.join("gas-annotate");
    let sources = paths.root.join("assets/reference");
    let mut inputs = fs::read(&engine).context("failed to read the engine")?;
    let mut files: Vec<_> = fs::read_dir(&sources)?.flatten().map(|entry| entry.path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.is_file()) {
        inputs.extend(fs::read(file)?);
    }
    let hash = short_hash(&inputs);
    let reference = paths.target.join("reference");
    let stamp_file = paths.target.join("reference.stamp");
    if !is_stamped(&stamp_file, &hash) {
        step("building the demo reference", || {
            if reference.exists() {
                fs::remove_dir_all(&reference)?;
            }
            let (gff, fasta) = (sources.join("demo.gff3.gz"), sources.join("demo.fa.gz"));
            build_reference(&engine, "GRCh37", &gff, &fasta, &reference)?;
            stamp(&stamp_file, &hash)
        })?;
    }
    Ok(reference)
}

/// A catalog for tests with two references: that of the demo, and the mitochondrion of GRCh38, whose sequence
/// and genes are those of the demo, since both assemblies have the same one.
pub(crate) fn two_references(paths: &Paths, binaries: &Path) -> Result<References> {
    const DEMO: &str = "homo_sapiens/GRCh37/demo";
    const OTHER: &str = "homo_sapiens/GRCh38/mitochondrion";
    let sources = paths.root.join("assets/reference");
    let (fasta, gff) = (sources.join("demo.fa.gz"), sources.join("demo.gff3.gz"));
    let folder = paths.target.join("test-references");
    step("building the references of tests", || {
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let (part_fasta, part_gff) = (folder.join("mt.fa"), folder.join("mt.gff3"));
        let sequence = unpacked(&fasta)?;
        let start = sequence.find(">MT").context("the demo has no mitochondrion")?;
        fs::write(&part_fasta, &sequence[start..])?;
        let models = unpacked(&gff)?;
        let is_kept = |line: &&str| line.starts_with("MT\t") || line.starts_with("##gff-version");
        let lines: Vec<&str> = models.lines().filter(is_kept).collect();
        fs::write(&part_gff, lines.join("\n") + "\n")?;
        for (id, fasta, gff) in [(DEMO, &fasta, &gff), (OTHER, &part_fasta, &part_gff)] {
            run(Command::new(binaries.join("gas-reference"))
                .arg("--catalog")
                .arg(folder.join("catalog"))
                .args(["add", "--id", id, "--fasta"])
                .arg(fasta)
                .arg("--gff")
                .arg(gff))?;
        }
        Ok(())
    })?;
    Ok(References::Catalog { folder: folder.join("catalog"), default: DEMO.to_owned() })
}

fn unpacked(path: &Path) -> Result<String> {
    let mut text = String::new();
    MultiGzDecoder::new(fs::File::open(path)?).read_to_string(&mut text)?;
    Ok(text)
}
