//! Errors of building and reading indexes, with messages for users and operators.

use gas_shared::explorer::FilterError;
use gas_shared::vcf::Diagnostic;
use std::io;

/// Why an index cannot be built or queried.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file is not a VCF file.
    #[error("the result cannot be indexed: {0}")]
    Vcf(Diagnostic),
    /// The file is compressed with gzip, but not with bgzip.
    #[error(
        "the result is compressed with gzip, which has no random access; compress it with bgzip"
    )]
    NotBgzf,
    /// The file has too many distinct values for an index.
    #[error("the result has more than {limit} different {what}, so it cannot be indexed")]
    TooMany {
        /// The kind of values.
        what: &'static str,
        /// The most values.
        limit: usize,
    },
    /// A part of the index would be too large.
    #[error(
        "the different {what} of the result have more than {limit} bytes, so it cannot be indexed"
    )]
    TooLarge {
        /// The kind of values.
        what: &'static str,
        /// The most bytes.
        limit: usize,
    },
    /// The result cannot be read.
    #[error("the result cannot be read: {0}")]
    Input(#[source] io::Error),
    /// The index or an export cannot be written.
    #[error("the index cannot be written: {0}")]
    Output(#[source] io::Error),
    /// A range of a file cannot be read.
    #[error("{what} cannot be read: {source}")]
    Source {
        /// "the index" or "the result".
        what: &'static str,
        /// The cause.
        source: io::Error,
    },
    /// The file is not an index.
    #[error("the file is not an explorer index, or it is truncated; build it again")]
    NoIndex,
    /// The index has a later version.
    #[error("the index has version {found}, this program reads up to {expected}; build it again")]
    Version {
        /// The version of the index.
        found: u32,
        /// The latest version that this program reads.
        expected: u32,
    },
    /// The content of the index is inconsistent.
    #[error("the index is damaged ({0}); build it again")]
    Damaged(&'static str),
    /// The indexes are not those of the shards of one result.
    #[error("the indexes cannot be merged ({0}); build the index of the whole result")]
    OtherShards(&'static str),
    /// The index belongs to another result.
    #[error(
        "the index belongs to a result of {expected} bytes, but this one has {found}; build it again"
    )]
    OtherResult {
        /// Bytes of the result that was indexed.
        expected: u64,
        /// Bytes of the result that was opened.
        found: u64,
    },
    /// A part of the result or of the index is larger than the explorer reads.
    #[error("{what} has {found} bytes, but the explorer reads at most {limit}")]
    ReadLimit {
        /// The part.
        what: &'static str,
        /// Its bytes.
        found: u64,
        /// The most bytes.
        limit: u64,
    },
    /// A filter names a sample that the index does not have.
    #[error(
        "the results have no sample {name:?} that can be filtered ({samples} samples can); results of \
         earlier versions have none: run the job again"
    )]
    UnknownSample {
        /// The name.
        name: String,
        /// The number of samples that the index has.
        samples: usize,
    },
    /// A filter or a sort order names a column that the result does not have.
    #[error(
        "the results have no column {name:?} that can be filtered or sorted by; remove it from the filter or the \
         sort order"
    )]
    UnknownColumn {
        /// The name.
        name: String,
    },
    /// A filter has a value that its column cannot have.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// More records match the filter than a worksheet can have.
    #[error(
        "a worksheet of Excel has at most {limit} records, but {found} match; narrow the filter, or export TSV or \
         Parquet instead", limit = gas_shared::explorer::MAX_XLSX_RECORDS
    )]
    TooManyRows {
        /// The number of matching records.
        found: u64,
    },
    /// The worksheet would be larger than Excel reads.
    #[error(
        "a worksheet of Excel has less than 4 GiB, which the first {rows} records have; narrow the filter, or export \
         TSV or Parquet instead"
    )]
    TooLargeSheet {
        /// The number of records that fit.
        rows: u64,
    },
    /// A record is too long for a format that needs all of it.
    #[error(
        "record {number} has {bytes} bytes, and MAF needs all samples of a record, of which {limit} bytes are read; \
         export VCF instead", limit = crate::limits::LINE_BYTES
    )]
    LongRecord {
        /// The number of the record, from 0.
        number: u64,
        /// Its bytes.
        bytes: u64,
    },
    /// A result is in a form in which it cannot be compared with another one.
    #[error("the {which} results cannot be compared: {reason}")]
    Incomparable {
        /// "first" or "second".
        which: &'static str,
        /// Why, and what to do.
        reason: &'static str,
    },
    /// The record does not exist.
    #[error("there is no record {number}; the result has {records}")]
    NoRecord {
        /// The requested number.
        number: u64,
        /// The number of records.
        records: u64,
    },
}

impl Error {
    /// The stable code of a problem of the result that its user can fix; `None` for all other errors.
    pub fn input_code(&self) -> Option<&'static str> {
        match self {
            Self::Vcf(finding) => Some(finding.code.as_str()),
            Self::NotBgzf => Some("not_bgzf"),
            Self::TooMany { .. } => Some("too_many_values"),
            Self::TooLarge { .. } => Some("result_too_large"),
            _ => None,
        }
    }
}
