//! Detects which assembly a file was called on, from its header and its REF alleles.

use crate::error::InputError;
use crate::reference::Reference;
use crate::report::Counts;
use gas_shared::vcf::Header;

/// The fewest compared REF alleles that allow a conclusion.
const MIN_CHECKED: u64 = 20;

/// Chromosome lengths in NCBI36, GRCh37, GRCh38 and T2T-CHM13, which differ between assemblies.
const LENGTHS: [(&str, [u64; 4]); 6] = [
    ("1", [247_249_719, 249_250_621, 248_956_422, 248_387_328]),
    ("2", [242_951_149, 243_199_373, 242_193_529, 242_696_752]),
    ("10", [135_374_737, 135_534_747, 133_797_422, 134_758_134]),
    ("20", [62_435_964, 63_025_520, 64_444_167, 66_210_255]),
    ("22", [49_691_432, 51_304_566, 50_818_468, 51_324_926]),
    ("X", [154_913_754, 155_270_560, 156_040_895, 154_259_566]),
];

/// Names of assemblies, in the order of [`LENGTHS`], with spellings in `##reference` lines.
const ASSEMBLIES: [(&str, &[&str]); 4] = [
    ("NCBI36", &["ncbi36", "hg18", "b36", "build36"]),
    ("GRCh37", &["grch37", "hg19", "b37", "hs37", "build37"]),
    ("GRCh38", &["grch38", "hg38", "hs38", "b38"]),
    ("T2T-CHM13", &["chm13", "t2t", "hs1"]),
];

/// The assembly that the contig lengths or the `##reference` line of a header indicate.
pub fn named_assembly(header: &Header) -> Option<&'static str> {
    for (name, length) in &header.contigs {
        let plain = name.strip_prefix("chr").unwrap_or(name);
        let known = LENGTHS.iter().find(|(contig, _)| *contig == plain);
        if let Some(n) = known.and_then(|(_, all)| all.iter().position(|l| Some(*l) == *length)) {
            return Some(ASSEMBLIES[n].0);
        }
    }
    let text = header.reference.as_ref()?.to_ascii_lowercase();
    let named = ASSEMBLIES.iter().find(|(_, words)| words.iter().any(|w| text.contains(w)));
    named.map(|(name, _)| *name)
}

/// Checks that no more than `max_percent` of the REF alleles differ from the reference.
///
/// # Errors
/// [`InputError::WrongAssembly`] otherwise, with advice.
pub fn check_assembly(
    counts: &Counts,
    header: &Header,
    reference: &Reference,
    max_percent: f64,
) -> Result<(), InputError> {
    let percent = counts.ref_mismatches as f64 * 100.0 / counts.ref_checked.max(1) as f64;
    if counts.ref_checked < MIN_CHECKED || percent <= max_percent {
        return Ok(());
    }
    let assembly = reference.manifest.assembly.clone();
    let advice = match named_assembly(header) {
        Some(other) if !assembly.eq_ignore_ascii_case(other) => format!(
            "the file looks like {other}; lift it over to {assembly}, or choose a {other} reference"
        ),
        _ => format!(
            "the file seems to use another assembly than {assembly}; lift it over to {assembly}, or choose another reference"
        ),
    };
    Err(InputError::WrongAssembly {
        mismatches: counts.ref_mismatches,
        checked: counts.ref_checked,
        percent,
        assembly,
        advice,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::vcf::{HeaderParser, HeaderStep};

    fn header(line: &str) -> Header {
        let text =
            format!("##fileformat=VCFv4.2\n{line}\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO");
        let mut parser = HeaderParser::new();
        for line in text.lines() {
            match parser.push(line.as_bytes()).unwrap() {
                HeaderStep::More(next) => parser = next,
                HeaderStep::Done(header) => return header,
            }
        }
        unreachable!("the text ends with the column line");
    }

    #[test]
    fn lengths_and_reference_lines_name_the_assembly() {
        for (line, expected) in [
            ("##contig=<ID=chr20,length=64444167>", Some("GRCh38")),
            ("##contig=<ID=20,length=63025520>", Some("GRCh37")),
            ("##reference=human_b36_both.fasta", Some("NCBI36")),
            ("##reference=file:///data/hs37d5.fa", Some("GRCh37")),
            ("##contig=<ID=20>", None),
        ] {
            assert_eq!(named_assembly(&header(line)), expected, "{line}");
        }
    }
}
