//! The closed vocabularies: impacts, kinds of variants, Sequence Ontology terms.

use crate::vcf::AltKind;
use serde::{Deserialize, Serialize};

/// How much a consequence matters, as VEP and SnpEff grade it. The order is severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Impact {
    /// Probably disruptive.
    High,
    /// Perhaps changes effectiveness.
    Moderate,
    /// Mostly harmless.
    Low,
    /// Non-coding, or no evidence.
    Modifier,
}

impl Impact {
    /// Every impact, the greatest first.
    pub const ALL: [Self; 4] = [Self::High, Self::Moderate, Self::Low, Self::Modifier];

    /// VEP's and SnpEff's spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::High => "HIGH",
            Self::Moderate => "MODERATE",
            Self::Low => "LOW",
            Self::Modifier => "MODIFIER",
        }
    }

    /// Reads VEP's and SnpEff's spelling.
    pub fn parse(text: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|impact| impact.as_str().as_bytes() == text)
    }
}

/// The kind of an alternative allele, in the words of `summary.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VariantType {
    /// One base for another.
    Snv,
    /// Bases inserted.
    Insertion,
    /// Bases deleted.
    Deletion,
    /// As many bases for others.
    Mnv,
    /// A complex change: bases replaced by more or fewer.
    Indel,
    /// Symbolic alleles and breakends.
    Structural,
    /// `*` and `.`
    Other,
}

impl VariantType {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Snv,
        Self::Insertion,
        Self::Deletion,
        Self::Mnv,
        Self::Indel,
        Self::Structural,
        Self::Other,
    ];

    /// A stable spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Snv => "snv",
            Self::Insertion => "insertion",
            Self::Deletion => "deletion",
            Self::Mnv => "mnv",
            Self::Indel => "indel",
            Self::Structural => "structural",
            Self::Other => "other",
        }
    }

    /// The kind of one alternative (not the comma-separated list) of a record.
    pub fn of(reference: &[u8], alt: &[u8]) -> Self {
        match AltKind::of(alt) {
            Some(AltKind::Symbolic | AltKind::Breakend) => return Self::Structural,
            Some(AltKind::Sequence) if reference != b"." => {}
            _ => return Self::Other,
        }
        match (reference.len(), alt.len()) {
            (1, 1) => Self::Snv,
            (a, b) if a == b => Self::Mnv,
            (a, b) if b > a && alt.starts_with(reference) => Self::Insertion,
            (a, b) if a > b && reference.starts_with(alt) => Self::Deletion,
            _ => Self::Indel,
        }
    }
}

/// The two classes of single-base substitutions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Substitution {
    /// A<->G or C<->T.
    Transition,
    /// Any other.
    Transversion,
}

impl Substitution {
    /// The class of an SNV.
    pub fn of(reference: u8, alt: u8) -> Self {
        match &[reference.to_ascii_uppercase(), alt.to_ascii_uppercase()] {
            b"AG" | b"GA" | b"CT" | b"TC" => Self::Transition,
            _ => Self::Transversion,
        }
    }
}

/// Sequence Ontology terms, the most severe first, with VEP's impact
/// (<https://www.ensembl.org/info/genome/variation/prediction/predicted_data.html>).
pub const CONSEQUENCES: [(&str, Impact); 35] = [
    ("transcript_ablation", Impact::High),
    ("splice_acceptor_variant", Impact::High),
    ("splice_donor_variant", Impact::High),
    ("stop_gained", Impact::High),
    ("frameshift_variant", Impact::High),
    ("stop_lost", Impact::High),
    ("start_lost", Impact::High),
    ("transcript_amplification", Impact::High),
    ("feature_elongation", Impact::High),
    ("feature_truncation", Impact::High),
    ("inframe_insertion", Impact::Moderate),
    ("inframe_deletion", Impact::Moderate),
    ("missense_variant", Impact::Moderate),
    ("protein_altering_variant", Impact::Moderate),
    ("splice_donor_5th_base_variant", Impact::Low),
    ("splice_region_variant", Impact::Low),
    ("splice_donor_region_variant", Impact::Low),
    ("splice_polypyrimidine_tract_variant", Impact::Low),
    ("incomplete_terminal_codon_variant", Impact::Low),
    ("start_retained_variant", Impact::Low),
    ("stop_retained_variant", Impact::Low),
    ("synonymous_variant", Impact::Low),
    ("coding_sequence_variant", Impact::Modifier),
    ("mature_miRNA_variant", Impact::Modifier),
    ("5_prime_UTR_variant", Impact::Modifier),
    ("3_prime_UTR_variant", Impact::Modifier),
    ("non_coding_transcript_exon_variant", Impact::Modifier),
    ("intron_variant", Impact::Modifier),
    ("NMD_transcript_variant", Impact::Modifier),
    ("non_coding_transcript_variant", Impact::Modifier),
    ("coding_transcript_variant", Impact::Modifier),
    ("upstream_gene_variant", Impact::Modifier),
    ("downstream_gene_variant", Impact::Modifier),
    ("intergenic_variant", Impact::Modifier),
    ("sequence_variant", Impact::Modifier),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_alleles_are_told_apart() {
        for (reference, alt, kind) in [
            ("A", "G", VariantType::Snv),
            ("A", "AG", VariantType::Insertion),
            ("AG", "A", VariantType::Deletion),
            ("AG", "CT", VariantType::Mnv),
            ("AG", "CTT", VariantType::Indel),
            ("A", "<DEL>", VariantType::Structural),
            ("A", "A]2:7]", VariantType::Structural),
            ("A", "*", VariantType::Other),
            (".", "A", VariantType::Other),
        ] {
            assert_eq!(VariantType::of(reference.as_bytes(), alt.as_bytes()), kind, "{alt}");
        }
        assert_eq!(Substitution::of(b'a', b'G'), Substitution::Transition);
        assert_eq!(Substitution::of(b'A', b'C'), Substitution::Transversion);
    }

    #[test]
    fn consequences_are_ordered_by_impact() {
        assert!(CONSEQUENCES.is_sorted_by_key(|(_, impact)| *impact));
    }
}
