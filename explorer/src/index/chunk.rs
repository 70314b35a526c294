//! Collects the chunks of a block: identifiers, numbers, and what else a row of the table shows.

use super::OTHER;
use super::block::RecordFeatures;
use crate::format::{
    ColumnCounts, GENOTYPE_GROUP, NO_GENE, NO_NUMBER, RowChunkBuilder, RowText, encode_numbers,
    encode_shorts,
};
use crate::record_samples::CallNumbers;

/// The records of one chunk.
#[derive(Debug)]
pub(super) struct Chunk {
    ids: Vec<u8>,
    rows: RowChunkBuilder,
    /// By numeric column: the bits of the values that the table shows.
    numbers: Vec<Vec<u32>>,
    /// By sample.
    calls: Vec<Calls>,
}

/// The calls of a sample.
#[derive(Clone, Debug, Default)]
struct Calls {
    genotypes: Vec<u16>,
    depths: Vec<u32>,
    qualities: Vec<u16>,
    balances: Vec<u16>,
    phase_sets: Vec<u32>,
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
        let Chunk { ids, rows, numbers, calls } = &mut self.chunk;
        ids.extend_from_slice(&features.ids.text);
        ids.push(b'\n');
        rows.contigs.push(features.contig);
        rows.positions.push(features.pos);
        rows.classes.push(features.alleles.class);
        rows.filters.push(features.filter);
        rows.consequences.push(features.consequence);
        rows.impacts.push(features.impact);
        rows.genes.push(features.genes.first().copied().unwrap_or(NO_GENE));
        let of_streams = self.counts.numeric_of_streams();
        for (column, values) in numbers.iter_mut().enumerate() {
            let shown = features.values.numbers.shown(column);
            let bits = shown.map_or(NO_NUMBER, f32::to_bits);
            values.push(bits);
            if let Some(of_rows) = column.checked_sub(of_streams) {
                rows.numbers[of_rows].push(bits);
            }
        }
        let mut columns = 0;
        for text in features.values.texts.iter() {
            rows.push_text(RowText::Column(columns), text);
            columns += 1;
        }
        let categories = features.categories.iter().zip(features.values.categories.iter());
        for (n, (number, (_, text))) in categories.enumerate() {
            rows.categories[n].push(*number);
            // A full dictionary does not have the value.
            let text = if u32::from(*number) == OTHER { text } else { &[] };
            rows.push_text(RowText::Column(columns), String::from_utf8_lossy(text).as_bytes());
            columns += 1;
        }
        for (calls, (genotype, numbers)) in calls.iter_mut().zip(&features.calls) {
            calls.push(*genotype, *numbers);
        }
        let texts = &features.texts;
        rows.push_text(RowText::Id, &texts.id);
        rows.push_text(RowText::Reference, &texts.reference);
        rows.push_text(RowText::Alt, &texts.alt);
        rows.push_text(RowText::Qual, &texts.qual);
        rows.push_text(RowText::Transcript, &texts.transcript);
        rows.push_hgvs_c(&texts.hgvs_c, &texts.transcript);
        rows.push_text(RowText::HgvsP, &texts.hgvs_p);
        rows.push_text(RowText::Exon, &texts.exon);
        rows.push_text(RowText::Intron, &texts.intron);
        rows.push_marks(texts.marks);
    }

    /// Empties the collector, and returns its chunk.
    pub fn take(&mut self) -> Chunk {
        std::mem::replace(&mut self.chunk, Chunk::new(self.counts))
    }
}

impl Chunk {
    fn new(counts: ColumnCounts) -> Self {
        let numbers = vec![Vec::new(); counts.numeric];
        let calls = vec![Calls::default(); counts.samples];
        Self { ids: Vec::new(), rows: RowChunkBuilder::new(counts), numbers, calls }
    }

    /// The text of each stream.
    pub fn into_streams(mut self) -> impl Iterator<Item = Vec<u8>> {
        let groups = self.calls.chunks_mut(GENOTYPE_GROUP);
        let genotypes = groups.map(|group| {
            let samples = group.iter_mut().map(|calls| std::mem::take(&mut calls.genotypes));
            samples.flat_map(encode_shorts).collect()
        });
        let genotypes: Vec<Vec<u8>> = genotypes.collect();
        let calls = self.calls.into_iter().map(Calls::into_text);
        let numbers = self.numbers.into_iter().map(encode_numbers);
        [self.ids, self.rows.into_text()].into_iter().chain(numbers).chain(genotypes).chain(calls)
    }
}

impl Calls {
    fn push(&mut self, genotype: u16, numbers: CallNumbers) {
        self.genotypes.push(genotype);
        self.depths.push(numbers.depth);
        self.qualities.push(numbers.quality);
        self.balances.push(numbers.balance);
        self.phase_sets.push(numbers.phase_set);
    }

    /// The numbers, in the order of [`ColumnKind::part`](crate::format::ColumnKind::part).
    fn into_text(self) -> Vec<u8> {
        let mut text = encode_numbers(self.depths);
        text.extend(encode_shorts(self.qualities));
        text.extend(encode_shorts(self.balances));
        text.extend(encode_numbers(self.phase_sets));
        text
    }
}
