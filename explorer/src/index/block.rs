//! Collects the columns of a block.

use crate::columns::Sources;
use crate::format::{
    BlockEntry, BlockOffset, Column, ColumnCounts, ColumnKind, ContigStats, LengthStats, NO_GENE,
    NO_LENGTH, NumberStats, Sets, Stats, TranscriptMarks, pack,
};
use crate::record_features::{Alleles, FieldValues, Identifiers};
use crate::record_samples::CallNumbers;
use hashbrown::HashMap;
use std::hash::Hash;

/// The data of one record that the index stores.
#[derive(Debug)]
pub(super) struct RecordFeatures {
    pub contig: u32,
    pub pos: u32,
    pub filter: u16,
    pub consequence: u8,
    pub impact: u8,
    pub terms: u64,
    /// The gene of the chosen transcript, then the others.
    pub genes: Vec<u32>,
    pub alleles: Alleles,
    pub values: FieldValues,
    /// By category column that is read from fields: the number of its values in the dictionary.
    pub categories: Vec<u16>,
    pub ids: Identifiers,
    pub texts: RowTexts,
    /// By sample: the number of its genotype, and the numbers of its call.
    pub calls: Vec<(u16, CallNumbers)>,
}

/// The texts that a row of the table shows, as it shows them.
#[derive(Debug, Default)]
pub(super) struct RowTexts {
    /// As [`RowText::Id`](crate::format::RowText::Id).
    pub id: Vec<u8>,
    pub reference: Vec<u8>,
    pub alt: Vec<u8>,
    pub qual: Vec<u8>,
    pub transcript: Vec<u8>,
    pub hgvs_c: Vec<u8>,
    pub hgvs_p: Vec<u8>,
    pub exon: Vec<u8>,
    pub intron: Vec<u8>,
    pub marks: TranscriptMarks,
}

impl RecordFeatures {
    /// The features of no record; they are overwritten for each one.
    pub fn new(sources: &Sources) -> Self {
        Self {
            contig: 0,
            pos: 0,
            filter: 0,
            consequence: 0,
            impact: 0,
            terms: 0,
            genes: Vec::new(),
            alleles: Alleles::default(),
            values: FieldValues::new(sources),
            categories: Vec::new(),
            ids: Identifiers::default(),
            texts: RowTexts::default(),
            calls: Vec::new(),
        }
    }
}

/// The columns of the block's records so far.
#[derive(Debug, Default)]
pub(super) struct Block {
    contigs: Vec<u32>,
    positions: Vec<u32>,
    spans: Vec<u32>,
    classes: Vec<u16>,
    lengths: Vec<u32>,
    more_lengths: Vec<(u16, u32)>,
    numbers: Vec<NumberColumn>,
    filters: Vec<u16>,
    consequences: Vec<u8>,
    impacts: Vec<u8>,
    has_rs_id: Vec<u8>,
    categories: Vec<Vec<u16>>,
    genes: SetColumn<Vec<u32>>,
    terms: SetColumn<u64>,
    line_bytes: Vec<u32>,
    stats: Stats,
    /// By contig: its position in the statistics.
    contig_stats: HashMap<u32, usize>,
    /// Approximate bytes of the columns whose size depends on more than the number of records.
    bytes: usize,
}

/// A numeric column. The values that the table shows are in chunks.
#[derive(Clone, Debug, Default)]
struct NumberColumn {
    /// Further values, with their rows.
    more: Vec<(u16, u32)>,
}

impl NumberColumn {
    fn push(&mut self, row: u16, shown: Option<f32>, values: &[f32], stats: &mut NumberStats) {
        let more = values.iter().filter(|value| Some(**value) != shown);
        self.more.extend(more.map(|value| (row, value.to_bits())));
        stats.missing += u32::from(values.is_empty());
        for value in values {
            stats.min = stats.min.min(*value);
            stats.max = stats.max.max(*value);
        }
    }
}

impl Block {
    /// A block without records.
    pub fn new(counts: ColumnCounts) -> Self {
        let ColumnCounts { numeric, categories, .. } = counts;
        let stats = Stats { numbers: vec![NumberStats::default(); numeric], ..Stats::default() };
        let numbers = vec![NumberColumn::default(); numeric];
        Self { numbers, categories: vec![Vec::new(); categories], stats, ..Self::default() }
    }

    /// Empties the block, and returns what it had.
    pub fn take(&mut self) -> Self {
        let counts = self.counts();
        std::mem::replace(self, Self::new(counts))
    }

    const fn counts(&self) -> ColumnCounts {
        let (numeric, categories) = (self.numbers.len(), self.categories.len());
        ColumnCounts { numeric, categories, samples: 0, of_rows: None }
    }

    /// The number of records.
    pub fn rows(&self) -> usize {
        self.positions.len()
    }

    /// Adds a record.
    pub fn push(&mut self, features: &RecordFeatures, line_bytes: u32) {
        let row = self.rows() as u16;
        self.contigs.push(features.contig);
        self.positions.push(features.pos);
        self.spans.push(features.alleles.span);
        self.classes.push(features.alleles.class);
        self.filters.push(features.filter);
        self.consequences.push(features.consequence);
        self.impacts.push(features.impact);
        self.has_rs_id.push(u8::from(features.ids.has_rs_id));
        let categories = self.categories.iter_mut().zip(&features.categories);
        categories.for_each(|(column, number)| column.push(*number));
        self.terms.push(&features.terms);
        self.genes.push(&features.genes);
        self.line_bytes.push(line_bytes);
        self.bytes +=
            features.ids.text.len() + 8 * features.alleles.lengths.len() + 4 * features.genes.len();
        self.push_lengths(row, &features.alleles.lengths);
        let columns = self.numbers.iter_mut().zip(&mut self.stats.numbers);
        for (n, (column, stats)) in columns.enumerate() {
            let numbers = &features.values.numbers;
            self.bytes += 8 * numbers.values(n).len();
            column.push(row, numbers.shown(n), numbers.values(n), stats);
        }
        self.add_stats(features);
    }

    /// Approximate bytes of identifiers, genes and numbers.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds the bytes of empty lines to the line of the last record. Returns `false` if there is no
    /// record yet.
    pub fn extend_line(&mut self, bytes: u32) -> bool {
        match self.line_bytes.last_mut() {
            Some(last) => {
                *last = last.saturating_add(bytes);
                true
            }
            None => false,
        }
    }

    fn push_lengths(&mut self, row: u16, lengths: &[i32]) {
        self.lengths.push(lengths.first().copied().unwrap_or(NO_LENGTH) as u32);
        self.more_lengths.extend(lengths.iter().skip(1).map(|length| (row, *length as u32)));
        for length in lengths {
            let LengthStats { min, max } = &mut self.stats.length;
            (*min, *max) = ((*min).min(*length), (*max).max(*length));
        }
    }

    fn add_stats(&mut self, features: &RecordFeatures) {
        let stats = &mut self.stats;
        stats.with_rs_id += u32::from(features.ids.has_rs_id);
        stats.terms |= features.terms;
        for gene in features.genes.iter().filter(|gene| **gene != NO_GENE) {
            let (least, greatest) = stats.genes.unwrap_or((*gene, *gene));
            stats.genes = Some((least.min(*gene), greatest.max(*gene)));
        }
        let end = features.pos.saturating_add(features.alleles.span.saturating_sub(1));
        // Records of a contig are usually adjacent.
        let is_last = stats.contigs.last().is_some_and(|last| last.contig == features.contig);
        let found = match is_last {
            true => Some(stats.contigs.len() - 1),
            false => self.contig_stats.insert(features.contig, stats.contigs.len()),
        };
        match found {
            Some(index) => {
                if !is_last {
                    self.contig_stats.insert(features.contig, index);
                }
                let contig = &mut stats.contigs[index];
                contig.rows += 1;
                contig.start = contig.start.min(features.pos);
                contig.end = contig.end.max(end);
            }
            None => stats.contigs.push(ContigStats {
                contig: features.contig,
                rows: 1,
                start: features.pos,
                end,
            }),
        }
    }

    /// Appends the columns to `out`, and returns their entry in the footer.
    pub fn pack(
        self,
        offset: u64,
        text_start: u64,
        offsets: Vec<BlockOffset>,
        out: &mut Vec<u8>,
    ) -> BlockEntry {
        let (counts, rows) = (self.counts(), self.rows() as u32);
        let stats = Stats {
            consequences: counted(&self.consequences),
            impacts: counted(&self.impacts),
            classes: counted(&self.classes),
            filters: counted(&self.filters),
            categories: self.categories.iter().map(|column| counted(column)).collect(),
            ..self.stats.clone()
        };
        let columns = self.into_columns(offsets);
        let segments = ColumnKind::all(counts).into_iter().zip(&columns);
        let segments = segments.map(|(kind, column)| pack(column, kind, out)).collect();
        BlockEntry { rows, offset, text_start, segments, stats }
    }

    /// The columns, in the order of [`ColumnKind::all`].
    fn into_columns(self, offsets: Vec<BlockOffset>) -> Vec<Column> {
        let numbers = self.numbers.into_iter();
        let numbers =
            numbers.flat_map(|number| [Column::U32(Vec::new()), Column::More(number.more)]);
        let mut columns = vec![
            Column::U32(self.contigs),
            Column::U8(self.consequences),
            Column::U8(self.impacts),
            Column::U16(self.classes),
            Column::U16(self.filters),
            Column::U8(self.has_rs_id),
        ];
        columns.extend(self.categories.into_iter().map(Column::U16));
        columns.push(Column::Genes(self.genes.into_sets()));
        columns.extend(numbers);
        columns.extend([
            Column::U32(self.lengths),
            Column::More(self.more_lengths),
            Column::U32(self.positions),
            Column::U32(self.spans),
            Column::Terms(self.terms.into_sets()),
            Column::U32(self.line_bytes),
            Column::BlockOffsets(offsets),
            // The identifiers are in chunks.
            Column::Text(Vec::new()),
        ]);
        columns
    }
}

fn counted<T: Copy + Ord>(values: &[T]) -> Vec<(T, u32)> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u32)).collect()
}

/// A column of sets while it is collected; equal sets are stored once.
#[derive(Debug)]
struct SetColumn<T> {
    rows: Vec<u16>,
    sets: Vec<T>,
    numbers: HashMap<T, u16>,
}

impl<T> Default for SetColumn<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), sets: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> SetColumn<T> {
    fn push(&mut self, set: &T) {
        // Adjacent records mostly have equal sets.
        if let Some(last) = self.rows.last().filter(|last| self.sets[usize::from(**last)] == *set) {
            self.rows.push(*last);
            return;
        }
        let number = match self.numbers.get(set) {
            Some(number) => *number,
            None => {
                // There are at most as many sets as rows, which fit into 16 bits.
                let number = self.sets.len() as u16;
                self.sets.push(set.clone());
                self.numbers.insert(set.clone(), number);
                number
            }
        };
        self.rows.push(number);
    }

    fn into_sets(self) -> Sets<T> {
        Sets { rows: self.rows, sets: self.sets }
    }
}
