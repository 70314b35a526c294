//! Reads the index of a shard of a result from front to back, to merge it with those of the other shards.

use super::block::RecordFeatures;
use crate::Error;
use crate::block_columns::BlockColumns;
use crate::explorer::{check, read_footer};
use crate::format::{
    BlockOffset, Chunks, Column, ColumnKind, Footer, IDS, NO_LENGTH, ROWS, RowChunk, RowText,
    call_stream, decode, genotype_stream, number_stream, unpack, unpack_chunk,
};
use crate::record_samples::CallNumbers;
use crate::source::{Source, read_range};
use bytes::Bytes;
use futures::executor::block_on;
use gas_shared::explorer::ColumnSet;
use gas_shared::source::{SourceColumn, SourceColumnKind};
use std::sync::Arc;

/// The index of a shard.
pub(super) struct ShardIndex<'a> {
    source: &'a dyn Source,
    pub footer: Footer,
}

/// The size of a shard and of its text, and the BGZF blocks with it, from its start on.
pub(super) struct ShardText {
    pub size: BlockOffset,
    pub offsets: Vec<BlockOffset>,
}

/// What a value that is missing in a decoded column is.
const NO_VALUE: Error = Error::Damaged("a column has too few values");

impl<'a> ShardIndex<'a> {
    /// Opens an index.
    pub fn open(source: &'a dyn Source) -> Result<Self, Error> {
        let footer = block_on(read_footer(source))?;
        check(&footer, source.len())?;
        if footer.declared.is_none() || footer.chunks.is_none() || !footer.bgzf {
            return Err(Error::OtherShards("one is of an earlier version, or of a text"));
        }
        Ok(Self { source, footer })
    }

    /// The columns that the header of the shard declares, also those with too many values for a category.
    pub fn column_set(&self) -> ColumnSet {
        let columns = self.footer.columns();
        let is_category = |source: &SourceColumn| {
            let text = columns.texts().iter().find(|text| text.source == *source);
            text.is_some_and(|text| {
                self.footer.categories.iter().any(|known| known.name == text.name)
            })
        };
        let sources = columns.sources().iter().map(|source| match is_category(source) {
            true => SourceColumn { kind: SourceColumnKind::Category, ..source.clone() },
            false => source.clone(),
        });
        ColumnSet::of(sources).with_left_out(columns.left_out())
    }

    fn chunks(&self) -> Result<&Chunks, Error> {
        self.footer.chunks.as_ref().ok_or(NO_VALUE)
    }

    fn read(&self, offset: u64, length: u64) -> Result<Bytes, Error> {
        block_on(read_range(self.source, offset, length, "the index"))
    }

    /// The text of the shard in the file that was indexed, which begins with the header.
    pub fn text(&self) -> Result<ShardText, Error> {
        let Footer { header_bytes, result_bytes, text_bytes, header_offsets, .. } = &self.footer;
        let start = header_offsets.iter().find(|offset| offset.text == *header_bytes);
        let start = *start.ok_or(Error::OtherShards("the header and a record share a block"))?;
        let mut offsets = Vec::new();
        for block in 0..self.footer.blocks.len() {
            let columns = self.columns(block)?;
            offsets.extend_from_slice(columns.block_offsets(ColumnKind::BlockOffsets)?);
        }
        // The last block of each list is the first one of the next.
        offsets.sort_unstable_by_key(|offset| (offset.packed, offset.text));
        offsets.dedup();
        let from_start = |offset: BlockOffset| {
            let packed = offset.packed.checked_sub(start.packed);
            let text = offset.text.checked_sub(start.text);
            Some(BlockOffset { packed: packed?, text: text? })
        };
        let all = offsets.into_iter().map(from_start).collect::<Option<Vec<_>>>();
        let end = BlockOffset { packed: *result_bytes, text: *text_bytes };
        let size = from_start(end).ok_or(NO_VALUE)?;
        let mut offsets = all.ok_or(NO_VALUE)?;
        offsets.retain(|offset| offset.packed < size.packed);
        Ok(ShardText { size, offsets })
    }

    /// The columns of a block that are not in chunks.
    fn columns(&self, block: usize) -> Result<BlockColumns, Error> {
        let counts = self.footer.column_counts();
        let entry = self.footer.blocks.get(block).ok_or(NO_VALUE)?;
        let mut columns = BlockColumns::new(entry.rows as usize);
        let mut offset = entry.offset;
        for (kind, segment) in ColumnKind::all(counts).into_iter().zip(&entry.segments) {
            if kind.stream(counts).is_none() {
                let packed = self.read(offset, segment.bytes())?;
                let column = unpack(segment, &packed, kind, columns.rows)?;
                columns.insert(kind, Arc::new(column));
            }
            offset += segment.bytes();
        }
        Ok(columns)
    }

    /// Calls back with each record, of which `features` has everything that the index has, and the bytes of its line.
    /// Numbers of texts are those of the shard.
    pub fn for_each_record<E: From<Error>>(
        &self,
        features: &mut RecordFeatures,
        mut visit: impl FnMut(&mut RecordFeatures, u32) -> Result<(), E>,
    ) -> Result<(), E> {
        for (number, entry) in self.footer.blocks.iter().enumerate() {
            let columns = self.columns(number)?;
            let mut block = BlockReader::new(&columns, &self.footer)?;
            let chunk_rows = self.chunks()?.rows;
            for chunk in 0..entry.rows.div_ceil(chunk_rows.max(1)) as usize {
                let rows = self.chunks()?.rows_of(chunk, entry.rows);
                let chunk = self.chunk(number, chunk, rows)?;
                for row in 0..rows {
                    block.read(features)?;
                    chunk.read(row, features).ok_or(NO_VALUE)?;
                    chunk.read_texts(row, &self.footer, features).ok_or(NO_VALUE)?;
                    block.read_numbers(&chunk, row, features)?;
                    let bytes = block.line_bytes()?;
                    visit(features, bytes)?;
                    block.row += 1;
                }
            }
        }
        Ok(())
    }

    /// A chunk of `rows` records.
    fn chunk(&self, block: usize, chunk: usize, rows: usize) -> Result<ChunkReader, Error> {
        let counts = self.footer.column_counts();
        let runs = self.chunks()?.blocks.get(block).ok_or(NO_VALUE)?;
        let text = |stream: usize| {
            let range = runs.get(stream).and_then(|run| run.range(chunk)).ok_or(NO_VALUE)?;
            unpack_chunk(&self.read(range.start, range.end - range.start)?)
        };
        let numbers = (0..counts.numeric as u8)
            .map(|column| decode(text(number_stream(column))?, ColumnKind::Number(column), rows));
        let part = |text: &[u8], kind: ColumnKind| {
            let part = kind.part(rows).and_then(|part| text.get(part)).ok_or(NO_VALUE)?;
            decode(part.to_vec(), kind, rows)
        };
        let mut genotypes = (usize::MAX, Vec::new());
        let mut samples = Vec::with_capacity(counts.samples);
        for sample in 0..counts.samples as u8 {
            let stream = genotype_stream(counts, sample);
            if genotypes.0 != stream {
                genotypes = (stream, text(stream)?);
            }
            let numbers = text(call_stream(counts, sample))?;
            samples.push([
                part(&genotypes.1, ColumnKind::Genotype(sample))?,
                part(&numbers, ColumnKind::Depth(sample))?,
                part(&numbers, ColumnKind::GenotypeQuality(sample))?,
                part(&numbers, ColumnKind::Balance(sample))?,
                part(&numbers, ColumnKind::PhaseSet(sample))?,
            ]);
        }
        let ids = text(IDS)?;
        let id_ends: Vec<usize> = memchr::memchr_iter(b'\n', &ids).collect();
        Ok(ChunkReader {
            id_ends,
            ids,
            rows: RowChunk::decode(&text(ROWS)?, counts, rows)?,
            numbers: numbers.collect::<Result<_, _>>()?,
            samples,
        })
    }
}

/// The rows of a chunk.
struct ChunkReader {
    ids: Vec<u8>,
    id_ends: Vec<usize>,
    rows: RowChunk,
    numbers: Vec<Column>,
    /// By sample: the columns of its calls.
    samples: Vec<[Column; 5]>,
}

impl ChunkReader {
    /// Reads a record; `None` if the chunk does not have it.
    fn read(&self, row: usize, features: &mut RecordFeatures) -> Option<()> {
        let start =
            row.checked_sub(1).map_or(Some(0), |before| Some(self.id_ends.get(before)? + 1));
        features.ids.text.clear();
        features.ids.text.extend_from_slice(self.ids.get(start?..*self.id_ends.get(row)?)?);
        let texts = &mut features.texts;
        for (part, text) in [
            (RowText::Id, &mut texts.id),
            (RowText::Reference, &mut texts.reference),
            (RowText::Alt, &mut texts.alt),
            (RowText::Qual, &mut texts.qual),
            (RowText::Transcript, &mut texts.transcript),
            (RowText::HgvsP, &mut texts.hgvs_p),
            (RowText::Exon, &mut texts.exon),
            (RowText::Intron, &mut texts.intron),
        ] {
            text.clear();
            text.extend_from_slice(self.rows.text(part, row));
        }
        texts.hgvs_c = self.rows.hgvs_c(row);
        texts.marks = self.rows.marks(row);
        features.calls.clear();
        for [genotype, depth, quality, balance, phase_set] in &self.samples {
            let numbers = CallNumbers {
                depth: depth.at(row)?,
                quality: quality.at(row)? as u16,
                balance: balance.at(row)? as u16,
                phase_set: phase_set.at(row)?,
            };
            features.calls.push((genotype.at(row)? as u16, numbers));
        }
        Some(())
    }

    /// Reads the texts of columns, and of category columns, whose numbers have been read; `None` if the index does not
    /// have them.
    fn read_texts(&self, row: usize, footer: &Footer, features: &mut RecordFeatures) -> Option<()> {
        let columns = footer.declared.as_ref()?.of_rows.texts;
        let texts = columns.checked_sub(footer.categories.len())?;
        for column in 0..texts {
            features.values.texts.set(column, self.rows.text(RowText::Column(column), row));
        }
        let numbers = features.categories.iter().zip(&footer.categories);
        for (column, (number, known)) in numbers.enumerate() {
            let text = match self.rows.text(RowText::Column(texts + column), row) {
                [] => known.values.get(usize::from(*number))?.as_bytes(),
                text => text,
            };
            features.values.categories.set(column, text);
        }
        Some(())
    }

    /// The value of a numeric column that the table shows.
    fn shown(&self, column: usize, row: usize) -> Result<Option<f32>, Error> {
        let bits = self.numbers.get(column).and_then(|values| values.at(row)).ok_or(NO_VALUE)?;
        Ok(Some(f32::from_bits(bits)).filter(|value| !value.is_nan()))
    }
}

/// Reads the columns of a block row by row.
struct BlockReader<'a> {
    columns: &'a BlockColumns,
    row: usize,
    categories: usize,
    /// By numeric column, and of the lengths at the end: how many of the further values have been read.
    read_more: Vec<usize>,
}

impl<'a> BlockReader<'a> {
    fn new(columns: &'a BlockColumns, footer: &Footer) -> Result<Self, Error> {
        let counts = footer.column_counts();
        let read_more = vec![0; counts.numeric + 1];
        Ok(Self { columns, row: 0, categories: counts.categories, read_more })
    }

    fn u32(&self, kind: ColumnKind) -> Result<u32, Error> {
        self.columns.u32s(kind)?.get(self.row).copied().ok_or(NO_VALUE)
    }

    fn u16(&self, kind: ColumnKind) -> Result<u16, Error> {
        self.columns.u16s(kind)?.get(self.row).copied().ok_or(NO_VALUE)
    }

    fn u8(&self, kind: ColumnKind) -> Result<u8, Error> {
        self.columns.u8s(kind)?.get(self.row).copied().ok_or(NO_VALUE)
    }

    fn line_bytes(&self) -> Result<u32, Error> {
        self.u32(ColumnKind::LineBytes)
    }

    /// The further values of the row, of which `read_more` has the place at `at`.
    fn more(&mut self, kind: ColumnKind, at: usize) -> Result<&'a [(u16, u32)], Error> {
        let all = self.columns.more(kind)?;
        let start = self.read_more.get(at).copied().unwrap_or_default();
        let rest = all.get(start..).unwrap_or_default();
        let count = rest.iter().take_while(|(row, _)| usize::from(*row) == self.row).count();
        self.read_more[at] = start + count;
        Ok(&rest[..count])
    }

    fn read(&mut self, features: &mut RecordFeatures) -> Result<(), Error> {
        features.contig = self.u32(ColumnKind::Contig)?;
        features.pos = self.u32(ColumnKind::Pos)?;
        features.filter = self.u16(ColumnKind::Filter)?;
        features.consequence = self.u8(ColumnKind::Consequence)?;
        features.impact = self.u8(ColumnKind::Impact)?;
        features.ids.has_rs_id = self.u8(ColumnKind::HasRsId)? != 0;
        let terms = self.columns.terms()?;
        let set = terms.rows.get(self.row).and_then(|set| terms.sets.get(usize::from(*set)));
        features.terms = *set.ok_or(NO_VALUE)?;
        let genes = self.columns.genes()?;
        let set = genes.rows.get(self.row).and_then(|set| genes.sets.get(usize::from(*set)));
        features.genes.clone_from(set.ok_or(NO_VALUE)?);
        features.categories.clear();
        for column in 0..self.categories as u8 {
            features.categories.push(self.u16(ColumnKind::Category(column))?);
        }
        features.alleles.class = self.u16(ColumnKind::Class)?;
        features.alleles.span = self.u32(ColumnKind::Span)?;
        let first = self.u32(ColumnKind::Length)? as i32;
        let more = self.more(ColumnKind::MoreLengths, self.read_more.len() - 1)?;
        features.alleles.lengths.clear();
        features.alleles.lengths.extend((first != NO_LENGTH).then_some(first));
        features.alleles.lengths.extend(more.iter().map(|(_, length)| *length as i32));
        Ok(())
    }

    fn read_numbers(
        &mut self,
        chunk: &ChunkReader,
        row: usize,
        features: &mut RecordFeatures,
    ) -> Result<(), Error> {
        for column in 0..chunk.numbers.len() {
            let shown = chunk.shown(column, row)?;
            let more = self.more(ColumnKind::MoreNumbers(column as u8), column)?;
            let more = more.iter().map(|(_, bits)| f32::from_bits(*bits));
            features.values.numbers.set(column, shown, more);
        }
        Ok(())
    }
}
