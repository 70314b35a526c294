//! Sequence Ontology terms, in VEP's order of severity
//! (<https://www.ensembl.org/info/genome/variation/prediction/predicted_data.html>).

/// How much a consequence matters, as VEP grades it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// VEP's and SnpEff's spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::High => "HIGH",
            Self::Moderate => "MODERATE",
            Self::Low => "LOW",
            Self::Modifier => "MODIFIER",
        }
    }
}

macro_rules! terms {
    ($($variant:ident $text:literal $impact:ident,)*) => {
        /// A consequence term. The order is severity.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Term { $(#[doc = concat!("`", $text, "`")] $variant,)* }

        impl Term {
            /// Every term, the most severe first.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The Sequence Ontology name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The impact.
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

/// A set of terms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TermSet(u64);

impl TermSet {
    /// No terms.
    pub const EMPTY: Self = Self(0);

    /// The set of one term.
    pub const fn of(term: Term) -> Self {
        Self(1 << term as u8)
    }

    /// Adds a term.
    #[inline]
    pub const fn insert(&mut self, term: Term) {
        self.0 |= 1 << term as u8;
    }

    /// Whether the term is in the set.
    #[inline]
    pub const fn contains(self, term: Term) -> bool {
        self.0 & (1 << term as u8) != 0
    }

    /// Whether any term of the other set is in this one.
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether there is no term.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The terms, the most severe first.
    pub fn iter(self) -> impl Iterator<Item = Term> {
        let mut bits = self.0;
        std::iter::from_fn(move || {
            let next = *Term::ALL.get(bits.trailing_zeros() as usize)?;
            bits &= bits - 1;
            Some(next)
        })
    }

    /// The most severe term.
    pub fn most_severe(self) -> Option<Term> {
        self.iter().next()
    }

    /// The greatest impact.
    pub fn impact(self) -> Impact {
        self.most_severe().map_or(Impact::Modifier, Term::impact)
    }

    /// Appends the terms, `&` between them.
    pub fn write(self, out: &mut Vec<u8>) {
        for (n, term) in self.iter().enumerate() {
            if n > 0 {
                out.push(b'&');
            }
            out.extend_from_slice(term.as_str().as_bytes());
        }
    }
}

impl FromIterator<Term> for TermSet {
    fn from_iter<I: IntoIterator<Item = Term>>(terms: I) -> Self {
        let mut set = Self::EMPTY;
        terms.into_iter().for_each(|term| set.insert(term));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_come_in_order_of_severity() {
        let set: TermSet = [Term::Intron, Term::SpliceDonor, Term::Missense].into_iter().collect();
        let mut text = Vec::new();
        set.write(&mut text);
        assert_eq!(text, b"splice_donor_variant&missense_variant&intron_variant");
        assert_eq!(set.impact(), Impact::High);
        assert!(Term::ALL.len() < 64);
    }
}
