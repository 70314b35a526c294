//! A block while it is filled.

use crate::facts::{Alleles, Frequencies, Identifiers};
use crate::format::{
    BlockEntry, Column, ColumnKind, ContigStats, FloatStats, LengthStats, NO_GENE, NO_LENGTH,
    Place, Sets, Stats, pack,
};
use std::collections::HashMap;
use std::hash::Hash;

/// What the index keeps of one record.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub contig: u32,
    pub pos: u32,
    pub filter: u16,
    pub quality: f32,
    pub consequence: u8,
    pub impact: u8,
    pub terms: u64,
    /// The chosen entry's gene first, then the others.
    pub genes: Vec<u32>,
    pub alleles: Alleles,
    pub frequencies: Frequencies,
    pub ids: Identifiers,
}

/// Columns of some records.
#[derive(Debug, Default)]
pub(super) struct Block {
    contigs: Vec<u32>,
    positions: Vec<u32>,
    spans: Vec<u32>,
    classes: Vec<u16>,
    lengths: Vec<u32>,
    more_lengths: Vec<(u16, u32)>,
    qualities: Vec<u32>,
    frequencies: Vec<u32>,
    more_frequencies: Vec<(u16, u32)>,
    filters: Vec<u16>,
    consequences: Vec<u8>,
    impacts: Vec<u8>,
    known: Vec<u8>,
    genes: SetColumn<Vec<u32>>,
    terms: SetColumn<u64>,
    ids: Vec<u8>,
    line_bytes: Vec<u32>,
    stats: Stats,
}

impl Block {
    /// Records so far.
    pub fn rows(&self) -> usize {
        self.positions.len()
    }

    /// Adds a record.
    pub fn push(&mut self, facts: &Facts, line_bytes: u32) {
        let row = self.rows() as u16;
        self.contigs.push(facts.contig);
        self.positions.push(facts.pos);
        self.spans.push(facts.alleles.span);
        self.classes.push(facts.alleles.class);
        self.qualities.push(facts.quality.to_bits());
        self.filters.push(facts.filter);
        self.consequences.push(facts.consequence);
        self.impacts.push(facts.impact);
        self.known.push(u8::from(facts.ids.known));
        self.terms.push(&facts.terms);
        self.genes.push(&facts.genes);
        self.ids.extend(facts.ids.text.iter().map(u8::to_ascii_lowercase));
        self.ids.push(b'\n');
        self.line_bytes.push(line_bytes);
        self.push_lengths(row, &facts.alleles.lengths);
        self.push_frequencies(row, &facts.frequencies);
        self.add_stats(facts);
    }

    /// Adds bytes to the last record's line: what is between it and the next.
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

    fn push_frequencies(&mut self, row: u16, frequencies: &Frequencies) {
        let lowest = frequencies.lowest();
        self.frequencies.push(lowest.unwrap_or(f32::NAN).to_bits());
        let more = frequencies.values.iter().filter(|f| Some(**f) != lowest);
        self.more_frequencies.extend(more.map(|f| (row, f.to_bits())));
        if frequencies.values.is_empty() {
            add_float(&mut self.stats.frequency, f32::NAN);
        }
        frequencies.values.iter().for_each(|f| add_float(&mut self.stats.frequency, *f));
    }

    fn add_stats(&mut self, facts: &Facts) {
        let stats = &mut self.stats;
        stats.known += u32::from(facts.ids.known);
        stats.terms |= facts.terms;
        add_float(&mut stats.quality, facts.quality);
        for gene in facts.genes.iter().filter(|gene| **gene != NO_GENE) {
            let (least, greatest) = stats.genes.unwrap_or((*gene, *gene));
            stats.genes = Some((least.min(*gene), greatest.max(*gene)));
        }
        let end = facts.pos.saturating_add(facts.alleles.span.saturating_sub(1));
        // Contigs come in runs: the last one first.
        match stats.contigs.iter_mut().rev().find(|contig| contig.contig == facts.contig) {
            Some(contig) => {
                contig.rows += 1;
                contig.start = contig.start.min(facts.pos);
                contig.end = contig.end.max(end);
            }
            None => stats.contigs.push(ContigStats {
                contig: facts.contig,
                rows: 1,
                start: facts.pos,
                end,
            }),
        }
    }

    /// Writes the columns to `out` and says where they are; the block is empty afterwards.
    pub fn finish(
        &mut self,
        offset: u64,
        text_start: u64,
        places: Vec<Place>,
        out: &mut Vec<u8>,
    ) -> BlockEntry {
        let block = std::mem::take(self);
        let rows = block.rows() as u32;
        let stats = Stats {
            consequences: counted(&block.consequences),
            impacts: counted(&block.impacts),
            classes: counted(&block.classes),
            filters: counted(&block.filters),
            ..block.stats.clone()
        };
        let columns = block.into_columns(places);
        let segments = ColumnKind::ALL.iter().zip(&columns);
        let segments = segments.map(|(kind, column)| pack(column, *kind, out)).collect();
        BlockEntry { rows, offset, text_start, segments, stats }
    }

    /// In the order of [`ColumnKind::ALL`].
    fn into_columns(self, places: Vec<Place>) -> [Column; ColumnKind::ALL.len()] {
        [
            Column::U32(self.contigs),
            Column::U8(self.consequences),
            Column::U8(self.impacts),
            Column::U16(self.classes),
            Column::U16(self.filters),
            Column::U8(self.known),
            Column::Genes(self.genes.into_sets()),
            Column::U32(self.frequencies),
            Column::More(self.more_frequencies),
            Column::U32(self.qualities),
            Column::U32(self.lengths),
            Column::More(self.more_lengths),
            Column::U32(self.positions),
            Column::U32(self.spans),
            Column::Terms(self.terms.into_sets()),
            Column::U32(self.line_bytes),
            Column::Places(places),
            Column::Text(self.ids),
        ]
    }
}

fn add_float(stats: &mut FloatStats, value: f32) {
    if value.is_nan() {
        stats.missing += 1;
    } else {
        stats.min = stats.min.min(value);
        stats.max = stats.max.max(value);
    }
}

fn counted<T: Copy + Ord>(values: &[T]) -> Vec<(T, u32)> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u32)).collect()
}

/// Sets numbered within the block, and the rows' numbers.
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
        // Neighbours are mostly alike.
        if let Some(last) = self.rows.last().filter(|last| self.sets[usize::from(**last)] == *set) {
            self.rows.push(*last);
            return;
        }
        let number = match self.numbers.get(set) {
            Some(number) => *number,
            None => {
                // At most one set a row, and row numbers fit.
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
