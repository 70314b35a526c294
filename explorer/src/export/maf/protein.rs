//! `HGVSp_Short` of MAF.

/// Amino acids by their codes of three letters.
const AMINO_ACIDS: [(&str, char); 26] = [
    ("Ala", 'A'),
    ("Arg", 'R'),
    ("Asn", 'N'),
    ("Asp", 'D'),
    ("Asx", 'B'),
    ("Cys", 'C'),
    ("Glu", 'E'),
    ("Gln", 'Q'),
    ("Glx", 'Z'),
    ("Gly", 'G'),
    ("His", 'H'),
    ("Ile", 'I'),
    ("Leu", 'L'),
    ("Lys", 'K'),
    ("Met", 'M'),
    ("Phe", 'F'),
    ("Pro", 'P'),
    ("Pyl", 'O'),
    ("Sec", 'U'),
    ("Ser", 'S'),
    ("Thr", 'T'),
    ("Trp", 'W'),
    ("Tyr", 'Y'),
    ("Val", 'V'),
    ("Xxx", 'X'),
    ("Ter", '*'),
];

/// A protein description with amino acids of one letter: `p.V600E` of `p.Val600Glu`. A splice variant without one gets
/// the codon of its coding description, as in vcf2maf: `p.X34_splice` of `c.101+1G>A`.
pub(super) fn short(protein: &str, coding: &str, term: &str) -> String {
    if protein.is_empty() && matches!(term, "splice_acceptor_variant" | "splice_donor_variant") {
        return splice(coding).map_or_else(String::new, |codon| format!("p.X{codon}_splice"));
    }
    let mut out = String::with_capacity(protein.len());
    let mut rest = protein;
    while let Some(c) = rest.chars().next() {
        match AMINO_ACIDS.iter().find(|(code, _)| rest.starts_with(code)) {
            Some((code, letter)) => {
                out.push(*letter);
                rest = &rest[code.len()..];
            }
            None => {
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    out
}

/// The codon of the base that a coding description begins with.
fn splice(coding: &str) -> Option<u64> {
    let digits = coding.strip_prefix("c.")?;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let base: u64 = digits[..end].parse().ok()?;
    Some(base.max(1).div_ceil(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amino_acids_have_one_letter() {
        for (protein, expected) in [
            ("p.Val600Glu", "p.V600E"),
            ("p.Arg97ProfsTer23", "p.R97Pfs*23"),
            ("p.Met1?", "p.M1?"),
            ("p.Ser42=", "p.S42="),
            ("", ""),
        ] {
            assert_eq!(short(protein, "c.5A>G", "missense_variant"), expected);
        }
    }

    #[test]
    fn a_splice_variant_has_the_codon_of_its_exon() {
        let of = |coding| short("", coding, "splice_donor_variant");
        assert_eq!([of("c.101+1G>A"), of("c.3+2T>C")], ["p.X34_splice", "p.X1_splice"]);
        assert_eq!([of("c.-5+1G>A"), of("n.5+1G>A")], ["", ""]);
        assert_eq!(short("", "c.101+1G>A", "intron_variant"), "");
    }
}
