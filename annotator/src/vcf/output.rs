//! Writes the annotated file, plain or BGZF with an index, or the records of a shard, and removes it if the run fails.

use super::bgzf;
use super::index::{IndexBuilder, PieceRecords, ShardIndex, longest_contig, remove_indexes};
use super::partial_file::PartialFile;
use crate::Error;
use flate2::Compress;
use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};

/// Whether the output at a path is bgzipped.
pub fn is_gzip_name(path: &Path) -> bool {
    let is =
        |ending: &str| path.extension().is_some_and(|found| found.eq_ignore_ascii_case(ending));
    is("gz") || is("bgz")
}

/// A piece of annotated text, as it is written.
#[derive(Debug, Default)]
pub struct Piece {
    /// The text, or the blocks that it is compressed to.
    bytes: Vec<u8>,
    /// Its records, if the file gets an index.
    records: Option<io::Result<PieceRecords>>,
}

impl Piece {
    /// The piece without its content, whose memory is used again.
    pub fn cleared(mut self) -> Self {
        self.bytes.clear();
        Self { bytes: self.bytes, records: None }
    }
}

/// How the text of an output file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputForm {
    /// As it is.
    Text,
    /// As BGZF, with an index next to the file or without.
    Bgzf {
        /// Whether an index is written.
        index: bool,
    },
}

impl OutputForm {
    /// Brings text of whole lines into this form, on any thread. The text is left empty, or has to be
    /// cleared.
    pub fn piece(self, text: &mut Vec<u8>, out: &mut Piece, deflate: &mut Option<Compress>) {
        match self {
            Self::Text => std::mem::swap(&mut out.bytes, text),
            Self::Bgzf { index } => {
                let start = out.bytes.len();
                bgzf::compress(text, &mut out.bytes, deflate.get_or_insert_with(bgzf::compressor));
                out.records = index.then(|| PieceRecords::read(text, &out.bytes[start..]));
            }
        }
    }
}

/// What follows from the records besides the file.
#[derive(Debug)]
enum OutputIndex {
    /// Nothing.
    None,
    /// The index so far, or why there is none.
    Whole(Box<io::Result<IndexBuilder>>),
    /// What the index of the whole file needs about this shard.
    Shard(ShardIndex),
}

/// The output file.
#[derive(Debug)]
pub struct OutputFile {
    path: PathBuf,
    file: File,
    form: OutputForm,
    partial: PartialFile,
    /// Bytes written.
    written: u64,
    index: OutputIndex,
    /// Whether the file ends with the last record, because another shard follows.
    is_shard: bool,
}

impl OutputFile {
    /// Creates the file. It is BGZF if its name ends in `.gz` or `.bgz`, in lower or upper case, and
    /// gets an index then if `index` says so.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be created.
    pub fn create(path: &Path, index: bool) -> Result<Self, Error> {
        let form = if is_gzip_name(path) { OutputForm::Bgzf { index } } else { OutputForm::Text };
        if index {
            remove_indexes(path);
        }
        let file = File::create(path).map_err(Error::file(path))?;
        let (path, partial) = (path.to_owned(), PartialFile::new(path));
        let index = OutputIndex::None;
        Ok(Self { path, file, form, partial, written: 0, index, is_shard: false })
    }

    /// Creates a BGZF file with the records of a shard, without header and without the block that marks the end. With
    /// `index`, there is a file beside it for the index of the whole: its name with `.index` added.
    ///
    /// # Errors
    /// [`Error::File`] if a file cannot be created.
    pub(crate) fn create_shard(path: &Path, index: bool) -> Result<Self, Error> {
        let file = File::create(path).map_err(Error::file(path))?;
        let partial = PartialFile::new(path);
        let form = OutputForm::Bgzf { index };
        let index = match index {
            true => OutputIndex::Shard(ShardIndex::create(path)?),
            false => OutputIndex::None,
        };
        Ok(Self { path: path.to_owned(), file, form, partial, written: 0, index, is_shard: true })
    }

    /// The path of the file beside a shard that the index of the whole is made of.
    pub(crate) fn shard_index(path: &Path) -> PathBuf {
        ShardIndex::path(path)
    }

    /// Indexes the records of a shard of `bytes` bytes, which [`create_shard`](Self::create_shard) has written. With
    /// `copies`, they are appended to the file; otherwise they must be put where the file is now.
    ///
    /// # Errors
    /// [`Error`] if a file cannot be read or written.
    pub(crate) fn append_shard(
        &mut self,
        path: &Path,
        bytes: u64,
        copies: bool,
    ) -> Result<(), Error> {
        let index_path = Self::shard_index(path);
        if let OutputIndex::Whole(index) = &mut self.index
            && let Ok(builder) = &mut **index
        {
            let shard = File::open(&index_path).map_err(Error::file(&index_path))?;
            if let Err(problem) = builder.add_shard(BufReader::new(shard), self.written) {
                **index = Err(problem);
            }
        }
        self.written += bytes;
        if copies {
            let mut shard = File::open(path).map_err(Error::file(path))?;
            let copied = io::copy(&mut shard, &mut self.file).map_err(Error::Output)?;
            if copied != bytes {
                let what = format!("the shard has {copied} bytes instead of {bytes}");
                return Err(Error::file(path)(io::Error::new(io::ErrorKind::InvalidData, what)));
            }
        }
        Ok(())
    }

    /// How text is written.
    pub fn form(&self) -> OutputForm {
        self.form
    }

    /// Bytes that have been written. They stay as they are.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Writes the header. The longest contig of the header, or of the reference, decides about the format
    /// of the index.
    ///
    /// # Errors
    /// [`Error::Output`] if it cannot be written.
    pub fn write_header(&mut self, mut text: Vec<u8>, longest: u64) -> Result<(), Error> {
        if let OutputForm::Bgzf { index: true } = self.form {
            self.index =
                OutputIndex::Whole(Box::new(IndexBuilder::new(longest.max(longest_contig(&text)))));
        }
        let mut piece = Piece::default();
        self.form.piece(&mut text, &mut piece, &mut None);
        self.write(&piece)
    }

    /// Appends a piece.
    ///
    /// # Errors
    /// [`Error::Output`] if it cannot be written.
    pub fn write(&mut self, piece: &Piece) -> Result<(), Error> {
        self.file.write_all(&piece.bytes).map_err(Error::Output)?;
        match (&mut self.index, &piece.records) {
            (OutputIndex::Whole(index), Some(records)) => {
                if let Ok(builder) = &mut **index
                    && let Err(error) = add_to(builder, records, self.written)
                {
                    **index = Err(error);
                }
            }
            (OutputIndex::Shard(index), Some(records)) => {
                let records = records.as_ref().map_err(copied).map_err(Error::Output)?;
                index.add_piece(records, self.written)?;
            }
            _ => {}
        }
        self.written += piece.bytes.len() as u64;
        Ok(())
    }

    /// Completes the file and its index, and keeps them. Returns why there is no index, if one is wanted.
    ///
    /// # Errors
    /// [`Error::Output`] if the file cannot be written, [`Error::File`] if the index cannot.
    pub fn finish(mut self) -> Result<Option<io::Error>, Error> {
        if let OutputForm::Bgzf { .. } = self.form
            && !self.is_shard
        {
            self.file.write_all(&bgzf::END_OF_FILE).map_err(Error::Output)?;
        }
        self.file.flush().map_err(Error::Output)?;
        let problem = match self.index {
            OutputIndex::None => None,
            OutputIndex::Whole(index) => match *index {
                Err(problem) => Some(problem),
                Ok(index) => {
                    index.write(&self.path)?;
                    None
                }
            },
            OutputIndex::Shard(index) => {
                index.finish()?;
                None
            }
        };
        self.partial.keep();
        Ok(problem)
    }
}

fn add_to(
    index: &mut IndexBuilder,
    records: &io::Result<PieceRecords>,
    start: u64,
) -> io::Result<()> {
    index.add_piece(records.as_ref().map_err(copied)?, start)
}

fn copied(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), error.to_string())
}
