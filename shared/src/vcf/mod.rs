//! Validation of VCF files, with diagnostics that name line and column. The browser runs it before the
//! upload, and the engine runs the same code during the job.
//!
//! Nothing here reads files or allocates per record: callers split the input into lines. VCF 3.3 and
//! 4.0-4.5 are accepted (<https://samtools.github.io/hts-specs/>).

mod alleles;
mod compression;
mod definition;
mod diagnostic;
mod header;
mod limits;
mod other_format;
mod preview;
mod record;
mod variant_list;

pub use alleles::AltKind;
pub use compression::{
    BGZF_END, COMPRESSION_MAGIC_BYTES, CompressionFormat, MAX_BGZF_BLOCK_BYTES, bgzf_blocks,
    ends_with_bgzf_block, gzip_member_starts,
};
pub use definition::{Definition, RepairedLine, repair_definitions};
pub use diagnostic::{Code, Column, Diagnostic, Severity};
pub use header::{
    Header, HeaderParser, HeaderStep, Version, trimmed, version_text, without_byte_order_mark,
};
pub use limits::{InputLimits, LINE_ADVICE};
pub use other_format::other_format;
pub use preview::{BCF_MAGIC, LONG_PREVIEW_BYTES, PREVIEW_BYTES, Preview, check_preview};
pub use record::{Record, RecordError, check_counts, check_record, is_blank, parse_record};
pub use variant_list::is_variant_list;
