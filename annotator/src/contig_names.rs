//! Spellings of contig names: `chr1`, `1` and, in GRCh37, `NC_000001.10` are the same contig.

use gas_shared::assembly::{
    Accession, Assembly, accession_of_plain, canonical_name, plain_spelling,
};
use std::collections::HashMap;

/// Resolves any spelling of a contig name to a contig of the reference.
#[derive(Clone, Debug, Default)]
pub struct ContigNames {
    exact: HashMap<Box<[u8]>, u32>,
    plain: HashMap<Box<[u8]>, u32>,
    assembly: Option<&'static Assembly>,
}

/// What a name says about its contig besides the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameHint {
    /// The accession is that of a chromosome in another assembly, or in an unknown one.
    OtherAssembly {
        /// Plain name of the chromosome.
        chromosome: &'static str,
        /// The assembly that has this version, if known.
        assembly: Option<&'static str>,
    },
    /// UCSC's former mitochondrion of hg18 and hg19.
    OldMitochondrion,
    /// A number that PLINK uses for a chromosome of this name.
    Plink(&'static str),
}

impl ContigNames {
    /// Creates a table of contigs, numbered in the order of their names, of an assembly.
    pub fn new<'a>(names: impl Iterator<Item = &'a str> + Clone, assembly: &str) -> Self {
        let of_accession = |name: &str| match Accession::parse(&name.to_ascii_uppercase()) {
            Some(Accession::Chromosome { assembly, .. }) => assembly,
            _ => None,
        };
        let assembly = Assembly::named(assembly).or_else(|| names.clone().find_map(of_accession));
        let mut table = Self { assembly, ..Self::default() };
        for (number, name) in names.enumerate() {
            table.exact.insert(name.as_bytes().into(), number as u32);
            let key = canonical_name(name.as_bytes());
            table.plain.entry(key.into()).or_insert(number as u32);
        }
        table
    }

    /// The number of a contig; `None` if the reference does not have it. An accession stands for a
    /// chromosome only if its version is that of the assembly, or the assembly is not known.
    pub fn resolve(&self, name: &[u8]) -> Option<u32> {
        if let Some(number) = self.exact.get(name) {
            return Some(*number);
        }
        let plain = plain_spelling(name);
        if let Some(number) = self.plain.get(plain.as_slice()) {
            return Some(*number);
        }
        let key = match (accession_of_plain(&plain), self.hint_of(&plain)) {
            (_, Some(NameHint::OtherAssembly { .. } | NameHint::OldMitochondrion)) => return None,
            (Some(Accession::Chromosome { name, .. }), _) | (_, Some(NameHint::Plink(name))) => {
                name
            }
            (Some(Accession::RevisedCambridge), _) => "MT",
            _ => return None,
        };
        self.plain.get(key.as_bytes()).copied()
    }

    /// What a user should know about a name that the reference spells in another way.
    pub(crate) fn hint(&self, name: &[u8]) -> Option<NameHint> {
        let plain = plain_spelling(name);
        let known = self.exact.contains_key(name) || self.plain.contains_key(plain.as_slice());
        if known { None } else { self.hint_of(&plain) }
    }

    /// The known assembly of the contigs.
    pub(crate) const fn assembly(&self) -> Option<&'static Assembly> {
        self.assembly
    }

    fn hint_of(&self, plain: &[u8]) -> Option<NameHint> {
        match accession_of_plain(plain) {
            Some(Accession::OldMitochondrion) => return Some(NameHint::OldMitochondrion),
            Some(Accession::RevisedCambridge) => return None,
            Some(Accession::Chromosome { name, assembly, is_versioned }) => {
                let same = !is_versioned || self.assembly.is_none() || assembly == self.assembly;
                let assembly = assembly.map(|assembly| assembly.name);
                let other = NameHint::OtherAssembly { chromosome: name, assembly };
                return if same { None } else { Some(other) };
            }
            None => {}
        }
        // PLINK's codes: other species have chromosomes of these numbers.
        self.assembly.filter(|assembly| assembly.is_human())?;
        Some(NameHint::Plink(match plain {
            b"23" | b"25" | b"XY" | b"PAR1" | b"PAR2" => "X",
            b"24" => "Y",
            b"26" => "MT",
            _ => return None,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_resolves_to_the_same_contig() {
        let contigs = ["1", "chrX", "MT", "HG104_PATCH", "NC_000024.9"];
        let names = ContigNames::new(contigs.into_iter(), "hg19");
        for (spelling, number) in [
            ("1", Some(0)),
            ("chr1", Some(0)),
            ("chr01", Some(0)),
            ("Chromosome1", Some(0)),
            ("NC_000001.10", Some(0)),
            ("NC_000001", Some(0)),
            ("CM000663.1", Some(0)),
            ("X", Some(1)),
            ("0X", Some(1)),
            ("NC_000023.10", Some(1)),
            ("chrM", Some(2)),
            ("NC_012920.1", Some(2)),
            ("hg104_patch", Some(3)),
            ("chrY", Some(4)),
            ("23", Some(1)),
            ("25", Some(1)),
            ("chr24", Some(4)),
            ("26", Some(2)),
            ("2", None),
            ("NC_000001.11", None),
            ("CM000663.2", None),
            ("NC_000023.11", None),
            ("NC_060925.1", None),
            ("NC_001807.4", None),
        ] {
            assert_eq!(names.resolve(spelling.as_bytes()), number, "{spelling}");
        }
    }

    #[test]
    fn the_assembly_is_that_of_the_accessions_if_it_has_another_name() {
        let names = ContigNames::new(["NC_000020.11"].into_iter(), "mine");
        assert_eq!(names.resolve(b"chr20"), Some(0));
        assert_eq!(names.resolve(b"NC_000020.10"), None);
        let expected = NameHint::OtherAssembly { chromosome: "20", assembly: Some("GRCh37") };
        assert_eq!(names.hint(b"NC_000020.10"), Some(expected));
        assert_eq!(names.hint(b"chr20"), None);
    }

    #[test]
    fn in_an_unknown_assembly_versions_and_codes_say_nothing() {
        let dog = ContigNames::new(["20", "23", "X", "MT"].into_iter(), "CanFam4");
        assert_eq!(dog.resolve(b"23"), Some(1));
        assert_eq!(dog.resolve(b"26"), None);
        assert_eq!(dog.resolve(b"NC_000020.11"), Some(0));
    }
}
