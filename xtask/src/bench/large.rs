//! `./gas bench large`: annotates a cohort in one piece and in shards, each with one thread. The results must be equal.

use super::annotate::{Workspace, prepare};
use super::measure::{Usage, measure};
use super::simulate::{Genome, add_samples, simulate};
use crate::paths::Paths;
use crate::step::{run, step};
use anyhow::{Context, Result, ensure};
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

/// Options of `bench large`.
#[derive(Args)]
pub(crate) struct LargeOptions {
    /// The records of the generated file.
    #[arg(long, default_value_t = 30_000)]
    records: usize,
    /// Its samples.
    #[arg(long, default_value_t = 2504)]
    samples: usize,
    /// The numbers of shards. Two of them run at once.
    #[arg(long, value_delimiter = ',', default_values_t = [2, 25])]
    shards: Vec<u32>,
    /// The folder that contains `chr20/`.
    #[arg(long, default_value = "../shared/data")]
    data: PathBuf,
    /// The folder for the files [default: a folder in the target folder].
    #[arg(long)]
    work: Option<PathBuf>,
}

/// Runs the benchmark and prints its figures.
pub(super) fn large(paths: &Paths, options: &LargeOptions) -> Result<()> {
    let workspace = prepare(paths, options.work.as_deref(), &options.data, None)?;
    let input = workspace.work.join("cohort.vcf.gz");
    step("generating the cohort", || generate(&workspace, options, &input))?;
    println!(
        "{} records, {} samples, {:.1} MiB bgzipped\n{:<28} {:>8} {:>8} {:>9}",
        options.records,
        options.samples,
        mib(&input)?,
        "one thread",
        "wall s",
        "CPU s",
        "RSS MiB"
    );
    for mode in ["full", "csq"] {
        let whole = workspace.work.join("whole.vcf.gz");
        let mut command = workspace.command(&["annotate"], mode, &input, &whole);
        let one = measure(command.arg("--index"))?;
        print(&format!("{mode}, one piece"), one);
        for shards in &options.shards {
            let all = in_shards(&workspace, mode, *shards, &input)?;
            println!("  wall time / one piece: {:.2}", all / one.wall);
            let joined = workspace.work.join("joined.vcf.gz");
            for ending in ["", ".tbi", ".summary.json"] {
                let read = |path: &Path| {
                    let path = PathBuf::from(format!("{}{ending}", path.display()));
                    fs::read(&path).with_context(|| path.display().to_string())
                };
                ensure!(read(&whole)? == read(&joined)?, "the files {ending} differ");
            }
        }
    }
    Ok(())
}

/// Plans, annotates two shards at once, and joins; returns the wall time of all.
fn in_shards(workspace: &Workspace, mode: &str, shards: u32, input: &Path) -> Result<f64> {
    let folder = workspace.work.join("shards");
    // An earlier run may have left files.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let plan = folder.join("plan");
    let mut command =
        workspace.command(&["plan", "--shards", &shards.to_string()], mode, input, &plan);
    let planned = measure(&mut command)?;
    print(&format!("{mode}, plan of {shards}"), planned);
    let lines = fs::read_to_string(plan.join("shards.jsonl"))?;
    let numbers: Vec<usize> = (0..lines.lines().count()).collect();
    let output = |number: usize| folder.join(format!("{number}.gz"));
    let annotate = |number: usize| {
        let arguments = ["annotate-shard", "--shard", &number.to_string()];
        let mut command = workspace.command(&arguments, mode, input, &output(number));
        measure(command.arg("--plan").arg(&plan))
    };
    let mut wall = 0.0;
    let mut largest = Usage { cpu: 0.0, wall: 0.0, rss_mib: 0.0 };
    for pair in numbers.chunks(2) {
        let usages = thread::scope(|scope| {
            let runs = pair.iter().map(|number| scope.spawn(|| annotate(*number)));
            let runs: Vec<_> = runs.collect();
            let ended = runs.into_iter().map(|run| run.join().expect("the measurement panicked"));
            ended.collect::<Result<Vec<Usage>>>()
        })?;
        wall += usages.iter().map(|usage| usage.wall).fold(0.0, f64::max);
        for usage in usages {
            largest.cpu += usage.cpu;
            largest.rss_mib = largest.rss_mib.max(usage.rss_mib);
        }
    }
    print(&format!("{mode}, {} shards, two at once", numbers.len()), Usage { wall, ..largest });
    let mut command =
        workspace.command(&["join"], mode, input, &workspace.work.join("joined.vcf.gz"));
    let joined =
        measure(command.args(numbers.iter().map(|n| output(*n))).arg("--plan").arg(&plan))?;
    print(&format!("{mode}, join"), joined);
    Ok(planned.wall + wall + joined.wall)
}

impl Workspace {
    fn command(&self, arguments: &[&str], mode: &str, input: &Path, out: &Path) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).arg(input).args(["--mode", mode, "--threads", "1"]);
        command.arg("--reference").arg(&self.bundle).arg("--out").arg(out);
        command
    }
}

fn generate(workspace: &Workspace, options: &LargeOptions, input: &Path) -> Result<()> {
    let genome = Genome::read(&workspace.gff, &workspace.fasta)?;
    let [sites, text] = ["sites.vcf", "cohort.vcf"].map(|name| workspace.work.join(name));
    simulate(&genome, options.records, 1, &sites)?;
    add_samples(&sites, options.samples, 1, &text)?;
    run(Command::new(&workspace.binary).arg("reblock").arg(&text).arg("--out").arg(input))?;
    [sites, text].iter().try_for_each(fs::remove_file).context("cannot remove a file")
}

fn mib(path: &Path) -> Result<f64> {
    Ok(fs::metadata(path)?.len() as f64 / f64::from(1 << 20))
}

fn print(name: &str, usage: Usage) {
    println!("{name:<28} {:>8.2} {:>8.2} {:>9.0}", usage.wall, usage.cpu, usage.rss_mib);
}
