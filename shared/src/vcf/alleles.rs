//! The forms of an ALT allele.

/// The form of an ALT allele.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AltKind {
    /// Bases that replace REF.
    Sequence,
    /// No variant, but a statement about other alleles: `*`, `.`, `<NON_REF>` and the like.
    Placeholder,
    /// `<DEL>` and the like.
    Symbolic,
    /// `G]17:198982]` and the like, and single breakends (`G.`).
    Breakend,
    /// VCF 3.3 `D3`: a deletion of that many bases.
    OldDeletion,
    /// VCF 3.3 `IACG`: an insertion of those bases.
    OldInsertion,
}

/// Symbolic alleles (without the angle brackets) that stand for no variant: any other allele (VCF 4.5,
/// section 5.5, and the spellings of GATK, bcftools and old samtools), an allele that an upstream
/// deletion removes (GATK before 3.5), and a stretch without a call (Complete Genomics).
const PLACEHOLDERS: [&[u8]; 12] = [
    b"*",
    b"NON_REF",
    b"X",
    b"*:DEL",
    b"DEL:*",
    b"REF",
    b".",
    b"CGA_NOCALL",
    // The first base of a window in which coverage is measured.
    b"CGA_CNVWIN",
    b"NOCALL",
    b"NO_CALL",
    b"NO-CALL",
];

/// Whether every byte is an IUPAC base code, in upper or lower case.
pub(super) fn is_bases(text: &[u8]) -> bool {
    const IUPAC: &[u8; 15] = b"ACGTNRYSWKMBDHV";
    !text.is_empty()
        && text.iter().all(|b| {
            matches!(b, b'A' | b'C' | b'G' | b'T' | b'N') || IUPAC.contains(&b.to_ascii_uppercase())
        })
}

impl AltKind {
    /// The form of one allele (not of the comma-separated list); `None` if it has no valid form. An
    /// allele that equals REF is a sequence here; see [`is_variant`](Self::is_variant).
    pub fn of(allele: &[u8]) -> Option<Self> {
        match allele {
            // Old samtools wrote X for any other base.
            b"." | b"*" | b"X" | b"x" => return Some(Self::Placeholder),
            _ => {}
        }
        if is_bases(allele) && !is_old_deletion(allele) {
            return Some(Self::Sequence);
        }
        if let Some(name) = allele.strip_prefix(b"<").and_then(|rest| rest.strip_suffix(b">"))
            && !name.is_empty()
        {
            let placeholder = PLACEHOLDERS.iter().any(|known| known.eq_ignore_ascii_case(name));
            return Some(if placeholder { Self::Placeholder } else { Self::Symbolic });
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

    /// Whether an allele of this form is a variant of REF. Some callers write REF again as ALT.
    #[inline]
    pub fn is_variant(self, reference: &[u8], allele: &[u8]) -> bool {
        match self {
            Self::Placeholder => false,
            Self::Sequence => reference != b"." && !reference.eq_ignore_ascii_case(allele),
            _ => true,
        }
    }
}

fn is_old_deletion(allele: &[u8]) -> bool {
    matches!(allele.split_first(), Some((b'D', n)) if !n.is_empty() && n.iter().all(u8::is_ascii_digit))
}

/// Whether an allele has one of the forms of VCF 4.5, section 5.4: `t[p[`, `t]p]`, `]p]t`, `[p[t`, `t.`
/// and `.t`, with bases `t` (or `.` at a telomere) and a position `p`. Without bases, it is not known which
/// side of the break remains.
fn is_breakend(allele: &[u8]) -> bool {
    let bases_or_dot = |text: &[u8]| text == b"." || is_bases(text);
    match (allele.first(), allele.last()) {
        (Some(bracket @ (b'[' | b']')), _) => {
            let end = allele.iter().rposition(|b| b == bracket).unwrap_or(0);
            end > 0 && is_mate(&allele[1..end]) && bases_or_dot(&allele[end + 1..])
        }
        (_, Some(bracket @ (b'[' | b']'))) => {
            let inner = &allele[..allele.len() - 1];
            let Some(start) = inner.iter().position(|b| b == bracket) else { return false };
            is_mate(&inner[start + 1..]) && bases_or_dot(&inner[..start])
        }
        (Some(b'.'), _) => is_bases(&allele[1..]),
        (_, Some(b'.')) => is_bases(&allele[..allele.len() - 1]),
        _ => false,
    }
}

/// Whether a text is a contig and a position: `17:198982`, `HLA-A*01:01:7` or `<ctg1>:7`.
fn is_mate(text: &[u8]) -> bool {
    let Some(colon) = text.iter().rposition(|b| *b == b':') else { return false };
    let digits = &text[colon + 1..];
    colon > 0
        && !text.iter().any(|b| matches!(b, b'[' | b']'))
        && (1..=10).contains(&digits.len())
        && digits.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_recognized() {
        for (text, kind) in [
            (&b"A"[..], Some(AltKind::Sequence)),
            (b"acgtn", Some(AltKind::Sequence)),
            (b"*", Some(AltKind::Placeholder)),
            (b".", Some(AltKind::Placeholder)),
            (b"X", Some(AltKind::Placeholder)),
            (b"<X>", Some(AltKind::Placeholder)),
            (b"<*>", Some(AltKind::Placeholder)),
            (b"<*:DEL>", Some(AltKind::Placeholder)),
            (b"<non_ref>", Some(AltKind::Placeholder)),
            (b"<CGA_NOCALL>", Some(AltKind::Placeholder)),
            (b"<CGA_CNVWIN>", Some(AltKind::Placeholder)),
            (b"<DUP:TANDEM>", Some(AltKind::Symbolic)),
            (b"<DEL>", Some(AltKind::Symbolic)),
            (b"G]17:198982]", Some(AltKind::Breakend)),
            (b"[<ctg1>:7[A", Some(AltKind::Breakend)),
            (b"]13:123456]AGTNNNNCAT", Some(AltKind::Breakend)),
            (b"A[HLA-A*01:01:01:01:22[", Some(AltKind::Breakend)),
            (b"[2:0[A", Some(AltKind::Breakend)),
            (b"G.", Some(AltKind::Breakend)),
            (b".G", Some(AltKind::Breakend)),
            (b"D3", Some(AltKind::OldDeletion)),
            (b"IACG", Some(AltKind::OldInsertion)),
            (b"", None),
            (b"12", None),
            (b"A-", None),
            (b"A[2:5]", None),
            (b"A[2[", None),
            (b"A[2:x[", None),
            (b"[2:5[A[", None),
            (b"[2:5[", None),
            (b"]2:5]", None),
            (b".[2:5[", Some(AltKind::Breakend)),
            (b"A]2:5]C", None),
            (b"..", None),
            (b"<>", None),
            (b"<", None),
        ] {
            assert_eq!(AltKind::of(text), kind, "{}", String::from_utf8_lossy(text));
        }
    }
}
