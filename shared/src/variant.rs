//! Vocabularies for variants: impacts, allele types and Sequence Ontology terms. The engine writes
//! them, the explorer filters by them, and the pages show them.

use crate::vcf::AltKind;
use serde::{Deserialize, Serialize};

/// The impact of a consequence, as VEP and SnpEff rate it. Ordered by severity, the highest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Impact {
    /// Probably disrupts the protein.
    High,
    /// May change the protein's effectiveness.
    Moderate,
    /// Probably harmless.
    Low,
    /// Non-coding, or without evidence of an impact.
    Modifier,
}

impl Impact {
    /// All impacts, the highest first.
    pub const ALL: [Self; 4] = [Self::High, Self::Moderate, Self::Low, Self::Modifier];

    /// The spelling of VEP and SnpEff.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::High => "HIGH",
            Self::Moderate => "MODERATE",
            Self::Low => "LOW",
            Self::Modifier => "MODIFIER",
        }
    }

    /// Parses the spelling of VEP and SnpEff.
    pub fn parse(text: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|impact| impact.as_str().as_bytes() == text)
    }
}

/// The type of an alternate allele, as `summary.json` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VariantType {
    /// One base replaced by another.
    Snv,
    /// Bases inserted.
    Insertion,
    /// Bases deleted.
    Deletion,
    /// Several bases replaced by the same number of bases.
    Mnv,
    /// A complex change: bases replaced by a different number of bases.
    Indel,
    /// Symbolic alleles and breakends.
    Structural,
    /// Alleles that are no variants: `*`, `.`, `<NON_REF>` and the like, and REF again.
    Other,
}

impl VariantType {
    /// All types.
    pub const ALL: [Self; 7] = [
        Self::Snv,
        Self::Insertion,
        Self::Deletion,
        Self::Mnv,
        Self::Indel,
        Self::Structural,
        Self::Other,
    ];

    /// The stable spelling.
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

    /// The type of one alternate allele of a record (not of the comma-separated list).
    pub fn of(reference: &[u8], alt: &[u8]) -> Self {
        match AltKind::of(alt) {
            Some(AltKind::Symbolic | AltKind::Breakend) => Self::Structural,
            Some(kind @ AltKind::Sequence) if kind.is_variant(reference, alt) => {
                Self::of_sequences(reference, alt)
            }
            _ => Self::Other,
        }
    }

    /// The type of an alternate allele that is known to be a sequence, however it is padded.
    pub fn of_sequences(reference: &[u8], alt: &[u8]) -> Self {
        let (_, reference, alt) = without_shared_ends(reference, alt);
        match (reference.len(), alt.len()) {
            (0, 0) => Self::Other,
            (0, _) => Self::Insertion,
            (_, 0) => Self::Deletion,
            (1, 1) => Self::Snv,
            (a, b) if a == b => Self::Mnv,
            _ => Self::Indel,
        }
    }
}

/// REF and ALT without the bases that they share at their ends, in either case, and the number of
/// bases removed at the start. The shared end is removed before the shared start, so that an
/// insertion or deletion is placed to the left.
#[inline]
pub fn without_shared_ends<'a>(reference: &'a [u8], alt: &'a [u8]) -> (usize, &'a [u8], &'a [u8]) {
    let same = |(a, b): &(&u8, &u8)| a.eq_ignore_ascii_case(b);
    // Most alleles are substitutions of one base.
    if let ([a], [b]) = (reference, alt)
        && !same(&(a, b))
    {
        return (0, reference, alt);
    }
    let tail = reference.iter().rev().zip(alt.iter().rev()).take_while(same).count();
    let (reference, alt) = (&reference[..reference.len() - tail], &alt[..alt.len() - tail]);
    let head = reference.iter().zip(alt).take_while(same).count();
    (head, &reference[head..], &alt[head..])
}

/// The class of a single-base substitution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Substitution {
    /// A<->G or C<->T.
    Transition,
    /// Any other substitution.
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

macro_rules! terms {
    ($($variant:ident $text:literal $impact:ident,)*) => {
        /// A Sequence Ontology term of a consequence, with VEP's impact. Ordered by severity, the most
        /// severe first
        /// (<https://www.ensembl.org/info/genome/variation/prediction/predicted_data.html>).
        /// The gene fusions, which VEP does not have, have SnpEff's impact.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum SoTerm { $(#[doc = concat!("`", $text, "`")] $variant,)* }

        impl SoTerm {
            /// All terms, the most severe first.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in the Sequence Ontology.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// VEP's impact of the term.
            pub const fn impact(self) -> Impact {
                match self { $(Self::$variant => Impact::$impact,)* }
            }
        }
    };
}

terms! {
    TranscriptAblation "transcript_ablation" High,
    SpliceAcceptor "splice_acceptor_variant" High,
    SpliceDonor "splice_donor_variant" High,
    StopGained "stop_gained" High,
    Frameshift "frameshift_variant" High,
    StopLost "stop_lost" High,
    StartLost "start_lost" High,
    TranscriptAmplification "transcript_amplification" High,
    FeatureElongation "feature_elongation" High,
    FeatureTruncation "feature_truncation" High,
    GeneFusion "gene_fusion" High,
    BidirectionalGeneFusion "bidirectional_gene_fusion" High,
    InframeInsertion "inframe_insertion" Moderate,
    InframeDeletion "inframe_deletion" Moderate,
    Missense "missense_variant" Moderate,
    ProteinAltering "protein_altering_variant" Moderate,
    SpliceDonor5thBase "splice_donor_5th_base_variant" Low,
    SpliceRegion "splice_region_variant" Low,
    SpliceDonorRegion "splice_donor_region_variant" Low,
    SplicePolypyrimidine "splice_polypyrimidine_tract_variant" Low,
    IncompleteTerminalCodon "incomplete_terminal_codon_variant" Low,
    StartRetained "start_retained_variant" Low,
    StopRetained "stop_retained_variant" Low,
    Synonymous "synonymous_variant" Low,
    CodingSequence "coding_sequence_variant" Modifier,
    MatureMirna "mature_miRNA_variant" Modifier,
    FivePrimeUtr "5_prime_UTR_variant" Modifier,
    ThreePrimeUtr "3_prime_UTR_variant" Modifier,
    NonCodingExon "non_coding_transcript_exon_variant" Modifier,
    Intron "intron_variant" Modifier,
    NmdTranscript "NMD_transcript_variant" Modifier,
    NonCodingTranscript "non_coding_transcript_variant" Modifier,
    CodingTranscript "coding_transcript_variant" Modifier,
    Upstream "upstream_gene_variant" Modifier,
    Downstream "downstream_gene_variant" Modifier,
    Intergenic "intergenic_variant" Modifier,
    Sequence "sequence_variant" Modifier,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allele_types_are_distinguished() {
        for (reference, alt, kind) in [
            ("A", "G", VariantType::Snv),
            ("A", "AG", VariantType::Insertion),
            ("AG", "A", VariantType::Deletion),
            ("AG", "CT", VariantType::Mnv),
            ("AG", "CTT", VariantType::Indel),
            ("GCT", "GAT", VariantType::Snv),
            ("TAG", "TCT", VariantType::Mnv),
            ("CAA", "CAAA", VariantType::Insertion),
            ("cTA", "TA", VariantType::Deletion),
            ("AG", "ag", VariantType::Other),
            ("A", "<DEL>", VariantType::Structural),
            ("A", "A]2:7]", VariantType::Structural),
            ("A", "*", VariantType::Other),
            ("A", "<NON_REF>", VariantType::Other),
            ("AC", "ac", VariantType::Other),
            (".", "A", VariantType::Other),
        ] {
            assert_eq!(VariantType::of(reference.as_bytes(), alt.as_bytes()), kind, "{alt}");
        }
        assert_eq!(Substitution::of(b'a', b'G'), Substitution::Transition);
        assert_eq!(Substitution::of(b'A', b'C'), Substitution::Transversion);
    }

    #[test]
    fn consequences_are_ordered_by_impact() {
        assert!(SoTerm::ALL.is_sorted_by_key(|term| term.impact()));
    }
}
