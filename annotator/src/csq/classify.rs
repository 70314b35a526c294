//! From the amino acids before and after to calls, and to the text of the change.

use super::flags::ConsequenceFlags;
use super::translate::Peptide;
use crate::text::push_int;

/// What the amino acids say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// ConsequenceFlags, those of the record alone included.
    pub(crate) flags: ConsequenceFlags,
    /// ConsequenceFlags of the records alone that turned out wrong.
    pub(crate) refuted: ConsequenceFlags,
    /// Whether there is a new stop, so that what follows is not translated.
    pub(crate) stops: bool,
    /// Whether the amino acids mean nothing, as translation does not start here.
    pub(crate) hides_residues: bool,
}

/// Judges a change of `added` bases; `calls` are those of its records. `indel`: several records change the length, and `several` that there are more
/// than one.
pub(crate) fn judge(
    mut flags: ConsequenceFlags,
    before: &Peptide,
    after: &Peptide,
    added: i32,
    (indel, several): (bool, bool),
) -> Verdict {
    let mut refuted = ConsequenceFlags::empty();
    if added == 0 && indel {
        flags.insert(ConsequenceFlags::INFRAME_ALTERING);
    }
    let stops = after.ends_in_stop();
    if flags.intersects(ConsequenceFlags::STOP_LOST) {
        judge_stop(&mut flags, &mut refuted, before, after);
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
        flags.insert(substitution(before, after));
    } else {
        flags.insert(match added {
            _ if added % 3 != 0 => ConsequenceFlags::FRAMESHIFT,
            ..0 => ConsequenceFlags::INFRAME_DELETION,
            _ => ConsequenceFlags::INFRAME_INSERTION,
        });
        if !before.ends_in_stop() && after.ends_in_stop() {
            flags.insert(ConsequenceFlags::STOP_GAINED);
        }
    }
    let in_frame = ConsequenceFlags::INFRAME_DELETION
        .union(ConsequenceFlags::INFRAME_INSERTION)
        .union(ConsequenceFlags::INFRAME_ALTERING);
    // The stop comes before the frame is restored.
    if several && flags.intersects(in_frame) && after.ends_in_stop() {
        refuted.insert(in_frame);
        flags.insert(ConsequenceFlags::FRAMESHIFT.union(ConsequenceFlags::STOP_GAINED));
    }
    let calls_left = flags.difference(refuted);
    let hides_residues =
        calls_left.contains(ConsequenceFlags::FRAMESHIFT.union(ConsequenceFlags::START_LOST));
    if hides_residues {
        refuted.insert(ConsequenceFlags::FRAMESHIFT);
    }
    Verdict { flags: flags.difference(refuted), refuted, stops, hides_residues }
}

fn judge_stop(
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

/// Residue by residue, where no base was added or taken away.
fn substitution(before: &Peptide, after: &Peptide) -> ConsequenceFlags {
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

/// Appends `|5TY>5I|`: places in the protein and residues, before and after.
pub(crate) fn write_residues(
    out: &mut Vec<u8>,
    verdict: &Verdict,
    (before_at, before): (i32, &Peptide),
    (after_at, after): (i32, &Peptide),
    most: usize,
) {
    out.push(b'|');
    if !verdict.hides_residues {
        write_peptide(out, before_at, &before.residues, most);
        if !verdict.flags.intersects(ConsequenceFlags::SYNONYMOUS) {
            out.push(b'>');
            write_peptide(out, after_at, &after.residues, most);
        }
    }
    out.push(b'|');
}

/// A peptide with its place, cut short to `most` residues where that is not 0.
fn write_peptide(out: &mut Vec<u8>, at: i32, residues: &[u8], most: usize) {
    push_int(out, at);
    if most == 0 || residues.len() < most + 3 {
        out.extend_from_slice(residues);
        return;
    }
    let stop = residues.last() == Some(&b'*');
    let len = residues.len() - usize::from(stop);
    out.extend_from_slice(&residues[..len.min(most)]);
    out.extend_from_slice(b"..");
    push_int(out, at + len as i32);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peptide(residues: &str) -> Peptide {
        Peptide { residues: residues.into(), ..Peptide::default() }
    }

    fn judged(flags: ConsequenceFlags, before: &str, after: &str, added: i32) -> String {
        let (before, after) = (peptide(before), peptide(after));
        let verdict = judge(flags, &before, &after, added, (added != 0, false));
        let mut out = verdict.flags.names().collect::<Vec<_>>().join("&").into_bytes();
        write_residues(&mut out, &verdict, (5, &before), (6, &after), 4);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn residues_tell_what_a_change_does() {
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
            assert_eq!(judged(flags, before, after, added), expected, "{before}>{after}");
        }
    }
}
