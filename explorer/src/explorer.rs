//! An open index.

use crate::Error;
use crate::annotation::{Layout, Terms};
use crate::cache::{Cache, IndexId};
use crate::format::{
    Column, ColumnKind, Footer, MAX_BLOCK_ROWS, Sets, TRAILER_BYTES, Trailer, unpack,
};
use crate::rows::Header;
use crate::source::Source;
use bytes::Bytes;
use gas_shared::explorer::{Facets, Filter, MAX_ROWS, Page, Query};
use std::sync::{Arc, OnceLock};
use std::task::Poll;

/// Read from the end of an index at once: mostly the footer is in it.
const TAIL_BYTES: u64 = 256 << 10;

/// Ranges with less between them are read as one.
pub(crate) const GAP_BYTES: u64 = 64 << 10;

/// An index and its result, open for questions. Holds the footer; everything else is read when it
/// is needed and kept in the [`Cache`].
pub struct Explorer {
    index: Arc<dyn Source>,
    pub(crate) result: Arc<dyn Source>,
    pub(crate) footer: Footer,
    pub(crate) cache: Cache,
    pub(crate) id: IndexId,
    pub(crate) header: Header,
    pub(crate) layout: Option<Layout>,
    pub(crate) terms: Terms,
    gene_ranks: OnceLock<Vec<u32>>,
}

impl Explorer {
    /// Opens the index of a result.
    ///
    /// # Errors
    /// [`Error`] where the index is damaged, of another version or of another result, or where one
    /// of the two cannot be read.
    pub async fn open(
        index: Arc<dyn Source>,
        result: Arc<dyn Source>,
        cache: Cache,
    ) -> Result<Self, Error> {
        let footer = read_footer(&*index).await?;
        check(&footer, index.len())?;
        if footer.result_bytes != result.len() {
            let (expected, found) = (footer.result_bytes, result.len());
            return Err(Error::OtherResult { expected, found });
        }
        let text = crate::rows::read_text(
            &*result,
            &footer.header_places,
            footer.bgzf,
            0..footer.header_bytes,
        )
        .await?;
        Ok(Self {
            layout: Layout::of_header(&text),
            header: Header::new(text),
            terms: Terms::from_names(footer.terms.clone()),
            index,
            result,
            footer,
            cache,
            id: IndexId::unique(),
            gene_ranks: OnceLock::new(),
        })
    }

    /// Records of the result.
    pub fn records(&self) -> u64 {
        self.footer.rows
    }

    /// The header of the result: its lines up to the first record.
    pub fn header_text(&self) -> &[u8] {
        &self.header.text
    }

    /// The contigs, in the file's order.
    pub fn contigs(&self) -> &[String] {
        &self.footer.contigs
    }

    /// Genes whose names begin with a text, in any case and in alphabetical order: what an input
    /// field offers.
    pub fn genes_with_prefix(&self, prefix: &str, limit: usize) -> Vec<&str> {
        let prefix = prefix.trim().to_ascii_lowercase();
        let names = self.footer.genes.iter().map(String::as_str);
        let mut found: Vec<&str> =
            names.filter(|name| name.to_ascii_lowercase().starts_with(&prefix)).collect();
        found.sort_unstable();
        found.truncate(limit);
        found
    }

    /// Answers a question: how many records match, the facets where asked, and a page of rows.
    ///
    /// # Errors
    /// [`Error`] where index or result cannot be read or are damaged.
    pub async fn page(&self, query: &Query) -> Result<Page, Error> {
        let selection = self.select(&query.filter, query.facets).await?;
        let limit = query.limit.min(MAX_ROWS).into();
        let numbers = self.ordered(&selection, query.sort, query.offset, limit).await?;
        let rows = self.rows(&numbers).await?;
        let facets = selection.facets.clone().filter(|_| query.facets);
        Ok(Page { total: self.footer.rows, matched: selection.matched, rows, facets })
    }

    /// How many records a filter shows.
    ///
    /// # Errors
    /// As [`page`](Self::page).
    pub async fn count(&self, filter: &Filter) -> Result<u64, Error> {
        Ok(self.select(filter, false).await?.matched)
    }

    /// The facets beside a filter.
    ///
    /// # Errors
    /// As [`page`](Self::page).
    pub async fn facets(&self, filter: &Filter) -> Result<Facets, Error> {
        Ok(self.select(filter, true).await?.facets.clone().unwrap_or_default())
    }

    /// By gene number: its place in alphabetical order.
    pub(crate) fn gene_ranks(&self) -> &[u32] {
        self.gene_ranks.get_or_init(|| {
            let genes = &self.footer.genes;
            let mut order: Vec<usize> = (0..genes.len()).collect();
            order.sort_unstable_by_key(|n| &genes[*n]);
            let mut ranks = vec![0; genes.len()];
            (0..).zip(order).for_each(|(rank, gene)| ranks[gene] = rank);
            ranks
        })
    }

    /// Columns of a block, from the cache or the file.
    pub(crate) async fn load(&self, block: usize, kinds: &[ColumnKind]) -> Result<Loaded, Error> {
        let entry = &self.footer.blocks[block];
        let mut loaded = Loaded { rows: entry.rows as usize, columns: Default::default() };
        let mut missing = Vec::new();
        for kind in kinds {
            match self.cache.column(self.id, block as u32, *kind) {
                Some(column) => loaded.columns[*kind as usize] = Some(column),
                None => missing.push(*kind),
            }
        }
        missing.sort_unstable_by_key(|kind| *kind as u8);
        for run in self.runs(block, &missing) {
            let bytes = read(&*self.index, run.start, run.end - run.start, "the index").await?;
            for (kind, offset) in run.columns {
                let segment = &entry.segments[kind as usize];
                let from = (offset - run.start) as usize;
                let packed = &bytes[from..from + segment.bytes() as usize];
                let column = Arc::new(unpack(segment, packed, kind, loaded.rows)?);
                self.cache.keep_column(self.id, block as u32, kind, &column);
                loaded.columns[kind as usize] = Some(column);
            }
        }
        Ok(loaded)
    }

    /// Ranges of the index that have the columns, given in the file's order.
    fn runs(&self, block: usize, kinds: &[ColumnKind]) -> Vec<Run> {
        let entry = &self.footer.blocks[block];
        let mut runs: Vec<Run> = Vec::new();
        for kind in kinds {
            let before = entry.segments[..*kind as usize].iter().map(|s| s.bytes());
            let start = entry.offset + before.sum::<u64>();
            let end = start + entry.segments[*kind as usize].bytes();
            match runs.last_mut() {
                Some(run) if start - run.end <= GAP_BYTES => {
                    run.end = end;
                    run.columns.push((*kind, start));
                }
                _ => runs.push(Run { start, end, columns: vec![(*kind, start)] }),
            }
        }
        runs
    }
}

struct Run {
    start: u64,
    end: u64,
    /// Columns with their places in the index.
    columns: Vec<(ColumnKind, u64)>,
}

/// Reads a range; none of an empty one.
pub(crate) async fn read(
    source: &dyn Source,
    offset: u64,
    length: u64,
    what: &'static str,
) -> Result<Bytes, Error> {
    if length == 0 {
        return Ok(Bytes::new());
    }
    let bytes = source.read(offset, length).await;
    let bytes = bytes.map_err(|source| Error::Source { what, source })?;
    if bytes.len() as u64 == length {
        return Ok(bytes);
    }
    Err(Error::Source { what, source: std::io::ErrorKind::UnexpectedEof.into() })
}

/// Lets others have the thread. With everything in the cache nothing else would, and the looking
/// at a block takes some milliseconds.
pub(crate) async fn yield_now() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

async fn read_footer(index: &dyn Source) -> Result<Footer, Error> {
    let total = index.len();
    let tail_start = total.saturating_sub(TAIL_BYTES);
    let tail = read(index, tail_start, total - tail_start, "the index").await?;
    let trailer_start = tail.len().checked_sub(TRAILER_BYTES).ok_or(Error::NoIndex)?;
    let trailer = Trailer::read(&tail[trailer_start..], total)?;
    match trailer.offset.checked_sub(tail_start) {
        Some(start) => Footer::read(&tail[start as usize..trailer_start], &trailer),
        None => {
            let bytes = read(index, trailer.offset, trailer.length, "the index").await?;
            Footer::read(&bytes, &trailer)
        }
    }
}

/// Checks what the rest of this crate relies on.
fn check(footer: &Footer, index_bytes: u64) -> Result<(), Error> {
    let mut rows = 0;
    let last = footer.blocks.len().saturating_sub(1);
    for (n, block) in footer.blocks.iter().enumerate() {
        let full = block.rows == footer.block_rows;
        let bytes: u64 = block.segments.iter().map(|segment| segment.bytes()).sum();
        let inside = block.offset.checked_add(bytes).is_some_and(|end| end <= index_bytes);
        if block.segments.len() != ColumnKind::ALL.len()
            || !inside
            || block.rows == 0
            || block.rows > footer.block_rows.min(MAX_BLOCK_ROWS)
            || (n < last && !full)
        {
            return Err(Error::Damaged("a block's description is wrong"));
        }
        rows += u64::from(block.rows);
    }
    if rows != footer.rows || footer.header_bytes > footer.text_bytes {
        return Err(Error::Damaged("the footer's sums are wrong"));
    }
    Ok(())
}

/// Columns of one block.
pub(crate) struct Loaded {
    /// Records of the block.
    pub rows: usize,
    columns: [Option<Arc<Column>>; ColumnKind::ALL.len()],
}

macro_rules! column_of {
    ($($(#[$doc:meta])* $name:ident $variant:ident $type:ty;)*) => {$(
        $(#[$doc])*
        pub fn $name(&self, kind: ColumnKind) -> Result<&$type, Error> {
            match self.columns[kind as usize].as_deref() {
                Some(Column::$variant(values)) => Ok(values),
                _ => Err(NOT_LOADED),
            }
        }
    )*};
}

/// A column that was not asked for: an error of this crate, told rather than panicked about.
const NOT_LOADED: Error = Error::Damaged("a column is missing");

impl Loaded {
    column_of! {
        /// A column of bytes.
        u8s U8 [u8];
        /// A column of 16-bit numbers.
        u16s U16 [u16];
        /// A column of 32-bit numbers.
        u32s U32 [u32];
        /// Further values of rows.
        more More [(u16, u32)];
        /// BGZF blocks.
        places Places [crate::format::Place];
    }

    /// The genes.
    pub fn genes(&self) -> Result<&Sets<Vec<u32>>, Error> {
        match self.columns[ColumnKind::Genes as usize].as_deref() {
            Some(Column::Genes(sets)) => Ok(sets),
            _ => Err(NOT_LOADED),
        }
    }

    /// The consequence terms.
    pub fn terms(&self) -> Result<&Sets<u64>, Error> {
        match self.columns[ColumnKind::Terms as usize].as_deref() {
            Some(Column::Terms(sets)) => Ok(sets),
            _ => Err(NOT_LOADED),
        }
    }

    /// The identifiers.
    pub fn text(&self) -> Result<&[u8], Error> {
        match self.columns[ColumnKind::Ids as usize].as_deref() {
            Some(Column::Text(text)) => Ok(text),
            _ => Err(NOT_LOADED),
        }
    }
}
