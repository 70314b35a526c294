//! The manifest that the engine writes into the folder of a reference, as far as it is used here.

use gas_shared::reference::{ReferenceContig, Sha256, TranscriptCounts};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The engine's manifest; see `Manifest` in `annotator/src/reference/manifest.rs`.
#[derive(Deserialize)]
pub(super) struct EngineManifest {
    pub(super) format: u32,
    pub(super) assembly: String,
    pub(super) contigs: Vec<ReferenceContig>,
    pub(super) genes: u64,
    transcripts: u64,
    #[serde(default)]
    tagged: Tagged,
    pub(super) sources: Vec<EngineSource>,
    pub(super) files: Vec<EngineFile>,
    #[serde(default)]
    pub(super) left_out: BTreeMap<String, u64>,
    #[serde(default)]
    pub(super) notes: Vec<String>,
}

/// A file that the reference was built from.
#[derive(Deserialize)]
pub(super) struct EngineSource {
    pub(super) role: String,
    pub(super) sha256: Sha256,
}

/// A file of the reference.
#[derive(Deserialize)]
pub(super) struct EngineFile {
    pub(super) file: String,
    pub(super) bytes: u64,
    pub(super) sha256: Sha256,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Tagged {
    canonical: u64,
    mane_select: u64,
    mane_plus_clinical: u64,
}

impl EngineManifest {
    /// The numbers of transcripts.
    pub(super) fn transcripts(&self) -> TranscriptCounts {
        let Tagged { canonical, mane_select, mane_plus_clinical } = self.tagged;
        TranscriptCounts { all: self.transcripts, canonical, mane_select, mane_plus_clinical }
    }
}
