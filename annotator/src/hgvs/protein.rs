//! `p.` descriptions.

use crate::consequence::coding::Codons;
use crate::consequence::{Effect, SoTerm, Translatable};
use crate::model::amino_acid_three;
use crate::text::push_int;

/// What is described: the allele where the 3' rule puts it, and its effect where the user put it.
pub(super) struct Case<'a> {
    pub(super) coding: &'a Translatable<'a>,
    pub(super) codons: &'a Codons,
    pub(super) unshifted: &'a Effect,
}

/// Peptides being compared; reused.
#[derive(Clone, Debug, Default)]
pub(super) struct Peptides {
    reference: Vec<u8>,
    alt: Vec<u8>,
    start: i32,
    end: i32,
}

/// Appends the description; `false` where there is none.
pub(super) fn describe(out: &mut Vec<u8>, work: &mut Peptides, case: &Case<'_>) -> bool {
    let codons = case.codons;
    if !codons.peptides_known {
        return false;
    }
    work.reference.clear();
    work.alt.clear();
    work.reference.extend_from_slice(&codons.reference_peptide);
    work.alt.extend_from_slice(&codons.alt_peptide);
    (work.start, work.end) = (codons.first, codons.last);
    let terms = case.unshifted.terms;
    if terms.contains(SoTerm::Frameshift) {
        return describe_frameshift(out, case, terms.contains(SoTerm::StartLost));
    }
    if work.reference == work.alt {
        write_residues(out, &work.reference);
        push_int(out, work.start);
        out.push(b'=');
        return true;
    }
    let stop_kept = clip(work);
    if terms.contains(SoTerm::StartLost) {
        write_residues(out, &work.reference);
        push_int(out, work.start);
        out.push(b'?');
        return true;
    }
    let stop_lost = terms.contains(SoTerm::StopLost);
    match (work.reference.len(), work.alt.len()) {
        (0, _) => return describe_insertion(out, work, case.coding),
        (length, 0) => {
            shift_peptides(work, case.coding, true);
            write_range(out, work, length > 1);
            out.extend_from_slice(if stop_lost { b"extTer" } else { b"del" });
            if stop_lost {
                write_extension(out, case);
            }
        }
        (1, 1) => {
            write_residues(out, &work.reference);
            push_int(out, work.start);
            write_residues(out, &work.alt);
            if stop_lost {
                out.extend_from_slice(b"extTer");
                write_extension(out, case);
            }
        }
        _ => {
            write_range(out, work, !(stop_kept || work.start == work.end));
            out.extend_from_slice(b"delins");
            write_until_stop(out, &work.alt);
        }
    }
    true
}

/// Takes off what both peptides share; `true` where both come to a stop together.
fn clip(work: &mut Peptides) -> bool {
    let mut head = 0;
    while let (Some(a), Some(b)) = (work.reference.get(head), work.alt.get(head)) {
        if *a == b'*' && *b == b'*' {
            return true;
        }
        if a != b {
            break;
        }
        head += 1;
    }
    work.reference.drain(..head);
    work.alt.drain(..head);
    work.start += head as i32;
    let pairs = work.reference.iter().rev().zip(work.alt.iter().rev());
    let tail = pairs.take_while(|(a, b)| a == b).count();
    work.reference.truncate(work.reference.len() - tail);
    work.alt.truncate(work.alt.len() - tail);
    work.end -= tail as i32;
    false
}

/// Moves inserted or deleted residues as far towards the C terminus as they can go.
fn shift_peptides(work: &mut Peptides, coding: &Translatable<'_>, deletion: bool) {
    let length = coding.protein_len();
    let moving = if deletion { &mut work.reference } else { &mut work.alt };
    let mut next = work.end.max(work.start - 1) as usize;
    // VEP compares only while as many residues follow as are moved.
    while next + moving.len() <= length && coding.residue(next) == moving.first().copied() {
        moving.rotate_left(1);
        work.start += 1;
        work.end += 1;
        next += 1;
        if next + moving.len() > length + moving.len() {
            break;
        }
    }
}

fn describe_insertion(out: &mut Vec<u8>, work: &mut Peptides, coding: &Translatable<'_>) -> bool {
    shift_peptides(work, coding, false);
    let length = work.alt.len();
    let first = work.start - 1 - length as i32;
    if first >= 0 && !work.alt.contains(&b'*') {
        let same =
            |(n, residue): (usize, &u8)| coding.residue(first as usize + n) == Some(*residue);
        if work.alt.iter().enumerate().all(same) {
            (work.start, work.end) = (first + 1, work.start - 1);
            std::mem::swap(&mut work.reference, &mut work.alt);
            write_range(out, work, length > 1);
            out.extend_from_slice(b"dup");
            return true;
        }
    }
    let before = work.start.min(work.end);
    // Both neighbours must be there.
    if before < 1 || coding.protein_len() as i32 <= before {
        return false;
    }
    for (n, place) in [before, before + 1].into_iter().enumerate() {
        if n > 0 {
            out.push(b'_');
        }
        write_residues(out, &[coding.residue(place as usize - 1).unwrap_or(b'X')]);
        push_int(out, place);
    }
    out.extend_from_slice(b"ins");
    write_until_stop(out, &work.alt);
    true
}

/// `Glu102ValfsTer39`: the first residue that differs, and the distance to the new stop.
fn describe_frameshift(out: &mut Vec<u8>, case: &Case<'_>, start_lost: bool) -> bool {
    let Some((from, to)) = case.unshifted.location.cds.both() else { return false };
    let edited = Edited {
        coding: case.coding,
        from: from as usize - 1,
        to: to as usize,
        alt: &case.unshifted.codons.alt_bases,
    };
    let protein_len = case.coding.protein_len();
    let mut number = case.codons.first as usize - 1;
    loop {
        let before = if number < protein_len { case.coding.residue(number) } else { Some(b'*') };
        let (Some(before), Some(after)) = (before, edited.residue(number)) else {
            return describe_open_end(out, case.coding, number, case.codons.first as usize);
        };
        if before == after && before == b'*' {
            out.extend_from_slice(b"Ter");
            push_int(out, number as i32 + 1);
            out.push(b'=');
            return true;
        }
        if before == after && number < protein_len {
            number += 1;
            continue;
        }
        write_residues(out, &[before]);
        push_int(out, number as i32 + 1);
        if start_lost {
            out.push(b'?');
            return true;
        }
        write_residues(out, &[after]);
        if after != b'*' {
            out.extend_from_slice(b"fsTer");
            match edited.stop_from(number).filter(|_| number > 0) {
                Some(stop) => push_int(out, (stop - number) as i32 + 1),
                None => out.push(b'?'),
            }
        }
        return true;
    }
}

/// A frameshift whose residues are the reference's up to where the sequence ends: VEP names the
/// last one twice and leaves the stop open.
fn describe_open_end(
    out: &mut Vec<u8>,
    coding: &Translatable<'_>,
    end: usize,
    first: usize,
) -> bool {
    let Some(last) = end.checked_sub(1).filter(|last| last + 1 >= first) else { return false };
    let Some(residue) = coding.residue(last) else { return false };
    write_residues(out, &[residue]);
    push_int(out, end as i32);
    write_residues(out, &[residue]);
    out.extend_from_slice(b"fsTer?");
    true
}

/// Residues added where a stop is lost.
fn write_extension(out: &mut Vec<u8>, case: &Case<'_>) {
    let places = case.unshifted.location.cds.both();
    let added = places.and_then(|(from, to)| {
        let alt = &case.unshifted.codons.alt_bases;
        let edited = Edited { coding: case.coding, from: from as usize - 1, to: to as usize, alt };
        let stop = edited.stop_from(case.codons.first as usize - 1)?;
        stop.checked_sub(case.coding.protein_len()).filter(|n| *n > 0)
    });
    match added {
        Some(n) => push_int(out, n as i32),
        None => out.push(b'?'),
    }
}

/// A coding sequence with bases replaced, its 3' UTR behind it.
struct Edited<'a> {
    coding: &'a Translatable<'a>,
    from: usize,
    to: usize,
    alt: &'a [u8],
}

impl Edited<'_> {
    fn base(&self, index: usize) -> Option<u8> {
        if index < self.from {
            self.coding.base(index)
        } else if index < self.from + self.alt.len() {
            Some(self.alt[index - self.from])
        } else {
            self.coding.base(index - self.alt.len() + self.to - self.from)
        }
    }

    fn residue(&self, number: usize) -> Option<u8> {
        let at = number * 3;
        let codon = [self.base(at)?, self.base(at + 1)?, self.base(at + 2)?];
        Some(self.coding.table.translate(&codon))
    }

    /// The first stop codon from a codon on, both from 0.
    fn stop_from(&self, number: usize) -> Option<usize> {
        (number..)
            .map_while(|n| self.residue(n).map(|r| (n, r)))
            .find(|(_, r)| *r == b'*')
            .map(|(n, _)| n)
    }
}

fn write_residues(out: &mut Vec<u8>, residues: &[u8]) {
    for residue in residues {
        // VEP shows what it cannot tell as a stop.
        let name = if *residue == b'X' { "Ter" } else { amino_acid_three(*residue) };
        out.extend_from_slice(name.as_bytes());
    }
}

/// `Lys5` or `Lys5_Met9` of the reference peptide.
fn write_range(out: &mut Vec<u8>, work: &Peptides, several: bool) {
    write_residues(out, &work.reference[..1]);
    push_int(out, work.start);
    if several {
        out.push(b'_');
        write_residues(out, &work.reference[work.reference.len() - 1..]);
        push_int(out, work.end);
    }
}

fn write_until_stop(out: &mut Vec<u8>, residues: &[u8]) {
    let end =
        residues.iter().position(|r| matches!(r, b'*' | b'X')).map_or(residues.len(), |n| n + 1);
    write_residues(out, &residues[..end]);
}
