//! Records that are held back until all haplotypes that touch them are known, with their calls.

use super::flags::ConsequenceFlags;
use super::genotypes::Genotype;
use std::ops::Range;

const NONE: u32 = u32::MAX;

/// A call at a record.
#[derive(Clone, Debug)]
pub(crate) struct Consequence {
    pub(crate) flags: ConsequenceFlags,
    pub(crate) transcript: u32,
    /// Number of the alternative; 0 where it does not matter.
    pub(crate) allele: u16,
    /// The record where the call is written (for [`ConsequenceFlags::ELSEWHERE`]).
    pub(crate) written_at: u32,
    /// Amino acids and bases changed, in `RecordBuffer::text`; empty where there are none.
    pub(crate) change: Range<u32>,
    next: u32,
}

impl Consequence {
    /// A call without a change of its own.
    pub(crate) const fn new(flags: ConsequenceFlags, transcript: u32, allele: u16) -> Self {
        Self { flags, transcript, allele, written_at: NONE, change: 0..0, next: NONE }
    }

    /// The call with the change that `RecordBuffer::text` has in a range.
    pub(crate) fn changing(self, change: Range<u32>) -> Self {
        Self { change, ..self }
    }

    /// The call of a change that is told at another record.
    pub(crate) fn written_at(self, written_at: u32) -> Self {
        Self { written_at, ..self }
    }
}

/// What two transcripts must share for their calls to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MergeKey {
    pub(crate) biotype: u16,
    pub(crate) gene: u32,
}

/// A record: where its columns are in `RecordBuffer::lines`.
#[derive(Clone, Debug)]
pub(crate) struct BufferedRecord {
    pub(crate) pos: i32,
    pub(crate) line: Range<usize>,
    /// Offset of INFO within the line.
    pub(crate) info: usize,
    /// Offset of the end of INFO.
    pub(crate) info_end: usize,
    /// Offsets of REF and ALT within the line.
    pub(crate) reference: Range<usize>,
    pub(crate) alt: Range<usize>,
    /// Other INFO fields to add, in `RecordBuffer::extra`.
    pub(crate) extra: Range<usize>,
    first: u32,
    last: u32,
    /// Offset of the samples' masks in `RecordBuffer::masks` plus one, or 0.
    masks: usize,
    /// Integers a sample needs.
    pub(crate) mask_len: usize,
    /// Whether the masks could not name all calls.
    pub(crate) unnamed: bool,
}

/// Bits of a mask's integer that are used; one is the sign, one would make BCF's missing value.
const BITS: usize = 30;

/// Records in order with their calls. Memory is kept when they are gone.
#[derive(Clone, Debug, Default)]
pub(crate) struct RecordBuffer {
    pub(crate) records: Vec<BufferedRecord>,
    pub(crate) lines: Vec<u8>,
    pub(crate) extra: Vec<u8>,
    pub(crate) text: Vec<u8>,
    consequences: Vec<Consequence>,
    masks: Vec<u32>,
    samples: usize,
    /// Most bits of a sample's mask.
    max_bits: usize,
}

impl RecordBuffer {
    /// For records with so many samples, of which masks name so many calls a haplotype.
    pub(crate) fn new(samples: usize, max_consequences: usize) -> Self {
        Self { samples, max_bits: 2 * max_consequences, ..Self::default() }
    }

    /// Takes a record in; `line` is appended to the lines.
    pub(crate) fn push(&mut self, pos: i32, line: &[u8], record: &gas_shared::vcf::Record<'_>) {
        let start = self.lines.len();
        self.lines.extend_from_slice(line);
        let offset = |part: &[u8]| part.as_ptr() as usize - line.as_ptr() as usize;
        let range = |part: &[u8]| offset(part)..offset(part) + part.len();
        let info = record.before_info.len();
        self.records.push(BufferedRecord {
            pos,
            line: start..self.lines.len(),
            info,
            info_end: info + record.info.len(),
            reference: range(record.reference),
            alt: range(record.alt),
            extra: self.extra.len()..self.extra.len(),
            first: NONE,
            last: NONE,
            masks: 0,
            mask_len: 0,
            unnamed: false,
        });
    }

    pub(crate) fn clear(&mut self) {
        self.records.clear();
        self.lines.clear();
        self.extra.clear();
        self.text.clear();
        self.consequences.clear();
        self.masks.clear();
    }

    /// The record taken in last.
    pub(crate) fn last(&self) -> u32 {
        self.records.len() as u32 - 1
    }

    /// The line of a record.
    pub(crate) fn line(&self, record: &BufferedRecord) -> &[u8] {
        &self.lines[record.line.clone()]
    }

    /// REF and an alternative (from 1) of a record, as written.
    pub(crate) fn alleles(&self, record: u32, number: u16) -> (&[u8], &[u8]) {
        let record = &self.records[record as usize];
        let line = self.line(record);
        let mut alts = line[record.alt.clone()].split(|b| *b == b',');
        let alt = alts.nth(usize::from(number).saturating_sub(1)).unwrap_or_default();
        (&line[record.reference.clone()], alt)
    }

    /// The calls of a record, in order.
    pub(crate) fn consequences_of(
        &self,
        record: &BufferedRecord,
    ) -> impl Iterator<Item = &Consequence> {
        let mut next = record.first;
        std::iter::from_fn(move || {
            let consequence = self.consequences.get(next as usize)?;
            next = consequence.next;
            Some(consequence)
        })
    }

    /// Adds a call to a record or joins it to one that is there; returns its place among the
    /// record's calls.
    pub(crate) fn add(
        &mut self,
        record: u32,
        mut consequence: Consequence,
        merge_key: &impl Fn(u32) -> MergeKey,
    ) -> usize {
        if consequence.flags.intersects(ConsequenceFlags::ELONGATION) {
            consequence.flags.remove(ConsequenceFlags::INFRAME_INSERTION);
        }
        if consequence.flags.intersects(ConsequenceFlags::TRUNCATION) {
            consequence.flags.remove(ConsequenceFlags::INFRAME_DELETION);
        }
        if consequence
            .flags
            .intersects(ConsequenceFlags::SPLICE_DONOR.union(ConsequenceFlags::SPLICE_ACCEPTOR))
        {
            consequence.flags.remove(ConsequenceFlags::SPLICE_REGION);
        }
        let mut at = self.records[record as usize].first;
        let mut place = 0;
        while at != NONE {
            let known = &self.consequences[at as usize];
            let next = known.next;
            if let Some(joined) = self.joined(known, &consequence, merge_key) {
                self.consequences[at as usize] = Consequence { next, ..joined };
                return place;
            }
            place += 1;
            at = next;
        }
        let number = self.consequences.len() as u32;
        self.consequences.push(consequence);
        let record = &mut self.records[record as usize];
        if record.first == NONE {
            record.first = number;
        } else {
            self.consequences[record.last as usize].next = number;
        }
        record.last = number;
        place
    }

    /// What two calls make together; `None` where they are two.
    fn joined(
        &self,
        known: &Consequence,
        consequence: &Consequence,
        merge_key: &impl Fn(u32) -> MergeKey,
    ) -> Option<Consequence> {
        if consequence.flags.intersects(ConsequenceFlags::ELSEWHERE) {
            // A start or stop found at this record alone is told where the haplotype is.
            if consequence.flags.intersects(ConsequenceFlags::START_STOP)
                && known.flags.intersects(ConsequenceFlags::START_STOP)
            {
                return Some(consequence.clone());
            }
            let same = known.flags.intersects(ConsequenceFlags::ELSEWHERE)
                && known.written_at == consequence.written_at;
            return same.then(|| known.clone());
        }
        let both = known.flags.union(consequence.flags);
        if known.transcript != consequence.transcript
            && !both.difference(ConsequenceFlags::GENE_LEVEL).is_empty()
        {
            return None;
        }
        let (ours, theirs) = (merge_key(consequence.transcript), merge_key(known.transcript));
        if ours.biotype != theirs.biotype {
            return None;
        }
        if !consequence.flags.intersects(ConsequenceFlags::COMPOUND) {
            if !known.flags.intersects(ConsequenceFlags::COMPOUND) {
                return Some(Consequence { flags: both, ..known.clone() });
            }
            return (known.flags == both).then(|| known.clone());
        }
        let same_stop = known.flags.intersects(ConsequenceFlags::AFTER_STOP)
            == consequence.flags.intersects(ConsequenceFlags::AFTER_STOP);
        if ours.gene != theirs.gene || known.allele != consequence.allele || !same_stop {
            return None;
        }
        self.joined_changes(known, consequence, both)
    }

    fn joined_changes(
        &self,
        known: &Consequence,
        consequence: &Consequence,
        both: ConsequenceFlags,
    ) -> Option<Consequence> {
        let text = |consequence: &Consequence| {
            &self.text[consequence.change.start as usize..consequence.change.end as usize]
        };
        if known.change.is_empty() == consequence.change.is_empty() {
            let same = text(known) == text(consequence);
            return same.then(|| Consequence { flags: both, ..known.clone() });
        }
        // A start or stop touched by the record, and the same seen in the amino acids.
        let start_stop = ConsequenceFlags::START_STOP;
        if !consequence.flags.intersects(start_stop) || !known.flags.intersects(start_stop) {
            return None;
        }
        let mut flags = both;
        if flags.intersects(ConsequenceFlags::STOP_RETAINED) {
            flags.remove(ConsequenceFlags::STOP_LOST.union(ConsequenceFlags::SYNONYMOUS));
        }
        if flags.intersects(ConsequenceFlags::START_RETAINED) {
            flags.remove(ConsequenceFlags::START_LOST.union(ConsequenceFlags::SYNONYMOUS));
        }
        let change = if known.change.is_empty() { &consequence.change } else { &known.change };
        Some(Consequence { flags, change: change.clone(), ..known.clone() })
    }

    /// Notes that a haplotype (0 or 1) of a sample has the call at a place; `false` where the mask
    /// has no room for it.
    pub(crate) fn mark(
        &mut self,
        record: u32,
        sample: usize,
        haplotype: usize,
        place: usize,
    ) -> bool {
        let bit = 2 * place + haplotype;
        let width = self.mask_width();
        let buffer = &mut self.records[record as usize];
        if bit >= self.max_bits {
            buffer.unnamed = true;
            return false;
        }
        if buffer.masks == 0 {
            buffer.masks = self.masks.len() + 1;
            self.masks.resize(self.masks.len() + self.samples * width, 0);
        }
        buffer.mask_len = buffer.mask_len.max(bit / BITS + 1);
        self.masks[buffer.masks - 1 + sample * width + bit / BITS] |= 1 << (bit % BITS);
        true
    }

    /// Marks every haplotype that has the allele.
    pub(crate) fn mark_carriers(
        &mut self,
        record: u32,
        allele: u16,
        place: usize,
        genotypes: &[Genotype],
    ) {
        for (sample, genotype) in genotypes.iter().enumerate() {
            for (haplotype, found) in genotype.alleles.iter().enumerate() {
                if *found == Some(allele) {
                    self.mark(record, sample, haplotype, place);
                }
            }
        }
    }

    const fn mask_width(&self) -> usize {
        1 + (self.max_bits - 1) / BITS
    }

    /// The mask of a sample, as many integers as the record needs.
    pub(crate) fn mask(&self, record: &BufferedRecord, sample: usize) -> &[u32] {
        let from = record.masks.saturating_sub(1) + sample * self.mask_width();
        &self.masks[from..from + record.mask_len]
    }
}
