//! Reads what a comparison needs of the records of one contig, in the order of positions.

use crate::Error;
use crate::annotation::TermNumbers;
use crate::decoded_chunk::NO_ROW;
use crate::explorer::Explorer;
use crate::format::{NO_GENE, ROWS, RowChunk, RowText, unpack_chunk};
use crate::limits::PIECE_BYTES;
use crate::rows::record_text;
use crate::source::read_range;
use crate::text::{MISPLACED, read_text};
use crate::yield_now::yield_now;
use bytes::Bytes;
use gas_shared::comparison::AnnotatedRecord;
use gas_shared::explorer::Impact;
use gas_shared::vcf::parse_record;
use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

/// The most records at one position, which are held at once.
const MAX_AT_POSITION: usize = 10_000;

/// The bytes of a line whose long alleles are compared. Longer ones are the same if they begin with the same bytes and have
/// the same length.
const ALLELE_BYTES: u64 = 1 << 20;

/// What an index has instead of the rest of a long allele.
const CUT: &str = "…";

/// Which of the two results, for messages.
pub(super) type Which = &'static str;

/// What makes records of one position the same: REF, the ALT alleles in alphabetical order, and for alleles that the index
/// has cut, a digest of the complete ones. Of ALT alleles that it has cut, there is only what says their length.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct AlleleKey {
    reference: String,
    alts: String,
    digest: Option<u64>,
}

/// A record.
pub(super) struct ComparedRecord {
    pub key: AlleleKey,
    pub reference: String,
    pub alt: String,
    pub annotated: AnnotatedRecord,
}

/// The records of a contig that are not read yet. It moves from contig to contig, and keeps the chunks that it has read.
pub(super) struct Cursor {
    explorer: Arc<Explorer>,
    which: Which,
    /// Their numbers.
    rows: Range<u64>,
    /// The chunk of the next record.
    chunk: Option<OpenChunk>,
    /// The next chunks, each with the number of its first record and their count.
    packed: VecDeque<(u64, usize, Bytes)>,
    /// The position of the last record.
    pos: u32,
}

struct OpenChunk {
    first: u64,
    count: usize,
    rows: RowChunk,
    /// Digests of the records with alleles that the index has cut, by number.
    digests: HashMap<u64, u64>,
}

impl OpenChunk {
    fn has(&self, number: u64) -> bool {
        (self.first..self.first + self.count as u64).contains(&number)
    }
}

impl Cursor {
    /// No records of a result; [`start`](Self::start) sets those to read.
    pub fn new(explorer: Arc<Explorer>, which: Which) -> Self {
        Self { explorer, which, rows: 0..0, chunk: None, packed: VecDeque::new(), pos: 0 }
    }

    /// Continues with the records with some numbers, which are all of one contig.
    pub fn start(&mut self, rows: Range<u64>) {
        self.rows = rows;
        self.pos = 0;
    }

    /// The position of the next record; `None` after the last one.
    pub async fn peek(&mut self) -> Result<Option<u32>, Error> {
        if self.rows.is_empty() {
            return Ok(None);
        }
        let number = self.rows.start;
        let chunk = self.open().await?;
        let pos = chunk.rows.values((number - chunk.first) as usize).ok_or(NO_ROW)?.pos;
        if pos < self.pos {
            return Err(unsorted(self.which));
        }
        self.pos = pos;
        Ok(Some(pos))
    }

    /// Reads the records at a position.
    pub async fn take(&mut self, pos: u32) -> Result<Vec<ComparedRecord>, Error> {
        let mut records = Vec::new();
        while self.peek().await? == Some(pos) {
            if records.len() == MAX_AT_POSITION {
                let reason = "it has more than 10,000 records at one position";
                return Err(Error::Incomparable { which: self.which, reason });
            }
            records.push(self.record()?);
            self.rows.start += 1;
        }
        Ok(records)
    }

    fn record(&self) -> Result<ComparedRecord, Error> {
        let number = self.rows.start;
        let chunk = self.chunk.as_ref().ok_or(NO_ROW)?;
        let at = (number - chunk.first) as usize;
        let values = chunk.rows.values(at).ok_or(NO_ROW)?;
        let text = |part| String::from_utf8_lossy(chunk.rows.text(part, at)).into_owned();
        let (reference, alt) = (text(RowText::Reference), text(RowText::Alt));
        let digest = chunk.digests.get(&number).copied();
        let alts = match alt.split_once(CUT) {
            // The start depends on the order of the alleles in the file, and the digest has all of them.
            Some((_, length)) if digest.is_some() => length.to_owned(),
            _ => String::from_utf8_lossy(&sorted(alt.as_bytes())).into_owned(),
        };
        let key = AlleleKey { reference: reference.clone(), alts, digest };
        let explorer = &self.explorer;
        let gene = explorer.footer.genes.get(values.gene as usize);
        let annotated = AnnotatedRecord {
            number,
            consequence: (values.consequence != TermNumbers::NONE)
                .then(|| explorer.terms.name(values.consequence).to_owned()),
            impact: Impact::ALL.get(usize::from(values.impact)).copied(),
            gene: gene.filter(|_| values.gene != NO_GENE).cloned(),
        };
        Ok(ComparedRecord { key, reference, alt, annotated })
    }

    /// The chunk of the next record.
    async fn open(&mut self) -> Result<&OpenChunk, Error> {
        let next = self.rows.start;
        if !self.chunk.as_ref().is_some_and(|chunk| chunk.has(next)) {
            let is_other = |(first, count, _): &(u64, usize, Bytes)| {
                !(*first..first + *count as u64).contains(&next)
            };
            while self.packed.front().is_some_and(is_other) {
                self.packed.pop_front();
            }
            if self.packed.is_empty() {
                self.read().await?;
            }
            let (first, count, packed) = self.packed.pop_front().ok_or(NO_ROW)?;
            let counts = self.explorer.row_columns.counts;
            let rows = RowChunk::decode(&unpack_chunk(&packed)?, counts, count)?;
            let digests = self.digests(first, count, &rows).await?;
            self.chunk = Some(OpenChunk { first, count, rows, digests });
            yield_now().await;
        }
        self.chunk.as_ref().ok_or(NO_ROW)
    }

    /// Reads the chunks of the next record and after it in its block, up to [`PIECE_BYTES`].
    async fn read(&mut self) -> Result<(), Error> {
        let explorer = &self.explorer;
        let Some(chunks) = &explorer.footer.chunks else {
            let reason = "its index is of an earlier version; run the job again";
            return Err(Error::Incomparable { which: self.which, reason });
        };
        let block_rows = u64::from(explorer.footer.block_rows);
        let (block, row) = (self.rows.start / block_rows, (self.rows.start % block_rows) as u32);
        let entry = explorer.footer.blocks.get(block as usize).ok_or(NO_ROW)?;
        let runs = chunks.blocks.get(block as usize).ok_or(NO_ROW)?;
        let run = runs.get(ROWS).ok_or(NO_ROW)?;
        let from = chunks.chunk_of(row);
        let start = run.range(from).ok_or(NO_ROW)?.start;
        let mut ranges: Vec<(u64, usize, Range<u64>)> = Vec::new();
        let mut end = start;
        for (number, length) in run.lengths.iter().enumerate().skip(from) {
            let first = block * block_rows + number as u64 * u64::from(chunks.rows);
            let next_end = end + u64::from(*length);
            let is_full = !ranges.is_empty() && next_end - start > PIECE_BYTES;
            if is_full {
                break;
            }
            ranges.push((first, chunks.rows_of(number, entry.rows), end..next_end));
            end = next_end;
        }
        let bytes = read_range(&*explorer.index, start, end - start, "the index").await?;
        self.packed = ranges
            .into_iter()
            .map(|(first, count, range)| {
                let (from, to) = ((range.start - start) as usize, (range.end - start) as usize);
                (first, count, bytes.slice(from..to))
            })
            .collect();
        Ok(())
    }

    /// Digests of the alleles that the index has cut, read from the result.
    async fn digests(
        &self,
        first: u64,
        count: usize,
        rows: &RowChunk,
    ) -> Result<HashMap<u64, u64>, Error> {
        let is_cut = |at: &usize| {
            let has = |part| memchr::memmem::find(rows.text(part, *at), CUT.as_bytes()).is_some();
            has(RowText::Reference) || has(RowText::Alt)
        };
        let cut: Vec<usize> = (0..count).filter(is_cut).collect();
        let mut digests = HashMap::with_capacity(cut.len());
        if cut.is_empty() {
            return Ok(digests);
        }
        let explorer = &self.explorer;
        let block_rows = u64::from(explorer.footer.block_rows);
        let (block, before) = ((first / block_rows) as usize, (first % block_rows) as usize);
        let in_block = cut.into_iter().map(|at| before + at);
        let (spans, offsets) = explorer.lines_of_rows(block, in_block, ALLELE_BYTES).await?;
        for span in spans {
            let range = span.range.clone();
            let text = read_text(&*explorer.result, &offsets, explorer.footer.bgzf, range).await?;
            for line in span.texts(&text) {
                let text = record_text(line);
                let record = parse_record(&text).map_err(|_| MISPLACED)?;
                let mut hasher = DefaultHasher::new();
                record.reference.hash(&mut hasher);
                sorted(record.alt).hash(&mut hasher);
                digests.insert(line.number, hasher.finish());
            }
            yield_now().await;
        }
        Ok(digests)
    }
}

/// A list of alleles in alphabetical order.
fn sorted(alts: &[u8]) -> Vec<u8> {
    if memchr::memchr(b',', alts).is_none() {
        return alts.to_vec();
    }
    let mut alleles: Vec<&[u8]> = alts.split(|byte| *byte == b',').collect();
    alleles.sort_unstable();
    alleles.join(&b',')
}

/// The records of a result are in an order in which they cannot be compared.
pub(super) fn unsorted(which: Which) -> Error {
    let reason =
        "its records are not sorted by contig and position; sort the file, and annotate it again";
    Error::Incomparable { which, reason }
}
