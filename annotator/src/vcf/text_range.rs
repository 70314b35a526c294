//! Places in the text of a file, which are found without reading the text before them.

use serde::{Deserialize, Serialize};

/// A place in the text of a plain file or a BGZF file.
///
/// A virtual offset (SAM specification, section 4.1.1) names the same place. This form can also name the end of
/// a block with 64 KiB of text: the end of a line is always named in the block of its line feed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TextPosition {
    /// The offset of the BGZF block in the file, in bytes; in a plain file, the offset of the text.
    pub block: u64,
    /// The offset in the text of the block, in bytes; 0 in a plain file.
    pub within: u32,
}

/// A part of the text of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextRange {
    /// Where it begins.
    pub start: TextPosition,
    /// Where it ends; `None` at the end of the file.
    pub end: Option<TextPosition>,
}

impl TextRange {
    /// The text up to a place.
    pub fn up_to(end: TextPosition) -> Self {
        Self { start: TextPosition::default(), end: Some(end) }
    }

    /// About how many bytes of a file of `size` bytes it has.
    pub(crate) fn bytes_of(&self, size: u64) -> u64 {
        self.end.map_or(size, |end| end.block).saturating_sub(self.start.block)
    }
}
