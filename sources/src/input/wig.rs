//! Reads a score for each position: wiggle files, as phyloP has them (wigFix), and bigWig files.
//! <https://genome.ucsc.edu/goldenPath/help/wiggle.html>

use super::lines::Lines;
use super::recipe::Recipe;
use super::rows::{AddRowError, RowSink};
use super::{InputError, at_line, line_error};
use crate::row::Value;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The first bytes of a bigWig file, in both byte orders.
const BIG_WIG: [[u8; 4]; 2] = [[0x26, 0xfc, 0x8f, 0x88], [0x88, 0x8f, 0xfc, 0x26]];

/// Reads a file. The format is detected by the first bytes.
pub(super) fn read(path: &Path, recipe: &Recipe, sink: &mut RowSink<'_>) -> Result<(), InputError> {
    let error = |error| InputError::File(path.to_owned(), error);
    let mut magic = Vec::new();
    File::open(path).and_then(|file| file.take(4).read_to_end(&mut magic)).map_err(error)?;
    if BIG_WIG.iter().any(|expected| magic == expected) {
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
        if value == Value::Missing || !sink.contig(contig, (*span).into()).map_err(&error)? {
            continue;
        }
        for position in start..start.saturating_add(*span) {
            sink.place(position, position, &[value]).map_err(&error)?;
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

/// Reads a bigWig file, which this program cannot.
#[cfg(not(feature = "bigwig"))]
fn big_wig(path: &Path, _: &Recipe, _: &mut RowSink<'_>) -> Result<(), InputError> {
    let reason = "this program cannot read bigWig files; use bigWigToWig";
    Err(InputError::Rows(format!("{}: {reason}", path.display())))
}

/// Reads a bigWig file. Its values are 32-bit floating-point numbers, which are rounded to the decimals of the column.
#[cfg(feature = "bigwig")]
fn big_wig(path: &Path, recipe: &Recipe, sink: &mut RowSink<'_>) -> Result<(), InputError> {
    use crate::metadata::ColumnKind;

    let failed =
        |error: &dyn std::fmt::Display| InputError::Rows(format!("{}: {error}", path.display()));
    let decimals = match recipe.columns.first().map(|input| input.column.kind) {
        Some(ColumnKind::Decimal { decimals }) => decimals,
        Some(ColumnKind::Integer) => 0,
        _ => return Err(failed(&"the column of a bigWig file has numbers")),
    };
    let factor = 10f64.powi(decimals.into());
    let added = |error| match error {
        AddRowError::Build(error) => InputError::Build(error),
        AddRowError::Reason(reason) => failed(&reason),
    };
    let mut file = bigtools::BigWigRead::open_file(path).map_err(|error| failed(&error))?;
    let contigs: Vec<(String, u32)> =
        file.chroms().iter().map(|contig| (contig.name.clone(), contig.length)).collect();
    for (name, length) in contigs {
        // Blocks are read one after the other.
        let values = file.get_interval(&name, 0, length).map_err(|error| failed(&error))?;
        for value in values {
            let value = value.map_err(|error| failed(&error))?;
            if !value.value.is_finite() || !sink.contig(name.as_bytes(), 1).map_err(added)? {
                continue;
            }
            let scaled = (f64::from(value.value) * factor).round() as i64;
            for position in value.start..value.end {
                let position = position.saturating_add(1);
                sink.place(position, position, &[Value::Integer(scaled)]).map_err(added)?;
            }
        }
    }
    Ok(())
}
