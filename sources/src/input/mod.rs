//! Builds source files from VCF, BED and other tables, as a [`Recipe`] describes.

mod big_wig;
mod lines;
mod pending;
mod recipe;
mod rows;
mod table;
mod value;
mod vcf;
mod wig;

pub use recipe::{ColumnInput, InputFormat, Only, Recipe, RecipeError, SourceFields, TableFormat};
pub use rows::{BuildSummary, Genome, GenomeContig};

use crate::error::BuildError;
use rows::{AddRowError, RowSink};
use std::io;
use std::path::{Path, PathBuf};

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

/// Builds a source from sorted files, such as one for each chromosome. Without a genome, contigs have the names
/// of the input.
///
/// # Errors
/// [`InputError`]. The output file does not appear then.
pub fn build_source(
    recipe: &Recipe,
    inputs: &[PathBuf],
    output: &Path,
    genome: Option<&dyn Genome>,
) -> Result<BuildSummary, InputError> {
    let mut sink = RowSink::new(recipe, output, genome)?;
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
