//! Builds the index of an annotated VCF file in one pass.
//!
//! The builder holds one block of records (a few megabytes) and dictionaries of limited size.

mod block;
mod dictionary;
mod lines;

use crate::Error;
use crate::annotation::{AnnotationDefinition, Entry, Role, TermNumbers};
use crate::columns::{SOURCES, Sources};
use crate::format::{CategoryDictionary, ColumnCounts, Footer, MAX_BLOCK_ROWS, NO_GENE, NO_IMPACT};
use crate::record_features::InfoFields;
use block::{Block, RecordFeatures};
use dictionary::Dictionary;
use gas_shared::explorer::{Impact, OTHER_VALUE};
use gas_shared::vcf::{
    Code, Column, Diagnostic, HeaderParser, HeaderStep, InputLimits, Severity, check_counts,
    parse_record,
};
use lines::Lines;
use std::io::{Read, Write};

/// The limits of a result: those of an input, and what annotation adds.
const RESULT_LIMITS: InputLimits = InputLimits {
    line_bytes: InputLimits::MAX_LINE_BYTES + InputLimits::ANNOTATION_BYTES,
    header_bytes: InputLimits::DEFAULT.header_bytes + (1 << 20),
    header_lines: InputLimits::DEFAULT.header_lines + 1000,
    info_fields: InputLimits::DEFAULT.info_fields + 1000,
    ..InputLimits::DEFAULT
};

/// The most bytes of identifiers, genes and numbers in a block, which is held in memory. Ordinary
/// blocks have a few megabytes.
const MAX_BLOCK_BYTES: usize = 64 << 20;

/// Size of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexSize {
    /// Number of records.
    pub records: u64,
    /// Bytes of the index.
    pub bytes: u64,
}

/// Builds the index of a result, plain or BGZF, with or without CSQ or ANN annotation.
///
/// # Errors
/// [`Error`] if the file is not a VCF file, is compressed with gzip but not bgzip, or cannot be read
/// or written.
pub fn build(result: impl Read, index: impl Write) -> Result<IndexSize, Error> {
    build_with(result, index, Options::default())
}

/// Options of an index.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Records per block, at most 65,536. Tests use small blocks.
    pub block_rows: u32,
    /// The columns.
    pub sources: &'static Sources,
}

impl Default for Options {
    fn default() -> Self {
        Self { block_rows: MAX_BLOCK_ROWS, sources: &SOURCES }
    }
}

/// Builds an index with options.
///
/// # Errors
/// As [`build`].
pub fn build_with(
    result: impl Read,
    index: impl Write,
    options: Options,
) -> Result<IndexSize, Error> {
    let mut lines = Lines::new(result)?;
    let mut builder = Builder::new(index, options);
    let number = builder.read_header(&mut lines)?;
    builder.read_records(&mut lines, number)?;
    builder.finish(&lines)
}

struct Builder<W> {
    out: W,
    written: u64,
    packed: Vec<u8>,
    sources: &'static Sources,
    format: Option<AnnotationDefinition>,
    terms: TermNumbers,
    contigs: Dictionary,
    filters: Dictionary,
    genes: Dictionary,
    /// Of the category columns that are read from fields.
    categories: Vec<Dictionary>,
    features: RecordFeatures,
    block: Block,
    block_start: u64,
    last: (u32, u32),
    footer: Footer,
}

impl<W: Write> Builder<W> {
    fn new(out: W, options: Options) -> Self {
        let sources = options.sources;
        Self {
            out,
            written: 0,
            packed: Vec::new(),
            sources,
            format: None,
            terms: TermNumbers::new(),
            contigs: Dictionary::new("contigs", InputLimits::DEFAULT.contigs),
            filters: Dictionary::new("values of FILTER", usize::from(u16::MAX)),
            genes: Dictionary::new("genes", 1 << 20),
            categories: sources.own_categories().map(|_| category_dictionary()).collect(),
            features: RecordFeatures::new(sources),
            block: Block::new(ColumnCounts {
                numeric: sources.numeric.len(),
                categories: sources.own_categories().count(),
            }),
            block_start: 0,
            last: (0, 0),
            footer: Footer {
                sorted: true,
                block_rows: options.block_rows.clamp(1, MAX_BLOCK_ROWS),
                numeric: sources
                    .numeric
                    .iter()
                    .map(|source| source.column.name.to_owned())
                    .collect(),
                ..Footer::default()
            },
        }
    }

    /// Reads the header and returns the number of its last line.
    fn read_header<R: Read>(&mut self, lines: &mut Lines<R>) -> Result<u64, Error> {
        let mut parser = HeaderParser::with_limits(RESULT_LIMITS);
        let mut definitions = Vec::new();
        let mut number = 0;
        while let Some(line) = lines.next_line()? {
            number += 1;
            if line.starts_with(b"##INFO=<ID=CSQ,") || line.starts_with(b"##INFO=<ID=ANN,") {
                definitions.extend_from_slice(line);
            }
            match parser.push(trimmed(line)).map_err(Error::Vcf)? {
                HeaderStep::More(next) => parser = next,
                HeaderStep::Done(_) => {
                    self.format = AnnotationDefinition::of_header(&definitions, self.sources);
                    self.begin_records(lines);
                    return Ok(number);
                }
            }
        }
        Err(Error::Vcf(parser.unfinished()))
    }

    fn begin_records<R: Read>(&mut self, lines: &mut Lines<R>) {
        self.footer.header_bytes = lines.text_offset();
        self.footer.header_offsets = lines.take_offsets();
        self.footer.bgzf = lines.is_bgzf();
        self.block_start = lines.text_offset();
    }

    fn read_records<R: Read>(
        &mut self,
        lines: &mut Lines<R>,
        mut number: u64,
    ) -> Result<(), Error> {
        loop {
            if self.block.rows() == self.footer.block_rows as usize {
                self.flush(lines)?;
            }
            let Some(line) = lines.next_line()? else { break };
            number += 1;
            // The limit of a line fits into 32 bits.
            let bytes = line.len() as u32;
            let line = trimmed(line);
            if !line.is_empty() {
                self.read_record(line, number)?;
                self.block.push(&self.features, bytes);
                if self.block.bytes() > MAX_BLOCK_BYTES {
                    return Err(Error::Vcf(too_many_values(number)));
                }
            } else if !self.block.extend_line(bytes) {
                self.block_start += u64::from(bytes);
            }
        }
        if self.block.rows() > 0 {
            self.flush(lines)?;
        }
        Ok(())
    }

    /// Reads a record into `self.features`.
    fn read_record(&mut self, line: &[u8], number: u64) -> Result<(), Error> {
        let record = parse_record(line).map_err(|error| Error::Vcf(error.at(number)))?;
        check_counts(&record, &RESULT_LIMITS).map_err(|error| Error::Vcf(error.at(number)))?;
        let pos = u32::try_from(record.pos).map_err(|_| out_of_range(record.pos, number))?;
        let contig = self.contigs.number(record.chrom)?;
        let features = &mut self.features;
        if (contig, pos) < self.last {
            self.footer.sorted = false;
        }
        self.last = (contig, pos);
        (features.contig, features.pos) = (contig, pos);
        // The limit of the dictionary keeps numbers within 16 bits.
        features.filter = self.filters.number(record.filter)? as u16;
        features.ids.begin(record.id);
        let values = &mut features.values;
        values.begin(&record);
        let info =
            InfoFields::read(record.info, self.format.as_ref(), self.sources, |field, text| {
                values.add(field, text)
            });
        features.alleles.read(&record, &info);
        self.read_entries(&info)?;
        self.number_categories();
        Ok(())
    }

    /// Numbers the values of the category columns that are read from fields.
    fn number_categories(&mut self) {
        let RecordFeatures { values, categories, .. } = &mut self.features;
        let texts = values.categories.iter().zip(&mut self.categories);
        categories.clear();
        // The limit of the dictionary keeps numbers within 16 bits.
        categories.extend(texts.map(|((_, text), known)| known.number_or(text, OTHER) as u16));
    }

    fn read_entries(&mut self, info: &InfoFields<'_>) -> Result<(), Error> {
        let features = &mut self.features;
        features.genes.clear();
        (features.terms, features.impact) = (0, NO_IMPACT);
        let mut best = None;
        let roles: &[Role] = self.format.as_ref().map_or(&[], |format| &format.roles);
        for text in info.entries() {
            let entry = Entry::read(text, roles, |field, value| features.values.add(field, value));
            let mut severity = TermNumbers::OTHER;
            for term in entry.consequence.split(|b| *b == b'&').filter(|t| !t.is_empty()) {
                let number = self.terms.add(term);
                features.terms |= 1 << number;
                severity = severity.min(number);
            }
            if let Some(impact) = Impact::parse(entry.impact) {
                features.impact = features.impact.min(impact as u8);
            }
            features.ids.add(entry.existing, b'&');
            let preference = entry.preference(severity);
            let chosen = best.is_none_or(|best| preference < best);
            if chosen {
                best = Some(preference);
            }
            add_gene(&mut features.genes, entry.gene(), chosen, &mut self.genes)?;
        }
        features.consequence = match features.terms {
            0 => TermNumbers::NONE,
            terms => terms.trailing_zeros() as u8,
        };
        Ok(())
    }

    fn flush<R: Read>(&mut self, lines: &mut Lines<R>) -> Result<(), Error> {
        self.footer.rows += self.block.rows() as u64;
        self.packed.clear();
        let offsets = lines.take_offsets();
        let entry = self.block.finish(self.written, self.block_start, offsets, &mut self.packed);
        self.out.write_all(&self.packed).map_err(Error::Output)?;
        self.written += self.packed.len() as u64;
        self.block_start = lines.text_offset();
        self.footer.blocks.push(entry);
        Ok(())
    }

    fn finish<R: Read>(mut self, lines: &Lines<R>) -> Result<IndexSize, Error> {
        self.footer.result_bytes = lines.read().packed;
        self.footer.text_bytes = lines.read().text;
        self.footer.terms = self.terms.names().to_vec();
        self.footer.contigs = self.contigs.into_texts();
        self.footer.filters = self.filters.into_texts();
        self.footer.genes = self.genes.into_texts();
        let columns = self.sources.own_categories().zip(self.categories);
        let columns = columns.map(|(source, known)| CategoryDictionary {
            name: source.column.name.to_owned(),
            values: known.into_texts(),
        });
        self.footer.categories = columns.collect();
        let end = self.footer.to_bytes(self.written);
        self.out.write_all(&end).and_then(|()| self.out.flush()).map_err(Error::Output)?;
        Ok(IndexSize { records: self.footer.rows, bytes: self.written + end.len() as u64 })
    }
}

/// The number of [`OTHER_VALUE`] in the dictionaries of category columns, also of values that a full
/// dictionary does not take.
const OTHER: u32 = 1;

/// A dictionary of a category column, in which 0 is for records without a value.
fn category_dictionary() -> Dictionary {
    let mut dictionary = Dictionary::new("values of a category", usize::from(u16::MAX));
    for (number, text) in (0..).zip(["", OTHER_VALUE]) {
        dictionary.number_or(text.as_bytes(), number);
    }
    dictionary
}

/// Adds the gene of an entry. The gene of the chosen entry comes first, or [`NO_GENE`] if it has
/// none.
fn add_gene(
    genes: &mut Vec<u32>,
    name: &[u8],
    chosen: bool,
    dictionary: &mut Dictionary,
) -> Result<(), Error> {
    let number = match name {
        [] if !chosen => return Ok(()),
        [] => NO_GENE,
        name => dictionary.number(name)?,
    };
    match (chosen, genes.iter().position(|gene| *gene == number)) {
        (true, Some(index)) => genes[..=index].rotate_right(1),
        (true, None) => genes.insert(0, number),
        (false, None) => genes.push(number),
        (false, Some(_)) => {}
    }
    Ok(())
}

/// Removes the line end.
fn trimmed(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn too_many_values(line: u64) -> Diagnostic {
    Diagnostic {
        line,
        column: None,
        severity: Severity::Error,
        code: Code::TooMany,
        message: format!(
            "the records before have more than {MAX_BLOCK_BYTES} bytes of identifiers, genes and \
             numbers"
        ),
    }
}

fn out_of_range(pos: u64, line: u64) -> Error {
    Error::Vcf(Diagnostic {
        line,
        column: Some(Column::Pos),
        severity: Severity::Error,
        code: Code::BadPosition,
        message: format!("{pos} is beyond the largest supported position, {}", u32::MAX),
    })
}
