//! Rows of the table, read from the chunks of the index.

use crate::Error;
use crate::annotation::TermNumbers;
use crate::decoded_chunk::{DecodedChunk, NO_ROW};
use crate::explorer::Explorer;
use crate::format::{
    Chunks, Column, ColumnKind, IDS, NO_GENE, ROWS, RowChunk, RowText, call_stream, decode,
    genotype_stream, number_stream, unpack_chunk,
};
use crate::record_samples::CallNumbers;
use crate::rows::{Detail, types};
use crate::source::{merged, read_range};
use crate::yield_now::yield_now;
use bytes::Bytes;
use futures::future::try_join;
use futures::{StreamExt, TryStreamExt};
use gas_shared::explorer::{ByCategory, ByColumn, Impact, Row, RowValue, SampleCall};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

/// The most requests for the rows of a page, unless they would read more than [`SLACK_BYTES`] that no
/// row needs.
pub(crate) const PAGE_REQUESTS: usize = 8;

/// The most bytes between the chunks of a page that are read to save requests.
const SLACK_BYTES: u64 = 16 << 20;

impl Explorer {
    /// The rows of some records, in the order of `numbers`.
    pub(crate) async fn rows_of_chunks(
        &self,
        chunks: &Chunks,
        numbers: &[u64],
        samples: &[u8],
    ) -> Result<Vec<Row>, Error> {
        let place = |number: u64| {
            let block_rows = u64::from(self.footer.block_rows);
            let (block, row) = ((number / block_rows) as usize, (number % block_rows) as u32);
            (block, chunks.chunk_of(row), (row % chunks.rows) as usize)
        };
        let wanted: BTreeSet<(usize, usize)> =
            numbers.iter().map(|number| place(*number)).map(|(b, c, _)| (b, c)).collect();
        let decoded = self.chunks(chunks, &wanted);
        let calls = self.calls(chunks, &wanted, samples);
        let (decoded, calls) = try_join(decoded, calls).await?;
        let rows = numbers.iter().map(|number| {
            let (block, chunk, row) = place(*number);
            let calls = calls.get(&(block, chunk)).ok_or(NO_ROW)?;
            let chunk = decoded.get(&(block, chunk)).ok_or(NO_ROW)?;
            let mut row_of = self.row_of_chunk(chunk, row, *number)?;
            row_of.samples = self.sample_calls(calls, row)?;
            Ok(row_of)
        });
        rows.collect()
    }

    /// Decoded chunks by block and number.
    async fn chunks(
        &self,
        chunks: &Chunks,
        wanted: &BTreeSet<(usize, usize)>,
    ) -> Result<HashMap<(usize, usize), Arc<DecodedChunk>>, Error> {
        let mut decoded = HashMap::new();
        let mut missing = Vec::new();
        for (block, chunk) in wanted.iter().copied() {
            match self.cache.chunk(self.id, block as u32, chunk as u32) {
                Some(known) => drop(decoded.insert((block, chunk), known)),
                None => {
                    let streams = chunks.blocks.get(block).ok_or(NO_ROW)?;
                    let range = |stream: usize| {
                        streams.get(stream).and_then(|run| run.range(chunk)).ok_or(NO_ROW)
                    };
                    let numbers = self.row_columns.numbers.iter();
                    let numbers = numbers.map(|(column, _)| range(number_stream(*column)));
                    let ranges = [range(IDS), range(ROWS)].into_iter().chain(numbers);
                    let ranges = ranges.collect::<Result<Vec<_>, _>>()?;
                    missing.push(((block, chunk), ranges));
                }
            }
        }
        let read =
            self.read_ranges(missing.iter().flat_map(|(_, ranges)| ranges.iter().cloned())).await?;
        for ((block, chunk), ranges) in missing {
            let count = chunks.rows_of(chunk, self.footer.blocks[block].rows);
            let mut texts = ranges.iter().map(|range| unpack_chunk(&read.slice(range)?));
            let mut next = || texts.next().unwrap_or(Err(NO_ROW));
            let ids = next()?;
            let rows = RowChunk::decode(&next()?, self.row_columns.counts, count)?;
            let numbers = self.row_columns.numbers.iter();
            let numbers =
                numbers.map(|(column, _)| decode(next()?, ColumnKind::Number(*column), count));
            let new =
                Arc::new(DecodedChunk { ids, rows, numbers: numbers.collect::<Result<_, _>>()? });
            self.cache.insert_chunk(self.id, block as u32, chunk as u32, &new);
            decoded.insert((block, chunk), new);
            yield_now().await;
        }
        Ok(decoded)
    }

    /// The calls of some samples, by block and chunk.
    async fn calls(
        &self,
        chunks: &Chunks,
        wanted: &BTreeSet<(usize, usize)>,
        samples: &[u8],
    ) -> Result<HashMap<(usize, usize), Vec<CallColumns>>, Error> {
        let counts = self.footer.column_counts();
        let streams = samples
            .iter()
            .flat_map(|sample| [genotype_stream(counts, *sample), call_stream(counts, *sample)]);
        let streams: BTreeSet<usize> = streams.collect();
        let range = |block: usize, stream: usize, chunk: usize| {
            let run = chunks.blocks.get(block).and_then(|runs| runs.get(stream));
            run.and_then(|run| run.range(chunk)).ok_or(NO_ROW)
        };
        let mut ranges = Vec::new();
        for (block, chunk) in wanted {
            for stream in &streams {
                ranges.push(range(*block, *stream, *chunk)?);
            }
        }
        let read = self.read_ranges(ranges.into_iter()).await?;
        let mut calls = HashMap::new();
        for (block, chunk) in wanted.iter().copied() {
            let rows = chunks.rows_of(chunk, self.footer.blocks[block].rows);
            let mut texts = HashMap::new();
            for stream in &streams {
                let text = unpack_chunk(&read.slice(&range(block, *stream, chunk)?)?)?;
                texts.insert(*stream, text);
            }
            let column = |kind: ColumnKind| {
                let text = kind.stream(counts).and_then(|stream| texts.get(&stream));
                let part = kind.part(rows).and_then(|part| text?.get(part));
                decode(part.ok_or(NO_ROW)?.to_vec(), kind, rows)
            };
            let of_sample = |sample: &u8| {
                Ok::<_, Error>(CallColumns {
                    genotypes: column(ColumnKind::Genotype(*sample))?,
                    depths: column(ColumnKind::Depth(*sample))?,
                    qualities: column(ColumnKind::GenotypeQuality(*sample))?,
                    balances: column(ColumnKind::Balance(*sample))?,
                })
            };
            calls.insert((block, chunk), samples.iter().map(of_sample).collect::<Result<_, _>>()?);
            yield_now().await;
        }
        Ok(calls)
    }

    fn sample_calls(&self, columns: &[CallColumns], row: usize) -> Result<Vec<SampleCall>, Error> {
        let call = |columns: &CallColumns| {
            let genotype = columns.genotypes.at(row)?;
            let numbers = CallNumbers {
                depth: columns.depths.at(row)?,
                quality: columns.qualities.at(row)? as u16,
                balance: columns.balances.at(row)? as u16,
                phase_set: 0,
            };
            Some(numbers.call(self.footer.genotypes().get(genotype as usize)?))
        };
        columns.iter().map(|columns| call(columns).ok_or(NO_ROW)).collect()
    }

    /// Reads ranges of the index in few requests.
    async fn read_ranges(
        &self,
        ranges: impl Iterator<Item = Range<u64>>,
    ) -> Result<ReadRanges, Error> {
        let mut ranges: Vec<Range<u64>> = ranges.filter(|range| !range.is_empty()).collect();
        ranges.sort_unstable_by_key(|range| range.start);
        let requests = merged(ranges, PAGE_REQUESTS, SLACK_BYTES);
        let reads = requests.into_iter().map(|range| async move {
            let length = range.end - range.start;
            Ok::<_, Error>((
                range.start,
                read_range(&*self.index, range.start, length, "the index").await?,
            ))
        });
        let reads = futures::stream::iter(reads.collect::<Vec<_>>());
        Ok(ReadRanges(reads.buffered(2 * PAGE_REQUESTS).try_collect().await?))
    }

    fn row_of_chunk(&self, chunk: &DecodedChunk, at: usize, number: u64) -> Result<Row, Error> {
        let detail = Detail::TABLE;
        let values = chunk.rows.values(at).ok_or(NO_ROW)?;
        let ids = chunk.ids.split(|byte| *byte == b'\n').nth(at).ok_or(NO_ROW)?;
        let text = |part| String::from_utf8_lossy(chunk.rows.text(part, at)).into_owned();
        let optional = |part| Some(text(part)).filter(|text| !text.is_empty());
        let name = |names: &[String], number: u32| {
            names.get(number as usize).map(|name| detail.value(name.as_bytes()))
        };
        let ids = detail.ids(ids);
        let id = optional(RowText::Id).or_else(|| ids.first().cloned());
        let mut numbers = ByColumn::default();
        let mut qual = optional(RowText::Qual);
        let columns = &self.row_columns;
        for (n, (_, column)) in columns.numbers.iter().enumerate() {
            let number = chunk.number(n, at);
            match column.row_value {
                RowValue::Number => numbers.set(column, number),
                RowValue::Qual => qual = qual.or_else(|| number.map(|qual| qual.to_string())),
            }
        }
        for (n, column) in columns.source_numbers.iter().enumerate() {
            numbers.set(column, chunk.rows.number(n, at));
        }
        let values_of = |column: usize| {
            let number = chunk.rows.category(column, at).ok_or(NO_ROW)?;
            // What the dictionary does not have is a text.
            let rest = chunk.rows.text(RowText::Column(columns.texts.len() + column), at);
            if !rest.is_empty() {
                return Ok(String::from_utf8_lossy(rest));
            }
            let values = self.footer.categories[column].values.get(number as usize);
            values.map(|values| Cow::Borrowed(values.as_str())).ok_or(NO_ROW)
        };
        let mut categories = ByCategory::default();
        for (n, column) in &columns.categories {
            let values = values_of(*n)?;
            let values = values.split(';').filter(|value| !value.is_empty());
            categories.set_values(column, values.map(str::to_owned).collect());
        }
        let mut texts = ByColumn::default();
        for (n, column) in columns.texts.iter().enumerate() {
            texts.set(column, optional(RowText::Column(n)));
        }
        for (n, column) in &columns.category_texts {
            texts.set(column, Some(values_of(*n)?.into_owned()).filter(|text| !text.is_empty()));
        }
        let marks = chunk.rows.marks(at);
        let hgvs_c = String::from_utf8_lossy(&chunk.rows.hgvs_c(at)).into_owned();
        Ok(Row {
            number,
            chrom: name(&self.footer.contigs, values.contig).ok_or(NO_ROW)?,
            pos: values.pos,
            id: id.unwrap_or_else(|| ".".to_owned()),
            reference: text(RowText::Reference),
            alt: text(RowText::Alt),
            qual: qual.unwrap_or_else(|| ".".to_owned()),
            filter: name(&self.footer.filters, values.filter).ok_or(NO_ROW)?,
            types: types(values.class),
            consequence: (values.consequence != TermNumbers::NONE)
                .then(|| self.terms.name(values.consequence).to_owned()),
            impact: Impact::ALL.get(usize::from(values.impact)).copied(),
            gene: (values.gene != NO_GENE)
                .then(|| name(&self.footer.genes, values.gene).ok_or(NO_ROW))
                .transpose()?,
            transcript: optional(RowText::Transcript),
            mane: marks.mane(),
            canonical: marks.canonical(),
            exon: optional(RowText::Exon),
            intron: optional(RowText::Intron),
            hgvs_c: Some(hgvs_c).filter(|text| !text.is_empty()),
            hgvs_p: optional(RowText::HgvsP),
            numbers,
            categories,
            texts,
            ids,
            samples: Vec::new(),
            cut: None,
        })
    }
}

/// The calls of a sample in a chunk.
struct CallColumns {
    genotypes: Column,
    depths: Column,
    qualities: Column,
    balances: Column,
}

/// Bytes by offset.
struct ReadRanges(Vec<(u64, Bytes)>);

impl ReadRanges {
    /// A range within those that were read.
    fn slice(&self, range: &Range<u64>) -> Result<Bytes, Error> {
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        let at = self.0.partition_point(|(start, _)| *start <= range.start);
        let (start, bytes) = at.checked_sub(1).and_then(|n| self.0.get(n)).ok_or(NO_ROW)?;
        let (from, to) = ((range.start - start) as usize, (range.end - start) as usize);
        if to <= bytes.len() { Ok(bytes.slice(from..to)) } else { Err(NO_ROW) }
    }
}
