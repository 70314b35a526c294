//! One exported file, piece by piece.

use super::delimited::Delimited;
use super::json_lines::JsonLines;
use super::lines::MatchingLines;
use super::maf::Maf;
use super::packed_vcf::PackedVcf;
use super::parquet::Parquet;
use super::row_encoder::{ExportedRecord, RowEncoder};
use super::table::table_columns;
use super::vcf_index::RegionIndex;
use super::xlsx::Xlsx;
use crate::Error;
use crate::explorer::Explorer;
use crate::header::pieces;
use crate::limits::{LINE_BYTES, PIECE_BYTES};
use crate::record_samples::CallReader;
use crate::text::read_text;
use crate::yield_now::yield_now;
use bytes::Bytes;
use gas_shared::explorer::{ExportFormat, Filter, MAX_INDEXED_SAMPLES};
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

/// A file that is being exported.
pub(super) struct ExportFile {
    lines: MatchingLines,
    content: Content,
}

/// What the file has.
enum Content {
    /// The records themselves.
    Records {
        /// The pieces of the VCF header that are not yet exported.
        header: VecDeque<Range<u64>>,
        /// Compresses the text; `None` for plain text.
        packed: Option<Box<PackedVcf>>,
    },
    /// Rows of a table.
    Rows {
        encoder: Box<dyn RowEncoder>,
        /// The number of samples whose calls the rows have.
        samples: usize,
        calls: CallReader,
    },
    /// Everything is exported. The index, if the format has one.
    Nothing(Option<Result<RegionIndex, String>>),
}

impl ExportFile {
    /// Selects the records and starts the file.
    pub async fn begin(
        explorer: Arc<Explorer>,
        filter: &Filter,
        format: ExportFormat,
    ) -> Result<Self, Error> {
        let limit = if format.has_records() { u64::MAX } else { LINE_BYTES };
        let lines = MatchingLines::select(explorer.clone(), filter, limit).await?;
        if format.has_records() {
            let header = pieces(0..explorer.footer.header_bytes).collect();
            let packed = match format {
                ExportFormat::VcfGz => Some(Box::new(PackedVcf::new())),
                ExportFormat::VcfGzIndex => {
                    let lengths = explorer.contig_lengths().filter_map(|(_, length)| length);
                    Some(Box::new(PackedVcf::indexed(lengths.max().unwrap_or(0))?))
                }
                _ => None,
            };
            return Ok(Self { lines, content: Content::Records { header, packed } });
        }
        let mut names = explorer.all_samples().await?;
        let encoder: Box<dyn RowEncoder> = match format {
            ExportFormat::Maf => {
                let all = std::mem::take(&mut names);
                Box::new(Maf::begin(explorer.clone(), all)?)
            }
            format => {
                names.truncate(MAX_INDEXED_SAMPLES);
                let columns = table_columns(explorer.columns(), &names);
                match format {
                    ExportFormat::Xlsx => Box::new(Xlsx::begin(columns)?),
                    ExportFormat::Parquet => Box::new(Parquet::begin(columns)?),
                    ExportFormat::JsonLines => Box::new(JsonLines::begin(names.clone())),
                    format => Box::new(Delimited::begin(columns, format)?),
                }
            }
        };
        let content = Content::Rows { encoder, samples: names.len(), calls: CallReader::default() };
        Ok(Self { lines, content })
    }

    /// The next piece, which can be empty; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        yield_now().await;
        match &mut self.content {
            Content::Records { header, packed } => {
                let text = match header.pop_front() {
                    Some(piece) => Some(header_text(&self.lines.explorer, piece).await?),
                    None => self.lines.next_text().await?,
                };
                let bytes = match (text, packed.as_mut()) {
                    (Some(text), None) => return Ok(Some(text)),
                    (Some(text), Some(packed)) => return packed.add(&text).map(Some),
                    (None, None) => None,
                    (None, Some(packed)) => Some(packed.end()?),
                };
                let index = packed.take().and_then(|packed| packed.into_index());
                self.content = Content::Nothing(index);
                Ok(bytes)
            }
            Content::Rows { encoder, samples, calls } => {
                let Some((span, text)) = self.lines.next_lines().await? else {
                    let bytes = encoder.finish()?;
                    self.content = Content::Nothing(None);
                    return Ok(Some(bytes.into()));
                };
                for line in span.texts(&text) {
                    let explorer = &self.lines.explorer;
                    encoder.add(&ExportedRecord::read(explorer, line, *samples, calls)?)?;
                }
                Ok(Some(encoder.take()?.into()))
            }
            Content::Nothing(_) => Ok(None),
        }
    }

    /// The index of the file after its end, or why it has none; `None` if the format has no index.
    pub fn take_index(&mut self) -> Option<Result<RegionIndex, String>> {
        match &mut self.content {
            Content::Nothing(index) => index.take(),
            _ => None,
        }
    }
}

async fn header_text(explorer: &Explorer, piece: Range<u64>) -> Result<Bytes, Error> {
    let footer = &explorer.footer;
    read_text(&*explorer.result, &footer.header_offsets, footer.bgzf, piece).await
}

impl Explorer {
    /// The names of all samples, from the last line of the header.
    async fn all_samples(&self) -> Result<Vec<String>, Error> {
        let end = self.footer.header_bytes;
        let mut length = PIECE_BYTES.min(end);
        loop {
            let text = header_text(self, end - length..end).await?;
            let text = text.trim_ascii_end();
            let start = memchr::memrchr(b'\n', text);
            if start.is_none() && length < end {
                // The limit of a header's bytes was checked when the result was opened.
                length = (length * 2).min(end);
                continue;
            }
            let columns = text[start.map_or(0, |at| at + 1)..].split(|byte| *byte == b'\t');
            let name = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
            return Ok(columns.skip(9).map(name).collect());
        }
    }
}
