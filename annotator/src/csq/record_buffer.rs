//! Records that wait until every haplotype that touches them is complete, and the consequences
//! reported at them so far.

use super::flags::ConsequenceFlags;
use super::genotypes::Genotype;
use super::haplotype_tree::HaplotypeTree;
use crate::report::{AnnotationGap, AnnotationGaps};
use crate::text::push_int;
use std::ops::Range;

const NONE: u32 = u32::MAX;

/// The ALTs of a record that have a consequence, for the counts. All ALTs from the 64th on are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AlleleSet(u64);

impl AlleleSet {
    /// The number of slots. ALTs from this number on share the last one.
    pub(crate) const SLOTS: usize = 64;

    /// The ALT with a number from 1, or all ALTs if it is 0.
    pub(crate) const fn of(number: u16) -> Self {
        if number == 0 { Self(u64::MAX) } else { Self(1 << Self::slot(number)) }
    }

    /// The slot of the ALT with a number from 1.
    pub(crate) const fn slot(number: u16) -> usize {
        let slot = number as usize - 1;
        if slot < Self::SLOTS { slot } else { Self::SLOTS - 1 }
    }

    /// The slots of the ALTs in the set.
    pub(crate) fn slots(self) -> impl Iterator<Item = usize> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let slot = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
            rest &= rest - 1;
            Some(slot)
        })
    }

    /// The number of ALTs in the set.
    pub(crate) const fn len(self) -> u64 {
        self.0.count_ones() as u64
    }

    const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// One value of INFO/BCSQ: the consequences of an allele on a transcript.
#[derive(Clone, Debug)]
pub(crate) struct Consequence {
    pub(crate) flags: ConsequenceFlags,
    /// What the change does that another record reports, for [`ConsequenceFlags::ELSEWHERE`].
    pub(crate) flags_elsewhere: ConsequenceFlags,
    pub(crate) transcript: u32,
    /// The ALTs that have the consequence, as they are counted.
    pub(crate) counted: AlleleSet,
    /// ALT number, from 1, that separates consequences of different alleles; 0 if the consequence applies
    /// to all alleles.
    pub(crate) allele: u16,
    /// The record that carries the consequence, for [`ConsequenceFlags::ELSEWHERE`].
    pub(crate) reported_at: u32,
    /// The amino acid and DNA change as a range of [`RecordBuffer::changes`]; empty if there is no
    /// change to write.
    pub(crate) change: Range<u32>,
    next: u32,
}

impl Consequence {
    /// A consequence without a change.
    pub(crate) const fn new(flags: ConsequenceFlags, transcript: u32, allele: u16) -> Self {
        Self {
            flags,
            flags_elsewhere: ConsequenceFlags::empty(),
            transcript,
            counted: AlleleSet::of(allele),
            allele,
            reported_at: NONE,
            change: 0..0,
            next: NONE,
        }
    }

    /// Sets the change, a range of [`RecordBuffer::changes`].
    pub(crate) fn with_change(self, change: Range<u32>) -> Self {
        Self { change, ..self }
    }

    /// Sets the ALT that is counted.
    pub(crate) fn counted_for(self, allele: u16) -> Self {
        Self { counted: AlleleSet::of(allele), ..self }
    }

    /// Sets the record that carries the consequence, and what the change does.
    pub(crate) fn with_reported_at(self, reported_at: u32, flags: ConsequenceFlags) -> Self {
        Self { reported_at, flags_elsewhere: flags, ..self }
    }

    /// The flags that are counted.
    pub(crate) fn counted_flags(&self) -> ConsequenceFlags {
        (self.flags | self.flags_elsewhere).without_redundant()
    }

    /// Leaves only the most specific of several consequences.
    fn normalize(&mut self) {
        let flags = &mut self.flags;
        if flags.intersects(ConsequenceFlags::ELONGATION) {
            flags.remove(ConsequenceFlags::INFRAME_INSERTION);
        }
        if flags.intersects(ConsequenceFlags::TRUNCATION) {
            flags.remove(ConsequenceFlags::INFRAME_DELETION);
        }
        if flags.intersects(ConsequenceFlags::SPLICE_DONOR | ConsequenceFlags::SPLICE_ACCEPTOR) {
            flags.remove(ConsequenceFlags::SPLICE_REGION);
        }
    }
}

/// A consequence in the buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reported {
    /// Index of the record.
    pub(crate) record: u32,
    /// Index among the consequences of the record, as FORMAT/BCSQ counts them; [`NONE`] if it is left
    /// out.
    pub(crate) index: u32,
}

/// The properties two transcripts must share for their consequences to be merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MergeKey {
    pub(crate) biotype: u16,
    pub(crate) gene: u32,
}

/// A record as ranges of [`RecordBuffer::lines`].
#[derive(Clone, Debug)]
pub(crate) struct BufferedRecord {
    pub(crate) pos: i32,
    pub(crate) line: Range<usize>,
    /// Offset of INFO within the line.
    pub(crate) info_start: usize,
    /// Offset of the end of INFO within the line.
    pub(crate) info_end: usize,
    /// Offsets of REF within the line.
    pub(crate) reference: Range<usize>,
    /// Offsets of ALT within the line.
    pub(crate) alt: Range<usize>,
    /// INFO fields to add besides BCSQ, as a range of [`RecordBuffer::extra_info`].
    pub(crate) extra_info: Range<usize>,
    /// Why the record, or a part of it, has no annotation.
    pub(crate) gaps: AnnotationGaps,
    /// Whether the record has no annotation at all, for a reason that has been counted.
    pub(crate) is_left_out: bool,
    /// Whether REF overlaps coding sequence.
    pub(crate) is_coding: bool,
    /// Whether a sample has more than two alleles.
    pub(crate) is_polyploid: bool,
    /// Line number in the file.
    pub(crate) line_number: u64,
    first: u32,
    last: u32,
    /// Number of consequences.
    count: u32,
    /// Offset of the samples' masks in `RecordBuffer::masks` plus one; 0 if there are no masks.
    masks: usize,
    /// Integers in the mask of a sample.
    pub(crate) mask_len: usize,
    /// Whether a haplotype has a consequence beyond the last bit of its mask.
    pub(crate) mask_overflow: bool,
}

impl BufferedRecord {
    /// Whether the record has no consequences.
    pub(crate) const fn is_empty(&self) -> bool {
        self.first == NONE
    }
}

/// Bits used in each 32-bit integer of a mask. The other two are the sign and a bit that would make
/// the integer one of BCF's missing values.
const BITS: usize = 30;

/// The most consequences of a record that are compared with each other. A hundred alleles in twenty
/// transcripts have 2,000.
const MAX_CONSEQUENCES: u32 = 4096;

/// The most consequences of a record. A deletion of the longest human chromosome has 40,000.
const MAX_STRUCTURAL_CONSEQUENCES: u32 = 1 << 17;

/// The most consequences of all records in the buffer.
const MAX_BUFFERED_CONSEQUENCES: usize = 1 << 21;

/// Work on comparing a consequence with another one of its record.
const SCAN_WORK: u64 = 8;

/// The most bytes of changes in the buffer. All haplotypes of 2,504 samples in TTN, the longest gene,
/// stay below.
const MAX_CHANGE_BYTES: usize = 128 << 20;

/// Records in input order with their consequences. Clearing the buffer keeps its memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct RecordBuffer {
    pub(crate) records: Vec<BufferedRecord>,
    pub(crate) lines: Vec<u8>,
    pub(crate) extra_info: Vec<u8>,
    pub(crate) changes: Vec<u8>,
    consequences: Vec<Consequence>,
    masks: Vec<u32>,
    /// Work so far on the whole file, in units of about a nanosecond.
    work: u64,
    /// The most work on the whole file.
    max_work: u64,
    samples: usize,
    /// Bits in the mask of a sample.
    max_bits: usize,
}

impl RecordBuffer {
    /// Creates a buffer for records with `samples` samples, whose FORMAT/BCSQ can refer to
    /// `max_consequences` consequences per haplotype.
    pub(crate) fn new(samples: usize, max_consequences: usize) -> Self {
        let max_bits = 2 * max_consequences;
        Self { samples, max_bits, max_work: u64::MAX, ..Self::default() }
    }

    /// Appends a record. `line` is the line `record` borrows from.
    pub(crate) fn push(
        &mut self,
        (line_number, pos): (u64, i32),
        line: &[u8],
        record: &gas_shared::vcf::Record<'_>,
    ) {
        let start = self.lines.len();
        self.lines.extend_from_slice(line);
        let offset = |part: &[u8]| part.as_ptr() as usize - line.as_ptr() as usize;
        let range = |part: &[u8]| offset(part)..offset(part) + part.len();
        let info_start = record.before_info.len();
        self.records.push(BufferedRecord {
            pos,
            line: start..self.lines.len(),
            info_start,
            info_end: info_start + record.info.len(),
            reference: range(record.reference),
            alt: range(record.alt),
            extra_info: self.extra_info.len()..self.extra_info.len(),
            gaps: AnnotationGaps::default(),
            is_left_out: false,
            is_coding: false,
            is_polyploid: false,
            line_number,
            first: NONE,
            last: NONE,
            count: 0,
            masks: 0,
            mask_len: 0,
            mask_overflow: false,
        });
    }

    pub(crate) fn clear(&mut self) {
        self.records.clear();
        self.lines.clear();
        self.extra_info.clear();
        self.changes.clear();
        self.consequences.clear();
        self.masks.clear();
    }

    /// Sets the most work on the whole file, in units of about a nanosecond.
    pub(crate) fn limit_work(&mut self, units: u64) {
        self.max_work = units;
    }

    /// Counts work.
    pub(crate) fn add_work(&mut self, units: u64) {
        self.work = self.work.saturating_add(units);
    }

    /// Counts work on the haplotypes of a transcript, and leaves them out if they have taken more than what
    /// is left for the rest of the file. Returns whether they go on.
    pub(crate) fn add_work_on(&mut self, tree: &mut HaplotypeTree, units: u64) -> bool {
        self.add_work(units);
        tree.work = tree.work.saturating_add(units);
        tree.is_left_out |= tree.work > self.max_work.saturating_sub(self.work);
        !tree.is_left_out
    }

    /// Whether the file has taken all the work it may.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.work > self.max_work
    }

    /// Whether there is room for another change of a record. If not, the record has a note.
    pub(crate) fn has_room(&mut self, record: u32) -> bool {
        if self.changes.len() > MAX_CHANGE_BYTES {
            self.note(record, AnnotationGap::TooManyConsequences);
        }
        !self.records[record as usize].gaps.contains(AnnotationGap::TooManyConsequences)
    }

    /// Index of the last record.
    pub(crate) fn last(&self) -> u32 {
        self.records.len() as u32 - 1
    }

    /// The line of a record.
    pub(crate) fn line(&self, record: &BufferedRecord) -> &[u8] {
        &self.lines[record.line.clone()]
    }

    /// REF and the ALT with a number (from 1) of a record, as written in the file.
    fn alleles(&self, record: u32, number: u16) -> (&[u8], &[u8]) {
        let record = &self.records[record as usize];
        let line = self.line(record);
        let mut alts = line[record.alt.clone()].split(|b| *b == b',');
        let alt = alts.nth(usize::from(number).saturating_sub(1)).unwrap_or_default();
        (&line[record.reference.clone()], alt)
    }

    /// Appends an allele to the change that is being written, as `121ACG>A`.
    pub(crate) fn write_allele(&mut self, record: u32, allele: u16) {
        let mut changes = std::mem::take(&mut self.changes);
        push_int(&mut changes, self.records[record as usize].pos);
        let (reference, alt) = self.alleles(record, allele);
        changes.extend_from_slice(reference);
        changes.push(b'>');
        changes.extend_from_slice(alt);
        self.changes = changes;
    }

    /// The consequences of a record, in order.
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

    /// Adds a consequence to a record, or merges it into an existing one.
    pub(crate) fn add(
        &mut self,
        record: u32,
        mut consequence: Consequence,
        merge_key: &impl Fn(u32) -> MergeKey,
    ) -> Reported {
        consequence.normalize();
        let buffered = &self.records[record as usize];
        if buffered.gaps.contains(AnnotationGap::TooManyConsequences) {
            return Reported { record, index: NONE };
        }
        if self.is_exhausted() {
            self.note(record, AnnotationGap::TooManyConsequences);
            return Reported { record, index: NONE };
        }
        let buffered = &self.records[record as usize];
        let mut at = buffered.first;
        let mut index = 0;
        while at != NONE {
            let existing = &self.consequences[at as usize];
            let next = existing.next;
            if let Some(merged) = self.merge(existing, &consequence, merge_key) {
                let counted = existing.counted.union(consequence.counted);
                let flags_elsewhere = existing.flags_elsewhere | consequence.flags_elsewhere;
                self.consequences[at as usize] =
                    Consequence { next, counted, flags_elsewhere, ..merged };
                self.work = self.work.saturating_add(SCAN_WORK * u64::from(index));
                return Reported { record, index };
            }
            index += 1;
            at = next;
        }
        self.work = self.work.saturating_add(SCAN_WORK * u64::from(index));
        if index >= MAX_CONSEQUENCES {
            self.note(record, AnnotationGap::TooManyConsequences);
            return Reported { record, index: NONE };
        }
        let index = self.append(record, consequence).map_or(NONE, |_| index);
        Reported { record, index }
    }

    /// Adds a consequence that the caller knows to be new for the record, without comparing it with the
    /// others. Returns its number for [`extend`](Self::extend); `None` if the record has too many.
    pub(crate) fn add_new(
        &mut self,
        record: u32,
        mut consequence: Consequence,
    ) -> Option<(u32, Reported)> {
        consequence.normalize();
        let index = self.records[record as usize].count;
        if index >= MAX_STRUCTURAL_CONSEQUENCES {
            self.note(record, AnnotationGap::TooManyConsequences);
            return None;
        }
        let number = self.append(record, consequence)?;
        Some((number, Reported { record, index }))
    }

    /// Adds consequences to those of [`add_new`](Self::add_new).
    pub(crate) fn extend(&mut self, number: u32, flags: ConsequenceFlags) {
        let mut new = Consequence::new(flags, 0, 0);
        new.normalize();
        self.consequences[number as usize].flags |= new.flags;
    }

    /// Notes why a part of a record has no annotation.
    pub(crate) fn note(&mut self, record: u32, gap: AnnotationGap) {
        self.records[record as usize].gaps.insert(gap);
    }

    /// Whether the last record has too many consequences.
    pub(crate) fn is_full(&self) -> bool {
        let last = self.records.last();
        last.is_some_and(|record| record.gaps.contains(AnnotationGap::TooManyConsequences))
    }

    /// Notes that a genotype of the last record has more than two alleles.
    pub(crate) fn has_polyploid_genotypes(&mut self) {
        if let Some(record) = self.records.last_mut() {
            record.is_polyploid = true;
        }
    }

    /// Appends a consequence to those of a record, and returns its number; `None` if the buffer is full.
    fn append(&mut self, record: u32, consequence: Consequence) -> Option<u32> {
        if self.consequences.len() >= MAX_BUFFERED_CONSEQUENCES {
            self.note(record, AnnotationGap::TooManyConsequences);
            return None;
        }
        let number = self.consequences.len() as u32;
        self.consequences.push(consequence);
        let buffered = &mut self.records[record as usize];
        if buffered.first == NONE {
            buffered.first = number;
        } else {
            self.consequences[buffered.last as usize].next = number;
        }
        buffered.last = number;
        buffered.count += 1;
        Some(number)
    }

    /// Merges two consequences of a record; `None` if they stay separate.
    fn merge(
        &self,
        existing: &Consequence,
        new: &Consequence,
        merge_key: &impl Fn(u32) -> MergeKey,
    ) -> Option<Consequence> {
        if new.flags.intersects(ConsequenceFlags::ELSEWHERE) {
            // The haplotype's record also reports a start or stop found at this record alone.
            let start_stop = ConsequenceFlags::START_STOP;
            if new.flags.intersects(start_stop) && existing.flags.intersects(start_stop) {
                return Some(new.clone());
            }
            let same = existing.flags.intersects(ConsequenceFlags::ELSEWHERE)
                && existing.reported_at == new.reported_at;
            return same.then(|| existing.clone());
        }
        let both = existing.flags | new.flags;
        if existing.transcript != new.transcript
            && !both.difference(ConsequenceFlags::GENE_LEVEL).is_empty()
        {
            return None;
        }
        let (new_key, existing_key) = (merge_key(new.transcript), merge_key(existing.transcript));
        if new_key.biotype != existing_key.biotype {
            return None;
        }
        if !new.flags.intersects(ConsequenceFlags::COMPOUND) {
            if !existing.flags.intersects(ConsequenceFlags::COMPOUND) {
                return Some(Consequence { flags: both, ..existing.clone() });
            }
            return (existing.flags == both).then(|| existing.clone());
        }
        let same_stop = existing.flags.intersects(ConsequenceFlags::AFTER_STOP)
            == new.flags.intersects(ConsequenceFlags::AFTER_STOP);
        if new_key.gene != existing_key.gene || existing.allele != new.allele || !same_stop {
            return None;
        }
        let is_part = existing.change.is_empty()
            && !existing.flags.intersects(ConsequenceFlags::COMPOUND)
            && new.flags.contains(existing.flags);
        if is_part {
            return Some(new.clone());
        }
        self.merge_changes(existing, new, both)
    }

    fn merge_changes(
        &self,
        existing: &Consequence,
        new: &Consequence,
        both: ConsequenceFlags,
    ) -> Option<Consequence> {
        let change = |range: &Range<u32>| &self.changes[range.start as usize..range.end as usize];
        if existing.change.is_empty() == new.change.is_empty() {
            let same = change(&existing.change) == change(&new.change);
            return same.then(|| Consequence { flags: both, ..existing.clone() });
        }
        // One is a start or stop codon touched by the record, the other the same codon seen in the
        // amino acids.
        let start_stop = ConsequenceFlags::START_STOP;
        if !new.flags.intersects(start_stop) || !existing.flags.intersects(start_stop) {
            return None;
        }
        let mut flags = both;
        if flags.intersects(ConsequenceFlags::STOP_RETAINED) {
            flags.remove(ConsequenceFlags::STOP_LOST | ConsequenceFlags::SYNONYMOUS);
        }
        if flags.intersects(ConsequenceFlags::START_RETAINED) {
            flags.remove(ConsequenceFlags::START_LOST | ConsequenceFlags::SYNONYMOUS);
        }
        let change = if existing.change.is_empty() { &new.change } else { &existing.change };
        Some(Consequence { flags, change: change.clone(), ..existing.clone() })
    }

    /// Sets the bit of a consequence in the mask of a sample's haplotype (0 or 1). Returns `false`
    /// if the mask has no such bit.
    pub(crate) fn mark(&mut self, reported: Reported, sample: usize, haplotype: usize) -> bool {
        let bit = 2 * reported.index as usize + haplotype;
        let width = self.mask_width();
        let record = &mut self.records[reported.record as usize];
        if bit >= self.max_bits {
            record.mask_overflow = true;
            return false;
        }
        if record.masks == 0 {
            record.masks = self.masks.len() + 1;
            self.masks.resize(self.masks.len() + self.samples * width, 0);
        }
        record.mask_len = record.mask_len.max(bit / BITS + 1);
        self.masks[record.masks - 1 + sample * width + bit / BITS] |= 1 << (bit % BITS);
        true
    }

    /// Marks a consequence for every haplotype that has the allele.
    pub(crate) fn mark_carriers(
        &mut self,
        reported: Reported,
        allele: u16,
        genotypes: &[Genotype],
    ) {
        if 2 * reported.index as usize >= self.max_bits {
            let is_carried = |genotype: &Genotype| genotype.alleles.contains(&Some(allele));
            self.records[reported.record as usize].mask_overflow |=
                genotypes.iter().any(is_carried);
            return;
        }
        for (sample, genotype) in genotypes.iter().enumerate() {
            for (haplotype, found) in genotype.alleles.iter().enumerate() {
                if *found == Some(allele) {
                    self.mark(reported, sample, haplotype);
                }
            }
        }
    }

    const fn mask_width(&self) -> usize {
        1 + (self.max_bits - 1) / BITS
    }

    /// The mask of a sample, with as many integers as the record needs.
    pub(crate) fn mask(&self, record: &BufferedRecord, sample: usize) -> &[u32] {
        let from = record.masks.saturating_sub(1) + sample * self.mask_width();
        &self.masks[from..from + record.mask_len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A buffer with one record.
    fn buffer() -> RecordBuffer {
        let mut buffer = RecordBuffer::new(1, 15);
        let line = b"1\t5\t.\tA\tC\t.\t.\t.\tGT\t0|1";
        buffer.push((1, 5), line, &gas_shared::vcf::parse_record(line).unwrap());
        buffer
    }

    #[test]
    fn consequences_of_a_record_above_the_limit_are_left_out_with_a_note() {
        let mut buffer = buffer();
        let add = |buffer: &mut RecordBuffer, transcript| {
            let missense = Consequence::new(ConsequenceFlags::MISSENSE, transcript, 1);
            buffer.add(0, missense, &|gene| MergeKey { biotype: 0, gene });
            buffer.records[0].gaps
        };
        assert!((0..4096).all(|transcript| add(&mut buffer, transcript).is_empty()));
        assert!(add(&mut buffer, 4096).contains(AnnotationGap::TooManyConsequences));
        assert!(add(&mut buffer, 0).contains(AnnotationGap::TooManyConsequences));
        assert_eq!(buffer.consequences_of(&buffer.records[0]).count(), 4096);
    }

    #[test]
    fn consequences_that_are_known_to_be_new_have_a_higher_limit() {
        let mut buffer = buffer();
        let deleted = |transcript| Consequence::new(ConsequenceFlags::TRUNCATION, transcript, 1);
        let most = MAX_STRUCTURAL_CONSEQUENCES;
        assert!((0..most).all(|transcript| buffer.add_new(0, deleted(transcript)).is_some()));
        assert!(buffer.records[0].gaps.is_empty());
        assert!(buffer.add_new(0, deleted(most)).is_none());
        assert!(buffer.records[0].gaps.contains(AnnotationGap::TooManyConsequences));
    }

    #[test]
    fn alleles_of_a_set_are_told_apart_up_to_the_63rd() {
        let both = AlleleSet::of(1).union(AlleleSet::of(63));
        assert_eq!(both.slots().collect::<Vec<_>>(), [0, 62]);
        assert_eq!((both.len(), AlleleSet::of(0).len()), (2, 64));
        assert_eq!(AlleleSet::of(64), AlleleSet::of(9999));
    }

    #[test]
    fn changes_of_haplotypes_above_the_limit_are_left_out_with_a_note() {
        let mut buffer = buffer();
        buffer.changes.resize(128 << 20, b'A');
        assert!(buffer.has_room(0) && buffer.records[0].gaps.is_empty());
        buffer.changes.push(b'A');
        assert!(!buffer.has_room(0));
        assert!(buffer.records[0].gaps.contains(AnnotationGap::TooManyConsequences));
    }

    #[test]
    fn work_above_the_limit_of_the_file_leaves_consequences_out_with_a_note() {
        let mut buffer = buffer();
        buffer.limit_work(1000);
        let mut tree = HaplotypeTree::default();
        assert!(buffer.add_work_on(&mut tree, 500));
        assert!(!buffer.add_work_on(&mut tree, 1));
        assert!(buffer.add_work_on(&mut HaplotypeTree::default(), 200));
        buffer.add_work(299);
        assert!(!buffer.is_exhausted());
        // The work of a file does not end with its records in the buffer.
        buffer.clear();
        buffer.add_work(1);
        let line = b"1\t5\t.\tA\tC\t.\t.\t.\tGT\t0|1";
        buffer.push((1, 5), line, &gas_shared::vcf::parse_record(line).unwrap());
        let missense = Consequence::new(ConsequenceFlags::MISSENSE, 0, 1);
        buffer.add(0, missense, &|gene| MergeKey { biotype: 0, gene });
        assert!(buffer.records[0].gaps.contains(AnnotationGap::TooManyConsequences));
    }
}
