//! The check of a VCF file, header and lines: the same code tells the browser before the upload
//! and the engine during the run what is wrong, to the line and the column.
//!
//! Nothing here reads files or allocates per record: the callers cut the lines. VCF 3.3 and
//! 4.0-4.5 are accepted (<https://samtools.github.io/hts-specs/>).

mod alleles;
mod compression;
mod diagnostic;
mod header;
mod preview;
mod record;

pub use alleles::AltKind;
pub use compression::{BGZF_END, COMPRESSION_MAGIC_BYTES, CompressionFormat, bgzf_blocks};
pub use diagnostic::{Code, Column, Diagnostic, Severity};
pub use header::{Header, HeaderParser, HeaderStep, Version};
pub use preview::{Preview, check_preview};
pub use record::{Record, RecordError, check_record, parse_record};
