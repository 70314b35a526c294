//! Reads a VCF or BCF file (plain, gzip or BGZF) in chunks of whole lines, within the limits of an input.

use super::bcf::BcfReader;
use super::bgzf::{BlockReader, FileEnd};
use super::cut_points::{CUT_INTERVAL, CutPoints};
use super::text_range::TextRange;
use crate::error::{Error, InputError};
use flate2::bufread::MultiGzDecoder;
use gas_shared::vcf::{
    BCF_MAGIC, COMPRESSION_MAGIC_BYTES, Code, CompressionFormat, Diagnostic, InputLimits,
    LINE_ADVICE, Severity, other_format,
};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The least size of a chunk that does not end at a cut point.
const CHUNK_BYTES: usize = 1 << 16;
/// A chunk without an allowed boundary ends at the first line end after this many bytes.
pub(crate) const MAX_CHUNK_BYTES: usize = 1 << 26;
/// Bytes that are read at once. The limits are checked after each piece.
const PIECE_BYTES: usize = 1 << 16;

/// Counts the bytes that are read from a file.
struct CountingReader {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for CountingReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(buf)?;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// The decompressed bytes of a file.
enum Decompressed {
    Plain(io::Take<CountingReader>),
    Gzip(Box<MultiGzDecoder<BufReader<CountingReader>>>),
    Bgzf(Box<BlockReader<BufReader<CountingReader>>>),
}

impl Decompressed {
    /// Opens the text of a file. Of a gzip file, it is always read from its start.
    fn open(
        path: &Path,
        format: CompressionFormat,
        range: TextRange,
        read: &Arc<AtomicU64>,
    ) -> Result<Self, Error> {
        let mut file = File::open(path).map_err(Error::file(path))?;
        let TextRange { start, end } = range;
        if format != CompressionFormat::Gzip {
            file.seek(SeekFrom::Start(start.block)).map_err(Error::file(path))?;
        }
        let counting = CountingReader { file, read: read.clone() };
        let buffered = |counting| BufReader::with_capacity(PIECE_BYTES, counting);
        Ok(match format {
            CompressionFormat::Plain => {
                let bytes = end.map_or(u64::MAX, |end| end.block.saturating_sub(start.block));
                Self::Plain(counting.take(bytes))
            }
            CompressionFormat::Gzip => {
                Self::Gzip(Box::new(MultiGzDecoder::new(buffered(counting))))
            }
            CompressionFormat::Bgzf => {
                Self::Bgzf(Box::new(BlockReader::of_range(buffered(counting), range)))
            }
        })
    }
}

impl Read for Decompressed {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.read(buf),
            Self::Gzip(gzip) => gzip.read(buf),
            Self::Bgzf(bgzf) => bgzf.read(buf),
        }
    }
}

/// The text of a file.
enum Text {
    /// The text, with the places near which the file may be cut.
    Cuttable(Decompressed, CutPoints),
    /// The text of a gzip file, which can only be read from its start.
    Gzip(Decompressed),
    Bcf(Box<BcfReader<BufReader<Decompressed>>>),
}

impl Text {
    /// Reads a piece of the text, of which `text` bytes have been read, from the file offset `offset` on if the file
    /// is plain.
    fn read(&mut self, piece: &mut [u8], offset: u64, text: u64) -> Result<usize, Error> {
        let read = match self {
            Self::Cuttable(Decompressed::Bgzf(bgzf), points) => {
                bgzf.block_start().and_then(|start| {
                    if let Some(start) = start {
                        points.add_block(start, text);
                    }
                    bgzf.read(piece)
                })
            }
            Self::Cuttable(file, points) => {
                let read = file.read(piece);
                points.add_plain(offset, *read.as_ref().unwrap_or(&0) as u64, text);
                read
            }
            Self::Gzip(file) => file.read(piece),
            Self::Bcf(bcf) => return bcf.read(piece),
        };
        read.map_err(|error| {
            // `flate2` has no kind of error for bytes that are no gzip.
            if text > 0 && error.to_string() == "invalid gzip header" {
                let what = "other bytes follow the compressed text";
                return InputError::Damaged(what.to_owned()).into();
            }
            read_error(error)
        })
    }

    /// The next cut point at or after a place of the text.
    fn cut_point_from(&mut self, text: u64) -> Option<u64> {
        match self {
            Self::Cuttable(_, points) => points.from(text),
            Self::Gzip(_) | Self::Bcf(_) => None,
        }
    }
}

/// A range of the text of a file, which is read on its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InputRange {
    /// Where it is.
    pub(crate) range: TextRange,
    /// Whether the file's end is marked as its format demands.
    pub(crate) has_end_mark: bool,
}

/// What the line numbers of an input file count.
#[derive(Clone, Copy, Debug)]
pub struct LineNumbers {
    /// Lines of the header of a BCF file, whose records have numbers instead of lines.
    bcf_header_lines: Option<u64>,
}

impl LineNumbers {
    /// Names a line after the header, or its record in a BCF file.
    pub fn name(self, line: u64) -> String {
        match self.bcf_header_lines {
            Some(header) => format!("record {}", line.saturating_sub(header)),
            None => format!("line {line}"),
        }
    }

    /// Names the record instead of the line in an error or a warning of a BCF file.
    pub fn locate(self, error: InputError) -> InputError {
        match (error, self.bcf_header_lines) {
            (InputError::Line(found), Some(header)) if found.line > header => {
                InputError::Record(Diagnostic { line: found.line - header, ..found })
            }
            (error, _) => error,
        }
    }
}

/// The input file.
pub struct InputFile {
    text: Text,
    compression: CompressionFormat,
    /// Whether the end of the file is marked as its format demands.
    has_end_mark: bool,
    /// Bytes of the file on disk.
    size: u64,
    /// The range of its text that is read.
    range: TextRange,
    compressed_read: Arc<AtomicU64>,
    expanded: u64,
    limits: InputLimits,
    /// The most bytes after decompression.
    max_expanded: u64,
    piece: Vec<u8>,
    rest: Vec<u8>,
    end: bool,
    lines: u64,
    /// Lines of the header, once it has been read.
    header_lines: Option<u64>,
}

/// Finds the first allowed chunk boundary in whole lines, at or after a number of bytes: the number of bytes before
/// it, or `None` if there is none. Which boundaries are allowed depends on the lines around them only.
pub type FindBoundary<'a> = &'a dyn Fn(&[u8], usize) -> Option<usize>;

/// Allows a chunk boundary after every line.
pub const AFTER_ANY_LINE: FindBoundary<'static> = &line_end_from;

/// The first line end at or after a number of bytes.
pub(crate) fn line_end_from(lines: &[u8], from: usize) -> Option<usize> {
    let before = from.saturating_sub(1);
    memchr::memchr(b'\n', lines.get(before..)?).map(|n| before + n + 1)
}

/// Whole lines of the file.
#[derive(Debug, Default)]
pub struct Chunk {
    /// Number of its first line, from 1.
    pub first_line: u64,
    /// The lines. Each ends in a line feed, except possibly the last line of the file.
    pub bytes: Vec<u8>,
    /// How much of the file has been read, from 0 to 1.
    pub fraction: f64,
    /// Whether it ends at a boundary that is not allowed, because it had become too large.
    pub forced_boundary: bool,
}

impl InputFile {
    /// Opens a file. Its compression is detected by its first bytes, and BCF is converted to VCF.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be read, [`InputError::Damaged`] if it is cut off.
    pub fn open(path: &Path, limits: InputLimits) -> Result<Self, Error> {
        Self::open_range(path, limits, CUT_INTERVAL, None)
    }

    /// Opens a file, or a range of its text, whose chunks end at cut points of an interval.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub(crate) fn open_range(
        path: &Path,
        limits: InputLimits,
        cut_interval: u64,
        range: Option<InputRange>,
    ) -> Result<Self, Error> {
        let mut file = File::open(path).map_err(Error::file(path))?;
        let size = file.metadata().map_err(Error::file(path))?.len();
        let mut magic = Vec::new();
        let most = COMPRESSION_MAGIC_BYTES as u64;
        file.by_ref().take(most).read_to_end(&mut magic).map_err(Error::file(path))?;
        let format = CompressionFormat::of(&magic);
        let is_bgzf = format == CompressionFormat::Bgzf;
        let has_end_mark = match range {
            // A copy of the range need not have the end.
            Some(range) => range.has_end_mark,
            None if is_bgzf => {
                let end = FileEnd::of(&mut file).map_err(Error::file(path))?;
                if let Some(problem) = end.problem() {
                    return Err(InputError::Damaged(problem.to_owned()).into());
                }
                end == FileEnd::Marked
            }
            None => true,
        };
        let is_whole = range.is_none();
        let range = range.map_or_else(TextRange::default, |range| range.range);
        let compressed_read = Arc::new(AtomicU64::new(0));
        let decompressed = Decompressed::open(path, format, range, &compressed_read)?;
        let text = if is_whole && is_bcf(path, format)? {
            let buffered = BufReader::with_capacity(PIECE_BYTES, decompressed);
            Text::Bcf(Box::new(BcfReader::new(buffered, limits)?))
        } else {
            match format {
                CompressionFormat::Gzip => Text::Gzip(decompressed),
                CompressionFormat::Plain => Text::Cuttable(
                    decompressed,
                    CutPoints::of_plain(range.start.block, cut_interval),
                ),
                CompressionFormat::Bgzf => {
                    Text::Cuttable(decompressed, CutPoints::of_bgzf(range.start, cut_interval))
                }
            }
        };
        let max_expanded = match format {
            CompressionFormat::Plain => limits.text_bytes,
            _ => limits.text_of(size, is_bgzf),
        };
        Ok(Self {
            text,
            compression: format,
            has_end_mark,
            size,
            range,
            compressed_read,
            expanded: 0,
            limits,
            max_expanded,
            // A piece that is no longer than a line can only end one line that is too long.
            piece: vec![0; PIECE_BYTES.min(limits.line_bytes.max(1))],
            rest: Vec::new(),
            end: false,
            lines: 0,
            header_lines: None,
        })
    }

    /// The file, of which no header is read: its lines are counted as records.
    pub(crate) fn without_header(mut self) -> Self {
        self.header_lines = Some(0);
        self
    }

    /// The lines, and the bytes of their text, that have been read.
    pub(crate) fn read_so_far(&self) -> (u64, u64) {
        (self.lines, self.expanded)
    }

    /// Whether the file is compressed.
    pub fn is_gzip(&self) -> bool {
        self.compression != CompressionFormat::Plain
    }

    /// What may be wrong with a file that can be read.
    pub fn warning(&self) -> Option<&'static str> {
        Self::end_warning(self.has_end_mark)
    }

    /// What may be wrong with a file whose end is marked or not.
    pub(crate) fn end_warning(has_end_mark: bool) -> Option<&'static str> {
        (!has_end_mark).then_some(
            "the compressed file does not end with the empty block that marks its end (BGZF), so \
             records may be missing after the last one; compare their number with the original file",
        )
    }

    /// What the line numbers of errors count. The header must have been read.
    pub fn line_numbers(&self) -> LineNumbers {
        let is_bcf = matches!(self.text, Text::Bcf(_));
        LineNumbers { bcf_header_lines: self.header_lines.filter(|_| is_bcf) }
    }

    /// Bytes of the file on disk.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The limits of the file.
    pub fn limits(&self) -> InputLimits {
        self.limits
    }

    /// Reads the next chunk into `chunk`, whose memory is reused; `false` at the end of the file.
    ///
    /// A chunk ends at the first allowed boundary after 64 KiB or after the next cut point, so that the chunks after
    /// a boundary do not depend on the text before it.
    ///
    /// # Errors
    /// [`Error`] if the file cannot be read, is damaged or exceeds the limits.
    pub fn next_chunk(
        &mut self,
        chunk: &mut Chunk,
        find_boundary: FindBoundary<'_>,
    ) -> Result<bool, Error> {
        chunk.bytes.clear();
        chunk.bytes.append(&mut self.rest);
        chunk.forced_boundary = false;
        let start = self.expanded - chunk.bytes.len() as u64;
        // Start of the line that is being read. The length of the lines before it is checked.
        let mut line = memchr::memrchr(b'\n', &chunk.bytes).map_or(0, |n| n + 1);
        // Boundaries before it are not allowed.
        let mut searched = 0;
        loop {
            let cut_point = self.text.cut_point_from(start).map(|point| point - start);
            let earliest = cut_point.map_or(CHUNK_BYTES, |n| CHUNK_BYTES.min(n as usize + 1));
            // Nothing has changed without another whole line.
            if line >= earliest && line > searched {
                let lines = &chunk.bytes[..line];
                let found = find_boundary(lines, earliest.max(searched));
                // The line after a boundary may decide about it.
                let forced = line_end_from(lines, MAX_CHUNK_BYTES).filter(|end| *end < line);
                chunk.forced_boundary = forced.is_some_and(|end| found.is_none_or(|n| n > end));
                if let Some(end) = if chunk.forced_boundary { forced } else { found } {
                    self.rest.extend_from_slice(&chunk.bytes[end..]);
                    chunk.bytes.truncate(end);
                    break;
                }
                searched = line;
            }
            if self.end {
                break;
            }
            self.read_piece(&mut chunk.bytes, &mut line)?;
        }
        if chunk.bytes.is_empty() {
            return Ok(false);
        }
        chunk.first_line = self.lines + 1;
        self.lines += memchr::memchr_iter(b'\n', &chunk.bytes).count() as u64;
        self.check_records()?;
        chunk.fraction = match self.range.bytes_of(self.size) {
            0 => 1.0,
            size => (self.compressed_read.load(Ordering::Relaxed) as f64 / size as f64).min(1.0),
        };
        Ok(true)
    }

    /// Puts back the rest of the last chunk of the header, which has `lines` lines. The rest becomes
    /// part of the next chunk.
    pub(super) fn begin_records(&mut self, rest: &[u8], lines: u64) {
        self.rest.splice(0..0, rest.iter().copied());
        self.lines = lines;
        self.header_lines = Some(lines);
    }

    /// Reads a piece. `line` is the start of the line that is being read.
    fn read_piece(&mut self, out: &mut Vec<u8>, line: &mut usize) -> Result<(), Error> {
        let offset = self.range.start.block + self.expanded;
        let read = self.text.read(&mut self.piece, offset, self.expanded)?;
        if read == 0 {
            if !self.has_end_mark && out.last().is_some_and(|b| *b != b'\n') {
                let what = "it ends within a line, and its last block is missing";
                return Err(InputError::Damaged(what.to_owned()).into());
            }
            self.end = true;
            return Ok(());
        }
        self.expanded += read as u64;
        if self.expanded > self.max_expanded {
            return Err(self.too_much_text().into());
        }
        let from = out.len();
        out.extend_from_slice(&self.piece[..read]);
        let first_end = memchr::memchr(b'\n', &out[from..]).map(|n| from + n);
        if first_end.unwrap_or(out.len()) - *line > self.limits.line_bytes {
            return Err(self.line_too_long(out, *line));
        }
        if first_end.is_some() {
            *line = memchr::memrchr(b'\n', out).map_or(0, |n| n + 1);
        }
        Ok(())
    }

    /// The most bytes of text that the file may have.
    pub(crate) fn max_text_bytes(&self) -> u64 {
        self.max_expanded
    }

    fn too_much_text(&self) -> InputError {
        if self.max_expanded < self.limits.text_bytes {
            return InputError::Bomb { limit: self.max_expanded };
        }
        InputError::TooLarge { limit: self.limits.text_bytes }
    }

    fn check_records(&self) -> Result<(), InputError> {
        let Some(header_lines) = self.header_lines else { return Ok(()) };
        let most = self.limits.records;
        if self.lines - header_lines <= most {
            return Ok(());
        }
        Err(too_many_records(header_lines, most))
    }

    /// The error for a line of the current chunk that starts at `line`. Files of other formats often
    /// have no line feed at all.
    fn line_too_long(&self, chunk: &[u8], line: usize) -> Error {
        if let Some(problem) = other_format(chunk).filter(|_| self.lines == 0) {
            return InputError::from(problem).into();
        }
        let before = &chunk[..line];
        let number = self.lines + memchr::memchr_iter(b'\n', before).count() as u64 + 1;
        let most = self.limits.line_bytes;
        let message = format!("the line is longer than {most} bytes; {LINE_ADVICE}");
        error_at(number, Code::LineTooLong, message).into()
    }
}

/// The error for a file with more lines after its header than the limit.
pub(crate) fn too_many_records(header_lines: u64, most: u64) -> InputError {
    let message = format!(
        "the file has more than {most} lines after its header; split it, for example by chromosome"
    );
    error_at(header_lines + most + 1, Code::TooMany, message)
}

/// Whether a file is BCF.
fn is_bcf(path: &Path, format: CompressionFormat) -> Result<bool, Error> {
    let mut beginning = Vec::new();
    Decompressed::open(path, format, TextRange::default(), &Arc::default())?
        .take(BCF_MAGIC.len() as u64)
        .read_to_end(&mut beginning)
        .map_err(read_error)?;
    Ok(beginning == BCF_MAGIC)
}

/// The error for bytes that cannot be read: the file is damaged, or the disk is.
fn read_error(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
            InputError::Damaged(error.to_string()).into()
        }
        _ => Error::file("input")(error),
    }
}

fn error_at(line: u64, code: Code, message: String) -> InputError {
    Diagnostic { line, column: None, severity: Severity::Error, code, message }.into()
}

#[cfg(test)]
mod tests {
    use super::super::bgzf;
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn chunks_of(bytes: &[u8], limits: InputLimits) -> Result<Vec<(u64, Vec<u8>)>, Error> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        let mut input = InputFile::open(file.path(), limits)?;
        let mut chunk = Chunk::default();
        let mut out = Vec::new();
        while input.next_chunk(&mut chunk, AFTER_ANY_LINE)? {
            out.push((chunk.first_line, chunk.bytes.clone()));
        }
        Ok(out)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn bgzip(bytes: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        bgzf::compress(bytes, &mut packed, &mut bgzf::compressor());
        packed.extend_from_slice(&bgzf::END_OF_FILE);
        packed
    }

    #[test]
    fn chunks_are_whole_lines_in_file_order() {
        let text: String = (0..60_000).map(|n| format!("line {n}\n")).collect();
        for bytes in [text.clone().into_bytes(), gzip(text.as_bytes()), bgzip(text.as_bytes())] {
            let chunks = chunks_of(&bytes, InputLimits::DEFAULT).unwrap();
            assert!(chunks.len() > 1);
            let mut line = 1;
            for (first, bytes) in &chunks {
                assert_eq!(*first, line);
                assert!(bytes.ends_with(b"\n"));
                line += bytes.iter().filter(|b| **b == b'\n').count() as u64;
            }
            let all: Vec<u8> = chunks.into_iter().flat_map(|c| c.1).collect();
            assert_eq!(all, text.as_bytes());
        }
    }

    #[test]
    fn a_line_is_accepted_at_the_limit_and_rejected_above_with_its_number() {
        for line_bytes in [10, 70_000, 1 << 20] {
            let limits = InputLimits { line_bytes, ..InputLimits::DEFAULT };
            for (before, after) in [("", "\n"), ("", ""), ("a\nb\n", "\nc\n"), ("a\nb\n", "")] {
                let text = |length| format!("{before}{}{after}", "x".repeat(length));
                for pack in [|text: String| text.into_bytes(), |text: String| gzip(text.as_bytes())]
                {
                    assert!(chunks_of(&pack(text(line_bytes)), limits).is_ok());
                    let error = chunks_of(&pack(text(line_bytes + 1)), limits).unwrap_err();
                    let line = before.lines().count() + 1;
                    let expected = format!(
                        "line {line}: the line is longer than {line_bytes} bytes; {LINE_ADVICE}"
                    );
                    assert_eq!(error.to_string(), expected);
                }
            }
        }
    }

    #[test]
    fn the_text_of_a_gzip_file_is_accepted_at_the_limit_and_rejected_above() {
        let lines = |bytes: usize| b"1234567\n".repeat(bytes / 8);
        let floor = InputLimits::GZIP_FLOOR_BYTES as usize;
        assert!(chunks_of(&gzip(&lines(floor)), InputLimits::DEFAULT).is_ok());
        let error =
            chunks_of(&gzip(&lines(floor + 8)), InputLimits::DEFAULT).map(|_| ()).unwrap_err();
        assert!(
            matches!(error, Error::Input(InputError::Bomb { limit }) if limit == floor as u64),
            "{error}"
        );
        assert!(chunks_of(&bgzip(&lines(floor + 8)), InputLimits::DEFAULT).is_ok());
    }

    #[test]
    fn members_of_a_gzip_file_are_counted_together() {
        let member = gzip(&b"1234567\n".repeat(1 << 17));
        let file = member.repeat(16);
        assert_eq!(
            chunks_of(&file, InputLimits::DEFAULT)
                .unwrap()
                .iter()
                .map(|c| c.1.len())
                .sum::<usize>(),
            16 << 20
        );
        let error = chunks_of(&member.repeat(17), InputLimits::DEFAULT).map(|_| ()).unwrap_err();
        assert!(matches!(error, Error::Input(InputError::Bomb { .. })), "{error}");
    }

    #[test]
    fn the_text_of_any_file_is_accepted_at_the_limit_and_rejected_above() {
        let text = b"1234567\n".repeat(4);
        for bytes in [text.clone(), gzip(&text), bgzip(&text)] {
            let limits = |text_bytes| InputLimits { text_bytes, ..InputLimits::DEFAULT };
            assert!(chunks_of(&bytes, limits(32)).is_ok());
            let error = chunks_of(&bytes, limits(31)).unwrap_err();
            assert!(matches!(error, Error::Input(InputError::TooLarge { limit: 31 })), "{error}");
        }
    }

    #[test]
    fn lines_after_the_header_are_accepted_at_the_limit_and_rejected_above() {
        let count = |records| {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(b"##fileformat=VCFv4.2\n").unwrap();
            file.write_all(b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n").unwrap();
            file.write_all(&b"1\t2\t.\tA\tC\t.\t.\t.\n".repeat(9000)).unwrap();
            let limits = InputLimits { records, ..InputLimits::DEFAULT };
            let mut input = InputFile::open(file.path(), limits)?;
            super::super::read_header(&mut input)?;
            let mut chunk = Chunk::default();
            while input.next_chunk(&mut chunk, AFTER_ANY_LINE)? {}
            Ok::<_, Error>(())
        };
        assert!(count(9000).is_ok());
        let error = count(8999).unwrap_err().to_string();
        assert!(error.starts_with("line 9002: the file has more than 8999 lines after"), "{error}");
    }

    #[test]
    fn a_truncated_gzip_file_is_rejected() {
        let small = gzip(b"one line\nanother line\n");
        let error = chunks_of(&small[..small.len() - 10], InputLimits::DEFAULT).unwrap_err();
        assert!(matches!(error, Error::Input(InputError::Damaged(_))), "{error}");
    }
}
