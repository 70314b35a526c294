//! The builder: an annotated VCF file in, an index out, in one pass.
//!
//! Memory: one block of records (a few megabytes) and the dictionaries, whose sizes have limits.

mod block;
mod dictionary;
mod lines;

use crate::Error;
use crate::annotation::{Layout, Terms};
use crate::facts::Reading;
use crate::format::{Footer, MAX_BLOCK_ROWS, NO_GENE, NO_IMPACT};
use crate::info;
use block::{Block, Facts};
use dictionary::Dictionary;
use gas_shared::explorer::Impact;
use gas_shared::vcf::{Code, Column, Diagnostic, HeaderParser, HeaderStep, Severity, parse_record};
use lines::Lines;
use std::io::{Read, Write};

/// What was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Built {
    /// Records indexed.
    pub records: u64,
    /// Bytes of the index.
    pub bytes: u64,
}

/// Indexes a result, plain or BGZF, whose records CSQ or ANN may annotate.
///
/// # Errors
/// [`Error`] where the file is no VCF file, is gzip without blocks, or cannot be read or written.
pub fn build(result: impl Read, index: impl Write) -> Result<Built, Error> {
    build_with(result, index, MAX_BLOCK_ROWS)
}

/// As [`build`], with so many records (at most 65,536) in a block: for measurements, and for tests
/// that need many blocks of few records.
///
/// # Errors
/// As [`build`].
pub fn build_with(result: impl Read, index: impl Write, block_rows: u32) -> Result<Built, Error> {
    let mut lines = Lines::new(result)?;
    let mut builder = Builder::new(index);
    builder.footer.block_rows = block_rows.clamp(1, MAX_BLOCK_ROWS);
    let number = builder.read_header(&mut lines)?;
    builder.read_records(&mut lines, number)?;
    builder.finish(&lines)
}

struct Builder<W> {
    out: W,
    written: u64,
    packed: Vec<u8>,
    layout: Option<Layout>,
    terms: Terms,
    contigs: Dictionary,
    filters: Dictionary,
    genes: Dictionary,
    facts: Facts,
    block: Block,
    block_start: u64,
    last: (u32, u32),
    footer: Footer,
}

impl<W: Write> Builder<W> {
    fn new(out: W) -> Self {
        Self {
            out,
            written: 0,
            packed: Vec::new(),
            layout: None,
            terms: Terms::new(),
            contigs: Dictionary::new("contigs", 1 << 20),
            filters: Dictionary::new("values of FILTER", usize::from(u16::MAX)),
            genes: Dictionary::new("genes", 1 << 20),
            facts: Facts::default(),
            block: Block::default(),
            block_start: 0,
            last: (0, 0),
            footer: Footer { sorted: true, ..Footer::default() },
        }
    }

    /// Reads the header; returns the number of its last line.
    fn read_header<R: Read>(&mut self, lines: &mut Lines<R>) -> Result<u64, Error> {
        let mut parser = HeaderParser::new();
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
                    self.layout = Layout::of_header(&definitions);
                    self.begin_records(lines);
                    return Ok(number);
                }
            }
        }
        Err(Error::Vcf(parser.unfinished()))
    }

    fn begin_records<R: Read>(&mut self, lines: &mut Lines<R>) {
        self.footer.header_bytes = lines.text_offset();
        self.footer.header_places = lines.take_places();
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
            // Lines end by 2^28 bytes.
            let bytes = line.len() as u32;
            let line = trimmed(line);
            if !line.is_empty() {
                self.read_record(line, number)?;
                self.block.push(&self.facts, bytes);
            } else if !self.block.extend_line(bytes) {
                self.block_start += u64::from(bytes);
            }
        }
        if self.block.rows() > 0 {
            self.flush(lines)?;
        }
        Ok(())
    }

    /// Fills `self.facts`.
    fn read_record(&mut self, line: &[u8], number: u64) -> Result<(), Error> {
        let record = parse_record(line).map_err(|error| Error::Vcf(error.at(number)))?;
        let pos = u32::try_from(record.pos).map_err(|_| out_of_range(record.pos, number))?;
        let contig = self.contigs.number(record.chrom)?;
        let facts = &mut self.facts;
        if (contig, pos) < self.last {
            self.footer.sorted = false;
        }
        self.last = (contig, pos);
        (facts.contig, facts.pos) = (contig, pos);
        // The dictionary's limit keeps numbers within 16 bits.
        facts.filter = self.filters.number(record.filter)? as u16;
        facts.quality = info::quality(record.qual);
        facts.ids.begin(record.id);
        let reading = Reading::new(record.info, self.layout.as_ref());
        facts.alleles.read(&record, &reading);
        facts.frequencies.begin(&reading);
        self.read_entries(&reading)
    }

    fn read_entries(&mut self, reading: &Reading<'_>) -> Result<(), Error> {
        let facts = &mut self.facts;
        facts.genes.clear();
        (facts.terms, facts.impact) = (0, NO_IMPACT);
        let mut best = None;
        for entry in reading.entries(self.layout.as_ref()) {
            let mut severity = Terms::OTHER;
            for term in entry.consequence.split(|b| *b == b'&').filter(|t| !t.is_empty()) {
                let number = self.terms.add(term);
                facts.terms |= 1 << number;
                severity = severity.min(number);
            }
            if let Some(impact) = Impact::parse(entry.impact) {
                facts.impact = facts.impact.min(impact as u8);
            }
            facts.frequencies.add(&entry);
            facts.ids.add(entry.existing, b'&');
            let preference = entry.preference(severity);
            let chosen = best.is_none_or(|best| preference < best);
            if chosen {
                best = Some(preference);
            }
            add_gene(&mut facts.genes, entry.gene(), chosen, &mut self.genes)?;
        }
        facts.consequence = match facts.terms {
            0 => Terms::NONE,
            terms => terms.trailing_zeros() as u8,
        };
        Ok(())
    }

    fn flush<R: Read>(&mut self, lines: &mut Lines<R>) -> Result<(), Error> {
        self.footer.rows += self.block.rows() as u64;
        self.packed.clear();
        let places = lines.take_places();
        let entry = self.block.finish(self.written, self.block_start, places, &mut self.packed);
        self.out.write_all(&self.packed).map_err(Error::Output)?;
        self.written += self.packed.len() as u64;
        self.block_start = lines.text_offset();
        self.footer.blocks.push(entry);
        Ok(())
    }

    fn finish<R: Read>(mut self, lines: &Lines<R>) -> Result<Built, Error> {
        self.footer.result_bytes = lines.read().packed;
        self.footer.text_bytes = lines.read().text;
        self.footer.terms = self.terms.names().to_vec();
        self.footer.contigs = self.contigs.into_texts();
        self.footer.filters = self.filters.into_texts();
        self.footer.genes = self.genes.into_texts();
        let end = self.footer.to_bytes(self.written);
        self.out.write_all(&end).and_then(|()| self.out.flush()).map_err(Error::Output)?;
        Ok(Built { records: self.footer.rows, bytes: self.written + end.len() as u64 })
    }
}

/// Adds a gene; the chosen entry's stands first, or [`NO_GENE`] where that entry has none.
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
        (true, Some(place)) => genes[..=place].rotate_right(1),
        (true, None) => genes.insert(0, number),
        (false, None) => genes.push(number),
        (false, Some(_)) => {}
    }
    Ok(())
}

/// A line without its line end.
fn trimmed(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn out_of_range(pos: u64, line: u64) -> Error {
    Error::Vcf(Diagnostic {
        line,
        column: Some(Column::Pos),
        severity: Severity::Error,
        code: Code::BadPosition,
        message: format!("{pos} is beyond every genome; at most {} is", u32::MAX),
    })
}
