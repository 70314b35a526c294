//! Exports the records that match a filter, as VCF, TSV, CSV or JSON lines.

use crate::Error;
use crate::bgzf;
use crate::explorer::Explorer;
use crate::format::BlockOffset;
use crate::header::pieces;
use crate::limits::{LINE_BYTES, PIECE_BYTES};
use crate::rows::Detail;
use crate::selection::Selection;
use crate::text::{LineRange, Span, read_text, without_line_ends};
use crate::yield_now::yield_now;
use bytes::{Bytes, BytesMut};
use futures::{Stream, TryStreamExt};
use gas_shared::explorer::{
    CategoryColumn, ExportFormat, Filter, NumericColumn, Row, RowValue, TextColumn, VARIANT_TYPE,
};
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

/// A column of TSV and CSV: its header, and its text.
type FieldColumn = (&'static str, fn(&Row) -> String);

/// The columns before those of the registry that have no field in a row.
const BEFORE_REGISTERED: [FieldColumn; 18] = [
    ("chrom", |row| row.chrom.clone()),
    ("pos", |row| row.pos.to_string()),
    ("id", |row| row.id.clone()),
    ("ref", |row| row.reference.clone()),
    ("alt", |row| row.alt.clone()),
    ("qual", |row| row.qual.clone()),
    ("filter", |row| row.filter.clone()),
    ("type", |row| VARIANT_TYPE.values_of(row).join(";")),
    ("consequence", |row| row.consequence.clone().unwrap_or_default()),
    ("impact", |row| row.impact.map(|impact| impact.as_str().to_owned()).unwrap_or_default()),
    ("gene", |row| row.gene.clone().unwrap_or_default()),
    ("transcript", |row| row.transcript.clone().unwrap_or_default()),
    ("mane", |row| row.mane.map(|mane| mane.label().to_owned()).unwrap_or_default()),
    ("canonical", |row| if row.canonical { "yes".to_owned() } else { String::new() }),
    ("exon", |row| row.exon.clone().unwrap_or_default()),
    ("intron", |row| row.intron.clone().unwrap_or_default()),
    ("hgvs_c", |row| row.hgvs_c.clone().unwrap_or_default()),
    ("hgvs_p", |row| row.hgvs_p.clone().unwrap_or_default()),
];

/// The columns after them.
const AFTER_REGISTERED: [FieldColumn; 1] = [("known_ids", known_ids)];

/// A column that has no field in a row.
enum Registered {
    Number(Arc<NumericColumn>),
    Category(Arc<CategoryColumn>),
    Text(Arc<TextColumn>),
}

impl Registered {
    fn name(&self) -> &str {
        match self {
            Self::Number(column) => &column.name,
            Self::Category(column) => &column.row_name,
            Self::Text(column) => &column.name,
        }
    }

    fn text(&self, row: &Row) -> String {
        match self {
            Self::Number(column) => column.text(row),
            Self::Category(column) => column.values_of(row).join(";"),
            Self::Text(column) => row.texts.find(column).cloned().unwrap_or_default(),
        }
    }
}

/// The identifiers of a row. The last cell also says if values of the row are cut.
fn known_ids(row: &Row) -> String {
    let ids = row.ids.join(";");
    match row.cut {
        Some(bytes) => format!(
            "{ids} [values are cut: the record has {bytes} bytes; export VCF for all of it]"
        ),
        None => ids,
    }
}

impl Explorer {
    /// Streams every record that matches the filter, in the file's order, without a limit on rows.
    /// The stream holds the selection (one bit per record) and one piece of the result (2 MiB) with its
    /// output. A table has the values of the first 4 MiB of a record, and says so if it has more; VCF
    /// has the complete record.
    pub fn export(
        self: Arc<Self>,
        filter: Filter,
        format: ExportFormat,
    ) -> impl Stream<Item = Result<Bytes, Error>> + Send + 'static {
        let is_packed = format == ExportFormat::VcfGz;
        let end = futures::stream::iter(is_packed.then(bgzf::end));
        let pieces = self.export_text(filter, format);
        let pieces = pieces.and_then(move |piece| async move {
            yield_now().await;
            if is_packed { bgzf::compress(&piece) } else { Ok(piece) }
        });
        // An error ends the stream, so that no complete file is pretended.
        futures::StreamExt::chain(pieces, end)
    }

    fn export_text(
        self: Arc<Self>,
        filter: Filter,
        format: ExportFormat,
    ) -> impl Stream<Item = Result<Bytes, Error>> + Send + 'static {
        let begin = async move {
            let selection = self.select(&filter, false).await?;
            let columns = self.columns();
            let numbers = columns.numeric().iter().cloned();
            let numbers = numbers.filter(|column| column.row_value == RowValue::Number);
            let categories = columns.own_categories().cloned().map(Registered::Category);
            let texts = columns.texts().iter().cloned().map(Registered::Text);
            let registered = numbers.map(Registered::Number).chain(categories).chain(texts);
            let registered: Vec<_> = registered.collect();
            let (head, header) = match format {
                ExportFormat::Vcf | ExportFormat::VcfGz => {
                    (Bytes::new(), 0..self.footer.header_bytes)
                }
                ExportFormat::JsonLines => (Bytes::new(), 0..0),
                ExportFormat::Tsv | ExportFormat::Csv => (table_header(&registered, format)?, 0..0),
            };
            let export = Export {
                explorer: self,
                selection,
                format,
                registered,
                header: pieces(header).collect(),
                block: 0,
                spans: VecDeque::new(),
                offsets: Vec::new(),
            };
            let head = futures::stream::iter([Ok(head)]);
            let body = futures::stream::try_unfold(export, |mut export| async move {
                Ok(export.next().await?.map(|bytes| (bytes, export)))
            });
            Ok::<_, Error>(futures::StreamExt::chain(head, body))
        };
        futures::stream::once(begin).try_flatten()
    }
}

struct Export {
    explorer: Arc<Explorer>,
    selection: Arc<Selection>,
    format: ExportFormat,
    /// The columns of the registry that have no field in a row.
    registered: Vec<Registered>,
    /// The pieces of the VCF header that are not yet exported.
    header: VecDeque<Range<u64>>,
    /// The next block.
    block: usize,
    /// The lines of the current block that are not yet exported.
    spans: VecDeque<Span>,
    /// The BGZF blocks of the current block.
    offsets: Vec<BlockOffset>,
}

impl Export {
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let explorer = self.explorer.clone();
        let (result, bgzf) = (&*explorer.result, explorer.footer.bgzf);
        yield_now().await;
        if let Some(piece) = self.header.pop_front() {
            let offsets = &explorer.footer.header_offsets;
            return read_text(result, offsets, bgzf, piece).await.map(Some);
        }
        let limit = if self.format.has_records() { u64::MAX } else { LINE_BYTES };
        while self.spans.is_empty() {
            let Some(matches) = self.selection.blocks.get(self.block) else { return Ok(None) };
            let rows = explorer.footer.blocks[self.block].rows;
            let mut numbers = Vec::with_capacity(matches.count(rows) as usize);
            matches.for_each(rows, |row| numbers.push(row));
            if !numbers.is_empty() {
                let rows = numbers.into_iter();
                let lines = explorer.lines_of_rows(self.block, rows, limit).await?;
                (self.spans, self.offsets) = (lines.0.into(), lines.1);
                yield_now().await;
            }
            self.block += 1;
        }
        let Some(span) = self.spans.pop_front() else { return Ok(None) };
        let is_long = span.range.end - span.range.start > PIECE_BYTES;
        if is_long && self.format.has_records() {
            return self.start_of_line(span).await.map(Some);
        }
        let text = read_text(result, &self.offsets, bgzf, span.range.clone()).await?;
        match self.format {
            ExportFormat::Vcf | ExportFormat::VcfGz => Ok(Some(lines(&span, &text))),
            ExportFormat::JsonLines => json_lines(&explorer, &span, &text).map(Some),
            format => table(&explorer, &span, &text, &self.registered, format).map(Some),
        }
    }

    /// The start of a long line, which is the only one of its span. The rest becomes the next span.
    async fn start_of_line(&mut self, span: Span) -> Result<Bytes, Error> {
        let end = span.range.start + PIECE_BYTES;
        let (result, bgzf) = (&*self.explorer.result, self.explorer.footer.bgzf);
        let text = read_text(result, &self.offsets, bgzf, span.range.start..end).await?;
        // Only empty lines follow a line end.
        if let Some(line_end) = memchr::memchr(b'\n', &text) {
            return Ok([without_line_ends(&text[..line_end]), b"\n"].concat().into());
        }
        let rest = span.lines.iter().map(|line| LineRange {
            number: line.number,
            range: end..line.range.end,
            bytes: line.range.end - end,
        });
        self.spans.push_front(Span { range: end..span.range.end, lines: rest.collect() });
        Ok(text)
    }
}

fn lines(span: &Span, text: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(text.len());
    for line in span.texts(text) {
        out.extend_from_slice(line.text);
        out.extend_from_slice(b"\n");
    }
    out.freeze()
}

/// The rows as JSON, one per line.
fn json_lines(explorer: &Explorer, span: &Span, text: &[u8]) -> Result<Bytes, Error> {
    let mut out = Vec::new();
    for line in span.texts(text) {
        let row = explorer.row(line, Detail::EXPORT)?;
        serde_json::to_writer(&mut out, &row).map_err(|error| Error::Output(error.into()))?;
        out.push(b'\n');
    }
    Ok(out.into())
}

fn table_header(registered: &[Registered], format: ExportFormat) -> Result<Bytes, Error> {
    let names = BEFORE_REGISTERED.iter().map(|(name, _)| *name);
    let names = names.chain(registered.iter().map(|column| column.name()));
    let names = names.chain(AFTER_REGISTERED.iter().map(|(name, _)| *name));
    let mut writer = writer(format);
    writer.write_record(names).map_err(|error| Error::Output(error.into()))?;
    finish(writer)
}

fn table(
    explorer: &Explorer,
    span: &Span,
    text: &[u8],
    registered: &[Registered],
    format: ExportFormat,
) -> Result<Bytes, Error> {
    let mut writer = writer(format);
    for line in span.texts(text) {
        let row = explorer.row(line, Detail::EXPORT)?;
        writer
            .write_record(cells(&row, registered))
            .map_err(|error| Error::Output(error.into()))?;
    }
    finish(writer)
}

fn writer(format: ExportFormat) -> csv::Writer<Vec<u8>> {
    let mut builder = csv::WriterBuilder::new();
    match format {
        ExportFormat::Csv => builder.terminator(csv::Terminator::CRLF),
        _ => builder.delimiter(b'\t'),
    };
    builder.from_writer(Vec::new())
}

fn finish(writer: csv::Writer<Vec<u8>>) -> Result<Bytes, Error> {
    let written = writer.into_inner().map_err(|error| Error::Output(error.into_error()))?;
    Ok(written.into())
}

fn cells(row: &Row, registered: &[Registered]) -> impl Iterator<Item = String> {
    let before = BEFORE_REGISTERED.iter().map(|(_, text)| text(row));
    let registered = registered.iter().map(|column| column.text(row));
    let after = AFTER_REGISTERED.iter().map(|(_, text)| text(row));
    before.chain(registered).chain(after).map(neutral)
}

/// Prefixes a cell with an apostrophe if a spreadsheet would evaluate it as a formula
/// (<https://owasp.org/www-community/attacks/CSV_Injection>).
fn neutral(cell: String) -> String {
    match cell.as_bytes().first() {
        Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r') => format!("'{cell}"),
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_turned_into_text() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(neutral(cell.to_owned()), format!("'{cell}"));
        }
        assert_eq!(neutral("rs1".to_owned()), "rs1");
    }
}
