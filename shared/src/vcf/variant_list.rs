//! Recognizes a text with one variant per line, which the engine reads besides VCF and BCF.

use super::alleles::is_bases;
use super::header::without_byte_order_mark;

/// The lines that are looked at.
const SEARCHED_LINES: usize = 20;

/// Whether a file is a list of variants: lines such as `chr1:12345 A>G`, `1-12345-A-G`,
/// `NC_000001.11:12344:A:G`, `ENST00000357654:c.68_69del`, or lines of a VCF file without its header and
/// samples. `beginning` is decompressed text. One such line is enough, since the engine reports the others.
pub fn is_variant_list(beginning: &[u8]) -> bool {
    let text = without_byte_order_mark(beginning);
    // The definitions and columns of a VCF file, and of other formats that have a header.
    let has_header = |line: &[u8]| line.starts_with(b"##") || line.starts_with(b"#CHROM");
    let mut lines = text.split(|b| *b == b'\n').take(SEARCHED_LINES).map(<[u8]>::trim_ascii);
    lines.clone().all(|line| !has_header(line)) && lines.any(is_variant)
}

fn is_variant(line: &[u8]) -> bool {
    // Other beginnings are comments, and quotation marks or brackets of other formats.
    if !line.first().is_some_and(u8::is_ascii_alphanumeric) || !line.is_ascii() {
        return false;
    }
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let words: [&[u8]; 9] = std::array::from_fn(|_| words.next().unwrap_or_default());
    match words.iter().filter(|word| !word.is_empty()).count() {
        1 => is_description(words[0]) || is_alleles(words[0]),
        2 => is_description(words[0]) || is_site(words[0]) && words[1].contains(&b'>'),
        4 => is_number(words[1]) && is_bases(words[2]) && is_bases(words[3]),
        // ANNOVAR's input has the end where VCF has the ID.
        5..=8 => is_number(words[1]) && !is_number(words[2]) && is_bases(words[3]),
        _ => false,
    }
}

/// `reference:c.…`, also of kinds that the engine rejects with a reason.
fn is_description(word: &[u8]) -> bool {
    let Some(colon) = word.iter().rposition(|b| *b == b':') else { return false };
    matches!(
        &word[colon + 1..],
        [b'c' | b'g' | b'm' | b'n' | b'p' | b'r', b'.', _, ..] if colon > 0
    )
}

/// `chr1:12345:A:G`, SPDI, `1-12345-A-G` or `chr1:12345A>G`.
fn is_alleles(word: &[u8]) -> bool {
    let of_four = |separator: u8| {
        let mut parts = word.rsplitn(4, |b| *b == separator);
        let [alt, reference, pos, contig] =
            std::array::from_fn(|_| parts.next().unwrap_or_default());
        let is_allele = |text: &[u8]| text.is_empty() && separator == b':' || is_bases(text);
        !contig.is_empty()
            && is_number(pos)
            && (is_allele(reference) || is_number(reference))
            && is_allele(alt)
    };
    let Some(change) = word.iter().position(|b| *b == b'>') else {
        return of_four(b':') || of_four(b'-');
    };
    let (before, alt) = word.split_at(change);
    let bases = before.iter().rev().take_while(|b| b.is_ascii_alphabetic()).count();
    bases > 0 && is_bases(&alt[1..]) && is_site(&before[..before.len() - bases])
}

/// `chr1:12345`
fn is_site(word: &[u8]) -> bool {
    word.iter().rposition(|b| *b == b':').is_some_and(|at| at > 0 && is_number(&word[at + 1..]))
}

fn is_number(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_notation_is_recognized() {
        for line in [
            "chr1:12345 A>G",
            "chr1:12345A>G",
            "chr1:12345:A:G",
            "1-12345-A-GC",
            "NC_000001.11:12344:A:G",
            "NC_000001.11:12344::G",
            "NC_000001.11:12344:3:",
            "NC_000001.11:g.12345A>G",
            "chr1:g.12345del",
            "ENST00000357654.9:c.68_69del",
            "NM_007294.4(BRCA1):c.68_69del (p.Glu23fs)",
            "MT:m.3243A>G",
            "X:n.5+3_6-2inv",
            "NP_009225.1:p.Glu23fs",
            "1 12345 A G",
            "1\t12345\t.\tA\tG",
            "1\t12345\trs1\tA\tG\t.\tPASS\tDP=3",
        ] {
            assert!(is_variant_list(line.as_bytes()), "{line}");
            assert!(is_variant_list(format!("# mine\r\n\r\nmistake\r\n{line}\r\n").as_bytes()));
            let vcf = format!("##fileformat=VCFv4.2\n#CHROM\tPOS\n{line}\n");
            assert!(!is_variant_list(vcf.as_bytes()), "{line}");
        }
    }

    #[test]
    fn other_texts_are_no_lists_of_variants() {
        for text in [
            "",
            "\n\n",
            "hello",
            "1\t12345\t12345\tA\tG",
            "chr1\t12344\t12345",
            "1\t12345\t.\tA\tG\t.\t.\t.\tGT\t0/1",
            "rs1\t1\t12345\tAG",
            "{\"a\": 1}",
            "<!DOCTYPE html>",
            "time 12:30",
            "2024-01-05-x",
            "http://example.org/c.html",
            ">seq\nACGT",
            "##gff-version 3\n1-5-A-G",
            ":c.5A>G",
            "\"1\t12345\t.\tA\tG\"",
        ] {
            assert!(!is_variant_list(text.as_bytes()), "{text:?}");
        }
    }
}
