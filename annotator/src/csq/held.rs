//! Records that are held back until all haplotypes that touch them are known, with their calls.

use super::calls::Calls;
use super::genotypes::Genotype;
use std::ops::Range;

const NONE: u32 = u32::MAX;

/// A call at a record.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) calls: Calls,
    pub(crate) transcript: u32,
    /// Number of the alternative; 0 where it does not matter.
    pub(crate) allele: u16,
    /// The record where the call is written (for [`Calls::ELSEWHERE`]).
    pub(crate) elsewhere: u32,
    /// Amino acids and bases changed, in `Held::text`; empty where there are none.
    pub(crate) change: Range<u32>,
    next: u32,
}

impl Call {
    /// A call without a change of its own.
    pub(crate) const fn new(calls: Calls, transcript: u32, allele: u16) -> Self {
        Self { calls, transcript, allele, elsewhere: NONE, change: 0..0, next: NONE }
    }

    /// The call with the change that `Held::text` has in a range.
    pub(crate) fn changing(self, change: Range<u32>) -> Self {
        Self { change, ..self }
    }

    /// The call of a change that is told at another record.
    pub(crate) fn told_at(self, elsewhere: u32) -> Self {
        Self { elsewhere, ..self }
    }
}

/// What two transcripts must share for their calls to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) biotype: u16,
    pub(crate) gene: u32,
}

/// A record: where its columns are in `Held::lines`.
#[derive(Clone, Debug)]
pub(crate) struct HeldRecord {
    pub(crate) pos: i32,
    pub(crate) line: Range<usize>,
    /// Offset of INFO within the line.
    pub(crate) info: usize,
    /// Offset of the end of INFO.
    pub(crate) info_end: usize,
    /// Offsets of REF and ALT within the line.
    pub(crate) reference: Range<usize>,
    pub(crate) alt: Range<usize>,
    /// Other INFO fields to add, in `Held::extra`.
    pub(crate) extra: Range<usize>,
    first: u32,
    last: u32,
    /// Offset of the samples' masks in `Held::masks` plus one, or 0.
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
pub(crate) struct Held {
    pub(crate) records: Vec<HeldRecord>,
    pub(crate) lines: Vec<u8>,
    pub(crate) extra: Vec<u8>,
    pub(crate) text: Vec<u8>,
    calls: Vec<Call>,
    masks: Vec<u32>,
    samples: usize,
    /// Most bits of a sample's mask.
    max_bits: usize,
}

impl Held {
    /// For records with so many samples, of which masks name so many calls a haplotype.
    pub(crate) fn new(samples: usize, max_calls: usize) -> Self {
        Self { samples, max_bits: 2 * max_calls, ..Self::default() }
    }

    /// Takes a record in; `line` is appended to the lines.
    pub(crate) fn push(&mut self, pos: i32, line: &[u8], record: &gas_shared::vcf::Record<'_>) {
        let start = self.lines.len();
        self.lines.extend_from_slice(line);
        let offset = |part: &[u8]| part.as_ptr() as usize - line.as_ptr() as usize;
        let range = |part: &[u8]| offset(part)..offset(part) + part.len();
        let info = record.before_info.len();
        self.records.push(HeldRecord {
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
        self.calls.clear();
        self.masks.clear();
    }

    /// The record taken in last.
    pub(crate) fn last(&self) -> u32 {
        self.records.len() as u32 - 1
    }

    /// The line of a record.
    pub(crate) fn line(&self, record: &HeldRecord) -> &[u8] {
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
    pub(crate) fn calls_of(&self, record: &HeldRecord) -> impl Iterator<Item = &Call> {
        let mut next = record.first;
        std::iter::from_fn(move || {
            let call = self.calls.get(next as usize)?;
            next = call.next;
            Some(call)
        })
    }

    /// Adds a call to a record or joins it to one that is there; returns its place among the
    /// record's calls.
    pub(crate) fn add(
        &mut self,
        record: u32,
        mut call: Call,
        identity: &impl Fn(u32) -> Identity,
    ) -> usize {
        if call.calls.has(Calls::ELONGATION) {
            call.calls.remove(Calls::INFRAME_INSERTION);
        }
        if call.calls.has(Calls::TRUNCATION) {
            call.calls.remove(Calls::INFRAME_DELETION);
        }
        if call.calls.has(Calls::SPLICE_DONOR.and(Calls::SPLICE_ACCEPTOR)) {
            call.calls.remove(Calls::SPLICE_REGION);
        }
        let mut at = self.records[record as usize].first;
        let mut place = 0;
        while at != NONE {
            let known = &self.calls[at as usize];
            let next = known.next;
            if let Some(joined) = self.joined(known, &call, identity) {
                self.calls[at as usize] = Call { next, ..joined };
                return place;
            }
            place += 1;
            at = next;
        }
        let number = self.calls.len() as u32;
        self.calls.push(call);
        let record = &mut self.records[record as usize];
        if record.first == NONE {
            record.first = number;
        } else {
            self.calls[record.last as usize].next = number;
        }
        record.last = number;
        place
    }

    /// What two calls make together; `None` where they are two.
    fn joined(
        &self,
        known: &Call,
        call: &Call,
        identity: &impl Fn(u32) -> Identity,
    ) -> Option<Call> {
        if call.calls.has(Calls::ELSEWHERE) {
            // A start or stop found at this record alone is told where the haplotype is.
            if call.calls.has(Calls::START_STOP) && known.calls.has(Calls::START_STOP) {
                return Some(call.clone());
            }
            let same = known.calls.has(Calls::ELSEWHERE) && known.elsewhere == call.elsewhere;
            return same.then(|| known.clone());
        }
        let both = known.calls.and(call.calls);
        if known.transcript != call.transcript && !both.without(Calls::OF_GENE).is_empty() {
            return None;
        }
        let (ours, theirs) = (identity(call.transcript), identity(known.transcript));
        if ours.biotype != theirs.biotype {
            return None;
        }
        if !call.calls.has(Calls::COMPOUND) {
            if !known.calls.has(Calls::COMPOUND) {
                return Some(Call { calls: both, ..known.clone() });
            }
            return (known.calls == both).then(|| known.clone());
        }
        let same_stop = known.calls.has(Calls::BEHIND_STOP) == call.calls.has(Calls::BEHIND_STOP);
        if ours.gene != theirs.gene || known.allele != call.allele || !same_stop {
            return None;
        }
        self.joined_changes(known, call, both)
    }

    fn joined_changes(&self, known: &Call, call: &Call, both: Calls) -> Option<Call> {
        let text = |call: &Call| &self.text[call.change.start as usize..call.change.end as usize];
        if known.change.is_empty() == call.change.is_empty() {
            let same = text(known) == text(call);
            return same.then(|| Call { calls: both, ..known.clone() });
        }
        // A start or stop touched by the record, and the same seen in the amino acids.
        let start_stop = Calls::START_STOP;
        if !call.calls.has(start_stop) || !known.calls.has(start_stop) {
            return None;
        }
        let mut calls = both;
        if calls.has(Calls::STOP_RETAINED) {
            calls.remove(Calls::STOP_LOST.and(Calls::SYNONYMOUS));
        }
        if calls.has(Calls::START_RETAINED) {
            calls.remove(Calls::START_LOST.and(Calls::SYNONYMOUS));
        }
        let change = if known.change.is_empty() { &call.change } else { &known.change };
        Some(Call { calls, change: change.clone(), ..known.clone() })
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
        let held = &mut self.records[record as usize];
        if bit >= self.max_bits {
            held.unnamed = true;
            return false;
        }
        if held.masks == 0 {
            held.masks = self.masks.len() + 1;
            self.masks.resize(self.masks.len() + self.samples * width, 0);
        }
        held.mask_len = held.mask_len.max(bit / BITS + 1);
        self.masks[held.masks - 1 + sample * width + bit / BITS] |= 1 << (bit % BITS);
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
    pub(crate) fn mask(&self, record: &HeldRecord, sample: usize) -> &[u32] {
        let from = record.masks.saturating_sub(1) + sample * self.mask_width();
        &self.masks[from..from + record.mask_len]
    }
}
