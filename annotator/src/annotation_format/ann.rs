//! INFO/ANN as SnpEff writes it
//! (<https://pcingola.github.io/SnpEff/adds/VCFannotationformat_v1.0.pdf>).

use super::{Entry, SiteEntry};
use crate::consequence::{Numbers, SoTerm};
use crate::model::Gene;
use crate::text::{push_allele, push_escaped, push_int};

/// The fields, as the standard spells them.
pub(crate) const ANN_FIELDS: &str = "Allele | Annotation | Annotation_Impact | Gene_Name | Gene_ID | \
Feature_Type | Feature_ID | Transcript_BioType | Rank | HGVS.c | HGVS.p | cDNA.pos / cDNA.length | \
CDS.pos / CDS.length | AA.pos / AA.length | Distance | ERRORS / WARNINGS / INFO";

/// Appends the entry of an allele and a transcript.
pub(crate) fn write_ann(out: &mut Vec<u8>, entry: &Entry<'_>) {
    let Entry { gene, transcript, consequence, hgvs, .. } = entry;
    push_allele(out, entry.record_allele);
    out.push(b'|');
    consequence.terms.write(out);
    out.push(b'|');
    out.extend_from_slice(consequence.terms.impact().as_str().as_bytes());
    out.push(b'|');
    push_gene(out, gene);
    out.extend_from_slice(b"|transcript|");
    push_escaped(out, transcript.id.as_bytes());
    out.push(b'|');
    push_escaped(out, transcript.biotype.as_bytes());
    out.push(b'|');
    if let Some(distance) = consequence.distance {
        out.push(b'|');
        push_description(out, &hgvs.coding);
        out.extend_from_slice(b"|||||");
        push_int(out, distance);
        out.push(b'|');
        write_messages(out, entry);
        return;
    }
    let location = &consequence.location;
    let intronic = consequence.terms.contains(SoTerm::Intron) || location.exon_numbers.is_none();
    let rank = if intronic { location.intron_numbers } else { location.exon_numbers };
    push_rank(out, rank);
    out.push(b'|');
    push_description(out, &hgvs.coding);
    out.push(b'|');
    push_description(out, &hgvs.protein);
    out.push(b'|');
    push_position(out, location.cdna.start, transcript.len);
    out.push(b'|');
    let length = transcript.cds.as_ref().map_or(0, |c| c.len + i32::from(c.start_phase));
    push_position(out, location.cds.start, length);
    out.push(b'|');
    push_position(out, location.cds.start.map(|p| (p + 2) / 3), length / 3);
    out.extend_from_slice(b"||");
    write_messages(out, entry);
}

/// Appends the entry of an allele without a transcript.
pub(crate) fn write_ann_site(out: &mut Vec<u8>, entry: &SiteEntry<'_>) {
    push_allele(out, entry.record_allele);
    out.push(b'|');
    out.extend_from_slice(entry.term.as_str().as_bytes());
    out.push(b'|');
    out.extend_from_slice(entry.term.impact().as_str().as_bytes());
    out.push(b'|');
    match entry.nearest {
        Some((gene, _)) => push_gene(out, gene),
        None => out.push(b'|'),
    }
    let feature: &[u8] = if entry.term == SoTerm::Intergenic { b"intergenic_region" } else { b"" };
    out.push(b'|');
    out.extend_from_slice(feature);
    out.extend_from_slice(b"|||||||||");
    if let Some((_, distance)) = entry.nearest {
        push_int(out, distance);
    }
    out.push(b'|');
    write_pick(out, entry.is_picked);
}

/// Appends what the last field says of a transcript. Messages are separated by `&`.
fn write_messages(out: &mut Vec<u8>, entry: &Entry<'_>) {
    write_pick(out, entry.is_picked);
    if entry.transcript.flags.other_bases {
        let message: &[u8] = b"&INFO_RSEQ_MRNA_NONMATCH";
        out.extend_from_slice(&message[usize::from(!entry.is_picked)..]);
    }
}

/// Appends the mark of the picked annotation to the last field. The standard has no field for it, and
/// calls the messages of that field `INFO_…`.
fn write_pick(out: &mut Vec<u8>, is_picked: bool) {
    if is_picked {
        out.extend_from_slice(b"INFO_PICK");
    }
}

fn push_gene(out: &mut Vec<u8>, gene: &Gene) {
    push_escaped(out, gene.symbol.as_bytes());
    out.push(b'|');
    push_escaped(out, gene.id.as_bytes());
}

fn push_rank(out: &mut Vec<u8>, numbers: Option<Numbers>) {
    let Some(Numbers { first, total, .. }) = numbers else { return };
    push_int(out, first as i32);
    out.push(b'/');
    push_int(out, total as i32);
}

/// Appends HGVS without its reference sequence: ANN has the transcript in a field of its own.
fn push_description(out: &mut Vec<u8>, text: &[u8]) {
    let bare = text.iter().rposition(|b| *b == b':').map_or(text, |colon| &text[colon + 1..]);
    push_escaped(out, bare);
}

fn push_position(out: &mut Vec<u8>, position: Option<i32>, length: i32) {
    let Some(position) = position else { return };
    push_int(out, position);
    out.push(b'/');
    push_int(out, length);
}
