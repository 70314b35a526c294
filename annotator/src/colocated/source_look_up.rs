//! Looks an allele up in a source file: by allele, position or region, by allele and transcript, or by gene.

use super::data_set::{DataSet, EntryKey, Found, MaxFrequency, Query, keep_if_new};
use super::line_field::LineField;
use super::source_columns::{ValueFrom, WrittenColumn};
use super::source_gene::row_of_gene;
use super::source_set::OpenSource;
use crate::model::Gene;
use crate::text::{push_decimal, push_escaped};
use gas_sources::{
    ColumnKind, Damaged, Matcher, Matching, StoredRow, Value, transcripts_of, without_version,
};
use std::ops::{ControlFlow, Range};

/// The most rows of a source, or genes, whose values are written for an allele, as VEP's for custom annotations. More
/// are summarized by [`MORE`].
const MAX_ROWS: usize = 50;

/// The value that stands for those of further rows.
const MORE: &[u8] = b"...";

/// A look-up in a source. With `is_info`, the values of transcripts and genes are those of the allele, for formats without
/// fields for them. `fields` says of each column how its values are written to [`Found::line`], if they are.
pub(super) fn look_up(
    source: &OpenSource,
    is_info: bool,
    fields: Vec<Option<LineField>>,
) -> Box<dyn DataSet + '_> {
    let matcher = Matcher::new(&source.file);
    let rows = Rows { source, matcher, integers: Vec::new() };
    match source.file.description().matching {
        Matching::TranscriptAndAllele => {
            Box::new(TranscriptLookUp { rows, is_info, found: Vec::new(), text: Vec::new() })
        }
        Matching::Gene => Box::new(GeneLookUp {
            rows,
            is_info,
            contig: u32::MAX,
            genes: Vec::new(),
            text: Vec::new(),
        }),
        matching => Box::new(AlleleLookUp {
            rows,
            largest: (matching == Matching::Position).then(|| vec![None; source.columns.len()]),
            is_aligned: matching == Matching::Verbatim,
            fields,
        }),
    }
}

/// The rows of a source.
#[derive(Debug)]
struct Rows<'r> {
    source: &'r OpenSource,
    matcher: Matcher<'r>,
    /// The integers of a row, kept to reuse the memory.
    integers: Vec<Option<i64>>,
}

/// A row whose integers have been read.
struct ReadRow<'a> {
    row: StoredRow<'a>,
    integers: &'a [Option<i64>],
}

impl<'a> ReadRow<'a> {
    fn new(row: StoredRow<'a>, integers: &'a mut Vec<Option<i64>>) -> Result<Self, Damaged> {
        row.integers(integers)?;
        Ok(Self { row, integers })
    }

    fn integer(&self, column: usize) -> Option<i64> {
        self.integers.get(column).copied().flatten()
    }

    fn value(&self, column: usize, kind: ColumnKind) -> Result<Value<'a>, Damaged> {
        Ok(match (kind, self.integer(column)) {
            (ColumnKind::Text, _) => self.row.value(column)?,
            (_, None) => Value::Missing,
            (ColumnKind::Category, Some(n)) => Value::Text(self.row.category(column, n)?),
            (_, Some(value)) => Value::Integer(value),
        })
    }
}

impl Rows<'_> {
    /// The row of a gene.
    fn of_gene(&mut self, gene: &Gene) -> Result<Option<ReadRow<'_>>, Damaged> {
        let row = row_of_gene(&mut self.matcher, gene)?;
        row.map(|row| ReadRow::new(row, &mut self.integers)).transpose()
    }

    /// Calls `found` with each row about an allele, until it breaks off.
    fn of_allele(
        &mut self,
        query: &Query<'_>,
        mut found: impl FnMut(&ReadRow<'_>) -> Result<ControlFlow<()>, Damaged>,
    ) -> Result<(), Damaged> {
        let Some(contig) = self.source.contig(query.contig.number) else { return Ok(()) };
        let mut damage = Ok(());
        let integers = &mut self.integers;
        let mut found = |row: StoredRow<'_>| {
            let read = ReadRow::new(row, integers);
            read.and_then(|row| found(&row)).unwrap_or_else(|error| {
                damage = Err(error);
                ControlFlow::Break(())
            })
        };
        let is_copy = query.variant.copied().is_some()
            && self.source.file.description().matching == Matching::Overlap;
        match &query.allele {
            Some(allele) if !is_copy => {
                self.matcher.rows_of(contig, &query.contig.sequence, allele, found)?
            }
            _ => {
                let (start, end) = query.region();
                let position = |n: i32| u32::try_from(n).unwrap_or(0);
                let (start, end) = (position(start), position(end));
                let is_between_bases = query.variant.is_between_bases();
                self.matcher.overlapping(contig, (start, end), |row| {
                    let has_both =
                        || row.start() <= start && row.end().is_ok_and(|last| last >= end);
                    if is_between_bases && !has_both() {
                        return ControlFlow::Continue(());
                    }
                    found(row)
                })?;
            }
        }
        damage
    }
}

/// A source of alleles, positions or regions.
#[derive(Debug)]
struct AlleleLookUp<'r> {
    rows: Rows<'r>,
    /// Of a source by position: the largest number of each column at the positions of the allele.
    largest: Option<Vec<Option<i64>>>,
    /// Whether the values of several rows stay together: each column has one of each row, in the same order. An allele in two
    /// genes has a row of SpliceAI for each, and no score may be taken for that of the other gene.
    is_aligned: bool,
    /// By column: how its values are written where they stay, if they are.
    fields: Vec<Option<LineField>>,
}

impl DataSet for AlleleLookUp<'_> {
    fn look_up(&mut self, query: &Query<'_>, found: &mut Found<'_>) -> Result<bool, Damaged> {
        let Self { rows, largest, is_aligned, fields } = self;
        let source = rows.source;
        let has_largest = largest.is_some();
        let start = found.line.as_ref().map_or(0, |line| line.len());
        let mut count = 0usize;
        if let Some(largest) = largest {
            largest.fill(None);
        }
        rows.of_allele(query, |row| {
            count += 1;
            if let Some(largest) = largest {
                for (n, column) in source.columns.iter().enumerate() {
                    match number(column, row) {
                        Some(number) => largest[n] = largest[n].max(Some(number)),
                        None if column.is_text() => write_value(source, n, row, found)?,
                        None => {}
                    }
                }
                return Ok(ControlFlow::Continue(()));
            }
            if count > MAX_ROWS {
                for n in 0..source.columns.len() {
                    found.push(n, MORE);
                }
                return Ok(ControlFlow::Break(()));
            }
            if count == 2 {
                take_fields(fields, start, found);
                if *is_aligned {
                    fill_missing(source, found);
                }
            }
            if *is_aligned && count > 1 {
                for n in 0..source.columns.len() {
                    write_aligned(source, n, row, found)?;
                }
                return Ok(ControlFlow::Continue(()));
            }
            for (n, field) in fields.iter().enumerate() {
                if let Some(field) = field
                    && count == 1
                    && let Some(line) = &mut found.line
                {
                    // Nearly always there is one row, whose values are written where they stay.
                    let column = &source.columns[n];
                    let frequency =
                        field.write_with(line, |line| append(source, column, row, line, false))?;
                    add_frequency(column, frequency, found.max_frequency);
                } else {
                    write_value(source, n, row, found)?;
                }
            }
            Ok(ControlFlow::Continue(()))
        })?;
        if *is_aligned && count > 1 {
            found.values.iter_mut().for_each(join_equal);
        }
        for (n, number) in largest.iter().flatten().enumerate() {
            if let (Some(number), ValueFrom::Column(column)) = (number, source.columns[n].from) {
                source.file.write_value(column, Value::Integer(*number), &mut found.values[n]);
            }
        }
        if (count != 1 || has_largest)
            && let Some(line) = &mut found.line
        {
            for (value, field) in found.values.iter().zip(fields) {
                if let Some(field) = field {
                    field.write(value, line);
                }
            }
        }
        Ok(count > 0)
    }
}

/// Makes the fields of the first row, from `start` of the line on, values to which those of other rows are added.
#[cold]
fn take_fields(fields: &[Option<LineField>], start: usize, found: &mut Found<'_>) {
    let Some(line) = &mut found.line else { return };
    let mut written = &line[start..];
    for (value, field) in found.values.iter_mut().zip(fields) {
        if let Some(field) = field {
            value.extend_from_slice(field.take(&mut written));
        }
    }
    line.truncate(start);
}

/// The number of a column of a source by position, unless it is a quotient or a text.
fn number(column: &WrittenColumn, row: &ReadRow<'_>) -> Option<i64> {
    match column.from {
        ValueFrom::Column(n) if !column.is_text() => row.integer(n),
        _ => None,
    }
}

/// Adds the value of a column of a row.
#[inline]
fn write_value(
    source: &OpenSource,
    number: usize,
    row: &ReadRow<'_>,
    found: &mut Found<'_>,
) -> Result<(), Damaged> {
    let column = &source.columns[number];
    if column.is_identifier() {
        let list = &mut *found.identifiers;
        let start = list.len();
        if append(source, column, row, list, start > 0)?.is_some() {
            let first = start + usize::from(start > 0);
            *found.in_dbsnp |= list[first..].starts_with(b"rs");
            keep_if_new(list, start, b'&');
        }
        return Ok(());
    }
    let list = &mut found.values[number];
    let start = list.len();
    let frequency = append(source, column, row, list, start > 0)?;
    keep_if_new(list, start, b'&');
    add_frequency(column, frequency, found.max_frequency);
    Ok(())
}

/// The value of a row in a list with a value of each row, if the row has none.
const MISSING: &[u8] = b".";

/// Writes the missing values of the first of several rows.
#[cold]
fn fill_missing(source: &OpenSource, found: &mut Found<'_>) {
    for (column, values) in source.columns.iter().zip(found.values.iter_mut()) {
        if values.is_empty() && !column.is_identifier() {
            values.extend_from_slice(MISSING);
        }
    }
}

/// Adds the value of a column of a row after those of the rows before, also if it is missing or equal to one of them.
fn write_aligned(
    source: &OpenSource,
    number: usize,
    row: &ReadRow<'_>,
    found: &mut Found<'_>,
) -> Result<(), Damaged> {
    let column = &source.columns[number];
    if column.is_identifier() {
        return write_value(source, number, row, found);
    }
    let list = &mut found.values[number];
    let frequency = append(source, column, row, list, true)?;
    if frequency.is_none() {
        list.push(b'&');
        list.extend_from_slice(MISSING);
    }
    add_frequency(column, frequency, found.max_frequency);
    Ok(())
}

/// Replaces the values of several rows by one if all are equal.
fn join_equal(values: &mut Vec<u8>) {
    let end = values.iter().position(|b| *b == b'&').unwrap_or(values.len());
    let first = &values[..end];
    let kept = if first == MISSING { 0 } else { end };
    if values.split(|b| *b == b'&').all(|value| value == first) {
        values.truncate(kept);
    }
}

/// Adds what [`append`] returns to the greatest frequency, if the column has frequencies in a population.
#[inline]
fn add_frequency(column: &WrittenColumn, frequency: Option<f64>, greatest: &mut MaxFrequency) {
    if let (Some(frequency), Some(population)) = (frequency, &column.population) {
        greatest.add(frequency, population);
    }
}

/// Appends the value of a column, after a separator if it is not the first one. Returns the frequency of a column that has
/// frequencies, otherwise any number. `None`, and nothing is appended, if the value is missing.
#[inline]
fn append(
    source: &OpenSource,
    column: &WrittenColumn,
    row: &ReadRow<'_>,
    out: &mut Vec<u8>,
    has_separator: bool,
) -> Result<Option<f64>, Damaged> {
    match column.from {
        ValueFrom::Column(n) => {
            let Some(stored) = source.file.description().columns.get(n) else { return Ok(None) };
            let value = row.value(n, stored.kind)?;
            if value == Value::Missing {
                return Ok(None);
            }
            if has_separator {
                out.push(b'&');
            }
            let Value::Text(text) = value else {
                source.file.write_value(n, value, out);
                // Only frequencies in populations are compared.
                let number = match column.population {
                    Some(_) => decimal(stored.kind, value),
                    None => 0.0,
                };
                return Ok(Some(number));
            };
            if let Some(prefix) = &stored.prefix {
                push_escaped(out, prefix.as_bytes());
            }
            if column.is_list {
                for (n, item) in text.split(|b| *b == b';').enumerate() {
                    if n > 0 {
                        out.push(b'&');
                    }
                    push_escaped(out, item);
                }
            } else {
                push_escaped(out, text);
            }
            Ok(Some(0.0))
        }
        ValueFrom::Quotient { numerator, denominator } => {
            let denominator = row.integer(denominator).filter(|n| *n != 0);
            let Some((numerator, denominator)) = row.integer(numerator).zip(denominator) else {
                return Ok(None);
            };
            let quotient = numerator as f64 / denominator as f64;
            if has_separator {
                out.push(b'&');
            }
            push_decimal(out, quotient);
            Ok(Some(quotient))
        }
    }
}

/// A number of a column of a kind.
fn decimal(kind: ColumnKind, value: Value<'_>) -> f64 {
    let decimals = match kind {
        ColumnKind::Decimal { decimals } => i32::from(decimals),
        _ => 0,
    };
    value.integer().unwrap_or_default() as f64 / 10f64.powi(decimals)
}

/// Appends the values of a row, each after a `|`.
fn write_row(source: &OpenSource, row: &ReadRow<'_>, out: &mut Vec<u8>) -> Result<(), Damaged> {
    for column in &source.columns {
        out.push(b'|');
        append(source, column, row, out, false)?;
    }
    Ok(())
}

/// Appends missing values, each after a `|`.
fn write_nothing(source: &OpenSource, out: &mut Vec<u8>) {
    out.extend(std::iter::repeat_n(b'|', source.columns.len()));
}

/// A source of alleles and transcripts.
#[derive(Debug)]
struct TranscriptLookUp<'r> {
    rows: Rows<'r>,
    is_info: bool,
    /// The transcripts with values for the current allele, and these values, in `text`.
    found: Vec<(Range<usize>, Range<usize>)>,
    text: Vec<u8>,
}

impl DataSet for TranscriptLookUp<'_> {
    fn look_up(&mut self, query: &Query<'_>, found: &mut Found<'_>) -> Result<bool, Damaged> {
        let Self { rows, is_info, found: transcripts, text } = self;
        let source = rows.source;
        transcripts.clear();
        text.clear();
        let mut count = 0usize;
        rows.of_allele(query, |row| {
            let Value::Text(transcript) = row.value(0, ColumnKind::Category)? else {
                return Ok(ControlFlow::Continue(()));
            };
            count += 1;
            if *is_info {
                for n in 0..source.columns.len() {
                    write_value(source, n, row, found)?;
                }
            } else {
                let start = text.len();
                write_row(source, row, text)?;
                let values = start..text.len();
                for transcript in transcripts_of(transcript) {
                    let start = text.len();
                    text.extend_from_slice(transcript);
                    transcripts.push((start..text.len(), values.clone()));
                }
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(count > 0)
    }

    fn write_entry(&mut self, entry: &EntryKey<'_>, out: &mut Vec<u8>) -> Result<bool, Damaged> {
        let id = without_version(entry.transcript.id.as_bytes());
        let found = self.found.iter().find(|(transcript, _)| self.text[transcript.clone()] == *id);
        match found {
            Some((_, values)) => out.extend_from_slice(&self.text[values.clone()]),
            None => write_nothing(self.rows.source, out),
        }
        Ok(found.is_some())
    }
}

/// A source of genes.
#[derive(Debug)]
struct GeneLookUp<'r> {
    rows: Rows<'r>,
    is_info: bool,
    /// The contig of `genes`.
    contig: u32,
    /// The values of the genes of the contig that were looked up, in `text`, and whether there are any.
    genes: Vec<Option<(Range<u32>, bool)>>,
    text: Vec<u8>,
}

impl DataSet for GeneLookUp<'_> {
    fn look_up(&mut self, query: &Query<'_>, found: &mut Found<'_>) -> Result<bool, Damaged> {
        if !self.is_info {
            return Ok(false);
        }
        let (source, model) = (self.rows.source, query.contig.model);
        let (start, end) = query.region();
        let mut genes: Vec<u32> = Vec::new();
        let mut any = false;
        for index in query.contig.transcripts.query(start, end) {
            let Some(transcript) = model.transcripts.get(index as usize) else { continue };
            let gene = transcript.gene;
            if !query.variant.is_in(transcript.start, transcript.end) || genes.contains(&gene) {
                continue;
            }
            let row = match model.genes.get(gene as usize) {
                Some(gene) => self.rows.of_gene(gene)?,
                None => None,
            };
            genes.push(gene);
            for n in 0..source.columns.len() {
                if genes.len() > MAX_ROWS {
                    found.push(n, MORE);
                } else if let Some(row) = &row {
                    any = true;
                    write_value(source, n, row, found)?;
                }
            }
            if genes.len() > MAX_ROWS {
                break;
            }
        }
        Ok(any)
    }

    fn write_entry(&mut self, entry: &EntryKey<'_>, out: &mut Vec<u8>) -> Result<bool, Damaged> {
        if self.contig != entry.contig.number {
            self.contig = entry.contig.number;
            self.genes.clear();
            self.genes.resize(entry.contig.model.genes.len(), None);
            self.text.clear();
        }
        let number = entry.transcript.gene as usize;
        if let Some(Some((values, any))) = self.genes.get(number) {
            out.extend_from_slice(&self.text[values.start as usize..values.end as usize]);
            return Ok(*any);
        }
        let source = self.rows.source;
        let row = match entry.gene() {
            Some(gene) => self.rows.of_gene(gene)?,
            None => None,
        };
        let start = self.text.len();
        match &row {
            Some(row) => write_row(source, row, &mut self.text)?,
            None => write_nothing(source, &mut self.text),
        }
        out.extend_from_slice(&self.text[start..]);
        if let (Some(gene), Ok(start), Ok(end)) =
            (self.genes.get_mut(number), u32::try_from(start), u32::try_from(self.text.len()))
        {
            *gene = Some((start..end, row.is_some()));
        }
        Ok(row.is_some())
    }
}
