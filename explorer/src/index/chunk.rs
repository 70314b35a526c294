//! Collects the chunks of a block: identifiers, numbers, and what else a row of the table shows.

use super::block::RecordFeatures;
use crate::format::{ColumnCounts, NO_GENE, RowChunkBuilder, RowText, encode_numbers};

/// The records of one chunk.
#[derive(Debug)]
pub(super) struct Chunk {
    ids: Vec<u8>,
    rows: RowChunkBuilder,
    /// By numeric column: the bits of the values that the table shows.
    numbers: Vec<Vec<u32>>,
}

/// Collects a chunk.
#[derive(Debug)]
pub(super) struct ChunkCollector {
    counts: ColumnCounts,
    chunk: Chunk,
}

impl ChunkCollector {
    /// No records.
    pub fn new(counts: ColumnCounts) -> Self {
        Self { counts, chunk: Chunk::new(counts) }
    }

    /// The number of records.
    pub fn rows(&self) -> usize {
        self.chunk.rows.rows()
    }

    /// Adds a record.
    pub fn push(&mut self, features: &RecordFeatures) {
        let Chunk { ids, rows, numbers } = &mut self.chunk;
        ids.extend_from_slice(&features.ids.text);
        ids.push(b'\n');
        rows.contigs.push(features.contig);
        rows.positions.push(features.pos);
        rows.classes.push(features.alleles.class);
        rows.filters.push(features.filter);
        rows.consequences.push(features.consequence);
        rows.impacts.push(features.impact);
        rows.genes.push(features.genes.first().copied().unwrap_or(NO_GENE));
        for (column, values) in numbers.iter_mut().enumerate() {
            let shown = features.values.numbers.shown(column);
            values.push(shown.unwrap_or(f32::NAN).to_bits());
        }
        for (values, number) in rows.categories.iter_mut().zip(&features.categories) {
            values.push(*number);
        }
        let texts = &features.texts;
        rows.push_text(RowText::Id, &texts.id);
        rows.push_text(RowText::Reference, &texts.reference);
        rows.push_text(RowText::Alt, &texts.alt);
        rows.push_text(RowText::Qual, &texts.qual);
        rows.push_text(RowText::Transcript, &texts.transcript);
        rows.push_hgvs_c(&texts.hgvs_c, &texts.transcript);
        rows.push_text(RowText::HgvsP, &texts.hgvs_p);
    }

    /// Empties the collector, and returns its chunk.
    pub fn take(&mut self) -> Chunk {
        std::mem::replace(&mut self.chunk, Chunk::new(self.counts))
    }
}

impl Chunk {
    fn new(counts: ColumnCounts) -> Self {
        let numbers = vec![Vec::new(); counts.numeric];
        Self { ids: Vec::new(), rows: RowChunkBuilder::new(counts), numbers }
    }

    /// The text of each stream.
    pub fn into_streams(self) -> impl Iterator<Item = Vec<u8>> {
        let numbers = self.numbers.into_iter().map(encode_numbers);
        [self.ids, self.rows.into_text()].into_iter().chain(numbers)
    }
}
