//! Rows of the table and details of a record, read from the result.

use crate::Error;
use crate::annotation::{Entry, Role};
use crate::columns::Values;
use crate::explorer::{CONCURRENT_BLOCKS, Explorer};
use crate::format::{BlockOffset, ColumnKind};
use crate::info;
use crate::record_features::{Alleles, Identifiers, InfoFields, Numbers, type_bit};
use crate::text::{LineRange, MISPLACED, Span, read_text, spans, without_line_ends};
use futures::{FutureExt, StreamExt, TryStreamExt};
use gas_shared::explorer::{
    ByColumn, FREQUENCY, Field, Impact, Row, RowDetails, RowValue, TranscriptEntry, VariantType,
};
use gas_shared::vcf::{Record, parse_record};
use percent_encoding::percent_decode;
use std::collections::HashMap;

/// Bases of an allele in the table. Details and exports have complete alleles.
const SHOWN_BASES: usize = 64;

impl Explorer {
    /// The rows of some records, in the order of `numbers`.
    pub(crate) async fn rows(&self, numbers: &[u64]) -> Result<Vec<Row>, Error> {
        let mut sorted = numbers.to_vec();
        sorted.sort_unstable();
        let block_rows = u64::from(self.footer.block_rows);
        let blocks = sorted.chunk_by(|a, b| a / block_rows == b / block_rows);
        // Boxed, because the futures of closures that borrow their arguments have no type name.
        let reads: Vec<_> = blocks.map(|block| self.rows_of_block(block, true).boxed()).collect();
        let rows: Vec<Vec<Row>> =
            futures::stream::iter(reads).buffered(CONCURRENT_BLOCKS).try_collect().await?;
        let mut rows: Vec<Row> = rows.into_iter().flatten().collect();
        let rank: HashMap<u64, usize> = numbers.iter().copied().zip(0..).collect();
        rows.sort_by_key(|row| rank.get(&row.number).copied());
        Ok(rows)
    }

    /// The rows of some records of one block, in ascending order. Lines are dropped as soon as they
    /// are parsed, because with many samples they are much longer than rows.
    async fn rows_of_block(&self, numbers: &[u64], shorten: bool) -> Result<Vec<Row>, Error> {
        let mut rows = Vec::with_capacity(numbers.len());
        let (spans, offsets) = self.lines_of_records(numbers).await?;
        for span in spans {
            let range = span.range.clone();
            let text = read_text(&*self.result, &offsets, self.footer.bgzf, range).await?;
            for (number, line) in span.texts(&text) {
                rows.push(self.row(line, number, shorten)?);
            }
        }
        Ok(rows)
    }

    /// All data of a record, by its number.
    ///
    /// # Errors
    /// [`Error::NoRecord`], or [`Error`] if index or result cannot be read.
    pub async fn details(&self, number: u64) -> Result<RowDetails, Error> {
        if number >= self.footer.rows {
            return Err(Error::NoRecord { number, records: self.footer.rows });
        }
        let (spans, offsets) = self.lines_of_records(&[number]).await?;
        let span = spans.first().ok_or(MISPLACED)?;
        let range = span.range.clone();
        let text = read_text(&*self.result, &offsets, self.footer.bgzf, range).await?;
        let line = without_line_ends(&text);
        let row = self.row(line, number, false)?;
        let record = parse_record(line).map_err(|_| MISPLACED)?;
        Ok(RowDetails {
            row,
            frequencies: self.frequencies(&record),
            entries: self.entries(&record),
            info: self.info(&record),
            samples: self.samples(&record),
        })
    }

    /// The lines of some records of one block, in ascending order, and the offsets of BGZF blocks.
    async fn lines_of_records(
        &self,
        numbers: &[u64],
    ) -> Result<(Vec<Span>, Vec<BlockOffset>), Error> {
        let block_rows = u64::from(self.footer.block_rows);
        let block = (numbers[0] / block_rows) as usize;
        let rows = numbers.iter().map(|number| (number % block_rows) as usize);
        self.lines_of_rows(block, rows).await
    }

    /// The lines of some rows of a block, in ascending order, and the offsets of BGZF blocks.
    pub(crate) async fn lines_of_rows(
        &self,
        block: usize,
        rows: impl Iterator<Item = usize>,
    ) -> Result<(Vec<Span>, Vec<BlockOffset>), Error> {
        let loaded = self.load(block, &[ColumnKind::LineBytes, ColumnKind::BlockOffsets]).await?;
        let bytes = loaded.u32s(ColumnKind::LineBytes)?;
        let entry = &self.footer.blocks[block];
        let (mut row_at, mut offset) = (0, entry.text_start);
        let lines = rows.map(|row| {
            offset += bytes[row_at..row].iter().map(|n| u64::from(*n)).sum::<u64>();
            row_at = row;
            let number = block as u64 * u64::from(self.footer.block_rows) + row as u64;
            LineRange { number, range: offset..offset + u64::from(bytes[row]) }
        });
        Ok((spans(lines), loaded.block_offsets(ColumnKind::BlockOffsets)?.to_vec()))
    }

    /// Parses a line into a row.
    pub(crate) fn row(&self, line: &[u8], number: u64, shorten: bool) -> Result<Row, Error> {
        let record = parse_record(line).map_err(|_| MISPLACED)?;
        let mut numbers = Numbers::new(self.sources);
        numbers.begin(&record);
        let info = self.info_fields(&record, &mut numbers);
        let (mut alleles, mut ids) = (Alleles::default(), Identifiers::default());
        alleles.read(&record, &info);
        ids.begin(record.id);
        let mut impact = None;
        for text in info.entries() {
            let entry = Entry::read(text, self.roles(), |field, value| numbers.add(field, value));
            ids.add(entry.existing, b'&');
            impact = impact.into_iter().chain(Impact::parse(entry.impact)).min();
        }
        let entry = self.chosen(&info).map(|(_, entry)| entry).unwrap_or_default();
        let shown = |text: &[u8]| if shorten { shortened(text) } else { decoded(text) };
        Ok(Row {
            number,
            chrom: decoded(record.chrom),
            pos: u32::try_from(record.pos).map_err(|_| MISPLACED)?,
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
            numbers: self.numbers(&numbers),
            ids: list(&ids.text),
        })
    }

    fn roles(&self) -> &[Role] {
        self.format.as_ref().map_or(&[], |format| &format.roles)
    }

    fn info_fields<'a>(&self, record: &Record<'a>, numbers: &mut Numbers) -> InfoFields<'a> {
        InfoFields::read(record.info, self.format.as_ref(), self.sources, |field, value| {
            numbers.add(field, value);
        })
    }

    /// The numbers of a row, except those that the row has as text.
    fn numbers(&self, numbers: &Numbers) -> ByColumn<f32> {
        let mut by_column = ByColumn::default();
        for (n, source) in self.sources.iter().enumerate() {
            if source.column.row_value == RowValue::Number {
                by_column.set(source.column, numbers.shown(n));
            }
        }
        by_column
    }

    /// The entry that the table shows, with its index: the first of the preferred ones, as in the
    /// index.
    fn chosen<'a>(&self, info: &InfoFields<'a>) -> Option<(usize, Entry<'a>)> {
        let entries = info.entries().map(|text| Entry::read(text, self.roles(), |_, _| {}));
        entries.enumerate().min_by_key(|(_, entry)| entry.preference(entry.severity(&self.terms)))
    }

    fn entries(&self, record: &Record<'_>) -> Vec<TranscriptEntry> {
        let Some(format) = &self.format else { return Vec::new() };
        let info = InfoFields::read(record.info, Some(format), &[], |_, _| {});
        let chosen = self.chosen(&info).map(|(n, _)| n);
        let entries = info.entries().enumerate().map(|(n, entry)| TranscriptEntry {
            chosen: Some(n) == chosen,
            fields: fields_of_entry(entry, &format.fields),
        });
        entries.collect()
    }

    /// The fields with allele frequencies: of the annotation, then of INFO.
    fn frequencies(&self, record: &Record<'_>) -> Vec<Field> {
        let sources = self.sources.iter().find(|source| *source.column == FREQUENCY);
        let Some(Values::Fields { annotation, info: keys }) = sources.map(|source| source.values)
        else {
            return Vec::new();
        };
        let mut found: Vec<Field> = Vec::new();
        if let Some(format) = &self.format {
            let info = InfoFields::read(record.info, Some(format), &[], |_, _| {});
            for entry in info.entries() {
                let values = entry.split(|b| *b == b'|').zip(&format.fields);
                let values: Vec<_> = values.filter(|(value, _)| !value.is_empty()).collect();
                for field in annotation {
                    let Some((value, _)) = values.iter().find(|(_, name)| name == field) else {
                        continue;
                    };
                    let key = format!("{}/{field}", format.key);
                    let field = Field { key, value: decoded(value), description: None };
                    if !found.contains(&field) {
                        found.push(field);
                    }
                }
            }
        }
        let info = info::fields(record.info);
        let info = info.filter(|(key, _)| keys.iter().any(|k| k.as_bytes() == *key));
        found.extend(info.map(|(key, value)| self.info_field(key, value)));
        found
    }

    fn info(&self, record: &Record<'_>) -> Vec<Field> {
        let annotation = self.format.as_ref().map(|format| format.key.as_bytes());
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

fn fields_of_entry(entry: &[u8], names: &[String]) -> Vec<Field> {
    let values = entry.split(|b| *b == b'|').zip(names);
    let filled = values.filter(|(value, _)| !value.is_empty());
    filled
        .map(|(value, key)| Field { key: key.clone(), value: decoded(value), description: None })
        .collect()
}

fn types(class: u16) -> Vec<VariantType> {
    VariantType::ALL.into_iter().filter(|kind| class & type_bit(*kind) != 0).collect()
}

/// Decodes the percent-encoding of VCF.
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

fn shortened(text: &[u8]) -> String {
    match text.get(..SHOWN_BASES) {
        Some(start) if text.len() > SHOWN_BASES => format!("{}…", decoded(start)),
        _ => decoded(text),
    }
}
