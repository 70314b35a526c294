//! Protein descriptions (`p.`).

use crate::consequence::coding::Codons;
use crate::consequence::{Effect, SoTerm, Translatable};
use crate::model::amino_acid_three;
use crate::text::push_int;

/// A change to describe: the codons of the allele after the 3' shift, and its effect before it.
pub(super) struct ProteinChange<'a> {
    pub(super) coding: &'a Translatable<'a>,
    pub(super) codons: &'a Codons,
    pub(super) unshifted: &'a Effect,
}

/// The peptides that are compared, and their protein positions. The memory is reused.
#[derive(Clone, Debug, Default)]
pub(super) struct Peptides {
    reference: Vec<u8>,
    alt: Vec<u8>,
    start: i32,
    end: i32,
}

/// Appends the description. Returns `false` if there is none.
pub(super) fn describe(
    out: &mut Vec<u8>,
    peptides: &mut Peptides,
    change: &ProteinChange<'_>,
) -> bool {
    let codons = change.codons;
    if !codons.peptides_known {
        return false;
    }
    peptides.reference.clear();
    peptides.alt.clear();
    peptides.reference.extend_from_slice(&codons.reference_peptide);
    peptides.alt.extend_from_slice(&codons.alt_peptide);
    (peptides.start, peptides.end) = (codons.first, codons.last);
    let terms = change.unshifted.terms;
    if terms.contains(SoTerm::Frameshift) {
        return describe_frameshift(out, change, terms.contains(SoTerm::StartLost));
    }
    if peptides.reference == peptides.alt {
        write_residues(out, &peptides.reference);
        push_int(out, peptides.start);
        out.push(b'=');
        return true;
    }
    let stop_kept = clip(peptides);
    if terms.contains(SoTerm::StartLost) {
        write_residues(out, &peptides.reference);
        push_int(out, peptides.start);
        out.push(b'?');
        return true;
    }
    let stop_lost = terms.contains(SoTerm::StopLost);
    match (peptides.reference.len(), peptides.alt.len()) {
        (0, _) => return describe_insertion(out, peptides, change.coding),
        (length, 0) => {
            shift_peptides(peptides, change.coding, true);
            write_range(out, peptides, length > 1);
            out.extend_from_slice(if stop_lost { b"extTer" } else { b"del" });
            if stop_lost {
                write_extension(out, change);
            }
        }
        (1, 1) => {
            write_residues(out, &peptides.reference);
            push_int(out, peptides.start);
            write_residues(out, &peptides.alt);
            if stop_lost {
                out.extend_from_slice(b"extTer");
                write_extension(out, change);
            }
        }
        _ => {
            write_range(out, peptides, !(stop_kept || peptides.start == peptides.end));
            out.extend_from_slice(b"delins");
            write_until_stop(out, &peptides.alt);
        }
    }
    true
}

/// Removes the residues that both peptides share at their ends. Returns `true` if both reach a stop
/// at the same residue.
fn clip(peptides: &mut Peptides) -> bool {
    let mut head = 0;
    while let (Some(a), Some(b)) = (peptides.reference.get(head), peptides.alt.get(head)) {
        if *a == b'*' && *b == b'*' {
            return true;
        }
        if a != b {
            break;
        }
        head += 1;
    }
    peptides.reference.drain(..head);
    peptides.alt.drain(..head);
    peptides.start += head as i32;
    let pairs = peptides.reference.iter().rev().zip(peptides.alt.iter().rev());
    let tail = pairs.take_while(|(a, b)| a == b).count();
    peptides.reference.truncate(peptides.reference.len() - tail);
    peptides.alt.truncate(peptides.alt.len() - tail);
    peptides.end -= tail as i32;
    false
}

/// Shifts inserted or deleted residues as far as possible towards the C terminus.
fn shift_peptides(peptides: &mut Peptides, coding: &Translatable<'_>, deletion: bool) {
    let length = coding.protein_len();
    let moving = if deletion { &mut peptides.reference } else { &mut peptides.alt };
    let mut next = peptides.end.max(peptides.start - 1) as usize;
    // VEP stops as soon as fewer residues follow than are shifted.
    while next + moving.len() <= length && coding.residue(next) == moving.first().copied() {
        moving.rotate_left(1);
        peptides.start += 1;
        peptides.end += 1;
        next += 1;
        if next + moving.len() > length + moving.len() {
            break;
        }
    }
}

fn describe_insertion(
    out: &mut Vec<u8>,
    peptides: &mut Peptides,
    coding: &Translatable<'_>,
) -> bool {
    shift_peptides(peptides, coding, false);
    let length = peptides.alt.len();
    let first = peptides.start - 1 - length as i32;
    if first >= 0 && !peptides.alt.contains(&b'*') {
        let same =
            |(n, residue): (usize, &u8)| coding.residue(first as usize + n) == Some(*residue);
        if peptides.alt.iter().enumerate().all(same) {
            (peptides.start, peptides.end) = (first + 1, peptides.start - 1);
            std::mem::swap(&mut peptides.reference, &mut peptides.alt);
            write_range(out, peptides, length > 1);
            out.extend_from_slice(b"dup");
            return true;
        }
    }
    let before = peptides.start.min(peptides.end);
    // Both adjacent residues must exist.
    if before < 1 || coding.protein_len() as i32 <= before {
        return false;
    }
    for (n, position) in [before, before + 1].into_iter().enumerate() {
        if n > 0 {
            out.push(b'_');
        }
        write_residues(out, &[coding.residue(position as usize - 1).unwrap_or(b'X')]);
        push_int(out, position);
    }
    out.extend_from_slice(b"ins");
    write_until_stop(out, &peptides.alt);
    true
}

/// Appends `Glu102ValfsTer39`: the first residue that differs, and the distance to the new stop.
fn describe_frameshift(out: &mut Vec<u8>, change: &ProteinChange<'_>, start_lost: bool) -> bool {
    let Some((from, to)) = change.unshifted.location.cds.both() else { return false };
    let edited = Edited {
        coding: change.coding,
        from: from as usize - 1,
        to: to as usize,
        alt: &change.unshifted.codons.alt_bases,
    };
    let protein_len = change.coding.protein_len();
    let mut number = change.codons.first as usize - 1;
    loop {
        let before = if number < protein_len { change.coding.residue(number) } else { Some(b'*') };
        let (Some(before), Some(after)) = (before, edited.residue(number)) else {
            return describe_open_end(out, change.coding, number, change.codons.first as usize);
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

/// Describes a frameshift whose residues equal the reference up to the end of the sequence. VEP
/// writes the last residue twice and leaves the stop unknown.
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

/// Appends the number of residues that a lost stop adds, or `?`.
fn write_extension(out: &mut Vec<u8>, change: &ProteinChange<'_>) {
    let span = change.unshifted.location.cds.both();
    let added = span.and_then(|(from, to)| {
        let alt = &change.unshifted.codons.alt_bases;
        let edited =
            Edited { coding: change.coding, from: from as usize - 1, to: to as usize, alt };
        let stop = edited.stop_from(change.codons.first as usize - 1)?;
        stop.checked_sub(change.coding.protein_len()).filter(|n| *n > 0)
    });
    match added {
        Some(n) => push_int(out, n as i32),
        None => out.push(b'?'),
    }
}

/// A coding sequence with its 3' UTR, in which the bases `from..to` are replaced by `alt`.
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

    /// The index of the first stop codon, starting at the codon `number` (both from 0).
    fn stop_from(&self, number: usize) -> Option<usize> {
        (number..)
            .map_while(|n| self.residue(n).map(|r| (n, r)))
            .find(|(_, r)| *r == b'*')
            .map(|(n, _)| n)
    }
}

fn write_residues(out: &mut Vec<u8>, residues: &[u8]) {
    for residue in residues {
        // VEP shows unknown residues as a stop.
        let name = if *residue == b'X' { "Ter" } else { amino_acid_three(*residue) };
        out.extend_from_slice(name.as_bytes());
    }
}

/// Appends `Lys5` or `Lys5_Met9` of the reference peptide.
fn write_range(out: &mut Vec<u8>, peptides: &Peptides, several: bool) {
    write_residues(out, &peptides.reference[..1]);
    push_int(out, peptides.start);
    if several {
        out.push(b'_');
        write_residues(out, &peptides.reference[peptides.reference.len() - 1..]);
        push_int(out, peptides.end);
    }
}

fn write_until_stop(out: &mut Vec<u8>, residues: &[u8]) {
    let end =
        residues.iter().position(|r| matches!(r, b'*' | b'X')).map_or(residues.len(), |n| n + 1);
    write_residues(out, &residues[..end]);
}
