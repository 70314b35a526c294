//! Annotation formats: how the consequences of an allele are written to INFO.
//!
//! The third format, BCSQ, belongs to the haplotype mode; see [`crate::csq`].

mod ann;
mod csq;

use ann::{write_ann, write_ann_site};
use csq::{write_csq, write_csq_site};

use crate::colocated::{self, ColocatedVariants, Field, SourceSet};
use crate::consequence::{AlleleConsequence, SoTerm};
use crate::hgvs::HgvsText;
use crate::model::{Gene, Transcript};

/// The annotation format of the full mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AnnotationFormat {
    /// INFO/CSQ of Ensembl VEP.
    #[default]
    Csq,
    /// INFO/ANN of SnpEff.
    Ann,
}

impl AnnotationFormat {
    /// The INFO key.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Csq => "CSQ",
            Self::Ann => "ANN",
        }
    }

    /// The header lines that define the key and its fields.
    pub(crate) fn definitions(self, optional: OptionalFields, sources: &SourceSet) -> Vec<String> {
        let key = self.key();
        let description = match self {
            Self::Csq => {
                format!(
                    "Consequence annotations from gas-annotate. Format: {}",
                    csq::fields(optional, sources)
                )
            }
            Self::Ann => format!("Functional annotations: '{}'", ann::ANN_FIELDS),
        };
        let mut out =
            vec![format!("##INFO=<ID={key},Number=.,Type=String,Description=\"{description}\">")];
        if self == Self::Csq {
            out.extend(colocated::fields().filter_map(Field::definition));
        }
        out
    }

    /// Appends the entry of an allele and a transcript.
    #[inline]
    pub(crate) fn write(self, out: &mut Vec<u8>, entry: &Entry<'_>) {
        match self {
            Self::Csq => write_csq(out, entry),
            Self::Ann => write_ann(out, entry),
        }
    }

    /// Appends the entry of an allele without a transcript.
    pub(crate) fn write_site(self, out: &mut Vec<u8>, entry: &SiteEntry<'_>) {
        match self {
            Self::Csq => write_csq_site(out, entry),
            Self::Ann => write_ann_site(out, entry),
        }
    }
}

/// Whether CSQ has a field of this name that no track or source fills.
pub(crate) fn is_field_of_csq(name: &str) -> bool {
    csq::FIELDS.split('|').any(|field| field == name)
}

/// The fields of CSQ that depend on the options of a run. ANN always has the same fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OptionalFields {
    /// `HGVSc`, `HGVSp`, `HGVS_OFFSET` and `HGVSg`.
    pub(crate) hgvs: bool,
    /// `PICK`, which is 1 in the picked annotation.
    pub(crate) pick: bool,
}

/// What is written about one allele and one transcript.
pub(crate) struct Entry<'a> {
    /// Bases of the allele as VEP writes them; `-` for a deletion.
    pub allele: &'a [u8],
    /// The allele as it is in ALT.
    pub record_allele: &'a [u8],
    pub gene: &'a Gene,
    pub transcript: &'a Transcript,
    pub consequence: &'a AlleleConsequence,
    pub hgvs: &'a HgvsText,
    pub colocated: &'a ColocatedVariants<'a>,
    pub optional: OptionalFields,
    /// Whether this is the picked annotation of an allele whose other annotations are written, too.
    pub is_picked: bool,
}

/// The annotation of an allele without a transcript: the allele is outside all transcripts, or the options
/// ask for its most severe consequence only.
pub(crate) struct SiteEntry<'a> {
    /// Bases of the allele as VEP writes them; `-` for a deletion.
    pub allele: &'a [u8],
    /// The allele as it is in ALT.
    pub record_allele: &'a [u8],
    pub term: SoTerm,
    pub hgvs: &'a HgvsText,
    pub colocated: &'a ColocatedVariants<'a>,
    /// The nearest gene and its distance in bases.
    pub nearest: Option<(&'a Gene, i32)>,
    pub optional: OptionalFields,
    pub is_picked: bool,
}

/// The length of a promoter upstream of a transcript, in bases (AnnTools' default).
pub(crate) const PROMOTER_BASES: i32 = 500;
