//! Why a record has no annotation: INFO/GAS_NOTE, and the counts of each reason.

/// Why a record has no annotation. In the full mode, every record either is annotated or has one of
/// these reasons, so that an empty annotation is never mistaken for "no consequence".
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
}

impl AnnotationGap {
    /// The INFO key.
    pub const KEY: &'static str = "GAS_NOTE";

    /// All reasons.
    pub const ALL: [Self; 4] =
        [Self::OutsideReference, Self::BeyondContig, Self::RefMismatch, Self::NotAVariant];

    /// The value of INFO/GAS_NOTE, and the key in `summary.json`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OutsideReference => "outside_reference",
            Self::BeyondContig => "beyond_contig",
            Self::RefMismatch => "ref_mismatch",
            Self::NotAVariant => "not_a_variant",
        }
    }

    /// The predicate of "records …" in the count log and in warnings.
    pub const fn description(self) -> &'static str {
        match self {
            Self::OutsideReference => "are on contigs that the reference does not have",
            Self::BeyondContig => "are beyond the end of their contig in the reference",
            Self::RefMismatch => "have a REF that differs from the reference",
            Self::NotAVariant => "have no variant allele, or no REF",
        }
    }

    /// The header line that defines INFO/GAS_NOTE.
    pub fn definition() -> String {
        format!(
            "##INFO=<ID={},Number=1,Type=String,Description=\"Why the record has no annotation: \
             outside_reference (the reference does not have the contig), beyond_contig (the position \
             is beyond the end of the contig), ref_mismatch (REF differs from the reference) or \
             not_a_variant (no ALT is a variant, or REF is missing)\">",
            Self::KEY
        )
    }

    /// Appends the INFO field.
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(Self::KEY.as_bytes());
        out.push(b'=');
        out.extend_from_slice(self.as_str().as_bytes());
    }
}
