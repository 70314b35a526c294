//! Finds the places where a file is cut, by reading a few blocks at each of them.
//!
//! A plan needs no index and no scan: near each place, the first BGZF block is found by its magic number and its
//! checksum. That it is a block of the file, and not bytes that look like one, is certain when the shard before it has
//! been read: its last block must end there.

use super::plan::{Plan, PlanHead, Shard, ShardCount, ShardError};
use super::range_source::{RangeReader, RangeSource};
use crate::csq::LOOK_BACK;
use crate::error::{Error, InputError};
use crate::vcf::{
    BlockReader, FileEnd, FindBoundary, HeaderProgress, HeaderReader, HeaderText, MAX_CHUNK_BYTES,
    TextPosition, TextRange, line_end_from, trimmed,
};
use gas_shared::reference::Sha256;
use gas_shared::vcf::{
    BCF_MAGIC, COMPRESSION_MAGIC_BYTES, CompressionFormat, InputLimits, is_blank, other_format,
};
use std::io::{self, BufRead, BufReader, Read};

/// Bytes of a file that are read at once.
const READ_BYTES: usize = 1 << 16;

/// Bytes before a cut point that are read for the lines there. If they are too few, four times as many are read.
const BYTES_BEFORE: u64 = 1 << 16;

/// The most bytes in which a block must begin (SAM specification, section 4.1).
const MAX_BLOCK_BYTES: usize = 1 << 16;

/// What a plan is made with.
pub(crate) struct PlanSettings<'a> {
    /// The distance of two cut points, as [`Options::cut_interval`](crate::pipeline::Options::cut_interval).
    pub(crate) cut_interval: u64,
    /// Finds the boundaries that are allowed.
    pub(crate) find_boundary: FindBoundary<'a>,
    /// The limits of the input.
    pub(crate) limits: InputLimits,
    /// The digest of the run for a header.
    pub(crate) run: &'a dyn Fn(&HeaderText) -> Sha256,
}

/// A place where the file is cut.
struct Cut {
    at: TextPosition,
    contig: String,
    pos: Option<u64>,
    density: Density,
}

/// How many lines some bytes of the file have.
#[derive(Clone, Copy, Default)]
struct Density {
    lines: u64,
    bytes: u64,
}

/// Contig and position of a record, if there is one.
type FirstRecord = Option<(String, Option<u64>)>;

/// The file that is cut.
struct File<'a> {
    source: &'a dyn RangeSource,
    size: u64,
    is_bgzf: bool,
    header_end: TextPosition,
}

/// Cuts a file into shards.
pub(crate) fn plan_with(
    source: &dyn RangeSource,
    shards: ShardCount,
    settings: &PlanSettings<'_>,
) -> Result<Plan, ShardError> {
    let read = |error| ShardError::Run(Error::file("input")(error));
    let size = source.size().map_err(read)?;
    let mut magic = Vec::new();
    let most = COMPRESSION_MAGIC_BYTES as u64;
    RangeReader::new(source, 0).take(most).read_to_end(&mut magic).map_err(read)?;
    let is_bgzf = match CompressionFormat::of(&magic) {
        CompressionFormat::Gzip => return Err(ShardError::Gzip),
        format => format == CompressionFormat::Bgzf,
    };
    let mut end = FileEnd::Marked;
    if is_bgzf {
        end = FileEnd::of(&mut RangeReader::new(source, 0)).map_err(read)?;
        if let Some(problem) = end.problem() {
            return Err(InputError::Damaged(problem.to_owned()).into());
        }
    }
    let mut file = File { source, size, is_bgzf, header_end: TextPosition::default() };
    let (header, header_end, first) = file.header(settings.limits)?;
    file.header_end = header_end;
    let cuts = file.cuts(shards, settings)?;
    let mut density = file.density_after(header_end).map_err(read)?;
    for cut in &cuts {
        density.lines += cut.density.lines;
        density.bytes += cut.density.bytes;
    }
    let per_byte = density.lines as f64 / density.bytes.max(1) as f64;
    let (contig, pos) = first.map_or((None, None), |(contig, pos)| (Some(contig), pos));
    let starts = [(header_end, contig, pos)];
    let starts =
        starts.into_iter().chain(cuts.into_iter().map(|cut| (cut.at, Some(cut.contig), cut.pos)));
    let starts: Vec<_> = starts.collect();
    let ends =
        starts.iter().skip(1).map(|(start, ..)| Some(*start)).chain([None]).collect::<Vec<_>>();
    let found = (0..).zip(starts).zip(ends).map(|((shard, (start, contig, pos)), end)| {
        let bytes = TextRange { start, end }.bytes_of(size);
        let records = (bytes as f64 * per_byte).round() as u64;
        Shard { shard, start, end, contig, pos, records }
    });
    let found: Vec<Shard> = found.collect();
    let head = PlanHead {
        version: PlanHead::VERSION,
        input_bytes: size,
        etag: None,
        header_end,
        has_end_mark: end == FileEnd::Marked,
        run: (settings.run)(&header),
        shards: found.len() as u32,
    };
    Ok(Plan { head, shards: found })
}

/// Some text of the file, with the places of its blocks.
#[derive(Default)]
struct Window {
    text: Vec<u8>,
    /// The offset of each block in the file, and of its text in `text`. In a plain file, a piece is a block.
    blocks: Vec<(u64, usize)>,
}

impl Window {
    /// The lines of its whole blocks, in a BGZF file without the last one, of which the size is not known.
    fn density(&self) -> Density {
        let (Some((first, start)), Some((last, end))) = (self.blocks.first(), self.blocks.last())
        else {
            return Density::default();
        };
        let text = self.text.get(*start..*end).unwrap_or_default();
        let lines = memchr::memchr_iter(b'\n', text).count() as u64;
        Density { lines, bytes: last - first }
    }

    /// The place of the end of a line.
    fn position(&self, end: usize, is_bgzf: bool) -> TextPosition {
        let last = self.blocks.partition_point(|(_, start)| *start < end).saturating_sub(1);
        let (block, start) = self.blocks.get(last).copied().unwrap_or_default();
        let within = end - start;
        match is_bgzf {
            true => TextPosition { block, within: within as u32 },
            false => TextPosition { block: block + within as u64, within: 0 },
        }
    }
}

/// Reads the blocks of a file one after the other.
enum Blocks<'a> {
    Bgzf(Box<BlockReader<BufReader<RangeReader<'a>>>>),
    Plain(BufReader<RangeReader<'a>>, u64),
}

impl Blocks<'_> {
    /// Appends the next block with text; `false` at the end of the file.
    fn read(&mut self, window: &mut Window) -> io::Result<bool> {
        let text = window.text.len();
        match self {
            Self::Bgzf(blocks) => {
                let Some(start) = blocks.block_start()? else { return Ok(false) };
                window.blocks.push((start, text));
                let block = blocks.fill_buf()?;
                let bytes = block.len();
                window.text.extend_from_slice(block);
                blocks.consume(bytes);
            }
            Self::Plain(reader, offset) => {
                let piece = reader.fill_buf()?;
                let bytes = piece.len();
                if bytes == 0 {
                    return Ok(false);
                }
                window.blocks.push((*offset, text));
                window.text.extend_from_slice(piece);
                reader.consume(bytes);
                *offset += bytes as u64;
            }
        }
        Ok(true)
    }
}

impl<'a> File<'a> {
    /// The blocks from one that begins at `offset`.
    fn blocks(&self, offset: u64) -> Blocks<'a> {
        let reader = RangeReader::new(self.source, offset);
        let reader = BufReader::with_capacity(READ_BYTES, reader);
        if !self.is_bgzf {
            return Blocks::Plain(reader, offset);
        }
        let start = TextPosition { block: offset, within: 0 };
        Blocks::Bgzf(Box::new(BlockReader::of_range(reader, TextRange { start, end: None })))
    }

    /// The header and its end, and contig and position of the first record, if there is one.
    fn header(
        &self,
        limits: InputLimits,
    ) -> Result<(HeaderText, TextPosition, FirstRecord), ShardError> {
        let mut window = Window::default();
        let mut blocks = self.blocks(0);
        let mut reader = HeaderReader::new(limits);
        let mut start = 0;
        let (header, end) = 'header: loop {
            let more = blocks.read(&mut window).map_err(damaged)?;
            if window.text.starts_with(BCF_MAGIC) {
                return Err(ShardError::Bcf);
            }
            if start == 0
                && let Some(problem) = other_format(&window.text)
            {
                return Err(InputError::from(problem).into());
            }
            while let Some(end) = line_end_from(&window.text, start + 1)
                .or_else(|| (!more && start < window.text.len()).then_some(window.text.len()))
            {
                match reader.push(&window.text[start..end])? {
                    HeaderProgress::More(next) => reader = next,
                    HeaderProgress::Done(header) => break 'header (header, end),
                }
                start = end;
            }
            if !more {
                return Err(reader.unfinished().into());
            }
            if window.text.len() - start > limits.line_bytes.max(limits.header_bytes) {
                return Err(InputError::Damaged("its header has no end".to_owned()).into());
            }
        };
        let at = window.position(end, self.is_bgzf);
        // A record may be long.
        while first_record(&window.text, end).is_none()
            && window.text.len() - end <= limits.line_bytes
            && blocks.read(&mut window).map_err(damaged)?
        {}
        Ok((header, at, first_record(&window.text, end)))
    }

    /// The places where the file is cut, in its order.
    fn cuts(
        &self,
        shards: ShardCount,
        settings: &PlanSettings<'_>,
    ) -> Result<Vec<Cut>, ShardError> {
        let interval = settings.cut_interval.max(1);
        let start = self.header_end.block;
        let bytes = self.size.saturating_sub(start);
        let count = match shards {
            ShardCount::Exactly(count) => u64::from(count.max(1)),
            ShardCount::Bytes(most) => bytes.div_ceil(most.max(1)).clamp(1, u64::from(u32::MAX)),
        };
        let mut cuts: Vec<Cut> = Vec::new();
        for number in 1..count {
            let wanted =
                start + (u128::from(bytes) * u128::from(number) / u128::from(count)) as u64;
            let point = (wanted.div_ceil(interval) * interval).max(1);
            let last = cuts.last().map_or(self.header_end, |cut| cut.at);
            if point <= last.block.max(start) {
                continue;
            }
            let Some(cut) = self.cut_after(point, settings)? else { break };
            if cut.at > last {
                cuts.push(cut);
            }
        }
        Ok(cuts)
    }

    /// The first allowed boundary after a cut point; `None` if no record follows, or none within the largest chunk.
    fn cut_after(
        &self,
        point: u64,
        settings: &PlanSettings<'_>,
    ) -> Result<Option<Cut>, ShardError> {
        let mut before = BYTES_BEFORE;
        loop {
            let from = point.saturating_sub(before);
            let is_start = from <= self.header_end.block;
            let Some(first) = (match is_start {
                true => Some(self.header_end.block),
                false => self.block_from(from)?,
            }) else {
                return Ok(None);
            };
            let mut window = Window::default();
            let mut blocks = self.blocks(first);
            let Some(text_point) = self.read_to(&mut blocks, &mut window, point)? else {
                return Ok(None);
            };
            // The first line is whole only at the end of the header.
            let whole = match is_start {
                true => Some(self.header_end.within as usize),
                false => line_end_from(&window.text, 1),
            };
            let lines_before = |start: usize| {
                let text = window.text.get(start..text_point).unwrap_or_default();
                memchr::memchr_iter(b'\n', text).count()
            };
            match whole {
                Some(start) if is_start || lines_before(start) > LOOK_BACK => {
                    return self.boundary_after(&mut blocks, window, start, text_point, settings);
                }
                _ => before = before.saturating_mul(4),
            }
        }
    }

    /// Reads up to the cut point, and returns where it is in the text of the window; `None` at the end of the file.
    fn read_to(
        &self,
        blocks: &mut Blocks<'_>,
        window: &mut Window,
        point: u64,
    ) -> Result<Option<usize>, ShardError> {
        while blocks.read(window).map_err(damaged)? {
            let Some((offset, text)) = window.blocks.last().copied() else { continue };
            if self.is_bgzf && offset >= point {
                return Ok(Some(text));
            }
            let ahead = point.saturating_sub(offset) as usize;
            if !self.is_bgzf && text + ahead < window.text.len() {
                return Ok(Some(text + ahead));
            }
        }
        Ok(None)
    }

    fn boundary_after(
        &self,
        blocks: &mut Blocks<'_>,
        mut window: Window,
        start: usize,
        text_point: usize,
        settings: &PlanSettings<'_>,
    ) -> Result<Option<Cut>, ShardError> {
        let mut from = (text_point + 1).saturating_sub(start);
        loop {
            let lines_end = memchr::memrchr(b'\n', &window.text).map_or(0, |n| n + 1);
            let lines = window.text.get(start..lines_end).unwrap_or_default();
            if let Some(end) = (settings.find_boundary)(lines, from) {
                if let Some((contig, pos)) = first_record(&window.text, start + end) {
                    let at = window.position(start + end, self.is_bgzf);
                    return Ok(Some(Cut { at, contig, pos, density: window.density() }));
                }
            } else {
                from = from.max(lines.len());
            }
            if window.text.len() - text_point > MAX_CHUNK_BYTES
                || !blocks.read(&mut window).map_err(damaged)?
            {
                return Ok(None);
            }
        }
    }

    /// The offset of the first block at or after an offset.
    fn block_from(&self, mut offset: u64) -> Result<Option<u64>, ShardError> {
        if !self.is_bgzf {
            return Ok(Some(offset));
        }
        let mut bytes = Vec::new();
        RangeReader::new(self.source, offset)
            .take((MAX_BLOCK_BYTES + COMPRESSION_MAGIC_BYTES) as u64)
            .read_to_end(&mut bytes)
            .map_err(Error::file("input"))?;
        let base = offset;
        for start in memchr::memmem::find_iter(&bytes, &[0x1f, 0x8b, 8, 4]) {
            let is_magic = CompressionFormat::of(&bytes[start..]) == CompressionFormat::Bgzf;
            offset = base + start as u64;
            // A whole block with the right checksum begins here.
            if is_magic && self.blocks(offset).read(&mut Window::default()).is_ok() {
                return Ok(Some(offset));
            }
        }
        Ok(None)
    }

    /// The density of the first records: of the blocks after the one with the end of the header, or of that one if the
    /// file is so small.
    fn density_after(&self, start: TextPosition) -> io::Result<Density> {
        let mut window = Window::default();
        let mut blocks = self.blocks(start.block);
        while window.text.len() < 8 * READ_BYTES {
            if !blocks.read(&mut window)? {
                let text = window.text.get(start.within as usize..).unwrap_or_default();
                let lines = memchr::memchr_iter(b'\n', text).count() as u64;
                return Ok(Density { lines, bytes: self.size - start.block });
            }
        }
        if window.blocks.len() > 2 {
            window.blocks.remove(0);
        }
        Ok(window.density())
    }
}

/// Contig and position of the first record from the start of a line on; `None` if it is not whole.
fn first_record(text: &[u8], mut start: usize) -> FirstRecord {
    while let Some(end) = line_end_from(text, start + 1) {
        let line = trimmed(&text[start..end]);
        if !is_blank(line) {
            return Some(record_start(line));
        }
        start = end;
    }
    None
}

fn record_start(line: &[u8]) -> (String, Option<u64>) {
    let mut columns = line.splitn(3, |byte| *byte == b'\t');
    let contig = String::from_utf8_lossy(columns.next().unwrap_or_default()).into_owned();
    let pos = columns.next().and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
    (contig, pos)
}

/// The error for a block that cannot be read.
fn damaged(error: io::Error) -> ShardError {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
            InputError::Damaged(error.to_string()).into()
        }
        _ => ShardError::Run(Error::file("input")(error)),
    }
}
