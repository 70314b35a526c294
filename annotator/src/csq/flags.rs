//! Sets of consequences, named and combined as `bcftools csq` does.

use crate::consequence::{SoTerm, SoTerms};
use bitflags::bitflags;

macro_rules! consequences {
    ($($name:ident $bit:literal $text:literal $term:ident,)*) => {
        bitflags! {
            /// A set of consequences. They are written in the order of their bits.
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
            pub(crate) struct ConsequenceFlags: u32 {
                /// The consequence is reported at another record (`@123`).
                const ELSEWHERE = 1;
                /// The consequence is downstream of a new stop codon; its name gets a `*` prefix.
                const AFTER_STOP = 1 << 19;
                $(const $name = 1 << $bit;)*
            }
        }

        /// The consequences with a name, in the order of their bits, and their Sequence Ontology
        /// terms.
        const NAMES: &[(ConsequenceFlags, &str, SoTerm)] =
            &[$((ConsequenceFlags::$name, $text, SoTerm::$term),)*];

        /// The names by bit.
        const NAME_OF_BIT: [Option<&str>; 32] = {
            let mut names = [None; 32];
            $(names[$bit] = Some($text);)*
            names
        };

        /// The Sequence Ontology terms by bit.
        const TERMS_OF_BIT: [SoTerms; 32] = {
            let mut terms = [SoTerms::EMPTY; 32];
            $(terms[$bit] = SoTerms::of(SoTerm::$term);)*
            terms
        };
    };
}

consequences! {
    SYNONYMOUS 1 "synonymous" Synonymous,
    MISSENSE 2 "missense" Missense,
    STOP_LOST 3 "stop_lost" StopLost,
    STOP_GAINED 4 "stop_gained" StopGained,
    INFRAME_DELETION 5 "inframe_deletion" InframeDeletion,
    INFRAME_INSERTION 6 "inframe_insertion" InframeInsertion,
    FRAMESHIFT 7 "frameshift" Frameshift,
    SPLICE_ACCEPTOR 8 "splice_acceptor" SpliceAcceptor,
    SPLICE_DONOR 9 "splice_donor" SpliceDonor,
    START_LOST 10 "start_lost" StartLost,
    SPLICE_REGION 11 "splice_region" SpliceRegion,
    STOP_RETAINED 12 "stop_retained" StopRetained,
    UTR5 13 "5_prime_utr" FivePrimeUtr,
    UTR3 14 "3_prime_utr" ThreePrimeUtr,
    NON_CODING 15 "non_coding" NonCodingTranscript,
    INTRON 16 "intron" Intron,
    INFRAME_ALTERING 18 "inframe_altering" ProteinAltering,
    CODING_SEQUENCE 21 "coding_sequence" CodingSequence,
    ELONGATION 22 "feature_elongation" FeatureElongation,
    TRUNCATION 23 "feature_truncation" FeatureTruncation,
    START_RETAINED 24 "start_retained" StartRetained,
}

impl ConsequenceFlags {
    /// Consequences on start and stop codons.
    pub(crate) const START_STOP: Self = Self::STOP_LOST
        .union(Self::STOP_GAINED)
        .union(Self::STOP_RETAINED)
        .union(Self::START_LOST)
        .union(Self::START_RETAINED);
    /// Consequences on the start and stop codons of the gene model.
    pub(crate) const MODEL_CODONS: Self = Self::START_STOP.difference(Self::STOP_GAINED);
    /// Consequences that depend on the whole haplotype; all others depend on a single record.
    pub(crate) const COMPOUND: Self = Self::START_STOP
        .union(Self::SYNONYMOUS)
        .union(Self::MISSENSE)
        .union(Self::INFRAME_DELETION)
        .union(Self::INFRAME_INSERTION)
        .union(Self::FRAMESHIFT)
        .union(Self::INFRAME_ALTERING)
        .union(Self::AFTER_STOP)
        .union(Self::ELONGATION)
        .union(Self::TRUNCATION);
    /// Consequences that are reported for the gene, without a transcript.
    pub(crate) const GENE_LEVEL: Self = Self::INTRON.union(Self::NON_CODING);
    /// Consequences after which the strand is written only if a change follows.
    const WITHOUT_STRAND: Self = Self::SPLICE_ACCEPTOR
        .union(Self::SPLICE_DONOR)
        .union(Self::SPLICE_REGION)
        .union(Self::ELONGATION)
        .union(Self::TRUNCATION);

    /// The set without the consequences that a more specific one makes redundant.
    pub(crate) fn without_redundant(mut self) -> Self {
        if self.intersects(Self::STOP_LOST | Self::STOP_GAINED | Self::START_LOST) {
            self.remove(Self::MISSENSE);
        }
        self
    }

    /// Whether the strand is written even if no change follows.
    pub(crate) const fn names_strand(self) -> bool {
        self.intersects(Self::COMPOUND) && !self.intersects(Self::WITHOUT_STRAND)
    }

    /// The names of the consequences, in order.
    pub(crate) fn names(self) -> impl Iterator<Item = &'static str> {
        self.set_bits().filter_map(|bit| NAME_OF_BIT[bit])
    }

    /// The consequences as Sequence Ontology terms, for the counts.
    pub(crate) fn terms(self) -> SoTerms {
        self.set_bits().fold(SoTerms::EMPTY, |all, bit| all.union(TERMS_OF_BIT[bit]))
    }

    /// The numbers of the bits, in order.
    fn set_bits(self) -> impl Iterator<Item = usize> {
        let mut bits = self.bits();
        std::iter::from_fn(move || {
            let bit = (bits != 0).then(|| bits.trailing_zeros() as usize)?;
            bits &= bits - 1;
            Some(bit)
        })
    }
}

/// The Sequence Ontology term of a consequence's name.
pub(crate) fn term_named(name: &str) -> Option<SoTerm> {
    NAMES.iter().find(|(_, known, _)| *known == name).map(|(_, _, term)| *term)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_more_specific_consequence_replaces_a_less_specific_one() {
        let missense = ConsequenceFlags::MISSENSE;
        let start_lost = ConsequenceFlags::START_LOST;
        assert_eq!((start_lost | missense).without_redundant(), start_lost);
    }

    #[test]
    fn every_consequence_has_its_own_bit() {
        let mut all = ConsequenceFlags::empty();
        for (flag, name, _) in NAMES {
            assert!(!all.intersects(*flag), "{name}");
            all.insert(*flag);
        }
        assert_eq!(all.names().count(), NAMES.len());
        let unnamed = ConsequenceFlags::ELSEWHERE | ConsequenceFlags::AFTER_STOP;
        assert!(!all.intersects(unnamed));
    }
}
