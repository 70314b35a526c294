//! Finds the transcript that an identifier names, with or without its version.

use crate::model::Transcript;
use crate::reference::{ContigView, Reference};
use std::collections::HashMap;

/// The transcripts of a reference by identifier without version.
pub(super) struct TranscriptIds<'r> {
    by_base: HashMap<&'r str, Vec<Found<'r>>>,
}

/// A transcript and its contig.
#[derive(Clone, Copy)]
pub(super) struct Found<'r> {
    pub(super) contig: ContigView<'r>,
    pub(super) transcript: &'r Transcript,
    /// Whether the given version could not be compared, because the gene models have none.
    pub(super) has_unknown_version: bool,
}

/// An identifier without its version, and the version.
fn split_version(id: &str) -> (&str, Option<&str>) {
    match id.rsplit_once('.') {
        Some((base, version)) if is_version(version) => (base, Some(version)),
        _ => (id, None),
    }
}

/// GENCODE adds to the version of a transcript that is lifted to another assembly: `2_1`.
fn is_version(text: &str) -> bool {
    let (version, lifted) = text.split_once('_').unwrap_or((text, "0"));
    [version, lifted]
        .iter()
        .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

impl<'r> TranscriptIds<'r> {
    pub(super) fn new(reference: &'r Reference) -> Self {
        let mut by_base: HashMap<&str, Vec<Found<'_>>> = HashMap::new();
        for contig in reference.contigs() {
            for transcript in &contig.model.transcripts {
                let found = Found { contig, transcript, has_unknown_version: false };
                by_base.entry(split_version(&transcript.id).0).or_default().push(found);
            }
        }
        Self { by_base }
    }

    /// Whether the reference has a transcript of this name, in any version.
    pub(super) fn knows(&self, id: &str) -> bool {
        self.by_base.contains_key(split_version(id).0) || self.by_base.contains_key(id)
    }

    /// Finds a transcript.
    ///
    /// # Errors
    /// The problem of the identifier, and how to correct it.
    pub(super) fn find(&self, id: &str) -> Result<Found<'r>, String> {
        let (base, version) = split_version(id);
        // An identifier such as AT1G01010.1 ends in digits that are no version.
        let candidates = self.by_base.get(base).or_else(|| self.by_base.get(id));
        let candidates = candidates.map_or(&[][..], Vec::as_slice);
        let exact = || candidates.iter().filter(|found| &*found.transcript.id == id);
        let mut of_version = exact().copied();
        match (of_version.next(), of_version.next()) {
            (Some(found), None) => return Ok(found),
            (Some(one), Some(other)) => {
                return Err(format!(
                    "{id} is on {} and on {}; write the genomic description",
                    one.contig.name, other.contig.name
                ));
            }
            _ => {}
        }
        let known: Vec<&str> = candidates.iter().take(3).map(|f| &*f.transcript.id).collect();
        match (candidates, version) {
            ([], _) => Err(format!("the reference has no transcript {id}")),
            ([one], None) => Ok(*one),
            ([one], Some(_)) if split_version(&one.transcript.id).1.is_none() => {
                Ok(Found { has_unknown_version: true, ..*one })
            }
            (_, Some(_)) => Err(format!(
                "the reference has {} and not {id}; check the position in that version and write it",
                known.join(", ")
            )),
            (_, None) => Err(format!("{id} is one of {}; add the version", known.join(", "))),
        }
    }
}
