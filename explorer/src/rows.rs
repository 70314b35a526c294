//! Rows of the table and details of a record, read from the result.
//!
//! A line may have any length and any number of fields. Of a long line only the start is read, long
//! values are shortened, and long lists end early; the rows tell what is left out.

use crate::Error;
use crate::annotation::{AnnotationDefinition, Entry, Role};
use crate::columns::Sources;
use crate::explorer::{CONCURRENT_BLOCKS, Explorer};
use crate::format::{BlockOffset, ColumnKind};
use crate::header::{cut, pieces};
use crate::info::{self, FieldCounter};
use crate::limits::{
    DETAILS, DETAILS_BYTES, ENTRY_FIELDS, LINE_BYTES, PAGE_BYTES, ROW_BYTES, SAMPLES,
};
use crate::record_categories::RecordCategories;
use crate::record_features::{Alleles, FieldValues, Identifiers, InfoFields, Numbers, type_bit};
use crate::text::{Line, LineRange, MISPLACED, Span, read_text, spans};
use crate::yield_now::yield_now;
use futures::{FutureExt, StreamExt, TryStreamExt};
use gas_shared::explorer::{
    ByCategory, ByColumn, Field, Impact, MAX_INDEXED_SAMPLES, Row, RowDetails, RowValue,
    TranscriptEntry, VariantType,
};
use gas_shared::vcf::{Record, parse_record};
use percent_encoding::percent_decode;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// How much of long values a row has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Detail {
    /// Characters of an allele.
    allele: usize,
    /// Characters of another value.
    value: usize,
    /// Identifiers.
    ids: usize,
}

impl Detail {
    /// A row of the table.
    pub const TABLE: Self = Self { allele: 64, value: 500, ids: 50 };
    /// The details of a record.
    pub const DETAILS: Self = Self { allele: 10_000, value: 10_000, ids: DETAILS };
    /// A row of an exported table.
    pub const EXPORT: Self = Self { allele: usize::MAX, value: usize::MAX, ids: usize::MAX };

    fn allele(self, text: &[u8]) -> String {
        shortened(text, self.allele)
    }

    pub fn value(self, text: &[u8]) -> String {
        shortened(text, self.value)
    }

    /// Writes an allele into `out` as the table shows it.
    pub fn write_allele(self, text: &[u8], out: &mut Vec<u8>) {
        write_shortened(text, self.allele, out);
    }

    /// Writes another value into `out` as the table shows it.
    pub fn write_value(self, text: &[u8], out: &mut Vec<u8>) {
        write_shortened(text, self.value, out);
    }

    pub fn optional(self, text: &[u8]) -> Option<String> {
        (!text.is_empty()).then(|| self.value(text))
    }

    pub fn ids(self, text: &[u8]) -> Vec<String> {
        let all = || text.split(|b| *b == b';').filter(|id| !id.is_empty());
        let mut ids: Vec<String> = all().take(self.ids).map(|id| self.value(id)).collect();
        let more = all().skip(self.ids).count();
        if more > 0 {
            ids.push(format!("… and {more} more"));
        }
        ids
    }
}

impl Explorer {
    /// The rows of some records, in the order of `numbers`.
    pub(crate) async fn rows(
        &self,
        numbers: &[u64],
        samples: &[String],
    ) -> Result<Vec<Row>, Error> {
        let samples = samples.iter().take(MAX_INDEXED_SAMPLES).map(|name| self.sample(name));
        let samples = samples.collect::<Result<Vec<u8>, _>>()?;
        if let Some(chunks) = &self.footer.chunks {
            return self.rows_of_chunks(chunks, numbers, &samples).await;
        }
        let mut sorted = numbers.to_vec();
        sorted.sort_unstable();
        let limit = PAGE_BYTES / (numbers.len() as u64).max(1);
        let limit = limit.clamp(*ROW_BYTES.start(), *ROW_BYTES.end());
        let block_rows = u64::from(self.footer.block_rows);
        let blocks = sorted.chunk_by(|a, b| a / block_rows == b / block_rows);
        // Boxed, because the futures of closures that borrow their arguments have no type name.
        let reads: Vec<_> = blocks.map(|block| self.rows_of_block(block, limit).boxed()).collect();
        let rows: Vec<Vec<Row>> =
            futures::stream::iter(reads).buffered(CONCURRENT_BLOCKS).try_collect().await?;
        let mut rows: Vec<Row> = rows.into_iter().flatten().collect();
        let rank: HashMap<u64, usize> = numbers.iter().copied().zip(0..).collect();
        rows.sort_by_key(|row| rank.get(&row.number).copied());
        Ok(rows)
    }

    /// The rows of some records of one block, in ascending order, from at most `limit` bytes of each
    /// line. Lines are dropped as soon as they are parsed, because with many samples they are much
    /// longer than rows.
    async fn rows_of_block(&self, numbers: &[u64], limit: u64) -> Result<Vec<Row>, Error> {
        let mut rows = Vec::with_capacity(numbers.len());
        let (spans, offsets) = self.lines_of_records(numbers, limit).await?;
        for span in spans {
            let range = span.range.clone();
            let text = read_text(&*self.result, &offsets, self.footer.bgzf, range).await?;
            for line in span.texts(&text) {
                rows.push(self.row(line, Detail::TABLE)?);
            }
            yield_now().await;
        }
        Ok(rows)
    }

    /// The data of a record, by its number. The notes say what is left out.
    ///
    /// # Errors
    /// [`Error::NoRecord`], or [`Error`] if index or result cannot be read.
    pub async fn details(&self, number: u64) -> Result<RowDetails, Error> {
        if number >= self.footer.rows {
            return Err(Error::NoRecord { number, records: self.footer.rows });
        }
        let (spans, offsets) = self.lines_of_records(&[number], LINE_BYTES).await?;
        let span = spans.first().ok_or(MISPLACED)?;
        let range = span.range.clone();
        let text = read_text(&*self.result, &offsets, self.footer.bgzf, range.clone()).await?;
        let line = span.texts(&text).next().ok_or(MISPLACED)?;
        let row = self.row(line, Detail::DETAILS)?;
        yield_now().await;
        let mut notes = Notes::default();
        let mut keys = FieldCounter::default();
        if let Some(bytes) = line.cut {
            notes.add(format!(
                "The record has {bytes} bytes. Its first {LINE_BYTES} are shown here; download the \
                 file to see all of it."
            ));
            keys.count_after_columns(line.text);
            for piece in pieces(range.end..range.start + bytes) {
                if keys.is_complete() {
                    break;
                }
                let text = read_text(&*self.result, &offsets, self.footer.bgzf, piece).await?;
                keys.push(&text);
                yield_now().await;
            }
        } else {
            keys.count_after_columns(line.text);
        }
        let text = record_text(line);
        let record = parse_record(&text).map_err(|_| MISPLACED)?;
        let mut room = DETAILS_BYTES;
        Ok(RowDetails {
            row,
            frequencies: self.frequencies(&record, &mut room, &mut notes),
            entries: self.entries(&record, &mut room, &mut notes),
            info: self.info(&record, keys.fields(), &mut room, &mut notes),
            samples: self.sample_fields(&record, line.cut.is_some(), &mut notes),
            notes: notes.0,
        })
    }

    /// The lines of some records of one block, in ascending order, and the offsets of BGZF blocks.
    async fn lines_of_records(
        &self,
        numbers: &[u64],
        limit: u64,
    ) -> Result<(Vec<Span>, Vec<BlockOffset>), Error> {
        let block_rows = u64::from(self.footer.block_rows);
        let block = (numbers[0] / block_rows) as usize;
        let rows = numbers.iter().map(|number| (number % block_rows) as usize);
        self.lines_of_rows(block, rows, limit).await
    }

    /// The lines of some rows of a block, in ascending order and cut after `limit` bytes, and the
    /// offsets of BGZF blocks.
    pub(crate) async fn lines_of_rows(
        &self,
        block: usize,
        rows: impl Iterator<Item = usize>,
        limit: u64,
    ) -> Result<(Vec<Span>, Vec<BlockOffset>), Error> {
        let loaded = self.load(block, &[ColumnKind::LineBytes, ColumnKind::BlockOffsets]).await?;
        let bytes = loaded.u32s(ColumnKind::LineBytes)?;
        let entry = &self.footer.blocks[block];
        let (mut row_at, mut offset) = (0, entry.text_start);
        let lines = rows.map(|row| {
            offset += bytes[row_at..row].iter().map(|n| u64::from(*n)).sum::<u64>();
            row_at = row;
            let number = block as u64 * u64::from(self.footer.block_rows) + row as u64;
            LineRange::new(number, offset, u64::from(bytes[row]), limit)
        });
        Ok((spans(lines), loaded.block_offsets(ColumnKind::BlockOffsets)?.to_vec()))
    }

    /// Parses a line into a row.
    pub(crate) fn row(&self, line: Line<'_>, detail: Detail) -> Result<Row, Error> {
        let text = record_text(line);
        let record = parse_record(&text).map_err(|_| MISPLACED)?;
        let mut values = FieldValues::new(&self.sources);
        values.begin(&record);
        let info = self.info_fields(&record, &mut values);
        let (mut alleles, mut ids) = (Alleles::default(), Identifiers::default());
        alleles.read(&record, &info);
        ids.begin(record.id);
        let mut impact = None;
        for text in info.entries() {
            let entry = Entry::read(text, self.roles(), |field, value| values.add(field, value));
            ids.add(entry.existing, b'&');
            impact = impact.into_iter().chain(Impact::parse(entry.impact)).min();
        }
        let entry = self.chosen(&info).map(|(_, entry)| entry).unwrap_or_default();
        Ok(Row {
            number: line.number,
            chrom: detail.value(record.chrom),
            pos: u32::try_from(record.pos).map_err(|_| MISPLACED)?,
            id: detail.value(record.id),
            reference: detail.allele(record.reference),
            alt: detail.allele(record.alt),
            qual: detail.value(record.qual),
            filter: detail.value(record.filter),
            types: types(alleles.class),
            consequence: (!entry.consequence.is_empty())
                .then(|| self.terms.name(entry.severity(&self.terms)).to_owned()),
            impact,
            gene: detail.optional(entry.gene()),
            transcript: detail.optional(entry.feature),
            mane: entry.mane,
            canonical: entry.canonical,
            exon: detail.optional(entry.exon),
            intron: detail.optional(entry.intron),
            hgvs_c: detail.optional(entry.hgvs_c),
            hgvs_p: detail.optional(entry.hgvs_p),
            numbers: self.numbers(&values.numbers),
            categories: categories(&values.categories),
            texts: self.texts(&values),
            ids: detail.ids(&ids.text),
            samples: Vec::new(),
            // Samples are not part of a row.
            cut: line.cut.filter(|_| columns_after_info(line.text).is_none()),
        })
    }

    fn format(&self) -> Option<&AnnotationDefinition> {
        self.header.format.as_ref()
    }

    fn roles(&self) -> &[Role] {
        self.format().map_or(&[], |format| &format.roles)
    }

    fn info_fields<'a>(&self, record: &Record<'a>, values: &mut FieldValues) -> InfoFields<'a> {
        let info = InfoFields::read(record.info, self.format(), &self.sources, |field, value| {
            values.add(field, value);
        });
        values.add_computed(&info);
        info
    }

    /// The numbers of a row, except those that the row has as text.
    fn numbers(&self, numbers: &Numbers) -> ByColumn<f32> {
        let mut by_column = ByColumn::default();
        for (n, source) in self.sources.numeric.iter().enumerate() {
            if source.column.row_value == RowValue::Number {
                by_column.set(&source.column, numbers.shown(n));
            }
        }
        by_column
    }

    fn texts(&self, values: &FieldValues) -> ByColumn<String> {
        let mut by_column = ByColumn::default();
        for (column, text) in self.sources.texts.iter().zip(values.texts.iter()) {
            let text = String::from_utf8_lossy(text).into_owned();
            by_column.set(column, Some(text).filter(|text| !text.is_empty()));
        }
        by_column
    }

    /// The entry that the table shows, with its index: the first of the preferred ones, as in the
    /// index.
    fn chosen<'a>(&self, info: &InfoFields<'a>) -> Option<(usize, Entry<'a>)> {
        let entries = info.entries().map(|text| Entry::read(text, self.roles(), |_, _| {}));
        entries.enumerate().min_by_key(|(_, entry)| entry.preference(entry.severity(&self.terms)))
    }

    fn entries(
        &self,
        record: &Record<'_>,
        room: &mut usize,
        notes: &mut Notes,
    ) -> Vec<TranscriptEntry> {
        let Some(format) = self.format() else { return Vec::new() };
        let info = InfoFields::read(record.info, Some(format), &Sources::default(), |_, _| {});
        let chosen = self.chosen(&info).map(|(n, _)| n);
        let mut entries = Vec::new();
        for (n, text) in info.entries().take(DETAILS).enumerate() {
            let fields = fields_of_entry(text, &format.fields);
            let bytes = fields.iter().map(bytes_of).sum();
            let Some(rest) = room.checked_sub(bytes) else { break };
            *room = rest;
            entries.push(TranscriptEntry { chosen: Some(n) == chosen, fields });
        }
        notes.more(info.entries().skip(entries.len()).count() as u64, "transcripts");
        if !entries.is_empty() {
            let more = format.fields.len().saturating_sub(ENTRY_FIELDS);
            notes.more(more as u64, "fields of each transcript");
        }
        entries
    }

    /// The fields with allele frequencies: of the annotation, then of INFO.
    fn frequencies(&self, record: &Record<'_>, room: &mut usize, notes: &mut Notes) -> Vec<Field> {
        let names = self.sources.frequency_fields();
        let mut found = HashSet::new();
        let mut fields = Vec::new();
        let mut more = 0;
        let mut add = |field: Field| {
            let rest = room.checked_sub(bytes_of(&field));
            match rest.filter(|_| fields.len() < DETAILS) {
                Some(rest) => {
                    *room = rest;
                    fields.push(field);
                }
                None => more += 1,
            }
        };
        if let Some(format) = self.format() {
            let positions = names.iter().filter_map(|name| {
                Some((name, format.fields.iter().position(|field| field == name)?))
            });
            let positions: Vec<_> = positions.collect();
            let info = InfoFields::read(record.info, Some(format), &Sources::default(), |_, _| {});
            for entry in info.entries() {
                for (name, at) in &positions {
                    let value = entry.split(|b| *b == b'|').nth(*at).unwrap_or_default();
                    if !value.is_empty() && found.insert((*name, value)) {
                        let key = format!("{}/{name}", format.key);
                        add(Field { key, value: shown(value), description: None });
                    }
                }
            }
        }
        let info = info::fields(record.info);
        let info = info.filter(|(key, _)| names.iter().any(|name| name.as_bytes() == *key));
        info.for_each(|(key, value)| add(self.info_field(key, value)));
        notes.more(more, "frequencies");
        fields
    }

    /// The INFO fields, except the annotation. `keys` is the number of keys with the annotation.
    fn info(
        &self,
        record: &Record<'_>,
        keys: u64,
        room: &mut usize,
        notes: &mut Notes,
    ) -> Vec<Field> {
        let annotation = self.format().map(|format| format.key.as_bytes());
        let mut fields = Vec::new();
        let mut seen = 0;
        for (key, value) in info::fields(record.info) {
            if Some(key) != annotation {
                let field = self.info_field(key, value);
                let rest = room.checked_sub(bytes_of(&field));
                let Some(rest) = rest.filter(|_| fields.len() < DETAILS) else { break };
                *room = rest;
                fields.push(field);
            }
            seen += 1;
        }
        // The annotation is shown as transcripts.
        seen += u64::from(rest_has(record.info, seen, annotation));
        notes.more(keys.saturating_sub(seen), "INFO keys");
        if self.header.undescribed > 0 {
            notes.more(self.header.undescribed, "descriptions of INFO keys");
        }
        fields
    }

    fn info_field(&self, key: &[u8], value: Option<&[u8]>) -> Field {
        let key = shown(key);
        let description = self.header.description(&key).cloned();
        Field { key, value: shown(value.unwrap_or_default()), description }
    }

    fn sample_fields(&self, record: &Record<'_>, is_cut: bool, notes: &mut Notes) -> Vec<Field> {
        let mut columns = record.rest.unwrap_or_default().split(|b| *b == b'\t');
        let Some(format) = columns.next().filter(|format| !format.is_empty()) else {
            return Vec::new();
        };
        let field = |key, value| Field { key, value: shown(value), description: None };
        let values = columns.clone().take(SAMPLES);
        let names = self.header.samples.iter().cloned();
        let samples = names.zip(values).map(|(name, value)| field(name, value));
        if !is_cut {
            notes.more(columns.skip(SAMPLES).count() as u64, "samples");
        }
        std::iter::once(field("FORMAT".to_owned(), format)).chain(samples).collect()
    }
}

/// The values of a row's category columns that are read from fields.
fn categories(record: &RecordCategories) -> ByCategory<String> {
    let mut by_column = ByCategory::default();
    for (column, text) in record.iter() {
        let names = text.split(|byte| *byte == b';').filter(|name| !name.is_empty());
        let names = names.map(|name| String::from_utf8_lossy(name).into_owned());
        by_column.set_values(column, names.collect());
    }
    by_column
}

/// What the details of a record leave out.
#[derive(Default)]
struct Notes(Vec<String>);

impl Notes {
    fn add(&mut self, note: String) {
        self.0.push(note);
    }

    fn more(&mut self, number: u64, what: &str) {
        if number > 0 {
            self.add(format!("And {number} more {what}; download the file to see them."));
        }
    }
}

/// The text of a record. The missing columns of a line that is cut before the end of INFO have `…` or
/// `.`, and its last INFO field or annotation entry is dropped, because its value may be cut.
pub(crate) fn record_text(line: Line<'_>) -> Cow<'_, [u8]> {
    if line.cut.is_none() || columns_after_info(line.text).is_some() {
        return Cow::Borrowed(line.text);
    }
    let tabs: Vec<usize> = memchr::memchr_iter(b'\t', line.text).collect();
    match tabs[..] {
        [.., info] if tabs.len() == 7 => {
            let whole = memchr::memrchr2(b';', b',', line.text).filter(|end| *end > info);
            line.text[..whole.unwrap_or(info + 1)].into()
        }
        // The position is missing or not complete.
        [] => [line.text, "…\t0\t…\t…\t…\t…\t…\t.".as_bytes()].concat().into(),
        [chrom] => [&line.text[..chrom], "\t0\t…\t…\t…\t…\t…\t.".as_bytes()].concat().into(),
        _ => {
            let missing = "\t…".repeat(6 - tabs.len());
            [line.text, "…".as_bytes(), missing.as_bytes(), b"\t."].concat().into()
        }
    }
}

/// The text after INFO, if the line has it.
pub(crate) fn columns_after_info(line: &[u8]) -> Option<&[u8]> {
    memchr::memchr_iter(b'\t', line).nth(7).map(|end| &line[end + 1..])
}

/// Characters of a value in the details of a record.
fn shown(text: &[u8]) -> String {
    Detail::DETAILS.value(text)
}

/// Whether a key is among the INFO fields after the first ones.
fn rest_has(info: &[u8], skipped: u64, key: Option<&[u8]>) -> bool {
    let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
    info::fields(info).skip(skipped).any(|(other, _)| Some(other) == key)
}

fn bytes_of(field: &Field) -> usize {
    // The syntax of JSON takes about 40 bytes.
    let description = field.description.as_ref().map_or(0, String::len);
    field.key.len() + field.value.len() + description + 40
}

fn fields_of_entry(entry: &[u8], names: &[String]) -> Vec<Field> {
    let values = entry.split(|b| *b == b'|').zip(names).take(ENTRY_FIELDS);
    let filled = values.filter(|(value, _)| !value.is_empty());
    filled
        .map(|(value, key)| Field { key: key.clone(), value: shown(value), description: None })
        .collect()
}

pub(crate) fn types(class: u16) -> Vec<VariantType> {
    VariantType::ALL.into_iter().filter(|kind| class & type_bit(*kind) != 0).collect()
}

/// Replaces `out` by what [`shortened`] returns, without an allocation for ordinary texts.
fn write_shortened(text: &[u8], limit: usize, out: &mut Vec<u8>) {
    out.clear();
    if text.len() <= limit && text.is_ascii() && memchr::memchr(b'%', text).is_none() {
        out.extend_from_slice(text);
    } else {
        out.extend_from_slice(shortened(text, limit).as_bytes());
    }
}

/// Decodes the percent-encoding of VCF in at most `limit` bytes. A longer text ends with its length.
fn shortened(text: &[u8], limit: usize) -> String {
    if memchr::memchr(b'%', text).is_none() {
        return cut(text, limit);
    }
    cut(&Cow::from(percent_decode(text)), limit)
}
