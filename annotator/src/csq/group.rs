//! One change of a coding sequence: alleles of a haplotype that share a codon or restore each other's
//! reading frame, or a single allele.

use super::classify::{Change, Classification, classify, write_residues};
use super::haplotype_tree::Edit;
use super::translate::{EditedRange, SplicedCds, Translations};

/// Replaced coding bases of a transcript. Numbers count coding bases in genomic direction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Replaced {
    /// First base replaced.
    pub(crate) from: i32,
    /// The base after the last one.
    pub(crate) to: i32,
    /// Bases of the haplotype before the first new one.
    pub(crate) before: i32,
    /// Length of the haplotype's coding sequence.
    pub(crate) total: i32,
    /// Bases by which the change makes the sequence longer.
    pub(crate) added: i32,
    /// Whether any of the alleles changes the length.
    pub(crate) has_indel: bool,
    /// Whether there are several alleles.
    pub(crate) is_compound: bool,
    /// Whether the change is shown with the base before it, as VCF shows insertions and deletions.
    pub(crate) shows_before: bool,
    /// Whether it is shown with the base after it.
    pub(crate) shows_after: bool,
}

/// A change with its consequences.
pub(crate) struct DescribedChange {
    pub(crate) class: Classification,
    /// Protein positions of the first residues before and after the change.
    first_residues: (i32, i32),
}

impl Replaced {
    /// The change by a single allele of a coding sequence with `len` bases.
    pub(crate) const fn alone(edit: &Edit, len: i32) -> Self {
        Self {
            from: edit.offset,
            to: edit.offset + edit.removed,
            before: edit.offset,
            total: len + edit.added(),
            added: edit.added(),
            has_indel: edit.added() != 0,
            is_compound: false,
            shows_before: edit.is_indel(),
            shows_after: false,
        }
    }

    /// Classifies the change. `translations.new_bases` are those that replace the bases `from..to`, on the
    /// forward strand.
    pub(crate) fn describe(
        mut self,
        spliced: &SplicedCds<'_>,
        translations: &mut Translations,
    ) -> DescribedChange {
        let len = spliced.coding.len;
        let (first, last) = spliced.codons(self.from, self.to);
        let gets_stop = last >= len / 3 - 1 && spliced.coding.has_stop && !spliced.ends_in_stop();
        let Translations { before, after, bases: reference, codons, full_codons, new_bases } =
            translations;
        reference.clear();
        spliced.append(reference, self.from, self.to);
        let is_substitution = !self.has_indel && first > 0 && last < len / 3 - 1;
        // `bcftools csq` knows no start codons but those of the genetic code.
        let is_substitution = is_substitution
            || (!self.has_indel && last < len / 3 - 1 && !spliced.begins_with_start());
        let terms =
            (!is_substitution).then(|| spliced.terms(self.from, reference, new_bases, full_codons));
        self.add_shown_bases(spliced, reference, new_bases);
        let to_end = self.added % 3 != 0 && !new_bases.is_empty();
        let Self { from, to, before: offset, total, .. } = self;
        let range = EditedRange { from, to, before: offset, total, to_end };
        spliced.translate(new_bases, range, after, codons);
        let range = EditedRange { before: from, total: len, ..range };
        spliced.translate(reference, range, before, codons);
        let change = Change {
            added: self.added,
            has_indel: self.has_indel,
            is_compound: self.is_compound,
            gets_stop,
        };
        let class = classify(change, terms, before, after);
        let (before_at, after_at) = if spliced.reverse {
            (len - to, total - offset - new_bases.len() as i32)
        } else {
            (from, offset)
        };
        DescribedChange { class, first_residues: (before_at / 3 + 1, after_at / 3 + 1) }
    }

    /// Extends the change by the bases with which it is shown. A change without any base before or after it
    /// has no codons.
    fn add_shown_bases(
        &mut self,
        spliced: &SplicedCds<'_>,
        reference: &mut Vec<u8>,
        new_bases: &mut Vec<u8>,
    ) {
        if self.shows_before && self.from > 0 {
            (self.from, self.before) = (self.from - 1, self.before - 1);
            let base = spliced.forward_base(self.from);
            reference.insert(0, base);
            new_bases.insert(0, base);
        }
        let is_empty = reference.is_empty() || new_bases.is_empty();
        if (self.shows_after || is_empty) && self.to < spliced.coding.len {
            let base = spliced.forward_base(self.to);
            reference.push(base);
            new_bases.push(base);
            self.to += 1;
        }
    }
}

impl DescribedChange {
    /// Appends the amino acid change of the last [`Replaced::describe`], such as `|5TY>5I|`.
    pub(crate) fn write_residues(
        &self,
        translations: &Translations,
        max_residues: usize,
        out: &mut Vec<u8>,
    ) {
        let (before_at, after_at) = self.first_residues;
        let (before, after) = ((before_at, &translations.before), (after_at, &translations.after));
        write_residues(out, &self.class, before, after, max_residues);
    }
}
