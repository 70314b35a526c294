//! The tabix or CSI index of an exported VCF file.
//!
//! It is built while the file is compressed: the lines of a piece of text are found with their offsets in the BGZF blocks
//! of that piece. As in the index that the engine writes, a record is at its contig, position, and last base.

use crate::Error;
use crate::bgzf::BLOCK_TEXT;
use crate::info;
use crate::limits::LINE_BYTES;
use noodles_bgzf::VirtualPosition;
use noodles_core::Position;
use noodles_csi::binning_index::index::reference_sequence::bin::Chunk;
use noodles_vcf::Index;
use noodles_vcf::index::Indexer;
use std::error::Error as StdError;

/// The last position of a tabix index (SAM specification, section 5.2).
const TABIX_MAX_POSITION: u64 = 1 << 29;

/// The last position that an index of 64-bit offsets is made for.
const MAX_POSITION: u64 = 999_999_999_999;

/// The index of a file.
#[derive(Debug)]
pub(super) struct RegionIndex {
    /// What its name adds to that of the file, after a dot.
    pub ending: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Builds an index.
pub(super) struct IndexBuilder {
    indexer: Indexer,
    /// The last position of the index, to which positions beyond the end of any contig are moved.
    most: u64,
    /// The start of a line whose end is not added yet, up to [`LINE_BYTES`].
    line: Vec<u8>,
    /// The offset of that line.
    line_start: VirtualPosition,
    /// The first reason why the file has no index.
    failed: Option<String>,
}

impl IndexBuilder {
    /// The builder of a tabix index, or of a CSI index if the longest contig is too long for tabix.
    pub fn new(longest: u64) -> Result<Self, Error> {
        let most = longest.clamp(TABIX_MAX_POSITION, MAX_POSITION);
        let mut builder = Indexer::builder();
        if most > TABIX_MAX_POSITION {
            builder = builder.set_max_position_hint(position(most));
        }
        let indexer =
            builder.build().map_err(|error| Error::Output(std::io::Error::other(error)))?;
        let (line, line_start) = (Vec::new(), VirtualPosition::MIN);
        Ok(Self { indexer, most, line, line_start, failed: None })
    }

    /// Adds a text, which is compressed to `packed` at byte `start` of the file.
    pub fn add(&mut self, text: &[u8], packed: &[u8], start: u64) {
        if self.failed.is_some() {
            return;
        }
        if let Err(error) = self.try_add(text, packed, start) {
            self.failed = Some(error.to_string());
        }
    }

    fn try_add(&mut self, text: &[u8], packed: &[u8], start: u64) -> Result<(), Box<dyn StdError>> {
        let blocks = block_offsets(packed);
        let offset_of = |at: usize| {
            let (block, within) = (at / BLOCK_TEXT, at % BLOCK_TEXT);
            let block = blocks.get(block).copied().unwrap_or(packed.len() as u64);
            // A block has less than 64 KiB of text.
            VirtualPosition::new(start + block, within as u16).ok_or("the file is too large")
        };
        let mut from = 0;
        for end in memchr::memchr_iter(b'\n', text) {
            if self.line.is_empty() {
                self.line_start = offset_of(from)?;
                self.add_line(&text[from..end], offset_of(end + 1)?)?;
            } else {
                let mut line = std::mem::take(&mut self.line);
                append(&mut line, &text[from..end]);
                self.add_line(&line, offset_of(end + 1)?)?;
            }
            from = end + 1;
        }
        if from < text.len() {
            if self.line.is_empty() {
                self.line_start = offset_of(from)?;
            }
            append(&mut self.line, &text[from..]);
        }
        Ok(())
    }

    fn add_line(&mut self, line: &[u8], end: VirtualPosition) -> Result<(), Box<dyn StdError>> {
        if line.is_empty() || line.starts_with(b"#") {
            return Ok(());
        }
        let (contig, first, last) = place(line).ok_or("a record has no position")?;
        let [first, last] = [first, last].map(|base| position(base.clamp(1, self.most)));
        let contig = String::from_utf8_lossy(contig);
        self.indexer.add_record(&contig, first, last, Chunk::new(self.line_start, end))?;
        Ok(())
    }

    /// The index, or why the file has none: its records are not sorted.
    pub fn finish(self) -> Result<RegionIndex, String> {
        if let Some(reason) = self.failed {
            return Err(reason);
        }
        let (mut bytes, index) = (Vec::new(), self.indexer.build());
        let (ending, written) = match &index {
            Index::Tabix(index) => {
                let mut writer = noodles_tabix::io::Writer::new(&mut bytes);
                ("tbi", writer.write_index(index).and_then(|()| writer.try_finish()))
            }
            Index::Csi(index) => {
                let mut writer = noodles_csi::io::Writer::new(&mut bytes);
                ("csi", writer.write_index(index).and_then(|()| writer.get_mut().try_finish()))
            }
        };
        written.map_err(|error| error.to_string())?;
        Ok(RegionIndex { ending, bytes })
    }
}

fn append(line: &mut Vec<u8>, text: &[u8]) {
    let room = (LINE_BYTES as usize).saturating_sub(line.len());
    line.extend_from_slice(&text[..text.len().min(room)]);
}

/// The offsets of the blocks within some blocks (SAM specification, section 4.1).
fn block_offsets(packed: &[u8]) -> Vec<u64> {
    let (mut offsets, mut at) = (Vec::new(), 0);
    while let Some(size) = packed.get(at + 16..).and_then(|header| header.first_chunk()) {
        offsets.push(at as u64);
        at += usize::from(u16::from_le_bytes(*size)) + 1;
    }
    offsets
}

/// The contig of a record, its position, and its last base: that of REF, or INFO/END if it is greater.
fn place(line: &[u8]) -> Option<(&[u8], u64, u64)> {
    let mut columns = line.splitn(9, |byte| *byte == b'\t');
    let (contig, pos) = (columns.next()?, number(columns.next()?)?);
    let reference = columns.nth(1).unwrap_or_default();
    let info = columns.nth(3).unwrap_or_default();
    let of_reference = pos.max(1).saturating_add((reference.len() as u64).max(1) - 1);
    let end =
        info::fields(info).find(|(key, _)| *key == b"END").and_then(|(_, value)| number(value?));
    Some((contig, pos, end.map_or(of_reference, |end| end.max(of_reference))))
}

fn number(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// A position from 1 to [`MAX_POSITION`].
fn position(base: u64) -> Position {
    usize::try_from(base).ok().and_then(Position::new).unwrap_or(Position::MIN)
}
