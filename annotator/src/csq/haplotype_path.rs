//! The compound consequences of one haplotype.
//!
//! Alleles that share a codon or restore each other's reading frame are one change. It is reported
//! at one record; the other records refer to that record (`@123`).

use super::flags::ConsequenceFlags;
use super::group::Replaced;
use super::haplotype_tree::{Edit, HaplotypeTree, Node};
use super::record_buffer::{Consequence, MergeKey, RecordBuffer, Reported};
use super::translate::{SplicedCds, Translations};
use crate::report::AnnotationGap;
use std::ops::{Range, RangeInclusive};

/// One haplotype of a transcript: its alleles in genomic order.
pub(crate) struct HaplotypePath<'a> {
    pub(crate) tree: &'a HaplotypeTree,
    pub(crate) spliced: &'a SplicedCds<'a>,
    pub(crate) edits: &'a [PathEdit],
    /// Maximum number of residues to write; 0 for no limit.
    pub(crate) max_residues: usize,
}

/// An allele of a haplotype at the place at which it is described. Numbers count coding bases in genomic
/// direction.
#[derive(Clone, Debug)]
pub(crate) struct PathEdit {
    /// Its node in the tree.
    node: u32,
    edit: Edit,
    /// First base replaced.
    offset: i32,
    /// By how many bases the new bases are rotated at this place.
    rotation: usize,
    /// First base that is replaced at a place with the same haplotype, and the base after the last one.
    reach: (i32, i32),
    /// Whether there is such a place in the segment.
    is_in_segment: bool,
    /// Bases of the haplotype before the new ones.
    start: i32,
}

/// Moves alleles, in genomic order or in the opposite one, as far as the others let them. Returns whether all
/// have a place in the coding sequence.
fn move_edits<'e>(edits: impl Iterator<Item = &'e mut PathEdit>, is_backward: bool) -> bool {
    let mut edits = edits.peekable();
    let mut are_all = true;
    // Earlier ones have been moved, later ones are where their records place them.
    let mut earlier: Option<(i32, i32)> = None;
    while let Some(at) = edits.next() {
        let later = edits.peek().map(|next| (next.edit.given, next.edit.given_end()));
        let (left, right) = if is_backward { (later, earlier) } else { (earlier, later) };
        let after = left.map_or(i32::MIN, |(_, end)| end);
        at.move_between(after, right.map_or(i32::MAX, |(start, _)| start));
        are_all &= at.is_in_segment;
        let start = if at.is_in_segment { at.place() } else { at.edit.given };
        earlier = Some((start, start + at.edit.removed));
    }
    are_all
}

impl PathEdit {
    fn new(tree: &HaplotypeTree, node: u32) -> Self {
        let edit = tree.nodes[node as usize].edit;
        let reach = (edit.offset, edit.offset + edit.removed);
        let offset = edit.offset;
        Self { node, edit, offset, rotation: 0, reach, is_in_segment: true, start: 0 }
    }

    /// The genomic position of the first base replaced.
    const fn place(&self) -> i32 {
        self.edit.place + self.offset - self.edit.offset
    }

    /// The base after the last one replaced.
    const fn end(&self) -> i32 {
        self.offset + self.edit.removed
    }

    /// The base of the haplotype after the new ones.
    const fn end_in_haplotype(&self) -> i32 {
        self.start + self.edit.inserted
    }

    /// Moves the allele to its place between two positions with other alleles of the haplotype.
    fn move_between(&mut self, after: i32, before: i32) {
        let Edit { offset, place, places, removed, inserted, segment, .. } = self.edit;
        if places.0 == places.1 {
            return;
        }
        let first = places.0.max(after).max(segment.0);
        let last = places.1.min(before - removed).min(segment.1 + 1 - removed);
        self.is_in_segment = first <= last;
        if self.is_in_segment {
            let moved = place.clamp(first, last);
            self.offset = offset + moved - place;
            self.rotation = (moved - place).rem_euclid(inserted.max(1)) as usize;
            self.reach = (self.offset - (moved - first), self.end() + (last - moved));
        }
    }
}

/// Buffers for the haplotypes of one transcript.
#[derive(Clone, Debug, Default)]
pub(crate) struct LeafScratch {
    /// Nodes where haplotypes end.
    pub(crate) leaves: Vec<u32>,
    pub(crate) stack: Vec<u32>,
    /// Nodes from the root to one leaf.
    pub(crate) path: Vec<u32>,
    /// [`HaplotypePath::edits`] of one leaf.
    pub(crate) edits: Vec<PathEdit>,
    /// Nodes of alleles that are left out of one leaf.
    pub(crate) left_out: Vec<u32>,
    /// The consequences of all haplotypes.
    pub(crate) reported: Vec<Reported>,
    /// By node: the range of `reported` that belongs to the haplotype that ends there.
    pub(crate) reported_by_node: Vec<Range<usize>>,
}

impl LeafScratch {
    /// Collects the alleles of a haplotype in genomic order, at the places at which they are described. An
    /// insertion or deletion is not moved across another allele of the haplotype, since that would be another
    /// sequence.
    pub(crate) fn place_edits(&mut self, tree: &HaplotypeTree, leaf: u32) {
        tree.path(leaf, &mut self.path);
        self.left_out.clear();
        self.edits.clear();
        self.edits.extend(self.path.iter().map(|node| PathEdit::new(tree, *node)));
        let edits = &mut self.edits;
        // An insertion is before the base at its position.
        let key = |at: &PathEdit| (at.edit.given, at.edit.removed > 0);
        if !edits.is_sorted_by_key(key) {
            edits.sort_by_key(key);
        }
        // An allele may have to give way to another one that enters the coding sequence.
        if !move_edits(edits.iter_mut(), false) && !move_edits(edits.iter_mut().rev(), true) {
            let outside = edits.iter().filter(|at| !at.is_in_segment).map(|at| at.node);
            self.left_out.extend(outside);
            edits.retain(|at| at.is_in_segment);
        }
        let mut added = 0;
        for at in edits {
            at.start = at.offset + added;
            added += at.edit.added();
        }
    }
}

/// Consecutive alleles that make one change.
struct AlleleGroup {
    /// Their indexes in the path.
    edits: RangeInclusive<usize>,
    /// Bases by which the group changes the length.
    added: i32,
    /// Whether any allele changes the length.
    has_indel: bool,
    /// Whether an earlier group of the haplotype brings a stop.
    after_stop: bool,
}

impl HaplotypePath<'_> {
    fn node(&self, n: usize) -> &Node {
        &self.tree.nodes[self.edits[n].node as usize]
    }

    /// Coding bases of the haplotype.
    fn total(&self) -> i32 {
        self.spliced.coding.len + self.edits.iter().map(|at| at.edit.added()).sum::<i32>()
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
        let total = self.total();
        let count = self.edits.len();
        for step in 0..count {
            let n = if self.spliced.reverse { count - 1 - step } else { step };
            let edit = &self.edits[n].edit;
            added += edit.added();
            has_indel |= edit.added() != 0;
            let begun = *first.get_or_insert(n);
            let edits = if self.spliced.reverse { n..=begun } else { begun..=n };
            if step + 1 < count
                && (added % 3 != 0 || self.joins_next(n, total) || self.lacks_base(&edits, total))
            {
                continue;
            }
            let group = AlleleGroup { edits, added, has_indel, after_stop };
            after_stop |=
                self.report_group(&group, total, buffer, merge_key, translations, reported);
            (first, added, has_indel) = (None, 0, false);
        }
    }

    /// Whether an allele and the next one in reading direction touch the same codon of the haplotype at one
    /// of their places, or no base is between an insertion or deletion and the other allele.
    fn joins_next(&self, n: usize, total: i32) -> bool {
        let next = if self.spliced.reverse { n - 1 } else { n + 1 };
        let (left, right) = (&self.edits[n.min(next)], &self.edits[n.max(next)]);
        if left.reach.1 == right.reach.0 && (left.edit.is_indel() || right.edit.is_indel()) {
            return true;
        }
        let (_, end) = self.reach(n, total);
        let (start, _) = self.reach(next, total);
        (end - 1).div_euclid(3) >= start.div_euclid(3)
    }

    /// First base of the haplotype that an allele touches at one of its places, and the base after the last
    /// one, in reading direction.
    fn reach(&self, n: usize, total: i32) -> (i32, i32) {
        let at = &self.edits[n];
        let from = at.start - (at.offset - at.reach.0);
        let to = at.start + at.edit.inserted + at.reach.1 - at.end();
        if self.spliced.reverse { (total - to, total - from) } else { (from, to) }
    }

    /// Whether the base before an allele, in genomic direction, is in a codon that the allele before
    /// touches.
    fn shares_codon_of_base(&self, n: usize, total: i32) -> bool {
        self.is_in_codon_of(self.edits[n].start - 1, n - 1, total)
    }

    /// Whether a base of the haplotype, counted in genomic direction, is in a codon that an allele touches.
    fn is_in_codon_of(&self, base: i32, n: usize, total: i32) -> bool {
        let (from, to) = self.reach(n, total);
        (from.div_euclid(3)..=(to - 1).div_euclid(3)).contains(&self.codon_of(base, total))
    }

    /// The codon of a base of the haplotype, counted in genomic direction.
    const fn codon_of(&self, base: i32, total: i32) -> i32 {
        let base = if self.spliced.reverse { total - 1 - base } else { base };
        base.div_euclid(3)
    }

    /// Whether a group needs a base beside it to be shown, and other alleles touch the codons of both, or are
    /// shown with them.
    fn lacks_base(&self, group: &RangeInclusive<usize>, total: i32) -> bool {
        let (left, right) = (*group.start(), *group.end());
        if !self.edits[left].edit.is_indel() || left == 0 || right + 1 == self.edits.len() {
            return false;
        }
        let after = self.edits[right].end_in_haplotype();
        let next = &self.edits[right + 1];
        self.shares_codon_of_base(left, total)
            && (self.is_in_codon_of(after, right + 1, total)
                || (next.edit.is_indel()
                    && !self.shares_codon_of_base(right + 1, total)
                    && self.codon_of(after, total) == self.codon_of(next.start - 1, total)))
    }

    /// Reports the change of a group. Returns whether it brings a stop.
    fn report_group(
        &self,
        group: &AlleleGroup,
        total: i32,
        buffer: &mut RecordBuffer,
        merge_key: &impl Fn(u32) -> MergeKey,
        translations: &mut Translations,
        reported: &mut Vec<Reported>,
    ) -> bool {
        let (left, right) = (*group.edits.start(), *group.edits.end());
        let transcript = self.tree.transcript;
        self.collect_bases(group, &mut translations.new_bases);
        // An insertion or deletion is shown with a base that is not changed.
        let shows_base = self.edits[left].edit.is_indel();
        let is_before_changed = shows_base && left > 0 && self.shares_codon_of_base(left, total);
        let shows_after = left < right
            && self.edits[right].edit.is_indel()
            && self.edits[right - 1].end() == self.edits[right].offset;
        let replaced = Replaced {
            from: self.edits[left].offset,
            to: self.edits[right].end(),
            before: self.edits[left].start,
            total,
            added: group.added,
            has_indel: group.has_indel,
            is_compound: left != right,
            shows_before: shows_base && !is_before_changed,
            shows_after: (shows_base && is_before_changed) || shows_after,
        };
        let change = replaced.describe(self.spliced, translations);
        let class = &change.class;
        let mut flags = class.flags;
        for n in group.edits.clone() {
            flags.insert(self.node(n).flags.intersection(ConsequenceFlags::COMPOUND));
        }
        if group.after_stop {
            flags.insert(ConsequenceFlags::AFTER_STOP);
        }
        // A start or stop codon next to an intron is reported with the splice region.
        if left == right && flags.intersects(ConsequenceFlags::MODEL_CODONS) {
            flags.insert(self.node(left).flags);
        }
        let allele = self.edits.last().map_or(0, |last| self.tree.nodes[last.node as usize].allele);
        let main = if self.spliced.reverse { right } else { left };
        let at = self.node(main).record;
        let consequence = Consequence::new(flags, transcript, allele);
        let consequence = consequence.counted_for(self.node(main).allele);
        if class.hides_residues && left == right {
            reported.push(buffer.add(at, consequence, merge_key));
            return class.ends_in_stop;
        }
        if !buffer.has_room(at) {
            for n in group.edits.clone() {
                buffer.note(self.node(n).record, AnnotationGap::TooManyConsequences);
            }
            return class.ends_in_stop;
        }
        let from = buffer.changes.len() as u32;
        change.write_residues(translations, self.max_residues, &mut buffer.changes);
        self.write_alleles(&group.edits, buffer);
        let written = from..buffer.changes.len() as u32;
        reported.push(buffer.add(at, consequence.with_change(written), merge_key));
        for n in group.edits.clone() {
            let node = self.node(n);
            let record_flags = node.flags.difference(ConsequenceFlags::COMPOUND);
            let is_reported = n == main && flags.contains(record_flags);
            if !record_flags.is_empty() && !is_reported {
                let consequence = Consequence::new(record_flags, transcript, 0);
                let consequence = consequence.counted_for(node.allele);
                reported.push(buffer.add(node.record, consequence, merge_key));
            }
            if n != main {
                let flags = ConsequenceFlags::ELSEWHERE | node.flags;
                let consequence = Consequence::new(flags, transcript, 0).counted_for(node.allele);
                let consequence = consequence.with_reported_at(at, class.flags);
                reported.push(buffer.add(node.record, consequence, merge_key));
            }
        }
        class.ends_in_stop
    }

    /// Collects the new bases of a group, and the unchanged ones between its alleles.
    fn collect_bases(&self, group: &AlleleGroup, out: &mut Vec<u8>) {
        out.clear();
        let mut end = None;
        for at in &self.edits[group.edits.clone()] {
            if let Some(end) = end {
                self.spliced.append(out, end, at.offset);
            }
            let bases = &self.tree.bases[self.tree.nodes[at.node as usize].bases.clone()];
            let (tail, head) = bases.split_at(at.rotation);
            out.extend_from_slice(head);
            out.extend_from_slice(tail);
            end = Some(at.end());
        }
    }

    /// Appends the alleles of a group to the change, as `121ACG>A+124TA>T`.
    fn write_alleles(&self, edits: &RangeInclusive<usize>, buffer: &mut RecordBuffer) {
        for n in edits.clone() {
            if n > *edits.start() {
                buffer.changes.push(b'+');
            }
            let node = self.node(n);
            buffer.write_allele(node.record, node.allele);
        }
    }
}
