//! What the formats of tables have in common: they are written row by row.

use crate::Error;
use crate::explorer::Explorer;
use crate::record_samples::CallReader;
use crate::rows::{Detail, columns_after_info};
use crate::text::Line;
use gas_shared::explorer::Row;

/// A record to export.
pub(super) struct ExportedRecord<'a> {
    /// Its line, or the start of a long one.
    pub line: Line<'a>,
    /// Its row, with the calls of the samples that the table has.
    pub row: Row,
}

impl<'a> ExportedRecord<'a> {
    /// Reads the row of a line with the calls of its first samples.
    pub fn read(
        explorer: &Explorer,
        line: Line<'a>,
        samples: usize,
        calls: &mut CallReader,
    ) -> Result<Self, Error> {
        let mut row = explorer.row(line, Detail::EXPORT)?;
        let columns = sample_columns(line);
        if samples > 0 {
            let mut found = Vec::with_capacity(samples);
            calls.read(columns, samples, |_, genotype, numbers| {
                found.push(numbers.call(&String::from_utf8_lossy(genotype)));
            });
            row.samples = found;
            // Columns of samples may be missing.
            row.cut = row.cut.or(line.cut);
        }
        Ok(Self { line, row })
    }

    /// FORMAT and the columns of the samples, as far as they are read completely.
    pub fn sample_columns(&self) -> Option<&'a [u8]> {
        sample_columns(self.line)
    }
}

fn sample_columns(line: Line<'_>) -> Option<&[u8]> {
    let columns = columns_after_info(line.text)?;
    match line.cut {
        Some(_) => columns.rsplitn(2, |byte| *byte == b'\t').nth(1),
        None => Some(columns),
    }
}

/// Turns rows into the bytes of a file.
pub(super) trait RowEncoder: Send {
    /// Adds a record.
    ///
    /// # Errors
    /// If the format cannot have it.
    fn add(&mut self, record: &ExportedRecord<'_>) -> Result<(), Error>;

    /// Takes the bytes that are complete.
    ///
    /// # Errors
    /// If they cannot be encoded.
    fn take(&mut self) -> Result<Vec<u8>, Error>;

    /// Ends the file and takes its last bytes.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    fn finish(&mut self) -> Result<Vec<u8>, Error>;
}
