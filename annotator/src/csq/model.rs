//! The gene models in the form the `csq` mode needs: coding sequence trimmed to whole codons, UTRs,
//! exons with their splice regions, and an index over all of them.

use crate::annotation_options::includes;
use crate::consequence::FRAMESHIFT_INTRON_SPAN;
use crate::model::{Cds, ContigModel, RegionIndex, Strand, Transcript};
use crate::reference::{ContigView, Reference};
use gas_shared::Transcripts;

/// Intron bases next to an exon that belong to the splice region.
pub(crate) const SPLICE_REGION_INTRON: i32 = 8;
/// Intron bases next to an exon that form the splice site.
pub(crate) const SPLICE_SITE: i32 = 2;
/// Exon bases next to an intron that belong to the splice region.
pub(crate) const SPLICE_REGION_EXON: i32 = 3;

/// Bins of 1 kb, because larger bins hold hundreds of exons in gene-rich regions.
const BIN_SHIFT: u32 = 10;

/// The kind of a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FeatureKind {
    /// An exon of a transcript with coding sequence.
    Exon,
    /// A segment of coding sequence, with its index.
    Cds(u16),
    /// 5' UTR.
    Utr5,
    /// 3' UTR.
    Utr3,
    /// Bases of an incomplete first or last codon.
    PartialCodon,
}

/// A part of a transcript.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Feature {
    pub(crate) kind: FeatureKind,
    pub(crate) start: i32,
    pub(crate) end: i32,
    pub(crate) transcript: u32,
}

/// A part of a coding sequence within one exon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) start: i32,
    pub(crate) end: i32,
    /// Coding bases before the segment, in genomic direction.
    pub(crate) offset: i32,
}

/// The coding sequence of a transcript, trimmed to whole codons.
#[derive(Clone, Debug)]
pub(crate) struct CodingSequence {
    pub(crate) transcript: u32,
    /// In genomic order.
    pub(crate) segments: Vec<Segment>,
    /// Total length of the segments.
    pub(crate) len: i32,
    /// Coding bases of the gene model before the first whole codon.
    pub(crate) skip: i32,
    /// Whether the gene model ends with a whole codon, where a stop codon is expected.
    pub(crate) has_stop: bool,
}

/// The span, biotype and kind of a transcript. Records in introns, which most are, need no other data of the
/// transcripts around them. Spans are adjacent in memory, unlike the models.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TranscriptSpan {
    pub(crate) number: u32,
    pub(crate) start: i32,
    pub(crate) end: i32,
    /// Index of the biotype in [`CsqModel::biotypes`].
    pub(crate) biotype: u16,
    /// Whether alleles outside exons are in introns of a coding transcript.
    pub(crate) is_coding: bool,
}

/// The gene models of one contig.
#[derive(Debug, Default)]
pub(crate) struct CsqContig {
    pub(crate) features: Vec<Feature>,
    pub(crate) index: RegionIndex,
    /// Transcripts by start, longer ones first, and an index over this order.
    spans_of_transcripts: Vec<TranscriptSpan>,
    transcripts: RegionIndex,
    coding: Vec<CodingSequence>,
    /// By transcript: its index in `coding` plus one; 0 if it has none.
    coding_of: Vec<u32>,
    /// By transcript: index of its biotype in [`CsqModel::biotypes`].
    pub(crate) biotypes: Vec<u16>,
    /// By transcript: whether any of its introns is too short to be real for the full mode.
    pub(crate) has_short_intron: Vec<bool>,
    /// Regions that a haplotype may span, sorted and disjoint.
    pub(crate) spans: Vec<(i32, i32)>,
}

/// The gene models of a reference.
#[derive(Debug, Default)]
pub struct CsqModel {
    pub(crate) contigs: Vec<CsqContig>,
    pub(crate) biotypes: Vec<String>,
    /// Index of the biotype `NMD`, nonsense-mediated decay.
    pub(crate) nmd_biotype: Option<u16>,
}

impl CsqModel {
    /// Derives the models from those of a reference.
    pub fn new(reference: &Reference) -> Self {
        Self::with_transcripts(reference, Transcripts::All)
    }

    /// Derives the models from some of the transcripts of a reference.
    pub(crate) fn with_transcripts(reference: &Reference, transcripts: Transcripts) -> Self {
        let mut out = Self::default();
        for contig in reference.contigs() {
            let built = CsqContig::new(&contig, transcripts, &mut out.biotypes);
            out.contigs.push(built);
        }
        let nmd = out.biotypes.iter().position(|name| name == "NMD");
        out.nmd_biotype = nmd.map(|n| n as u16);
        out
    }
}

impl CsqContig {
    fn new(contig: &ContigView<'_>, transcripts: Transcripts, biotypes: &mut Vec<String>) -> Self {
        let model: &ContigModel = contig.model;
        let is_included = |n: &u32| includes(transcripts, &model.transcripts[*n as usize]);
        let mut out = Self { coding_of: vec![0; model.transcripts.len()], ..Self::default() };
        for (number, transcript) in model.transcripts.iter().enumerate() {
            out.biotypes.push(biotype_number(biotypes, transcript));
            out.has_short_intron.push(transcript.introns().any(is_short));
            let number = number as u32;
            if let Some(cds) = transcript.cds.as_ref().filter(|_| is_included(&number)) {
                out.add_transcript(number, transcript, cds);
            }
        }
        out.features.sort_unstable_by_key(|f| (kind_rank(f.kind), f.start, -f.end, f.transcript));
        let spans = out.features.iter().map(|f| match f.kind {
            FeatureKind::Exon => (f.start - SPLICE_REGION_INTRON, f.end + SPLICE_REGION_INTRON),
            _ => (f.start, f.end),
        });
        out.index = RegionIndex::with_shift(spans, 0, BIN_SHIFT);
        let spans = (0..model.transcripts.len() as u32).filter(is_included).map(|number| {
            let transcript = &model.transcripts[number as usize];
            let biotype = out.biotypes[number as usize];
            let is_coding =
                out.coding(number).is_some() || is_coding_biotype(&biotypes[usize::from(biotype)]);
            let (start, end) = (transcript.start, transcript.end);
            TranscriptSpan { number, start, end, biotype, is_coding }
        });
        let mut spans: Vec<_> = spans.collect();
        spans.sort_unstable_by_key(|span| (span.start, -span.end, span.number));
        out.transcripts = RegionIndex::new(spans.iter().map(|span| (span.start, span.end)), 0);
        out.spans_of_transcripts = spans;
        out.spans = merge_spans(&out.coding);
        out
    }

    fn add_transcript(&mut self, number: u32, transcript: &Transcript, cds: &Cds) {
        let coding = CodingSequence::new(number, transcript, cds);
        let feature = |kind, start, end| Feature { kind, start, end, transcript: number };
        for (n, segment) in coding.segments.iter().enumerate() {
            self.features.push(feature(FeatureKind::Cds(n as u16), segment.start, segment.end));
        }
        let (first, last) = coding.span().unwrap_or((i32::MAX, i32::MAX));
        for segment in &cds.segments {
            for (start, end) in [
                (segment.start, segment.end.min(first.saturating_sub(1))),
                (segment.start.max(last.saturating_add(1)), segment.end),
            ] {
                if start <= end {
                    self.features.push(feature(FeatureKind::PartialCodon, start, end));
                }
            }
        }
        let (first, last) = transcript.coding_region().unwrap_or_default();
        for exon in &transcript.exons {
            self.features.push(feature(FeatureKind::Exon, exon.start, exon.end));
            let (left, right) = match transcript.strand {
                Strand::Forward => (FeatureKind::Utr5, FeatureKind::Utr3),
                Strand::Reverse => (FeatureKind::Utr3, FeatureKind::Utr5),
            };
            if exon.start < first {
                self.features.push(feature(left, exon.start, exon.end.min(first - 1)));
            }
            if exon.end > last {
                self.features.push(feature(right, exon.start.max(last + 1), exon.end));
            }
        }
        if !coding.segments.is_empty() {
            self.coding.push(coding);
            self.coding_of[number as usize] = self.coding.len() as u32;
        }
    }

    /// The coding sequence of a transcript.
    #[inline]
    pub(crate) fn coding(&self, transcript: u32) -> Option<&CodingSequence> {
        let number = self.coding_of[transcript as usize] as usize;
        number.checked_sub(1).map(|number| &self.coding[number])
    }

    /// Collects the sorted indexes of the features that touch a region. Exons include their splice
    /// regions.
    pub(crate) fn touched(&self, start: i32, end: i32, out: &mut Vec<u32>) {
        out.clear();
        for number in self.index.query(start, end) {
            let feature = &self.features[number as usize];
            let margin = if feature.kind == FeatureKind::Exon { SPLICE_REGION_INTRON } else { 0 };
            if feature.start - margin <= end && feature.end + margin >= start {
                out.push(number);
            }
        }
        out.sort_unstable();
    }

    /// Transcripts that may touch a region, by start, longer ones first.
    pub(crate) fn transcripts(
        &self,
        start: i32,
        end: i32,
    ) -> impl Iterator<Item = &TranscriptSpan> {
        self.transcripts.query(start, end).map(|n| &self.spans_of_transcripts[n as usize])
    }
}

/// Whether an intron is too short to be real for the full mode, which has no splice sites there.
pub(crate) const fn is_short((start, end): (i32, i32)) -> bool {
    end - start <= FRAMESHIFT_INTRON_SPAN
}

const fn kind_rank(kind: FeatureKind) -> u8 {
    match kind {
        FeatureKind::Exon => 0,
        FeatureKind::Cds(_) => 1,
        FeatureKind::Utr5 | FeatureKind::Utr3 | FeatureKind::PartialCodon => 2,
    }
}

impl CodingSequence {
    /// First and last genomic position.
    fn span(&self) -> Option<(i32, i32)> {
        Some((self.segments.first()?.start, self.segments.last()?.end))
    }

    fn new(number: u32, transcript: &Transcript, cds: &Cds) -> Self {
        let mut parts: Vec<(i32, i32)> = cds.segments.iter().map(|s| (s.start, s.end)).collect();
        let skip = i32::from(cds.skip).min(cds.len);
        let rest = (cds.len - skip) % 3;
        // The first and the last codon may be incomplete.
        trim(&mut parts, skip, transcript.strand, true);
        trim(&mut parts, rest, transcript.strand, false);
        if transcript.strand.is_reverse() {
            parts.reverse();
        }
        let mut len = 0;
        let mut segments = Vec::with_capacity(parts.len());
        for (start, end) in parts {
            segments.push(Segment { start, end, offset: len });
            len += end - start + 1;
        }
        Self { transcript: number, segments, len, skip, has_stop: rest == 0 }
    }
}

/// Removes bases from the front or the back of segments, in reading direction.
fn trim(parts: &mut Vec<(i32, i32)>, mut bases: i32, strand: Strand, front: bool) {
    while bases > 0 {
        let at = if front { 0 } else { parts.len().saturating_sub(1) };
        let Some(part) = parts.get_mut(at) else { return };
        let len = part.1 - part.0 + 1;
        if len <= bases {
            bases -= len;
            parts.remove(at);
            continue;
        }
        if front == (strand == Strand::Forward) {
            part.0 += bases;
        } else {
            part.1 -= bases;
        }
        return;
    }
}

/// The spans of coding sequences, with adjacent and overlapping spans merged.
fn merge_spans(coding: &[CodingSequence]) -> Vec<(i32, i32)> {
    let mut spans: Vec<(i32, i32)> = coding.iter().filter_map(CodingSequence::span).collect();
    spans.sort_unstable();
    let mut out: Vec<(i32, i32)> = Vec::new();
    for (start, end) in spans {
        match out.last_mut() {
            Some(last) if start <= last.1 + 1 => last.1 = last.1.max(end),
            _ => out.push((start, end)),
        }
    }
    out
}

/// The index of a transcript's biotype, whose name is spelled as in BCSQ.
fn biotype_number(known: &mut Vec<String>, transcript: &Transcript) -> u16 {
    let name = match &*transcript.biotype {
        "nonsense_mediated_decay" => "NMD",
        "Mt_tRNA" => "MT_tRNA",
        "Mt_rRNA" => "MT_rRNA",
        "known_ncrna" => "known_ncRNA",
        "3prime_overlapping_ncRNA" | "3prime_overlapping_ncrna" => "3_prime_overlapping_ncRNA",
        other => match other.strip_suffix("_gene") {
            Some(bare) if other.starts_with("IG_") || other.starts_with("TR_") => bare,
            _ => other,
        },
    };
    let number = known.iter().position(|k| k == name).unwrap_or_else(|| {
        known.push(name.to_owned());
        known.len() - 1
    });
    number as u16
}

/// Whether transcripts of a biotype are protein-coding even if the gene model has no CDS.
fn is_coding_biotype(name: &str) -> bool {
    matches!(
        name,
        "protein_coding"
            | "protein_coding_LoF"
            | "polymorphic_pseudogene"
            | "NMD"
            | "non_stop_decay"
            | "IG_C"
            | "IG_D"
            | "IG_J"
            | "IG_LV"
            | "IG_V"
            | "TR_C"
            | "TR_D"
            | "TR_J"
            | "TR_V"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_trimmed_in_reading_direction() {
        let trimmed = |bases, strand, front| {
            let mut parts = match strand {
                Strand::Forward => vec![(10, 11), (20, 25)],
                Strand::Reverse => vec![(20, 25), (10, 11)],
            };
            trim(&mut parts, bases, strand, front);
            parts
        };
        assert_eq!(trimmed(1, Strand::Forward, true), [(11, 11), (20, 25)]);
        assert_eq!(trimmed(2, Strand::Forward, false), [(10, 11), (20, 23)]);
        assert_eq!(trimmed(2, Strand::Reverse, true), [(20, 23), (10, 11)]);
        assert_eq!(trimmed(2, Strand::Reverse, false), [(20, 25)]);
    }
}
