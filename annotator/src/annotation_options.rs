//! Which annotations of an allele a run writes: `--transcripts`, `--select`, `--pick-order` and
//! `--no-hgvs`.

use crate::annotation_format::OptionalFields;
use crate::error::InputError;
use crate::model::Transcript;
use crate::pick::Criterion;
use crate::reference::Reference;
use gas_shared::{Selection, Transcripts};

/// Which annotations of an allele are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnotationOptions {
    /// The transcripts to annotate with.
    pub transcripts: Transcripts,
    /// Which of an allele's annotations are written.
    pub selection: Selection,
    /// The order by which an annotation is picked.
    pub pick_order: Vec<Criterion>,
    /// Whether HGVS descriptions are written.
    pub hgvs: bool,
}

impl Default for AnnotationOptions {
    fn default() -> Self {
        Self {
            transcripts: Transcripts::default(),
            selection: Selection::default(),
            pick_order: Criterion::DEFAULT_ORDER.to_vec(),
            hgvs: true,
        }
    }
}

impl AnnotationOptions {
    pub(crate) fn optional_fields(&self) -> OptionalFields {
        OptionalFields { hgvs: self.hgvs, pick: self.selection == Selection::FlagPick }
    }

    /// Checks that the reference has transcripts of the chosen kind.
    ///
    /// # Errors
    /// [`InputError::NoTranscripts`] if it has none, since the run would annotate with nothing.
    pub(crate) fn check(&self, reference: &Reference) -> Result<(), InputError> {
        let all = || reference.contigs().flat_map(|contig| &contig.model.transcripts);
        if self.transcripts == Transcripts::All || all().any(|t| includes(self.transcripts, t)) {
            return Ok(());
        }
        Err(InputError::NoTranscripts {
            wanted: match self.transcripts {
                Transcripts::Coding => "transcripts with a coding sequence",
                _ => "MANE Select, MANE Plus Clinical or canonical transcripts",
            },
            assembly: reference.manifest.assembly.clone(),
            transcripts: all().count(),
            coding: all().filter(|t| t.cds.is_some()).count(),
        })
    }
}

/// Whether a run with these transcripts annotates with this one.
#[inline]
pub(crate) const fn includes(transcripts: Transcripts, transcript: &Transcript) -> bool {
    match transcripts {
        Transcripts::All => true,
        Transcripts::Coding => transcript.cds.is_some(),
        Transcripts::ManeCanonical => {
            let flags = transcript.flags;
            flags.mane_select || flags.mane_plus || flags.canonical
        }
    }
}
