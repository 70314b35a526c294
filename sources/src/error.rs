//! Why a source cannot be read or built.

use crate::encoding::Damaged;
use std::io;
use std::path::{Path, PathBuf};

/// Why a source file cannot be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error("cannot read {0}")]
    File(PathBuf, #[source] io::Error),
    /// The file is no source file.
    #[error("this is not a source file")]
    NotASource,
    /// The file has a format that this program does not know.
    #[error("the source file has format {0}, and this program reads formats up to {supported}; build the file again", supported = crate::format::VERSION)]
    Version(u32),
    /// The metadata is not valid.
    #[error("the metadata of the source file is not valid")]
    Metadata(#[source] serde_json::Error),
    /// The bytes are not valid.
    #[error(transparent)]
    Damaged(#[from] Damaged),
}

/// Why a source cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A file cannot be read or written.
    #[error("{0}")]
    File(PathBuf, #[source] io::Error),
    /// A row of the input cannot be stored.
    #[error("{0}")]
    Row(#[from] RowError),
    /// The rows of a contig are not together.
    #[error("{0} occurs twice; the rows of a contig must be together")]
    ContigAgain(String),
    /// A row precedes the first contig.
    #[error("a row has no contig")]
    NoContig,
    /// The metadata cannot be written.
    #[error("the metadata cannot be written")]
    Metadata(#[source] serde_json::Error),
}

impl BuildError {
    /// Adds the path to an error of the file system.
    pub(crate) fn file(path: &Path) -> impl Fn(io::Error) -> Self {
        move |error| Self::File(path.to_owned(), error)
    }
}

/// Why a row cannot be stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// A row precedes the one before it.
    #[error("position {position} follows {previous}; sort the input by position")]
    Unsorted {
        /// The position of the row.
        position: u32,
        /// The position of the row before it.
        previous: u32,
    },
    /// A key precedes the one before it, or is the same.
    #[error("the key {0:?} is not in ascending order or occurs twice")]
    UnsortedKey(String),
    /// A position is 0 or too large.
    #[error("{0} is not a position")]
    Position(u64),
    /// The number of values differs from that of the columns.
    #[error("the row has {found} values, and the source has {expected} columns")]
    Values {
        /// The number of values.
        found: usize,
        /// The number of columns.
        expected: usize,
    },
    /// A value has another type than its column.
    #[error("{0}: the value has another type than the column")]
    Type(String),
    /// The row lacks what rows of this source are found by, or has what they do not have.
    #[error("the row has another kind of key than the source")]
    Key,
    /// More rows at one position than a block can have.
    #[error("more than {limit} rows are at position {position}", limit = crate::encoding::MAX_ROWS)]
    TooManyRows {
        /// The position.
        position: u32,
    },
    /// Texts or alleles are too long.
    #[error("a text or an allele is longer than {limit} bytes", limit = crate::block::MAX_TEXT)]
    TooLong,
    /// The texts of a column are too many.
    #[error("{0}: the texts have more than 2 GiB; use the type text")]
    TooManyTexts(String),
}
