//! Translates ranges of a coding sequence, with and without an edit.

use super::allele::base;
use super::model::CodingSequence;
use crate::allele::Allele;
use crate::consequence::{Codons, Location, SoTerm, SoTerms, Span, Translatable, coding_terms};
use crate::model::{CodonTable, Transcript, complement};
use crate::reference::ContigView;
use gas_shared::variant::without_shared_ends;

/// The spliced coding sequence of a transcript, with random access in both directions.
#[derive(Clone, Copy)]
pub(crate) struct SplicedCds<'a> {
    contig: &'a ContigView<'a>,
    transcript: &'a Transcript,
    pub(crate) coding: &'a CodingSequence,
    pub(crate) reverse: bool,
    /// Bases in reading direction, from the first whole codon.
    bases: &'a [u8],
    code: Code,
}

/// A genetic code and its start codons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Code {
    table: CodonTable,
    /// Whether the rare start codons of the standard code (CTG, TTG) count as starts.
    all_starts: bool,
}

impl Code {
    fn is_start(self, codon: &[u8]) -> bool {
        match self.table {
            CodonTable::Standard if !self.all_starts => codon == b"ATG",
            table => table.is_start(codon),
        }
    }
}

/// A peptide up to and including its first stop.
#[derive(Clone, Debug, Default)]
pub(crate) struct Peptide {
    pub(crate) residues: Vec<u8>,
    /// Whether the first codon is a start codon.
    pub(crate) begins_with_start: bool,
}

impl Peptide {
    pub(crate) fn ends_in_stop(&self) -> bool {
        self.residues.last() == Some(&b'*')
    }
}

/// An edited range of a coding sequence. All numbers count coding bases in genomic direction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EditedRange {
    /// Reference bases before the range.
    pub(crate) from: i32,
    /// Reference bases up to the end of the range.
    pub(crate) to: i32,
    /// Bases before the range in the edited sequence.
    pub(crate) before: i32,
    /// Length of the edited sequence.
    pub(crate) total: i32,
    /// Whether to translate to the end of the sequence, because the reading frame is shifted.
    pub(crate) to_end: bool,
}

/// Buffers for the translations before and after an edit.
#[derive(Debug, Default)]
pub(crate) struct Translations {
    /// The codons that the full mode classifies.
    pub(crate) full_codons: Codons,
    /// New bases in genomic direction.
    pub(crate) new_bases: Vec<u8>,
    /// The peptide of the reference.
    pub(crate) before: Peptide,
    /// The peptide of the edited sequence.
    pub(crate) after: Peptide,
    /// Reference bases in genomic direction.
    pub(crate) bases: Vec<u8>,
    /// Bases of the codons to translate, in reading direction.
    pub(crate) codons: Vec<u8>,
}

impl<'a> SplicedCds<'a> {
    pub(crate) fn new(
        contig: &'a ContigView<'a>,
        transcript: &'a Transcript,
        coding: &'a CodingSequence,
        code: Option<CodonTable>,
    ) -> Self {
        let cds = transcript.cds.as_ref();
        let bases = cds.map_or(&[][..], |cds| contig.coding(cds));
        let own = cds.map_or(CodonTable::Standard, |cds| cds.table);
        let code = Code { table: code.unwrap_or(own), all_starts: code.is_some() };
        let from = (coding.skip as usize).min(bases.len());
        let to = (from + coding.len as usize).min(bases.len());
        let reverse = transcript.strand.is_reverse();
        Self { contig, transcript, coding, reverse, bases: &bases[from..to], code }
    }

    /// Whether the first codon is a start codon.
    pub(crate) fn begins_with_start(&self) -> bool {
        self.bases.first_chunk::<3>().is_some_and(|codon| self.code.is_start(codon))
    }

    /// Whether the last codon is a stop codon.
    pub(crate) fn ends_in_stop(&self) -> bool {
        self.bases.last_chunk::<3>().is_some_and(|codon| self.code.table.translate(codon) == b'*')
    }

    /// The first and the last of the codons (from 0) that a change of the coding bases `from..to`,
    /// counted in genomic direction, touches.
    pub(crate) fn codons(&self, from: i32, to: i32) -> (i32, i32) {
        let len = self.coding.len;
        let (from, to) = if self.reverse { (len - to, len - from) } else { (from, to) };
        (from / 3, (to - 1).max(from) / 3)
    }

    /// The consequences of the full mode for a replacement of the coding bases from `from` on, counted in
    /// genomic direction, as if one allele did it. `reference` and `alt` are on the forward strand.
    pub(crate) fn terms(
        &self,
        from: i32,
        reference: &[u8],
        alt: &[u8],
        codons: &mut Codons,
    ) -> SoTerms {
        let Some(cds) = &self.transcript.cds else { return SoTerms::EMPTY };
        let (head, reference, alt) = without_shared_ends(reference, alt);
        if reference.is_empty() && alt.is_empty() {
            // The alleles of a haplotype restore each other.
            return SoTerms::of(SoTerm::Synonymous);
        }
        let (from, len) = (from + head as i32, reference.len() as i32);
        let before = if self.reverse { self.coding.len - from - len } else { from };
        let start = i32::from(cds.start_phase) + self.coding.skip + before + 1;
        let span = Span { start: Some(start), end: Some(start + len - 1) };
        let location = Location { cds: span, in_cds: true, ..Location::default() };
        // Only the bases are looked at.
        let allele = Allele { start, end: start + len - 1, reference, alt };
        let mut coding = Translatable::new(self.contig, self.transcript, cds);
        (coding.recoded, coding.table) = (&[], self.code.table);
        codons.fill(&coding, &allele, self.reverse, &location);
        let mut terms = SoTerms::EMPTY;
        coding_terms(&mut terms, &location, codons, &coding, self.transcript, cds, &allele);
        terms
    }

    /// The base at an index in reading direction. Beyond the ends of the coding sequence the
    /// adjacent genomic bases follow.
    fn base(&self, index: i32) -> u8 {
        if let Ok(index) = usize::try_from(index)
            && let Some(base) = self.bases.get(index)
        {
            return *base;
        }
        let (Some(first), Some(last)) = (self.coding.segments.first(), self.coding.segments.last())
        else {
            return b'N';
        };
        let beyond = if index < 0 { index } else { index - self.coding.len + 1 };
        match (self.reverse, index < 0) {
            (false, true) => base(self.contig, first.start + beyond),
            (false, false) => base(self.contig, last.end + beyond),
            (true, true) => complement(base(self.contig, last.end - beyond)),
            (true, false) => complement(base(self.contig, first.start - beyond)),
        }
    }

    /// The coding base at an index in genomic direction, on the forward strand.
    pub(crate) fn forward_base(&self, index: i32) -> u8 {
        if self.reverse {
            complement(self.base(self.coding.len - 1 - index))
        } else {
            self.base(index)
        }
    }

    /// Appends the bases `from..to` in reading direction.
    fn extend(&self, out: &mut Vec<u8>, from: i32, to: i32) {
        let inside = usize::try_from(from).ok().and_then(|from| self.bases.get(from..to as usize));
        match inside {
            Some(bases) => out.extend_from_slice(bases),
            None => out.extend((from..to).map(|index| self.base(index))),
        }
    }

    /// Appends the coding bases `from..to`, counted in genomic direction, on the forward strand.
    pub(crate) fn append(&self, out: &mut Vec<u8>, from: i32, to: i32) {
        if !self.reverse {
            return self.extend(out, from, to);
        }
        let (from, to) = (self.coding.len - to, self.coding.len - from);
        match usize::try_from(from).ok().and_then(|from| self.bases.get(from..to as usize)) {
            Some(bases) => out.extend(bases.iter().rev().map(|base| complement(*base))),
            None => out.extend((from..to).rev().map(|index| complement(self.base(index)))),
        }
    }

    /// Translates the codons of a range whose reference bases are replaced by `bases` (in genomic
    /// direction). Without bases the peptide is `?`.
    pub(crate) fn translate(
        &self,
        bases: &[u8],
        range: EditedRange,
        out: &mut Peptide,
        codons: &mut Vec<u8>,
    ) {
        out.residues.clear();
        out.begins_with_start = false;
        if bases.is_empty() {
            out.residues.push(b'?');
            return;
        }
        let len = self.coding.len;
        let (before, from, to) = if self.reverse {
            let before = range.total - range.before - bases.len() as i32;
            (before, len - range.to, len - range.from)
        } else {
            (range.before, range.from, range.to)
        };
        codons.clear();
        let lead = before.rem_euclid(3);
        self.extend(codons, from - lead, from);
        if self.reverse {
            codons.extend(bases.iter().rev().map(|b| complement(*b)));
        } else {
            codons.extend_from_slice(bases);
        }
        let missing = (3 - codons.len() as i32 % 3) % 3;
        let rest = if range.to_end { (len - to - missing).max(0) / 3 * 3 } else { 0 };
        self.extend(codons, to, to + missing + rest);
        self.code.table.translate_to_stop(codons, &mut out.residues);
        let codons = &codons[..3 * out.residues.len()];
        out.begins_with_start = codons.get(..3).is_some_and(|codon| self.code.is_start(codon));
    }
}
