//! Annotation formats: how the consequences of an allele are written to INFO.
//!
//! The third format, BCSQ, belongs to the haplotype mode; see [`crate::csq`].

mod ann;
mod csq;

pub(crate) use ann::{write_ann, write_ann_intergenic};
pub(crate) use csq::{write_csq, write_csq_intergenic};

use crate::colocated::{self, ColocatedVariants, Field};
use crate::consequence::Effect;
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
    pub fn definitions(self) -> Vec<String> {
        let key = self.key();
        let description = match self {
            Self::Csq => {
                format!("Consequence annotations from gas-annotate. Format: {}", csq::fields())
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
}

/// What is written about one allele and one transcript.
pub(crate) struct Entry<'a> {
    /// Bases of the allele as VEP writes them; `-` for a deletion.
    pub allele: &'a [u8],
    /// The allele as it is in ALT.
    pub record_allele: &'a [u8],
    pub gene: &'a Gene,
    pub transcript: &'a Transcript,
    pub effect: &'a Effect,
    pub hgvs: &'a HgvsText,
    pub colocated: &'a ColocatedVariants,
}

/// The length of a promoter upstream of a transcript, in bases (AnnTools' default).
pub(crate) const PROMOTER_BASES: i32 = 500;
