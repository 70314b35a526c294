//! Variants as a text, one a line: lines of a VCF file without its header, `chr1:12345 A>G`,
//! `1-12345-A-G`, SPDI, and HGVS descriptions of DNA.
//!
//! [`parse`] reads a line and knows nothing of a reference; [`resolve`] finds its record. The records are
//! written to a sorted VCF file, which the pipeline annotates as any other. A line that stands for no
//! variant is reported, and the others are annotated.

mod notation;
mod parse;
mod resolve;
mod transcript_ids;

pub use parse::TextError;

use crate::error::{Error, InputError};
use crate::pipeline::{Options, Outcome, Progress, annotate_file};
use crate::reference::Reference;
use crate::vcf::{AFTER_ANY_LINE, Chunk, InputFile, PartialFile, trimmed};
use gas_shared::vcf::{
    InputLimits, check_record, is_blank, is_variant_list, parse_record, without_byte_order_mark,
};
use notation::Notation;
use resolve::{Resolver, Site};
use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// The most lines of a text. Larger lists are written as a VCF file, which needs less work a line.
pub const MAX_LINES: u64 = 200_000;

/// The most bases of all alleles: a line of 20 bytes can delete a hundred thousand.
const MAX_ALL_BASES: usize = 64 << 20;

/// The most lines that are named in warnings.
const MAX_NAMED_LINES: usize = 100;

/// A line that stands for no variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineProblem {
    /// The line, from 1.
    pub line: u64,
    /// The column and what is wrong.
    pub error: TextError,
}

impl std::fmt::Display for LineProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.error.column, self.error.message)
    }
}

/// The variants of a text.
#[derive(Debug, Default)]
struct VariantList {
    /// Sorted by contig and position.
    records: Vec<ListedRecord>,
    problems: Vec<LineProblem>,
    /// Problems beyond the first [`MAX_NAMED_LINES`].
    more_problems: u64,
    unknown_versions: u64,
}

#[derive(Debug)]
struct ListedRecord {
    site: Site,
    id: String,
    /// QUAL, FILTER and INFO.
    rest: String,
}

impl ListedRecord {
    /// The bases of its alleles.
    fn bases(&self) -> usize {
        self.site.reference.len() + self.site.alt.len()
    }

    /// Appends the line of a VCF file, without its end.
    fn write(&self, contig: &str, out: &mut Vec<u8>) {
        let Self { site, id, rest } = self;
        for column in [contig, &site.pos.to_string(), id] {
            out.extend_from_slice(column.as_bytes());
            out.push(b'\t');
        }
        out.extend_from_slice(&site.reference);
        out.push(b'\t');
        out.extend_from_slice(&site.alt);
        out.push(b'\t');
        out.extend_from_slice(rest.as_bytes());
    }
}

/// Reads one line without a reference: whether it has the form of a variant.
///
/// # Errors
/// [`TextError`] if the line is not a variant.
pub fn check_line(line: &[u8]) -> Result<(), TextError> {
    parse::parse_line(line).map(|_| ())
}

/// Whether a file is a list of variants, plain or compressed.
///
/// # Errors
/// [`Error`] if the file cannot be read or is damaged.
pub fn is_text(input: &Path, limits: InputLimits) -> Result<bool, Error> {
    let mut chunk = Chunk::default();
    // Another format may have lines that are too long, which its error explains better.
    match InputFile::open(input, limits)?.next_chunk(&mut chunk, AFTER_ANY_LINE) {
        Ok(_) => Ok(is_variant_list(&chunk.bytes)),
        Err(Error::Input(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Reads the lines of a text that should be variants, with their numbers from 1.
fn for_each_line(
    input: &Path,
    limits: InputLimits,
    mut visit: impl FnMut(u64, &[u8]) -> Result<(), InputError>,
) -> Result<(), Error> {
    let mut file = InputFile::open(input, limits)?;
    let mut chunk = Chunk::default();
    while file.next_chunk(&mut chunk, AFTER_ANY_LINE)? {
        let lines = chunk.bytes.split(|b| *b == b'\n');
        for (number, line) in (chunk.first_line..).zip(lines) {
            let line = if number == 1 { without_byte_order_mark(line) } else { line };
            let line = trimmed(line);
            if !is_blank(line) && line.first() != Some(&b'#') {
                visit(number, line)?;
            }
            if number > MAX_LINES {
                return Err(InputError::LongList { line: number }.into());
            }
        }
    }
    Ok(())
}

/// Reads a text with one variant per line, and calls `on_problem` for each line without one. Without a reference,
/// only the form of the lines is checked. Returns the number of variants.
///
/// # Errors
/// [`Error`] as for [`annotate_text`].
pub fn check_text(
    input: &Path,
    reference: Option<&Reference>,
    limits: InputLimits,
    on_problem: &mut dyn FnMut(LineProblem),
) -> Result<u64, Error> {
    let resolver = reference.map(Resolver::new);
    let (mut variants, mut unreadable) = (0, 0);
    let mut first = None;
    for_each_line(input, limits, |line, text| {
        let read = match &resolver {
            Some(resolver) => read_line(text, resolver, &limits).map(drop),
            None => check_line(text),
        };
        match read {
            Ok(()) => variants += 1,
            Err(error) => {
                let problem = LineProblem { line, error };
                first.get_or_insert_with(|| problem.to_string());
                unreadable += 1;
                on_problem(problem);
            }
        }
        Ok(())
    })?;
    match first {
        Some(problem) if variants == 0 => {
            Err(InputError::NoVariants { problem, lines: unreadable }.into())
        }
        _ => Ok(variants),
    }
}

/// Annotates a text with one variant per line, as [`annotate_file`] does a VCF file. The records have the text of
/// their line as ID, and are sorted. Lines without a variant are among the warnings.
///
/// # Errors
/// [`Error`] as for a VCF file, and [`InputError::NoVariants`] if no line is a variant of the reference.
pub fn annotate_text(
    input: &Path,
    output: &Path,
    reference: &Reference,
    options: &Options,
    cancel: &AtomicBool,
    progress: Progress<'_>,
) -> Result<Outcome, Error> {
    let list = VariantList::read(input, reference, options.limits)?;
    if let ([], Some(problem)) = (list.records.as_slice(), list.problems.first()) {
        let lines = list.unreadable_lines();
        return Err(InputError::NoVariants { problem: problem.to_string(), lines }.into());
    }
    let path = output.with_added_extension("records.tmp");
    let _partial = PartialFile::new(&path);
    list.write(&path, reference).map_err(Error::file(&path))?;
    let mut outcome = annotate_file(&path, output, reference, options, cancel, progress)?;
    outcome.counts.add_unreadable_lines(list.unreadable_lines());
    outcome.warnings.splice(0..0, list.warnings());
    Ok(outcome)
}

impl VariantList {
    fn read(input: &Path, reference: &Reference, limits: InputLimits) -> Result<Self, Error> {
        let resolver = Resolver::new(reference);
        let mut list = Self::default();
        let mut bases = 0usize;
        for_each_line(input, limits, |number, line| {
            list.add(number, line, &resolver, &limits);
            let record = list.records.last();
            bases = bases.saturating_add(record.map_or(0, ListedRecord::bases));
            if bases > MAX_ALL_BASES {
                return Err(InputError::LongList { line: number });
            }
            Ok(())
        })?;
        list.records.sort_by_key(|record| (record.site.contig, record.site.pos));
        Ok(list)
    }

    fn add(&mut self, number: u64, line: &[u8], resolver: &Resolver<'_>, limits: &InputLimits) {
        match read_line(line, resolver, limits) {
            Ok(record) => {
                self.unknown_versions += u64::from(record.site.has_unknown_version);
                self.records.push(record);
            }
            Err(error) if self.problems.len() < MAX_NAMED_LINES => {
                self.problems.push(LineProblem { line: number, error });
            }
            Err(_) => self.more_problems += 1,
        }
    }

    const fn unreadable_lines(&self) -> u64 {
        self.problems.len() as u64 + self.more_problems
    }

    fn write(&self, path: &Path, reference: &Reference) -> std::io::Result<()> {
        let mut out = BufWriter::new(fs::File::create(path)?);
        out.write_all(b"##fileformat=VCFv4.3\n")?;
        let mut written = None;
        for record in &self.records {
            if written.replace(record.site.contig) != Some(record.site.contig) {
                let contig = reference.contig_by_number(record.site.contig);
                let (name, length) = (contig.name, contig.sequence.len());
                writeln!(out, "##contig=<ID={name},length={length}>")?;
            }
        }
        out.write_all(b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")?;
        let mut line = Vec::new();
        for record in &self.records {
            line.clear();
            record.write(reference.contig_by_number(record.site.contig).name, &mut line);
            line.push(b'\n');
            out.write_all(&line)?;
        }
        out.flush()
    }

    fn warnings(&self) -> Vec<String> {
        let mut warnings: Vec<String> = self.problems.iter().map(ToString::to_string).collect();
        if self.more_problems > 0 {
            warnings.push(format!("{} more lines are not variants", self.more_problems));
        }
        if self.unknown_versions > 0 {
            warnings.push(format!(
                "{} descriptions name a version of their transcript, which the gene models do not have; it was \
                 not compared",
                self.unknown_versions
            ));
        }
        warnings
    }
}

fn read_line(
    line: &[u8],
    resolver: &Resolver<'_>,
    limits: &InputLimits,
) -> Result<ListedRecord, TextError> {
    let notation = parse::parse_line(line)?;
    let site = resolver.resolve(&notation).map_err(|unresolved| {
        // The line is ASCII, or it would not have been parsed.
        let start = (unresolved.part.as_ptr() as usize).saturating_sub(line.as_ptr() as usize);
        TextError { column: start.min(line.len()) + 1, message: unresolved.message }
    })?;
    let (id, rest) = match notation {
        Notation::Record(columns) => (columns.id.to_owned(), columns.rest.join("\t")),
        _ => (id_of(line), ".\t.\t.".to_owned()),
    };
    let record = ListedRecord { site, id, rest };
    let mut text = Vec::new();
    record.write("1", &mut text);
    parse_record(&text)
        .and_then(|parsed| check_record(&parsed, 0, limits))
        .map_err(|error| TextError { column: 1, message: error.at(1).message })?;
    Ok(record)
}

/// The text of a line as an ID, which has no white space and no semicolons.
fn id_of(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    text.split_ascii_whitespace().collect::<Vec<_>>().join("_").replace(';', ",")
}
