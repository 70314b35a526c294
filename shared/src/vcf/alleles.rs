//! The forms of an ALT allele.

/// The form of an ALT allele.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AltKind {
    /// Bases that replace REF.
    Sequence,
    /// `*`: the allele is missing because of an upstream deletion.
    Overlap,
    /// `.`: no alternate allele, or unknown.
    None,
    /// `<DEL>` and the like.
    Symbolic,
    /// `G]17:198982]` and the like, and single breakends (`G.`).
    Breakend,
    /// VCF 3.3 `D3`: a deletion of that many bases.
    OldDeletion,
    /// VCF 3.3 `IACG`: an insertion of those bases.
    OldInsertion,
}

/// Whether every byte is an IUPAC base code, in upper or lower case.
pub(super) fn is_bases(text: &[u8]) -> bool {
    const IUPAC: &[u8; 15] = b"ACGTNRYSWKMBDHV";
    !text.is_empty()
        && text.iter().all(|b| {
            matches!(b, b'A' | b'C' | b'G' | b'T' | b'N') || IUPAC.contains(&b.to_ascii_uppercase())
        })
}

impl AltKind {
    /// The form of one allele (not of the comma-separated list); `None` if it has no valid form.
    pub fn of(allele: &[u8]) -> Option<Self> {
        match allele {
            b"." => return Some(Self::None),
            b"*" => return Some(Self::Overlap),
            _ => {}
        }
        if is_bases(allele) && !is_old_deletion(allele) {
            return Some(Self::Sequence);
        }
        if allele.len() > 2 && allele[0] == b'<' && allele.ends_with(b">") {
            return Some(Self::Symbolic);
        }
        if is_breakend(allele) {
            return Some(Self::Breakend);
        }
        if is_old_deletion(allele) {
            return Some(Self::OldDeletion);
        }
        match allele.split_first() {
            Some((b'I', bases)) if is_bases(bases) => Some(Self::OldInsertion),
            _ => None,
        }
    }
}

fn is_old_deletion(allele: &[u8]) -> bool {
    matches!(allele.split_first(), Some((b'D', n)) if !n.is_empty() && n.iter().all(u8::is_ascii_digit))
}

fn is_breakend(allele: &[u8]) -> bool {
    if allele.len() < 2 {
        return false;
    }
    let single = (allele[0] == b'.' && is_bases(&allele[1..]))
        || (allele.ends_with(b".") && is_bases(&allele[..allele.len() - 1]));
    let brackets = allele.iter().filter(|b| matches!(b, b'[' | b']')).count();
    single || (brackets == 2 && allele.contains(&b':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_recognized() {
        for (text, kind) in [
            (&b"A"[..], Some(AltKind::Sequence)),
            (b"acgtn", Some(AltKind::Sequence)),
            (b"*", Some(AltKind::Overlap)),
            (b".", Some(AltKind::None)),
            (b"<DUP:TANDEM>", Some(AltKind::Symbolic)),
            (b"G]17:198982]", Some(AltKind::Breakend)),
            (b"[<ctg1>:7[A", Some(AltKind::Breakend)),
            (b"G.", Some(AltKind::Breakend)),
            (b"D3", Some(AltKind::OldDeletion)),
            (b"IACG", Some(AltKind::OldInsertion)),
            (b"", None),
            (b"12", None),
            (b"A-", None),
            (b"<", None),
        ] {
            assert_eq!(AltKind::of(text), kind, "{}", String::from_utf8_lossy(text));
        }
    }
}
