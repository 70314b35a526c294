//! Reads tables: BED, TSV and CSV.

use super::recipe::{Recipe, TableFormat};
use super::rows::{AddRowError, RowSink};
use super::{InputError, at_line, line_error, lines};
use crate::metadata::Matching;
use crate::row::Value;
use csv::ByteRecord;
use std::path::Path;

impl TableFormat {
    /// The columns of BED files (<https://samtools.github.io/hts-specs/BEDv1.pdf>).
    pub(super) fn bed() -> Self {
        let column = |number: &str| Some(number.to_owned());
        Self {
            separator: '\t',
            header: false,
            contig: column("1"),
            position: column("2"),
            end: column("3"),
            reference: None,
            alt: None,
            gene: None,
            zero_based: true,
            unsorted: false,
            repeated_genes: false,
            only: Vec::new(),
        }
    }
}

/// The numbers of the columns, from 0.
struct Columns {
    contig: Option<usize>,
    position: Option<usize>,
    end: Option<usize>,
    reference: Option<usize>,
    alt: Option<usize>,
    gene: Option<usize>,
    only: Vec<(usize, Vec<u8>)>,
    values: Vec<usize>,
}

impl Columns {
    fn new(format: &TableFormat, recipe: &Recipe, header: &[&[u8]]) -> Result<Self, String> {
        let find = |field: &String| {
            let named = header.iter().position(|name| *name == field.as_bytes());
            let numbered = || field.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            named.or_else(numbered).ok_or_else(|| format!("the header has no column {field:?}"))
        };
        let optional = |field: &Option<String>| field.as_ref().map(find).transpose();
        Ok(Self {
            contig: optional(&format.contig)?,
            position: optional(&format.position)?,
            end: optional(&format.end)?,
            reference: optional(&format.reference)?,
            alt: optional(&format.alt)?,
            gene: optional(&format.gene)?,
            only: (format.only.iter())
                .map(|only| Ok((find(&only.field)?, only.equals.clone().into_bytes())))
                .collect::<Result<_, String>>()?,
            values: recipe
                .columns
                .iter()
                .map(|input| find(&input.field))
                .collect::<Result<_, _>>()?,
        })
    }
}

/// Reads a file.
pub(super) fn read(
    path: &Path,
    format: &TableFormat,
    recipe: &Recipe,
    sink: &mut RowSink<'_>,
) -> Result<(), InputError> {
    let separator = u8::try_from(format.separator).unwrap_or(b'\t');
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        // Texts between tabs can contain single quotation marks.
        .quoting(separator != b'\t')
        .from_reader(lines::open(path)?);
    let mut columns = None;
    let mut record = ByteRecord::new();
    loop {
        let read = reader.read_byte_record(&mut record);
        let line = record.position().map_or(0, csv::Position::line);
        let read = read.map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(error) => InputError::File(path.to_owned(), error),
            other => line_error(path, line, format!("{other:?}")),
        })?;
        if !read {
            return Ok(());
        }
        let first = record.get(0).unwrap_or_default();
        let at_line = at_line(path, line);
        let columns: &Columns = match &mut columns {
            Some(columns) => {
                if first.starts_with(b"#") {
                    continue;
                }
                columns
            }
            none => {
                let is_header = format.header && !first.starts_with(b"##") && record.len() > 1;
                let is_comment = first.starts_with(b"#") || is_browser_line(first);
                if is_comment && !is_header {
                    continue;
                }
                let mut names: Vec<&[u8]> =
                    if is_header { record.iter().collect() } else { Vec::new() };
                if let Some(first) = names.first_mut() {
                    *first = first.strip_prefix(b"#").unwrap_or(first);
                }
                let found = Columns::new(format, recipe, &names).map_err(AddRowError::Reason);
                let found = none.insert(found.map_err(&at_line)?);
                if is_header {
                    continue;
                }
                found
            }
        };
        row(&record, format, recipe, columns, sink).map_err(at_line)?;
    }
}

/// Lines for genome browsers in BED files.
fn is_browser_line(first: &[u8]) -> bool {
    [&b"track"[..], b"browser"]
        .into_iter()
        .any(|word| first.strip_prefix(word).is_some_and(|rest| matches!(rest, [] | [b' ', ..])))
}

fn row(
    record: &ByteRecord,
    format: &TableFormat,
    recipe: &Recipe,
    columns: &Columns,
    sink: &mut RowSink<'_>,
) -> Result<(), AddRowError> {
    let text = |column: usize| {
        let missing = || AddRowError::Reason(format!("the line has no column {}", column + 1));
        record.get(column).ok_or_else(missing)
    };
    let needed = |column: Option<usize>| text(column.unwrap_or(usize::MAX - 1));
    for (column, expected) in &columns.only {
        if text(*column)? != expected {
            return Ok(());
        }
    }
    let values = columns.values.iter().zip(&recipe.columns);
    let values =
        values.map(|(column, input)| input.value(text(*column)?).map_err(AddRowError::Reason));
    let values: Vec<Value<'_>> = values.collect::<Result<_, _>>()?;
    let matching = recipe.source.matching;
    if matching == Matching::Gene {
        return sink.gene(needed(columns.gene)?, &values, format.repeated_genes);
    }
    // Lists of variants on another assembly have rows without a position on this one.
    if matches!(needed(columns.position)?, b"" | b"." | b"NA") {
        sink.without_position();
        return Ok(());
    }
    let position = |column: Option<usize>| {
        let digits = needed(column)?;
        let number = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse::<u32>().ok());
        let shown = || String::from_utf8_lossy(&digits[..digits.len().min(40)]).into_owned();
        number.ok_or_else(|| AddRowError::Reason(format!("{:?} is not a position", shown())))
    };
    let start = position(columns.position)?.saturating_add(format.zero_based.into());
    if format.unsorted {
        let end = if matching == Matching::Overlap { position(columns.end)? } else { start };
        return sink.place_unsorted(needed(columns.contig)?, start, end, &values);
    }
    if !sink.contig(needed(columns.contig)?, 1)? {
        return Ok(());
    }
    if matching.has_alleles() {
        return sink.allele(start, needed(columns.reference)?, needed(columns.alt)?, &values);
    }
    let end = if matching == Matching::Overlap { position(columns.end)? } else { start };
    // An empty region, which BED allows, overlaps nothing.
    if end < start && format.zero_based && end + 1 == start {
        return Ok(());
    }
    sink.place(start, end, &values)
}
