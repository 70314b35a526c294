//! References of the catalog: genome sequences with gene models that jobs can be annotated with.

mod choice;
mod entry;
mod fit;
mod id;
mod manifest;
mod sha256;

pub use choice::{MAX_CHOICE_CONTIGS, ReferenceChoice, ReferenceChoices, longest};
pub use entry::{ReferenceEntry, ReferenceState};
pub use fit::{Proposal, ReferenceFit};
pub use id::{InvalidReferenceId, MAX_ID_CHARS, ReferenceId};
pub use manifest::{
    GeneSet, MANIFEST_VERSION, ReferenceContig, ReferenceFile, ReferenceManifest, ReferenceSource,
    TranscriptCounts,
};
pub use sha256::{InvalidSha256, Sha256};
