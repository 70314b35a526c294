//! What can go wrong, in words for users and operators.

use gas_shared::vcf::Diagnostic;
use std::io;

/// Why there is no index, or no answer from one.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file is no VCF file.
    #[error("the result cannot be indexed: {0}")]
    Vcf(Diagnostic),
    /// Compressed, but not in blocks.
    #[error(
        "the result is gzip without blocks, where single records cannot be found; make it with bgzip"
    )]
    NotBgzf,
    /// More distinct values than the index may hold.
    #[error("the result has more than {limit} different {what}; such files are not indexed")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// Most.
        limit: usize,
    },
    /// The file could not be read.
    #[error("the result cannot be read: {0}")]
    Input(#[source] io::Error),
    /// The index could not be written.
    #[error("the index cannot be written: {0}")]
    Output(#[source] io::Error),
    /// A range could not be read.
    #[error("{what} cannot be read: {source}")]
    Source {
        /// Index or result.
        what: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The file is something else.
    #[error("this is no explorer index, or it is cut off; build it again")]
    NoIndex,
    /// The file is of another version.
    #[error("the index has version {found}, this program reads {expected}; build it again")]
    Version {
        /// The file's.
        found: u32,
        /// Ours.
        expected: u32,
    },
    /// The file's content is not what was written.
    #[error("the index is damaged ({0}); build it again")]
    Damaged(&'static str),
    /// The index belongs to another file.
    #[error(
        "the index was made for a result of {expected} bytes, this one has {found}; build it again"
    )]
    OtherResult {
        /// Bytes of the file it was made for.
        expected: u64,
        /// Bytes of the file at hand.
        found: u64,
    },
    /// There is no such record.
    #[error("there is no record {number}; the result has {records}")]
    NoRecord {
        /// The number asked for.
        number: u64,
        /// How many there are.
        records: u64,
    },
}
