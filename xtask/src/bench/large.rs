//! `./gas bench large`: annotates a file in one piece and in shards, as workers with one engine thread and one processor
//! each do, and compares the times. The results must be equal. S3 is not part of it: files are on the disk.

use super::annotate::{Workspace, prepare_reference};
use super::genome::{sample, take_records};
use super::measure::{Usage, measure};
use super::simulate::{Genome, SampleFields, add_samples, simulate};
use crate::engine::build_reference;
use crate::paths::Paths;
use crate::step::{at_once, run, step};
use crate::workspace::cargo;
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

/// Options of `bench large`.
#[derive(Args)]
pub(crate) struct LargeOptions {
    /// The records of the generated file.
    #[arg(long, default_value_t = 30_000)]
    records: usize,
    /// Its samples.
    #[arg(long, default_value_t = 2504)]
    samples: usize,
    /// Samples have genotypes only, without depths, qualities and likelihoods.
    #[arg(long)]
    genotypes_only: bool,
    /// Measure the sample of a whole genome of `bench genome` instead of a generated file.
    #[arg(long)]
    genome: bool,
    /// A folder with genome.fa, genome.gff3 and wgs.vcf. By default they are made.
    #[arg(long, requires = "genome")]
    files: Option<PathBuf>,
    /// Take every nth record of the genome.
    #[arg(long, requires = "genome", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    every: u32,
    /// The number of shards.
    #[arg(long, default_value_t = 25)]
    shards: u32,
    /// The numbers of workers; the first one is compared with the others.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 2], value_parser = clap::value_parser!(u8).range(1..))]
    workers: Vec<u8>,
    /// The modes of the engine.
    #[arg(long, value_delimiter = ',', default_values_t = ["full".to_owned()])]
    modes: Vec<String>,
    /// The folder that contains `chr20/`.
    #[arg(long, default_value = "../shared/data")]
    data: PathBuf,
    /// The folder for the files [default: a folder in the target folder].
    #[arg(long)]
    work: Option<PathBuf>,
}

/// The programs and the input of a benchmark.
struct Bench {
    workspace: Workspace,
    /// The index builder of the explorer.
    indexer: PathBuf,
    input: PathBuf,
}

/// Measures with the profile of `./gas up`: engine and explorer are optimized in both profiles.
pub(super) fn large(paths: &Paths, options: &LargeOptions) -> Result<()> {
    step("building engine and index builder", || {
        run(cargo(paths, "build")
            .args(["--package", "gas-annotate", "--package", "gas-explorer"])
            .args(["--bin", "gas-annotate", "--bin", "gas-index"]))
    })?;
    let work = options.work.clone().unwrap_or_else(|| paths.target.join("bench/large"));
    let binaries = paths.binaries(false);
    let (indexer, binary) = (binaries.join("gas-index"), binaries.join("gas-annotate"));
    let bench = if options.genome {
        let Some(files) = sample(paths, options.files.as_deref())? else { return Ok(()) };
        let workspace = genome_workspace(&files, work.join("genome"), binary)?;
        let input = workspace.work.join("sample.vcf.gz");
        step("compressing the sample", || {
            let text = workspace.work.join("sample.vcf");
            let every = options.every as usize;
            take_records(&files.join("wgs.vcf"), &text, every, usize::MAX)?;
            reblock(&workspace, &text, &input)
        })?;
        Bench { workspace, indexer, input }
    } else {
        let workspace = prepare_reference(paths, Some(&work), &options.data, None, binary)?;
        let input = workspace.work.join("cohort.vcf.gz");
        step("generating the cohort", || generate(&workspace, options, &input))?;
        Bench { workspace, indexer, input }
    };
    println!(
        "{}: {:.1} MiB bgzipped; each worker has one engine thread and one processor\n{:<32} {:>8} {:>8} {:>9} {:>9}",
        if options.genome { "sample of a genome" } else { "cohort" },
        mib(&bench.input)?,
        "",
        "wall s",
        "CPU s",
        "RSS MiB",
        "own MiB"
    );
    options.modes.iter().try_for_each(|mode| bench.compare(mode, options))
}

impl Bench {
    /// Annotates the file in one piece, and in shards by each number of workers.
    fn compare(&self, mode: &str, options: &LargeOptions) -> Result<()> {
        let whole = self.workspace.work.join("whole.vcf.gz");
        let mut command = self.engine(0, &["annotate"], mode, &whole);
        let annotated = measure(command.arg("--index"))?;
        print(&format!("{mode}, one piece"), annotated);
        let indexed = measure(self.index_builder(0).arg(&whole).arg(index_of(&whole)))?;
        print("  index for the explorer", indexed);
        let one_piece = annotated.wall + indexed.wall;
        println!("{:<32} {one_piece:>8.2}", "  one worker, one piece");
        let mut first = None;
        for workers in &options.workers {
            let wall = self.in_shards(mode, options.shards, usize::from(*workers))?;
            println!("{:<32} {wall:>8.2}", format!("  {workers} workers, together"));
            println!("{:<32} {:>8.2}", "  / one piece", wall / one_piece);
            let first = *first.get_or_insert(wall);
            println!("{:<32} {:>8.2}", format!("  / {} workers", options.workers[0]), wall / first);
            self.check_equal(&whole)?;
        }
        Ok(())
    }

    /// Asserts that the joined result and all files beside it have the bytes of the run in one piece.
    fn check_equal(&self, whole: &Path) -> Result<()> {
        let joined = self.joined();
        for ending in ["", ".tbi", ".summary.json", ".idx"] {
            let [left, right] =
                [whole, &joined].map(|path| PathBuf::from(format!("{}{ending}", path.display())));
            let status = Command::new("cmp").arg(&left).arg(&right).status()?;
            ensure!(status.success(), "{} and {} differ", left.display(), right.display());
        }
        Ok(())
    }

    /// Plans, annotates the shards with some workers, and joins them; returns the wall time of all.
    fn in_shards(&self, mode: &str, shards: u32, workers: usize) -> Result<f64> {
        let folder = self.workspace.work.join("shards");
        // An earlier run may have left files.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        let plan = folder.join("plan");
        let count = shards.to_string();
        let planned = measure(&mut self.engine(0, &["plan", "--shards", &count], mode, &plan))?;
        print(&format!("{mode}, {workers} workers, plan"), planned);
        let lines = fs::read_to_string(plan.join("shards.jsonl"))?;
        let numbers: Vec<usize> = (0..lines.lines().count()).collect();
        let next = AtomicUsize::new(0);
        let clock = Instant::now();
        let work = |processor| {
            let mut all = Vec::new();
            while let Some(number) = numbers.get(next.fetch_add(1, Ordering::Relaxed)) {
                all.extend(self.annotate_shard(mode, &folder, *number, processor)?);
            }
            Ok::<_, anyhow::Error>(all)
        };
        let work = &work;
        let annotated = thread::scope(|scope| {
            let workers: Vec<_> =
                (0..workers).map(|worker| scope.spawn(move || work(worker))).collect();
            let ended = workers.into_iter().map(|worker| match worker.join() {
                Ok(usages) => usages,
                Err(_) => bail!("a worker panicked"),
            });
            Ok::<_, anyhow::Error>(ended.collect::<Result<Vec<_>>>()?.concat())
        })?;
        let wall = clock.elapsed().as_secs_f64();
        print(&format!("  {} shards with their indexes", numbers.len()), all_of(&annotated, wall));
        // As in the service, no records are copied, and both steps run at the same time, if there is another processor.
        let outputs: Vec<_> = numbers.iter().map(|number| output(&folder, *number)).collect();
        let frame = folder.join("frame.gz");
        let mut joining = self.engine(0, &["join"], mode, &frame);
        joining.args(&outputs).arg("--plan").arg(&plan);
        joining.arg("--upload-parts").arg(folder.join("parts"));
        let joined = self.joined();
        let mut merging = self.index_builder(workers.min(2) - 1);
        merging.arg("--merge").args(outputs.iter().map(|output| index_of(output)));
        merging.arg("--out").arg(index_of(&joined));
        let clock = Instant::now();
        let (join, merged) = at_once(|| measure(&mut joining), || measure(&mut merging))?;
        let last = clock.elapsed().as_secs_f64();
        print("  join", join);
        print("  merge of the indexes, meanwhile", merged);
        let mut whole = self.engine(0, &["join"], mode, &joined);
        run(whole.args(&outputs).arg("--plan").arg(&plan))?;
        Ok(planned.wall + wall + last)
    }

    /// Annotates a shard and builds its index for the explorer, as a worker does, on one processor.
    fn annotate_shard(
        &self,
        mode: &str,
        folder: &Path,
        number: usize,
        processor: usize,
    ) -> Result<[Usage; 2]> {
        let (output, plan) = (output(folder, number), folder.join("plan"));
        let arguments = ["annotate-shard", "--shard", &number.to_string()];
        let mut command = self.engine(processor, &arguments, mode, &output);
        let annotated = measure(command.arg("--plan").arg(&plan))?;
        // The index is that of the result's header and the records.
        let whole = output.with_added_extension("whole");
        let mut file = File::create(&whole)?;
        for part in [&output.with_added_extension("header"), &output] {
            io::copy(&mut File::open(part)?, &mut file)?;
        }
        let mut command = self.index_builder(processor);
        let indexed = measure(command.arg(&whole).arg(index_of(&output)))?;
        fs::remove_file(&whole)?;
        Ok([annotated, indexed])
    }

    fn joined(&self) -> PathBuf {
        self.workspace.work.join("joined.vcf.gz")
    }

    /// A command of the engine with one thread, on one processor.
    fn engine(&self, processor: usize, arguments: &[&str], mode: &str, out: &Path) -> Command {
        let mut command = on_processor(processor, &self.workspace.binary);
        command.args(arguments).arg(&self.input).args(["--mode", mode]);
        command.args(["--threads", "1", "--reference"]).arg(&self.workspace.bundle);
        command.arg("--out").arg(out);
        command
    }

    fn index_builder(&self, processor: usize) -> Command {
        on_processor(processor, &self.indexer)
    }
}

/// A program that runs on one processor only (taskset(1) of util-linux).
fn on_processor(processor: usize, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", &processor.to_string()]).arg(program);
    command
}

/// The records of a shard.
fn output(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("{number}.gz"))
}

/// The index for the explorer beside a file.
fn index_of(path: &Path) -> PathBuf {
    path.with_added_extension("idx")
}

/// The sum of CPU times, and the largest memory of one process.
fn all_of(usages: &[Usage], wall: f64) -> Usage {
    let largest =
        |value: fn(&Usage) -> f64| usages.iter().map(value).fold(0.0, |one: f64, two| one.max(two));
    Usage {
        cpu: usages.iter().map(|usage| usage.cpu).sum(),
        wall,
        rss_mib: largest(|usage| usage.rss_mib),
        own_mib: largest(|usage| usage.own_mib),
    }
}

/// The reference of the genome, which is built once.
fn genome_workspace(files: &Path, work: PathBuf, binary: PathBuf) -> Result<Workspace> {
    fs::create_dir_all(&work)?;
    let (gff, fasta) = (files.join("genome.gff3"), files.join("genome.fa"));
    let bundle = work.join("bundle");
    if !bundle.join("manifest.json").exists() {
        step("building the reference", || {
            build_reference(&binary, "bench", &gff, &fasta, &bundle)
        })?;
    }
    Ok(Workspace { work, binary, bundle, gff, fasta })
}

fn generate(workspace: &Workspace, options: &LargeOptions, input: &Path) -> Result<()> {
    let genome = Genome::read(&workspace.gff, &workspace.fasta)?;
    let [sites, text] = ["sites.vcf", "cohort.vcf"].map(|name| workspace.work.join(name));
    simulate(&genome, options.records, 1, &sites)?;
    let fields = if options.genotypes_only { SampleFields::Genotypes } else { SampleFields::All };
    add_samples(&sites, options.samples, fields, 1, &text)?;
    println!("{:.1} MiB of text", mib(&text)?);
    fs::remove_file(&sites)?;
    reblock(workspace, &text, input)
}

/// Compresses a text with BGZF, and deletes it.
fn reblock(workspace: &Workspace, text: &Path, to: &Path) -> Result<()> {
    let limits = ["--max-bytes", "1099511627776"];
    let mut command = Command::new(&workspace.binary);
    run(command.arg("reblock").arg(text).arg("--out").arg(to).args(limits))?;
    fs::remove_file(text).context("cannot remove the text")
}

fn mib(path: &Path) -> Result<f64> {
    Ok(fs::metadata(path)?.len() as f64 / f64::from(1 << 20))
}

fn print(name: &str, usage: Usage) {
    let Usage { cpu, wall, rss_mib, own_mib } = usage;
    println!("{name:<32} {wall:>8.2} {cpu:>8.2} {rss_mib:>9.0} {own_mib:>9.0}");
}
