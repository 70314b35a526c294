//! Alleles in coding sequence: told at once where every record stands for itself, or put on top of
//! the haplotypes they belong to.

use super::Phase;
use super::allele::Allele;
use super::classify::{judge, write_residues};
use super::compound::write_allele;
use super::engine::{ContigContext, CsqAnnotator};
use super::flags::ConsequenceFlags;
use super::genotypes::Genotype;
use super::haplotypes::{Haplotypes, Node, ROOT};
use super::model::{Coding, Segment};
use super::record_buffer::Consequence;
use super::region::{Checks, Overlap};
use super::translate::{Spliced, Stretch};
use crate::error::InputError;
use gas_shared::vcf::{Code, Column, Diagnostic, Severity};

/// What becomes of an allele in a segment.
enum Placed {
    /// Nothing to say.
    Nothing,
    /// ConsequenceFlags without amino acids.
    Alone(ConsequenceFlags),
    /// It replaces bases of the segment.
    Replaced(Replaced),
}

/// Bases of a segment replaced; what comes in their place is in the splice window.
struct Replaced {
    flags: ConsequenceFlags,
    start: i32,
    removed: i32,
    /// Bases of the window that lie before the segment.
    skipped: usize,
}

/// A segment of a coding sequence.
#[derive(Clone, Copy)]
struct Spot<'a> {
    coding: &'a Coding,
    number: u16,
    segment: Segment,
}

impl<'r> CsqAnnotator<'r> {
    pub(super) fn report_coding(
        &mut self,
        context: &ContigContext<'r>,
        transcript: u32,
        segment: u16,
        alleles: &[Allele<'_>],
        number: u64,
    ) -> Result<(), InputError> {
        let Some(coding) = context.model.coding(transcript) else { return Ok(()) };
        let spot = Spot { coding, number: segment, segment: coding.segments[usize::from(segment)] };
        if self.options.local {
            for allele in alleles {
                self.report_local(context, spot, allele);
            }
            return Ok(());
        }
        let end = context.contig.model.transcripts[transcript as usize].end;
        let haplotypes = if self.samples == 0 { 1 } else { 2 * self.samples };
        let (index, mut tree) = self.active.take(transcript, end, haplotypes);
        let result = if self.samples == 0 {
            // Without samples the records make one haplotype.
            if let Some(allele) = alleles.first().filter(|allele| allele.number == 1) {
                let parent = tree.heads[0];
                let node = self.add_node(context, spot, allele, &mut tree, parent);
                node.into_iter().for_each(|node| tree.extend(0, node));
            }
            Ok(())
        } else {
            self.extend_samples(context, spot, alleles, &mut tree, number)
        };
        self.active.put(index, tree);
        result
    }

    fn extend_samples(
        &mut self,
        context: &ContigContext<'r>,
        spot: Spot<'_>,
        alleles: &[Allele<'_>],
        tree: &mut Haplotypes,
        number: u64,
    ) -> Result<(), InputError> {
        let record = self.buffer.last();
        self.read_genotypes();
        self.scratch.refused.clear();
        for sample in 0..self.genotypes.samples().len() {
            let genotype = self.genotypes.samples()[sample];
            let taken = taken(genotype, self.options.phase).ok_or_else(|| unphased(number))?;
            let alone = self.options.phase == Phase::Alone && genotype.is_ambiguous();
            for (n, allele) in taken.into_iter().enumerate() {
                let found = allele.and_then(|a| alleles.iter().find(|known| known.number == a));
                let Some(allele) = found else { continue };
                let haplotype = 2 * sample + n;
                let parent = if alone { ROOT } else { tree.heads[haplotype] };
                if self.scratch.refused.contains(&(parent, allele.number)) {
                    continue;
                }
                let known = tree.child(parent, record, allele.number);
                match known.or_else(|| self.add_node(context, spot, allele, tree, parent)) {
                    Some(node) if alone => tree.set_alone(haplotype, node),
                    Some(node) => tree.extend(haplotype, node),
                    None => self.scratch.refused.push((parent, allele.number)),
                }
            }
        }
        Ok(())
    }

    /// Puts an allele on top of a node; `None` where it overlaps the one before, or has no bases in
    /// the coding sequence.
    fn add_node(
        &mut self,
        context: &ContigContext<'r>,
        spot: Spot<'_>,
        allele: &Allele<'_>,
        tree: &mut Haplotypes,
        parent: u32,
    ) -> Option<u32> {
        let transcript = spot.coding.transcript;
        let placed = match self.place(context, spot, allele) {
            Placed::Nothing => return None,
            Placed::Alone(flags) => {
                self.report_flags(context, flags, transcript, allele.number);
                return None;
            }
            Placed::Replaced(placed) => placed,
        };
        let offset = spot.segment.offset + placed.start - spot.segment.start;
        let mut node = Node::new(parent, self.buffer.last(), allele.number, placed.flags);
        let from = tree.bases.len();
        if let Some(before) = tree.node(parent) {
            if before.segment == spot.number && placed.start < before.start + before.removed {
                self.intake.counts.overlapping += 1;
                return None;
            }
            let gap = before.offset + before.removed..offset;
            let spliced = self.spliced(context, spot.coding);
            spliced.append(&mut tree.bases, gap.start, gap.end);
        }
        let after = &self.scratch.comparison.window.after;
        tree.bases.extend_from_slice(&after[placed.skipped.min(after.len())..]);
        node.segment = spot.number;
        node.start = placed.start;
        node.removed = placed.removed;
        node.offset = offset;
        node.added = allele.alt_len() - allele.ref_len();
        node.bases = from..tree.bases.len();
        Some(tree.add(node))
    }

    pub(super) fn spliced<'h>(
        &self,
        context: &'h ContigContext<'r>,
        coding: &'h Coding,
    ) -> Spliced<'h> {
        let transcript = &context.contig.model.transcripts[coding.transcript as usize];
        Spliced::new(&context.contig, transcript, coding, self.options.genetic_code)
    }

    /// Compares an allele to a segment, tells what belongs to the record alone, and finds the bases
    /// replaced.
    fn place(
        &mut self,
        context: &ContigContext<'r>,
        spot: Spot<'_>,
        allele: &Allele<'_>,
    ) -> Placed {
        let Spot { coding, number, segment } = spot;
        let around = context.transcript(coding.transcript);
        let last = usize::from(number) + 1 == coding.segments.len();
        let (first_read, last_read) =
            if around.reverse { (last, number == 0) } else { (number == 0, last) };
        let checks = Checks {
            left: number != 0,
            right: !last,
            start: first_read
                && coding.has_start
                && self.spliced(context, coding).begins_with_start(),
            stop: last_read && coding.has_stop,
            coding: true,
        };
        let splice = &mut self.scratch.comparison;
        let place = splice.compare(&around, checks, allele, (segment.start, segment.end));
        self.report_record_flags(context, coding.transcript, allele.number);
        let splice = &self.scratch.comparison;
        match place {
            Overlap::NoChange => return Placed::Nothing,
            Overlap::Outside | Overlap::Crossing if splice.flags.is_empty() => {
                return Placed::Nothing;
            }
            Overlap::Outside | Overlap::Crossing => return Placed::Alone(splice.flags),
            Overlap::Inside => {}
        }
        let flags = splice.flags.difference(ConsequenceFlags::SYNONYMOUS);
        let skipped = (segment.start - splice.from).max(0);
        let (start, removed) = (splice.from + skipped, (splice.removed - skipped).max(0));
        if start + removed > segment.end + 1 {
            let known = !flags.is_empty();
            return Placed::Alone(if known { flags } else { ConsequenceFlags::CODING_SEQUENCE });
        }
        Placed::Replaced(Replaced { flags, start, removed, skipped: skipped as usize })
    }

    /// Tells an allele by itself.
    fn report_local(&mut self, context: &ContigContext<'r>, spot: Spot<'_>, allele: &Allele<'_>) {
        let (transcript, number) = (spot.coding.transcript, allele.number);
        let placed = match self.place(context, spot, allele) {
            Placed::Nothing => return,
            Placed::Alone(flags) => return self.report_flags(context, flags, transcript, number),
            Placed::Replaced(placed) => placed,
        };
        let offset = spot.segment.offset + placed.start - spot.segment.start;
        let added = allele.alt_len() - allele.ref_len();
        let alt_len = self.translate_local(context, spot.coding, &placed, offset, added);
        let (before, after) = (&self.scratch.before, &self.scratch.after);
        let verdict = judge(placed.flags, before, after, added, (false, false));
        let change = verdict.flags.intersection(ConsequenceFlags::COMPOUND);
        if verdict.hides_residues {
            return self.report_flags(context, verdict.flags, transcript, number);
        }
        if !change.is_empty() {
            let record = self.buffer.last();
            let from = self.buffer.text.len() as u32;
            let (mut before_at, mut after_at) = (offset, offset);
            if context.transcript(transcript).reverse {
                before_at = spot.coding.len - offset - placed.removed;
                after_at = spot.coding.len + added - offset - alt_len;
            }
            let before = (before_at / 3 + 1, &self.scratch.before);
            let after = (after_at / 3 + 1, &self.scratch.after);
            let most = self.options.max_residues;
            write_residues(&mut self.buffer.text, &verdict, before, after, most);
            let mut text = std::mem::take(&mut self.buffer.text);
            write_allele(&mut text, &self.buffer, record, number);
            self.buffer.text = text;
            let text = from..self.buffer.text.len() as u32;
            self.tell(context, Consequence::new(change, transcript, number).changing(text));
        }
        let alone = verdict.flags.difference(ConsequenceFlags::COMPOUND);
        if !alone.is_empty() {
            self.report_flags(context, alone, transcript, number);
        }
    }

    /// Translates an allele's codons before and after; returns the bases that come in.
    fn translate_local(
        &mut self,
        context: &ContigContext<'r>,
        coding: &Coding,
        placed: &Replaced,
        offset: i32,
        added: i32,
    ) -> i32 {
        let spliced = self.spliced(context, coding);
        let scratch = &mut self.scratch;
        let after = &scratch.comparison.window.after;
        let bases = &after[placed.skipped.min(after.len())..];
        let to_end = added % 3 != 0 && !bases.is_empty();
        let (from, to) = (offset, offset + placed.removed);
        let stretch = Stretch { from, to, before: from, total: coding.len + added, to_end };
        spliced.translate(bases, stretch, &mut scratch.after, &mut scratch.codons);
        let alt_len = bases.len() as i32;
        scratch.bases.clear();
        spliced.append(&mut scratch.bases, from, to);
        let stretch = Stretch { total: coding.len, ..stretch };
        spliced.translate(&scratch.bases, stretch, &mut scratch.before, &mut scratch.codons);
        alt_len
    }
}

/// The alleles of a genotype's haplotypes; `None` where it must be phased and is not.
fn taken(genotype: Genotype, phase: Phase) -> Option<[Option<u16>; 2]> {
    let [Some(first), Some(second)] = genotype.alleles else {
        // Where the first allele is missing, nothing is known of the second's haplotype.
        let known = genotype.alleles[0].is_some();
        return Some(if known { genotype.alleles } else { [None, None] });
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
    fn unphased_genotypes_are_taken_as_told() {
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
            assert_eq!(taken(found, phase), expected, "{phase:?} {found:?}");
        }
    }
}
