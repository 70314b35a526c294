//! How effects are written into INFO.

mod ann;
mod csq;

pub(crate) use ann::{write_ann, write_ann_intergenic};
pub use csq::CSQ_FIELDS;
pub(crate) use csq::{write_csq, write_csq_intergenic};

use crate::consequence::Effect;
use crate::model::{Gene, Transcript};

/// How effects are laid out in INFO.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// VEP's, INFO/CSQ.
    #[default]
    Csq,
    /// SnpEff's, INFO/ANN.
    Ann,
}

impl Layout {
    /// The INFO key.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Csq => "CSQ",
            Self::Ann => "ANN",
        }
    }

    /// The header line that defines the key.
    pub fn definition(self) -> String {
        let key = self.key();
        let description = match self {
            Self::Csq => {
                format!("Consequence annotations from gas-annotate. Format: {CSQ_FIELDS}")
            }
            Self::Ann => format!("Functional annotations: '{}'", ann::ANN_FIELDS),
        };
        format!("##INFO=<ID={key},Number=.,Type=String,Description=\"{description}\">")
    }
}

/// Everything a layout may say about one allele and one transcript.
pub(crate) struct Entry<'a> {
    /// Bases of the alternative as VEP shows them; `-` for a deletion.
    pub allele: &'a [u8],
    /// The alternative as the record has it.
    pub record_allele: &'a [u8],
    pub gene: &'a Gene,
    pub transcript: &'a Transcript,
    pub effect: &'a Effect,
    pub hgvs: &'a crate::hgvs::HgvsText,
    pub known: &'a Known<'a>,
}

/// What the tracks say of an allele.
#[derive(Default)]
pub(crate) struct Known<'a> {
    /// Identifiers, `&` between them.
    pub ids: &'a [u8],
    /// Frequency of the allele.
    pub frequency: &'a [u8],
    /// Clinical significance.
    pub clinical: &'a [u8],
}

/// A promoter reaches this far upstream (AnnTools' default).
pub(crate) const PROMOTER_BASES: i32 = 500;
