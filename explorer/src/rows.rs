//! Records of the result, read by their place in it, as rows of the table.

use crate::Error;
use crate::annotation::{Entry, FREQUENCY_COLUMNS};
use crate::explorer::{Explorer, GAP_BYTES, read};
use crate::facts::{Alleles, Frequencies, Identifiers, Reading, type_bit};
use crate::format::{ColumnKind, Place};
use crate::info::{self, FREQUENCY_KEYS};
use crate::query::CONCURRENT_BLOCKS;
use crate::source::Source;
use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use futures::{FutureExt, StreamExt, TryStreamExt};
use gas_shared::explorer::{Field, Impact, Row, RowDetails, TranscriptEntry, VariantType};
use gas_shared::vcf::{Record, parse_record};
use percent_encoding::percent_decode;
use std::collections::HashMap;
use std::ops::Range;

/// The result's header.
#[derive(Debug)]
pub(crate) struct Header {
    /// Its text.
    pub text: Bytes,
}

/// Alleles in the table are cut here; the drawer and the exports have them whole.
const SHOWN_BASES: usize = 64;

/// Samples shown in the drawer.
const SHOWN_SAMPLES: usize = 100;

impl Header {
    pub fn new(text: Bytes) -> Self {
        Self { text }
    }

    /// What the header says that an INFO key means.
    fn description(&self, key: &str) -> Option<String> {
        let start = format!("##INFO=<ID={key},");
        let line = self.lines().find(|line| line.starts_with(start.as_bytes()))?;
        let line = String::from_utf8_lossy(line);
        let (_, text) = line.split_once("Description=\"")?;
        Some(text.split_once('"').map_or(text, |(text, _)| text).to_owned())
    }

    fn samples(&self) -> Vec<String> {
        let columns = self.lines().find(|line| line.starts_with(b"#CHROM")).unwrap_or_default();
        let columns = String::from_utf8_lossy(columns);
        columns.trim_end().split('\t').skip(9).take(SHOWN_SAMPLES).map(str::to_owned).collect()
    }

    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.text.split(|b| *b == b'\n')
    }
}

/// Where a record's line is in the result's text.
#[derive(Clone, Debug)]
pub(crate) struct LinePlace {
    pub number: u64,
    pub range: Range<u64>,
}

/// Lines that are read together.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub range: Range<u64>,
    pub lines: Vec<LinePlace>,
}

/// No more is read at once, one line apart.
const MAX_SPAN_BYTES: u64 = 2 << 20;

/// Joins lines that lie close to each other.
pub(crate) fn spans(lines: impl Iterator<Item = LinePlace>) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for line in lines {
        match spans.last_mut() {
            Some(span)
                if line.range.start <= span.range.end + GAP_BYTES
                    && line.range.end - span.range.start <= MAX_SPAN_BYTES =>
            {
                span.range.end = line.range.end;
                span.lines.push(line);
            }
            _ => spans.push(Span { range: line.range.clone(), lines: vec![line] }),
        }
    }
    spans
}

impl Span {
    /// The lines' texts, without line ends, from the span's text.
    pub fn texts<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = (u64, &'a [u8])> {
        self.lines.iter().map(|line| {
            let start = (line.range.start - self.range.start) as usize;
            let end = (line.range.end - self.range.start) as usize;
            (line.number, without_line_ends(&text[start..end]))
        })
    }
}

/// A line's bytes may hold empty lines that follow it.
fn without_line_ends(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|b| !matches!(b, b'\n' | b'\r')).map_or(0, |last| last + 1);
    &line[..end]
}

/// Reads part of the result's text. `places`: the BGZF blocks that hold it, and where the next
/// begins; empty for plain files.
pub(crate) async fn read_text(
    result: &dyn Source,
    places: &[Place],
    bgzf: bool,
    range: Range<u64>,
) -> Result<Bytes, Error> {
    if !bgzf {
        return read(result, range.start, range.end - range.start, "the result").await;
    }
    let first = places.partition_point(|place| place.text <= range.start).checked_sub(1);
    let end = places.iter().find(|place| place.text >= range.end);
    let (Some(first), Some(end)) = (first.map(|n| places[n]), end) else {
        return Err(Error::Damaged("a record lies outside of its blocks"));
    };
    let length = end.packed.saturating_sub(first.packed);
    let packed = read(result, first.packed, length, "the result").await?;
    let mut text = Vec::new();
    std::io::Read::read_to_end(&mut MultiGzDecoder::new(&packed[..]), &mut text)
        .map_err(|source| Error::Source { what: "the result", source })?;
    let start = (range.start - first.text) as usize;
    let end = (range.end - first.text) as usize;
    let inside = end <= text.len();
    let text = Bytes::from(text);
    if inside { Ok(text.slice(start..end)) } else { Err(WRONG_PLACE) }
}

const WRONG_PLACE: Error = Error::Damaged("a record is not where the index says");

impl Explorer {
    /// Rows by number, in the order given.
    pub(crate) async fn rows(&self, numbers: &[u64]) -> Result<Vec<Row>, Error> {
        let mut sorted = numbers.to_vec();
        sorted.sort_unstable();
        let block_rows = u64::from(self.footer.block_rows);
        let blocks = sorted.chunk_by(|a, b| a / block_rows == b / block_rows);
        // Boxed: the compiler cannot name the futures of closures that borrow their arguments.
        let reads: Vec<_> = blocks.map(|block| self.rows_of_block(block, true).boxed()).collect();
        let rows: Vec<Vec<Row>> =
            futures::stream::iter(reads).buffered(CONCURRENT_BLOCKS).try_collect().await?;
        let mut rows: Vec<Row> = rows.into_iter().flatten().collect();
        let rank: HashMap<u64, usize> = numbers.iter().copied().zip(0..).collect();
        rows.sort_by_key(|row| rank.get(&row.number).copied());
        Ok(rows)
    }

    /// Rows of one block, by ascending number. Lines are let go as soon as they are read: with many
    /// samples they are much longer than rows.
    async fn rows_of_block(&self, numbers: &[u64], cut: bool) -> Result<Vec<Row>, Error> {
        let mut rows = Vec::with_capacity(numbers.len());
        let (spans, places) = self.places_of_numbers(numbers).await?;
        for span in spans {
            let range = span.range.clone();
            let text = read_text(&*self.result, &places, self.footer.bgzf, range).await?;
            for (number, line) in span.texts(&text) {
                rows.push(self.row(line, number, cut)?);
            }
        }
        Ok(rows)
    }

    /// Everything about a record, by the number that its row has.
    ///
    /// # Errors
    /// [`Error::NoRecord`], or where index or result cannot be read.
    pub async fn details(&self, number: u64) -> Result<RowDetails, Error> {
        if number >= self.footer.rows {
            return Err(Error::NoRecord { number, records: self.footer.rows });
        }
        let (spans, places) = self.places_of_numbers(&[number]).await?;
        let span = spans.first().ok_or(WRONG_PLACE)?;
        let range = span.range.clone();
        let text = read_text(&*self.result, &places, self.footer.bgzf, range).await?;
        let line = without_line_ends(&text);
        let row = self.row(line, number, false)?;
        let record = parse_record(line).map_err(|_| WRONG_PLACE)?;
        Ok(RowDetails {
            row,
            frequencies: self.frequencies(&record),
            entries: self.entries(&record),
            info: self.info(&record),
            samples: self.samples(&record),
        })
    }

    /// Where records of one block are, by ascending number.
    async fn places_of_numbers(&self, numbers: &[u64]) -> Result<(Vec<Span>, Vec<Place>), Error> {
        let block_rows = u64::from(self.footer.block_rows);
        let block = (numbers[0] / block_rows) as usize;
        let rows = numbers.iter().map(|number| (number % block_rows) as usize);
        self.places_of_rows(block, rows).await
    }

    /// Where rows of a block are in the result; rows in ascending order.
    pub(crate) async fn places_of_rows(
        &self,
        block: usize,
        rows: impl Iterator<Item = usize>,
    ) -> Result<(Vec<Span>, Vec<Place>), Error> {
        let loaded = self.load(block, &[ColumnKind::LineBytes, ColumnKind::Places]).await?;
        let bytes = loaded.u32s(ColumnKind::LineBytes)?;
        let entry = &self.footer.blocks[block];
        let (mut row_at, mut offset) = (0, entry.text_start);
        let lines = rows.map(|row| {
            offset += bytes[row_at..row].iter().map(|n| u64::from(*n)).sum::<u64>();
            row_at = row;
            let number = block as u64 * u64::from(self.footer.block_rows) + row as u64;
            LinePlace { number, range: offset..offset + u64::from(bytes[row]) }
        });
        Ok((spans(lines), loaded.places(ColumnKind::Places)?.to_vec()))
    }

    /// A row from its line.
    pub(crate) fn row(&self, line: &[u8], number: u64, cut: bool) -> Result<Row, Error> {
        let record = parse_record(line).map_err(|_| WRONG_PLACE)?;
        let layout = self.layout.as_ref();
        let reading = Reading::new(record.info, layout);
        let (mut alleles, mut frequencies) = (Alleles::default(), Frequencies::default());
        let mut ids = Identifiers::default();
        alleles.read(&record, &reading);
        frequencies.begin(&reading);
        ids.begin(record.id);
        let mut impact = None;
        for entry in reading.entries(layout) {
            frequencies.add(&entry);
            ids.add(entry.existing, b'&');
            impact = impact.into_iter().chain(Impact::parse(entry.impact)).min();
        }
        let entry = self.chosen(&reading).map(|(_, entry)| entry).unwrap_or_default();
        let shown = |text: &[u8]| if cut { cut_bases(text) } else { decoded(text) };
        Ok(Row {
            number,
            chrom: decoded(record.chrom),
            pos: u32::try_from(record.pos).map_err(|_| WRONG_PLACE)?,
            id: decoded(record.id),
            reference: shown(record.reference),
            alt: shown(record.alt),
            qual: decoded(record.qual),
            filter: decoded(record.filter),
            types: types(alleles.class),
            consequence: (!entry.consequence.is_empty())
                .then(|| self.terms.name(entry.severity(&self.terms)).to_owned()),
            impact,
            gene: value(entry.gene()),
            transcript: value(entry.feature),
            hgvs_c: value(entry.hgvs_c),
            hgvs_p: value(entry.hgvs_p),
            frequency: frequencies.lowest(),
            ids: list(&ids.text),
        })
    }

    /// The entry that the table shows, and its number: the first of the best, as in the index.
    fn chosen<'a>(&'a self, reading: &Reading<'a>) -> Option<(usize, Entry<'a>)> {
        let entries = reading.entries(self.layout.as_ref()).enumerate();
        entries.min_by_key(|(_, entry)| entry.preference(entry.severity(&self.terms)))
    }

    fn entries(&self, record: &Record<'_>) -> Vec<TranscriptEntry> {
        let Some(layout) = &self.layout else { return Vec::new() };
        let reading = Reading::new(record.info, Some(layout));
        let chosen = self.chosen(&reading).map(|(n, _)| n);
        let entries = reading.annotation.into_iter().flat_map(|text| text.split(|b| *b == b','));
        let entries = entries.enumerate().map(|(n, entry)| TranscriptEntry {
            chosen: Some(n) == chosen,
            fields: fields_of_entry(entry, &layout.columns),
        });
        entries.collect()
    }

    fn frequencies(&self, record: &Record<'_>) -> Vec<Field> {
        let mut found: Vec<Field> = Vec::new();
        if let Some(layout) = &self.layout {
            let reading = Reading::new(record.info, Some(layout));
            for entry in reading.entries(Some(layout)) {
                for (column, value) in FREQUENCY_COLUMNS.iter().zip(entry.frequencies) {
                    let key = format!("{}/{column}", layout.key);
                    let field = Field { key, value: decoded(value), description: None };
                    if !value.is_empty() && !found.contains(&field) {
                        found.push(field);
                    }
                }
            }
        }
        let info = info::fields(record.info);
        let info = info.filter(|(key, _)| FREQUENCY_KEYS.iter().any(|k| k.as_bytes() == *key));
        found.extend(info.map(|(key, value)| self.info_field(key, value)));
        found
    }

    fn info(&self, record: &Record<'_>) -> Vec<Field> {
        let annotation = self.layout.as_ref().map(|layout| layout.key.as_bytes());
        let fields = info::fields(record.info).filter(|(key, _)| Some(*key) != annotation);
        fields.map(|(key, value)| self.info_field(key, value)).collect()
    }

    fn info_field(&self, key: &[u8], value: Option<&[u8]>) -> Field {
        let key = decoded(key);
        let description = self.header.description(&key);
        Field { key, value: decoded(value.unwrap_or_default()), description }
    }

    fn samples(&self, record: &Record<'_>) -> Vec<Field> {
        let mut columns = record.rest.unwrap_or_default().split(|b| *b == b'\t');
        let Some(format) = columns.next().filter(|format| !format.is_empty()) else {
            return Vec::new();
        };
        let field = |key, value| Field { key, value: decoded(value), description: None };
        let samples = self.header.samples().into_iter().zip(columns);
        std::iter::once(field("FORMAT".to_owned(), format))
            .chain(samples.map(|(name, value)| field(name, value)))
            .collect()
    }
}

fn fields_of_entry(entry: &[u8], columns: &[String]) -> Vec<Field> {
    let values = entry.split(|b| *b == b'|').zip(columns);
    let filled = values.filter(|(value, _)| !value.is_empty());
    filled
        .map(|(value, key)| Field { key: key.clone(), value: decoded(value), description: None })
        .collect()
}

fn types(class: u16) -> Vec<VariantType> {
    VariantType::ALL.into_iter().filter(|kind| class & type_bit(*kind) != 0).collect()
}

/// Text with VCF's percent escapes resolved.
fn decoded(text: &[u8]) -> String {
    if memchr::memchr(b'%', text).is_none() {
        return String::from_utf8_lossy(text).into_owned();
    }
    percent_decode(text).decode_utf8_lossy().into_owned()
}

fn value(text: &[u8]) -> Option<String> {
    (!text.is_empty()).then(|| decoded(text))
}

fn list(text: &[u8]) -> Vec<String> {
    text.split(|b| *b == b';').filter(|id| !id.is_empty()).map(decoded).collect()
}

fn cut_bases(text: &[u8]) -> String {
    match text.get(..SHOWN_BASES) {
        Some(start) if text.len() > SHOWN_BASES => format!("{}…", decoded(start)),
        _ => decoded(text),
    }
}
