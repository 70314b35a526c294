//! The rows that a filter shows, all of them, as a file.

use crate::Error;
use crate::explorer::Explorer;
use crate::format::Place;
use crate::query::Selection;
use crate::rows::{Span, read_text};
use bytes::{Bytes, BytesMut};
use futures::{Stream, TryStreamExt};
use gas_shared::explorer::{ExportFormat, Filter, Row, VariantType};
use std::collections::VecDeque;
use std::sync::Arc;

/// The columns of TSV and CSV.
const COLUMNS: [&str; 16] = [
    "chrom",
    "pos",
    "id",
    "ref",
    "alt",
    "qual",
    "filter",
    "type",
    "consequence",
    "impact",
    "gene",
    "transcript",
    "hgvs_c",
    "hgvs_p",
    "frequency",
    "known_ids",
];

impl Explorer {
    /// Streams every record that the filter shows, in the file's order, without a limit on rows.
    /// Memory: one piece of the result (2 MiB, or a line where that is longer), what is made of
    /// it, and the selection (a bit for each record).
    pub fn export(
        self: Arc<Self>,
        filter: Filter,
        format: ExportFormat,
    ) -> impl Stream<Item = Result<Bytes, Error>> + Send + 'static {
        let begin = async move {
            let selection = self.select(&filter, false).await?;
            let head = match format {
                ExportFormat::Vcf => self.header.text.clone(),
                _ => table_header(format)?,
            };
            let export = Export {
                explorer: self,
                selection,
                format,
                block: 0,
                spans: VecDeque::new(),
                places: Vec::new(),
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
    /// The next block.
    block: usize,
    /// What is left of the last.
    spans: VecDeque<Span>,
    places: Vec<Place>,
}

impl Export {
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        while self.spans.is_empty() {
            let Some(matches) = self.selection.blocks.get(self.block) else { return Ok(None) };
            let rows = self.explorer.footer.blocks[self.block].rows;
            let mut numbers = Vec::with_capacity(matches.count(rows) as usize);
            matches.for_each(rows, |row| numbers.push(row));
            if !numbers.is_empty() {
                let found = self.explorer.places_of_rows(self.block, numbers.into_iter()).await?;
                (self.spans, self.places) = (found.0.into(), found.1);
            }
            self.block += 1;
        }
        let Some(span) = self.spans.pop_front() else { return Ok(None) };
        let explorer = &*self.explorer;
        let bgzf = explorer.footer.bgzf;
        let text = read_text(&*explorer.result, &self.places, bgzf, span.range.clone()).await?;
        match self.format {
            ExportFormat::Vcf => Ok(Some(lines(&span, &text))),
            format => table(explorer, &span, &text, format).map(Some),
        }
    }
}

fn lines(span: &Span, text: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(text.len());
    for (_, line) in span.texts(text) {
        out.extend_from_slice(line);
        out.extend_from_slice(b"\n");
    }
    out.freeze()
}

fn table_header(format: ExportFormat) -> Result<Bytes, Error> {
    let mut writer = writer(format);
    writer.write_record(COLUMNS).map_err(|error| Error::Output(error.into()))?;
    finish(writer)
}

fn table(
    explorer: &Explorer,
    span: &Span,
    text: &[u8],
    format: ExportFormat,
) -> Result<Bytes, Error> {
    let mut writer = writer(format);
    for (number, line) in span.texts(text) {
        let cells = cells(explorer.row(line, number, false)?).map(neutral);
        writer.write_record(cells).map_err(|error| Error::Output(error.into()))?;
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

fn cells(row: Row) -> [String; COLUMNS.len()] {
    let types: Vec<&str> = row.types.into_iter().map(VariantType::as_str).collect();
    [
        row.chrom,
        row.pos.to_string(),
        row.id,
        row.reference,
        row.alt,
        row.qual,
        row.filter,
        types.join(";"),
        row.consequence.unwrap_or_default(),
        row.impact.map(|impact| impact.as_str().to_owned()).unwrap_or_default(),
        row.gene.unwrap_or_default(),
        row.transcript.unwrap_or_default(),
        row.hgvs_c.unwrap_or_default(),
        row.hgvs_p.unwrap_or_default(),
        row.frequency.map(|f| f.to_string()).unwrap_or_default(),
        row.ids.join(";"),
    ]
}

/// A cell that no spreadsheet takes for a formula
/// (<https://owasp.org/www-community/attacks/CSV_Injection>): an apostrophe goes before.
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
    fn formulas_are_made_text() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(neutral(cell.to_owned()), format!("'{cell}"));
        }
        assert_eq!(neutral("rs1".to_owned()), "rs1");
    }
}
