//! Limits on what is read of a result and its index.
//!
//! Both come from a stranger's file. Results and indexes that were stored before the input limits
//! existed may have lines of 256 MiB, so reading them has limits of its own. Whatever is left out is
//! stated in the answer.

/// The most bytes of a footer after decompression. The footer of a human genome has less than 1 MiB.
pub(crate) const FOOTER_BYTES: u32 = 64 << 20;

/// The most texts in one dictionary of a footer; the index builder has the same limit.
pub(crate) const FOOTER_TEXTS: usize = 1 << 20;

/// The most bytes of a block's column after decompression: 512 bytes for each record.
pub(crate) const COLUMN_BYTES: u32 = 32 << 20;

/// The most bytes of a chunk after decompression. One of ordinary records has 50 KiB.
pub(crate) const CHUNK_BYTES: u64 = 32 << 20;

/// The bytes of columns that a query reads at once, if no single block has more.
pub(crate) const LOADED_BYTES: u64 = 64 << 20;

/// The most bytes of a VCF header that are scanned when a result is opened.
pub(crate) const HEADER_BYTES: u64 = 64 << 20;

/// The bytes of a header line that are read. Longer lines are cut.
pub(crate) const HEADER_LINE_BYTES: usize = 256 << 10;

/// The most descriptions of INFO keys that are kept.
pub(crate) const DESCRIPTIONS: usize = 10_000;

/// The most characters of a description.
pub(crate) const DESCRIPTION_BYTES: usize = 500;

/// Samples in the details of a record.
pub(crate) const SAMPLES: usize = 100;

/// The bytes of text that are read at once.
pub(crate) const PIECE_BYTES: u64 = 2 << 20;

/// The bytes of lines that are read for one page of the table.
pub(crate) const PAGE_BYTES: u64 = 64 << 20;

/// The most bytes of one line that are read for the table, and the bytes that are always read.
pub(crate) const ROW_BYTES: std::ops::RangeInclusive<u64> = 64 << 10..=1 << 20;

/// The bytes of one line that are read for the details of a record and for a row of an exported
/// table. Exports as VCF have complete lines.
pub(crate) const LINE_BYTES: u64 = 4 << 20;

/// The most INFO keys, transcripts, and frequencies in the details of a record.
pub(crate) const DETAILS: usize = 1_000;

/// The most bytes of the details of a record.
pub(crate) const DETAILS_BYTES: usize = 2 << 20;

/// The most names of the annotation format that the details use.
pub(crate) const ENTRY_FIELDS: usize = 500;

/// The most bytes of a facet's value.
pub(crate) const FACET_BYTES: usize = 200;

/// The most bytes of the name of a source.
pub(crate) const SOURCE_BYTES: usize = 200;

/// The most bytes of the texts of a text column that the index has of a record.
pub(crate) const COLUMN_TEXT_BYTES: usize = 300;

/// The most different values of a category column of a source that filters and facets have. Of a column with more, rows
/// have the values as text.
pub(crate) const SOURCE_CATEGORIES: usize = 1_000;
