//! Why a record, or a part of it, has no annotation: INFO/GAS_NOTE, and the counts of each reason.

/// Why a record, or a part of it, has no annotation. Every record either is annotated or has a reason, so
/// that an empty annotation is never mistaken for "no consequence"; only the haplotype mode writes
/// nothing for records outside all transcripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum AnnotationGap {
    /// The reference does not have the contig.
    OutsideReference,
    /// POS or the last base of REF is not on the contig of the reference. POS 0 and the position
    /// after the last base are telomeres (VCF 4.5, section 1.6.1).
    BeyondContig,
    /// REF differs from the reference.
    RefMismatch,
    /// No allele is a variant: ALT is `.`, `*`, a placeholder or equal to REF, or REF is `.`.
    NotAVariant,
    /// The haplotype mode does not annotate structural alleles of this kind.
    UnsupportedAllele,
    /// The annotations of the record are larger than the limit.
    TooManyConsequences,
    /// A genotype cannot be read, so its alleles are on no haplotype.
    InvalidGenotype,
    /// A genotype is not phased and is left out as requested, so its alleles are on no haplotype.
    UnphasedGenotype,
    /// The allele overlaps another one of its haplotype, and is left out of it.
    OverlappingAllele,
    /// The allele is in coding sequence, but on no haplotype of any sample.
    NoCarrier,
    /// A transcript or coding sequence of the gene models at this place is not in the reference, because it
    /// could not be modelled. The record is annotated with the others.
    LeftOutTranscript,
    /// A line of a variant list is no variant. It is counted, but there is no record that could have the note.
    UnreadableLine,
}

impl AnnotationGap {
    /// The INFO key.
    pub const KEY: &'static str = "GAS_NOTE";

    /// All reasons. Of several, a record is counted by the first one.
    pub const ALL: [Self; 12] = [
        Self::OutsideReference,
        Self::BeyondContig,
        Self::RefMismatch,
        Self::NotAVariant,
        Self::UnsupportedAllele,
        Self::TooManyConsequences,
        Self::InvalidGenotype,
        Self::UnphasedGenotype,
        Self::OverlappingAllele,
        Self::NoCarrier,
        Self::LeftOutTranscript,
        Self::UnreadableLine,
    ];

    /// The value of INFO/GAS_NOTE, and the key in `summary.json`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OutsideReference => "outside_reference",
            Self::BeyondContig => "beyond_contig",
            Self::RefMismatch => "ref_mismatch",
            Self::NotAVariant => "not_a_variant",
            Self::UnsupportedAllele => "unsupported_allele",
            Self::TooManyConsequences => "too_many_consequences",
            Self::InvalidGenotype => "invalid_genotype",
            Self::UnphasedGenotype => "unphased_genotype",
            Self::OverlappingAllele => "overlapping_allele",
            Self::NoCarrier => "no_carrier",
            Self::LeftOutTranscript => "left_out_transcript",
            Self::UnreadableLine => "unreadable_line",
        }
    }

    /// The predicate of "records …" in the count log and in warnings.
    pub const fn description(self) -> &'static str {
        match self {
            Self::OutsideReference => "are on contigs that the reference does not have",
            Self::BeyondContig => "are beyond the end of their contig in the reference",
            Self::RefMismatch => "have a REF that differs from the reference",
            Self::NotAVariant => "have no variant allele, or no REF",
            Self::UnsupportedAllele => "have structural alleles that --mode csq does not annotate",
            Self::TooManyConsequences => "have more consequences than the limit",
            Self::InvalidGenotype => "have genotypes that cannot be read",
            Self::UnphasedGenotype => "have unphased genotypes, which are left out as requested",
            Self::OverlappingAllele => "overlap another allele of their haplotype",
            Self::NoCarrier => "have alleles in coding sequence that no sample carries",
            Self::LeftOutTranscript => "are at transcripts that the reference leaves out",
            Self::UnreadableLine => "are lines of the list that are not variants",
        }
    }

    /// The header line that defines INFO/GAS_NOTE.
    pub fn definition() -> String {
        format!(
            "##INFO=<ID={},Number=.,Type=String,Description=\"Why the record or a part of it has no \
             annotation: outside_reference (the reference does not have the contig), beyond_contig (the \
             position is beyond the end of the contig), ref_mismatch (REF differs from the reference), \
             not_a_variant (no ALT is a variant, or REF is missing), unsupported_allele (--mode csq does \
             not annotate structural alleles of this kind), too_many_consequences (only the first ones \
             are written), invalid_genotype (a genotype cannot be read), unphased_genotype (a genotype is \
             left out because it is not phased), overlapping_allele (an allele overlaps another one of \
             its haplotype), no_carrier (no sample has the allele) or left_out_transcript (a transcript \
             here is not in the reference; the others are annotated)\">",
            Self::KEY
        )
    }
}

/// The reasons that apply to a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct AnnotationGaps(u16);

impl AnnotationGaps {
    /// Adds a reason.
    pub(crate) const fn insert(&mut self, gap: AnnotationGap) {
        self.0 |= 1 << gap as u8;
    }

    /// Whether there is no reason.
    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether a reason applies.
    pub(crate) const fn contains(self, gap: AnnotationGap) -> bool {
        self.0 & (1 << gap as u8) != 0
    }

    /// The reasons, in the order of [`AnnotationGap::ALL`].
    pub(crate) fn iter(self) -> impl Iterator<Item = AnnotationGap> {
        AnnotationGap::ALL.into_iter().filter(move |gap| self.contains(*gap))
    }

    /// Appends the INFO field. There must be a reason.
    #[cold]
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(AnnotationGap::KEY.as_bytes());
        for (n, gap) in self.iter().enumerate() {
            out.push(if n == 0 { b'=' } else { b',' });
            out.extend_from_slice(gap.as_str().as_bytes());
        }
    }
}

impl From<AnnotationGap> for AnnotationGaps {
    fn from(gap: AnnotationGap) -> Self {
        Self(1 << gap as u8)
    }
}
