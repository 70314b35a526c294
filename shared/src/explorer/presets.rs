//! Filters that users ask for most, ready to be chosen.

use super::{
    CLINVAR, CONSEQUENCE, ColumnSet, Filter, IMPACT, Inheritance, InheritanceMode, Range,
    SampleFilter, Sex,
};
use std::borrow::Cow;

/// A filter that is ready to be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Preset {
    /// Rare variants that change a protein.
    RareDamaging,
    /// Variants that probably end or shift a protein.
    LossOfFunction,
    /// What ClinVar calls pathogenic or likely pathogenic.
    ClinVarPathogenic,
    /// Rare variants that came to a child in some way.
    Inherited(InheritanceMode),
}

/// Who is who in a trio.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roles {
    /// The affected child's sample.
    pub child: String,
    /// The father's sample.
    pub father: Option<String>,
    /// The mother's sample.
    pub mother: Option<String>,
    /// The sex of the child.
    pub sex: Sex,
}

/// The greatest frequency of a rare variant. A variant without a frequency is rare.
const RARE: f32 = 0.01;

/// The least depth of a reliable call.
const RELIABLE_DEPTH: u32 = 10;

/// The least genotype quality of a reliable call: at most one of 100 is wrong.
const RELIABLE_QUALITY: u16 = 20;

/// The least share of reads with the ALT allele of a child with a de novo allele. Of a true heterozygous call, half of
/// the reads have it.
const DE_NOVO_BALANCE: f32 = 0.2;

/// The greatest share of reads with the ALT allele of a parent without it: sequencing errors.
const ABSENT_BALANCE: f32 = 0.05;

impl Preset {
    /// All presets, in the order of the menu.
    pub const ALL: [Self; 7] = [
        Self::RareDamaging,
        Self::LossOfFunction,
        Self::ClinVarPathogenic,
        Self::Inherited(InheritanceMode::DeNovo),
        Self::Inherited(InheritanceMode::Recessive),
        Self::Inherited(InheritanceMode::CompoundHeterozygous),
        Self::Inherited(InheritanceMode::XLinked),
    ];

    /// The label on pages.
    pub const fn label(self) -> &'static str {
        match self {
            Self::RareDamaging => "Rare and damaging",
            Self::LossOfFunction => "Loss of function",
            Self::ClinVarPathogenic => "ClinVar pathogenic",
            Self::Inherited(mode) => mode.label(),
        }
    }

    /// What the preset selects in a result with some columns: it names the source of the frequency, or says that the
    /// result has none.
    pub fn description(self, columns: &ColumnSet) -> Cow<'static, str> {
        let what = match self {
            Self::RareDamaging => "HIGH or MODERATE impact",
            Self::LossOfFunction => "stop gained, frameshift, splice donor or acceptor, start lost",
            Self::ClinVarPathogenic => return "pathogenic or likely pathogenic in ClinVar".into(),
            Self::Inherited(InheritanceMode::DeNovo) => {
                "an allele that neither parent has; reliable calls, and no reads of it in the parents"
            }
            Self::Inherited(InheritanceMode::Recessive) => {
                "two copies in the child, one in each parent; reliable calls"
            }
            Self::Inherited(InheritanceMode::CompoundHeterozygous) => {
                "two damaging alleles of one gene, one of each parent; reliable calls"
            }
            Self::Inherited(InheritanceMode::XLinked) => {
                "on X outside of the pseudoautosomal regions, from a carrier mother; reliable calls"
            }
        };
        match columns.population_frequency() {
            Some(column) => format!("{what}; {} at most 1% or unknown", column.label).into(),
            None => {
                format!("{what}; includes common variants, because these results have no population frequency")
                    .into()
            }
        }
    }

    /// The filter for a result with some columns. `None` if the preset needs a trio that is not given, or a parent that
    /// is missing. Without a population frequency, no variant is known to be rare or common, so the filter does not ask.
    pub fn filter(self, roles: Option<&Roles>, columns: &ColumnSet) -> Option<Filter> {
        let rare = Range { max: Some(RARE), or_missing: true, ..Range::default() };
        let rare = || match columns.population_frequency() {
            Some(column) => Filter::of_range(column, rare),
            None => Filter::default(),
        };
        Some(match self {
            Self::RareDamaging => rare().with_values(&IMPACT, &["high", "moderate"]),
            Self::LossOfFunction => rare().with_values(
                &CONSEQUENCE,
                &[
                    "transcript_ablation",
                    "splice_acceptor_variant",
                    "splice_donor_variant",
                    "stop_gained",
                    "frameshift_variant",
                    "start_lost",
                ],
            ),
            Self::ClinVarPathogenic => {
                Filter::of_values(&CLINVAR, &["pathogenic", "likely_pathogenic"])
            }
            Self::Inherited(mode) => {
                let roles = roles.filter(|roles| !roles.child.is_empty())?;
                if mode == InheritanceMode::DeNovo
                    && (roles.father.is_none() || roles.mother.is_none())
                {
                    return None;
                }
                let filter = match mode {
                    // Pairs of harmless variants are in every gene.
                    InheritanceMode::CompoundHeterozygous => {
                        rare().with_values(&IMPACT, &["high", "moderate"])
                    }
                    _ => rare(),
                };
                let samples = reliable_calls(roles, mode);
                let Roles { child, father, mother, sex } = roles.clone();
                Filter {
                    samples,
                    inheritance: Some(Inheritance { mode, child, father, mother, sex }),
                    ..filter
                }
            }
        })
    }
}

/// That the calls of a family are reliable, as far as the file says something about that. A wrong call of a parent
/// looks like a de novo allele of the child, so of these the reads are checked, too.
fn reliable_calls(roles: &Roles, mode: InheritanceMode) -> Vec<SampleFilter> {
    let reliable = |sample: &String, balance: Range| SampleFilter {
        depth: Some(RELIABLE_DEPTH),
        quality: Some(RELIABLE_QUALITY),
        balance: Some(balance).filter(|_| mode == InheritanceMode::DeNovo),
        or_missing: true,
        ..SampleFilter::of(sample, &[])
    };
    let child = Range { min: Some(DE_NOVO_BALANCE), ..Range::default() };
    let parent = Range { max: Some(ABSENT_BALANCE), ..Range::default() };
    let parents = [&roles.father, &roles.mother].into_iter().flatten();
    let parents = parents.map(|name| reliable(name, parent));
    [reliable(&roles.child, child)].into_iter().chain(parents).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explorer::url::{read_filter, write_filter};
    use crate::source::{SourceColumn, SourceColumnKind};

    #[test]
    fn presets_survive_their_address_and_need_their_roles() {
        let roles = Roles {
            child: "a".to_owned(),
            father: Some("b".to_owned()),
            mother: Some("c".to_owned()),
            sex: Sex::Male,
        };
        let columns = ColumnSet::with_mixed_frequency();
        for preset in Preset::ALL {
            let filter = preset.filter(Some(&roles), &columns).unwrap();
            assert!(!filter.is_empty());
            assert_eq!(read_filter(&write_filter(&filter)).unwrap(), filter, "{preset:?}");
            let is_inherited = matches!(preset, Preset::Inherited(_));
            assert_eq!(preset.filter(None, &columns).is_none(), is_inherited, "{preset:?}");
        }
        let single = Roles { father: None, ..roles };
        let without_father =
            |mode| Preset::Inherited(mode).filter(Some(&single), &columns).is_some();
        assert!(!without_father(InheritanceMode::DeNovo));
        assert!(without_father(InheritanceMode::CompoundHeterozygous));
    }

    #[test]
    fn presets_ask_for_the_population_frequency_of_the_result_or_say_that_it_has_none() {
        let of_source = SourceColumn {
            name: "gnomADe_AF".to_owned(),
            source: "gnomAD exomes 4.1".to_owned(),
            kind: SourceColumnKind::Float,
            description: String::new(),
        };
        let columns = ColumnSet::of([of_source]);
        let rare = Preset::RareDamaging.filter(None, &columns).unwrap();
        assert!(rare.ranges.iter().map(|(name, _)| &**name).eq(["gnomADe_AF"]));
        let description = Preset::RareDamaging.description(&columns);
        assert!(description.contains("AF (gnomAD exomes 4.1) at most 1%"), "{description}");
        let without = ColumnSet::default();
        assert!(Preset::RareDamaging.filter(None, &without).unwrap().ranges.is_empty());
        let description = Preset::LossOfFunction.description(&without);
        assert!(description.contains("no population frequency"), "{description}");
    }
}
