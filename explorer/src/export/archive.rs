//! Several files in one ZIP archive.

use super::file::ExportFile;
use super::zip_stream::{Packing, Sizes, ZipStream};
use crate::Error;
use crate::explorer::Explorer;
use bytes::Bytes;
use gas_shared::explorer::{ExportFormat, ExportFormats, Filter};
use std::collections::VecDeque;
use std::sync::Arc;

/// An archive that is being exported.
pub(super) struct Archive {
    explorer: Arc<Explorer>,
    filter: Filter,
    /// The name of the files up to the ending.
    name: String,
    /// The files that are not yet started.
    formats: VecDeque<ExportFormat>,
    current: Option<(String, ExportFile)>,
    zip: ZipStream,
    is_finished: bool,
}

impl Archive {
    /// An archive with a file of each format.
    pub fn new(
        explorer: Arc<Explorer>,
        filter: Filter,
        formats: &ExportFormats,
        name: &str,
    ) -> Self {
        let (formats, zip) = (formats.iter().collect::<VecDeque<_>>(), ZipStream::new(Sizes::Any));
        // The index is beside the file, so that the same file without it would be there twice.
        let has_index = formats.contains(&ExportFormat::VcfGzIndex);
        let formats = formats.into_iter();
        let formats = formats.filter(|format| !has_index || *format != ExportFormat::VcfGz);
        let name = name.to_owned();
        Self {
            explorer,
            filter,
            name,
            formats: formats.collect(),
            current: None,
            zip,
            is_finished: false,
        }
    }

    /// The next piece, which can be empty; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        if let Some((name, mut file)) = self.current.take() {
            match file.next().await? {
                Some(piece) => {
                    self.zip.write(&piece)?;
                    self.current = Some((name, file));
                }
                None => match file.take_index() {
                    Some(Ok(index)) => {
                        let name = format!("{name}.{}", index.ending);
                        self.zip.start_file(&name, Packing::Packed)?;
                        self.zip.write(&index.bytes)?;
                    }
                    Some(Err(reason)) => {
                        let text = format!(
                            "{name} has no index: {reason}. Sort it with `bcftools sort`, and index it \
                             with `bcftools index`.\n"
                        );
                        self.zip.start_file(&format!("{name}.no-index.txt"), Packing::Text)?;
                        self.zip.write(text.as_bytes())?;
                    }
                    None => {}
                },
            }
        } else if let Some(format) = self.formats.pop_front() {
            let file = ExportFile::begin(self.explorer.clone(), &self.filter, format).await?;
            let name = format!("{}.{}", self.name, format.ending());
            self.zip.start_file(&name, packing(format))?;
            self.current = Some((name, file));
        } else if self.is_finished {
            return Ok(None);
        } else {
            self.is_finished = true;
            return self.zip.finish().map(|bytes| Some(bytes.into()));
        }
        Ok(Some(self.zip.take().into()))
    }
}

const fn packing(format: ExportFormat) -> Packing {
    match format {
        ExportFormat::VcfGz
        | ExportFormat::VcfGzIndex
        | ExportFormat::Xlsx
        | ExportFormat::Parquet => Packing::Packed,
        _ => Packing::Text,
    }
}
