//! Validation of VCF files, with diagnostics that name line and column. The browser runs it before the
//! upload, and the engine runs the same code during the job.
//!
//! Nothing here reads files or allocates per record: callers split the input into lines. VCF 3.3 and
//! 4.0-4.5 are accepted (<https://samtools.github.io/hts-specs/>).

mod alleles;
mod compression;
mod diagnostic;
mod header;
mod limits;
mod preview;
mod record;

pub use alleles::AltKind;
pub use compression::{BGZF_END, COMPRESSION_MAGIC_BYTES, CompressionFormat, bgzf_blocks};
pub use diagnostic::{Code, Column, Diagnostic, Severity};
pub use header::{Header, HeaderParser, HeaderStep, Version};
pub use limits::{InputLimits, LINE_ADVICE};
pub use preview::{Preview, check_preview};
pub use record::{Record, RecordError, check_record, parse_record};
