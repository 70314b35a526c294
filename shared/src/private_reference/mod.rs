//! Private references: genomes with genes that Premium users upload, and that only they can use.
//!
//! A private reference is built from two files of its owner: sequences in FASTA, and gene models in GFF3
//! or GTF. Its id is `private/<assembly>/<name>`. Two users may have the same id: it is always looked up
//! together with its owner.

mod new;
mod state;
mod view;

pub use new::{InvalidPrivateReference, NewPrivateReference, NewSource};
pub use state::{
    BuiltReference, MAX_NOTES, PrivateReference, PrivateReferenceChange, PrivateReferenceState,
    RejectedChange, UploadedSource,
};
pub use view::{
    PrivateReferenceList, PrivateReferenceView, PrivateStateView, SourcePart, SourceParts,
};

use serde::{Deserialize, Serialize};
use std::fmt;

/// One of the two files that a private reference is built from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SourceRole {
    /// Sequences in FASTA.
    Fasta,
    /// Gene models in GFF3 or GTF.
    GeneModels,
}

impl SourceRole {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Fasta, Self::GeneModels];

    /// The role in object keys and file names.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fasta => "fasta",
            Self::GeneModels => "gene_models",
        }
    }
}

/// The name for users.
impl fmt::Display for SourceRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fasta => "FASTA file",
            Self::GeneModels => "file with gene models",
        })
    }
}
