//! Entry points of fuzz targets: the decoders of an index without the checksums, which random bytes
//! never pass. [`Explorer::open`](crate::Explorer::open) takes complete files in memory.

use crate::Error;
use crate::explorer::check;
use crate::format::{ColumnCounts, ColumnKind, Footer, MAX_BLOCK_ROWS, decode};

/// Decodes and checks the decompressed footer of an index with `index_bytes` bytes.
///
/// # Errors
/// [`Error`] if the bytes are not a footer.
pub fn footer(text: &[u8], version: u32, index_bytes: u64) -> Result<(), Error> {
    check(&Footer::decode(text, version)?, index_bytes)
}

/// Decodes a decompressed column of a block; `kind` selects one of the kinds.
///
/// # Errors
/// [`Error`] if the bytes are not such a column.
pub fn column(text: &[u8], kind: u8, rows: u16) -> Result<(), Error> {
    let kinds =
        ColumnKind::all(ColumnCounts { numeric: 2, categories: 1, samples: 0, of_rows: None });
    let kind = kinds[usize::from(kind) % kinds.len()];
    decode(text.to_vec(), kind, u32::from(rows).min(MAX_BLOCK_ROWS) as usize).map(drop)
}
