//! A VCF file that is compressed with BGZF while it is written, and indexed if wanted.

use super::vcf_index::{IndexBuilder, RegionIndex};
use crate::Error;
use crate::bgzf;
use bytes::Bytes;

/// Compresses the text of a VCF file.
pub(super) struct PackedVcf {
    /// The bytes of the file so far.
    bytes: u64,
    index: Option<IndexBuilder>,
}

impl PackedVcf {
    /// A file without an index.
    pub const fn new() -> Self {
        Self { bytes: 0, index: None }
    }

    /// A file with an index, whose longest contig has `longest` bases.
    ///
    /// # Errors
    /// If the index cannot have positions of this size.
    pub fn indexed(longest: u64) -> Result<Self, Error> {
        Ok(Self { bytes: 0, index: Some(IndexBuilder::new(longest)?) })
    }

    /// Compresses the next text.
    pub fn add(&mut self, text: &[u8]) -> Result<Bytes, Error> {
        let packed = bgzf::compress(text)?;
        if let Some(index) = &mut self.index {
            index.add(text, &packed, self.bytes);
        }
        self.bytes += packed.len() as u64;
        Ok(packed)
    }

    /// The end of the file.
    pub fn end(&mut self) -> Result<Bytes, Error> {
        bgzf::end()
    }

    /// The index of the file, or why it has none.
    pub fn into_index(self) -> Option<Result<RegionIndex, String>> {
        self.index.map(IndexBuilder::finish)
    }
}
