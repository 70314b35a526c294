//! How much of a file is annotated, and why the rest is not.
//!
//! The service's half of the truth rule: no annotation where it may be wrong, and nobody has to read a
//! log to know. The engine counts the reasons; this type carries them to the row, the API, the mails
//! and the pages, and decides what deserves a warning.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The records of a result that are not annotated, by reason. The JSON is a stored format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotAnnotated {
    /// The reference does not have the contig.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub outside_reference: u64,
    /// The position is beyond the end of the contig.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub beyond_contig: u64,
    /// REF differs from the reference.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub ref_mismatch: u64,
    /// The record has no variant, such as a block of a gVCF.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub not_a_variant: u64,
    /// A line of a variant list is no variant, so that it is not in the result.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unreadable_line: u64,
    /// A reason that this version does not know.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub other: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl NotAnnotated {
    /// All records that are not annotated.
    pub const fn total(&self) -> u64 {
        self.outside()
            .saturating_add(self.ref_mismatch)
            .saturating_add(self.not_a_variant)
            .saturating_add(self.unreadable_line)
            .saturating_add(self.other)
    }

    /// The records that are not in the reference.
    pub const fn outside(&self) -> u64 {
        self.outside_reference.saturating_add(self.beyond_contig)
    }

    /// Whether the owner is warned: a variant has no annotation. A record without a variant has
    /// nothing to annotate.
    pub const fn has_warnings(&self) -> bool {
        self.total() > self.not_a_variant
    }

    /// The warnings for the owner.
    pub fn warnings(self) -> impl Iterator<Item = CoverageWarning> {
        let counts = [
            (CoverageProblem::OutsideReference, self.outside_reference),
            (CoverageProblem::BeyondContig, self.beyond_contig),
            (CoverageProblem::RefMismatch, self.ref_mismatch),
            (CoverageProblem::UnreadableLine, self.unreadable_line),
            (CoverageProblem::Other, self.other),
        ];
        let counts = counts.into_iter().filter(|(_, records)| *records > 0);
        counts.map(|(problem, records)| CoverageWarning { problem, records })
    }
}

impl From<&BTreeMap<String, u64>> for NotAnnotated {
    /// Reads the counts of the engine (`not_annotated` in `summary.json`).
    fn from(counts: &BTreeMap<String, u64>) -> Self {
        let mut sums = Self::default();
        for (reason, records) in counts {
            let sum = match reason.as_str() {
                "outside_reference" => &mut sums.outside_reference,
                "beyond_contig" => &mut sums.beyond_contig,
                "ref_mismatch" => &mut sums.ref_mismatch,
                "not_a_variant" => &mut sums.not_a_variant,
                "unreadable_line" => &mut sums.unreadable_line,
                _ => &mut sums.other,
            };
            *sum = sum.saturating_add(*records);
        }
        sums
    }
}

/// Why variants are not annotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoverageProblem {
    /// [`NotAnnotated::outside_reference`].
    OutsideReference,
    /// [`NotAnnotated::beyond_contig`].
    BeyondContig,
    /// [`NotAnnotated::ref_mismatch`].
    RefMismatch,
    /// [`NotAnnotated::unreadable_line`].
    UnreadableLine,
    /// [`NotAnnotated::other`].
    Other,
}

impl CoverageProblem {
    /// A stable code for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::OutsideReference => "outside_reference",
            Self::BeyondContig => "beyond_contig",
            Self::RefMismatch => "ref_mismatch",
            Self::UnreadableLine => "unreadable_line",
            Self::Other => "not_annotated",
        }
    }
}

/// A warning about a result. The text is a sentence for the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoverageWarning {
    /// The reason.
    pub problem: CoverageProblem,
    /// The records that it applies to.
    pub records: u64,
}

impl fmt::Display for CoverageWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = self.records == 1;
        let rest = match (self.problem, one) {
            (CoverageProblem::OutsideReference, true) => {
                " is on a contig that the reference does not have, and is not annotated."
            }
            (CoverageProblem::OutsideReference, false) => {
                "s are on contigs that the reference does not have, and are not annotated."
            }
            (CoverageProblem::BeyondContig, true) => {
                " is beyond the end of its contig in the reference, and is not annotated."
            }
            (CoverageProblem::BeyondContig, false) => {
                "s are beyond the end of their contig in the reference, and are not annotated."
            }
            (CoverageProblem::RefMismatch, true) => {
                " has a REF that differs from the reference, and is not annotated."
            }
            (CoverageProblem::RefMismatch, false) => {
                "s have a REF that differs from the reference, and are not annotated."
            }
            (CoverageProblem::UnreadableLine, true) => {
                " is not a variant and is left out of the result; the run log says why."
            }
            (CoverageProblem::UnreadableLine, false) => {
                "s are not variants and are left out of the result; the run log says why."
            }
            (CoverageProblem::Other, true) => " is not annotated; INFO/GAS_NOTE says why.",
            (CoverageProblem::Other, false) => "s are not annotated; INFO/GAS_NOTE says why.",
        };
        let unit = if self.problem == CoverageProblem::UnreadableLine { "line" } else { "record" };
        write!(f, "{} {unit}{rest}", self.records)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(pairs: &[(&str, u64)]) -> NotAnnotated {
        let map: BTreeMap<String, u64> =
            pairs.iter().map(|(reason, records)| ((*reason).to_owned(), *records)).collect();
        NotAnnotated::from(&map)
    }

    #[test]
    fn records_without_a_variant_are_no_reason_for_a_warning() {
        let blocks = counts(&[("not_a_variant", 900)]);
        assert_eq!((blocks.total(), blocks.has_warnings()), (900, false));
        assert_eq!(blocks.warnings().count(), 0);
        for reason in ["outside_reference", "beyond_contig", "ref_mismatch", "a_new_reason"] {
            let gaps = counts(&[("not_a_variant", 900), (reason, 1)]);
            assert_eq!((gaps.total(), gaps.has_warnings()), (901, true), "{reason}");
            assert_eq!(gaps.warnings().count(), 1, "{reason}");
        }
    }

    #[test]
    fn a_warning_is_a_sentence_with_its_count() {
        let gaps = counts(&[
            ("outside_reference", 2),
            ("ref_mismatch", 1),
            ("unreadable_line", 2),
            ("new", 3),
        ]);
        let texts: Vec<_> = gaps.warnings().map(|w| (w.problem.code(), w.to_string())).collect();
        let expected = [
            (
                "outside_reference",
                "2 records are on contigs that the reference does not have, and are not annotated.",
            ),
            (
                "ref_mismatch",
                "1 record has a REF that differs from the reference, and is not annotated.",
            ),
            (
                "unreadable_line",
                "2 lines are not variants and are left out of the result; the run log says why.",
            ),
            ("not_annotated", "3 records are not annotated; INFO/GAS_NOTE says why."),
        ];
        assert_eq!(texts, expected.map(|(code, text)| (code, text.to_owned())));
    }

    #[test]
    fn counts_of_zero_are_not_stored_and_counts_of_an_engine_cannot_overflow() {
        let gaps = counts(&[("beyond_contig", 2)]);
        let json = serde_json::to_string(&gaps).unwrap();
        assert_eq!(json, r#"{"beyond_contig":2}"#);
        assert_eq!(serde_json::from_str::<NotAnnotated>(&json).unwrap(), gaps);
        let most = counts(&[("a", u64::MAX), ("b", u64::MAX), ("ref_mismatch", u64::MAX)]);
        assert_eq!((most.other, most.total()), (u64::MAX, u64::MAX));
        assert!(most.has_warnings());
    }
}
