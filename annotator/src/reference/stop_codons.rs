//! Completes coding sequences that end before their stop codon. GTF leaves the stop codon out of the CDS
//! and has `stop_codon` features instead, but some files lack these, and some GFF3 files leave the stop
//! codon out as well. The sequence shows which convention a file follows.

use super::manifest::Contig;
use crate::model::{CdsSegment, ContigModel, Gene, Strand, Transcript, complement};

/// How many coding sequences of a file end in each way, which shows the convention that it follows.
#[derive(Clone, Copy, Debug, Default)]
struct EndingCounts {
    /// Coding sequences whose last codon is a stop codon.
    with_stop: u64,
    /// Those that end just before a stop codon.
    before_stop: u64,
    other: u64,
}

/// Extends the coding sequences of a file by the stop codon that follows them, if most of them end before
/// it. Returns a note about those that end before a stop codon.
pub(super) fn complete_stop_codons(
    models: &mut [ContigModel],
    contigs: &[Contig],
    sequence: &[u8],
) -> Option<String> {
    let mut counts = EndingCounts::default();
    let mut extensible: Vec<(usize, usize)> = Vec::new();
    for (number, (model, contig)) in models.iter().zip(contigs).enumerate() {
        let bases = &sequence[contig.offset as usize..(contig.offset + contig.length) as usize];
        for (index, transcript) in model.transcripts.iter().enumerate() {
            match ending(transcript, bases) {
                Some(Ending::StopCodon) => counts.with_stop += 1,
                Some(Ending::BeforeStopCodon) => {
                    counts.before_stop += 1;
                    extensible.push((number, index));
                }
                Some(Ending::Other) => counts.other += 1,
                None => {}
            }
        }
    }
    let EndingCounts { with_stop, before_stop, other } = counts;
    if before_stop == 0 {
        return None;
    }
    if before_stop <= with_stop || before_stop < other {
        return Some(format!(
            "{before_stop} coding sequences end before a stop codon, {with_stop} with one and {other} with \
             neither, so that the stop codon is not added to the first"
        ));
    }
    for (number, index) in &extensible {
        let model = &mut models[*number];
        let transcript = &mut model.transcripts[*index];
        extend(transcript, &mut model.genes[transcript.gene as usize]);
    }
    Some(format!(
        "{before_stop} coding sequences end before their stop codon, which is added to them"
    ))
}

/// How a coding sequence of whole codons ends.
enum Ending {
    StopCodon,
    BeforeStopCodon,
    Other,
}

/// `None` if the coding sequence does not say anything about the convention.
fn ending(transcript: &Transcript, bases: &[u8]) -> Option<Ending> {
    let cds = transcript.cds.as_ref()?;
    let is_whole = (cds.len - i32::from(cds.skip)) % 3 == 0 && cds.len >= 6;
    if !is_whole || cds.has_slippage() || transcript.flags.cds_end_nf {
        return None;
    }
    let codon = |first: i32| -> Option<[u8; 3]> {
        let mut codon = [0; 3];
        for (base, cdna) in codon.iter_mut().zip(first..) {
            let position = usize::try_from(genomic(transcript, cdna)?).ok()?.checked_sub(1)?;
            let found = *bases.get(position)?;
            *base = if transcript.strand.is_reverse() { complement(found) } else { found };
        }
        Some(codon)
    };
    let is_stop = |first| codon(first).is_some_and(|codon| cds.table.translate(&codon) == b'*');
    Some(if is_stop(cds.cdna_end - 2) {
        Ending::StopCodon
    } else if is_stop(cds.cdna_end + 1) {
        Ending::BeforeStopCodon
    } else {
        Ending::Other
    })
}

/// The genomic position of a cDNA position, also of the bases behind the transcript.
fn genomic(transcript: &Transcript, cdna: i32) -> Option<i32> {
    let mut exons = transcript.exons.iter();
    let exon = exons.rfind(|exon| exon.cdna_start <= cdna)?;
    let offset = cdna - exon.cdna_start;
    Some(match transcript.strand {
        Strand::Forward => exon.start + offset,
        Strand::Reverse => exon.end - offset,
    })
}

/// Adds the next three bases to the coding sequence, and to the transcript if it has no more.
fn extend(transcript: &mut Transcript, gene: &mut Gene) {
    for _ in 0..3 {
        let Some(cdna) = transcript.cds.as_ref().map(|cds| cds.cdna_end + 1) else { return };
        let Some(position) = genomic(transcript, cdna) else { return };
        if cdna > transcript.len {
            if let Some(last) = transcript.exons.last_mut() {
                (last.start, last.end) = (last.start.min(position), last.end.max(position));
            }
            transcript.len += 1;
            transcript.start = transcript.start.min(position);
            transcript.end = transcript.end.max(position);
            (gene.start, gene.end) = (gene.start.min(position), gene.end.max(position));
        }
        let Some(cds) = &mut transcript.cds else { return };
        cds.cdna_end = cdna;
        cds.len += 1;
        match cds.segments.last_mut() {
            Some(last) if last.start - 1 == position || last.end + 1 == position => {
                (last.start, last.end) = (last.start.min(position), last.end.max(position));
            }
            _ => {
                let cds_start = cds.len;
                cds.segments.push(CdsSegment { start: position, end: position, cds_start });
            }
        }
    }
}
