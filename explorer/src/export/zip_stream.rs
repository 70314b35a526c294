//! Writes a ZIP archive that is sent while it is written.

use crate::Error;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

/// How the files of an archive are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    /// Text.
    Text,
    /// Content that is compressed already. It is not stored as it is, because readers of streams find the end of a
    /// stored file by its size only, which its header does not have.
    Packed,
}

/// The sizes that the files of an archive can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sizes {
    /// Any (ZIP64).
    Any,
    /// Below 4 GiB, for programs that reject ZIP64, such as Excel.
    Small,
}

/// An archive whose bytes are taken while it is written.
pub(super) struct ZipStream {
    zip: Option<ZipWriter<StreamWriter<Buffer>>>,
    written: Buffer,
    sizes: Sizes,
}

/// Bytes that are written and not yet taken.
#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl ZipStream {
    /// An empty archive.
    pub fn new(sizes: Sizes) -> Self {
        let written = Buffer::default();
        Self { zip: Some(ZipWriter::new_stream(written.clone())), written, sizes }
    }

    /// Starts the next file.
    pub fn start_file(&mut self, name: &str, packing: Packing) -> Result<(), Error> {
        let level = match packing {
            Packing::Text => 6,
            Packing::Packed => 1,
        };
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(level))
            .large_file(self.sizes == Sizes::Any);
        self.open()?.start_file(name, options).map_err(output)
    }

    /// Adds bytes to the current file.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.open()?.write_all(bytes).map_err(Error::Output)
    }

    /// Takes the bytes of the archive since the last call.
    pub fn take(&self) -> Vec<u8> {
        self.written.take()
    }

    /// Ends the archive and takes its last bytes.
    pub fn finish(&mut self) -> Result<Vec<u8>, Error> {
        if let Some(zip) = self.zip.take() {
            zip.finish().map_err(output)?;
        }
        Ok(self.take())
    }

    fn open(&mut self) -> Result<&mut ZipWriter<StreamWriter<Buffer>>, Error> {
        let ended = || Error::Output(io::Error::other("the archive has ended"));
        self.zip.as_mut().ok_or_else(ended)
    }
}

fn output(error: zip::result::ZipError) -> Error {
    Error::Output(error.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Read};

    #[test]
    fn an_archive_is_read_back_whatever_its_pieces_are() {
        for sizes in [Sizes::Any, Sizes::Small] {
            let mut zip = ZipStream::new(sizes);
            let mut bytes = Vec::new();
            let text = "line\n".repeat(100_000);
            for (name, packing) in [("a.txt", Packing::Text), ("b/c.gz", Packing::Packed)] {
                zip.start_file(name, packing).unwrap();
                for piece in text.as_bytes().chunks(70_001) {
                    zip.write(piece).unwrap();
                    bytes.extend(zip.take());
                }
            }
            bytes.extend(zip.finish().unwrap());
            assert!(zip.write(b"x").is_err());
            let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
            assert_eq!(archive.len(), 2);
            for name in ["a.txt", "b/c.gz"] {
                let mut found = String::new();
                archive.by_name(name).unwrap().read_to_string(&mut found).unwrap();
                assert!(found == text);
            }
        }
    }
}
