//! Handles alleles in coding sequence: reports them at once if records are annotated on their own,
//! or adds them to the haplotypes they belong to.

use super::allele::RecordAllele;
use super::annotator::{ContigContext, CsqAnnotator};
use super::classify::{classify, write_residues};
use super::flags::ConsequenceFlags;
use super::genotypes::Genotype;
use super::haplotype_tree::{Haplotype, HaplotypeTree, Node, ROOT};
use super::model::{CodingSequence, Segment};
use super::options::Phase;
use super::record_buffer::Consequence;
use super::region::{Checks, Overlap};
use super::translate::{EditedRange, Translations};
use crate::error::InputError;
use crate::report::AnnotationGap;
use gas_shared::vcf::{Code, Column, Diagnostic, Severity};

/// What an allele does to a segment.
enum SegmentChange {
    /// Nothing that is reported.
    None,
    /// It has consequences, but the changed codons are unknown.
    FlagsOnly(ConsequenceFlags),
    /// It replaces bases of the segment.
    Replacement(Replacement),
}

/// A replacement of bases of a segment. The new bases are in the window of the comparison.
struct Replacement {
    flags: ConsequenceFlags,
    /// First genomic position replaced.
    start: i32,
    /// Number of bases replaced.
    removed: i32,
    /// Bases of the window that lie before the segment.
    skipped: usize,
}

/// Work on a new allele of a haplotype. It also bounds the memory: a node has a hundred bytes.
const NEW_NODE_WORK: u64 = 1500;

/// A segment of a coding sequence.
#[derive(Clone, Copy)]
struct SegmentContext<'a> {
    coding: &'a CodingSequence,
    number: u16,
    segment: Segment,
}

impl<'r> CsqAnnotator<'r> {
    pub(super) fn report_coding(
        &mut self,
        context: &ContigContext<'r>,
        transcript: u32,
        number: u16,
        alleles: &[RecordAllele<'_>],
        line_number: u64,
    ) -> Result<(), InputError> {
        let Some(coding) = context.model.coding(transcript) else { return Ok(()) };
        let segment = coding.segments[usize::from(number)];
        let is_coding = |allele: &RecordAllele<'_>| {
            allele.pos <= segment.end && allele.pos + allele.ref_len() > segment.start
        };
        let is_coding = alleles.first().is_some_and(is_coding);
        if let Some(record) = self.buffer.records.last_mut() {
            record.is_coding |= is_coding;
        }
        let segment = SegmentContext { coding, number, segment };
        if self.options.local {
            for allele in alleles {
                self.report_local(context, segment, allele);
            }
            return Ok(());
        }
        let end = context.contig.model.transcripts[transcript as usize].end;
        let haplotypes = if self.samples == 0 { 1 } else { 2 * self.samples };
        let (index, mut tree) = self.active.take(transcript, end, haplotypes);
        let result = if self.samples == 0 {
            // Without samples, the first variants of all records form one haplotype. A record has only
            // one allele on a haplotype, so that its other alleles are on their own.
            for (n, allele) in alleles.iter().enumerate() {
                let parent = if n == 0 { tree.head(Haplotype::ONLY) } else { ROOT };
                match self.add_node(context, segment, allele, &mut tree, parent) {
                    Some(node) if n == 0 => tree.extend(Haplotype::ONLY, node),
                    Some(node) => tree.add_end(Haplotype::ONLY, node),
                    None => {}
                }
            }
            Ok(())
        } else {
            self.read_genotypes();
            if is_coding && alleles.iter().any(|allele| !self.genotypes.carries(allele.number)) {
                self.buffer.note(self.buffer.last(), AnnotationGap::NoCarrier);
            }
            self.extend_haplotypes(context, segment, alleles, &mut tree, line_number)
        };
        self.active.put(index, tree);
        result
    }

    /// Adds the alleles of all samples to their haplotypes.
    fn extend_haplotypes(
        &mut self,
        context: &ContigContext<'r>,
        segment: SegmentContext<'_>,
        alleles: &[RecordAllele<'_>],
        tree: &mut HaplotypeTree,
        line_number: u64,
    ) -> Result<(), InputError> {
        self.scratch.rejected.clear();
        let phase = self.options.phase;
        for sample in 0..self.genotypes.samples().len() {
            let genotype = self.genotypes.samples()[sample];
            let assigned =
                haplotype_alleles(genotype, phase).ok_or_else(|| unphased(line_number))?;
            if phase == Phase::Skip && assigned != genotype.alleles {
                self.note_skipped(&genotype.alleles);
            }
            let alone = phase == Phase::Alone && genotype.is_ambiguous();
            let phase_set = if alone { None } else { self.genotypes.phase_set(sample) };
            if let Some(set) = phase_set.filter(|_| genotype.is_heterozygous()) {
                tree.begin_heterozygous(sample, set);
            }
            for (n, number) in assigned.into_iter().enumerate() {
                let Some(allele) = find_allele(alleles, number) else { continue };
                let haplotype = Haplotype::new(sample, n);
                if phase_set.is_some() && assigned[0] == assigned[1] {
                    let parent = tree.homozygous_head(sample, n);
                    if let Some(node) = self.find_node(context, segment, allele, tree, parent) {
                        tree.extend_homozygous(sample, n, node);
                    }
                }
                let parent = if alone { ROOT } else { tree.head(haplotype) };
                match self.find_node(context, segment, allele, tree, parent) {
                    Some(node) if alone => tree.add_end(haplotype, node),
                    Some(node) => tree.extend(haplotype, node),
                    None => {}
                }
            }
        }
        self.extend_polyploid(context, segment, alleles, tree, line_number)
    }

    /// Adds the alleles of the samples with more than two alleles to their haplotypes.
    fn extend_polyploid(
        &mut self,
        context: &ContigContext<'r>,
        segment: SegmentContext<'_>,
        alleles: &[RecordAllele<'_>],
        tree: &mut HaplotypeTree,
        line_number: u64,
    ) -> Result<(), InputError> {
        let phase = self.options.phase;
        for index in 0..self.genotypes.polyploid().len() {
            let polyploid = self.genotypes.polyploid()[index].clone();
            let mut assigned = self.genotypes.polyploid_alleles()[polyploid.alleles].to_vec();
            let ambiguous = !polyploid.phased && assigned.iter().any(|n| *n != assigned[0]);
            if ambiguous && phase == Phase::Skip {
                self.note_skipped(&assigned);
                continue;
            }
            if ambiguous && phase == Phase::Require {
                return Err(unphased(line_number));
            }
            merge_alleles(&mut assigned, phase, ambiguous);
            let alone = ambiguous && phase == Phase::Alone;
            for (n, number) in assigned.into_iter().enumerate() {
                let Some(allele) = find_allele(alleles, number) else { continue };
                let haplotype = Haplotype::new(polyploid.sample, n);
                let parent = if alone { ROOT } else { tree.head(haplotype) };
                match self.find_node(context, segment, allele, tree, parent) {
                    Some(node) if alone => tree.add_end(haplotype, node),
                    Some(node) => tree.extend(haplotype, node),
                    None => {}
                }
            }
        }
        Ok(())
    }

    /// Notes that a genotype with an alternative is left out.
    fn note_skipped(&mut self, alleles: &[Option<u16>]) {
        if alleles.iter().flatten().any(|allele| *allele > 0) {
            self.buffer.note(self.buffer.last(), AnnotationGap::UnphasedGenotype);
        }
    }

    /// Finds or adds the child of a node for an allele of the current record. `None` if the allele makes
    /// no node.
    fn find_node(
        &mut self,
        context: &ContigContext<'r>,
        segment: SegmentContext<'_>,
        allele: &RecordAllele<'_>,
        tree: &mut HaplotypeTree,
        parent: u32,
    ) -> Option<u32> {
        if self.scratch.rejected.contains(&(parent, allele.number)) {
            return None;
        }
        let existing = tree.child(parent, self.buffer.last(), allele.number);
        let node = existing.or_else(|| self.add_node(context, segment, allele, tree, parent));
        if node.is_none() {
            self.scratch.rejected.insert((parent, allele.number));
        }
        node
    }

    /// Adds an allele as a child of a node. Returns `None` if it overlaps the parent's allele or
    /// replaces no bases of the coding sequence.
    fn add_node(
        &mut self,
        context: &ContigContext<'r>,
        segment: SegmentContext<'_>,
        allele: &RecordAllele<'_>,
        tree: &mut HaplotypeTree,
        parent: u32,
    ) -> Option<u32> {
        let transcript = segment.coding.transcript;
        let replacement = match self.compare_with_segment(context, segment, allele) {
            SegmentChange::None => return None,
            SegmentChange::FlagsOnly(flags) => {
                self.report_flags(context, flags, transcript, allele.number);
                return None;
            }
            SegmentChange::Replacement(replacement) => replacement,
        };
        self.buffer.add_work(NEW_NODE_WORK);
        let offset = segment.segment.offset + replacement.start - segment.segment.start;
        let mut node = Node::new(parent, self.buffer.last(), allele.number, replacement.flags);
        let from = tree.bases.len();
        if let Some(before) = tree.node(parent) {
            if before.segment == segment.number && replacement.start < before.start + before.removed
            {
                self.prepass.counts.overlapping += 1;
                self.buffer.note(self.buffer.last(), AnnotationGap::OverlappingAllele);
                return None;
            }
            let gap = before.offset + before.removed..offset;
            let spliced = self.spliced(context, segment.coding);
            spliced.append(&mut tree.bases, gap.start, gap.end);
        }
        let after = &self.scratch.comparison.window.after;
        tree.bases.extend_from_slice(&after[replacement.skipped.min(after.len())..]);
        node.segment = segment.number;
        node.start = replacement.start;
        node.removed = replacement.removed;
        node.offset = offset;
        node.added = allele.alt_len() - allele.ref_len();
        node.bases = from..tree.bases.len();
        Some(tree.add(node))
    }

    /// Compares an allele with a segment, reports the consequences of the record alone, and finds
    /// the bases that are replaced.
    fn compare_with_segment(
        &mut self,
        context: &ContigContext<'r>,
        segment: SegmentContext<'_>,
        allele: &RecordAllele<'_>,
    ) -> SegmentChange {
        let SegmentContext { coding, number, segment } = segment;
        let transcript = context.transcript(coding.transcript);
        let is_first = number == 0;
        let is_last = usize::from(number) + 1 == coding.segments.len();
        let (read_first, read_last) =
            if transcript.reverse { (is_last, is_first) } else { (is_first, is_last) };
        let checks = Checks {
            left: !is_first,
            right: !is_last,
            start: read_first
                && coding.has_start
                && self.spliced(context, coding).begins_with_start(),
            stop: read_last && coding.has_stop,
            coding: true,
        };
        let comparison = &mut self.scratch.comparison;
        let overlap = comparison.compare(&transcript, checks, allele, (segment.start, segment.end));
        self.report_record_flags(context, coding.transcript, allele.number);
        let comparison = &self.scratch.comparison;
        match overlap {
            Overlap::NoChange => return SegmentChange::None,
            Overlap::Outside | Overlap::Crossing if comparison.flags.is_empty() => {
                return SegmentChange::None;
            }
            Overlap::Outside | Overlap::Crossing => {
                return SegmentChange::FlagsOnly(comparison.flags);
            }
            Overlap::Inside => {}
        }
        let flags = comparison.flags.difference(ConsequenceFlags::SYNONYMOUS);
        let skipped = (segment.start - comparison.from).max(0);
        let (start, removed) = (comparison.from + skipped, (comparison.removed - skipped).max(0));
        if start + removed > segment.end + 1 {
            let unknown = flags.is_empty();
            let flags = if unknown { ConsequenceFlags::CODING_SEQUENCE } else { flags };
            return SegmentChange::FlagsOnly(flags);
        }
        let skipped = skipped as usize;
        SegmentChange::Replacement(Replacement { flags, start, removed, skipped })
    }

    /// Reports an allele on its own.
    fn report_local(
        &mut self,
        context: &ContigContext<'r>,
        segment: SegmentContext<'_>,
        allele: &RecordAllele<'_>,
    ) {
        let coding = segment.coding;
        let (transcript, number) = (coding.transcript, allele.number);
        let replacement = match self.compare_with_segment(context, segment, allele) {
            SegmentChange::None => return,
            SegmentChange::FlagsOnly(flags) => {
                return self.report_flags(context, flags, transcript, number);
            }
            SegmentChange::Replacement(replacement) => replacement,
        };
        let offset = segment.segment.offset + replacement.start - segment.segment.start;
        let added = allele.alt_len() - allele.ref_len();
        let alt_len = self.translate_local(context, coding, &replacement, offset, added);
        let Translations { before, after, .. } = &self.scratch.translations;
        let class = classify(replacement.flags, before, after, added, false, false);
        if class.hides_residues {
            return self.report_flags(context, class.flags, transcript, number);
        }
        let compound = class.flags.intersection(ConsequenceFlags::COMPOUND);
        if !compound.is_empty() && self.buffer.has_room(self.buffer.last()) {
            let from = self.buffer.changes.len() as u32;
            let (mut before_at, mut after_at) = (offset, offset);
            if context.transcript(transcript).reverse {
                before_at = coding.len - offset - replacement.removed;
                after_at = coding.len + added - offset - alt_len;
            }
            let before = (before_at / 3 + 1, before);
            let after = (after_at / 3 + 1, after);
            let max_residues = self.options.max_residues;
            write_residues(&mut self.buffer.changes, &class, before, after, max_residues);
            self.buffer.write_allele(self.buffer.last(), number);
            let change = from..self.buffer.changes.len() as u32;
            let consequence = Consequence::new(compound, transcript, number);
            self.report(context, consequence.with_change(change));
        }
        let record_flags = class.flags.difference(ConsequenceFlags::COMPOUND);
        if !record_flags.is_empty() {
            self.report_flags(context, record_flags, transcript, number);
        }
    }

    /// Translates the codons of an allele before and after the change. Returns the number of new
    /// bases.
    fn translate_local(
        &mut self,
        context: &ContigContext<'r>,
        coding: &CodingSequence,
        replacement: &Replacement,
        offset: i32,
        added: i32,
    ) -> i32 {
        let spliced = self.spliced(context, coding);
        let Translations { before, after, bases: reference, codons } =
            &mut self.scratch.translations;
        let new = &self.scratch.comparison.window.after;
        let new = &new[replacement.skipped.min(new.len())..];
        let to_end = added % 3 != 0 && !new.is_empty();
        let (from, to) = (offset, offset + replacement.removed);
        let range = EditedRange { from, to, before: from, total: coding.len + added, to_end };
        spliced.translate(new, range, after, codons);
        let new_len = new.len() as i32;
        reference.clear();
        spliced.append(reference, from, to);
        let range = EditedRange { total: coding.len, ..range };
        spliced.translate(reference, range, before, codons);
        new_len
    }
}

/// The allele of the record with a number, if it is an alternative in `alleles`, which are in the order
/// of their numbers.
fn find_allele<'s, 'a>(
    alleles: &'s [RecordAllele<'a>],
    number: Option<u16>,
) -> Option<&'s RecordAllele<'a>> {
    let number = number.filter(|number| *number > 0)?;
    let found = alleles.binary_search_by_key(&number, |allele| allele.number);
    found.ok().map(|n| &alleles[n])
}

/// Applies the phase option to a genotype with any number of alleles.
fn merge_alleles(alleles: &mut [Option<u16>], phase: Phase, ambiguous: bool) {
    let alternative = alleles.iter().copied().flatten().find(|allele| *allele > 0);
    let count = match phase {
        Phase::Merge => 1,
        Phase::NonReference if ambiguous => alleles.len(),
        _ => 0,
    };
    for allele in alleles[..count].iter_mut().filter(|allele| **allele == Some(0)) {
        *allele = alternative.or(Some(0));
    }
}

/// Assigns the alleles of a genotype to two haplotypes; `None` if the genotype has to be phased and
/// is not.
fn haplotype_alleles(genotype: Genotype, phase: Phase) -> Option<[Option<u16>; 2]> {
    let [Some(first), Some(second)] = genotype.alleles else {
        // A missing allele leaves the other one on its haplotype.
        return Some(genotype.alleles);
    };
    let merged = |a: u16, b: u16| if a == 0 { b } else { a };
    let ambiguous = genotype.is_ambiguous();
    Some(match phase {
        Phase::Merge => [Some(merged(first, second)), Some(second)],
        Phase::Require if ambiguous => return None,
        Phase::Skip if ambiguous => [None, None],
        Phase::NonReference if ambiguous => {
            [Some(merged(first, second)), Some(merged(second, first))]
        }
        _ => genotype.alleles,
    })
}

fn unphased(line: u64) -> InputError {
    Diagnostic {
        line,
        column: Some(Column::Samples),
        severity: Severity::Error,
        code: Code::UnphasedGenotype,
        message: "a heterozygous genotype is not phased; phase the file, or choose another --phase"
            .to_owned(),
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unphased_genotypes_follow_the_phase_option() {
        let genotype = |a, b, phased| Genotype { alleles: [Some(a), Some(b)], phased };
        for (phase, found, expected) in [
            (Phase::AsIs, genotype(0, 1, false), Some([Some(0), Some(1)])),
            (Phase::Merge, genotype(0, 1, true), Some([Some(1), Some(1)])),
            (Phase::Merge, genotype(1, 2, false), Some([Some(1), Some(2)])),
            (Phase::NonReference, genotype(1, 0, false), Some([Some(1), Some(1)])),
            (Phase::NonReference, genotype(0, 1, true), Some([Some(0), Some(1)])),
            (Phase::Skip, genotype(0, 1, false), Some([None, None])),
            (Phase::Skip, genotype(1, 1, false), Some([Some(1), Some(1)])),
            (Phase::Require, genotype(0, 1, false), None),
            (Phase::Require, genotype(0, 0, false), Some([Some(0), Some(0)])),
        ] {
            assert_eq!(haplotype_alleles(found, phase), expected, "{phase:?} {found:?}");
        }
        for alleles in [[None, Some(1)], [Some(1), None], [None, None]] {
            let found = Genotype { alleles, phased: false };
            assert_eq!(haplotype_alleles(found, Phase::Require), Some(alleles));
        }
    }
}
