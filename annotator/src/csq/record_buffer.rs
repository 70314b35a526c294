//! Records that wait until every haplotype that touches them is complete, and the consequences
//! reported at them so far.

use super::flags::ConsequenceFlags;
use super::genotypes::Genotype;
use crate::report::AnnotationGap;
use crate::text::push_int;
use std::ops::Range;

const NONE: u32 = u32::MAX;

/// One value of INFO/BCSQ: the consequences of an allele on a transcript.
#[derive(Clone, Debug)]
pub(crate) struct Consequence {
    pub(crate) flags: ConsequenceFlags,
    pub(crate) transcript: u32,
    /// ALT number, from 1; 0 if the consequence applies to all alleles.
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
        Self { flags, transcript, allele, reported_at: NONE, change: 0..0, next: NONE }
    }

    /// Sets the change, a range of [`RecordBuffer::changes`].
    pub(crate) fn with_change(self, change: Range<u32>) -> Self {
        Self { change, ..self }
    }

    /// Sets the record that carries the consequence.
    pub(crate) fn with_reported_at(self, reported_at: u32) -> Self {
        Self { reported_at, ..self }
    }
}

/// A consequence in the buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reported {
    /// Index of the record.
    pub(crate) record: u32,
    /// Index among the consequences of the record, as FORMAT/BCSQ counts them.
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
    /// Why the record has no annotation.
    pub(crate) gap: Option<AnnotationGap>,
    first: u32,
    last: u32,
    /// Offset of the samples' masks in `RecordBuffer::masks` plus one; 0 if there are no masks.
    masks: usize,
    /// Integers in the mask of a sample.
    pub(crate) mask_len: usize,
    /// Whether a haplotype has a consequence beyond the last bit of its mask.
    pub(crate) mask_overflow: bool,
}

/// Bits used in each 32-bit integer of a mask. The other two are the sign and a bit that would make
/// the integer one of BCF's missing values.
const BITS: usize = 30;

/// The most consequences of a record. A hundred alleles in twenty transcripts have 2,000.
const MAX_CONSEQUENCES: usize = 4096;

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
    /// Whether a record has more than [`MAX_CONSEQUENCES`].
    has_too_many_consequences: bool,
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
    pub(crate) fn push(&mut self, pos: i32, line: &[u8], record: &gas_shared::vcf::Record<'_>) {
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
            gap: None,
            first: NONE,
            last: NONE,
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
        self.has_too_many_consequences = false;
    }

    /// Sets the most work on the whole file, in units of about a nanosecond.
    pub(crate) fn limit_work(&mut self, units: u64) {
        self.max_work = units;
    }

    /// Counts work.
    pub(crate) fn add_work(&mut self, units: u64) {
        self.work = self.work.saturating_add(units);
    }

    /// The reason why the buffered records cannot be annotated, if they cannot.
    pub(crate) fn exceeded(&self) -> Option<String> {
        if self.has_too_many_consequences {
            return Some(format!(
                "a record up to this line has more than {MAX_CONSEQUENCES} consequences; split its \
                 alleles into records"
            ));
        }
        if self.work > self.max_work {
            return Some(
                "the haplotypes up to this line take far more work than those of files of this size; \
                 annotate fewer samples, or each record on its own (--local)"
                    .to_owned(),
            );
        }
        (self.changes.len() > MAX_CHANGE_BYTES).then(|| {
            format!(
                "the haplotypes up to this line have more than {MAX_CHANGE_BYTES} bytes of changes; \
                 annotate fewer samples, or each record on its own (--local)"
            )
        })
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
        let flags = &mut consequence.flags;
        if flags.intersects(ConsequenceFlags::ELONGATION) {
            flags.remove(ConsequenceFlags::INFRAME_INSERTION);
        }
        if flags.intersects(ConsequenceFlags::TRUNCATION) {
            flags.remove(ConsequenceFlags::INFRAME_DELETION);
        }
        if flags.intersects(ConsequenceFlags::SPLICE_DONOR | ConsequenceFlags::SPLICE_ACCEPTOR) {
            flags.remove(ConsequenceFlags::SPLICE_REGION);
        }
        let mut at = self.records[record as usize].first;
        let mut index = 0;
        while at != NONE {
            let existing = &self.consequences[at as usize];
            let next = existing.next;
            if let Some(merged) = self.merge(existing, &consequence, merge_key) {
                self.consequences[at as usize] = Consequence { next, ..merged };
                self.work = self.work.saturating_add(SCAN_WORK * u64::from(index));
                return Reported { record, index };
            }
            index += 1;
            at = next;
        }
        self.work = self.work.saturating_add(SCAN_WORK * u64::from(index));
        if index as usize >= MAX_CONSEQUENCES {
            self.has_too_many_consequences = true;
            return Reported { record, index };
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
        Reported { record, index }
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
        buffer.push(5, line, &gas_shared::vcf::parse_record(line).unwrap());
        buffer
    }

    #[test]
    fn consequences_of_a_record_are_accepted_at_the_limit_and_refused_above() {
        let mut buffer = buffer();
        let mut add = |transcript| {
            let missense = Consequence::new(ConsequenceFlags::MISSENSE, transcript, 1);
            buffer.add(0, missense, &|gene| MergeKey { biotype: 0, gene });
            buffer.exceeded()
        };
        assert_eq!((0..4096).find_map(&mut add), None);
        let refused = add(4096).unwrap();
        let expected = "a record up to this line has more than 4096 consequences; split its alleles \
                        into records";
        assert_eq!(refused, expected);
        buffer.clear();
        assert_eq!(buffer.exceeded(), None);
    }

    #[test]
    fn changes_of_haplotypes_are_accepted_at_the_limit_and_refused_above() {
        let mut buffer = buffer();
        buffer.changes.resize(128 << 20, b'A');
        assert_eq!(buffer.exceeded(), None);
        buffer.changes.push(b'A');
        let refused = buffer.exceeded().unwrap();
        let expected = "the haplotypes up to this line have more than 134217728 bytes of changes; \
                        annotate fewer samples, or each record on its own (--local)";
        assert_eq!(refused, expected);
    }

    #[test]
    fn work_on_haplotypes_is_accepted_at_the_limit_and_refused_above() {
        let mut buffer = buffer();
        buffer.limit_work(1000);
        buffer.add_work(1000);
        assert_eq!(buffer.exceeded(), None);
        // The work of a file does not end with its records in the buffer.
        buffer.clear();
        buffer.add_work(1);
        assert!(buffer.exceeded().unwrap().contains("take far more work"));
    }
}
