//! The tabix or CSI index of a bgzipped file.
//!
//! The index needs contig, position and length of the records only, so that no header line and no
//! value that other readers accept can stop it. It is built while the file is written: the thread that
//! compresses a piece of text lists its records, and their offsets in the file follow when the piece is
//! written. A shard has a file with these lists, since the structure of the index
//! depends on the whole file.

use super::bgzf::{BLOCK_BYTES, BlockReader};
use super::partial_file::PartialFile;
use crate::Error;
use gas_shared::vcf::Definition;
use noodles_bgzf::VirtualPosition;
use noodles_core::Position;
use noodles_csi::binning_index::index::reference_sequence::bin::Chunk;
use noodles_vcf::Index;
use noodles_vcf::index::Indexer;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// The last position of a tabix index (SAM specification, section 5.2).
const TABIX_MAX_POSITION: u64 = 1 << 29;

/// The last position that a record can have: it has at most 12 digits.
const MAX_POSITION: u64 = 999_999_999_999;

/// The bits of a position within the smallest bins of an index (SAM specification, section 5.1.1).
const BIN_SHIFT: u32 = 14;

/// The extension of an index, after the name of its file.
const TABIX: &str = "tbi";
const CSI: &str = "csi";

/// Removes the indexes of a file that is written again.
pub(super) fn remove_indexes(path: &Path) {
    for ending in [TABIX, CSI] {
        // Most files have none.
        let _ = std::fs::remove_file(path.with_added_extension(ending));
    }
}

/// Builds the index of records that are added in the order of the file.
pub(super) struct IndexBuilder {
    indexer: Indexer,
    /// The last position of the index. Records beyond it, which are beyond the end of any contig, are
    /// indexed there: a wrong position must not prevent the index of the other records.
    most: u64,
}

impl fmt::Debug for IndexBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndexBuilder").field("most", &self.most).finish_non_exhaustive()
    }
}

impl IndexBuilder {
    /// Creates the builder of a file whose longest contig has `longest` bases: of a tabix index, or of
    /// a CSI index if that is too long for tabix.
    pub(super) fn new(longest: u64) -> io::Result<Self> {
        let most = longest.clamp(TABIX_MAX_POSITION, MAX_POSITION);
        let mut builder = Indexer::builder();
        if most > TABIX_MAX_POSITION {
            builder = builder.set_max_position_hint(position(most)?);
        }
        Ok(Self { indexer: builder.build().map_err(invalid)?, most })
    }

    fn add(&mut self, contig: &str, bases: (u64, u64), text: Chunk) -> io::Result<()> {
        let [first, last] = [bases.0, bases.1].map(|pos| position(pos.clamp(1, self.most)));
        self.indexer.add_record(contig, first?, last?, text).map_err(invalid)
    }

    /// Adds the records of a piece of text whose blocks begin at byte `start` of the file.
    pub(super) fn add_piece(&mut self, piece: &PieceRecords, start: u64) -> io::Result<()> {
        let at = |(block, within): (u64, u16)| {
            let position = VirtualPosition::new(start.saturating_add(block), within);
            position.ok_or_else(|| invalid("the file is too large"))
        };
        let mut runs = piece.runs.iter().peekable();
        while let Some(run) = runs.next() {
            let end = at(runs.peek().map_or(piece.end, |next| next.offset))?;
            let contig = piece.contigs.get(run.contig as usize).map_or("", String::as_str);
            let bases = (run.first, run.last);
            self.add(contig, bases, Chunk::new(at(run.offset)?, end))?;
            // The others of the run are in the same bin, whose text is complete. They are only counted.
            for _ in 1..run.records {
                self.add(contig, bases, Chunk::new(end, end))?;
            }
        }
        Ok(())
    }

    /// Adds the records of a shard, which begins at byte `start` of the file, from its [`ShardIndex`].
    pub(super) fn add_shard(&mut self, mut shard: impl Read, start: u64) -> io::Result<()> {
        let mut bytes = Vec::new();
        let mut length = [0; 4];
        loop {
            match shard.read_exact(&mut length) {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
                result => result?,
            }
            bytes.resize(u32::from_le_bytes(length) as usize, 0);
            shard.read_exact(&mut bytes)?;
            let (offset, piece): (u64, PieceRecords) =
                postcard::from_bytes(&bytes).map_err(invalid)?;
            self.add_piece(&piece, start.saturating_add(offset))?;
        }
    }

    /// Writes the index next to a file and returns its path: with `.tbi` or `.csi` added.
    pub(super) fn write(self, path: &Path) -> Result<PathBuf, Error> {
        let index = self.indexer.build();
        let target = path.with_added_extension(match index {
            Index::Tabix(_) => TABIX,
            Index::Csi(_) => CSI,
        });
        let partial = PartialFile::new(&target);
        let written = match &index {
            Index::Tabix(index) => noodles_tabix::fs::write(&target, index),
            Index::Csi(index) => noodles_csi::fs::write(&target, index),
        };
        written.map_err(Error::file(&target))?;
        partial.keep();
        Ok(target)
    }
}

/// Writes what the index of a file needs about a shard: the records of each piece, with the offset of the piece
/// in the shard.
#[derive(Debug)]
pub(super) struct ShardIndex {
    out: BufWriter<File>,
    path: PathBuf,
    partial: PartialFile,
}

impl ShardIndex {
    /// The path beside the records of a shard.
    pub(super) fn path(shard: &Path) -> PathBuf {
        shard.with_added_extension("index")
    }

    pub(super) fn create(shard: &Path) -> Result<Self, Error> {
        let path = Self::path(shard);
        let out = BufWriter::new(File::create(&path).map_err(Error::file(&path))?);
        let partial = PartialFile::new(&path);
        Ok(Self { out, path, partial })
    }

    pub(super) fn add_piece(&mut self, piece: &PieceRecords, start: u64) -> Result<(), Error> {
        let bytes = postcard::to_stdvec(&(start, piece)).map_err(io::Error::other);
        let written = bytes.and_then(|bytes| {
            self.out.write_all(&(bytes.len() as u32).to_le_bytes())?;
            self.out.write_all(&bytes)
        });
        written.map_err(Error::file(&self.path))
    }

    pub(super) fn finish(mut self) -> Result<(), Error> {
        self.out.flush().map_err(Error::file(&self.path))?;
        self.partial.keep();
        Ok(())
    }
}

/// The records of a piece of text, which is compressed on its own.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct PieceRecords {
    /// Names of contigs, in the order of the records.
    contigs: Vec<String>,
    runs: Vec<RecordRun>,
    /// The offset after the last record.
    end: (u64, u16),
}

/// Adjacent records in one of the smallest bins of the index, or a record in another bin.
#[derive(Debug, Serialize, Deserialize)]
struct RecordRun {
    /// The number of the contig in the piece.
    contig: u32,
    /// First and last base of the first record.
    first: u64,
    last: u64,
    records: u32,
    /// The offset of the first record's block in the blocks of the piece, and its own in the text of that block.
    offset: (u64, u16),
}

impl RecordRun {
    /// The smallest bin with all bases of a record.
    const fn bin(first: u64, last: u64) -> Option<u64> {
        let base = first.saturating_sub(1);
        let bin = base >> BIN_SHIFT;
        if (last - 1) >> BIN_SHIFT == bin { Some(bin) } else { None }
    }

    /// Adds a record if it belongs to the run.
    fn extend(&mut self, contig: u32, (first, last): (u64, u64)) -> bool {
        let bin = Self::bin(first, last);
        let belongs =
            contig == self.contig && bin.is_some() && bin == Self::bin(self.first, self.last);
        self.records += u32::from(belongs);
        belongs
    }
}

impl PieceRecords {
    /// Lists the records of a text of whole lines and the blocks that it is compressed to.
    ///
    /// # Errors
    /// If a line is not a record.
    pub(super) fn read(text: &[u8], packed: &[u8]) -> io::Result<Self> {
        let mut piece = Self { end: (packed.len() as u64, 0), ..Self::default() };
        let (mut block, mut block_text) = (0, 0);
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', text).chain([text.len()]) {
            let line = super::trimmed(&text[start..end]);
            while start - block_text >= BLOCK_BYTES {
                block += block_size(&packed[block..]);
                block_text += BLOCK_BYTES;
            }
            // A block has less than 64 KiB of text.
            let offset = (block as u64, (start - block_text) as u16);
            start = end + 1;
            if !line.is_empty() && !line.starts_with(b"#") {
                piece.add(line, offset)?;
            }
        }
        Ok(piece)
    }

    fn add(&mut self, line: &[u8], offset: (u64, u16)) -> io::Result<()> {
        let (name, bases) = contig_and_bases(line)?;
        if self.contigs.last().is_none_or(|last| last.as_bytes() != name) {
            self.contigs.push(String::from_utf8_lossy(name).into_owned());
        }
        let contig = self.contigs.len() as u32 - 1;
        if !self.runs.last_mut().is_some_and(|run| run.extend(contig, bases)) {
            self.runs.push(RecordRun { contig, first: bases.0, last: bases.1, records: 1, offset });
        }
        Ok(())
    }
}

/// The size of the first block of some blocks (SAM specification, section 4.1).
fn block_size(packed: &[u8]) -> usize {
    let size = packed.get(16..).and_then(|header| header.first_chunk());
    size.map_or(packed.len(), |size| usize::from(u16::from_le_bytes(*size)) + 1)
}

/// Writes the index of a sorted bgzipped VCF file and returns its path: `FILE.gz.tbi`, or `FILE.gz.csi`
/// if a contig is too long for tabix.
///
/// # Errors
/// [`Error::File`] if the file is not valid and sorted, or if the index cannot be written.
pub fn write_index(path: &Path) -> Result<PathBuf, Error> {
    index(path).map_err(Error::file(path))?.write(path)
}

/// Reads a file and indexes its records.
fn index(path: &Path) -> io::Result<IndexBuilder> {
    let mut reader = BlockReader::new(BufReader::new(File::open(path)?));
    let mut line = Vec::new();
    let mut longest = 0;
    let mut builder = None;
    loop {
        let start = VirtualPosition::from(reader.virtual_position());
        line.clear();
        if reader.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let end = VirtualPosition::from(reader.virtual_position());
        let line = super::trimmed(&line);
        if line.starts_with(b"#") {
            longest = longest.max(contig_length(line));
            continue;
        }
        let builder = match &mut builder {
            Some(builder) => builder,
            None => builder.insert(IndexBuilder::new(longest)?),
        };
        let (contig, bases) = contig_and_bases(line)?;
        builder.add(&String::from_utf8_lossy(contig), bases, Chunk::new(start, end))?;
    }
    builder.map_or_else(|| IndexBuilder::new(longest), Ok)
}

/// The most bases that a `##contig` line of a header states; 0 if none does.
pub(super) fn longest_contig(header: &[u8]) -> u64 {
    header.split(|byte| *byte == b'\n').map(contig_length).max().unwrap_or(0)
}

/// The length that a `##contig` line states; 0 for other lines.
fn contig_length(line: &[u8]) -> u64 {
    let definition = Definition::parse(line).filter(|definition| definition.key == b"contig");
    let length = definition.and_then(|definition| definition.field(b"length"));
    length.and_then(number).unwrap_or(0)
}

/// The contig of a record, and its first and last base. The long columns of an annotated record are
/// searched with `memchr`.
fn contig_and_bases(line: &[u8]) -> io::Result<(&[u8], (u64, u64))> {
    let mut columns = columns(line, b'\t');
    let contig = columns.next().unwrap_or_default();
    let pos = columns.next().and_then(number).ok_or_else(|| invalid("a record has no position"))?;
    let reference = columns.nth(1).unwrap_or_default();
    let info = columns.nth(3).unwrap_or_default();
    Ok((contig, (pos, last_base(pos, reference, info))))
}

/// The last base of a record, as tabix and bcftools have it: that of REF, or INFO/END if it is
/// greater.
fn last_base(pos: u64, reference: &[u8], info: &[u8]) -> u64 {
    let pos = pos.max(1);
    let last = pos.saturating_add(reference.len() as u64).saturating_sub(1).max(pos);
    let end = columns(info, b';').find_map(|field| field.strip_prefix(b"END="));
    end.and_then(number).map_or(last, |end| end.max(last))
}

/// Splits a line or a column.
fn columns(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    memchr::memchr_iter(separator, text).chain([text.len()]).map(move |end| {
        let column = &text[start..end];
        start = end + 1;
        column
    })
}

fn number(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn position(number: u64) -> io::Result<Position> {
    let number = usize::try_from(number).ok().and_then(Position::new);
    number.ok_or_else(|| invalid("a position is too large"))
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
