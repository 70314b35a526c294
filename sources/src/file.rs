//! Reads a source file through a memory map, or blocks into the memory of a [`Cursor`] if much of them is needed.
//!
//! Only the metadata is read when a file is opened. A cursor has one block at a time, and gives back the pages of those before, so memory
//! does not grow with the file. To read a block takes less time than to map its pages, to fetch values of many columns from them
//! one by one, and to unmap them. Small blocks, and those whose integers are row by row, need few cache lines, which are fetched
//! at the same time.

use crate::allele_code;
use crate::block::{self, Block, BlockHeaders, GROUP};
use crate::decimal;
use crate::directory::{BlockEntry, Directory};
use crate::encoding::{Damaged, u32_at};
use crate::error::ReadError;
use crate::format::{MAGIC, PRELUDE, VERSION, VERSION_BY_COLUMN};
use crate::metadata::{
    ColumnKind, Contig, Matching, Metadata, Quotient, Section, SourceDescription,
};
use crate::row::Value;
use memmap2::{Advice, Mmap, UncheckedAdvice};
use std::fs::File;
use std::ops::{ControlFlow, Deref, Range};
use std::os::unix::fs::FileExt;
use std::path::Path;
use xxhash_rust::xxh3::xxh3_64;

/// The most bytes of metadata that are read.
const MAX_METADATA: usize = 1 << 26;

/// The bytes that are read at once, of blocks that are needed one after another. Each read costs as much as to copy some thousand
/// bytes.
const READ_AHEAD: usize = 1 << 16;

/// After this many neighbouring blocks were needed, the blocks that follow are read together.
const IN_A_ROW: u32 = 4;

/// The longest block that is used where the file is mapped, if blocks near it are not needed. Its cache lines are fetched at once,
/// in less time than a read takes.
const MAPPED_BLOCK: usize = 1 << 12;

/// The number of mapped blocks after which their pages are given back. Around each, the kernel maps up to 64 KiB.
const KEPT_BLOCKS: u32 = 1 << 10;

/// The bytes from the first to the last of them after which their pages are given back sooner.
const KEPT_BYTES: usize = 1 << 26;

const OUTSIDE: Damaged = Damaged("a block is outside of the file");

/// A text that is not where its number says.
const NO_TEXT: Damaged = Damaged("a text is not in its dictionary");

/// A source file.
#[derive(Debug)]
pub struct SourceFile {
    bytes: Bytes,
    metadata: Metadata,
    /// By column: the number of its dictionary, if it is a category column.
    dictionaries: Vec<usize>,
    /// Whether the integers of a row are next to each other, so that a query needs little of a block.
    is_by_row: bool,
}

#[derive(Debug)]
enum Bytes {
    Mapped(Mmap, File),
    Owned(Vec<u8>),
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(map, _) => map,
            Self::Owned(bytes) => bytes,
        }
    }
}

impl SourceFile {
    /// Opens a file. It must not be changed while it is open; builders replace files and never change them.
    ///
    /// # Errors
    /// [`ReadError`] if the file cannot be read or is not valid.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        let error = |error| ReadError::File(path.to_owned(), error);
        let file = File::open(path).map_err(error)?;
        // SAFETY: the map is only read. As for all mapped files, another process that truncates the file
        // ends this one; builders and caches replace files by a rename instead.
        #[expect(unsafe_code, reason = "a file cannot be mapped in safe code")]
        let map = unsafe { Mmap::map(&file) }.map_err(error)?;
        let source = Self::new(Bytes::Mapped(map, file))?;
        if let Bytes::Mapped(map, _) = &source.bytes
            && !source.is_by_row
        {
            // Reads are scattered, so pages around one are of no use. Advice that is not followed costs nothing.
            let _ = map.advise(Advice::Random);
        }
        Ok(source)
    }

    /// Reads a file from memory.
    ///
    /// # Errors
    /// [`ReadError`] if the bytes are not valid.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, ReadError> {
        Self::new(Bytes::Owned(bytes))
    }

    fn new(bytes: Bytes) -> Result<Self, ReadError> {
        let prelude = bytes.first_chunk::<PRELUDE>().ok_or(ReadError::NotASource)?;
        if !prelude.starts_with(&MAGIC) {
            return Err(ReadError::NotASource);
        }
        let u32_at =
            |n| u32::from_le_bytes([prelude[n], prelude[n + 1], prelude[n + 2], prelude[n + 3]]);
        let u64_at = |n: usize| u64::from(u32_at(n)) | u64::from(u32_at(n + 4)) << 32;
        let is_by_row = match u32_at(8) {
            VERSION => true,
            VERSION_BY_COLUMN => false,
            version => return Err(ReadError::Version(version)),
        };
        if xxh3_64(&prelude[..56]) != u64_at(56) {
            return Err(Damaged("the checksum of the first bytes differs").into());
        }
        if u64_at(40) != bytes.len() as u64 {
            return Err(Damaged("the file is truncated or longer than it was").into());
        }
        let section = Section { offset: u64_at(16), length: u64_at(24), checksum: u64_at(32) };
        let text = section.of(&bytes)?;
        if text.len() > MAX_METADATA || xxh3_64(text) != section.checksum {
            return Err(Damaged("the checksum of the metadata differs").into());
        }
        let metadata: Metadata = serde_json::from_slice(text).map_err(ReadError::Metadata)?;
        let categories = metadata.description.dictionary_of(usize::MAX);
        for contig in &metadata.contigs {
            contig.directory.of(&bytes)?;
            if contig.dictionaries.len() != categories {
                return Err(Damaged("a contig has too few dictionaries").into());
            }
            for dictionary in &contig.dictionaries {
                dictionary.of(&bytes)?;
            }
        }
        let columns = 0..metadata.description.columns.len();
        let dictionaries = columns.map(|n| metadata.description.dictionary_of(n)).collect();
        Ok(Self { bytes, metadata, dictionaries, is_by_row })
    }

    /// What the source is, and its columns.
    pub const fn description(&self) -> &SourceDescription {
        &self.metadata.description
    }

    /// The contigs, in the order of the file.
    pub fn contigs(&self) -> impl Iterator<Item = &Contig> {
        self.metadata.contigs.iter().map(|contig| &contig.contig)
    }

    /// The number of rows.
    pub fn rows(&self) -> u64 {
        self.metadata.contigs.iter().fold(0, |sum, contig| sum.saturating_add(contig.rows))
    }

    /// The bytes of the file.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The index of the contig with a name or accession, in any spelling of the name.
    pub fn contig(&self, name: &str) -> Option<usize> {
        let plain = gas_shared::assembly::plain_spelling(name.as_bytes());
        self.contigs().position(|contig| {
            contig.accession.as_deref() == Some(name)
                || gas_shared::assembly::plain_spelling(contig.name.as_bytes()) == plain
        })
    }

    /// The index of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.description().columns.iter().position(|column| column.name == name)
    }

    /// Appends a value of a column as an annotation has it: decimal numbers with their point, with the prefix of the
    /// column. Appends nothing for a missing value, or if there is no such column.
    #[inline]
    pub fn write_value(&self, column: usize, value: Value<'_>, out: &mut Vec<u8>) {
        let Some(column) = self.description().columns.get(column) else { return };
        if value != Value::Missing
            && let Some(prefix) = &column.prefix
        {
            out.extend_from_slice(prefix.as_bytes());
        }
        match (value, column.kind) {
            (Value::Missing, _) => {}
            (Value::Text(text), _) => out.extend_from_slice(text),
            (Value::Integer(value), ColumnKind::Decimal { decimals }) => {
                decimal::write(out, value, decimals);
            }
            (Value::Integer(value), _) => decimal::write(out, value, 0),
        }
    }

    /// A cursor. Each thread uses its own.
    pub fn cursor(&self) -> Cursor<'_> {
        Cursor {
            file: self,
            current: None,
            bytes: Vec::new(),
            read: 0..0,
            in_a_row: 0,
            mapped: 0..0,
            mapped_blocks: 0,
            headers: BlockHeaders::default(),
        }
    }

    /// Gives back the pages of a range of the map.
    fn release(&self, range: Range<usize>) {
        if let Bytes::Mapped(map, _) = &self.bytes {
            // SAFETY: the map is read-only and of a file, so pages that are needed again are read again.
            #[expect(unsafe_code, reason = "safe advice never gives back pages")]
            // Advice that is not followed costs memory of the page cache only.
            let _ = unsafe {
                map.unchecked_advise_range(UncheckedAdvice::DontNeed, range.start, range.len())
            };
        }
    }

    /// Verifies all checksums. Reads the whole file.
    ///
    /// # Errors
    /// [`Damaged`] with the part that is wrong.
    pub fn verify(&self) -> Result<(), Damaged> {
        for (index, contig) in self.metadata.contigs.iter().enumerate() {
            for section in contig.dictionaries.iter().chain([&contig.directory]) {
                if xxh3_64(section.of(&self.bytes)?) != section.checksum {
                    return Err(Damaged("the checksum of a section differs"));
                }
            }
            let directory = self.directory(index)?;
            let mut rows = 0;
            for number in 0..directory.len() {
                let bytes = self.block_bytes(index, number)?;
                if xxh3_64(bytes) != directory.get(number)?.checksum {
                    return Err(Damaged("the checksum of a block differs"));
                }
                rows += block::rows(bytes)? as u64;
            }
            if rows != contig.rows {
                return Err(Damaged("the number of rows differs"));
            }
        }
        Ok(())
    }

    fn directory(&self, contig: usize) -> Result<Directory<'_>, Damaged> {
        let contig = self.metadata.contigs.get(contig).ok_or(Damaged("there is no such contig"))?;
        Ok(Directory(contig.directory.of(&self.bytes)?))
    }

    fn block_bytes(&self, contig: usize, block: usize) -> Result<&[u8], Damaged> {
        let entry = self.directory(contig)?.get(block)?;
        self.section_of(contig, &entry)?.of(&self.bytes)
    }

    fn section_of(&self, contig: usize, entry: &BlockEntry) -> Result<Section, Damaged> {
        let start = self.metadata.contigs.get(contig).map_or(0, |contig| contig.start);
        let offset = start.checked_add(entry.offset).ok_or(OUTSIDE)?;
        Ok(Section { offset, length: entry.length.into(), checksum: 0 })
    }

    /// Reads a block to the start of `out`, which is made longer if it is too short, and as much of what follows it that there are
    /// `at_least` bytes, if the file has them. Returns where in the file the bytes are.
    fn read_block(
        &self,
        block: Section,
        at_least: usize,
        out: &mut Vec<u8>,
    ) -> Result<Range<usize>, Damaged> {
        let range = block.range().filter(|range| range.end <= self.bytes.len()).ok_or(OUTSIDE)?;
        let end = range.end.max(range.start.saturating_add(at_least).min(self.bytes.len()));
        let range = range.start..end;
        if out.len() < range.len() {
            out.resize(range.len(), 0);
        }
        let out = &mut out[..range.len()];
        match &self.bytes {
            Bytes::Mapped(_, file) => file
                .read_exact_at(out, block.offset)
                .map_err(|_| Damaged("a block cannot be read from the file"))?,
            Bytes::Owned(bytes) => out.copy_from_slice(&bytes[range.clone()]),
        }
        Ok(range)
    }

    /// The distinct texts of a category column of a contig.
    ///
    /// # Errors
    /// [`Damaged`] if the file is, or if the column has no such texts.
    pub fn categories(&self, contig: usize, column: usize) -> Result<Vec<&[u8]>, Damaged> {
        let count = u32_at(self.dictionary(contig, column)?, 0)?;
        (0..count as i64).map(|number| self.category(contig, column, number)).collect()
    }

    /// The dictionary of a category column.
    fn dictionary(&self, contig: usize, column: usize) -> Result<&[u8], Damaged> {
        let dictionary = *self.dictionaries.get(column).ok_or(NO_TEXT)?;
        let contig = self.metadata.contigs.get(contig);
        let section = contig.and_then(|contig| contig.dictionaries.get(dictionary));
        section.ok_or(NO_TEXT)?.of(&self.bytes)
    }

    /// The text with a number in the dictionary of a category column.
    fn category(&self, contig: usize, column: usize, number: i64) -> Result<&[u8], Damaged> {
        let bytes = self.dictionary(contig, column)?;
        let number = usize::try_from(number).map_err(|_| NO_TEXT)?;
        let count = u32_at(bytes, 0)?;
        if number >= count {
            return Err(NO_TEXT);
        }
        let start = if number == 0 { 0 } else { u32_at(bytes, 4 * number)? };
        let end = u32_at(bytes, 4 + 4 * number)?;
        let texts = bytes.get(4 + 4 * count..).ok_or(NO_TEXT)?;
        texts.get(start..end).ok_or(NO_TEXT)
    }
}

impl Section {
    fn range(&self) -> Option<Range<usize>> {
        let end = self.offset.checked_add(self.length)?;
        Some(usize::try_from(self.offset).ok()?..usize::try_from(end).ok()?)
    }

    fn of<'a>(&self, bytes: &'a [u8]) -> Result<&'a [u8], Damaged> {
        let found = self.range().and_then(|range| bytes.get(range));
        found.ok_or(Damaged("a section is outside of the file"))
    }
}

/// Finds rows. Queries in ascending order are fastest, and any order is possible.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    file: &'a SourceFile,
    current: Option<CurrentBlock>,
    /// The bytes that were read last, and after them what was read before.
    bytes: Vec<u8>,
    /// Where in the file they are.
    read: Range<usize>,
    /// How often the block was one of the two after the block before.
    in_a_row: u32,
    /// Where in the file the mapped blocks are whose pages are kept, and how many they are.
    mapped: Range<usize>,
    mapped_blocks: u32,
    /// The headers of the current block.
    headers: BlockHeaders,
}

#[derive(Clone, Copy, Debug)]
struct CurrentBlock {
    contig: usize,
    number: usize,
    /// Where its bytes are, in the mapped file or among those that were read.
    start: usize,
    end: usize,
    is_mapped: bool,
    /// The positions whose rows are all in this block.
    positions: (u32, u32),
}

impl<'a> Cursor<'a> {
    /// The file.
    pub const fn file(&self) -> &'a SourceFile {
        self.file
    }

    /// The rows that start at a position, in the order of the input.
    ///
    /// # Errors
    /// [`Damaged`] if the file is.
    #[inline]
    pub fn at(&mut self, contig: usize, position: u32) -> Result<Rows<'_>, Damaged> {
        let has_positions = self.file.description().matching != Matching::Gene;
        if !has_positions || !self.load_block_of(contig, position)? {
            return Ok(Rows::none(self.file));
        }
        let block = self.block();
        let rows = block.rows_at(position)?;
        Ok(Rows { file: self.file, contig, block, start: position, rows })
    }

    /// The rows with an allele, which is written as in the source: see [`Key::Allele`](crate::Key::Allele).
    ///
    /// # Errors
    /// [`Damaged`] if the file is.
    #[inline]
    pub fn allele<'c>(
        &'c mut self,
        contig: usize,
        position: u32,
        reference: &'c [u8],
        alt: &'c [u8],
    ) -> Result<impl Iterator<Item = Result<StoredRow<'c>, Damaged>>, Damaged> {
        let code = allele_code::of(reference, alt);
        let mut rows = self.at(contig, position)?;
        Ok(std::iter::from_fn(move || {
            let next = match code {
                Some(code) => rows.next_of_code(code),
                None => rows.next_of_long_allele(reference, alt),
            };
            next.transpose()
        }))
    }

    /// Calls `found` with each row whose region has a position from `start` to `end`, by descending start, until it
    /// breaks off.
    ///
    /// # Errors
    /// [`Damaged`] if the file is.
    pub fn overlapping(
        &mut self,
        contig: usize,
        start: u32,
        end: u32,
        mut found: impl FnMut(StoredRow<'_>) -> ControlFlow<()>,
    ) -> Result<(), Damaged> {
        let file = self.file;
        let directory = file.directory(contig)?;
        let after = directory.partition_point(0, |entry| entry.first <= end)?;
        for number in (0..after).rev() {
            let entry = directory.get(number)?;
            // No block up to this one reaches the region.
            if entry.last < start {
                break;
            }
            if entry.largest_end < start {
                continue;
            }
            let block = self.load(contig, number)?;
            let rows = block.first_row_from(end.saturating_add(1))?;
            for group in (0..rows.div_ceil(GROUP)).rev() {
                if block.group_end(group)? < start {
                    continue;
                }
                for row in (group * GROUP..rows.min((group + 1) * GROUP)).rev() {
                    let first = block.start(row)?;
                    if block.end(row, first)? >= start {
                        let row = StoredRow { file, contig, block, start: first, row };
                        if found(row).is_break() {
                            return Ok(());
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// The row of a gene.
    ///
    /// # Errors
    /// [`Damaged`] if the file is.
    pub fn gene(&mut self, key: &[u8]) -> Result<Option<StoredRow<'_>>, Damaged> {
        let contig = 0;
        let (mut low, mut high) = (0, self.file.directory(contig)?.len());
        while high > low {
            let middle = low.midpoint(high);
            let first = block::first_key(self.file.block_bytes(contig, middle)?)?;
            if first <= key { low = middle + 1 } else { high = middle }
        }
        let Some(number) = low.checked_sub(1) else { return Ok(None) };
        let file = self.file;
        let block = self.load(contig, number)?;
        let (mut low, mut high) = (0, block.rows());
        while high > low {
            let row = low.midpoint(high);
            match block.key(row)?.cmp(key) {
                std::cmp::Ordering::Less => low = row + 1,
                std::cmp::Ordering::Greater => high = row,
                std::cmp::Ordering::Equal => {
                    return Ok(Some(StoredRow { file, contig, block, start: 0, row }));
                }
            }
        }
        Ok(None)
    }

    /// Calls `found` with the rows of a contig in order, until it breaks off.
    ///
    /// # Errors
    /// [`Damaged`] if the file is, or if `found` says so.
    pub fn all(
        &mut self,
        contig: usize,
        mut found: impl FnMut(StoredRow<'_>) -> Result<ControlFlow<()>, Damaged>,
    ) -> Result<(), Damaged> {
        let file = self.file;
        let has_positions = file.description().matching != Matching::Gene;
        for number in 0..file.directory(contig)?.len() {
            let block = self.load(contig, number)?;
            for row in 0..block.rows() {
                let start = if has_positions { block.start(row)? } else { 0 };
                let row = StoredRow { file, contig, block, start, row };
                if found(row)?.is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Makes the block that has the rows at a position the current one. Returns whether there can be such rows.
    #[inline]
    fn load_block_of(&mut self, contig: usize, position: u32) -> Result<bool, Damaged> {
        let mut from = 0;
        if let Some(current) = &self.current
            && contig == current.contig
        {
            let (first, last) = current.positions;
            if (first..=last).contains(&position) {
                return Ok(true);
            }
            if position > last {
                from = current.number + 1;
            }
        }
        let directory = self.file.directory(contig)?;
        let number = directory.partition_point(from, |entry| entry.last < position)?;
        if number >= directory.len() || directory.get(number)?.first > position {
            return Ok(false);
        }
        self.load(contig, number)?;
        Ok(true)
    }

    /// Reads a block, unless it is the current one.
    fn load(&mut self, contig: usize, number: usize) -> Result<Block<'_>, Damaged> {
        let is_current =
            |current: CurrentBlock| current.contig == contig && current.number == number;
        if !self.current.is_some_and(is_current) {
            let entry = self.file.directory(contig)?.get(number)?;
            let before = self.current.take().filter(|current| current.contig == contig);
            let is_next =
                before.is_some_and(|before| (1..=2).contains(&number.wrapping_sub(before.number)));
            self.in_a_row = if is_next { self.in_a_row.saturating_add(1) } else { 0 };
            let block = self.file.section_of(contig, &entry)?;
            let range = block.range().ok_or(OUTSIDE)?;
            let is_read = self.read.start <= range.start && range.end <= self.read.end;
            let is_small = self.in_a_row < IN_A_ROW && range.len() <= MAPPED_BLOCK;
            let is_mapped = !is_read && (is_small || self.file.is_by_row);
            let columns = &self.file.description().columns;
            let (start, end) = if is_mapped {
                let bytes = self.file.bytes.get(range.clone()).ok_or(OUTSIDE)?;
                if is_small {
                    fetch(bytes);
                }
                self.headers.read(bytes, columns)?;
                if let Some(searched) = self.headers.search_bytes().filter(|_| !is_small) {
                    fetch(bytes.get(..searched).unwrap_or(bytes));
                }
                self.keep(range.clone());
                (range.start, range.end)
            } else {
                if !is_read {
                    let at_least = if self.in_a_row < IN_A_ROW { 0 } else { READ_AHEAD };
                    self.read = 0..0;
                    self.read = self.file.read_block(block, at_least, &mut self.bytes)?;
                }
                let (start, end) = (range.start - self.read.start, range.end - self.read.start);
                self.headers.read(&self.bytes[start..end], columns)?;
                (start, end)
            };
            let positions = (entry.first, entry.last);
            self.current = Some(CurrentBlock { contig, number, start, end, is_mapped, positions });
        }
        Ok(self.block())
    }

    /// Gives back the pages of the blocks before, if they are many.
    fn keep(&mut self, range: Range<usize>) {
        let is_wide = self.mapped.len() > KEPT_BYTES && self.mapped_blocks >= KEPT_BLOCKS / 16;
        if is_wide || self.mapped_blocks >= KEPT_BLOCKS {
            self.file.release(std::mem::take(&mut self.mapped));
            self.mapped_blocks = 0;
        }
        self.mapped = if self.mapped_blocks == 0 {
            range
        } else {
            self.mapped.start.min(range.start)..self.mapped.end.max(range.end)
        };
        self.mapped_blocks += 1;
    }

    fn block(&self) -> Block<'_> {
        let Some(current) = self.current else { return Block::EMPTY };
        let bytes = if current.is_mapped { &*self.file.bytes } else { &self.bytes };
        Block::new(&bytes[current.start..current.end], &self.headers)
    }
}

/// Requests all cache lines of a block, so that they come at the same time.
#[inline]
fn fetch(bytes: &[u8]) {
    // Lines of a page that is not mapped are not fetched.
    std::hint::black_box(bytes.first().copied());
    #[cfg(target_arch = "x86_64")]
    for line in bytes.chunks(64) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a request for any address has no effect that could be seen.
        #[expect(unsafe_code, reason = "there is no safe function to prefetch memory")]
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast());
        }
    }
}

/// Rows of a block with the same start.
#[derive(Clone, Debug)]
pub struct Rows<'a> {
    file: &'a SourceFile,
    contig: usize,
    block: Block<'a>,
    start: u32,
    rows: Range<usize>,
}

impl<'a> Rows<'a> {
    const fn none(file: &'a SourceFile) -> Self {
        Self { file, contig: 0, block: Block::EMPTY, start: 0, rows: 0..0 }
    }

    /// The next row whose allele has a code. `None` after an error.
    #[inline]
    fn next_of_code(&mut self, code: u64) -> Result<Option<StoredRow<'a>>, Damaged> {
        if self.rows.is_empty() {
            return Ok(None);
        }
        let Range { start, end } = std::mem::replace(&mut self.rows, 0..0);
        let found = self.block.row_of_code(start..end, code)?;
        Ok(found.map(|row| {
            self.rows = row + 1..end;
            self.row(row)
        }))
    }

    /// The next row with an allele that has no code of its own.
    fn next_of_long_allele(
        &mut self,
        reference: &[u8],
        alt: &[u8],
    ) -> Result<Option<StoredRow<'a>>, Damaged> {
        let Range { start, end } = std::mem::replace(&mut self.rows, 0..0);
        for row in start..end {
            let code = self.block.code(row)?;
            if code >= allele_code::FIRST_LONG && self.block.long_allele(code)? == (reference, alt)
            {
                self.rows = row + 1..end;
                return Ok(Some(self.row(row)));
            }
        }
        Ok(None)
    }

    #[inline]
    const fn row(&self, row: usize) -> StoredRow<'a> {
        let Self { file, contig, block, start, .. } = *self;
        StoredRow { file, contig, block, start, row }
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = StoredRow<'a>;

    #[inline]
    fn next(&mut self) -> Option<StoredRow<'a>> {
        let row = self.rows.next()?;
        Some(self.row(row))
    }
}

/// A row of a file.
#[derive(Clone, Copy, Debug)]
pub struct StoredRow<'a> {
    file: &'a SourceFile,
    contig: usize,
    block: Block<'a>,
    start: u32,
    row: usize,
}

impl<'a> StoredRow<'a> {
    /// The value of a column.
    ///
    /// # Errors
    /// [`Damaged`] if the file is, or if there is no such column.
    #[inline]
    pub fn value(&self, column: usize) -> Result<Value<'a>, Damaged> {
        let columns = &self.file.description().columns;
        let kind = columns.get(column).ok_or(Damaged("there is no such column"))?.kind;
        if kind == ColumnKind::Text {
            let text = self.block.text(column, self.row)?;
            return Ok(if text.is_empty() { Value::Missing } else { Value::Text(text) });
        }
        match (self.block.integer(column, self.row)?, kind) {
            (None, _) => Ok(Value::Missing),
            (Some(number), ColumnKind::Category) => Ok(Value::Text(self.category(column, number)?)),
            (Some(value), _) => Ok(Value::Integer(value)),
        }
    }

    /// Reads the integers of all columns at once: the values of integer, decimal and flag columns, and the numbers of the
    /// texts of category columns. Missing values, and those of text columns, are `None`.
    ///
    /// # Errors
    /// [`Damaged`] if the file is.
    #[inline]
    pub fn integers(&self, out: &mut Vec<Option<i64>>) -> Result<(), Damaged> {
        out.clear();
        self.block.integers(self.row, out)
    }

    /// The text of a category column with a number from [`Self::integers`].
    ///
    /// # Errors
    /// [`Damaged`] if the file is, or if the column has no such text.
    #[inline]
    pub fn category(&self, column: usize, number: i64) -> Result<&'a [u8], Damaged> {
        self.file.category(self.contig, column, number)
    }

    /// Appends the value of a column as an annotation has it: decimal numbers with their point, with the prefix
    /// of the column. Appends nothing for a missing value.
    ///
    /// # Errors
    /// [`Damaged`] if the file is, or if there is no such column.
    pub fn write(&self, column: usize, out: &mut Vec<u8>) -> Result<(), Damaged> {
        self.file.write_value(column, self.value(column)?, out);
        Ok(())
    }

    /// The value of a quotient of the source; `None` if a value is missing or the denominator is 0.
    ///
    /// # Errors
    /// [`Damaged`] if the file is.
    pub fn quotient(&self, quotient: &Quotient) -> Result<Option<f64>, Damaged> {
        let value = |name: &str| match self.file.column(name) {
            Some(column) => self.value(column).map(|value| value.integer()),
            None => Ok(None),
        };
        let values = value(&quotient.numerator)?.zip(value(&quotient.denominator)?);
        let values = values.filter(|(_, denominator)| *denominator != 0);
        Ok(values.map(|(numerator, denominator)| numerator as f64 / denominator as f64))
    }

    /// REF and ALT.
    ///
    /// # Errors
    /// [`Damaged`] if the file is, or if rows of the source have no alleles.
    pub fn alleles(&self) -> Result<(Vec<u8>, Vec<u8>), Damaged> {
        let code = self.block.code(self.row)?;
        if let Some(alleles) = allele_code::alleles(code) {
            return Ok(alleles);
        }
        let (reference, alt) = self.block.long_allele(code)?;
        Ok((reference.to_vec(), alt.to_vec()))
    }

    /// The first position; 0 for a gene.
    pub const fn start(&self) -> u32 {
        self.start
    }

    /// The last position of a region.
    ///
    /// # Errors
    /// [`Damaged`] if the file is, or if rows of the source are no regions.
    pub fn end(&self) -> Result<u32, Damaged> {
        self.block.end(self.row, self.start)
    }

    /// The key of a table by gene.
    ///
    /// # Errors
    /// [`Damaged`] if the file is, or if rows of the source are no genes.
    pub fn gene(&self) -> Result<&'a [u8], Damaged> {
        self.block.key(self.row)
    }
}
