//! The calls of whole haplotypes: alleles that share a codon or restore each other's frame are one
//! change, told at one record and named at the others.

use super::classify::{judge, write_residues};
use super::engine::Scratch;
use super::flags::ConsequenceFlags;
use super::haplotypes::{Haplotypes, Node};
use super::record_buffer::{Consequence, MergeKey, RecordBuffer};
use super::translate::{Spliced, Stretch};
use crate::text::push_int;
use std::ops::RangeInclusive;

/// ConsequenceFlags of a haplotype: the record and the place among its calls.
pub(crate) type Reported = Vec<(u32, u32)>;

/// One haplotype, as its alleles in genomic order.
pub(crate) struct Line<'a> {
    pub(crate) tree: &'a Haplotypes,
    pub(crate) spliced: &'a Spliced<'a>,
    pub(crate) reverse: bool,
    /// Coding bases of the reference.
    pub(crate) len: i32,
    /// Nodes from the root on.
    pub(crate) path: &'a [u32],
    /// By node: bases of the haplotype up to its end, counted from the first allele on.
    pub(crate) ends: &'a [i32],
    /// The haplotype's bases from the first allele on.
    pub(crate) bases: &'a [u8],
    pub(crate) transcript: u32,
    /// Longest run of residues written; 0 for all.
    pub(crate) most: usize,
}

impl Line<'_> {
    fn node(&self, n: usize) -> &Node {
        &self.tree.nodes[self.path[n] as usize]
    }

    /// Bases of the haplotype before an allele.
    fn before(&self, n: usize) -> i32 {
        let node = self.node(n);
        self.node(0).offset + self.ends[n] - (node.removed + node.added)
    }

    /// Coding bases of the whole haplotype.
    fn total(&self) -> i32 {
        self.len + (0..self.path.len()).map(|n| self.node(n).added).sum::<i32>()
    }

    /// Tells all calls of the haplotype.
    pub(crate) fn tell(
        &self,
        buffer: &mut RecordBuffer,
        merge_key: &impl Fn(u32) -> MergeKey,
        scratch: &mut Scratch,
        told: &mut Reported,
    ) {
        let mut after_stop = false;
        let mut added = 0;
        let mut indel = false;
        let mut first: Option<usize> = None;
        let count = self.path.len();
        for step in 0..count {
            let n = if self.reverse { count - 1 - step } else { step };
            added += self.node(n).added;
            indel |= self.node(n).added != 0;
            let begun = *first.get_or_insert(n);
            if step + 1 < count && (added % 3 != 0 || self.shares_codon(n)) {
                continue;
            }
            let group = if self.reverse { n..=begun } else { begun..=n };
            let change = Change { group, added, indel, after_stop };
            after_stop |= self.report_change(&change, buffer, merge_key, scratch, told);
            (first, added, indel) = (None, 0, false);
        }
    }

    /// Whether the next allele in reading direction is in the same codon of the haplotype.
    fn shares_codon(&self, n: usize) -> bool {
        let (added, context) = (self.node(n).added, self.before(n));
        if !self.reverse {
            let last = context + if added < 0 { 1 } else { added };
            return last / 3 == self.before(n + 1) / 3;
        }
        let total = self.total();
        let next_added = self.node(n - 1).added;
        let last = total - 1 - context + if added > 0 { added - 1 } else { -added };
        let next = total - 1 - self.before(n - 1) - next_added.max(0);
        last.div_euclid(3) == next.div_euclid(3)
    }

    /// Tells one change; whether it brings a stop.
    fn report_change(
        &self,
        change: &Change,
        buffer: &mut RecordBuffer,
        merge_key: &impl Fn(u32) -> MergeKey,
        scratch: &mut Scratch,
        told: &mut Reported,
    ) -> bool {
        let (left, right) = (*change.group.start(), *change.group.end());
        self.translate(change, scratch);
        let mut flags = ConsequenceFlags::empty();
        for n in change.group.clone() {
            flags.insert(self.node(n).flags.intersection(ConsequenceFlags::COMPOUND));
        }
        let shape = (change.indel, left != right);
        let mut verdict = judge(flags, &scratch.before, &scratch.after, change.added, shape);
        if change.after_stop {
            verdict.flags.insert(ConsequenceFlags::AFTER_STOP);
        }
        let allele = self.tree.node(*self.path.last().unwrap_or(&0)).map_or(0, |n| n.allele);
        let main = if self.reverse { right } else { left };
        let at = self.node(main).record;
        let mut consequence = Consequence::new(verdict.flags, self.transcript, allele);
        if verdict.hides_residues && left == right {
            consequence.flags.insert(self.node(left).flags.difference(verdict.refuted));
            told.push((at, buffer.add(at, consequence, merge_key) as u32));
            return verdict.stops;
        }
        let from = buffer.text.len() as u32;
        let (before_at, after_at) = self.places(left, right);
        let (before, after) = ((before_at, &scratch.before), (after_at, &scratch.after));
        write_residues(&mut buffer.text, &verdict, before, after, self.most);
        self.write_alleles(&change.group, buffer);
        let text = from..buffer.text.len() as u32;
        let consequence = consequence.changing(text.clone());
        told.push((at, buffer.add(at, consequence, merge_key) as u32));
        for n in change.group.clone() {
            let node = self.node(n);
            let alone = node.flags.difference(ConsequenceFlags::COMPOUND);
            if !alone.is_empty() {
                let flags = alone.difference(verdict.refuted);
                let consequence =
                    Consequence::new(flags, self.transcript, 0).changing(text.clone());
                told.push((node.record, buffer.add(node.record, consequence, merge_key) as u32));
            }
            if n != main
                && (verdict.flags.intersects(ConsequenceFlags::COMPOUND) || alone.is_empty())
            {
                let flags = ConsequenceFlags::ELSEWHERE.union(node.flags);
                let consequence = Consequence::new(flags, self.transcript, 0).written_at(at);
                told.push((node.record, buffer.add(node.record, consequence, merge_key) as u32));
            }
        }
        verdict.stops
    }

    fn translate(&self, change: &Change, scratch: &mut Scratch) {
        let (left, right) = (*change.group.start(), *change.group.end());
        let from = self.node(left).offset;
        let to = self.node(right).offset + self.node(right).removed;
        let before = self.before(left);
        let skipped = (before - self.node(0).offset).max(0) as usize;
        let end = (self.ends[right].max(0) as usize).min(self.bases.len());
        let bases = &self.bases[skipped.min(end)..end];
        let to_end = change.added % 3 != 0 && !self.bases.is_empty();
        let after = Stretch { from, to, before, total: self.total(), to_end };
        self.spliced.translate(bases, after, &mut scratch.after, &mut scratch.codons);
        scratch.bases.clear();
        self.spliced.append(&mut scratch.bases, from, to);
        let stretch = Stretch { from, to, before: from, total: self.len, to_end };
        self.spliced.translate(&scratch.bases, stretch, &mut scratch.before, &mut scratch.codons);
    }

    /// Places of the first residues in the protein, before and after.
    fn places(&self, left: usize, right: usize) -> (i32, i32) {
        if !self.reverse {
            return (self.node(left).offset / 3 + 1, self.before(left) / 3 + 1);
        }
        let node = self.node(right);
        let before = self.len - node.offset - node.removed;
        let after = self.total() - self.node(0).offset - self.ends[right];
        (before / 3 + 1, after / 3 + 1)
    }

    /// Appends `121ACG>A+124TA>T`.
    fn write_alleles(&self, group: &RangeInclusive<usize>, buffer: &mut RecordBuffer) {
        let mut text = std::mem::take(&mut buffer.text);
        for n in group.clone() {
            if n > *group.start() {
                text.push(b'+');
            }
            let node = self.node(n);
            write_allele(&mut text, buffer, node.record, node.allele);
        }
        buffer.text = text;
    }
}

struct Change {
    group: RangeInclusive<usize>,
    added: i32,
    indel: bool,
    after_stop: bool,
}

/// Appends `121ACG>A`.
pub(crate) fn write_allele(text: &mut Vec<u8>, buffer: &RecordBuffer, record: u32, allele: u16) {
    push_int(text, buffer.records[record as usize].pos);
    let (reference, alt) = buffer.alleles(record, allele);
    text.extend_from_slice(reference);
    text.push(b'>');
    text.extend_from_slice(alt);
}
