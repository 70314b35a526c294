//! Opens an index and answers queries.

use crate::Error;
use crate::annotation::TermNumbers;
use crate::block_columns::BlockColumns;
use crate::cache::{Cache, IndexId};
use crate::category::Category;
use crate::columns::Sources;
use crate::decoded_chunk::RowColumns;
use crate::format::{
    Column, ColumnKind, Footer, MAX_BLOCK_ROWS, RowCounts, TRAILER_BYTES, Trailer, decode, unpack,
    unpack_chunk,
};
use crate::header::Header;
use crate::limits::{COLUMN_BYTES, DESCRIPTION_BYTES, LOADED_BYTES, SOURCE_BYTES};
use crate::query::{Clause, unknown_names};
use crate::source::{Source, read_range};
use crate::text::read_text;
use bytes::Bytes;
use futures::future::try_join;
use futures::{FutureExt, StreamExt, TryStreamExt};
use gas_shared::explorer::{ColumnSet, Facets, Filter, Genotype, MAX_ROWS, Page, Query};
use gas_shared::source::{SourceColumn, is_column_name};
use std::sync::{Arc, OnceLock};

/// Bytes read from the end of an index; they usually contain the complete footer.
const TAIL_BYTES: u64 = 256 << 10;

/// The most blocks that are read concurrently, because object stores have a high latency.
pub(crate) const CONCURRENT_BLOCKS: usize = 16;

/// Columns of a block with smaller gaps are read at once: a request takes as long as reading a few
/// MiB.
const COLUMN_GAP_BYTES: u64 = 512 << 10;

/// An open index and its result. Holds the footer of the index and some parts of the result's header;
/// columns are read on demand and kept in the [`Cache`].
///
/// Evaluating a block takes milliseconds, after which the futures of all queries yield to other
/// tasks. A caller that stops polling a future ends its work.
pub struct Explorer {
    pub(crate) index: Arc<dyn Source>,
    pub(crate) result: Arc<dyn Source>,
    pub(crate) footer: Footer,
    pub(crate) cache: Cache,
    pub(crate) id: IndexId,
    pub(crate) header: Header,
    pub(crate) sources: Sources,
    /// The category columns that the index has.
    pub(crate) categories: Vec<Category>,
    /// The columns of the registry that the rows of the index have.
    pub(crate) row_columns: RowColumns,
    /// Genotypes by number.
    pub(crate) genotypes: Vec<Genotype>,
    pub(crate) terms: TermNumbers,
    gene_ranks: OnceLock<Vec<u32>>,
}

impl Explorer {
    /// Opens the index of a result.
    ///
    /// # Errors
    /// [`Error`] if the index is damaged, has a later version, or belongs to another result, or if one
    /// of the files cannot be read.
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
        let header = Header::read(&*result, &footer).await?;
        Ok(Self::of(index, result, cache, footer, header))
    }

    fn of(
        index: Arc<dyn Source>,
        result: Arc<dyn Source>,
        cache: Cache,
        footer: Footer,
        mut header: Header,
    ) -> Self {
        let sources = Sources::of(
            &footer.columns(),
            header.format.as_ref().map(|format| &*format.fields).unwrap_or_default(),
        );
        if let Some(format) = &mut header.format {
            format.assign(&sources);
        }
        Self {
            categories: Category::all(&sources, &footer),
            row_columns: RowColumns::of(&sources, &footer),
            sources,
            genotypes: footer.genotypes().iter().map(|text| Genotype::parse(text)).collect(),
            header,
            terms: TermNumbers::from_names(footer.terms.clone()),
            index,
            result,
            footer,
            cache,
            id: IndexId::unique(),
            gene_ranks: OnceLock::new(),
        }
    }

    /// Opens the index of a result that cannot be read any more, for counts only. Rows, details and exports fail.
    ///
    /// # Errors
    /// [`Error`] if the index is damaged or has a later version.
    pub async fn open_index(index: Arc<dyn Source>, cache: Cache) -> Result<Self, Error> {
        let footer = read_footer(&*index).await?;
        check(&footer, index.len())?;
        Ok(Self::of(index, Arc::new(Bytes::new()), cache, footer, Header::default()))
    }

    /// The number of records in the result.
    pub fn records(&self) -> u64 {
        self.footer.rows
    }

    /// The names of the samples that filters and rows can have.
    pub fn samples(&self) -> &[String] {
        self.footer.samples()
    }

    /// The columns of the result.
    pub fn columns(&self) -> &ColumnSet {
        &self.sources.set
    }

    /// The VCF header of the result.
    ///
    /// # Errors
    /// [`Error::ReadLimit`] if it has more than `limit` bytes, or [`Error`] if it cannot be read.
    pub async fn header_text(&self, limit: u64) -> Result<Bytes, Error> {
        let found = self.footer.header_bytes;
        if found > limit {
            return Err(Error::ReadLimit { what: "the header of the result", found, limit });
        }
        let offsets = &self.footer.header_offsets;
        read_text(&*self.result, offsets, self.footer.bgzf, 0..found).await
    }

    /// The contigs, in the file's order.
    pub fn contigs(&self) -> &[String] {
        &self.footer.contigs
    }

    /// The contigs, in the file's order, with the lengths that the header states.
    pub fn contig_lengths(&self) -> impl Iterator<Item = (&str, Option<u64>)> {
        let numbered = self.footer.contigs.iter().enumerate();
        numbered.map(|(n, name)| (name.as_str(), self.header.length(n)))
    }

    /// Approximate bytes in memory, without the columns in the cache.
    pub fn weight(&self) -> u64 {
        let ranks = size_of::<u32>() * self.footer.genes.len();
        self.footer.weight() + self.header.weight() + ranks as u64 + size_of::<Self>() as u64
    }

    /// At most `limit` genes whose names start with a prefix (case-insensitive), in alphabetical
    /// order.
    pub fn genes_with_prefix(&self, prefix: &str, limit: usize) -> Vec<&str> {
        let prefix = prefix.trim().to_ascii_lowercase();
        let names = self.footer.genes.iter().map(String::as_str);
        let mut found: Vec<&str> =
            names.filter(|name| name.to_ascii_lowercase().starts_with(&prefix)).collect();
        found.sort_unstable();
        found.truncate(limit);
        found
    }

    /// Answers a query: the number of matching records, a page of rows, and the facets if requested.
    ///
    /// # Errors
    /// [`Error`] if index or result cannot be read or are damaged.
    pub async fn page(&self, query: &Query) -> Result<Page, Error> {
        let selection = self.select(&query.filter, query.facets).await?;
        let limit = query.limit.min(MAX_ROWS).into();
        let numbers = self.ordered(&selection, &query.sort, query.offset, limit).await?;
        let rows = self.rows(&numbers, &query.samples).await?;
        let facets = selection.facets.clone().filter(|_| query.facets);
        let samples = self.footer.samples().to_vec();
        let unknown =
            if query.facets { unknown_names(&query.filter, &self.footer) } else { Vec::new() };
        let (total, matched) = (self.footer.rows, selection.matched);
        let columns = self.sources.set.clone();
        Ok(Page { total, matched, rows, facets, samples, columns, unknown })
    }

    /// Checks that the result has the columns and samples of a filter.
    ///
    /// # Errors
    /// [`Error::UnknownColumn`], [`Error::UnknownSample`] or [`Error::Filter`].
    pub fn check_filter(&self, filter: &Filter) -> Result<(), Error> {
        Clause::of_filter(filter, &self.sources.set, &self.categories, &self.footer)?;
        filter.sample_names().try_for_each(|name| self.sample(name).map(drop))
    }

    /// The number of records that match a filter.
    ///
    /// # Errors
    /// As [`page`](Self::page).
    pub async fn count(&self, filter: &Filter) -> Result<u64, Error> {
        Ok(self.select(filter, false).await?.matched)
    }

    /// The facets of a filter.
    ///
    /// # Errors
    /// As [`page`](Self::page).
    pub async fn facets(&self, filter: &Filter) -> Result<Facets, Error> {
        Ok(self.select(filter, true).await?.facets.clone().unwrap_or_default())
    }

    /// By number of a gene: its rank in alphabetical order.
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

    /// Loads columns of a block from the cache or the index.
    pub(crate) async fn load(
        &self,
        block: usize,
        kinds: &[ColumnKind],
    ) -> Result<BlockColumns, Error> {
        let entry = &self.footer.blocks[block];
        let counts = self.footer.column_counts();
        let mut kinds = kinds.to_vec();
        // Kinds without a segment are told apart by their streams.
        kinds.sort_by_key(|kind| {
            (kind.index(counts), kind.stream(counts), kind.part(1).map(|p| p.start))
        });
        kinds.dedup();
        let mut loaded = BlockColumns::new(entry.rows as usize);
        let (mut missing, mut in_chunks) = (Vec::new(), Vec::new());
        for kind in kinds {
            match (self.cache.column(self.id, block as u32, kind), kind.stream(counts)) {
                (Some(column), _) => loaded.insert(kind, column),
                (None, Some(stream)) if self.footer.chunks.is_some() => {
                    in_chunks.push((kind, stream));
                }
                (None, _) => {
                    let segment = entry.segments.get(kind.index(counts)).ok_or(NO_CHUNKS)?;
                    segment.check()?;
                    missing.push(kind);
                }
            }
        }
        // Columns of one stream are adjacent in this order, and are read together.
        let streams = in_chunks.chunk_by(|(_, a), (_, b)| a == b).map(|same| {
            let kinds = same.iter().map(|(kind, _)| *kind).collect();
            self.load_chunks(block, kinds, same[0].1).boxed()
        });
        let chunked = futures::stream::iter(streams.collect::<Vec<_>>()).buffered(4);
        let chunked = chunked.try_collect::<Vec<Vec<(ColumnKind, Column)>>>();
        let reads = self.runs(block, &missing).into_iter().map(|run| {
            let read = async move {
                let length = run.end - run.start;
                let bytes = read_range(&*self.index, run.start, length, "the index").await?;
                Ok::<_, Error>((run, bytes))
            };
            read.boxed()
        });
        let reads = futures::stream::iter(reads.collect::<Vec<_>>()).buffered(4);
        let (chunked, reads) = try_join(chunked, reads.try_collect::<Vec<(Run, Bytes)>>()).await?;
        for (kind, column) in chunked.into_iter().flatten() {
            let column = Arc::new(column);
            self.cache.insert_column(self.id, block as u32, kind, &column);
            loaded.insert(kind, column);
        }
        for (run, bytes) in reads {
            for (kind, offset) in run.columns {
                let segment = &entry.segments[kind.index(counts)];
                let from = (offset - run.start) as usize;
                let packed = &bytes[from..from + segment.bytes() as usize];
                let column = Arc::new(unpack(segment, packed, kind, loaded.rows)?);
                self.cache.insert_column(self.id, block as u32, kind, &column);
                loaded.insert(kind, column);
            }
        }
        Ok(loaded)
    }

    /// Columns of a block from the chunks of one stream; identifiers in lower case.
    async fn load_chunks(
        &self,
        block: usize,
        kinds: Vec<ColumnKind>,
        stream: usize,
    ) -> Result<Vec<(ColumnKind, Column)>, Error> {
        let rows = self.footer.blocks[block].rows;
        let chunks = self.footer.chunks.as_ref().ok_or(NO_CHUNKS)?;
        let run = chunks.blocks.get(block).and_then(|runs| runs.get(stream)).ok_or(NO_CHUNKS)?;
        let bytes = read_range(&*self.index, run.offset, run.bytes(), "the index").await?;
        let mut rest = &bytes[..];
        let mut columns: Vec<(ColumnKind, Column)> = Vec::with_capacity(kinds.len());
        for (n, length) in run.lengths.iter().enumerate() {
            let (chunk, after) = rest.split_at(*length as usize);
            rest = after;
            let rows = chunks.rows_of(n, rows);
            let text = unpack_chunk(chunk)?;
            for (at, kind) in kinds.iter().enumerate() {
                let text = match kind.part(rows) {
                    Some(part) => text.get(part).ok_or(NO_CHUNKS)?.to_vec(),
                    None => text.clone(),
                };
                let next = decode(text, *kind, rows)?;
                match columns.get_mut(at) {
                    Some((_, column)) => column.append(next)?,
                    None => columns.push((*kind, next)),
                }
            }
            let found = columns.iter().map(|(_, column)| column.weight()).max().unwrap_or(0);
            let limit = u64::from(COLUMN_BYTES);
            if found > limit {
                return Err(Error::ReadLimit { what: "a column of the index", found, limit });
            }
        }
        for (_, column) in &mut columns {
            if let Column::Text(text) = column {
                text.make_ascii_lowercase();
            }
        }
        if columns.len() == kinds.len() { Ok(columns) } else { Err(NO_CHUNKS) }
    }

    /// The number of blocks whose columns are loaded concurrently. Large blocks are loaded one by
    /// one, to bound the memory of a query.
    pub(crate) fn concurrent_blocks(&self, kinds: &[ColumnKind]) -> usize {
        let counts = self.footer.column_counts();
        let bytes = self.footer.blocks.iter().enumerate().map(|(n, block)| {
            let segments = kinds.iter().filter_map(|kind| block.segments.get(kind.index(counts)));
            let columns = segments.map(|segment| segment.unpacked(block.rows)).sum::<u64>();
            let runs = self.footer.chunks.as_ref().map(|chunks| &chunks.blocks[n]);
            let runs = kinds.iter().filter_map(|kind| runs?.get(kind.stream(counts)?));
            // Texts are compressed to a third.
            columns + runs.map(|run| run.bytes().saturating_mul(3)).sum::<u64>()
        });
        let largest = bytes.max().unwrap_or(0).max(1);
        usize::try_from(LOADED_BYTES / largest).unwrap_or(usize::MAX).clamp(1, CONCURRENT_BLOCKS)
    }

    /// The ranges of the index with the columns, which are in the file's order.
    fn runs(&self, block: usize, kinds: &[ColumnKind]) -> Vec<Run> {
        let entry = &self.footer.blocks[block];
        let mut runs: Vec<Run> = Vec::new();
        for kind in kinds {
            let at = kind.index(self.footer.column_counts());
            let before = entry.segments[..at].iter().map(|s| s.bytes());
            let start = entry.offset + before.sum::<u64>();
            let end = start + entry.segments[at].bytes();
            match runs.last_mut() {
                Some(run) if start - run.end <= COLUMN_GAP_BYTES => {
                    run.end = end;
                    run.columns.push((*kind, start));
                }
                _ => runs.push(Run { start, end, columns: vec![(*kind, start)] }),
            }
        }
        runs
    }
}

/// A block has no chunks, or not those of its columns.
const NO_CHUNKS: Error = Error::Damaged("the chunks of a block are missing");

struct Run {
    start: u64,
    end: u64,
    /// Columns with their offsets in the index.
    columns: Vec<(ColumnKind, u64)>,
}

pub(crate) async fn read_footer(index: &dyn Source) -> Result<Footer, Error> {
    let total = index.len();
    let tail_start = total.saturating_sub(TAIL_BYTES);
    let tail = read_range(index, tail_start, total - tail_start, "the index").await?;
    let trailer_start = tail.len().checked_sub(TRAILER_BYTES).ok_or(Error::NoIndex)?;
    let trailer = Trailer::read(&tail[trailer_start..], total)?;
    match trailer.offset.checked_sub(tail_start) {
        Some(start) => Footer::read(&tail[start as usize..trailer_start], &trailer),
        None => {
            let bytes = read_range(index, trailer.offset, trailer.length, "the index").await?;
            Footer::read(&bytes, &trailer)
        }
    }
}

/// The most numeric columns, and the most category columns; their numbers have 8 bits.
const MAX_COLUMNS: usize = 255;

/// Checks the invariants that the rest of this crate relies on.
pub(crate) fn check(footer: &Footer, index_bytes: u64) -> Result<(), Error> {
    let mut rows = 0;
    let counts = footer.column_counts();
    if counts.numeric.max(counts.categories) > MAX_COLUMNS {
        return Err(Error::Damaged("the footer has too many columns"));
    }
    if let Some(declared) = &footer.declared {
        let columns = footer.columns();
        let texts = columns.texts().iter();
        let in_chunks =
            texts.filter(|text| footer.categories.iter().all(|known| known.name != text.name));
        let of_rows = RowCounts {
            numbers: columns.numeric().iter().filter(|column| column.source.is_some()).count(),
            texts: in_chunks.count() + footer.categories.len(),
        };
        let is_long = |column: &SourceColumn| {
            column.source.len() > 2 * SOURCE_BYTES
                || column.description.len() > 2 * DESCRIPTION_BYTES
        };
        if declared.sources.iter().any(is_long) || !columns.names().all(|name| is_column_name(name))
        {
            return Err(Error::Damaged("the footer declares a column that cannot be"));
        }
        let numeric = columns.numeric().iter().map(|column| &*column.name);
        if of_rows != declared.of_rows || !numeric.eq(footer.numeric.iter().map(String::as_str)) {
            return Err(Error::Damaged("the footer declares other columns than it has"));
        }
    }
    let last = footer.blocks.len().saturating_sub(1);
    for (n, block) in footer.blocks.iter().enumerate() {
        let full = block.rows == footer.block_rows;
        let bytes: u64 = block.segments.iter().map(|segment| segment.bytes()).sum();
        let inside = block.offset.checked_add(bytes).is_some_and(|end| end <= index_bytes);
        if block.segments.len() != counts.all()
            || block.stats.numbers.len() != counts.numeric
            || block.stats.categories.len() != counts.categories
            || !inside
            || block.text_start > footer.text_bytes
            || block.rows == 0
            || block.rows > footer.block_rows.min(MAX_BLOCK_ROWS)
            || (n < last && !full)
        {
            return Err(Error::Damaged("the entry of a block is inconsistent"));
        }
        rows += u64::from(block.rows);
    }
    // Sums of offsets do not overflow.
    if footer.text_bytes > u64::MAX >> 8 {
        return Err(Error::Damaged("the footer states an impossible size"));
    }
    let rows_of = || footer.blocks.iter().map(|block| block.rows);
    if footer
        .chunks
        .as_ref()
        .is_some_and(|chunks| !chunks.is_consistent(rows_of(), counts, index_bytes))
    {
        return Err(Error::Damaged("the chunks of the rows are inconsistent"));
    }
    if rows != footer.rows || footer.header_bytes > footer.text_bytes {
        return Err(Error::Damaged("the sums in the footer are inconsistent"));
    }
    Ok(())
}
