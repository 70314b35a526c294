//! From the amino acids before and after to calls, and to the text of the change.

use super::calls::Calls;
use super::translate::Peptide;
use crate::text::push_int;

/// What the amino acids say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Calls, those of the record alone included.
    pub(crate) calls: Calls,
    /// Calls of the records alone that turned out wrong.
    pub(crate) refuted: Calls,
    /// Whether there is a new stop, so that what follows is not translated.
    pub(crate) stops: bool,
    /// Whether the amino acids mean nothing, as translation does not start here.
    pub(crate) hides_residues: bool,
}

/// Judges a change of `added` bases; `calls` are those of its records. `indel`: several records change the length, and `several` that there are more
/// than one.
pub(crate) fn judge(
    mut calls: Calls,
    before: &Peptide,
    after: &Peptide,
    added: i32,
    (indel, several): (bool, bool),
) -> Verdict {
    let mut refuted = Calls::NONE;
    if added == 0 && indel {
        calls.add(Calls::INFRAME_ALTERING);
    }
    let stops = after.ends_in_stop();
    if calls.has(Calls::STOP_LOST) {
        judge_stop(&mut calls, &mut refuted, before, after);
    }
    if calls.has(Calls::START_LOST) {
        if !before.begins_with_start {
            refuted.add(Calls::START_LOST);
        } else if before.ends_in_start && after.ends_in_start {
            refuted.add(Calls::START_LOST);
            calls.add(Calls::START_RETAINED);
        }
    }
    if added == 0 {
        calls.add(substitution(before, after));
    } else {
        calls.add(match added {
            _ if added % 3 != 0 => Calls::FRAMESHIFT,
            ..0 => Calls::INFRAME_DELETION,
            _ => Calls::INFRAME_INSERTION,
        });
        if !before.ends_in_stop() && after.ends_in_stop() {
            calls.add(Calls::STOP_GAINED);
        }
    }
    let in_frame =
        Calls::INFRAME_DELETION.and(Calls::INFRAME_INSERTION).and(Calls::INFRAME_ALTERING);
    // The stop comes before the frame is restored.
    if several && calls.has(in_frame) && after.ends_in_stop() {
        refuted.add(in_frame);
        calls.add(Calls::FRAMESHIFT.and(Calls::STOP_GAINED));
    }
    let calls_left = calls.without(refuted);
    let hides_residues = calls_left.has_all(Calls::FRAMESHIFT.and(Calls::START_LOST));
    if hides_residues {
        refuted.add(Calls::FRAMESHIFT);
    }
    Verdict { calls: calls.without(refuted), refuted, stops, hides_residues }
}

fn judge_stop(calls: &mut Calls, refuted: &mut Calls, before: &Peptide, after: &Peptide) {
    match (before.ends_in_stop(), after.ends_in_stop()) {
        (true, true) => {
            refuted.add(Calls::STOP_LOST);
            calls.add(Calls::STOP_RETAINED);
        }
        (false, true) => {
            refuted.add(Calls::STOP_GAINED);
            calls.add(Calls::STOP_RETAINED);
        }
        (false, false) => calls.add(Calls::INCOMPLETE),
        (true, false) => {}
    }
}

/// Residue by residue, where no base was added or taken away.
fn substitution(before: &Peptide, after: &Peptide) -> Calls {
    let mut calls = Calls::NONE;
    for (before, after) in before.residues.iter().zip(&after.residues) {
        if before != after {
            calls.add(match (before, after) {
                (b'*', _) => Calls::STOP_LOST,
                (_, b'*') => Calls::STOP_GAINED,
                _ => Calls::MISSENSE,
            });
        }
    }
    if calls.is_empty() { Calls::SYNONYMOUS } else { calls }
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
        if !verdict.calls.has(Calls::SYNONYMOUS) {
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

    fn judged(calls: Calls, before: &str, after: &str, added: i32) -> String {
        let (before, after) = (peptide(before), peptide(after));
        let verdict = judge(calls, &before, &after, added, (added != 0, false));
        let mut out = verdict.calls.names().collect::<Vec<_>>().join("&").into_bytes();
        write_residues(&mut out, &verdict, (5, &before), (6, &after), 4);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn residues_tell_what_a_change_does() {
        for (calls, before, after, added, expected) in [
            (Calls::NONE, "T", "T", 0, "synonymous|5T|"),
            (Calls::NONE, "TY", "TW", 0, "missense|5TY>6TW|"),
            (Calls::NONE, "TY", "*", 0, "stop_gained|5TY>6*|"),
            (Calls::STOP_LOST, "*", "*", 0, "synonymous&stop_retained|5*|"),
            (Calls::STOP_LOST, "*", "W", 0, "stop_lost|5*>6W|"),
            (Calls::NONE, "EPPPKAAA*", "GASSQRRR*", -1, "frameshift|5EPPP..13>6GASS..14|"),
            (Calls::NONE, "TYA", "TA", -3, "inframe_deletion|5TYA>6TA|"),
            (Calls::NONE, "TY", "TYK*", 6, "stop_gained&inframe_insertion|5TY>6TYK*|"),
        ] {
            assert_eq!(judged(calls, before, after, added), expected, "{before}>{after}");
        }
    }
}
