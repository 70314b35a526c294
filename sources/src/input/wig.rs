//! Reads a score for each position: wiggle files, as phyloP has them (wigFix), and bigWig files.
//! <https://genome.ucsc.edu/goldenPath/help/wiggle.html>

use super::big_wig::{BigWig, is_big_wig};
use super::lines::Lines;
use super::recipe::Recipe;
use super::rows::{AddRowError, RowSink};
use super::{InputError, at_line, line_error};
use crate::metadata::ColumnKind;
use crate::row::Value;
use std::io;
use std::path::Path;

/// Reads a file. The format is detected by the first bytes.
pub(super) fn read(path: &Path, recipe: &Recipe, sink: &mut RowSink<'_>) -> Result<(), InputError> {
    let error = |error| InputError::File(path.to_owned(), error);
    if is_big_wig(path).map_err(error)? {
        return big_wig(path, recipe, sink);
    }
    wiggle(path, recipe, sink)
}

/// The declaration that the values of a wiggle file follow.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Declaration {
    /// `fixedStep chrom=chr1 start=10918 step=1`: a value a line.
    Fixed {
        /// The position of the next value.
        next: u32,
        /// The distance of the positions of two values.
        step: u32,
    },
    /// `variableStep chrom=chr1`: a position and a value a line.
    Variable,
}

fn wiggle(path: &Path, recipe: &Recipe, sink: &mut RowSink<'_>) -> Result<(), InputError> {
    let column = recipe.columns.first();
    let column = column.ok_or_else(|| line_error(path, 0, "the recipe has no column"))?;
    let mut lines = Lines::open(path)?;
    let mut current: Option<(Declaration, Vec<u8>, u32)> = None;
    loop {
        let number = lines.number + 1;
        let Some(line) = lines.next()? else { return Ok(()) };
        let error = at_line(path, number);
        let reason = |text: &str| error(AddRowError::Reason(text.to_owned()));
        let line = line.trim_ascii();
        let starts_with = |word: &&[u8]| line.starts_with(word);
        if line.is_empty() || [&b"#"[..], b"track", b"browser"].iter().any(starts_with) {
            continue;
        }
        if [&b"fixedStep"[..], b"variableStep"].iter().any(starts_with) {
            current = Some(declaration(line).map_err(|text| reason(&text))?);
            continue;
        }
        let Some((declaration, contig, span)) = &mut current else {
            return Err(reason("a value precedes the first fixedStep or variableStep"));
        };
        let (start, text) = match declaration {
            Declaration::Fixed { next, step } => {
                let start = *next;
                *next = start.saturating_add(*step);
                (start, line)
            }
            Declaration::Variable => {
                let at = line.iter().position(u8::is_ascii_whitespace);
                let (position, text) = line.split_at(at.unwrap_or(line.len()));
                let position =
                    std::str::from_utf8(position).ok().and_then(|text| text.parse().ok());
                (position.ok_or_else(|| reason("the line has no position"))?, text.trim_ascii())
            }
        };
        let value = column.value(text).map_err(|text| reason(&text))?;
        if value != Value::Missing && sink.contig(contig, (*span).into()).map_err(&error)? {
            sink.positions(start..start.saturating_add(*span), &[value]).map_err(&error)?;
        }
    }
}

/// Reads a declaration; also its contig, and the number of positions that each value is about.
fn declaration(line: &[u8]) -> Result<(Declaration, Vec<u8>, u32), String> {
    let text = std::str::from_utf8(line).map_err(|_| "the line is not text")?;
    let mut words = text.split_ascii_whitespace();
    let kind = words.next().unwrap_or_default();
    let (mut contig, mut start, mut step, mut span) = (None, None, 1, 1);
    for word in words {
        let (key, value) = word.split_once('=').ok_or_else(|| format!("{word:?} has no value"))?;
        let number = || {
            let number = value.parse::<u32>().ok().filter(|number| *number > 0);
            number.ok_or_else(|| format!("{key}: {value:?} is not a positive number"))
        };
        match key {
            "chrom" => contig = Some(value.as_bytes().to_vec()),
            "start" => start = Some(number()?),
            "step" => step = number()?,
            "span" => span = number()?,
            _ => return Err(format!("{key} is unknown")),
        }
    }
    let contig = contig.ok_or("chrom is missing")?;
    let declaration = match kind {
        "fixedStep" if step < span => return Err("the values overlap: span exceeds step".into()),
        "fixedStep" => Declaration::Fixed { next: start.ok_or("start is missing")?, step },
        "variableStep" => Declaration::Variable,
        _ => return Err(format!("{kind:?} is no declaration of a wiggle file")),
    };
    Ok((declaration, contig, span))
}

/// Reads a bigWig file. Its values are 32-bit floating-point numbers, which are rounded to the decimals of the column.
fn big_wig(path: &Path, recipe: &Recipe, sink: &mut RowSink<'_>) -> Result<(), InputError> {
    let decimals = match recipe.columns.first().map(|input| input.column.kind) {
        Some(ColumnKind::Decimal { decimals }) => decimals,
        Some(ColumnKind::Integer) => 0,
        _ => return Err(line_error(path, 0, "the column of a bigWig file has numbers")),
    };
    let factor = 10f64.powi(decimals.into());
    let read = BigWig::open(path).map_err(BigWigError::File).and_then(|file| {
        file.for_each_block(|contig, items| {
            for item in items.iter().filter(|item| item.value.is_finite()) {
                let rows = item.end.saturating_sub(item.start);
                if sink.contig(contig.as_bytes(), rows.into())? {
                    let value = Value::Integer((f64::from(item.value) * factor).round() as i64);
                    let first = item.start.saturating_add(1);
                    sink.positions(first..item.end.saturating_add(1), &[value])?;
                }
            }
            Ok(())
        })
    });
    read.map_err(|error| match error {
        BigWigError::File(error) => InputError::File(path.to_owned(), error),
        BigWigError::Row(AddRowError::Build(error)) => error.into(),
        BigWigError::Row(AddRowError::Reason(reason)) => {
            InputError::Rows(format!("{}: {reason}", path.display()))
        }
    })
}

/// Why a bigWig file cannot be used.
enum BigWigError {
    File(io::Error),
    Row(AddRowError),
}

impl From<io::Error> for BigWigError {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

impl From<AddRowError> for BigWigError {
    fn from(error: AddRowError) -> Self {
        Self::Row(error)
    }
}
