//! The differences of two results as TSV.

use super::is_wanted;
use super::merge::Merge;
use crate::Error;
use crate::export::neutral;
use bytes::Bytes;
use gas_shared::comparison::{AnnotatedRecord, Difference, DifferenceKind};
use std::borrow::Cow;

/// The names of the columns.
const COLUMNS: [&str; 11] = [
    "difference",
    "chrom",
    "pos",
    "ref",
    "alt",
    "consequence_first",
    "consequence_second",
    "impact_first",
    "impact_second",
    "gene_first",
    "gene_second",
];

/// A piece has about this many bytes.
const PIECE: usize = 64 << 10;

/// A piece is returned after this many positions, even if they are all alike.
const POSITIONS: usize = 20_000;

/// The lines that are not written yet.
pub(super) struct DifferenceTable {
    merge: Merge,
    /// The kind of the lines; without one, those of all kinds are written.
    kind: Option<DifferenceKind>,
    writer: csv::Writer<Vec<u8>>,
    is_complete: bool,
}

impl DifferenceTable {
    /// Starts with the names of the columns.
    pub fn begin(merge: Merge, kind: Option<DifferenceKind>) -> Result<Self, Error> {
        let mut writer = writer();
        writer.write_record(COLUMNS).map_err(output)?;
        Ok(Self { merge, kind, writer, is_complete: false })
    }

    /// Writes the next lines; `None` after the last ones.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        if self.is_complete {
            return Ok(None);
        }
        for _ in 0..POSITIONS {
            let Some(position) = self.merge.next().await? else {
                self.is_complete = true;
                break;
            };
            let kind = self.kind;
            for difference in position.iter().filter(|pair| is_wanted(pair, kind)) {
                self.write(difference)?;
            }
            self.writer.flush().map_err(Error::Output)?;
            if self.writer.get_ref().len() >= PIECE {
                break;
            }
        }
        let written = std::mem::replace(&mut self.writer, writer()).into_inner();
        Ok(Some(written.map_err(|error| Error::Output(error.into_error()))?.into()))
    }

    fn write(&mut self, difference: &Difference) -> Result<(), Error> {
        let Difference { chrom, pos, reference, alt, first, second } = difference;
        let kinds: Vec<&str> = difference.kinds().map(|kind| kind.as_str()).collect();
        let kinds = kinds.join(";");
        let both = [first.as_ref(), second.as_ref()];
        let consequences = both.map(|record| of(record, |record| record.consequence.as_deref()));
        let impacts = both.map(|record| of(record, |record| record.impact.map(|i| i.as_str())));
        let genes = both.map(|record| of(record, |record| record.gene.as_deref()));
        let pos = pos.to_string();
        let start = [&kinds, chrom, &pos, reference, alt].map(String::as_str);
        let cells = start.into_iter().chain(consequences).chain(impacts).chain(genes);
        for cell in cells {
            let cell = neutral(Cow::Borrowed(cell));
            self.writer.write_field(cell.as_bytes()).map_err(output)?;
        }
        self.writer.write_record(None::<&[u8]>).map_err(output)
    }
}

/// A value of a record; empty if there is none.
fn of<'a>(
    record: Option<&'a AnnotatedRecord>,
    value: impl Fn(&'a AnnotatedRecord) -> Option<&'a str>,
) -> &'a str {
    record.and_then(value).unwrap_or_default()
}

fn output(error: csv::Error) -> Error {
    Error::Output(error.into())
}

fn writer() -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new().delimiter(b'\t').from_writer(Vec::new())
}
