//! How effects are written into INFO.

mod csq;
mod text;

pub use csq::CSQ_FIELDS;
pub(crate) use csq::{write_csq, write_csq_intergenic};
pub(crate) use text::push_int;

use crate::consequence::Effect;
use crate::model::{Gene, Transcript};

/// Everything a layout may say about one allele and one transcript.
pub(crate) struct Entry<'a> {
    /// Bases of the alternative as VEP shows them; `-` for a deletion.
    pub allele: &'a [u8],
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
