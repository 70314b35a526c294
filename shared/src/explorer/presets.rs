//! Filters that users ask for most, ready to be chosen.

use super::{
    CLINVAR, CONSEQUENCE, FREQUENCY, Filter, IMPACT, Inheritance, InheritanceMode, Range, Sex,
};

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

    /// What the preset selects.
    pub const fn description(self) -> &'static str {
        match self {
            Self::RareDamaging => "HIGH or MODERATE impact, frequency at most 1% or unknown",
            Self::LossOfFunction => {
                "stop gained, frameshift, splice donor or acceptor, start lost; at most 1% or unknown"
            }
            Self::ClinVarPathogenic => "pathogenic or likely pathogenic in ClinVar",
            Self::Inherited(InheritanceMode::DeNovo) => "an allele that neither parent has",
            Self::Inherited(InheritanceMode::Recessive) => {
                "two copies in the child, one in each parent"
            }
            Self::Inherited(InheritanceMode::CompoundHeterozygous) => {
                "two damaging alleles of one gene, one of each parent"
            }
            Self::Inherited(InheritanceMode::XLinked) => {
                "on X outside of the pseudoautosomal regions, from a carrier mother"
            }
        }
    }

    /// The filter. `None` if the preset needs a trio that is not given, or a parent that is missing.
    pub fn filter(self, roles: Option<&Roles>) -> Option<Filter> {
        let rare = Range { max: Some(RARE), or_missing: true, ..Range::default() };
        let rare = || Filter::of_range(&FREQUENCY, rare);
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
                let Roles { child, father, mother, sex } = roles.clone();
                Filter {
                    inheritance: Some(Inheritance { mode, child, father, mother, sex }),
                    ..filter
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explorer::url::{read_filter, write_filter};

    #[test]
    fn presets_survive_their_address_and_need_their_roles() {
        let roles = Roles {
            child: "a".to_owned(),
            father: Some("b".to_owned()),
            mother: Some("c".to_owned()),
            sex: Sex::Male,
        };
        for preset in Preset::ALL {
            let filter = preset.filter(Some(&roles)).unwrap();
            assert!(!filter.is_empty());
            assert_eq!(read_filter(&write_filter(&filter)).unwrap(), filter, "{preset:?}");
            let is_inherited = matches!(preset, Preset::Inherited(_));
            assert_eq!(preset.filter(None).is_none(), is_inherited, "{preset:?}");
        }
        let single = Roles { father: None, ..roles };
        let without_father = |mode| Preset::Inherited(mode).filter(Some(&single)).is_some();
        assert!(!without_father(InheritanceMode::DeNovo));
        assert!(without_father(InheritanceMode::CompoundHeterozygous));
    }
}
