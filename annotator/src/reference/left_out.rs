//! Why a transcript of the source file is not in the reference.

use std::collections::BTreeMap;

/// Why a transcript is left out. The others of its gene are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LeftOut {
    /// The contig has no sequence.
    NoSequence,
    /// It ends beyond the sequence of its contig.
    BeyondContig,
    /// It has neither exons nor a coding sequence.
    NoExons,
    /// A line of one of its parts cannot be read.
    UnreadableLine,
    /// A part of the coding sequence is not within one exon.
    CdsOutsideExons,
    /// Parts of the coding sequence overlap by more than ribosomal slippage explains.
    OverlappingCds,
    /// The coding sequence leaves out more bases of an exon than ribosomal slippage explains.
    CdsGap,
    /// The feature that its parts name as parent is not in the file.
    NoParent,
    /// It has no line of its own, and its parts are those of copies at several places of a contig.
    SeveralPlaces,
    /// It crosses the origin of a circular contig.
    CrossesOrigin,
    /// NCBI says that its sequence has bases which the genome lacks, or lacks some of the genome.
    OtherSequence,
    /// The phases of its coding sequence contradict the lengths of the parts.
    OtherFrame,
    /// Its gene has a coding sequence and several mRNAs without one.
    UnclearCds,
    /// It is joined from several contigs, or declared as trans-spliced.
    TransSpliced,
    /// Its exons are on both strands.
    BothStrands,
    /// It has no strand.
    NoStrand,
    /// Two lines on the same contig define it.
    DefinedTwice,
    /// The genetic code is not supported.
    UnknownGeneticCode,
    /// The genetic code of its mitochondrion is not named, and is not that of vertebrates.
    UnnamedGeneticCode,
    /// A further coding sequence of a transcript. The longest one is kept.
    FurtherCds,
}

impl LeftOut {
    /// The reason, in the notes and counts of the manifest.
    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::NoSequence => "no sequence for the contig",
            Self::BeyondContig => "ends beyond the contig's sequence",
            Self::NoExons => "neither exons nor CDS",
            Self::UnreadableLine => "a line of it cannot be read",
            Self::CdsOutsideExons => "the CDS is outside the exons",
            Self::OverlappingCds => "parts of the CDS overlap",
            Self::CdsGap => "the CDS leaves out bases of an exon",
            Self::NoParent => "the parent is not in the file",
            Self::SeveralPlaces => "at several places of one contig",
            Self::CrossesOrigin => "crosses the origin of a circular contig",
            Self::OtherSequence => "its sequence and the genome differ by insertions or deletions",
            Self::OtherFrame => "the phases of the CDS contradict the lengths of its parts",
            Self::UnclearCds => "the CDS of its gene names none of several mRNAs as its parent",
            Self::TransSpliced => "trans-spliced",
            Self::BothStrands => "exons on both strands",
            Self::NoStrand => "no strand",
            Self::DefinedTwice => "defined twice on one contig",
            Self::UnknownGeneticCode => "the genetic code is not supported",
            Self::UnnamedGeneticCode => {
                "the genetic code of the mitochondrion is not that of vertebrates, and is not named (transl_table)"
            }
            Self::FurtherCds => "a further CDS of a transcript, of which the longest is kept",
        }
    }
}

/// The most notes for each reason; the others are only counted.
const MAX_NOTES: u64 = 20;

/// Counts what is left out, and names the first transcripts of each reason.
#[derive(Debug, Default)]
pub(super) struct LeftOutReport {
    counts: BTreeMap<LeftOut, u64>,
    /// One line for each named transcript.
    pub(super) notes: Vec<String>,
    /// Where they are, by the number of the contig.
    pub(super) regions: Vec<(u32, (i32, i32))>,
}

impl LeftOutReport {
    /// Adds a transcript (or, for [`LeftOut::FurtherCds`], a coding sequence).
    pub(super) fn add(&mut self, id: &str, contig: &str, reason: LeftOut) {
        let count = self.counts.entry(reason).or_default();
        *count += 1;
        if *count <= MAX_NOTES {
            self.notes.push(format!("transcript {id} on {contig}: {}", reason.reason()));
        }
    }

    /// Whether everything that was left out has no sequence.
    pub(super) fn is_without_sequence(&self) -> bool {
        !self.counts.is_empty() && self.counts.keys().all(|reason| *reason == LeftOut::NoSequence)
    }

    /// Adds the counts to those of other files.
    pub(super) fn add_counts(&self, sums: &mut BTreeMap<String, u64>) {
        for (reason, count) in &self.counts {
            *sums.entry(reason.reason().to_owned()).or_default() += count;
        }
    }
}
