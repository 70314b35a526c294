//! Reads the values of bigWig files in the order of their index, one block at a time (Kent et al. 2010, Bioinformatics
//! 26:2204, supplement).

use flate2::read::ZlibDecoder;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// The first four bytes, in the byte order of the writer.
const MAGIC: u32 = 0x888f_fc26;
const CONTIG_TREE_MAGIC: u32 = 0x78ca_8c91;
const INDEX_MAGIC: u32 = 0x2468_ace0;

/// The bytes of the header, of that of the tree of contigs, of that of the index, and of that of a block.
const HEADER: usize = 64;
const TREE_HEADER: usize = 32;
const INDEX_HEADER: usize = 48;
const BLOCK_HEADER: usize = 24;

/// Far more bytes than a block has. It bounds memory.
const MAX_BLOCK: usize = 1 << 26;

/// The longest name of a contig.
const MAX_NAME: usize = 1 << 12;

/// A value of consecutive bases.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Item {
    /// The first base, from 0.
    pub(super) start: u32,
    /// The base after the last one, from 0.
    pub(super) end: u32,
    /// The value.
    pub(super) value: f32,
}

/// An open file.
pub(super) struct BigWig {
    file: File,
    length: u64,
    is_big_endian: bool,
    contigs: HashMap<u32, String>,
    index: u64,
    is_compressed: bool,
}

/// Whether a file begins as bigWig files do.
pub(super) fn is_big_wig(path: &Path) -> io::Result<bool> {
    let mut magic = [0; 4];
    let mut file = File::open(path)?;
    match file.read_exact(&mut magic) {
        Ok(()) => Ok([u32::from_le_bytes(magic), u32::from_be_bytes(magic)].contains(&MAGIC)),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

impl BigWig {
    /// Opens a file and reads its contigs.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let (contigs, is_big_endian) = (HashMap::new(), false);
        let mut opened =
            Self { file, length, is_big_endian, contigs, index: 0, is_compressed: false };
        let header = opened.read(0, HEADER)?;
        opened.is_big_endian = opened.u32(&header, 0)? != MAGIC;
        opened.index = opened.u64(&header, 24)?;
        opened.is_compressed = opened.u32(&header, 52)? > 0;
        let contigs = opened.u64(&header, 8)?;
        opened.read_contigs(contigs)?;
        Ok(opened)
    }

    /// Calls `found` with the contig and the values of each block.
    pub(super) fn for_each_block<E: From<io::Error>>(
        &self,
        mut found: impl FnMut(&str, &[Item]) -> Result<(), E>,
    ) -> Result<(), E> {
        let header = self.read(self.index, INDEX_HEADER)?;
        if self.u32(&header, 0)? != INDEX_MAGIC {
            return Err(damaged("the index is not where the header says").into());
        }
        let mut items = Vec::new();
        let first = self.index.saturating_add(INDEX_HEADER as u64);
        self.for_each_leaf(first, 24, 32, |bytes| {
            let (offset, size) = (self.u64(bytes, 16)?, self.u64(bytes, 24)?);
            let contig = self.block(offset, size, &mut items)?;
            found(contig, &items)
        })
    }

    fn read_contigs(&mut self, offset: u64) -> io::Result<()> {
        let header = self.read(offset, TREE_HEADER)?;
        let key = self.u32(&header, 8)? as usize;
        if self.u32(&header, 0)? != CONTIG_TREE_MAGIC || key > MAX_NAME {
            return Err(damaged("the contigs are not where the header says"));
        }
        let mut contigs = HashMap::new();
        let first = offset.saturating_add(TREE_HEADER as u64);
        self.for_each_leaf(first, key + 8, key + 8, |bytes| {
            let name = bytes.get(..key).unwrap_or_default();
            let name = name.split(|b| *b == 0).next().unwrap_or_default();
            let name = String::from_utf8(name.to_vec()).map_err(io::Error::other)?;
            contigs.insert(self.u32(bytes, key)?, name);
            io::Result::Ok(())
        })?;
        self.contigs = contigs;
        Ok(())
    }

    /// Calls `found` with the items of the leaves of a tree, in order. An item of an inner node ends with the offset of its
    /// child.
    fn for_each_leaf<E: From<io::Error>>(
        &self,
        root: u64,
        inner_item: usize,
        leaf_item: usize,
        mut found: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        // Every node has four bytes, and is the child of one.
        let mut left = self.length / 4;
        let mut waiting = vec![root];
        while let Some(offset) = waiting.pop() {
            left = left.checked_sub(1).ok_or_else(|| damaged("the index has a cycle"))?;
            let node = self.read(offset, 4)?;
            let (is_leaf, count) = (node[0] != 0, usize::from(self.u16(&node, 2)?));
            let item = if is_leaf { leaf_item } else { inner_item };
            let bytes = self.read(offset.saturating_add(4), count * item)?;
            if is_leaf {
                bytes.chunks_exact(item).try_for_each(&mut found)?;
                continue;
            }
            for child in bytes.chunks_exact(item).rev() {
                waiting.push(self.u64(child, item - 8)?);
            }
            if waiting.len() as u64 > self.length / 4 {
                return Err(damaged("the index has a cycle").into());
            }
        }
        Ok(())
    }

    /// Reads the items of a block, and returns its contig.
    fn block(&self, offset: u64, size: u64, items: &mut Vec<Item>) -> io::Result<&str> {
        let size = usize::try_from(size).ok().filter(|size| *size <= MAX_BLOCK);
        let mut bytes = self.read(offset, size.ok_or_else(|| damaged("a block is too large"))?)?;
        if self.is_compressed {
            let mut plain = Vec::new();
            ZlibDecoder::new(&bytes[..]).take(MAX_BLOCK as u64).read_to_end(&mut plain)?;
            bytes = plain;
        }
        let word = |at| self.u32(&bytes, at);
        let contig = self.contigs.get(&word(0)?);
        let contig = contig.ok_or_else(|| damaged("a block has an unknown contig"))?;
        let (start, step, span) = (word(4)?, word(12)?, word(16)?);
        let kind = bytes.get(20).copied().unwrap_or_default();
        let count = u32::from(self.u16(&bytes, 22)?);
        items.clear();
        for number in 0..count {
            let (from, to, value) = match kind {
                1 => {
                    let at = BLOCK_HEADER + 12 * number as usize;
                    (word(at)?, word(at + 4)?, word(at + 8)?)
                }
                2 => {
                    let at = BLOCK_HEADER + 8 * number as usize;
                    let from = word(at)?;
                    (from, from.saturating_add(span), word(at + 4)?)
                }
                3 => {
                    let from = start.saturating_add(step.saturating_mul(number));
                    let at = BLOCK_HEADER + 4 * number as usize;
                    (from, from.saturating_add(span), word(at)?)
                }
                _ => return Err(damaged("a block has an unknown kind")),
            };
            items.push(Item { start: from, end: to, value: f32::from_bits(value) });
        }
        Ok(contig)
    }

    fn read(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        // Checked first, so that a wrong length does not allocate memory.
        if offset.checked_add(length as u64).is_none_or(|end| end > self.length) {
            return Err(damaged("it ends before its data do"));
        }
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, offset)?;
        Ok(bytes)
    }

    fn bytes<const N: usize>(&self, bytes: &[u8], at: usize) -> io::Result<[u8; N]> {
        let found = bytes.get(at..at.saturating_add(N)).and_then(|bytes| bytes.try_into().ok());
        let mut found: [u8; N] = found.ok_or_else(|| damaged("a block ends before its data do"))?;
        if self.is_big_endian {
            found.reverse();
        }
        Ok(found)
    }

    fn u16(&self, bytes: &[u8], at: usize) -> io::Result<u16> {
        self.bytes(bytes, at).map(u16::from_le_bytes)
    }

    fn u32(&self, bytes: &[u8], at: usize) -> io::Result<u32> {
        self.bytes(bytes, at).map(u32::from_le_bytes)
    }

    fn u64(&self, bytes: &[u8], at: usize) -> io::Result<u64> {
        self.bytes(bytes, at).map(u64::from_le_bytes)
    }
}

fn damaged(reason: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, format!("the bigWig file is damaged: {reason}"))
}
