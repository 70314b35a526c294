//! Derives consequences from the peptides before and after a change, and writes the amino acid
//! change.

use super::flags::ConsequenceFlags;
use super::translate::Peptide;
use crate::text::push_int;

/// The consequences of a change of the coding sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Classification {
    /// All consequences, including those of the records.
    pub(crate) flags: ConsequenceFlags,
    /// Consequences of the records that the peptides contradict.
    pub(crate) refuted: ConsequenceFlags,
    /// Whether the changed peptide ends in a stop, so that nothing after it is translated.
    pub(crate) ends_in_stop: bool,
    /// Whether the amino acid change is left out, because the start codon is lost.
    pub(crate) hides_residues: bool,
}

/// Classifies a change that adds `added` bases (negative for a deletion).
///
/// `flags` are the consequences of its records, `has_indel` says whether any record changes the
/// length, and `is_compound` whether there is more than one record.
pub(crate) fn classify(
    mut flags: ConsequenceFlags,
    before: &Peptide,
    after: &Peptide,
    added: i32,
    has_indel: bool,
    is_compound: bool,
) -> Classification {
    let mut refuted = ConsequenceFlags::empty();
    if added == 0 && has_indel {
        flags.insert(ConsequenceFlags::INFRAME_ALTERING);
    }
    let ends_in_stop = after.ends_in_stop();
    if flags.intersects(ConsequenceFlags::STOP_LOST) {
        classify_stop(&mut flags, &mut refuted, before, after);
    }
    if flags.intersects(ConsequenceFlags::START_LOST) {
        if !before.begins_with_start {
            refuted.insert(ConsequenceFlags::START_LOST);
        } else if before.ends_in_start && after.ends_in_start {
            refuted.insert(ConsequenceFlags::START_LOST);
            flags.insert(ConsequenceFlags::START_RETAINED);
        }
    }
    if added == 0 {
        flags.insert(classify_substitution(before, after));
    } else {
        flags.insert(match added {
            _ if added % 3 != 0 => ConsequenceFlags::FRAMESHIFT,
            ..0 => ConsequenceFlags::INFRAME_DELETION,
            _ => ConsequenceFlags::INFRAME_INSERTION,
        });
        if !before.ends_in_stop() && ends_in_stop {
            flags.insert(ConsequenceFlags::STOP_GAINED);
        }
    }
    let in_frame = ConsequenceFlags::INFRAME_DELETION
        | ConsequenceFlags::INFRAME_INSERTION
        | ConsequenceFlags::INFRAME_ALTERING;
    // A stop precedes the allele that restores the frame.
    if is_compound && flags.intersects(in_frame) && ends_in_stop {
        refuted.insert(in_frame);
        flags.insert(ConsequenceFlags::FRAMESHIFT.union(ConsequenceFlags::STOP_GAINED));
    }
    let hides_residues = flags
        .difference(refuted)
        .contains(ConsequenceFlags::FRAMESHIFT | ConsequenceFlags::START_LOST);
    if hides_residues {
        refuted.insert(ConsequenceFlags::FRAMESHIFT);
    }
    Classification { flags: flags.difference(refuted), refuted, ends_in_stop, hides_residues }
}

fn classify_stop(
    flags: &mut ConsequenceFlags,
    refuted: &mut ConsequenceFlags,
    before: &Peptide,
    after: &Peptide,
) {
    match (before.ends_in_stop(), after.ends_in_stop()) {
        (true, true) => {
            refuted.insert(ConsequenceFlags::STOP_LOST);
            flags.insert(ConsequenceFlags::STOP_RETAINED);
        }
        (false, true) => {
            refuted.insert(ConsequenceFlags::STOP_GAINED);
            flags.insert(ConsequenceFlags::STOP_RETAINED);
        }
        (false, false) => flags.insert(ConsequenceFlags::INCOMPLETE_CDS),
        (true, false) => {}
    }
}

/// Compares the peptides of a change that keeps the length, residue by residue.
fn classify_substitution(before: &Peptide, after: &Peptide) -> ConsequenceFlags {
    let mut flags = ConsequenceFlags::empty();
    for (before, after) in before.residues.iter().zip(&after.residues) {
        if before != after {
            flags.insert(match (before, after) {
                (b'*', _) => ConsequenceFlags::STOP_LOST,
                (_, b'*') => ConsequenceFlags::STOP_GAINED,
                _ => ConsequenceFlags::MISSENSE,
            });
        }
    }
    if flags.is_empty() { ConsequenceFlags::SYNONYMOUS } else { flags }
}

/// Appends the amino acid change with its protein positions, such as `|5TY>5I|`.
pub(crate) fn write_residues(
    out: &mut Vec<u8>,
    class: &Classification,
    (before_at, before): (i32, &Peptide),
    (after_at, after): (i32, &Peptide),
    max_residues: usize,
) {
    out.push(b'|');
    if !class.hides_residues {
        write_peptide(out, before_at, &before.residues, max_residues);
        if !class.flags.intersects(ConsequenceFlags::SYNONYMOUS) {
            out.push(b'>');
            write_peptide(out, after_at, &after.residues, max_residues);
        }
    }
    out.push(b'|');
}

/// Appends a protein position and residues. More than `max_residues` (unless it is 0) are
/// abbreviated, as `5EPPP..13`.
fn write_peptide(out: &mut Vec<u8>, at: i32, residues: &[u8], max_residues: usize) {
    push_int(out, at);
    if max_residues == 0 || residues.len() < max_residues + 3 {
        out.extend_from_slice(residues);
        return;
    }
    let stop = residues.last() == Some(&b'*');
    let len = residues.len() - usize::from(stop);
    out.extend_from_slice(&residues[..len.min(max_residues)]);
    out.extend_from_slice(b"..");
    push_int(out, at + len as i32);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peptide(residues: &str) -> Peptide {
        Peptide { residues: residues.into(), ..Peptide::default() }
    }

    fn classified(flags: ConsequenceFlags, before: &str, after: &str, added: i32) -> String {
        let (before, after) = (peptide(before), peptide(after));
        let class = classify(flags, &before, &after, added, added != 0, false);
        let mut out = class.flags.names().collect::<Vec<_>>().join("&").into_bytes();
        write_residues(&mut out, &class, (5, &before), (6, &after), 4);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn peptides_determine_the_consequences_of_a_change() {
        for (flags, before, after, added, expected) in [
            (ConsequenceFlags::empty(), "T", "T", 0, "synonymous|5T|"),
            (ConsequenceFlags::empty(), "TY", "TW", 0, "missense|5TY>6TW|"),
            (ConsequenceFlags::empty(), "TY", "*", 0, "stop_gained|5TY>6*|"),
            (ConsequenceFlags::STOP_LOST, "*", "*", 0, "synonymous&stop_retained|5*|"),
            (ConsequenceFlags::STOP_LOST, "*", "W", 0, "stop_lost|5*>6W|"),
            (
                ConsequenceFlags::empty(),
                "EPPPKAAA*",
                "GASSQRRR*",
                -1,
                "frameshift|5EPPP..13>6GASS..14|",
            ),
            (ConsequenceFlags::empty(), "TYA", "TA", -3, "inframe_deletion|5TYA>6TA|"),
            (
                ConsequenceFlags::empty(),
                "TY",
                "TYK*",
                6,
                "stop_gained&inframe_insertion|5TY>6TYK*|",
            ),
        ] {
            assert_eq!(classified(flags, before, after, added), expected, "{before}>{after}");
        }
    }
}
