//! Tables as TSV and CSV.

use super::row_encoder::{ExportedRecord, RowEncoder};
use super::table::{TableColumn, neutral, neutral_parts};
use crate::Error;
use gas_shared::explorer::ExportFormat;
use std::borrow::Cow;

/// Writes TSV or CSV.
pub(super) struct Delimited {
    columns: Vec<TableColumn>,
    format: ExportFormat,
    writer: csv::Writer<Vec<u8>>,
}

impl Delimited {
    /// Starts a table with the names of the columns.
    pub fn begin(columns: Vec<TableColumn>, format: ExportFormat) -> Result<Self, Error> {
        let mut writer = writer(format);
        // The names of samples and sources are a stranger's texts, too.
        let names = columns.iter().map(|column| as_text(column.name.as_str().into(), format));
        let names: Vec<String> = names.map(Cow::into_owned).collect();
        writer.write_record(names).map_err(output)?;
        Ok(Self { columns, format, writer })
    }
}

impl RowEncoder for Delimited {
    fn add(&mut self, record: &ExportedRecord<'_>) -> Result<(), Error> {
        for column in &self.columns {
            let cell = column.cell(&record.row);
            let text = match cell.number() {
                Some(number) => number,
                None => as_text(cell.to_text(), self.format),
            };
            self.writer.write_field(text.as_bytes()).map_err(output)?;
        }
        self.writer.write_record(None::<&[u8]>).map_err(output)
    }

    fn take(&mut self) -> Result<Vec<u8>, Error> {
        let written = std::mem::replace(&mut self.writer, writer(self.format));
        written.into_inner().map_err(|error| Error::Output(error.into_error()))
    }

    fn finish(&mut self) -> Result<Vec<u8>, Error> {
        self.take()
    }
}

/// A text that no spreadsheet evaluates.
fn as_text(text: Cow<'_, str>, format: ExportFormat) -> Cow<'_, str> {
    match format {
        ExportFormat::Csv => neutral_parts(text),
        _ => neutral(text),
    }
}

fn output(error: csv::Error) -> Error {
    Error::Output(error.into())
}

fn writer(format: ExportFormat) -> csv::Writer<Vec<u8>> {
    let mut builder = csv::WriterBuilder::new();
    match format {
        ExportFormat::Csv => builder.terminator(csv::Terminator::CRLF),
        _ => builder.delimiter(b'\t'),
    };
    builder.from_writer(Vec::new())
}
