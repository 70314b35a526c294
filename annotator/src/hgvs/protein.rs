//! Protein descriptions (`p.`,
//! <https://hgvs-nomenclature.org/stable/recommendations/protein/substitution/> and the pages of the
//! other types).
//!
//! The reference protein and the protein after the change are compared, so a description does not
//! depend on how the allele is written.

use crate::consequence::{EditedCoding, SoTerm, SoTerms, Translatable};
use crate::model::amino_acid_three;
use crate::text::push_int;
use std::ops::Range;

/// Residues that are compared, and their protein positions (from 0). The memory is reused.
#[derive(Clone, Debug, Default)]
pub(super) struct Peptides {
    reference: Vec<u8>,
    alt: Vec<u8>,
    /// Position of the first residue of both.
    start: usize,
}

/// Appends the description of a change with these consequences.
pub(super) fn describe(
    out: &mut Vec<u8>,
    peptides: &mut Peptides,
    edited: &EditedCoding<'_>,
    terms: SoTerms,
) {
    let before = out.len();
    let known = if terms.contains(SoTerm::StartLost) {
        write_residue(out, edited.coding, 0) && {
            out.push(b'?');
            true
        }
    } else if is_beyond_known_end(edited) {
        false
    } else if changes_whole_codons(edited) {
        describe_in_frame(out, peptides, edited)
    } else {
        describe_to_stop(out, peptides, edited)
    };
    if !known {
        out.truncate(before);
        out.push(b'?');
    }
}

/// Whether the residues after the change are those of the reference, including the stop codon.
fn changes_whole_codons(edited: &EditedCoding<'_>) -> bool {
    let end = edited.coding.len() as i64;
    edited.keeps_frame()
        && (edited.to <= end - 3
            || (!edited.coding.has_stop() && (edited.to <= end || edited.added() == 0)))
}

/// Whether an insertion or deletion reaches out of a coding sequence whose start or end is not known there,
/// so that neither is the new one.
fn is_beyond_known_end(edited: &EditedCoding<'_>) -> bool {
    let coding = edited.coding;
    edited.added() != 0
        && ((edited.from < 0 && !coding.has_start())
            || (edited.to > coding.len() as i64 && !coding.has_stop()))
}

/// Describes a change after which the residues are those of the reference. Returns `false` if the
/// protein is not known.
fn describe_in_frame(
    out: &mut Vec<u8>,
    peptides: &mut Peptides,
    edited: &EditedCoding<'_>,
) -> bool {
    let coding = edited.coding;
    let first = edited.first_codon();
    // The residue of an incomplete last codon is not known.
    let known = coding.len() / 3;
    let end = usize::try_from(edited.to.max(0)).unwrap_or(0).div_ceil(3).min(known).max(first);
    let alt_end = usize::try_from(end as i64 + edited.added_codons()).unwrap_or(0);
    peptides.start = first;
    peptides.reference.clear();
    peptides.reference.extend((first..end).map(|n| coding.residue(n).unwrap_or(b'X')));
    if peptides.reference.contains(&b'*') {
        // A stop codon within the coding sequence ends the protein, too.
        return describe_to_stop(out, peptides, edited);
    }
    peptides.alt.clear();
    peptides.alt.extend((first..alt_end).map(|n| edited.residue(n).unwrap_or(b'X')));
    if peptides.reference == peptides.alt {
        if !coding.len().is_multiple_of(3) && edited.to > 3 * known as i64 {
            return false;
        }
        return write_silent(out, coding, first, end.max(first + 1));
    }
    peptides.clip_start();
    peptides.clip_end();
    if let Some(stop) = peptides.alt.iter().position(|residue| *residue == b'*') {
        peptides.alt.truncate(stop + 1);
        return describe_new_stop(out, peptides, coding);
    }
    match (peptides.reference.len(), peptides.alt.len()) {
        (0, _) => describe_insertion(out, peptides, coding),
        (length, 0) => {
            peptides.start += shift(&mut peptides.reference, peptides.start + length, coding);
            write_range(out, coding, peptides.start, length) && {
                out.extend_from_slice(b"del");
                true
            }
        }
        _ => describe_replacement(out, peptides, coding),
    }
}

/// Describes residues that end in a new stop codon.
fn describe_new_stop(
    out: &mut Vec<u8>,
    peptides: &mut Peptides,
    coding: &Translatable<'_>,
) -> bool {
    if peptides.reference.is_empty() {
        // The residues after an insertion can begin with inserted ones.
        let same =
            |(n, residue): (usize, &u8)| coding.residue(peptides.start + n) == Some(*residue);
        let shared = peptides.alt.iter().enumerate().take_while(|pair| same(*pair)).count();
        peptides.alt.drain(..shared);
        peptides.start += shared;
        if peptides.alt.is_empty() {
            return write_silent(out, coding, peptides.start - 1, peptides.start);
        }
    }
    if peptides.alt == b"*" {
        return write_residue(out, coding, peptides.start) && {
            out.extend_from_slice(b"Ter");
            true
        };
    }
    if !peptides.reference.is_empty() {
        return describe_replacement(out, peptides, coding);
    }
    if coding.residue(peptides.start) == Some(b'*') {
        // The inserted stop codon replaces the former one.
        peptides.alt.pop();
    }
    describe_insertion(out, peptides, coding)
}

/// Describes residues that replace others, as substitution or as deletion-insertion.
fn describe_replacement(out: &mut Vec<u8>, peptides: &Peptides, coding: &Translatable<'_>) -> bool {
    let length = peptides.reference.len();
    if !write_range(out, coding, peptides.start, length) {
        return false;
    }
    if length > 1 || peptides.alt.len() > 1 {
        out.extend_from_slice(b"delins");
    }
    write_residues(out, &peptides.alt)
}

/// Describes inserted residues, as duplication if they equal those before them.
fn describe_insertion(
    out: &mut Vec<u8>,
    peptides: &mut Peptides,
    coding: &Translatable<'_>,
) -> bool {
    let length = peptides.alt.len();
    peptides.start += shift(&mut peptides.alt, peptides.start, coding);
    let at = peptides.start;
    if let Some(first) = at.checked_sub(length)
        && peptides.alt.iter().enumerate().all(|(n, r)| coding.residue(first + n) == Some(*r))
    {
        return write_range(out, coding, first, length) && {
            out.extend_from_slice(b"dup");
            true
        };
    }
    at > 0
        && write_range(out, coding, at - 1, 2)
        && {
            out.extend_from_slice(b"ins");
            true
        }
        && write_residues(out, &peptides.alt)
}

/// Describes a change after which other residues follow up to the next stop codon: a frameshift,
/// the loss of the stop codon, or a change that leaves it. Returns `false` if the protein is not
/// known.
fn describe_to_stop(out: &mut Vec<u8>, peptides: &mut Peptides, edited: &EditedCoding<'_>) -> bool {
    let coding = edited.coding;
    let mut number = edited.first_codon();
    // Whether an unknown residue before may be the first one that differs.
    let mut may_differ = false;
    let (before, after) = loop {
        let (Some(before), Some(after)) = (coding.residue(number), edited.residue(number)) else {
            return false;
        };
        if before != after {
            break (before, after);
        }
        if before == b'*' {
            return write_silent(out, coding, edited.first_changed_codon(number), number + 1);
        }
        may_differ |= before == b'X' && !edited.keeps_codon(number);
        number += 1;
    };
    if after == b'X' {
        return false;
    }
    let stop = edited.stop_from(number);
    if edited.keeps_frame() {
        let moved = coding.protein_len() as i64 + edited.added_codons();
        let moves = stop.is_some_and(|stop| stop as i64 == moved)
            && (before != b'*' || edited.added_codons() != 0);
        if moves || (before != b'*' && after != b'*') {
            let Some(stop) = stop else { return false };
            return describe_around_stop(out, peptides, edited, number..stop + 1, moves);
        }
    }
    if !write_residue(out, coding, number) || !write_residues(out, &[after]) {
        return false;
    }
    if after == b'*' {
        return true;
    }
    if may_differ && before != b'*' {
        return false;
    }
    // The number counts from the first residue that differs: as residue 1 of a shifted frame, as
    // residue 0 of an extension.
    let (kind, first): (&[u8], usize) = if before == b'*' { (b"extTer", 0) } else { (b"fsTer", 1) };
    out.extend_from_slice(kind);
    match stop {
        Some(stop) => push_int(out, (stop - number + first) as i32),
        None => out.push(b'?'),
    }
    true
}

/// Describes a change of the stop codon and of residues before it, without a shift of the frame:
/// the residues `changed`, which end with the stop codon, instead of those up to the former one.
/// `moves` says that the former stop codon only moves by the number of residues added.
fn describe_around_stop(
    out: &mut Vec<u8>,
    peptides: &mut Peptides,
    edited: &EditedCoding<'_>,
    changed: Range<usize>,
    moves: bool,
) -> bool {
    let coding = edited.coding;
    let number = changed.start;
    peptides.start = number;
    peptides.reference.clear();
    let former = number..coding.protein_len() + 1;
    peptides.reference.extend(former.map(|n| coding.residue(n).unwrap_or(b'X')));
    peptides.alt.clear();
    peptides.alt.extend(changed.map(|n| edited.residue(n).unwrap_or(b'X')));
    if moves {
        peptides.clip_end();
    }
    match (peptides.reference.len(), peptides.alt.len()) {
        (0, _) => describe_insertion(out, peptides, coding),
        (length, 0) => {
            write_range(out, coding, number, length) && {
                out.extend_from_slice(b"del");
                true
            }
        }
        _ => describe_replacement(out, peptides, coding),
    }
}

impl Peptides {
    fn clip_start(&mut self) {
        let pairs = self.reference.iter().zip(&self.alt);
        let shared = pairs.take_while(|(a, b)| a == b).count();
        self.reference.drain(..shared);
        self.alt.drain(..shared);
        self.start += shared;
    }

    fn clip_end(&mut self) {
        let pairs = self.reference.iter().rev().zip(self.alt.iter().rev());
        let shared = pairs.take_while(|(a, b)| a == b).count();
        self.reference.truncate(self.reference.len() - shared);
        self.alt.truncate(self.alt.len() - shared);
    }
}

/// Shifts inserted or deleted residues as far as possible towards the C terminus, where `next` is
/// the position of the residue after them. Returns the distance.
fn shift(moving: &mut [u8], next: usize, coding: &Translatable<'_>) -> usize {
    let length = moving.len();
    let mut distance = 0;
    while let Some(residue) = coding.residue(next + distance)
        && residue == moving[distance % length]
        && residue != b'*'
    {
        distance += 1;
    }
    moving.rotate_left(distance % length);
    distance
}

/// Appends `Leu10=` or `Leu10_Ala11=` for the residues `from..to`.
fn write_silent(out: &mut Vec<u8>, coding: &Translatable<'_>, from: usize, to: usize) -> bool {
    let known = write_range(out, coding, from, to - from);
    out.push(b'=');
    known
}

/// Appends `Lys5` or `Lys5_Met9` of the reference protein. Returns `false` if a residue is unknown.
fn write_range(out: &mut Vec<u8>, coding: &Translatable<'_>, start: usize, length: usize) -> bool {
    if !write_residue(out, coding, start) {
        return false;
    }
    if length < 2 {
        return true;
    }
    out.push(b'_');
    write_residue(out, coding, start + length - 1)
}

/// Appends `Lys5` of the reference protein. Returns `false` if the residue is unknown.
fn write_residue(out: &mut Vec<u8>, coding: &Translatable<'_>, number: usize) -> bool {
    let Some(residue) = coding.residue(number) else { return false };
    let known = write_residues(out, &[residue]);
    push_int(out, number as i32 + 1);
    known
}

/// Appends residues. Returns `false` if one is unknown.
fn write_residues(out: &mut Vec<u8>, residues: &[u8]) -> bool {
    for residue in residues {
        out.extend_from_slice(amino_acid_three(*residue).as_bytes());
    }
    !residues.contains(&b'X')
}
