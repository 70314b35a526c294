//! Exports the records that match a filter as files of several formats, without a limit on records (XLSX apart), in
//! bounded memory.
//!
//! [`MatchingLines`] reads the lines of the records from the result. VCF has them as they are; the other formats have a
//! [`RowEncoder`] each, which turns the row of a record into a part of the file.

mod archive;
mod delimited;
mod file;
mod json_lines;
mod lines;
mod maf;
mod packed_vcf;
mod parquet;
mod row_encoder;
mod table;
mod vcf_index;
mod xlsx;
mod zip_stream;

use crate::Error;
use crate::explorer::Explorer;
pub(crate) use table::neutral;

use archive::Archive;
use bytes::Bytes;
use file::ExportFile;
use futures::{Stream, TryStreamExt, stream};
use gas_shared::explorer::{ExportFormat, ExportFormats, Filter, MAX_XLSX_RECORDS};
use std::sync::Arc;

impl Explorer {
    /// Checks that the result has the columns and samples of a filter, and that the formats can have its records.
    ///
    /// # Errors
    /// As [`check_filter`](Self::check_filter); [`Error::TooManyRows`]; or [`Error`] if the index cannot be read.
    pub async fn check_export(
        &self,
        filter: &Filter,
        formats: &ExportFormats,
    ) -> Result<(), Error> {
        self.check_filter(filter)?;
        if formats.iter().all(|format| format != ExportFormat::Xlsx) {
            return Ok(());
        }
        match self.count(filter).await? {
            found if found > MAX_XLSX_RECORDS => Err(Error::TooManyRows { found }),
            _ => Ok(()),
        }
    }

    /// Streams every record that matches the filter, in the file's order, as one file of a format;
    /// [`ExportFormat::VcfGzIndex`] without its index. Pieces can be empty: they tell that the work goes on.
    ///
    /// The stream holds the selection (one bit per record), one piece of the result (2 MiB) with its output, and what the
    /// format collects: a row group of Parquet (8 MiB), the index of a VCF file. A table has the values of the first
    /// 4 MiB of a record, and says so if it has more; VCF has the complete record. An error ends the stream, so that no
    /// complete file is pretended.
    pub fn export(
        self: Arc<Self>,
        filter: Filter,
        format: ExportFormat,
    ) -> impl Stream<Item = Result<Bytes, Error>> + Send + 'static {
        let begin = async move {
            let file = ExportFile::begin(self, &filter, format).await?;
            Ok::<_, Error>(stream::try_unfold(file, |mut file| async move {
                Ok(file.next().await?.map(|bytes| (bytes, file)))
            }))
        };
        stream::once(begin).try_flatten()
    }

    /// Streams the files of one or more formats as a ZIP archive; each is named `name`, a dot, and the ending of the
    /// format. The files are exported one after the other. Pieces can be empty.
    pub fn export_archive(
        self: Arc<Self>,
        filter: Filter,
        formats: &ExportFormats,
        name: &str,
    ) -> impl Stream<Item = Result<Bytes, Error>> + Send + 'static {
        let archive = Archive::new(self, filter, formats, name);
        stream::try_unfold(archive, |mut archive| async move {
            Ok(archive.next().await?.map(|bytes| (bytes, archive)))
        })
    }
}
