//! Genomic and transcript descriptions (`g.`, `m.`, `c.` and `n.`).

use crate::allele::Allele;
use crate::model::{Strand, Transcript, complement};
use crate::placements::Placements;
use crate::reference::ContigView;
use crate::text::push_int;

/// The text before the position of a genomic description, `20:g.`, or `MT:m.` for the
/// mitochondrion. It is kept from one allele to the next.
#[derive(Clone, Debug, Default)]
pub(super) struct GenomicPrefix {
    contig: Option<u32>,
    text: Vec<u8>,
}

impl GenomicPrefix {
    /// Appends the genomic description, unless the allele lies outside the contig.
    pub(super) fn describe(
        &mut self,
        out: &mut Vec<u8>,
        contig: &ContigView<'_>,
        allele: &Allele<'_>,
    ) {
        let (low, high) = (allele.start.min(allele.end), allele.start.max(allele.end));
        if low < 1 || high as usize > contig.sequence.len() {
            return;
        }
        self.write(out, contig);
        write_change(out, contig, allele, Strand::Forward, |_| true, push_int);
    }

    /// Appends the text for a contig.
    pub(super) fn write(&mut self, out: &mut Vec<u8>, contig: &ContigView<'_>) {
        if self.contig != Some(contig.number) {
            self.contig = Some(contig.number);
            self.text.clear();
            self.text.extend_from_slice(contig.name.as_bytes());
            self.text.extend_from_slice(if contig.is_mitochondrial { b":m." } else { b":g." });
        }
        out.extend_from_slice(&self.text);
    }
}

/// Appends the transcript description, `ENST…:c.…` or `ENST…:n.…`, unless an end of the allele lies
/// outside the transcript at all of its places that change it. A duplication is within it if the duplicated
/// bases are. Returns the start of the described place.
pub(super) fn describe_transcript(
    out: &mut Vec<u8>,
    contig: &ContigView<'_>,
    transcript: &Transcript,
    placements: &Placements<'_>,
) -> Option<i32> {
    // Bases of the transcript outside its exons have no positions, and are in no intron.
    let region = transcript.exon_region()?;
    let inside = |pos: i32| (region.0..=region.1).contains(&pos);
    let mut allele = placements.most_3_prime(transcript.strand);
    let within;
    if !inside(allele.start.min(allele.end)) || !inside(allele.start.max(allele.end)) {
        // The sequence of the transcript ends within the 3'-most place, but not within another one.
        let crosses_end = allele.overlaps(region.0, region.1);
        within = crosses_end
            .then(|| placements.deletion_within(contig, transcript.strand, region))
            .flatten();
        allele = within.as_ref().unwrap_or(allele);
    }
    if (!inside(allele.start) || !inside(allele.end))
        && (!allele.is_insertion()
            || duplicated(contig, allele, transcript.strand, inside).is_none())
    {
        return None;
    }
    out.extend_from_slice(transcript.id.as_bytes());
    out.extend_from_slice(if transcript.cds.is_some() { b":c." } else { b":n." });
    write_change(out, contig, allele, transcript.strand, inside, |out, pos| {
        write_position(out, transcript, pos);
    });
    Some(allele.start)
}

/// Appends positions and change. `inside` says whether the reference sequence of the description has
/// a genomic position, and `position` writes it.
fn write_change(
    out: &mut Vec<u8>,
    contig: &ContigView<'_>,
    allele: &Allele<'_>,
    strand: Strand,
    inside: impl Fn(i32) -> bool,
    position: impl Fn(&mut Vec<u8>, i32),
) {
    let range = |out: &mut Vec<u8>, low: i32, high: i32| {
        let (first, last) = if strand.is_reverse() { (high, low) } else { (low, high) };
        position(out, first);
        if first != last {
            out.push(b'_');
            position(out, last);
        }
    };
    let (reference, alt) = (allele.reference, allele.alt);
    match (reference.len(), alt.len()) {
        (1, 1) => {
            position(out, allele.start);
            write_bases(out, reference, strand);
            out.push(b'>');
            write_bases(out, alt, strand);
        }
        (0, _) => {
            if let Some((low, high)) = duplicated(contig, allele, strand, inside) {
                range(out, low, high);
                out.extend_from_slice(b"dup");
            } else {
                range(out, allele.end, allele.start);
                out.extend_from_slice(b"ins");
                write_bases(out, alt, strand);
            }
        }
        (_, 0) => {
            range(out, allele.start, allele.end);
            out.extend_from_slice(b"del");
        }
        (removed, added) if removed == added && is_inversion(reference, alt) => {
            range(out, allele.start, allele.end);
            out.extend_from_slice(b"inv");
        }
        _ => {
            range(out, allele.start, allele.end);
            out.extend_from_slice(b"delins");
            write_bases(out, alt, strand);
        }
    }
}

/// The positions of the bases before an insertion (in reading direction), if they are inside the
/// reference sequence of the description and equal the inserted bases.
fn duplicated(
    contig: &ContigView<'_>,
    allele: &Allele<'_>,
    strand: Strand,
    inside: impl Fn(i32) -> bool,
) -> Option<(i32, i32)> {
    let length = allele.alt.len() as i32;
    let (low, high) = match strand {
        Strand::Forward => (allele.end - length + 1, allele.end),
        Strand::Reverse => (allele.start, allele.start + length - 1),
    };
    // Checked before the bases, of which there can be millions for each of many transcripts.
    if !inside(low) || !inside(high) {
        return None;
    }
    contig
        .bases(low, high)
        .filter(|bases| bases.eq_ignore_ascii_case(allele.alt))
        .map(|_| (low, high))
}

fn is_inversion(reference: &[u8], alt: &[u8]) -> bool {
    reference.iter().rev().zip(alt).all(|(a, b)| complement(*a).eq_ignore_ascii_case(b))
}

fn write_bases(out: &mut Vec<u8>, bases: &[u8], strand: Strand) {
    if strand.is_reverse() {
        out.extend(bases.iter().rev().map(|b| complement(b.to_ascii_uppercase())));
    } else {
        out.extend(bases.iter().map(u8::to_ascii_uppercase));
    }
}

/// Appends a genomic position relative to a transcript: an exon position, or the nearest exon
/// position and an offset into the intron.
fn write_position(out: &mut Vec<u8>, transcript: &Transcript, pos: i32) {
    let (cdna, offset) = cdna_with_offset(transcript, pos);
    let Some(cds) = &transcript.cds else {
        push_int(out, cdna);
        push_offset(out, offset);
        return;
    };
    if cdna > cds.cdna_end {
        out.push(b'*');
        push_int(out, cdna - cds.cdna_end);
    } else {
        push_int(out, cdna - cds.cdna_start + i32::from(cdna >= cds.cdna_start));
    }
    push_offset(out, offset);
}

fn push_offset(out: &mut Vec<u8>, offset: i32) {
    if offset > 0 {
        out.push(b'+');
    }
    if offset != 0 {
        push_int(out, offset);
    }
}

/// The cDNA position of the nearest exon base and the distance to it. If two bases are equally
/// near, the upstream one is used.
fn cdna_with_offset(transcript: &Transcript, pos: i32) -> (i32, i32) {
    let exons = &transcript.exons;
    let reverse = transcript.strand.is_reverse();
    let next = exons.partition_point(|e| if reverse { e.start > pos } else { e.end < pos });
    let Some(exon) = exons.get(next) else { return (transcript.len, 0) };
    let into = if reverse { exon.end - pos } else { pos - exon.start };
    if into >= 0 {
        return (exon.cdna_start + into, 0);
    }
    let down = -into;
    let Some(previous) = next.checked_sub(1).map(|n| &exons[n]) else { return (1, into) };
    let up = if reverse { previous.start - pos } else { pos - previous.end };
    if up <= down {
        (previous.cdna_start + previous.len() - 1, up)
    } else {
        (exon.cdna_start, -down)
    }
}
