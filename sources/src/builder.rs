//! Writes a source file in one pass over sorted rows.

use crate::block::{BlockBuffer, ColumnBuffer, MAX_TEXT, NO_VALUE};
use crate::directory::BlockEntry;
use crate::encoding::{MAX_ROWS, put_u32};
use crate::error::{BuildError, RowError};
use crate::format::{ALIGNMENT, MAGIC, PRELUDE, VERSION, VERSION_BY_COLUMN};
use crate::metadata::{
    Column, ColumnKind, Contig, ContigSections, Matching, Metadata, Section, SourceDescription,
};
use crate::row::{Key, Row, Value};
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tempfile::TempPath;
use xxhash_rust::xxh3::xxh3_64;

/// The rows of a block, unless more are at its last position. A query reads a whole block: of sources with few columns, blocks have few
/// rows. Blocks of many columns have many rows, since each column has a header.
const fn block_rows(description: &SourceDescription) -> usize {
    if has_small_blocks(description) { 512 } else { 4096 }
}

const fn has_small_blocks(description: &SourceDescription) -> bool {
    description.matching.has_alleles() && description.columns.len() <= 3
}

/// Whether the integers of a block are written row by row: of sources with several columns, of which a query needs one row.
const fn is_by_row(description: &SourceDescription) -> bool {
    description.matching.has_alleles() && !has_small_blocks(description)
}

/// The rows of a small block with less than a position for each row. Of such a source (a score for each allele), nearly every query
/// reads another block.
const DENSE_ROWS: usize = 256;

/// The bytes of texts after which a block ends, and the most of one block.
const BLOCK_TEXT: usize = 1 << 23;
const MAX_BLOCK_TEXT: usize = 1 << 28;

/// Positions are below it, so that sums of two do not overflow `i32`, which others use.
const MAX_POSITION: u32 = 1 << 30;

/// Builds a source file. Memory is bounded by a block, the texts of category columns of a contig, and 32 bytes
/// for each block.
#[derive(Debug)]
pub struct SourceBuilder {
    path: PathBuf,
    temporary: TempPath,
    contigs: ContigWriter,
}

impl SourceBuilder {
    /// Begins a file. It appears at `path` when it is [finished](Self::finish), and replaces another one.
    ///
    /// # Errors
    /// [`BuildError::File`].
    pub fn create(path: &Path, description: SourceDescription) -> Result<Self, BuildError> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".source-").permissions(std::fs::Permissions::from_mode(0o644));
        let file = builder.tempfile_in(folder_of(path)).map_err(BuildError::file(path))?;
        let (file, temporary) = file.into_parts();
        let mut contigs = ContigWriter::new(path, file, description);
        contigs.out.write_all(&[0; PRELUDE]).map_err(BuildError::file(path))?;
        contigs.length = PRELUDE as u64;
        Ok(Self { path: path.to_owned(), temporary, contigs })
    }

    /// Begins the rows of a contig. Tables by gene have one contig without a name.
    ///
    /// # Errors
    /// [`BuildError`] if the contig occurred before, or the rows so far cannot be written.
    pub fn contig(&mut self, contig: Contig) -> Result<(), BuildError> {
        self.contigs.contig(contig)
    }

    /// Adds a row.
    ///
    /// # Errors
    /// [`BuildError`] if the row cannot be stored, or the file cannot be written.
    pub fn push(&mut self, row: &Row<'_>) -> Result<(), BuildError> {
        self.contigs.push(row)
    }

    /// Adds contigs that were written separately.
    ///
    /// # Errors
    /// [`BuildError`] if a contig occurred before, or the file cannot be written.
    pub fn append(&mut self, part: SourcePart) -> Result<(), BuildError> {
        self.contigs.append(part.contigs)
    }

    /// Where rows are added.
    pub(crate) const fn contigs_mut(&mut self) -> &mut ContigWriter {
        &mut self.contigs
    }

    /// Writes the metadata, and moves the file to its path. Returns the number of rows.
    ///
    /// # Errors
    /// [`BuildError`] if the file cannot be written. Nothing appears at its path then.
    pub fn finish(self) -> Result<u64, BuildError> {
        let Self { path, temporary, mut contigs } = self;
        contigs.end_contig()?;
        let ContigWriter { mut out, length: start, description, contigs, .. } = contigs;
        let error = BuildError::file(&path);
        let version = if is_by_row(&description) { VERSION } else { VERSION_BY_COLUMN };
        let rows = contigs.iter().map(|contig| contig.rows).sum();
        let text =
            serde_json::to_vec(&Metadata { description, contigs }).map_err(BuildError::Metadata)?;
        out.write_all(&text).map_err(&error)?;
        let file = out.into_inner().map_err(|e| error(e.into_error()))?;
        let mut prelude = Vec::with_capacity(PRELUDE);
        prelude.extend_from_slice(&MAGIC);
        put_u32(&mut prelude, version as usize);
        put_u32(&mut prelude, 0);
        let length = text.len() as u64;
        for value in [start, length, xxh3_64(&text), start + length, 0] {
            prelude.extend_from_slice(&value.to_le_bytes());
        }
        let checksum = xxh3_64(&prelude);
        prelude.extend_from_slice(&checksum.to_le_bytes());
        file.write_all_at(&prelude, 0).map_err(&error)?;
        file.sync_all().map_err(&error)?;
        temporary.persist(&path).map_err(|e| error(e.error))?;
        Ok(rows)
    }
}

/// Contigs that are written to a temporary file, so that several threads can build a source.
/// [`SourceBuilder::append`] adds them.
#[derive(Debug)]
pub struct SourcePart {
    contigs: ContigWriter,
}

impl SourcePart {
    /// Begins a part. The temporary file is next to `path`, that of the source.
    ///
    /// # Errors
    /// [`BuildError::File`].
    pub fn create(path: &Path, description: SourceDescription) -> Result<Self, BuildError> {
        let file = tempfile::tempfile_in(folder_of(path)).map_err(BuildError::file(path))?;
        Ok(Self { contigs: ContigWriter::new(path, file, description) })
    }

    /// Begins the rows of a contig.
    ///
    /// # Errors
    /// [`BuildError`] if the contig occurred before, or the rows so far cannot be written.
    pub fn contig(&mut self, contig: Contig) -> Result<(), BuildError> {
        self.contigs.contig(contig)
    }

    /// Adds a row.
    ///
    /// # Errors
    /// [`BuildError`] if the row cannot be stored, or the file cannot be written.
    pub fn push(&mut self, row: &Row<'_>) -> Result<(), BuildError> {
        self.contigs.push(row)
    }

    /// Where rows are added.
    pub(crate) const fn contigs_mut(&mut self) -> &mut ContigWriter {
        &mut self.contigs
    }
}

fn folder_of(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// Writes contigs one after another.
#[derive(Debug)]
pub(crate) struct ContigWriter {
    /// The path of the source, for errors.
    path: PathBuf,
    out: BufWriter<File>,
    /// The bytes written.
    length: u64,
    description: SourceDescription,
    contigs: Vec<ContigSections>,
    names: HashSet<String>,
    current: Option<(Contig, ContigRows)>,
}

impl ContigWriter {
    fn new(path: &Path, file: File, description: SourceDescription) -> Self {
        Self {
            path: path.to_owned(),
            out: BufWriter::with_capacity(1 << 18, file),
            length: 0,
            description,
            contigs: Vec::new(),
            names: HashSet::new(),
            current: None,
        }
    }

    /// The names of the contigs so far.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Begins a contig.
    pub(crate) fn contig(&mut self, contig: Contig) -> Result<(), BuildError> {
        self.end_contig()?;
        self.add_name(&contig.name)?;
        self.current = Some((contig, ContigRows::new(&self.description)));
        Ok(())
    }

    /// Adds a row to the contig.
    pub(crate) fn push(&mut self, row: &Row<'_>) -> Result<(), BuildError> {
        let (_, rows) = self.current.as_mut().ok_or(BuildError::NoContig)?;
        rows.push(row, &self.description, &mut self.out, &self.path)
    }

    fn append(&mut self, mut other: Self) -> Result<(), BuildError> {
        self.end_contig()?;
        other.end_contig()?;
        for ContigSections { contig, .. } in &other.contigs {
            self.add_name(&contig.name)?;
        }
        let error = BuildError::file(&self.path);
        let mut file = other.out.into_inner().map_err(|e| error(e.into_error()))?;
        file.seek(SeekFrom::Start(0)).map_err(&error)?;
        io::copy(&mut file, &mut self.out).map_err(&error)?;
        let start = self.length;
        self.contigs.extend(other.contigs.into_iter().map(|contig| contig.moved_by(start)));
        self.length += other.length;
        Ok(())
    }

    fn add_name(&mut self, name: &str) -> Result<(), BuildError> {
        if self.names.insert(name.to_owned()) {
            return Ok(());
        }
        Err(BuildError::ContigAgain(name.to_owned()))
    }

    fn end_contig(&mut self) -> Result<(), BuildError> {
        let Some((contig, rows)) = self.current.take() else { return Ok(()) };
        let written = rows.finish(contig, self.length, &mut self.out);
        let (sections, length) = written.map_err(BuildError::file(&self.path))?;
        self.contigs.push(sections);
        self.length += length;
        Ok(())
    }
}

/// The rows of a contig so far.
#[derive(Debug)]
struct ContigRows {
    buffer: BlockBuffer,
    dictionaries: Vec<Dictionary>,
    directory: Vec<u8>,
    /// The bytes of a block, kept to reuse the memory.
    bytes: Vec<u8>,
    /// The bytes written.
    length: u64,
    rows: u64,
    last: u32,
    last_key: Vec<u8>,
    largest_end: u32,
}

impl ContigRows {
    fn new(description: &SourceDescription) -> Self {
        let columns = &description.columns;
        let categories = columns.iter().filter(|column| column.kind == ColumnKind::Category);
        Self {
            buffer: BlockBuffer::new(
                columns.iter().map(|column| column.kind == ColumnKind::Text),
                is_by_row(description),
            ),
            dictionaries: categories.map(|_| Dictionary::default()).collect(),
            directory: Vec::new(),
            bytes: Vec::new(),
            length: 0,
            rows: 0,
            last: 0,
            last_key: Vec::new(),
            largest_end: 0,
        }
    }

    fn push(
        &mut self,
        row: &Row<'_>,
        description: &SourceDescription,
        out: &mut impl Write,
        path: &Path,
    ) -> Result<(), BuildError> {
        let start = self.check(row, description)?;
        let rows = self.buffer.rows();
        let full = rows >= block_rows(description)
            || has_small_blocks(description) && rows >= DENSE_ROWS && self.is_dense()
            || self.buffer.text_bytes() >= BLOCK_TEXT;
        // All rows of a position are in one block, so that a query reads one.
        if full && (start != self.last || matches!(row.key, Key::Gene(_))) {
            self.flush(out).map_err(BuildError::file(path))?;
        }
        if self.buffer.rows() >= MAX_ROWS || self.buffer.text_bytes() >= MAX_BLOCK_TEXT {
            return Err(RowError::TooManyRows { position: start }.into());
        }
        match row.key {
            Key::Allele { reference, alt, .. } => self.buffer.push_allele(reference, alt),
            Key::Region { end, .. } => self.buffer.ends.push(end),
            Key::Position(_) => {}
            Key::Gene(key) => {
                self.buffer.push_key(key);
                self.last_key.clear();
                self.last_key.extend_from_slice(key);
            }
        }
        if !matches!(row.key, Key::Gene(_)) {
            self.buffer.starts.push(start);
            self.last = start;
        }
        let mut dictionaries = self.dictionaries.iter_mut();
        for ((value, column), buffer) in
            row.values.iter().zip(&description.columns).zip(&mut self.buffer.columns)
        {
            let dictionary =
                if column.kind == ColumnKind::Category { dictionaries.next() } else { None };
            push_value(*value, column, buffer, dictionary)?;
        }
        self.buffer.end_row();
        self.rows += 1;
        Ok(())
    }

    /// Whether the rows of the block have less than a position each.
    fn is_dense(&self) -> bool {
        let first = self.buffer.starts.first().copied().unwrap_or(0);
        ((self.last - first) as usize) < self.buffer.rows()
    }

    /// Checks a row before anything of it is stored, and returns its start.
    fn check(&self, row: &Row<'_>, description: &SourceDescription) -> Result<u32, RowError> {
        let (found, expected) = (row.values.len(), description.columns.len());
        if found != expected {
            return Err(RowError::Values { found, expected });
        }
        for (value, column) in row.values.iter().zip(&description.columns) {
            let is_text = matches!(column.kind, ColumnKind::Category | ColumnKind::Text);
            match value {
                Value::Missing => {}
                Value::Integer(value) if !is_text && *value != NO_VALUE => {}
                Value::Text(text) if text.len() > MAX_TEXT => return Err(RowError::TooLong),
                Value::Text(_) if is_text => {}
                Value::Integer(_) | Value::Text(_) => {
                    return Err(RowError::Type(column.name.clone()));
                }
            }
        }
        let start = match (row.key, description.matching) {
            (Key::Allele { position, reference, alt }, matching) if matching.has_alleles() => {
                if reference.len().saturating_add(alt.len()) >= MAX_TEXT {
                    return Err(RowError::TooLong);
                }
                position
            }
            (Key::Position(position), Matching::Position) => position,
            (Key::Region { start, end }, Matching::Overlap) if start <= end => {
                if end >= MAX_POSITION {
                    return Err(RowError::Position(end.into()));
                }
                start
            }
            (Key::Region { end, .. }, Matching::Overlap) => {
                return Err(RowError::Position(end.into()));
            }
            (Key::Gene(key), Matching::Gene) => {
                if self.rows > 0 && key <= &self.last_key[..] {
                    return Err(RowError::UnsortedKey(String::from_utf8_lossy(key).into_owned()));
                }
                if key.len() > MAX_TEXT {
                    return Err(RowError::TooLong);
                }
                return Ok(0);
            }
            _ => return Err(RowError::Key),
        };
        if start == 0 || start >= MAX_POSITION {
            return Err(RowError::Position(start.into()));
        }
        if start < self.last {
            return Err(RowError::Unsorted { position: start, previous: self.last });
        }
        Ok(start)
    }

    fn flush(&mut self, out: &mut impl Write) -> io::Result<()> {
        if self.buffer.rows() == 0 {
            return Ok(());
        }
        let first = self.buffer.starts.first().copied().unwrap_or_default();
        let largest_end = self.buffer.ends.iter().copied().max();
        self.largest_end = self.largest_end.max(largest_end.unwrap_or_default());
        let last = if largest_end.is_some() { self.largest_end } else { self.last };
        self.bytes.clear();
        self.buffer.write(&mut self.bytes);
        self.bytes.resize(self.bytes.len().next_multiple_of(ALIGNMENT), 0);
        let entry = BlockEntry {
            first,
            last,
            largest_end: largest_end.unwrap_or_default(),
            length: self.bytes.len() as u32,
            offset: self.length,
            checksum: xxh3_64(&self.bytes),
        };
        entry.write(&mut self.directory);
        self.length += self.bytes.len() as u64;
        out.write_all(&self.bytes)
    }

    /// Writes what is left, and the directory. Returns also the bytes that the contig takes, which begin at
    /// `start` of the file.
    fn finish(
        mut self,
        contig: Contig,
        start: u64,
        out: &mut impl Write,
    ) -> io::Result<(ContigSections, u64)> {
        self.flush(out)?;
        let mut length = self.length;
        let mut section = |mut bytes: Vec<u8>| {
            let section = Section {
                offset: start + length,
                length: bytes.len() as u64,
                checksum: xxh3_64(&bytes),
            };
            bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
            length += bytes.len() as u64;
            out.write_all(&bytes)?;
            io::Result::Ok(section)
        };
        let directory = section(self.directory)?;
        let dictionaries =
            self.dictionaries.into_iter().map(|dictionary| section(dictionary.bytes()));
        let dictionaries = dictionaries.collect::<io::Result<_>>()?;
        let sections = ContigSections { contig, rows: self.rows, start, directory, dictionaries };
        Ok((sections, length))
    }
}

fn push_value(
    value: Value<'_>,
    column: &Column,
    buffer: &mut ColumnBuffer,
    dictionary: Option<&mut Dictionary>,
) -> Result<(), RowError> {
    match (buffer, value) {
        (ColumnBuffer::Texts(texts), Value::Text(text)) => texts.push(text),
        (ColumnBuffer::Texts(texts), _) => texts.push(b""),
        (ColumnBuffer::Integers(values), Value::Integer(value)) => values.push(value),
        (ColumnBuffer::Integers(values), Value::Text(text)) if !text.is_empty() => {
            let number = dictionary.and_then(|dictionary| dictionary.number(text));
            values.push(number.ok_or_else(|| RowError::TooManyTexts(column.name.clone()))?);
        }
        (ColumnBuffer::Integers(values), _) => values.push(NO_VALUE),
    }
    Ok(())
}

/// The distinct texts of a category column of a contig, numbered as they occur.
#[derive(Debug, Default)]
struct Dictionary {
    numbers: HashMap<Box<[u8]>, u32>,
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Dictionary {
    /// The number of a text; `None` if the texts are too many.
    fn number(&mut self, text: &[u8]) -> Option<i64> {
        if let Some(number) = self.numbers.get(text) {
            return Some((*number).into());
        }
        let number = self.ends.len() as u32;
        self.bytes.extend_from_slice(text);
        let end = i32::try_from(self.bytes.len()).ok()?;
        self.ends.push(end as u32);
        self.numbers.insert(text.into(), number);
        Some(number.into())
    }

    /// The number of texts, the end of each in the bytes that follow, `u32`, and the bytes.
    fn bytes(self) -> Vec<u8> {
        let mut out = Vec::with_capacity(4 + 4 * self.ends.len() + self.bytes.len());
        put_u32(&mut out, self.ends.len());
        self.ends.iter().for_each(|end| out.extend_from_slice(&end.to_le_bytes()));
        out.extend_from_slice(&self.bytes);
        out
    }
}

impl ContigSections {
    /// The sections in a file where the contig begins at `start`.
    fn moved_by(mut self, start: u64) -> Self {
        self.start += start;
        self.directory.offset += start;
        self.dictionaries.iter_mut().for_each(|section| section.offset += start);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::SourceFile;

    #[test]
    fn rows_behind_four_gibibytes_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.source");
        let description = SourceDescription {
            name: "a".into(),
            version: "1".into(),
            assembly: "a".into(),
            license: "none".into(),
            attribution: "none".into(),
            matching: Matching::Position,
            columns: vec![Column {
                name: "x".into(),
                description: String::new(),
                kind: ColumnKind::Category,
                prefix: None,
            }],
            quotients: Vec::new(),
        };
        let mut builder = SourceBuilder::create(&path, description.clone()).unwrap();
        // A hole stands for the rows of other contigs.
        let start = 5 << 30;
        builder.contigs.out.seek(SeekFrom::Start(start)).unwrap();
        builder.contigs.length = start;
        let contig = |name: &str| Contig { name: name.into(), ..Contig::default() };
        let row = |position, text: &'static [u8]| (Key::Position(position), [Value::Text(text)]);
        let (one, two) = (row(7, b"one"), row(9, b"two"));
        builder.contig(contig("1")).unwrap();
        builder.push(&Row { key: one.0, values: &one.1 }).unwrap();
        let mut part = SourcePart::create(&path, description).unwrap();
        part.contig(contig("2")).unwrap();
        part.push(&Row { key: two.0, values: &two.1 }).unwrap();
        builder.append(part).unwrap();
        assert_eq!(builder.finish().unwrap(), 2);
        let file = SourceFile::open(&path).unwrap();
        file.verify().unwrap();
        assert!(file.size() as u64 > start);
        let mut cursor = file.cursor();
        for (number, (position, text)) in
            [(7, &b"one"[..]), (9, &b"two"[..])].into_iter().enumerate()
        {
            let values: Vec<_> =
                cursor.at(number, position).unwrap().map(|row| row.value(0).unwrap()).collect();
            assert_eq!(values, [Value::Text(text)]);
            assert_eq!(cursor.at(number, position + 1).unwrap().count(), 0);
        }
    }
}
