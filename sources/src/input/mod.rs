//! Builds source files from VCF, BED and other tables, as a [`Recipe`] describes.

mod big_wig;
mod lines;
mod pending;
mod read_ahead;
mod recipe;
mod rows;
mod table;
mod value;
mod vcf;
mod wig;

pub use recipe::{ColumnInput, InputFormat, Only, Recipe, RecipeError, SourceFields, TableFormat};
pub use rows::{BuildSummary, Genome, GenomeContig};

use crate::builder::{ContigWriter, SourceBuilder, SourcePart};
use crate::error::BuildError;
use rows::{AddRowError, Counts, RowSink};
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Why a source cannot be built from its input.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// A file cannot be read.
    #[error("{0}")]
    File(PathBuf, #[source] io::Error),
    /// A line cannot be used.
    #[error("{path}, line {line}: {reason}", path = .path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The reason, with the column or field.
        reason: String,
    },
    /// The rows cannot be used.
    #[error("{0}")]
    Rows(String),
    /// The source cannot be written.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The alleles of the source need the bases of the genome.
    #[error("alleles are matched in their minimal form, so the reference sequence is needed")]
    NeedsGenome,
    /// Many alleles have other bases than the genome.
    #[error(
        "{differing} of {compared} REF alleles differ from the reference sequence; is the input of another assembly?"
    )]
    OtherAssembly {
        /// The alleles that differ.
        differing: u64,
        /// The alleles that were compared.
        compared: u64,
    },
}

/// Builds a source from sorted files, such as one for each chromosome, on several threads if there are several files. Without a
/// genome, contigs have the names of the input. The bytes of the source do not depend on the number of threads.
///
/// # Errors
/// [`InputError`]. The output file does not appear then.
pub fn build_source(
    recipe: &Recipe,
    inputs: &[PathBuf],
    output: &Path,
    genome: Option<&dyn Genome>,
    threads: usize,
) -> Result<BuildSummary, InputError> {
    if recipe.source.matching.is_minimized() && genome.is_none() {
        return Err(InputError::NeedsGenome);
    }
    let mut builder = SourceBuilder::create(output, recipe.description())?;
    let at_once = if recipe.has_sorted_rows() { threads.min(inputs.len()) } else { 1 };
    let parts =
        if at_once > 1 { read_in_parallel(recipe, inputs, output, genome, at_once)? } else { None };
    let counts = match parts {
        Some((parts, counts)) => {
            parts.into_iter().try_for_each(|part| builder.append(part))?;
            counts
        }
        None => read(recipe, inputs, builder.contigs_mut(), genome)?,
    };
    let summary = counts.check()?;
    Ok(BuildSummary { rows: builder.finish()?, ..summary })
}

/// Reads each file on one of several threads into a part. `None` if a contig is in two files, which are then read one after the other.
fn read_in_parallel(
    recipe: &Recipe,
    inputs: &[PathBuf],
    output: &Path,
    genome: Option<&dyn Genome>,
    threads: usize,
) -> Result<Option<(Vec<SourcePart>, Counts)>, InputError> {
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let read_one = |path: &PathBuf| {
        let mut part = SourcePart::create(output, recipe.description())?;
        let counts = read(recipe, std::slice::from_ref(path), part.contigs_mut(), genome)?;
        Ok::<_, InputError>((part, counts))
    };
    let work = || {
        let mut results = Vec::new();
        while !failed.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = inputs.get(number) else { break };
            let result = read_one(path);
            failed.fetch_or(result.is_err(), Ordering::Relaxed);
            results.push((number, result));
        }
        results
    };
    let mut results: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .flat_map(|thread| match thread.join() {
                Ok(results) => results,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    });
    results.sort_by_key(|(number, _)| *number);
    let (mut parts, mut counts, mut names) = (Vec::new(), Counts::default(), HashSet::new());
    for (_, result) in results {
        let (mut part, counted) = result?;
        if !part.contigs_mut().names().all(|name| names.insert(name.to_owned())) {
            return Ok(None);
        }
        counts.add(&counted);
        parts.push(part);
    }
    Ok(Some((parts, counts)))
}

/// Reads files one after the other.
fn read(
    recipe: &Recipe,
    inputs: &[PathBuf],
    out: &mut ContigWriter,
    genome: Option<&dyn Genome>,
) -> Result<Counts, InputError> {
    let mut sink = RowSink::new(recipe, out, genome);
    for path in inputs {
        match &recipe.input {
            InputFormat::Vcf => vcf::read(path, recipe, &mut sink)?,
            InputFormat::Bed => table::read(path, &TableFormat::bed(), recipe, &mut sink)?,
            InputFormat::Table(format) => table::read(path, format, recipe, &mut sink)?,
            InputFormat::Wig => wig::read(path, recipe, &mut sink)?,
        }
    }
    sink.finish()
}

/// Gives an error the line that it is about.
fn at_line(path: &Path, line: u64) -> impl Fn(AddRowError) -> InputError {
    move |error| match error {
        AddRowError::Build(BuildError::Row(error)) => line_error(path, line, error.to_string()),
        AddRowError::Build(error @ (BuildError::ContigAgain(_) | BuildError::NoContig)) => {
            line_error(path, line, error.to_string())
        }
        AddRowError::Build(error) => error.into(),
        AddRowError::Reason(reason) => line_error(path, line, reason),
    }
}

fn line_error(path: &Path, line: u64, reason: impl Into<String>) -> InputError {
    InputError::Line { path: path.to_owned(), line, reason: reason.into() }
}
