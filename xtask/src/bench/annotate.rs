//! `./gas bench annotate`: measures the engine and, if it is installed, `bcftools csq`.
//!
//! The programs run alternately on the same file, several times, and the medians are printed, so that
//! other load on the machine affects all programs alike. CPU time is more meaningful than wall time.
//!
//! With `--sources`, the engine is measured with and without four synthetic sources that have the columns of gnomAD genomes, ClinVar,
//! dbSNP and CADD, and as many rows for each base as those of the human genome: with bgzipped output and its index, as the worker
//! writes it, and with text.

use super::measure::{Usage, measure, median};
use super::simulate::{self, Genome, simulate};
use crate::conformance::chromosome_20;
use crate::engine;
use crate::paths::Paths;
use crate::step::{has, output, run, step};
use crate::workspace::example;
use anyhow::{Context, Result};
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Options of `bench annotate`.
#[derive(Args)]
pub(crate) struct AnnotateOptions {
    /// A VCF file [default: a generated file of --records records].
    #[arg(long)]
    vcf: Option<PathBuf>,
    /// Gene models [default: GENCODE of chromosome 20 from --data, or those of the demo reference].
    #[arg(long, requires = "fasta")]
    gff: Option<PathBuf>,
    /// The sequence of the gene models.
    #[arg(long, requires = "gff")]
    fasta: Option<PathBuf>,
    /// The folder that contains `chr20/`.
    #[arg(long, default_value = "../shared/data")]
    data: PathBuf,
    /// The number of records of the generated file [default: 500,000; with --sources, one for each 690 bases, as a sample of a
    /// human genome has].
    #[arg(long)]
    records: Option<usize>,
    /// The numbers of records for the measurement of memory.
    #[arg(long, value_delimiter = ',', default_values_t = [500_000, 1_000_000, 2_000_000, 4_000_000])]
    sizes: Vec<usize>,
    /// Measure what four sources cost, and nothing else.
    #[arg(long)]
    sources: bool,
    /// The seed of the generated files.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How often each program runs.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// The folder for the output [default: a folder in the target folder]. A folder in memory, such as
    /// /dev/shm/gas, excludes the disk from the figures.
    #[arg(long)]
    work: Option<PathBuf>,
}

/// A sample of a human genome has 4.5 million records on 3.1 billion bases.
const BASES_PER_RECORD: usize = 690;

/// A program to measure.
struct Program {
    name: String,
    command: Box<dyn Fn(&Path) -> Command>,
}

/// The files of a benchmark.
pub(super) struct Workspace {
    pub(super) work: PathBuf,
    /// The engine.
    pub(super) binary: PathBuf,
    pub(super) bundle: PathBuf,
    pub(super) gff: PathBuf,
    pub(super) fasta: PathBuf,
}

/// Runs the benchmark and prints its figures.
pub(super) fn annotate(paths: &Paths, options: &AnnotateOptions) -> Result<()> {
    let models = options.gff.clone().zip(options.fasta.clone());
    let workspace = prepare(paths, options.work.as_deref(), &options.data, models)?;
    let genome = Genome::read(&workspace.gff, &workspace.fasta)?;
    let generate = |records: usize| {
        let file = workspace.work.join(format!("simulated-{records}.vcf"));
        step(&format!("generating {records} records"), || {
            simulate(&genome, records, options.seed, &file)
        })?;
        Ok::<_, anyhow::Error>(file)
    };
    let vcf = match &options.vcf {
        Some(vcf) => vcf.clone(),
        None => {
            let of_sample = options.sources.then(|| genome.bases() / BASES_PER_RECORD);
            generate(options.records.or(of_sample).unwrap_or(500_000))?
        }
    };
    let records = records(&vcf)?;
    println!("{records} records of {}\n", vcf.display());
    if options.sources {
        return with_sources(paths, &workspace, &vcf, records, options.runs);
    }
    let rows = compare(&workspace.programs(), &vcf, options.runs)?;
    print_table(&rows, records);
    println!(
        "\nwall time of one thread divided by that of two (not meaningful while the machine is busy)"
    );
    for mode in ["full", "csq"] {
        let programs = [1, 2].map(|threads| workspace.engine(mode, false, threads));
        let rows = compare(&programs, &vcf, options.runs)?;
        let wall = |n: usize| median(rows[n].1.iter().map(|u| u.wall));
        println!("--mode {mode}: {:.2}", wall(0) / wall(1));
    }
    println!(
        "\nby number of records, one thread\n{:>10} {:>6} {:>8} {:>9}",
        "records", "mode", "CPU s", "RSS MiB"
    );
    for size in &options.sizes {
        let file = generate(*size)?;
        for mode in ["full", "csq"] {
            let row = compare(&[workspace.engine(mode, false, 1)], &file, 1)?;
            let usage = row[0].1[0];
            println!("{size:>10} {mode:>6} {:>8.2} {:>9.0}", usage.cpu, usage.rss_mib);
        }
        fs::remove_file(file)?;
    }
    Ok(())
}

/// The files that the example `synthetic-sources` of `gas-sources` writes.
const SOURCES: [&str; 4] = ["gnomad-genomes", "clinvar", "dbsnp", "cadd"];

/// Measures the engine without sources, with each one, and with all.
fn with_sources(
    paths: &Paths,
    workspace: &Workspace,
    vcf: &Path,
    records: usize,
    runs: usize,
) -> Result<()> {
    step("building the sources", || {
        run(example(paths, "gas-sources", "synthetic-sources", &["--release"]).args([
            &workspace.fasta,
            vcf,
            &workspace.work,
        ]))
    })?;
    for name in SOURCES {
        let file = workspace.source(name);
        let size = fs::metadata(&file).map(|found| found.len()).unwrap_or_default();
        println!("{}: {} MiB", file.display(), size >> 20);
    }
    for output in [Output::Bgzip, Output::Text] {
        let each = SOURCES.iter().map(std::slice::from_ref);
        let mut programs = vec![workspace.engine_to(output, "full", false, 1)];
        for sources in each.chain([&SOURCES[..]]) {
            // The digest is computed when a source is added to the catalog.
            let digest = "0".repeat(64);
            let files = sources.iter().map(|name| workspace.source(name));
            let files: Vec<String> =
                files.map(|file| format!("{},sha256={digest}", file.display())).collect();
            let Program { name, command } = workspace.engine_to(output, "full", false, 1);
            programs.push(Program {
                name: format!("{name}, {}", sources.join(" ")),
                command: Box::new(move |vcf| {
                    let mut command = command(vcf);
                    files.iter().for_each(|file| {
                        command.args(["--source", file]);
                    });
                    command
                }),
            });
        }
        println!("\n{}", output.description());
        let rows = compare(&programs, vcf, runs)?;
        print_table(&rows, records);
        if let [(_, none), .., (_, all)] = &rows[..] {
            let times = median(all.iter().zip(none).map(|(all, none)| all.cpu / none.cpu));
            let out = workspace.work.join(output.file_name());
            let size = |program: &Program| {
                measure(&mut (program.command)(vcf))?;
                Ok::<_, anyhow::Error>(fs::metadata(&out)?.len() as f64 / (1 << 20) as f64)
            };
            println!(
                "all sources: {times:.2} times the CPU time, {:.1} instead of {:.1} MiB of output",
                size(&programs[programs.len() - 1])?,
                size(&programs[0])?
            );
        }
    }
    Ok(())
}

/// The form of the output.
#[derive(Clone, Copy)]
enum Output {
    Text,
    Bgzip,
}

impl Output {
    const fn file_name(self) -> &'static str {
        match self {
            Self::Text => "out.vcf",
            Self::Bgzip => "out.vcf.gz",
        }
    }

    const fn description(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Bgzip => "bgzipped, with its index",
        }
    }
}

/// Builds the engine, with optimizations, and a reference: of gene models and their sequence, or of chromosome 20 in the
/// folder `data`, or that of the demo.
pub(super) fn prepare(
    paths: &Paths,
    work: Option<&Path>,
    data: &Path,
    models: Option<(PathBuf, PathBuf)>,
) -> Result<Workspace> {
    let engine = step("building the engine", || engine::build(paths))?;
    prepare_reference(paths, work, data, models, engine)
}

/// Builds the reference of [`prepare`] with an engine.
pub(super) fn prepare_reference(
    paths: &Paths,
    work: Option<&Path>,
    data: &Path,
    models: Option<(PathBuf, PathBuf)>,
    binary: PathBuf,
) -> Result<Workspace> {
    let work = work.map_or_else(|| paths.target.join("bench"), Path::to_owned);
    fs::create_dir_all(&work)?;
    let chr20 = paths.root.join(data.join("chr20/gencode19.chr20.gff3.gz"));
    let (gff, fasta) = match models {
        Some(models) => models,
        _ if chr20.is_file() => (chr20, chromosome_20(paths)?),
        _ => {
            let demo = paths.root.join("assets/reference");
            (demo.join("demo.gff3.gz"), demo.join("demo.fa.gz"))
        }
    };
    let plain = work.join("reference.fa");
    simulate::unpack(&fasta, &plain)?;
    let bundle = work.join("bundle");
    step("building the reference", || {
        engine::build_reference(&binary, "bench", &gff, &plain, &bundle)
    })?;
    Ok(Workspace { work, binary, bundle, gff, fasta: plain })
}

impl Workspace {
    fn programs(&self) -> Vec<Program> {
        let mut programs = vec![
            self.engine("full", false, 1),
            self.engine("csq", false, 1),
            self.engine("csq", true, 1),
        ];
        if has("bcftools") {
            let version = output(Command::new("bcftools").arg("--version"));
            let version = version.and_then(|v| v.lines().next().map(str::to_owned));
            programs.push(self.bcftools(&version.unwrap_or_else(|| "bcftools".to_owned())));
        } else {
            eprintln!("gas: bcftools is not installed (Debian package bcftools); it is skipped");
        }
        programs
    }

    /// A file that the example `synthetic-sources` writes.
    fn source(&self, name: &str) -> PathBuf {
        self.work.join(format!("{name}.source"))
    }

    fn engine(&self, mode: &'static str, local: bool, threads: usize) -> Program {
        self.engine_to(Output::Text, mode, local, threads)
    }

    fn engine_to(
        &self,
        output: Output,
        mode: &'static str,
        local: bool,
        threads: usize,
    ) -> Program {
        let (binary, bundle) = (self.binary.clone(), self.bundle.clone());
        let out = self.work.join(output.file_name());
        let name = format!("gas-annotate --mode {mode}{}", if local { " --local" } else { "" });
        let command = move |vcf: &Path| {
            let mut command = Command::new(&binary);
            command.args(["annotate", "--mode", mode, "--threads", &threads.to_string()]);
            if local {
                command.arg("--local");
            }
            if matches!(output, Output::Bgzip) {
                command.arg("--index");
            }
            command.arg("--reference").arg(&bundle).arg("--out").arg(&out).arg(vcf);
            command
        };
        Program { name, command: Box::new(command) }
    }

    fn bcftools(&self, version: &str) -> Program {
        let (gff, fasta) = (self.gff.clone(), self.fasta.clone());
        let out = self.work.join("out.bcftools.vcf");
        let command = move |vcf: &Path| {
            let mut command = Command::new("bcftools");
            command.args(["csq", "--local-csq", "--force", "--verbose", "0", "--fasta-ref"]);
            command.arg(&fasta).arg("--gff-annot").arg(&gff).arg("--output").arg(&out).arg(vcf);
            command
        };
        Program { name: format!("{version} csq --local-csq"), command: Box::new(command) }
    }
}

/// Runs the programs alternately, `runs` times each.
fn compare(programs: &[Program], vcf: &Path, runs: usize) -> Result<Vec<(String, Vec<Usage>)>> {
    let mut rows: Vec<(String, Vec<Usage>)> =
        programs.iter().map(|program| (program.name.clone(), Vec::new())).collect();
    for _ in 0..runs.max(1) {
        for (program, row) in programs.iter().zip(&mut rows) {
            let usage = measure(&mut (program.command)(vcf));
            row.1.push(usage.with_context(|| format!("failed to measure {}", program.name))?);
        }
    }
    Ok(rows)
}

fn print_table(rows: &[(String, Vec<Usage>)], records: usize) {
    println!(
        "{:<34} {:>13} {:>8} {:>8} {:>9} {:>11} {:>11}",
        "program, one thread",
        "records/CPU s",
        "CPU s",
        "wall s",
        "RSS MiB",
        "CPU / first",
        "CPU / last"
    );
    let (Some((_, first)), Some((_, last))) = (rows.first(), rows.last()) else { return };
    for (name, usages) in rows {
        let of = |value: fn(&Usage) -> f64| median(usages.iter().map(value));
        // The runs alternate, so that each is compared with one under the same load.
        let by = |other: &[Usage]| median(usages.iter().zip(other).map(|(a, b)| a.cpu / b.cpu));
        println!(
            "{name:<34} {:>13.0} {:>8.2} {:>8.2} {:>9.0} {:>11.2} {:>11.2}",
            records as f64 / of(|u| u.cpu),
            of(|u| u.cpu),
            of(|u| u.wall),
            of(|u| u.rss_mib),
            by(first),
            by(last)
        );
    }
}

/// Counts the records of an uncompressed VCF file.
fn records(vcf: &Path) -> Result<usize> {
    let text = fs::read(vcf).with_context(|| format!("failed to read {}", vcf.display()))?;
    Ok(text.split(|b| *b == b'\n').filter(|line| !line.is_empty() && line[0] != b'#').count())
}
