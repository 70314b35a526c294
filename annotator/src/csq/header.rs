//! The BCSQ key and its definitions in the VCF header.

/// The key in INFO and FORMAT.
pub(crate) const KEY: &str = "BCSQ";

/// The header lines that define the key.
pub(crate) fn definitions(local: bool, samples: usize) -> Vec<String> {
    let kind = if local { "Local" } else { "Haplotype-aware" };
    let mut lines = vec![format!(
        "##INFO=<ID={KEY},Number=.,Type=String,Description=\"{kind} consequences from gas-annotate in the layout of bcftools csq. Format: Consequence|gene|transcript|biotype|strand|amino_acid_change|dna_change\">"
    )];
    if samples > 0 {
        lines.push(format!(
            "##FORMAT=<ID={KEY},Number=.,Type=Integer,Description=\"Bitmask of indexes to INFO/{KEY}, with interleaved first/second haplotype. Use %T{KEY} of bcftools query to translate.\">"
        ));
    }
    lines
}
