//! Criteria about the samples of a file: what a sample must have, and how a variant is inherited.

use super::{Genotype, Range, Zygosity};
use serde::{Deserialize, Serialize};

/// The most samples of a file that filters and rows have; those after them are in details and exports as VCF.
pub const MAX_INDEXED_SAMPLES: usize = 64;

/// What the call of one sample must have. Records in which the sample has no such number do not match, unless
/// [`or_missing`](Self::or_missing) is set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SampleFilter {
    /// The name of the sample, as in the header.
    pub sample: String,
    /// Any of these; none for all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub genotypes: Vec<Zygosity>,
    /// The least depth (FORMAT/DP).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub depth: Option<u32>,
    /// The least genotype quality (FORMAT/GQ, phred-scaled).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality: Option<u16>,
    /// The share of reads with an ALT allele (of FORMAT/AD), from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance: Option<Range>,
    /// Whether records match in which the sample has no depth, genotype quality or reads, as in files without them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub or_missing: bool,
}

impl SampleFilter {
    /// A sample with one of some genotypes.
    pub fn of(sample: &str, genotypes: &[Zygosity]) -> Self {
        Self { sample: sample.to_owned(), genotypes: genotypes.to_vec(), ..Self::default() }
    }
}

/// A child, its parents, and how a variant came to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inheritance {
    /// How.
    pub mode: InheritanceMode,
    /// The name of the affected child's sample.
    pub child: String,
    /// The name of the father's sample, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub father: Option<String>,
    /// The name of the mother's sample, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mother: Option<String>,
    /// The sex of the child.
    #[serde(default)]
    pub sex: Sex,
}

/// How a variant came to an affected child of healthy parents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InheritanceMode {
    /// The child has an ALT allele that neither parent has. Both parents must be called.
    DeNovo,
    /// All copies of the child have the ALT allele, and each parent one.
    Recessive,
    /// Two different ALT alleles in one gene, one of each parent. Which alleles are on different copies follows from
    /// the parents' genotypes or by phased genotypes (GT with `|`, in one phase set PS). Without parents and
    /// phase, any two count.
    CompoundHeterozygous,
    /// On X outside of the pseudoautosomal regions: all copies of the child have the ALT allele, the mother has one,
    /// and the father none (all copies of his, if the child is a girl).
    XLinked,
}

impl InheritanceMode {
    /// All modes.
    pub const ALL: [Self; 4] =
        [Self::DeNovo, Self::Recessive, Self::CompoundHeterozygous, Self::XLinked];

    /// The label on pages.
    pub const fn label(self) -> &'static str {
        match self {
            Self::DeNovo => "De novo",
            Self::Recessive => "Recessive",
            Self::CompoundHeterozygous => "Compound heterozygous",
            Self::XLinked => "X-linked",
        }
    }

    /// Whether an ALT allele of the child was inherited in this way, by the genotypes of one record; for
    /// [`CompoundHeterozygous`](Self::CompoundHeterozygous), whether it can be one of two.
    pub fn allows(self, call: &TrioCall<'_>, sex: Sex, allele: u16) -> bool {
        let TrioCall { child, father, mother } = *call;
        let parents = [father, mother];
        let all = |holds: &dyn Fn(&Genotype) -> bool| {
            parents.into_iter().flatten().all(|parent| parent.is_complete() && holds(parent))
        };
        match self {
            Self::DeNovo => {
                child.has(allele)
                    && parents.iter().all(Option::is_some)
                    && all(&|parent| !parent.has(allele))
            }
            Self::Recessive => {
                child.zygosity() == Zygosity::Homozygous
                    && child.is_only(allele)
                    && all(&|parent| parent.is_carrier(allele))
            }
            Self::CompoundHeterozygous => child.is_carrier(allele),
            Self::XLinked => {
                let of_father = |father: &Genotype| {
                    father.is_complete()
                        && match sex {
                            Sex::Female => father.is_only(allele),
                            Sex::Male | Sex::Unknown => !father.has(allele),
                        }
                };
                child.is_only(allele)
                    && mother.is_none_or(|mother| mother.is_complete() && mother.is_carrier(allele))
                    && father.is_none_or(of_father)
            }
        }
    }
}

/// The genotypes of a child and its parents in one record.
#[derive(Clone, Copy, Debug)]
pub struct TrioCall<'a> {
    /// The child's.
    pub child: &'a Genotype,
    /// The father's, if there is one.
    pub father: Option<&'a Genotype>,
    /// The mother's, if there is one.
    pub mother: Option<&'a Genotype>,
}

/// The parent who can have given an allele.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Only the father has it.
    Father,
    /// Only the mother has it.
    Mother,
    /// Both or none, or a parent is missing or not called.
    Unknown,
}

impl TrioCall<'_> {
    /// The parent who gave an allele to the child.
    pub fn origin(&self, allele: u16) -> Origin {
        match (self.father, self.mother) {
            (Some(father), Some(mother)) if father.is_complete() && mother.is_complete() => {
                match (father.has(allele), mother.has(allele)) {
                    (true, false) => Origin::Father,
                    (false, true) => Origin::Mother,
                    _ => Origin::Unknown,
                }
            }
            _ => Origin::Unknown,
        }
    }
}

/// The sex of a sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// Not stated.
    #[default]
    Unknown,
    /// Male.
    Male,
    /// Female.
    Female,
}

/// The call of a sample in a row of the table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SampleCall {
    /// GT, as in the file.
    pub genotype: String,
    /// FORMAT/DP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depth: Option<u32>,
    /// FORMAT/GQ, rounded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<u16>,
    /// The share of reads with an ALT allele (of FORMAT/AD), to four digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance: Option<f32>,
}

/// The pseudoautosomal regions of X, by the length of X in bases: first and last position. Empty for other
/// lengths, which are those of other species and assemblies.
///
/// Sources: Genome Reference Consortium (GRCh37, GRCh38), and `chm13v2.0_PAR.bed` of the T2T consortium.
pub const fn pseudoautosomal_regions(length: u64) -> &'static [(u32, u32)] {
    match length {
        155_270_560 => &[(60_001, 2_699_520), (154_931_044, 155_260_560)],
        156_040_895 => &[(10_001, 2_781_479), (155_701_383, 156_030_895)],
        154_259_566 => &[(1, 2_394_410), (153_925_835, 154_259_566)],
        _ => &[],
    }
}

/// The parts of X, given its length, that are not pseudoautosomal.
pub fn x_specific_regions(length: u64) -> Vec<(u32, u32)> {
    let mut start = 1;
    let mut regions = Vec::new();
    for (first, last) in pseudoautosomal_regions(length) {
        if *first > start {
            regions.push((start, first - 1));
        }
        start = last + 1;
    }
    regions.push((start, u32::MAX));
    regions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(mode: InheritanceMode, sex: Sex, calls: [&str; 3]) -> bool {
        let [child, father, mother] = calls.map(Genotype::parse);
        let call = TrioCall { child: &child, father: Some(&father), mother: Some(&mother) };
        child.alternatives().into_iter().any(|allele| mode.allows(&call, sex, allele))
    }

    #[test]
    fn an_allele_that_neither_parent_has_is_de_novo() {
        let de_novo = |calls| allows(InheritanceMode::DeNovo, Sex::Unknown, calls);
        assert!(de_novo(["0/1", "0/0", "0/0"]));
        // Another allele of the same site is no explanation.
        assert!(de_novo(["0/2", "0/1", "0/0"]));
        for calls in [
            ["0/1", "0/1", "0/0"],
            ["0/1", "./.", "0/0"],
            ["0/0", "0/0", "0/0"],
            ["./.", "0/0", "0/0"],
        ] {
            assert!(!de_novo(calls), "{calls:?}");
        }
        let child = Genotype::parse("0/1");
        let call = TrioCall { child: &child, father: None, mother: Some(&Genotype::parse("0/0")) };
        assert!(!InheritanceMode::DeNovo.allows(&call, Sex::Unknown, 1));
    }

    #[test]
    fn recessive_needs_two_carriers_and_x_linked_one() {
        let recessive = |calls| allows(InheritanceMode::Recessive, Sex::Unknown, calls);
        assert!(recessive(["1/1", "0/1", "1/0"]));
        assert!(!recessive(["1/1", "1/1", "0/1"]) && !recessive(["1/2", "0/1", "0/2"]));
        assert!(!recessive(["1", "0/1", "0/1"]) && !recessive(["1/1", "0/1", "./1"]));
        let linked = |sex, calls| allows(InheritanceMode::XLinked, sex, calls);
        assert!(linked(Sex::Male, ["1", "0", "0/1"]) && linked(Sex::Male, ["1/1", "0/0", "0/1"]));
        assert!(!linked(Sex::Male, ["1", "1", "0/1"]) && !linked(Sex::Male, ["0/1", "0", "0/1"]));
        assert!(linked(Sex::Female, ["1/1", "1", "0/1"]));
        assert!(!linked(Sex::Female, ["1/1", "0", "0/1"]));
    }

    #[test]
    fn pseudoautosomal_regions_are_not_specific_to_x() {
        let regions = x_specific_regions(156_040_895);
        let expected = [(1, 10_000), (2_781_480, 155_701_382), (156_030_896, u32::MAX)];
        assert_eq!(regions, expected);
        assert_eq!(
            x_specific_regions(154_259_566),
            [(2_394_411, 153_925_834), (154_259_567, u32::MAX)]
        );
        assert_eq!(x_specific_regions(5), [(1, u32::MAX)]);
    }
}
