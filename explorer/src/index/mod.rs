//! Builds the index of an annotated VCF file in one pass.
//!
//! Three threads work at once: one reads and decompresses the text, one reads the records, and one compresses what the
//! index has of them. The builder holds a block of records (a few megabytes) while another is compressed, the compressed
//! chunks of up to a million records, and dictionaries of limited size.

mod block;
mod chunk;
mod dictionary;
mod lines;
mod merge;
mod packer;
mod shard_index;
mod text_reader;

use crate::Error;
use crate::annotation::{AnnotationDefinition, Entry, Role, Tails, TermNumbers};
use crate::columns::Sources;
use crate::declared_columns;
use crate::format::{
    BlockOffset, CategoryDictionary, Chunks, ColumnCounts, DeclaredColumns, Footer, MAX_BLOCK_ROWS,
    NO_GENE, NO_IMPACT, TranscriptMarks,
};
use crate::header::cut;
use crate::info;
use crate::limits::{DESCRIPTION_BYTES, SOURCE_CATEGORIES};
use crate::record_features::InfoFields;
use crate::record_samples::CallReader;
use crate::rows::Detail;
use block::{Block, RecordFeatures, RowTexts};
use chunk::ChunkCollector;
use dictionary::Dictionary;
use gas_shared::explorer::{CategoryColumn, ColumnSet, Impact, MAX_INDEXED_SAMPLES, OTHER_VALUE};
use gas_shared::source::{SourceColumn, SourceColumnKind};
use gas_shared::vcf::{
    Code, Column, Diagnostic, HeaderParser, HeaderStep, InputLimits, Record, Severity,
    check_counts, parse_record,
};
use lines::Lines;
pub use merge::merge;
use packer::{Packer, Work};
use std::io::{Read, Write};
use std::sync::mpsc::{SyncSender, sync_channel};

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

/// Records of a chunk. Larger ones are compressed better, and scattered rows cost more.
const CHUNK_ROWS: u32 = 1024;

/// Chunks and blocks that wait to be compressed.
const WAITING: usize = 4;

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
pub fn build(result: impl Read + Send, index: impl Write + Send) -> Result<IndexSize, Error> {
    build_with(result, index, Options::default())
}

/// Options of an index.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Records per block, at most 65,536. Tests use small blocks.
    pub block_rows: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { block_rows: MAX_BLOCK_ROWS }
    }
}

/// Builds an index with options.
///
/// # Errors
/// As [`build`].
pub fn build_with(
    result: impl Read + Send,
    index: impl Write + Send,
    options: Options,
) -> Result<IndexSize, Error> {
    std::thread::scope(|scope| {
        let mut lines = Lines::start(scope, result)?;
        write_index(index, options, |builder| {
            builder.read(&mut lines)?;
            Ok(lines.read())
        })
    })
}

/// Writes an index of the records that `read` adds to the builder. It returns the size of the result and of its text.
fn write_index(
    index: impl Write + Send,
    options: Options,
    read: impl FnOnce(&mut Builder) -> Result<BlockOffset, Stopped>,
) -> Result<IndexSize, Error> {
    std::thread::scope(|scope| {
        let (work, waiting) = sync_channel(WAITING);
        let packing = std::thread::Builder::new()
            .spawn_scoped(scope, move || Packer::new(index).run(&waiting))
            .map_err(Error::Output)?;
        let mut builder = Builder::new(work, options);
        let read = read(&mut builder);
        // The packer ends when its sender is dropped.
        let footer = builder.into_footer(*read.as_ref().unwrap_or(&BlockOffset::default()));
        let packed = match packing.join() {
            Ok(packed) => packed,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        match (read, packed) {
            // Reading ends early if the packer has failed.
            (Ok(_) | Err(Stopped::Packer), packed) => finish(footer, packed?),
            (Err(Stopped::Error(error)), _) => Err(error),
        }
    })
}

/// Why the records are not read to the end.
enum Stopped {
    /// The packer has ended, and knows why.
    Packer,
    Error(Error),
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Writes the footer.
fn finish<W: Write>(mut footer: Footer, packed: packer::Packed<W>) -> Result<IndexSize, Error> {
    let packer::Packed { mut out, bytes, entries, chunks } = packed;
    footer.blocks = entries;
    if let Some(stored) = &mut footer.chunks {
        stored.blocks = chunks;
    }
    let end = footer.to_bytes(bytes);
    out.write_all(&end).and_then(|()| out.flush()).map_err(Error::Output)?;
    Ok(IndexSize { records: footer.rows, bytes: bytes + end.len() as u64 })
}

struct Builder {
    work: SyncSender<Work>,
    sources: Sources,
    format: Option<AnnotationDefinition>,
    terms: TermNumbers,
    contigs: Dictionary,
    filters: Dictionary,
    genes: Dictionary,
    /// Of the category columns that are read from fields.
    categories: Vec<Dictionary>,
    features: RecordFeatures,
    chunk: ChunkCollector,
    block: Block,
    /// The samples whose calls are indexed.
    samples: Vec<String>,
    genotypes: Dictionary,
    calls: CallReader,
    block_start: u64,
    last: (u32, u32),
    footer: Footer,
}

impl Builder {
    fn new(work: SyncSender<Work>, options: Options) -> Self {
        let block_rows = options.block_rows.clamp(1, MAX_BLOCK_ROWS);
        Self {
            work,
            sources: Sources::default(),
            format: None,
            terms: TermNumbers::new(),
            contigs: Dictionary::new("contigs", InputLimits::DEFAULT.contigs),
            filters: Dictionary::new("values of FILTER", usize::from(u16::MAX)),
            genes: Dictionary::new("genes", 1 << 20),
            // The header decides about the columns.
            categories: Vec::new(),
            features: RecordFeatures::new(&Sources::default()),
            chunk: ChunkCollector::new(ColumnCounts::default()),
            block: Block::new(ColumnCounts::default()),
            samples: Vec::new(),
            genotypes: genotype_dictionary(),
            calls: CallReader::default(),
            block_start: 0,
            last: (0, 0),
            footer: Footer {
                sorted: true,
                block_rows,
                chunks: Some(Chunks {
                    // The blocks of tests have several chunks, too.
                    rows: CHUNK_ROWS.min(block_rows.div_ceil(4)),
                    ..Chunks::default()
                }),
                ..Footer::default()
            },
        }
    }

    fn read(&mut self, lines: &mut Lines) -> Result<(), Stopped> {
        let number = self.read_header(lines)?;
        self.read_records(lines, number)
    }

    fn send(&self, work: Work) -> Result<(), Stopped> {
        self.work.send(work).map_err(|_| Stopped::Packer)
    }

    /// Reads the header and returns the number of its last line.
    fn read_header(&mut self, lines: &mut Lines) -> Result<u64, Error> {
        let mut parser = HeaderParser::with_limits(RESULT_LIMITS);
        let mut definitions = Vec::new();
        let mut declared = declared_columns::DeclaredColumns::default();
        let mut number = 0;
        while let Some(line) = lines.next_line()? {
            number += 1;
            if line.starts_with(b"##INFO=<ID=CSQ,") || line.starts_with(b"##INFO=<ID=ANN,") {
                definitions.extend_from_slice(line);
            }
            declared.push(trimmed(line));
            match parser.push(trimmed(line)).map_err(Error::Vcf)? {
                HeaderStep::More(next) => parser = next,
                HeaderStep::Done(_) => {
                    let names = trimmed(line).split(|byte| *byte == b'\t').skip(9);
                    let names = names.take(MAX_INDEXED_SAMPLES);
                    self.samples = names.map(|name| cut(name, DESCRIPTION_BYTES)).collect();
                    self.format = AnnotationDefinition::of_header(&definitions);
                    let (key, fields) = match &self.format {
                        Some(format) => (format.key, &*format.fields),
                        None => ("", &[][..]),
                    };
                    self.begin_columns(&declared.into_set(key, fields));
                    self.begin_records(lines);
                    return Ok(number);
                }
            }
        }
        Err(Error::Vcf(parser.unfinished()))
    }

    /// Prepares for the columns of the result, whose samples and annotation are known.
    fn begin_columns(&mut self, columns: &ColumnSet) {
        let fields = self.format.as_ref().map(|format| &*format.fields).unwrap_or_default();
        let sources = Sources::of(columns, fields);
        if let Some(format) = &mut self.format {
            format.assign(&sources);
        }
        let numeric = sources.numeric.iter().map(|source| source.column.name.to_string());
        self.footer.numeric = numeric.collect();
        let categories = sources.own_categories();
        self.categories = categories.map(|(column, _)| category_dictionary(column)).collect();
        let counts = sources.counts(self.samples.len());
        self.chunk = ChunkCollector::new(counts);
        self.block = Block::new(counts);
        self.features = RecordFeatures::new(&sources);
        self.sources = sources;
    }

    fn begin_records(&mut self, lines: &mut Lines) {
        self.footer.header_bytes = lines.text_offset();
        self.footer.header_offsets = lines.take_offsets();
        self.footer.bgzf = lines.is_bgzf();
        self.block_start = lines.text_offset();
    }

    fn read_records(&mut self, lines: &mut Lines, mut number: u64) -> Result<(), Stopped> {
        loop {
            if self.is_block_full() {
                self.flush(lines.text_offset(), lines.take_offsets())?;
            }
            let Some(line) = lines.next_line()? else { break };
            number += 1;
            // The limit of a line fits into 32 bits.
            let bytes = line.len() as u32;
            let line = trimmed(line);
            if !line.is_empty() {
                self.read_record(line, number)?;
                self.add_record(bytes, number)?;
            } else if !self.block.extend_line(bytes) {
                self.block_start += u64::from(bytes);
            }
        }
        if self.block.rows() > 0 {
            self.flush(lines.text_offset(), lines.take_offsets())?;
        }
        Ok(())
    }

    /// Whether the block has to be flushed before another record is added.
    fn is_block_full(&self) -> bool {
        self.block.rows() == self.footer.block_rows as usize
    }

    /// Adds the record of `self.features`, whose line has `bytes` bytes.
    fn add_record(&mut self, bytes: u32, number: u64) -> Result<(), Stopped> {
        let (contig, pos) = (self.features.contig, self.features.pos);
        if (contig, pos) < self.last {
            self.footer.sorted = false;
        }
        self.last = (contig, pos);
        self.block.push(&self.features, bytes);
        self.chunk.push(&self.features);
        if self.block.bytes() > MAX_BLOCK_BYTES {
            return Err(Error::Vcf(too_many_values(number)).into());
        }
        let chunk_rows = self.footer.chunks.as_ref().map_or(0, |chunks| chunks.rows as usize);
        if self.chunk.rows() == chunk_rows {
            let chunk = Box::new(self.chunk.take());
            self.send(Work::Chunk(chunk))?;
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
        (features.contig, features.pos) = (contig, pos);
        // The limit of the dictionary keeps numbers within 16 bits.
        features.filter = self.filters.number(record.filter)? as u16;
        features.ids.begin(record.id);
        features.texts.begin(&record);
        let values = &mut features.values;
        values.begin(&record);
        let info =
            InfoFields::read(record.info, self.format.as_ref(), &self.sources, |field, text| {
                values.add(field, text)
            });
        values.add_computed(&info);
        features.alleles.read(&record, &info);
        self.read_entries(&info)?;
        let features = &mut self.features;
        features.texts.set_id(record.id, &features.ids.text);
        features.texts.set_qual(record.qual);
        features.calls.clear();
        let (calls, genotypes) = (&mut features.calls, &mut self.genotypes);
        if !self.samples.is_empty() {
            self.calls.read(record.rest, self.samples.len(), |_, genotype, numbers| {
                // The limit of the dictionary keeps numbers within 16 bits.
                calls.push((genotypes.number_or(genotype, OTHER) as u16, numbers));
            });
        }
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
        let mut shown = Entry::default();
        let (roles, tail): (&[Role], usize) =
            self.format.as_ref().map_or((&[], 0), |format| (&format.roles, format.tail));
        let mut tails = Tails::new(tail);
        let (mut consequence, mut severity): (&[u8], u8) = (&[], TermNumbers::OTHER);
        for text in info.entries() {
            let entry = Entry::read_next(text, roles, &mut tails, |field, value| {
                features.values.add(field, value);
            });
            if entry.consequence != consequence {
                severity = TermNumbers::OTHER;
                for term in entry.consequence.split(|b| *b == b'&').filter(|t| !t.is_empty()) {
                    let number = self.terms.add(term);
                    features.terms |= 1 << number;
                    severity = severity.min(number);
                }
                consequence = entry.consequence;
            }
            if let Some(impact) = Impact::parse(entry.impact) {
                features.impact = features.impact.min(impact as u8);
            }
            features.ids.add(entry.existing, b'&');
            let preference = entry.preference(severity);
            let chosen = best.is_none_or(|best| preference < best);
            if chosen {
                best = Some(preference);
                shown = entry;
            }
            add_gene(&mut features.genes, entry.gene(), chosen, &mut self.genes)?;
        }
        features.consequence = match features.terms {
            0 => TermNumbers::NONE,
            terms => terms.trailing_zeros() as u8,
        };
        features.texts.set_transcript(&shown);
        Ok(())
    }

    /// Ends the block. The next line is at `text_offset` of the text, and the block's text is in the BGZF blocks of
    /// `offsets`.
    fn flush(&mut self, text_offset: u64, offsets: Vec<BlockOffset>) -> Result<(), Stopped> {
        self.footer.rows += self.block.rows() as u64;
        if self.chunk.rows() > 0 {
            let chunk = Box::new(self.chunk.take());
            self.send(Work::Chunk(chunk))?;
        }
        let text_start = std::mem::replace(&mut self.block_start, text_offset);
        let block = Box::new(self.block.take());
        self.send(Work::Block { block, text_start, offsets })
    }

    /// The footer without the entries of the blocks.
    fn into_footer(mut self, size: BlockOffset) -> Footer {
        self.footer.result_bytes = size.packed;
        self.footer.text_bytes = size.text;
        self.footer.terms = self.terms.names().to_vec();
        self.footer.contigs = self.contigs.into_texts();
        self.footer.filters = self.filters.into_texts();
        self.footer.genes = self.genes.into_texts();
        let own = self.sources.own_categories().zip(&self.categories);
        let full: Vec<&CategoryColumn> =
            own.filter(|(_, known)| known.is_full()).map(|((column, _), _)| &**column).collect();
        let set = without_categories(&self.sources.set, &full);
        let counts = self.sources.counts(0);
        self.footer.declared = Some(DeclaredColumns {
            sources: set.sources().to_vec(),
            left_out: set.left_out(),
            of_rows: counts.of_rows.unwrap_or_default(),
        });
        let columns = self.sources.own_categories().zip(self.categories);
        let columns = columns.map(|((column, _), known)| CategoryDictionary {
            name: column.name.to_string(),
            values: known.into_texts(),
        });
        self.footer.categories = columns.collect();
        if let Some(chunks) = &mut self.footer.chunks {
            chunks.samples = self.samples;
            if !chunks.samples.is_empty() {
                chunks.genotypes = self.genotypes.into_texts();
            }
        }
        self.footer
    }
}

impl RowTexts {
    /// Starts a record.
    fn begin(&mut self, record: &Record<'_>) {
        Detail::TABLE.write_allele(record.reference, &mut self.reference);
        Detail::TABLE.write_allele(record.alt, &mut self.alt);
    }

    /// Keeps QUAL, unless its number tells it.
    fn set_qual(&mut self, qual: &[u8]) {
        self.qual.clear();
        let written = match info::quality(qual) {
            Some(_) if info::is_shortest(qual) => true,
            // Writing to memory cannot fail.
            Some(number) => write!(self.qual, "{number}").is_ok() && self.qual == qual,
            None => qual == b".",
        };
        if written {
            self.qual.clear();
        } else {
            Detail::TABLE.write_value(qual, &mut self.qual);
        }
    }

    /// Keeps ID, unless `ids`, the identifiers of the record, tell it.
    fn set_id(&mut self, id: &[u8], ids: &[u8]) {
        let known = if ids.is_empty() { b"." } else { ids };
        let known = memchr::memchr(b';', known).map_or(known, |end| &known[..end]);
        if id == known {
            self.id.clear();
        } else {
            Detail::TABLE.write_value(id, &mut self.id);
        }
    }

    /// Keeps the transcript that the table shows, and its descriptions.
    fn set_transcript(&mut self, entry: &Entry<'_>) {
        Detail::TABLE.write_value(entry.feature, &mut self.transcript);
        Detail::TABLE.write_value(entry.hgvs_c, &mut self.hgvs_c);
        Detail::TABLE.write_value(entry.hgvs_p, &mut self.hgvs_p);
        Detail::TABLE.write_value(entry.exon, &mut self.exon);
        Detail::TABLE.write_value(entry.intron, &mut self.intron);
        self.marks = TranscriptMarks::new(entry.mane, entry.canonical);
    }
}

/// The number of [`OTHER_VALUE`] in the dictionaries of category columns, also of values that a full
/// dictionary does not take. Rows have those as text.
const OTHER: u32 = 1;

/// The set with text columns in place of some category columns, whose values are too many for filters and facets.
fn without_categories(set: &ColumnSet, full: &[&CategoryColumn]) -> ColumnSet {
    let is_full =
        |source: &SourceColumn| full.iter().any(|column| column.source.as_ref() == Some(source));
    let sources = set.sources().iter().map(|source| match is_full(source) {
        true => SourceColumn { kind: SourceColumnKind::Text, ..source.clone() },
        false => source.clone(),
    });
    ColumnSet::of(sources).with_left_out(set.left_out())
}

/// A dictionary of genotypes, in which 0 is for samples without one.
fn genotype_dictionary() -> Dictionary {
    let mut dictionary = Dictionary::new("genotypes", usize::from(u16::MAX));
    for (number, text) in (0..).zip([".", OTHER_VALUE]) {
        dictionary.number_or(text.as_bytes(), number);
    }
    dictionary
}

/// A dictionary of a category column, in which 0 is for records without a value.
fn category_dictionary(column: &CategoryColumn) -> Dictionary {
    // A listed column has few combinations of values.
    let limit = if column.is_listed() { usize::from(u16::MAX) } else { SOURCE_CATEGORIES };
    let mut dictionary = Dictionary::new("values of a category", limit).of_bytes(CATEGORY_BYTES);
    for (number, text) in (0..).zip(["", OTHER_VALUE]) {
        dictionary.number_or(text.as_bytes(), number);
    }
    dictionary
}

/// The most bytes of the values of a category column.
const CATEGORY_BYTES: usize = 64 << 10;

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
