//! The compound consequences of one haplotype.
//!
//! Alleles that share a codon or restore each other's reading frame are one change. It is reported
//! at one record; the other records refer to that record (`@123`).

use super::classify::{classify, write_residues};
use super::flags::ConsequenceFlags;
use super::haplotype_tree::{HaplotypeTree, Node};
use super::record_buffer::{Consequence, MergeKey, RecordBuffer, Reported};
use super::translate::{EditedRange, SplicedCds, Translations};
use crate::report::AnnotationGap;
use std::ops::{Range, RangeInclusive};

/// One haplotype of a transcript: its alleles in genomic order.
pub(crate) struct HaplotypePath<'a> {
    pub(crate) tree: &'a HaplotypeTree,
    pub(crate) spliced: &'a SplicedCds<'a>,
    pub(crate) reverse: bool,
    /// Coding bases of the reference.
    pub(crate) len: i32,
    /// Nodes from the root to the leaf.
    pub(crate) path: &'a [u32],
    /// By node: haplotype bases from the first allele to the end of the node.
    pub(crate) ends: &'a [i32],
    /// Haplotype bases from the first allele on.
    pub(crate) bases: &'a [u8],
    /// Maximum number of residues to write; 0 for no limit.
    pub(crate) max_residues: usize,
}

/// Buffers for the haplotypes of one transcript.
#[derive(Clone, Debug, Default)]
pub(crate) struct LeafScratch {
    /// Nodes where haplotypes end.
    pub(crate) leaves: Vec<u32>,
    pub(crate) stack: Vec<u32>,
    /// [`HaplotypePath::path`] of one leaf.
    pub(crate) path: Vec<u32>,
    /// [`HaplotypePath::ends`] of one leaf.
    pub(crate) ends: Vec<i32>,
    /// [`HaplotypePath::bases`] of one leaf.
    pub(crate) bases: Vec<u8>,
    /// The consequences of all haplotypes.
    pub(crate) reported: Vec<Reported>,
    /// By node: the range of `reported` that belongs to the haplotype that ends there.
    pub(crate) reported_by_node: Vec<Range<usize>>,
}

/// Consecutive alleles that make one change.
struct AlleleGroup {
    /// Their indexes in the path.
    nodes: RangeInclusive<usize>,
    /// Bases by which the group changes the length.
    added: i32,
    /// Whether any allele changes the length.
    has_indel: bool,
    /// Whether an earlier group of the haplotype brings a stop.
    after_stop: bool,
}

impl HaplotypePath<'_> {
    fn node(&self, n: usize) -> &Node {
        &self.tree.nodes[self.path[n] as usize]
    }

    /// Haplotype bases before an allele.
    fn offset(&self, n: usize) -> i32 {
        let node = self.node(n);
        self.node(0).offset + self.ends[n] - (node.removed + node.added)
    }

    /// Coding bases of the haplotype.
    fn total(&self) -> i32 {
        self.len + (0..self.path.len()).map(|n| self.node(n).added).sum::<i32>()
    }

    /// Reports all consequences of the haplotype.
    pub(crate) fn report(
        &self,
        buffer: &mut RecordBuffer,
        merge_key: &impl Fn(u32) -> MergeKey,
        translations: &mut Translations,
        reported: &mut Vec<Reported>,
    ) {
        let mut after_stop = false;
        let mut added = 0;
        let mut has_indel = false;
        let mut first: Option<usize> = None;
        let count = self.path.len();
        for step in 0..count {
            let n = if self.reverse { count - 1 - step } else { step };
            added += self.node(n).added;
            has_indel |= self.node(n).added != 0;
            let begun = *first.get_or_insert(n);
            if step + 1 < count && (added % 3 != 0 || self.shares_codon_with_next(n)) {
                continue;
            }
            let nodes = if self.reverse { n..=begun } else { begun..=n };
            let group = AlleleGroup { nodes, added, has_indel, after_stop };
            after_stop |= self.report_group(&group, buffer, merge_key, translations, reported);
            (first, added, has_indel) = (None, 0, false);
        }
    }

    /// Whether the next allele in reading direction lies in the same codon of the haplotype.
    fn shares_codon_with_next(&self, n: usize) -> bool {
        let (added, offset) = (self.node(n).added, self.offset(n));
        if !self.reverse {
            let last = offset + if added < 0 { 1 } else { added };
            return last / 3 == self.offset(n + 1) / 3;
        }
        let total = self.total();
        let next_added = self.node(n - 1).added;
        let last = total - 1 - offset + if added > 0 { added - 1 } else { -added };
        let next = total - 1 - self.offset(n - 1) - next_added.max(0);
        last.div_euclid(3) == next.div_euclid(3)
    }

    /// Reports the change of a group. Returns whether it brings a stop.
    fn report_group(
        &self,
        group: &AlleleGroup,
        buffer: &mut RecordBuffer,
        merge_key: &impl Fn(u32) -> MergeKey,
        translations: &mut Translations,
        reported: &mut Vec<Reported>,
    ) -> bool {
        let (left, right) = (*group.nodes.start(), *group.nodes.end());
        let transcript = self.tree.transcript;
        self.translate(group, translations);
        let (before, after) = (&translations.before, &translations.after);
        let mut flags = ConsequenceFlags::empty();
        for n in group.nodes.clone() {
            flags.insert(self.node(n).flags.intersection(ConsequenceFlags::COMPOUND));
        }
        let mut class = classify(flags, before, after, group.added, group.has_indel, left != right);
        if group.after_stop {
            class.flags.insert(ConsequenceFlags::AFTER_STOP);
        }
        let allele = self.tree.node(*self.path.last().unwrap_or(&0)).map_or(0, |n| n.allele);
        let main = if self.reverse { right } else { left };
        let at = self.node(main).record;
        let consequence = Consequence::new(class.flags, transcript, allele);
        let mut consequence = consequence.counted_for(self.node(main).allele);
        if class.hides_residues && left == right {
            consequence.flags.insert(self.node(left).flags.difference(class.refuted));
            reported.push(buffer.add(at, consequence, merge_key));
            return class.ends_in_stop;
        }
        if !buffer.has_room(at) {
            for n in group.nodes.clone() {
                buffer.note(self.node(n).record, AnnotationGap::TooManyConsequences);
            }
            return class.ends_in_stop;
        }
        let from = buffer.changes.len() as u32;
        let (before_at, after_at) = self.first_residues(left, right);
        let (before, after) = ((before_at, before), (after_at, after));
        write_residues(&mut buffer.changes, &class, before, after, self.max_residues);
        self.write_alleles(&group.nodes, buffer);
        let change = from..buffer.changes.len() as u32;
        let consequence = consequence.with_change(change.clone());
        reported.push(buffer.add(at, consequence, merge_key));
        for n in group.nodes.clone() {
            let node = self.node(n);
            let record_flags = node.flags.difference(ConsequenceFlags::COMPOUND);
            if !record_flags.is_empty() {
                let flags = record_flags.difference(class.refuted);
                let consequence = Consequence::new(flags, transcript, 0).counted_for(node.allele);
                let consequence = consequence.with_change(change.clone());
                reported.push(buffer.add(node.record, consequence, merge_key));
            }
            let is_compound = class.flags.intersects(ConsequenceFlags::COMPOUND);
            if n != main && (is_compound || record_flags.is_empty()) {
                let flags = ConsequenceFlags::ELSEWHERE | node.flags;
                let consequence = Consequence::new(flags, transcript, 0).counted_for(node.allele);
                let consequence = consequence.with_reported_at(at, class.flags);
                reported.push(buffer.add(node.record, consequence, merge_key));
            }
        }
        class.ends_in_stop
    }

    fn translate(&self, group: &AlleleGroup, translations: &mut Translations) {
        let Translations { before, after, bases: reference, codons } = translations;
        let (left, right) = (*group.nodes.start(), *group.nodes.end());
        let from = self.node(left).offset;
        let to = self.node(right).offset + self.node(right).removed;
        let offset = self.offset(left);
        let skipped = (offset - self.node(0).offset).max(0) as usize;
        let end = (self.ends[right].max(0) as usize).min(self.bases.len());
        let bases = &self.bases[skipped.min(end)..end];
        let to_end = group.added % 3 != 0 && !self.bases.is_empty();
        let range = EditedRange { from, to, before: offset, total: self.total(), to_end };
        self.spliced.translate(bases, range, after, codons);
        reference.clear();
        self.spliced.append(reference, from, to);
        let range = EditedRange { from, to, before: from, total: self.len, to_end };
        self.spliced.translate(reference, range, before, codons);
    }

    /// Protein positions of the first residues before and after the change.
    fn first_residues(&self, left: usize, right: usize) -> (i32, i32) {
        if !self.reverse {
            return (self.node(left).offset / 3 + 1, self.offset(left) / 3 + 1);
        }
        let node = self.node(right);
        let before = self.len - node.offset - node.removed;
        let after = self.total() - self.node(0).offset - self.ends[right];
        (before / 3 + 1, after / 3 + 1)
    }

    /// Appends the alleles of a group to the change, as `121ACG>A+124TA>T`.
    fn write_alleles(&self, nodes: &RangeInclusive<usize>, buffer: &mut RecordBuffer) {
        for n in nodes.clone() {
            if n > *nodes.start() {
                buffer.changes.push(b'+');
            }
            let node = self.node(n);
            buffer.write_allele(node.record, node.allele);
        }
    }
}
