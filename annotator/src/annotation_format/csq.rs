//! INFO/CSQ as Ensembl VEP writes it
//! (<https://www.ensembl.org/info/docs/tools/vep/vep_formats.html>), with fields of our own and
//! those of tracks and sources at the end.

use super::{Entry, OptionalFields, PROMOTER_BASES, SiteEntry};
use crate::colocated::{SourceSet, csq_fields};
use crate::consequence::coding::Codons;
use crate::consequence::{Numbers, SoTerm, Span};
use crate::text::{push_escaped, push_int};

/// The fields before those of tracks and sources, with all [`OptionalFields`].
pub(super) const FIELDS: &str = "Allele|Consequence|IMPACT|SYMBOL|Gene|Feature_type|Feature|BIOTYPE|\
EXON|INTRON|HGVSc|HGVSp|cDNA_position|CDS_position|Protein_position|Amino_acids|Codons|\
Existing_variation|DISTANCE|STRAND|FLAGS|PICK|CANONICAL|MANE|HGVS_OFFSET|HGVSg|PROMOTER|NEAREST|\
NEAREST_DISTANCE";

/// All fields that are written, separated by `|`.
pub(super) fn fields(optional: OptionalFields, sources: &SourceSet) -> String {
    let is_written = |name: &&str| match *name {
        "HGVSc" | "HGVSp" | "HGVS_OFFSET" | "HGVSg" => optional.hgvs,
        "PICK" => optional.pick,
        _ => true,
    };
    let names = FIELDS.split('|').filter(is_written);
    names.chain(csq_fields(sources)).collect::<Vec<_>>().join("|")
}

/// Appends the entry of an allele and a transcript.
pub(crate) fn write_csq(out: &mut Vec<u8>, entry: &Entry<'_>) {
    let Entry { gene, transcript, consequence, .. } = entry;
    out.extend_from_slice(entry.allele);
    out.push(b'|');
    consequence.terms.write(out);
    out.push(b'|');
    out.extend_from_slice(consequence.terms.impact().as_str().as_bytes());
    out.push(b'|');
    push_escaped(out, gene.symbol.as_bytes());
    out.push(b'|');
    push_escaped(out, gene.id.as_bytes());
    out.extend_from_slice(b"|Transcript|");
    push_escaped(out, transcript.id.as_bytes());
    out.push(b'|');
    push_escaped(out, transcript.biotype.as_bytes());
    out.push(b'|');
    let optional = entry.optional;
    if consequence.distance.is_some() {
        out.extend_from_slice(b"||");
        if optional.hgvs {
            push_escaped(out, &entry.hgvs.coding);
            out.extend_from_slice(b"||");
        }
        out.extend_from_slice(b"||||");
    } else {
        write_inside(out, entry);
    }
    out.push(b'|');
    out.extend_from_slice(entry.colocated.identifiers());
    out.push(b'|');
    if let Some(distance) = consequence.distance {
        push_int(out, distance);
    }
    out.push(b'|');
    out.extend_from_slice(transcript.strand.as_str().as_bytes());
    out.push(b'|');
    write_flags(out, entry);
    out.push(b'|');
    if optional.hgvs {
        if entry.hgvs.offset != 0 && !entry.hgvs.coding.is_empty() {
            push_int(out, entry.hgvs.offset);
        }
        out.push(b'|');
        out.extend_from_slice(&entry.hgvs.genomic);
        out.push(b'|');
    }
    if consequence.terms.contains(SoTerm::Upstream)
        && consequence.distance.is_some_and(|d| d <= PROMOTER_BASES)
    {
        out.push(b'1');
    }
    out.extend_from_slice(b"|||");
    entry.colocated.write_csq(out);
}

/// Appends the entry of an allele without a transcript.
pub(crate) fn write_csq_site(out: &mut Vec<u8>, entry: &SiteEntry<'_>) {
    let SiteEntry { optional, colocated, nearest, .. } = *entry;
    out.extend_from_slice(entry.allele);
    out.push(b'|');
    out.extend_from_slice(entry.term.as_str().as_bytes());
    out.push(b'|');
    out.extend_from_slice(entry.term.impact().as_str().as_bytes());
    out.extend_from_slice(b"|||||||||||||");
    if optional.hgvs {
        out.extend_from_slice(b"||");
    }
    out.extend_from_slice(colocated.identifiers());
    out.extend_from_slice(b"||||");
    if optional.pick {
        out.extend_from_slice(if entry.is_picked { b"1|" } else { b"|" });
    }
    out.extend_from_slice(b"||");
    if optional.hgvs {
        out.push(b'|');
        out.extend_from_slice(&entry.hgvs.genomic);
        out.push(b'|');
    }
    out.push(b'|');
    if let Some((gene, distance)) = nearest {
        push_escaped(out, if gene.symbol.is_empty() { &gene.id } else { &gene.symbol }.as_bytes());
        out.push(b'|');
        push_int(out, distance);
    } else {
        out.push(b'|');
    }
    out.push(b'|');
    colocated.write_csq(out);
}

/// Appends the fields from EXON to Codons.
fn write_inside(out: &mut Vec<u8>, entry: &Entry<'_>) {
    let Entry { consequence, hgvs, .. } = entry;
    let location = &consequence.location;
    write_numbers(out, location.exon_numbers);
    out.push(b'|');
    write_numbers(out, location.intron_numbers);
    out.push(b'|');
    if entry.optional.hgvs {
        push_escaped(out, &hgvs.coding);
        out.push(b'|');
        push_escaped(out, &hgvs.protein);
        out.push(b'|');
    }
    write_span(out, location.cdna);
    out.push(b'|');
    write_span(out, location.cds);
    out.push(b'|');
    let residue = |p: Option<i32>| p.map(|p| (p + 2) / 3);
    write_span(out, Span { start: residue(location.cds.start), end: residue(location.cds.end) });
    out.push(b'|');
    write_peptides(out, &consequence.codons);
    out.push(b'|');
    write_codons(out, &consequence.codons, location.cds.start);
}

fn write_numbers(out: &mut Vec<u8>, numbers: Option<Numbers>) {
    let Some(Numbers { first, last, total }) = numbers else { return };
    push_int(out, first as i32);
    if last != first {
        out.push(b'-');
        push_int(out, last as i32);
    }
    out.push(b'/');
    push_int(out, total as i32);
}

fn write_span(out: &mut Vec<u8>, span: Span) {
    let (mut low, mut high) = (span.start, span.end);
    if low.is_none() && high.is_none() {
        return;
    }
    if let (Some(start), Some(end)) = (low, high)
        && start > end
    {
        (low, high) = (high, low);
    }
    let number = |out: &mut Vec<u8>, n: Option<i32>| match n {
        Some(n) => push_int(out, n),
        None => out.push(b'?'),
    };
    number(out, low);
    if low != high {
        out.push(b'-');
        number(out, high);
    }
}

fn write_peptides(out: &mut Vec<u8>, codons: &Codons) {
    if !codons.peptides_known {
        return;
    }
    let shown = |out: &mut Vec<u8>, peptide: &[u8]| {
        out.extend_from_slice(if peptide.is_empty() { b"-" } else { peptide });
    };
    shown(out, &codons.reference_peptide);
    if codons.reference_peptide != codons.alt_peptide {
        out.push(b'/');
        shown(out, &codons.alt_peptide);
    }
}

/// Appends the codons before and after, with the changed bases in upper case and the others in
/// lower case.
fn write_codons(out: &mut Vec<u8>, codons: &Codons, cds_start: Option<i32>) {
    let (true, Some(cds_start)) = (codons.known, cds_start) else { return };
    let offset = ((cds_start - 1) % 3) as usize;
    let shared = codons.reference.len() + codons.alt_bases.len();
    let removed = shared.saturating_sub(codons.alt.len());
    write_codon(out, &codons.reference, offset, removed);
    out.push(b'/');
    write_codon(out, &codons.alt, offset, codons.alt_bases.len());
}

fn write_codon(out: &mut Vec<u8>, codon: &[u8], offset: usize, changed: usize) {
    if codon.is_empty() {
        out.push(b'-');
    }
    let upper = offset..offset + changed;
    for (n, base) in codon.iter().enumerate() {
        out.push(if upper.contains(&n) { *base } else { base.to_ascii_lowercase() });
    }
}

fn write_flags(out: &mut Vec<u8>, entry: &Entry<'_>) {
    let flags = entry.transcript.flags;
    let words = [
        (flags.cds_start_nf, "cds_start_NF"),
        (flags.cds_end_nf, "cds_end_NF"),
        // VEP's word for it, in its field REFSEQ_MATCH.
        (flags.other_bases, "rseq_mrna_nonmatch"),
    ];
    write_joined(out, &words);
    out.push(b'|');
    if entry.optional.pick {
        out.extend_from_slice(if entry.is_picked { b"1|" } else { b"|" });
    }
    if flags.canonical {
        out.extend_from_slice(b"YES");
    }
    out.push(b'|');
    write_joined(out, &[(flags.mane_select, "Select"), (flags.mane_plus, "Plus_Clinical")]);
}

fn write_joined(out: &mut Vec<u8>, words: &[(bool, &str)]) {
    let mut first = true;
    for (_, word) in words.iter().filter(|(holds, _)| *holds) {
        if !first {
            out.push(b'&');
        }
        out.extend_from_slice(word.as_bytes());
        first = false;
    }
}
