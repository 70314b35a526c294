//! Consequence calls as `bcftools csq` names them.

/// A set of calls. The order of the bits is the order in which they are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Calls(u32);

macro_rules! calls {
    ($($name:ident $bit:literal $text:literal $term:ident,)*) => {
        impl Calls {
            $(pub(crate) const $name: Self = Self(1 << $bit);)*
        }

        /// Names in the order of their bits, each with the Sequence Ontology term it stands for.
        const NAMES: &[(Calls, &str, SoTerm)] = &[$((Calls::$name, $text, SoTerm::$term),)*];
    };
}

use crate::consequence::{SoTerm, SoTerms};

calls! {
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

impl Calls {
    pub(crate) const NONE: Self = Self(0);
    /// Written at another record, which is named: `@123`.
    pub(crate) const ELSEWHERE: Self = Self(1);
    /// Behind a new stop: `*` before the name.
    pub(crate) const BEHIND_STOP: Self = Self(1 << 19);
    /// The end of the CDS is not known, so that starts and stops in it are doubtful.
    pub(crate) const INCOMPLETE: Self = Self(1 << 20);
    /// Start and stop codons.
    pub(crate) const START_STOP: Self = Self::STOP_LOST
        .and(Self::STOP_GAINED)
        .and(Self::STOP_RETAINED)
        .and(Self::START_LOST)
        .and(Self::START_RETAINED);
    /// Calls that depend on the whole haplotype; all others belong to a record alone.
    pub(crate) const COMPOUND: Self = Self::START_STOP
        .and(Self::SYNONYMOUS)
        .and(Self::MISSENSE)
        .and(Self::INFRAME_DELETION)
        .and(Self::INFRAME_INSERTION)
        .and(Self::FRAMESHIFT)
        .and(Self::INFRAME_ALTERING)
        .and(Self::INCOMPLETE)
        .and(Self::BEHIND_STOP)
        .and(Self::ELONGATION)
        .and(Self::TRUNCATION);
    /// Calls that name no transcript.
    pub(crate) const OF_GENE: Self = Self::INTRON.and(Self::NON_CODING);
    /// With these the strand is written only where the change is.
    const WITHOUT_STRAND: Self = Self::SPLICE_ACCEPTOR
        .and(Self::SPLICE_DONOR)
        .and(Self::SPLICE_REGION)
        .and(Self::ELONGATION)
        .and(Self::TRUNCATION);

    /// The union.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The difference.
    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The intersection.
    pub(crate) const fn only(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    #[inline]
    pub(crate) const fn has(self, any: Self) -> bool {
        self.0 & any.0 != 0
    }

    pub(crate) const fn has_all(self, all: Self) -> bool {
        self.0 & all.0 == all.0
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    #[inline]
    pub(crate) fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    #[inline]
    pub(crate) fn remove(&mut self, other: Self) {
        self.0 &= !other.0;
    }

    /// What is left when calls that say less than others are taken out.
    pub(crate) fn reported(mut self) -> Self {
        let doubtful = Self::START_STOP.and(Self::INCOMPLETE);
        if self.has(Self::INCOMPLETE)
            && !self.without(doubtful).without(Self::BEHIND_STOP).is_empty()
        {
            self.remove(doubtful);
        }
        if self.has(Self::START_STOP) {
            self.remove(Self::MISSENSE);
        }
        self
    }

    /// Whether the strand is written although no change is.
    pub(crate) const fn names_strand(self) -> bool {
        self.has(Self::COMPOUND) && !self.has(Self::WITHOUT_STRAND)
    }

    /// Names, in order.
    pub(crate) fn names(self) -> impl Iterator<Item = &'static str> {
        NAMES.iter().filter(move |(call, _, _)| self.has(*call)).map(|(_, name, _)| *name)
    }

    /// The calls as terms, for the counts.
    pub(crate) fn terms(self) -> SoTerms {
        NAMES.iter().filter(|(call, _, _)| self.has(*call)).map(|(_, _, term)| *term).collect()
    }
}

/// The term that a name stands for.
pub(crate) fn term_named(name: &str) -> Option<SoTerm> {
    NAMES.iter().find(|(_, known, _)| *known == name).map(|(_, _, term)| *term)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_that_say_less_give_way() {
        let lost = Calls::STOP_LOST.and(Calls::INCOMPLETE);
        assert_eq!(lost.and(Calls::MISSENSE).reported(), Calls::MISSENSE);
        assert_eq!(lost.reported(), lost);
        assert_eq!(Calls::START_LOST.and(Calls::MISSENSE).reported(), Calls::START_LOST);
    }

    #[test]
    fn every_call_has_a_bit_of_its_own() {
        let mut all = Calls::NONE;
        for (call, name, _) in NAMES {
            assert!(!all.has(*call), "{name}");
            all.add(*call);
        }
        assert_eq!(all.names().count(), NAMES.len());
        assert!(!all.has(Calls::ELSEWHERE.and(Calls::BEHIND_STOP).and(Calls::INCOMPLETE)));
    }
}
