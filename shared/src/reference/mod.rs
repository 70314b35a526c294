//! References of the catalog: genome sequences with gene models that jobs can be annotated with.

mod choice;
mod fit;
mod id;
mod manifest;

pub use crate::sha256::{InvalidSha256, Sha256};
pub use choice::{MAX_CHOICE_CONTIGS, ReferenceChoice, ReferenceChoices, longest};
pub use fit::{Proposal, ReferenceFit};
pub use id::{InvalidReferenceId, MAX_ID_CHARS, PRIVATE_SPECIES, ReferenceId, is_id_part};
pub use manifest::{
    ENGINE_FORMAT, GeneSet, MANIFEST_VERSION, OtherFormat, ReferenceContig, ReferenceManifest,
    ReferenceSource, TranscriptCounts,
};
