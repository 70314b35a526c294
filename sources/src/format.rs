//! The constants of the file format that builder and reader share.

/// The first bytes of a source file. The line ending and the byte 0x1a reveal a transfer as text.
pub(crate) const MAGIC: [u8; 8] = *b"GASsrc\x1a\n";

/// The latest version of the format. Readers reject later ones.
pub(crate) const VERSION: u32 = 2;

/// The version whose blocks have no integers row by row. Files without such blocks have it still, so that earlier readers accept them.
pub(crate) const VERSION_BY_COLUMN: u32 = 1;

/// The bytes before the first block.
pub(crate) const PRELUDE: usize = 64;

/// Blocks and sections begin at multiples of it.
pub(crate) const ALIGNMENT: usize = 8;
