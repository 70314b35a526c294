//! Genomic and transcript descriptions (`g.`, `c.` and `n.`).

use super::shift::Shifted;
use crate::consequence::coding::is_plain_dna;
use crate::model::{Strand, Transcript, complement};
use crate::reference::ContigView;
use crate::text::push_int;
use crate::variant::Allele;

/// Appends the genomic description, `20:g.…`.
pub(super) fn describe_genomic(
    out: &mut Vec<u8>,
    contig: &ContigView<'_>,
    allele: &Allele<'_>,
    shifted: Shifted,
) {
    if !is_plain_dna(allele.alt) || !is_plain_dna(allele.reference) {
        return;
    }
    out.extend_from_slice(contig.name.as_bytes());
    out.extend_from_slice(b":g.");
    shifted.with_allele(contig, allele, |moved| {
        write_change(out, contig, moved, Strand::Forward, push_int);
    });
}

/// Appends the transcript description, `ENST…:c.…` or `ENST…:n.…`, unless an end of the allele lies
/// outside the transcript.
pub(super) fn describe_transcript(
    out: &mut Vec<u8>,
    contig: &ContigView<'_>,
    transcript: &Transcript,
    allele: &Allele<'_>,
    shifted: Shifted,
) {
    let inside = |pos: i32| (transcript.start..=transcript.end).contains(&pos);
    let moved_end = match transcript.strand {
        Strand::Forward => allele.end + shifted.delta,
        Strand::Reverse => allele.start + shifted.delta,
    };
    if !inside(allele.start) || !inside(allele.end) || !inside(moved_end) {
        return;
    }
    if !is_plain_dna(allele.alt) || !is_plain_dna(allele.reference) {
        return;
    }
    out.extend_from_slice(transcript.id.as_bytes());
    out.extend_from_slice(if transcript.cds.is_some() { b":c." } else { b":n." });
    shifted.with_allele(contig, allele, |moved| {
        write_change(out, contig, moved, transcript.strand, |out, pos| {
            write_position(out, transcript, pos);
        });
    });
}

/// Appends positions and change. `position` writes a genomic position in the coordinate system of
/// the description.
fn write_change(
    out: &mut Vec<u8>,
    contig: &ContigView<'_>,
    allele: &Allele<'_>,
    strand: Strand,
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
    if reference.len() == 1 && alt.len() == 1 {
        position(out, allele.start);
        write_bases(out, reference, strand);
        out.push(b'>');
        write_bases(out, alt, strand);
        return;
    }
    if reference.is_empty() {
        if let Some((low, high)) = duplicated(contig, allele, strand) {
            range(out, low, high);
            out.extend_from_slice(b"dup");
            return;
        }
        range(out, allele.end, allele.start);
        out.extend_from_slice(b"ins");
        write_bases(out, alt, strand);
        return;
    }
    let inverted = reference.len() == alt.len() && is_inversion(reference, alt);
    let (head, tail) = shared_ends(reference, alt, strand);
    let (low, high) = (allele.start + head as i32, allele.end - tail as i32);
    let rest = &alt[head..alt.len() - tail];
    if low > high {
        range(out, high, low);
        out.extend_from_slice(b"ins");
        write_bases(out, rest, strand);
        return;
    }
    range(out, low, high);
    if inverted {
        out.extend_from_slice(b"inv");
    } else if rest.is_empty() {
        out.extend_from_slice(b"del");
    } else {
        out.extend_from_slice(b"delins");
        write_bases(out, rest, strand);
    }
}

/// The positions of the bases before an insertion (in reading direction), if they equal the
/// inserted bases.
fn duplicated(contig: &ContigView<'_>, allele: &Allele<'_>, strand: Strand) -> Option<(i32, i32)> {
    let length = allele.alt.len() as i32;
    let (low, high) = match strand {
        Strand::Forward => (allele.end - length + 1, allele.end),
        Strand::Reverse => (allele.start, allele.start + length - 1),
    };
    contig
        .bases(low, high)
        .filter(|bases| bases.eq_ignore_ascii_case(allele.alt))
        .map(|_| (low, high))
}

/// Number of bases that both alleles share at their low and high genomic end. The end that is read
/// first takes precedence.
fn shared_ends(reference: &[u8], alt: &[u8], strand: Strand) -> (usize, usize) {
    let from_start =
        |a: &[u8], b: &[u8]| a.iter().zip(b).take_while(|(x, y)| x.eq_ignore_ascii_case(y)).count();
    let from_end = |a: &[u8], b: &[u8]| {
        a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x.eq_ignore_ascii_case(y)).count()
    };
    match strand {
        Strand::Forward => {
            let head = from_start(reference, alt);
            (head, from_end(&reference[head..], &alt[head..]))
        }
        Strand::Reverse => {
            let tail = from_end(reference, alt);
            (from_start(&reference[..reference.len() - tail], &alt[..alt.len() - tail]), tail)
        }
    }
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
    } else if cdna == cds.cdna_end && offset != 0 {
        // VEP numbers an intron directly after the stop codon from the stop codon.
        out.push(b'*');
        push_int(out, offset);
        return;
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
