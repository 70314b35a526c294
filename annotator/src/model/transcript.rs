//! Transcripts and their coordinate systems.

use super::codon::CodonTable;
use serde::{Deserialize, Serialize};

/// The strand of a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Strand {
    /// `+`
    Forward,
    /// `-`
    Reverse,
}

impl Strand {
    /// The strand as VEP writes it, `1` or `-1`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Forward => "1",
            Self::Reverse => "-1",
        }
    }

    /// The strand as GFF3 writes it, `+` or `-`.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Forward => "+",
            Self::Reverse => "-",
        }
    }

    /// Whether this is the reverse strand.
    pub const fn is_reverse(self) -> bool {
        matches!(self, Self::Reverse)
    }
}

/// An exon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exon {
    /// First genomic position.
    pub start: i32,
    /// Last genomic position.
    pub end: i32,
    /// cDNA position of the first base in reading direction.
    pub cdna_start: i32,
}

impl Exon {
    /// Length in bases.
    pub const fn len(&self) -> i32 {
        self.end - self.start + 1
    }

    /// Whether the exon has no bases, which no gene model contains.
    pub const fn is_empty(&self) -> bool {
        self.len() <= 0
    }
}

/// A part of a coding sequence within one exon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CdsSegment {
    /// First genomic position.
    pub start: i32,
    /// Last genomic position.
    pub end: i32,
    /// CDS position (without the start phase) of the first base in reading direction.
    pub cds_start: i32,
}

/// A codon that the genetic code does not translate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecodedCodon {
    /// Its number, from 0.
    pub number: i32,
    /// The residue: `U` selenocysteine, `O` pyrrolysine, `*` a stop, `X` another one, or any residue.
    pub residue: u8,
}

impl RecodedCodon {
    /// Whether a codon with these bases can have the residue. Selenocysteine and pyrrolysine stand for stop
    /// codons, and for TGA and TAG where a genetic code translates these.
    pub fn stands_for(self, bases: &[u8; 3], table: CodonTable) -> bool {
        match self.residue {
            b'U' => bases == b"TGA" || table.translate(bases) == b'*',
            b'O' => bases == b"TAG" || table.translate(bases) == b'*',
            _ => true,
        }
    }
}

/// The coding part of a transcript.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cds {
    /// Segments in reading direction. With ribosomal slippage, two of them overlap.
    pub segments: Vec<CdsSegment>,
    /// cDNA position of the first coding base.
    pub cdna_start: i32,
    /// cDNA position of the last coding base.
    pub cdna_end: i32,
    /// Bases missing at the 5' end: the first codon begins this many bases before the CDS.
    pub start_phase: u8,
    /// GFF3 phase of the first segment: number of bases before the first complete codon.
    pub skip: u8,
    /// The genetic code.
    pub table: CodonTable,
    /// Codons that the genetic code does not translate, by number.
    pub recoded: Vec<RecodedCodon>,
    /// Whether the poly-A tail completes the stop codon, if the last codon is incomplete.
    pub stop_from_poly_a: bool,
    /// Offset of the coding sequence in the spliced sequence file.
    pub offset: u64,
    /// Length of the coding sequence in bases.
    pub len: i32,
    /// Protein identifier with version.
    pub protein_id: Option<Box<str>>,
}

impl Cds {
    /// The genomic regions of the coding bases `first..=last`, counted from 1 without the start phase.
    pub fn regions(
        &self,
        strand: Strand,
        first: i32,
        last: i32,
    ) -> impl Iterator<Item = (i32, i32)> {
        self.segments.iter().filter_map(move |segment| {
            let length = segment.end - segment.start + 1;
            let from = (first - segment.cds_start).max(0);
            let to = (last - segment.cds_start).min(length - 1);
            let region = match strand {
                Strand::Forward => (segment.start + from, segment.start + to),
                Strand::Reverse => (segment.end - to, segment.end - from),
            };
            (from <= to).then_some(region)
        })
    }

    /// Whether segments overlap or omit exon bases, so that CDS and cDNA positions do not differ by
    /// a constant.
    pub fn has_slippage(&self) -> bool {
        self.len != self.cdna_end - self.cdna_start + 1
    }
}

/// Flags of a transcript.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TranscriptFlags {
    /// The representative transcript of the gene.
    pub canonical: bool,
    /// MANE Select.
    pub mane_select: bool,
    /// MANE Plus Clinical.
    pub mane_plus: bool,
    /// The 5' end of the CDS is unknown.
    pub cds_start_nf: bool,
    /// The 3' end of the CDS is unknown.
    pub cds_end_nf: bool,
    /// RefSeq's sequence of the transcript has other bases than the genome.
    pub other_bases: bool,
}

/// A transcript.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transcript {
    /// Identifier, with version if the gene models have one.
    pub id: Box<str>,
    /// Index of the gene in [`ContigModel::genes`](super::ContigModel::genes).
    pub gene: u32,
    /// Biotype, such as `protein_coding`.
    pub biotype: Box<str>,
    /// First genomic position.
    pub start: i32,
    /// Last genomic position.
    pub end: i32,
    /// Strand.
    pub strand: Strand,
    /// Exons in reading direction.
    pub exons: Vec<Exon>,
    /// The coding sequence; `None` for non-coding transcripts.
    pub cds: Option<Cds>,
    /// Flags.
    pub flags: TranscriptFlags,
    /// Offset of the spliced sequence in the spliced sequence file.
    pub offset: u64,
    /// Length of the spliced sequence in bases.
    pub len: i32,
}

impl Transcript {
    /// The cDNA position of a genomic position; `None` outside the exons.
    pub fn cdna_position(&self, pos: i32) -> Option<i32> {
        let exon = self.exons.iter().find(|exon| exon.start <= pos && pos <= exon.end)?;
        Some(match self.strand {
            Strand::Forward => exon.cdna_start + pos - exon.start,
            Strand::Reverse => exon.cdna_start + exon.end - pos,
        })
    }

    /// First and last genomic position of the exons. In models that are cut out of a larger region,
    /// the transcript reaches further.
    pub fn exon_region(&self) -> Option<(i32, i32)> {
        let (first, last) = (self.exons.first()?, self.exons.last()?);
        Some(match self.strand {
            Strand::Forward => (first.start, last.end),
            Strand::Reverse => (last.start, first.end),
        })
    }

    /// First and last genomic position of the intron after an exon (from 0, in reading direction).
    pub fn intron(&self, number: usize) -> Option<(i32, i32)> {
        let (left, right) = match self.strand {
            Strand::Forward => (self.exons.get(number)?, self.exons.get(number + 1)?),
            Strand::Reverse => (self.exons.get(number + 1)?, self.exons.get(number)?),
        };
        Some((left.end + 1, right.start - 1))
    }

    /// First and last genomic position of each intron, in reading direction.
    pub fn introns(&self) -> impl Iterator<Item = (i32, i32)> {
        (0..self.exons.len()).filter_map(|number| self.intron(number))
    }

    /// First and last genomic position of the coding sequence.
    pub fn coding_region(&self) -> Option<(i32, i32)> {
        let cds = self.cds.as_ref()?;
        let (first, last) = (cds.segments.first()?, cds.segments.last()?);
        Some(match self.strand {
            Strand::Forward => (first.start, last.end),
            Strand::Reverse => (last.start, first.end),
        })
    }
}
