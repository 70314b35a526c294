//! Rows as JSON, one object per line.

use super::row_encoder::{ExportedRecord, RowEncoder};
use crate::Error;
use gas_shared::explorer::{Row, SampleCall};
use serde::{Serialize, Serializer};

/// Writes JSON lines.
pub(super) struct JsonLines {
    samples: Vec<String>,
    out: Vec<u8>,
}

/// A row as the API of the explorer has it, with the calls by the names of the samples.
#[derive(Serialize)]
struct JsonRow<'a> {
    #[serde(flatten)]
    row: &'a Row,
    #[serde(skip_serializing_if = "Calls::is_empty")]
    samples: Calls<'a>,
}

struct Calls<'a> {
    names: &'a [String],
    calls: &'a [SampleCall],
}

impl Calls<'_> {
    const fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }
}

impl Serialize for Calls<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.names.iter().zip(self.calls))
    }
}

impl JsonLines {
    /// Starts a file whose rows have the calls of some samples.
    pub const fn begin(samples: Vec<String>) -> Self {
        Self { samples, out: Vec::new() }
    }
}

impl RowEncoder for JsonLines {
    fn add(&mut self, record: &ExportedRecord<'_>) -> Result<(), Error> {
        let row = Row { samples: Vec::new(), ..record.row.clone() };
        let samples = Calls { names: &self.samples, calls: &record.row.samples };
        let row = JsonRow { row: &row, samples };
        serde_json::to_writer(&mut self.out, &row).map_err(|error| Error::Output(error.into()))?;
        self.out.push(b'\n');
        Ok(())
    }

    fn take(&mut self) -> Result<Vec<u8>, Error> {
        Ok(std::mem::take(&mut self.out))
    }

    fn finish(&mut self) -> Result<Vec<u8>, Error> {
        self.take()
    }
}
