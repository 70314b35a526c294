//! Positions, types and alleles of MAF.

use crate::info;
use gas_shared::vcf::Record;

/// How one ALT allele of a record changes the reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// The first base that changes; of an insertion, the base before it. 1-based.
    pub start: u64,
    /// The last base that changes; of an insertion, the base after it.
    pub end: u64,
    /// `SNP`, `DNP`, `TNP`, `ONP`, `INS` or `DEL`; empty for structural variants without such a type.
    pub kind: &'static str,
    /// REF without the bases that all its alleles begin with; `-` if none is left.
    pub reference: String,
    /// ALT in the same form.
    pub alternative: String,
    /// Whether the reading frame stays, if the lengths differ.
    pub in_frame: bool,
    /// The bases that are left out at the start of the alleles.
    prefix: usize,
}

impl Change {
    /// Another allele of the record without the same bases.
    pub fn other(&self, alleles: &[&[u8]], allele: usize) -> String {
        let text = alleles.get(allele).copied().unwrap_or_default();
        if is_bases(text) {
            text_of(text.get(self.prefix..).unwrap_or_default())
        } else {
            shown(text)
        }
    }
}

/// The change of an ALT allele, by its number from 1. `None` for alleles that are no change: `*`, `.`, `<*>` and
/// `<NON_REF>`.
pub(super) fn change(record: &Record<'_>, alleles: &[&[u8]], allele: usize) -> Option<Change> {
    let (reference, alternative) = (record.reference, *alleles.get(allele)?);
    if matches!(alternative, b"" | b"." | b"*" | b"<*>" | b"<NON_REF>") {
        return None;
    }
    if !is_bases(alternative) {
        return Some(structural(record, alternative));
    }
    // As vcf2maf does: the bases that both begin with are left out, unless nothing differs.
    let shared = reference.iter().zip(alternative).take_while(|(a, b)| a.eq_ignore_ascii_case(b));
    let prefix = if reference.eq_ignore_ascii_case(alternative) { 0 } else { shared.count() };
    let (reference, alternative) = (&reference[prefix..], &alternative[prefix..]);
    let position = record.pos + prefix as u64;
    let (before, after) = (reference.len() as u64, alternative.len() as u64);
    let last = (position + before).saturating_sub(1);
    let (start, end, kind) = match after {
        after if after == before => (position, last, point_kind(before)),
        after if after < before => (position, last, "DEL"),
        _ if before == 0 => (position.saturating_sub(1), position, "INS"),
        _ => (position, last, "INS"),
    };
    let in_frame = before.abs_diff(after).is_multiple_of(3);
    let (reference, alternative) = (text_of(reference), text_of(alternative));
    Some(Change { start, end, kind, reference, alternative, in_frame, prefix })
}

/// A symbolic allele or a breakend, with its own spelling.
fn structural(record: &Record<'_>, alternative: &[u8]) -> Change {
    let end = info::fields(record.info).find(|(key, _)| *key == b"END");
    let end = end.and_then(|(_, value)| std::str::from_utf8(value?).ok()?.parse().ok());
    let kind = match alternative {
        [b'<', b'D', b'E', b'L', ..] => "DEL",
        [b'<', b'I', b'N', b'S', ..] | [b'<', b'D', b'U', b'P', ..] => "INS",
        _ => "",
    };
    let last = record.pos + (record.reference.len() as u64).saturating_sub(1);
    Change {
        start: record.pos,
        end: end.map_or(last, |end: u64| end.max(last)),
        kind,
        reference: shown(record.reference),
        alternative: shown(alternative),
        in_frame: false,
        prefix: 0,
    }
}

const fn point_kind(bases: u64) -> &'static str {
    match bases {
        1 => "SNP",
        2 => "DNP",
        3 => "TNP",
        _ => "ONP",
    }
}

fn is_bases(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_alphabetic)
}

fn text_of(bases: &[u8]) -> String {
    if bases.is_empty() { "-".to_owned() } else { shown(bases) }
}

fn shown(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::vcf::parse_record;

    fn found(reference: &str, alt: &str, allele: usize) -> Option<(u64, u64, String)> {
        let line = format!("1\t100\t.\t{reference}\t{alt}\t.\t.\tEND=150");
        let record = parse_record(line.as_bytes()).unwrap();
        let alleles: Vec<&[u8]> =
            std::iter::once(record.reference).chain(record.alt.split(|b| *b == b',')).collect();
        let change = change(&record, &alleles, allele)?;
        let text = format!("{} {}>{}", change.kind, change.reference, change.alternative);
        Some((change.start, change.end, text))
    }

    #[test]
    fn positions_types_and_alleles_are_those_of_vcf2maf() {
        let of = |reference, alt| found(reference, alt, 1).unwrap();
        assert_eq!(of("A", "G"), (100, 100, "SNP A>G".to_owned()));
        assert_eq!(of("AC", "GT"), (100, 101, "DNP AC>GT".to_owned()));
        assert_eq!(of("ACG", "TTT"), (100, 102, "TNP ACG>TTT".to_owned()));
        assert_eq!(of("ACGT", "TGCA"), (100, 103, "ONP ACGT>TGCA".to_owned()));
        // The shared base of an MNV is left out.
        assert_eq!(of("AC", "AT"), (101, 101, "SNP C>T".to_owned()));
        assert_eq!(of("A", "ATT"), (100, 101, "INS ->TT".to_owned()));
        assert_eq!(of("ATT", "A"), (101, 102, "DEL TT>-".to_owned()));
        assert_eq!(of("ACC", "AGTTT"), (101, 102, "INS CC>GTTT".to_owned()));
        assert_eq!(of("ACCC", "AG"), (101, 103, "DEL CCC>G".to_owned()));
        assert_eq!(of("A", "<DEL>"), (100, 150, "DEL A><DEL>".to_owned()));
        assert_eq!(of("A", "<DUP:TANDEM>"), (100, 150, "INS A><DUP:TANDEM>".to_owned()));
        assert_eq!(of("A", "A]2:7]"), (100, 150, " A>A]2:7]".to_owned()));
        assert_eq!(found("A", "G,AT", 2).unwrap(), (100, 101, "INS ->T".to_owned()));
        for none in [".", "*", "<NON_REF>"] {
            assert_eq!(found("A", none, 1), None);
        }
    }

    #[test]
    fn other_alleles_of_the_record_have_the_same_form() {
        let record = parse_record(b"1\t100\t.\tATT\tA,AT,<DEL>\t.\t.\t.").unwrap();
        let alleles: [&[u8]; 4] = [b"ATT", b"A", b"AT", b"<DEL>"];
        let change = change(&record, &alleles, 1).unwrap();
        assert!(!change.in_frame);
        assert_eq!([0, 1, 2, 3].map(|n| change.other(&alleles, n)), ["TT", "-", "T", "<DEL>"]);
    }
}
