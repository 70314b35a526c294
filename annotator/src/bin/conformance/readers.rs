//! Other programs read what the engine writes: bcftools and tabix, if they are installed, on the
//! results of the irregular files in the data folder.

use crate::{Args, FULL};
use anyhow::Context;
use gas_annotate::annotation_format::AnnotationFormat;
use gas_annotate::csq::CsqOptions;
use gas_annotate::pipeline::{Mode, Options, annotate_file};
use gas_annotate::reference::Reference;
use gas_annotate::vcf::write_index;
use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::AtomicBool;

/// The results that were read.
#[derive(Debug, Default)]
pub(crate) struct Score {
    read: usize,
    /// What the programs say about the others.
    problems: Vec<String>,
}

impl Score {
    pub(crate) fn passes(&self) -> bool {
        self.problems.is_empty()
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} results read", self.read)?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n{problem}"))
    }
}

/// Annotates every irregular file that the engine accepts, in every format, and reads the results.
/// `None` if a program is not installed.
pub(crate) fn check(args: &Args, reference: &Path) -> anyhow::Result<Option<Score>> {
    let installed = |program| Command::new(program).arg("--version").output().is_ok();
    if !installed("bcftools") || !installed("tabix") {
        return Ok(None);
    }
    let reference = Reference::open(reference)?;
    let output = args.work.join("readers.vcf.gz");
    let modes = [FULL, Mode::Full(AnnotationFormat::Ann), Mode::Csq(CsqOptions::default())];
    let mut score = Score::default();
    for folder in fs::read_dir(args.data.join("cases"))? {
        for input in fs::read_dir(folder?.path())? {
            let input = input?.path();
            if input.file_stem().is_none_or(|name| !name.to_string_lossy().starts_with("input")) {
                continue;
            }
            for mode in modes {
                let options = Options { mode, max_mismatch_percent: 100.0, ..Options::default() };
                let never = AtomicBool::new(false);
                let run = annotate_file(&input, &output, &reference, &options, &never, &|_| {});
                let Ok(outcome) = run else { continue };
                // bcftools rejects samples with the same name, about which the engine warns.
                if outcome.warnings.iter().any(|warning| warning.contains("samples: sample")) {
                    continue;
                }
                match read(&output, outcome.counts.records) {
                    Ok(()) => score.read += 1,
                    Err(problem) => {
                        let name = input.display();
                        score.problems.push(format!("{name}, {}: {problem:#}", mode.key()));
                    }
                }
            }
        }
    }
    Ok(Some(score))
}

/// Reads a result with bcftools, and all its contigs with tabix.
fn read(result: &Path, records: u64) -> anyhow::Result<()> {
    let index = write_index(result).context("no index")?;
    let whole = lines(Command::new("bcftools").args(["view", "-H"]).arg(result))?;
    anyhow::ensure!(whole.len() as u64 == records, "bcftools reads {} records", whole.len());
    let contigs = lines(Command::new("tabix").arg("--list-chroms").arg(result))?;
    // Without a region tabix would make an index.
    let by_contig = if contigs.is_empty() {
        Vec::new()
    } else {
        lines(Command::new("tabix").arg(result).args(&contigs))?
    };
    anyhow::ensure!(by_contig.len() as u64 == records, "tabix finds {} records", by_contig.len());
    // The next result may have an index in the other format.
    fs::remove_file(index)?;
    Ok(())
}

/// The lines that a program prints. An error is what it prints about one.
fn lines(command: &mut Command) -> anyhow::Result<Vec<String>> {
    let output = command.output().context("cannot run the program")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    let error = errors.lines().find(|line| line.starts_with("[E::"));
    anyhow::ensure!(output.status.success() && error.is_none(), "{}", errors.trim());
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}
