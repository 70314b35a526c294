//! Spellings of contig names: `chr1`, `1` and `NC_000001.10` are the same contig.

use std::collections::HashMap;

/// Resolves any spelling of a contig name to a contig of the reference.
#[derive(Clone, Debug, Default)]
pub struct ContigNames {
    exact: HashMap<Box<[u8]>, u32>,
    normalized: HashMap<Box<[u8]>, u32>,
}

impl ContigNames {
    /// Creates a table of contigs, numbered in the order of their names.
    pub fn new<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let mut table = Self::default();
        for (number, name) in names.enumerate() {
            table.exact.insert(name.as_bytes().into(), number as u32);
            table.normalized.entry(normalized(name.as_bytes()).into()).or_insert(number as u32);
        }
        table
    }

    /// The number of a contig; `None` if the reference does not have it.
    pub fn resolve(&self, name: &[u8]) -> Option<u32> {
        self.exact.get(name).or_else(|| self.normalized.get(normalized(name).as_slice())).copied()
    }
}

/// Whether a name is a spelling of the mitochondrion.
pub fn is_mitochondrial(name: &str) -> bool {
    normalized(name.as_bytes()) == b"MT"
}

/// The name without `chr` or `chromosome`, with `MT` for every spelling of the mitochondrion and
/// the chromosome for RefSeq accessions of human chromosomes.
fn normalized(name: &[u8]) -> Vec<u8> {
    let upper = name.to_ascii_uppercase();
    let long = upper.strip_prefix(b"CHROMOSOME").filter(|rest| !rest.is_empty());
    let bare = long.or_else(|| upper.strip_prefix(b"CHR")).unwrap_or(&upper);
    if let Some(accession) = bare.strip_prefix(b"NC_") {
        let number: Vec<u8> = accession.iter().copied().take_while(|b| *b != b'.').collect();
        match std::str::from_utf8(&number).ok().and_then(|n| n.parse::<u32>().ok()) {
            Some(n @ 1..=22) => return n.to_string().into_bytes(),
            Some(23) => return b"X".to_vec(),
            Some(24) => return b"Y".to_vec(),
            Some(12_920) => return b"MT".to_vec(),
            _ => {}
        }
    }
    match bare {
        b"M" | b"MT" | b"RCRS" | b"MITO" => b"MT".to_vec(),
        other => other.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_resolves_to_the_same_contig() {
        let names = ContigNames::new(["1", "chrX", "MT", "HG104_PATCH"].into_iter());
        for (spelling, number) in [
            ("1", Some(0)),
            ("chr1", Some(0)),
            ("Chromosome1", Some(0)),
            ("NC_000001.10", Some(0)),
            ("X", Some(1)),
            ("NC_000023.11", Some(1)),
            ("chrM", Some(2)),
            ("NC_012920.1", Some(2)),
            ("hg104_patch", Some(3)),
            ("2", None),
        ] {
            assert_eq!(names.resolve(spelling.as_bytes()), number, "{spelling}");
        }
        assert!(is_mitochondrial("chrM") && !is_mitochondrial("1"));
    }
}
