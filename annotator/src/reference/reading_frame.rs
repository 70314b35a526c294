//! Whether the phases of a coding sequence contradict the lengths of its parts.
//!
//! Phases say how the protein is read. If a part does not continue the frame of the one before it, the protein is
//! not the translation of the parts: the genome has another number of bases than the transcript of the model. Some
//! programs write phases without a meaning, such as 0 everywhere, so the phases of a file count only where most of
//! them fit.

use super::gff::Feature;
use super::left_out::LeftOut;
use super::transcript_features::TranscriptFeatures;
use crate::model::Strand;

/// Leaves out the transcripts whose phases contradict the lengths of their parts, if the phases of the file have a
/// meaning. Otherwise returns a note.
pub(super) fn leave_out_other_frames<'t, 'f: 't>(
    transcripts: impl Iterator<Item = &'t mut TranscriptFeatures<'f>>,
) -> Option<String> {
    let mut fitting = 0usize;
    let mut contradictory = Vec::new();
    // The CDS of a pseudogene is not translated.
    let is_translated = |transcript: &&'t mut TranscriptFeatures<'f>| {
        let mut lines = transcript.transcript.into_iter().chain(transcript.parts());
        transcript.left_out.is_none() && !lines.any(Feature::is_pseudogene)
    };
    for transcript in transcripts.filter(is_translated) {
        match Phases::of(&transcript.cds) {
            Phases::Fit => fitting += 1,
            Phases::Contradict => contradictory.push(transcript),
            Phases::Unknown => {}
        }
    }
    let count = contradictory.len();
    if count > fitting {
        return Some(format!(
            "the phases of {count} coding sequences contradict the lengths of their parts, and those of {fitting} fit, \
             so that phases within coding sequences are ignored"
        ));
    }
    for transcript in contradictory {
        transcript.left_out = Some(LeftOut::OtherFrame);
    }
    None
}

/// How the phases of a coding sequence go with the lengths of its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phases {
    /// They follow from the lengths, and not all of them are 0.
    Fit,
    Contradict,
    /// They say nothing.
    Unknown,
}

impl Phases {
    fn of(cds: &[&Feature]) -> Self {
        let mut parts: Vec<_> = cds.iter().map(|part| (part.start, part.end, part.phase)).collect();
        parts.sort_unstable();
        parts.dedup();
        // Where the ribosome slips, a part repeats or leaves out bases.
        let slips = |pair: &[(i32, i32, Option<u8>)]| {
            let distance = pair[1].0 - pair[0].1;
            distance != 1 && (-1..=3).contains(&distance)
        };
        if parts.windows(2).any(slips) {
            return Self::Unknown;
        }
        if cds.first().is_some_and(|part| part.strand == Some(Strand::Reverse)) {
            parts.reverse();
        }
        let Some(first) = parts.first() else { return Self::Unknown };
        let mut bases = -i64::from(first.2.unwrap_or(0));
        let mut found = Self::Unknown;
        for (n, (start, end, phase)) in parts.iter().enumerate() {
            if let Some(phase) = phase.filter(|_| n > 0) {
                if i64::from(phase) != (-bases).rem_euclid(3) {
                    return Self::Contradict;
                }
                if phase > 0 {
                    found = Self::Fit;
                }
            }
            bases += i64::from(end - start) + 1;
        }
        found
    }
}
