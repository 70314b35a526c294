//! Genotypes of samples: the alleles of a call, and what they say about the ALT alleles of a record.

use serde::{Deserialize, Serialize};
use strum::{Display, EnumString};

/// What a genotype says about the ALT alleles of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Display, EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Zygosity {
    /// All alleles are REF.
    Reference,
    /// An ALT allele, and another or an unknown one.
    Heterozygous,
    /// Two or more copies of one ALT allele, and no other.
    Homozygous,
    /// One ALT allele of a haploid call, as on X of a male.
    Hemizygous,
    /// No ALT allele, and not all alleles are known.
    Missing,
}

impl Zygosity {
    /// All, in the order of forms.
    pub const ALL: [Self; 5] =
        [Self::Heterozygous, Self::Homozygous, Self::Hemizygous, Self::Reference, Self::Missing];

    /// The label on pages.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Heterozygous => "heterozygous",
            Self::Homozygous => "homozygous",
            Self::Hemizygous => "hemizygous",
            Self::Missing => "not called",
        }
    }
}

/// The alleles of a call, as the FORMAT field GT states them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Genotype {
    /// By copy of the chromosome: the number of the allele, 0 for REF; `None` if it is not called.
    alleles: Vec<Option<u16>>,
    /// Whether it is known which copy has which allele.
    phased: bool,
}

impl Genotype {
    /// Reads GT (VCF 4.5, section 1.6.2), such as `0/1`, `1|0`, `1` or `./.`. Any other text is a call
    /// without alleles.
    pub fn parse(text: &str) -> Self {
        // VCF 4.4 allows a separator before the first allele.
        let calls = text.strip_prefix(['/', '|']).unwrap_or(text);
        let alleles = calls.split(['/', '|']).map(|allele| match allele {
            "." => Some(None),
            number => number.parse().ok().map(Some),
        });
        match alleles.collect::<Option<Vec<_>>>() {
            Some(alleles) => Self { phased: text.contains('|') && !text.contains('/'), alleles },
            None => Self::default(),
        }
    }

    /// Whether a copy has an allele.
    pub fn has(&self, allele: u16) -> bool {
        self.alleles.contains(&Some(allele))
    }

    /// The ALT alleles, each once.
    pub fn alternatives(&self) -> Vec<u16> {
        let mut found: Vec<u16> =
            self.alleles.iter().flatten().copied().filter(|a| *a > 0).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether every copy is called.
    pub fn is_complete(&self) -> bool {
        !self.alleles.is_empty() && self.alleles.iter().all(Option::is_some)
    }

    /// Whether every copy has this allele.
    pub fn is_only(&self, allele: u16) -> bool {
        !self.alleles.is_empty() && self.alleles.iter().all(|known| *known == Some(allele))
    }

    /// Whether one of two copies has this allele, and the other a different one.
    pub fn is_carrier(&self, allele: u16) -> bool {
        self.has(allele) && !self.is_only(allele)
    }

    /// The copy that has an allele, if the call is phased, diploid, and only one has it.
    pub fn copy_of(&self, allele: u16) -> Option<usize> {
        let is = |copy: usize| self.alleles.get(copy) == Some(&Some(allele));
        match (self.phased && self.alleles.len() == 2, is(0), is(1)) {
            (true, true, false) => Some(0),
            (true, false, true) => Some(1),
            _ => None,
        }
    }

    /// What the call says about the ALT alleles.
    pub fn zygosity(&self) -> Zygosity {
        match self.alternatives()[..] {
            [] if self.is_complete() => Zygosity::Reference,
            [] => Zygosity::Missing,
            [alt] if self.is_only(alt) && self.alleles.len() == 1 => Zygosity::Hemizygous,
            [alt] if self.is_only(alt) => Zygosity::Homozygous,
            _ => Zygosity::Heterozygous,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn genotypes_have_the_zygosity_of_their_alleles() {
        use Zygosity::{Hemizygous, Heterozygous, Homozygous, Missing, Reference};
        for (text, zygosity) in [
            ("0/0", Reference),
            ("0", Reference),
            ("0|1", Heterozygous),
            ("1/2", Heterozygous),
            ("./1", Heterozygous),
            ("0/0/1", Heterozygous),
            ("1/1", Homozygous),
            ("2|2", Homozygous),
            ("1", Hemizygous),
            ("|1", Hemizygous),
            ("./.", Missing),
            ("./0", Missing),
            (".", Missing),
            ("", Missing),
            ("other", Missing),
            ("0/x", Missing),
        ] {
            assert_eq!(Genotype::parse(text).zygosity(), zygosity, "{text}");
            assert_eq!(zygosity.to_string().parse(), Ok(zygosity));
        }
    }

    #[test]
    fn phased_calls_know_the_copy_of_an_allele() {
        let copy = |text: &str| Genotype::parse(text).copy_of(1);
        assert_eq!([copy("1|0"), copy("0|1"), copy("2|1")], [Some(0), Some(1), Some(1)]);
        assert_eq!([copy("1/0"), copy("1|1"), copy("1"), copy("0|0")], [None; 4]);
        assert!(Genotype::parse("0/1").is_carrier(1) && !Genotype::parse("1/1").is_carrier(1));
        assert_eq!(Genotype::parse("2/1/2").alternatives(), [1, 2]);
    }
}
