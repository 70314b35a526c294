//! Symbolic alleles and breakends: what they cover of a transcript. Their sequence is not known,
//! so there are no codons and no HGVS.

use super::{Effect, SoTerm, TermSet, locate};
use crate::model::Transcript;
use crate::variant::Allele;

/// What a structural allele does to the sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StructuralKind {
    /// `<DEL>`
    Deletion,
    /// `<DUP>`
    Duplication,
    /// `<INS>`
    Insertion,
    /// `<INV>`, `<CNV>`, breakends and the rest.
    Other,
}

/// A structural allele.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Structural {
    /// Kind.
    pub kind: StructuralKind,
    /// First base concerned.
    pub start: i32,
    /// Last base concerned.
    pub end: i32,
}

impl Structural {
    /// Reads ALT and INFO of a record at `pos` (VCF 4.5, section 5); `limit` is the contig's length.
    pub fn read(pos: i32, alt: &[u8], info: &[u8], limit: i32) -> Self {
        let name = alt.strip_prefix(b"<").and_then(|a| a.strip_suffix(b">"));
        let kind = match name.map(|n| n.split(|b| *b == b':').next().unwrap_or_default()) {
            Some(b"DEL") => StructuralKind::Deletion,
            Some(b"DUP") => StructuralKind::Duplication,
            Some(b"INS") => StructuralKind::Insertion,
            _ => StructuralKind::Other,
        };
        let number = |key: &[u8]| {
            let value = info.split(|b| *b == b';').find_map(|field| field.strip_prefix(key))?;
            std::str::from_utf8(value).ok()?.split(',').next()?.parse::<i64>().ok()
        };
        let start = pos.saturating_add(1);
        let end = match (kind, name) {
            (StructuralKind::Insertion, _) | (_, None) => i64::from(pos),
            _ => number(b"END=")
                .or_else(|| {
                    number(b"SVLEN=").map(|n| i64::from(pos).saturating_add(n.saturating_abs()))
                })
                .unwrap_or(i64::from(start)),
        };
        // Ends before the start and beyond the contig are mistakes of the file, not of the run.
        let end = end.clamp(i64::from(pos), i64::from(limit.max(pos))) as i32;
        Self { kind, start, end }
    }

    const fn allele(&self) -> Allele<'static> {
        Allele { start: self.start, end: self.end, reference: b"", alt: b"" }
    }
}

impl Effect {
    /// Works out what a structural allele covers; `false` where the transcript is too far away.
    pub fn fill_structural(&mut self, transcript: &Transcript, variant: &Structural) -> bool {
        let allele = variant.allele();
        self.terms = TermSet::EMPTY;
        self.distance = None;
        self.codons.clear();
        if !allele.overlaps(transcript.start, transcript.end) {
            return self.fill_nearby(transcript, &allele);
        }
        self.location = locate(transcript, &allele);
        let whole = variant.start <= transcript.start && variant.end >= transcript.end;
        match (variant.kind, whole) {
            (StructuralKind::Deletion, true) => {
                self.terms = TermSet::of(SoTerm::TranscriptAblation);
                return true;
            }
            (StructuralKind::Duplication, true) => {
                self.terms = TermSet::of(SoTerm::TranscriptAmplification);
                return true;
            }
            (StructuralKind::Deletion, false) => self.terms.insert(SoTerm::FeatureTruncation),
            (StructuralKind::Duplication | StructuralKind::Insertion, _) => {
                self.terms.insert(SoTerm::FeatureElongation);
            }
            (StructuralKind::Other, _) => {}
        }
        self.splice_terms();
        if transcript.cds.is_some() {
            self.utr_terms(transcript, &allele);
            if self.location.in_cds {
                self.terms.insert(SoTerm::CodingSequence);
            }
        } else {
            let exonic = self.location.in_cdna;
            self.terms.insert(if exonic {
                SoTerm::NonCodingExon
            } else {
                SoTerm::NonCodingTranscript
            });
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_come_from_end_or_length_and_stay_on_the_contig() {
        let read =
            |alt: &str, info: &str| Structural::read(100, alt.as_bytes(), info.as_bytes(), 1000);
        let deletion = |end| Structural { kind: StructuralKind::Deletion, start: 101, end };
        assert_eq!(read("<DEL>", "X=1;END=200"), deletion(200));
        assert_eq!(read("<DEL:ME>", "SVLEN=-50"), deletion(150));
        assert_eq!(read("<DEL>", "END=99999999999"), deletion(1000));
        assert_eq!(read("<DEL>", "END=5"), deletion(100));
        assert_eq!(read("G]17:1]", "END=500").end, 100);
        assert_eq!(read("<INS>", ".").kind, StructuralKind::Insertion);
    }
}
