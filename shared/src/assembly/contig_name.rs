//! Spellings of contig names: `chr1`, `1`, `Chromosome01` and `NC_000001.10` are the same contig.

use super::known::Accession;

/// The name that stands for all spellings of a contig, such as `1` for `chr1` and `NC_000001.10`.
pub fn canonical_name(name: &[u8]) -> Vec<u8> {
    let plain = plain_spelling(name);
    match accession_of_plain(&plain) {
        Some(Accession::Chromosome { name, .. }) => name.as_bytes().to_vec(),
        Some(Accession::RevisedCambridge) => b"MT".to_vec(),
        Some(Accession::OldMitochondrion) | None => plain,
    }
}

/// Whether a name is a spelling of the mitochondrion.
pub fn is_mitochondrial(name: &str) -> bool {
    let plain = plain_spelling(name.as_bytes());
    let of_accession = matches!(
        accession_of_plain(&plain),
        Some(Accession::RevisedCambridge | Accession::OldMitochondrion)
    );
    plain == b"MT" || of_accession
}

/// The accession that a plain spelling is, if it is one.
pub fn accession_of_plain(plain: &[u8]) -> Option<Accession> {
    if !matches!(plain.first(), Some(b'N' | b'C' | b'J')) {
        return None;
    }
    Accession::parse(std::str::from_utf8(plain).ok()?)
}

/// The name in upper case, without `chr` or `chromosome` and without the leading zero of `01`, with
/// `MT` for every spelling of the mitochondrion and Ensembl's `CHROMOSOME` for that of Escherichia coli.
pub fn plain_spelling(name: &[u8]) -> Vec<u8> {
    let upper = name.to_ascii_uppercase();
    if upper == b"CHROMOSOME" {
        return upper;
    }
    let long = upper.strip_prefix(b"CHROMOSOME");
    let bare = long.or_else(|| upper.strip_prefix(b"CHR")).unwrap_or(&upper);
    match bare {
        // Also Ensembl's names for nematodes and flies.
        b"M" | b"MT" | b"RCRS" | b"MITO" | b"0M" | b"MTDNA" | b"MITOCHONDRION_GENOME" => {
            b"MT".to_vec()
        }
        // Escherichia coli K-12 MG1655 in RefSeq and GenBank.
        b"NC_000913.3" | b"U00096.3" => b"CHROMOSOME".to_vec(),
        [b'0', last @ (b'1'..=b'9' | b'X' | b'Y')] => vec![*last],
        other => other.to_vec(),
    }
}

/// The name of a chromosome as known assemblies have it, such as `1` for `chr1` and `NC_000001.10`.
pub fn plain_name(name: &str) -> String {
    String::from_utf8_lossy(&canonical_name(name.as_bytes())).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_of_a_contig_have_one_plain_name() {
        for (name, expected) in [
            ("chr1", "1"),
            ("Chromosome01", "1"),
            ("chromosome", "CHROMOSOME"),
            ("NC_000913.3", "CHROMOSOME"),
            ("NC_000024.9", "Y"),
            ("0X", "X"),
            ("M", "MT"),
            ("MtDNA", "MT"),
            ("mitochondrion_genome", "MT"),
            ("NC_012920.1", "MT"),
            ("NC_001807.4", "NC_001807.4"),
            ("HG104_PATCH", "HG104_PATCH"),
        ] {
            assert_eq!(plain_name(name), expected, "{name}");
        }
        assert!(is_mitochondrial("chrM") && !is_mitochondrial("1"));
    }
}
