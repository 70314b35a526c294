//! Derives consequences from the peptides before and after a change, and writes the amino acid
//! change.

use super::flags::ConsequenceFlags;
use super::translate::Peptide;
use crate::consequence::{SoTerm, SoTerms};
use crate::text::push_int;

/// What a change does to the coding sequence, as far as it decides which consequences are possible.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    /// Bases by which the sequence becomes longer; negative for a deletion.
    pub(crate) added: i32,
    /// Whether any allele changes the length.
    pub(crate) has_indel: bool,
    /// Whether there is more than one allele.
    pub(crate) is_compound: bool,
    /// Whether the last codon is changed, and is no stop codon although the gene model ends there.
    pub(crate) gets_stop: bool,
}

/// The consequences of a change of the coding sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Classification {
    /// The consequences.
    pub(crate) flags: ConsequenceFlags,
    /// Whether the changed peptide ends in a stop, so that nothing after it is translated.
    pub(crate) ends_in_stop: bool,
    /// Whether the amino acid change is left out, because the start codon is lost or moves.
    pub(crate) hides_residues: bool,
    /// Whether the residues are the same before and after the change, and are written once.
    pub(crate) keeps_residues: bool,
}

/// Classifies a change by the peptides around it. `terms` are the consequences that the sequence before
/// and after it has; `None` for a substitution of a few bases inside the coding sequence, which its
/// codons classify.
pub(crate) fn classify(
    change: Change,
    terms: Option<SoTerms>,
    before: &Peptide,
    after: &Peptide,
) -> Classification {
    let ends_in_stop = after.ends_in_stop();
    let Some(terms) = terms else {
        let flags = classify_substitution(before, after);
        let keeps_residues = flags.intersects(ConsequenceFlags::SYNONYMOUS);
        return Classification { flags, ends_in_stop, hides_residues: false, keeps_residues };
    };
    let mut flags = coding_flags(terms, change.added);
    let keeps_length = change.added == 0;
    if keeps_length && change.has_indel && !flags.intersects(ConsequenceFlags::SYNONYMOUS) {
        flags.insert(ConsequenceFlags::INFRAME_ALTERING);
    }
    if flags.intersects(ConsequenceFlags::START_LOST) && keeps_length {
        // The start codons of a code that replaces that of the gene model.
        if before.begins_with_start && after.begins_with_start {
            flags.remove(ConsequenceFlags::START_LOST);
            flags.insert(ConsequenceFlags::START_RETAINED);
        }
    }
    if keeps_length && before.residues == after.residues {
        flags.insert(ConsequenceFlags::SYNONYMOUS);
    }
    // As `bcftools csq`: the gene model says that the protein ends there.
    if change.gets_stop && ends_in_stop {
        flags.remove(ConsequenceFlags::STOP_GAINED);
        flags.insert(ConsequenceFlags::STOP_RETAINED);
    }
    let in_frame = ConsequenceFlags::INFRAME_DELETION
        | ConsequenceFlags::INFRAME_INSERTION
        | ConsequenceFlags::INFRAME_ALTERING;
    // As `bcftools csq`: bases of the coding sequence are added or removed, too.
    if flags.intersects(ConsequenceFlags::STOP_LOST) && !keeps_length && change.added % 3 == 0 {
        flags.insert(in_frame_flag(change.added));
    }
    // A stop precedes the allele that restores the frame.
    if change.is_compound
        && flags.intersects(in_frame)
        && flags.intersects(ConsequenceFlags::STOP_GAINED)
    {
        flags.remove(in_frame);
        flags.insert(ConsequenceFlags::FRAMESHIFT);
    }
    let is_start = flags.intersects(ConsequenceFlags::START_LOST)
        || (flags.intersects(ConsequenceFlags::START_RETAINED) && !keeps_length);
    let hides_residues = change.has_indel && is_start;
    if hides_residues {
        flags.remove(ConsequenceFlags::FRAMESHIFT);
    }
    let keeps_residues = flags.intersects(ConsequenceFlags::SYNONYMOUS);
    // `bcftools csq` writes the term that says more.
    if flags.intersects(ConsequenceFlags::STOP_RETAINED | ConsequenceFlags::START_RETAINED) {
        flags.remove(ConsequenceFlags::SYNONYMOUS);
    }
    Classification { flags, ends_in_stop, hides_residues, keeps_residues }
}

/// A change in frame that adds `added` bases.
const fn in_frame_flag(added: i32) -> ConsequenceFlags {
    match added {
        ..0 => ConsequenceFlags::INFRAME_DELETION,
        0 => ConsequenceFlags::INFRAME_ALTERING,
        _ => ConsequenceFlags::INFRAME_INSERTION,
    }
}

/// The consequences of a change that adds `added` bases, as this mode names them. What the full mode calls
/// `protein_altering_variant` is a deletion or an insertion by the definition of the Sequence Ontology.
pub(crate) fn coding_flags(terms: SoTerms, added: i32) -> ConsequenceFlags {
    let in_frame = in_frame_flag(added);
    let mut flags = ConsequenceFlags::empty();
    for (term, flag) in [
        (SoTerm::Synonymous, ConsequenceFlags::SYNONYMOUS),
        (SoTerm::Missense, ConsequenceFlags::MISSENSE),
        (SoTerm::StopLost, ConsequenceFlags::STOP_LOST),
        (SoTerm::StopGained, ConsequenceFlags::STOP_GAINED),
        (SoTerm::InframeDeletion, in_frame),
        (SoTerm::InframeInsertion, in_frame),
        (SoTerm::ProteinAltering, in_frame),
        (SoTerm::Frameshift, ConsequenceFlags::FRAMESHIFT),
        (SoTerm::StartLost, ConsequenceFlags::START_LOST),
        (SoTerm::StartRetained, ConsequenceFlags::START_RETAINED),
        (SoTerm::StopRetained, ConsequenceFlags::STOP_RETAINED),
        (SoTerm::CodingSequence, ConsequenceFlags::CODING_SEQUENCE),
        (SoTerm::IncompleteTerminalCodon, ConsequenceFlags::CODING_SEQUENCE),
    ] {
        if terms.contains(term) {
            flags.insert(flag);
        }
    }
    flags
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
        if !class.keeps_residues {
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

    fn classified(terms: Option<SoTerms>, before: &str, after: &str, added: i32) -> String {
        let (before, after) = (peptide(before), peptide(after));
        let change = Change { added, has_indel: added != 0, is_compound: false, gets_stop: false };
        let class = classify(change, terms, &before, &after);
        let mut out = class.flags.names().collect::<Vec<_>>().join("&").into_bytes();
        write_residues(&mut out, &class, (5, &before), (6, &after), 4);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn peptides_and_terms_determine_the_consequences_of_a_change() {
        let terms = |terms: &[SoTerm]| {
            Some(terms.iter().fold(SoTerms::EMPTY, |all, term| all.union(SoTerms::of(*term))))
        };
        for (terms, before, after, added, expected) in [
            (None, "T", "T", 0, "synonymous|5T|"),
            (None, "TY", "TW", 0, "missense|5TY>6TW|"),
            (None, "TY", "*", 0, "stop_gained|5TY>6*|"),
            (terms(&[SoTerm::StopRetained]), "*", "*", 0, "stop_retained|5*|"),
            (terms(&[SoTerm::StopLost]), "*", "W", 0, "stop_lost|5*>6W|"),
            (terms(&[SoTerm::StopLost]), "*", "CL", 3, "stop_lost&inframe_insertion|5*>6CL|"),
            (
                terms(&[SoTerm::Frameshift]),
                "EPPPKAAA*",
                "GASSQRRR*",
                -1,
                "frameshift|5EPPP..13>6GASS..14|",
            ),
            (terms(&[SoTerm::ProteinAltering]), "TYA", "TA", -3, "inframe_deletion|5TYA>6TA|"),
            (
                terms(&[SoTerm::InframeInsertion, SoTerm::StopGained]),
                "TY",
                "TYK*",
                6,
                "stop_gained&inframe_insertion|5TY>6TYK*|",
            ),
            (terms(&[SoTerm::Frameshift, SoTerm::StartLost]), "MY", "CW", -1, "start_lost||"),
        ] {
            assert_eq!(classified(terms, before, after, added), expected, "{before}>{after}");
        }
    }
}
