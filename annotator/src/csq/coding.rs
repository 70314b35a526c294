//! Handles alleles in coding sequence: reports them at once if records are annotated on their own,
//! or adds them to the haplotypes they belong to.

use super::annotator::{ContigContext, CsqAnnotator};
use super::coding_change::{CodingChange, CodingChangeKind, CodingScratch};
use super::flags::ConsequenceFlags;
use super::genotypes::Genotype;
use super::group::Replaced;
use super::haplotype_tree::{Haplotype, HaplotypeTree, Node, ROOT};
use super::options::Phase;
use super::record_buffer::Consequence;
use crate::error::InputError;
use crate::report::AnnotationGap;
use gas_shared::vcf::{Code, Column, Diagnostic, Severity};

/// Work on a new allele of a haplotype. It also bounds the memory: a node has a hundred bytes.
const NEW_NODE_WORK: u64 = 1500;

/// Work on comparing an allele with another one of its haplotype.
const OVERLAP_WORK: u64 = 4;

/// The alleles of a sample and the haplotypes on which they are.
struct AssignedAlleles<'a> {
    sample: usize,
    /// By haplotype: the number of the allele.
    alleles: &'a [Option<u16>],
    /// Whether the alleles are not phased, so that each is on its own.
    alone: bool,
    phase_set: Option<u64>,
}

impl<'r> CsqAnnotator<'r> {
    /// Reports what the alleles of the current record do to coding sequences, or adds them to haplotypes.
    pub(super) fn report_coding(
        &mut self,
        context: &ContigContext<'r>,
        line_number: u64,
    ) -> Result<(), InputError> {
        let mut coding = std::mem::take(&mut self.scratch.coding);
        // Alleles of a record that touch different features come one after the other.
        let key = |change: &CodingChange| (change.transcript, change.segment, change.allele);
        if coding.changes[0].allele != coding.changes[coding.changes.len() - 1].allele {
            coding.changes.sort_by_key(key);
        }
        let result = if self.options.local {
            for change in &coding.changes {
                self.report_local(context, change, &coding.bases);
            }
            Ok(())
        } else {
            self.add_to_haplotypes(context, &coding, line_number)
        };
        self.scratch.coding = coding;
        result
    }

    fn add_to_haplotypes(
        &mut self,
        context: &ContigContext<'r>,
        coding: &CodingScratch,
        line_number: u64,
    ) -> Result<(), InputError> {
        let first = coding.changes.iter().map(|change| change.allele).min();
        let same = |a: &CodingChange, b: &CodingChange| {
            (a.transcript, a.segment) == (b.transcript, b.segment)
        };
        for changes in coding.changes.chunk_by(same) {
            let transcript = changes[0].transcript;
            let end = context.contig.model.transcripts[transcript as usize].end;
            let haplotypes = if self.samples == 0 { 1 } else { 2 * self.samples };
            let (index, mut tree) = self.active.take(transcript, end, haplotypes);
            self.scratch.rejected.clear();
            let result = if self.samples == 0 {
                // Without samples, the first variants of all records form one haplotype. A record has only
                // one allele on a haplotype, so that its other alleles are on their own.
                for change in changes {
                    let alone = Some(change.allele) != first;
                    let of_change = (change, coding.bases.as_slice());
                    self.extend(of_change, &mut tree, Haplotype::ONLY, alone);
                }
                Ok(())
            } else {
                self.read_genotypes();
                if changes.iter().any(|change| !self.genotypes.carries(change.allele)) {
                    self.buffer.note(self.buffer.last(), AnnotationGap::NoCarrier);
                }
                let of_changes = (changes, coding.bases.as_slice());
                self.extend_haplotypes(of_changes, &mut tree, line_number)
            };
            self.active.put(index, tree);
            result?;
        }
        Ok(())
    }

    /// Adds the alleles of all samples to their haplotypes.
    fn extend_haplotypes(
        &mut self,
        changes: (&[CodingChange], &[u8]),
        tree: &mut HaplotypeTree,
        line_number: u64,
    ) -> Result<(), InputError> {
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
            let assigned = AssignedAlleles { sample, alleles: &assigned, alone, phase_set };
            self.extend_sample(changes, tree, &assigned);
        }
        for index in 0..self.genotypes.polyploid().len() {
            let polyploid = self.genotypes.polyploid()[index].clone();
            let mut alleles = self.genotypes.polyploid_alleles()[polyploid.alleles].to_vec();
            let ambiguous = !polyploid.phased && alleles.iter().any(|n| *n != alleles[0]);
            if ambiguous && phase == Phase::Skip {
                self.note_skipped(&alleles);
                continue;
            }
            if ambiguous && phase == Phase::Require {
                return Err(unphased(line_number));
            }
            merge_alleles(&mut alleles, phase, ambiguous);
            let alone = ambiguous && phase == Phase::Alone;
            let sample = polyploid.sample;
            let assigned = AssignedAlleles { sample, alleles: &alleles, alone, phase_set: None };
            self.extend_sample(changes, tree, &assigned);
        }
        Ok(())
    }

    /// Adds the alleles of a sample to its haplotypes.
    fn extend_sample(
        &mut self,
        (changes, bases): (&[CodingChange], &[u8]),
        tree: &mut HaplotypeTree,
        assigned: &AssignedAlleles<'_>,
    ) {
        let AssignedAlleles { sample, alleles, alone, phase_set } = *assigned;
        for (n, number) in alleles.iter().enumerate() {
            let Some(change) = find_change(changes, *number) else { continue };
            if phase_set.is_some() && alleles[0] == alleles[1] {
                let parent = tree.homozygous_head(sample, n);
                if let Some(node) = self.find_node((change, bases), tree, parent) {
                    tree.extend_homozygous(sample, n, node);
                }
            }
            self.extend((change, bases), tree, Haplotype::new(sample, n), alone);
        }
    }

    /// Adds an allele to a haplotype, or on its own.
    fn extend(
        &mut self,
        (change, bases): (&CodingChange, &[u8]),
        tree: &mut HaplotypeTree,
        haplotype: Haplotype,
        alone: bool,
    ) {
        if !alone && tree.is_deleted(haplotype, change.start) {
            self.note_overlap();
            return;
        }
        if let CodingChangeKind::Deletion { end } = change.kind {
            if !alone {
                tree.delete_to(haplotype, end);
            }
            return;
        }
        let parent = if alone { ROOT } else { tree.head(haplotype) };
        match self.find_node((change, bases), tree, parent) {
            Some(node) if alone => tree.add_end(haplotype, node),
            Some(node) => tree.extend(haplotype, node),
            None => {}
        }
    }

    /// Notes that an allele overlaps another one of its haplotype and is left out of it.
    fn note_overlap(&mut self) {
        self.records.counts.overlapping += 1;
        self.buffer.note(self.buffer.last(), AnnotationGap::OverlappingAllele);
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
        change: (&CodingChange, &[u8]),
        tree: &mut HaplotypeTree,
        parent: u32,
    ) -> Option<u32> {
        let allele = change.0.allele;
        if self.scratch.rejected.contains(&(parent, allele)) {
            return None;
        }
        let existing = tree.child(parent, self.buffer.last(), allele);
        let node = existing.or_else(|| self.add_node(change, tree, parent));
        if node.is_none() {
            self.scratch.rejected.insert((parent, allele));
        }
        node
    }

    /// Adds an allele as a child of a node. Returns `None` if it overlaps an allele of the haplotype, or if
    /// the transcript takes too much work.
    fn add_node(
        &mut self,
        (change, bases): (&CodingChange, &[u8]),
        tree: &mut HaplotypeTree,
        parent: u32,
    ) -> Option<u32> {
        let CodingChangeKind::Edit(edit, range) = &change.kind else { return None };
        let record = self.buffer.last();
        let (overlaps, compared) = tree.overlaps(parent, record, edit);
        if !self.buffer.add_work_on(tree, NEW_NODE_WORK + OVERLAP_WORK * compared) {
            self.buffer.note(self.buffer.last(), AnnotationGap::TooManyConsequences);
            return None;
        }
        if overlaps {
            self.note_overlap();
            return None;
        }
        let mut node = Node::new(parent, self.buffer.last(), change.allele, change.flags);
        let from = tree.bases.len();
        tree.bases.extend_from_slice(&bases[range.clone()]);
        node.edit = *edit;
        node.bases = from..tree.bases.len();
        Some(tree.add(node))
    }

    /// Reports an allele on its own.
    fn report_local(&mut self, context: &ContigContext<'r>, change: &CodingChange, bases: &[u8]) {
        let (transcript, allele) = (change.transcript, change.allele);
        let CodingChangeKind::Edit(edit, range) = &change.kind else { return };
        let Some(coding) = context.model.coding(transcript) else { return };
        let spliced = self.spliced(context, coding);
        let translations = &mut self.scratch.translations;
        translations.new_bases.clear();
        translations.new_bases.extend_from_slice(&bases[range.clone()]);
        let replaced = Replaced::alone(edit, coding.len);
        let described = replaced.describe(&spliced, translations);
        let class = &described.class;
        let mut flags = class.flags | change.flags.intersection(ConsequenceFlags::COMPOUND);
        if flags.intersects(ConsequenceFlags::MODEL_CODONS) {
            flags.insert(change.flags);
        }
        let consequence = Consequence::new(flags, transcript, allele);
        if class.hides_residues {
            return self.report(context, consequence);
        }
        if !self.buffer.has_room(self.buffer.last()) {
            return;
        }
        let from = self.buffer.changes.len() as u32;
        let max_residues = self.options.max_residues;
        described.write_residues(
            &self.scratch.translations,
            max_residues,
            &mut self.buffer.changes,
        );
        self.buffer.write_allele(self.buffer.last(), allele);
        let written = from..self.buffer.changes.len() as u32;
        self.report(context, consequence.with_change(written));
    }
}

/// The change by the allele with a number, if it is an alternative in `changes`, which are in the order of
/// their numbers.
fn find_change(changes: &[CodingChange], number: Option<u16>) -> Option<&CodingChange> {
    let number = number.filter(|number| *number > 0)?;
    let found = changes.binary_search_by_key(&number, |change| change.allele);
    found.ok().map(|n| &changes[n])
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
