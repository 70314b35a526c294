//! Builds the model of a transcript from its features: exons, coding sequence, genetic code, flags.

use super::gff::Feature;
use super::group::TranscriptFeatures;
use super::manifest::Contig;
use crate::contig_names::is_mitochondrial;
use crate::model::{Cds, CdsSegment, CodonTable, Exon, Gene, Strand, Transcript, TranscriptFlags};

fn stripped_id(id: &str) -> &str {
    let id = id.strip_prefix("gene:").or(id.strip_prefix("transcript:")).unwrap_or(id);
    id.strip_prefix("rna-").or(id.strip_prefix("gene-")).unwrap_or(id)
}

/// Builds a gene. `sample` is any of its features and stands in for a missing gene feature.
pub(super) fn build_gene(key: &str, gene: Option<&Feature>, sample: &Feature) -> Gene {
    let from = gene.unwrap_or(sample);
    let id = from.attribute(&["gene_id"]).unwrap_or_else(|| stripped_id(key));
    let symbol = from.attribute(&["gene_name", "Name", "gene", "gene_symbol"]).unwrap_or_default();
    let biotype = from.attribute(&["biotype", "gene_biotype", "gene_type"]).unwrap_or_default();
    Gene {
        id: id.into(),
        symbol: symbol.into(),
        biotype: biotype.into(),
        start: from.start,
        end: from.end,
        strand: from.strand,
    }
}

/// Builds a transcript; the caller fills in its gene. The error is the reason why it is unusable.
pub(super) fn build_transcript(
    key: &str,
    features: &TranscriptFeatures<'_>,
    gene: Option<&Feature>,
    contig: &Contig,
) -> Result<Transcript, String> {
    let line = features.transcript;
    let mut exons = merged(
        if features.exons.is_empty() { &features.cds } else { &features.exons },
        features.exons.is_empty(),
    );
    if exons.is_empty() {
        let whole = line.ok_or("neither exons nor CDS")?;
        exons.push((whole.start, whole.end));
    }
    let strand = features
        .exons
        .first()
        .or(features.cds.first())
        .copied()
        .or(line)
        .map_or(Strand::Forward, |f| f.strand);
    let (start, end) = (exons[0].0, exons[exons.len() - 1].1);
    if end as u64 > contig.length {
        return Err(format!(
            "ends at {end}, beyond the {} bases of {}",
            contig.length, contig.name
        ));
    }
    // Models cut out of a larger region may lack exons at the ends of a transcript.
    let (start, end) = line.map_or((start, end), |line| {
        (start.min(line.start), end.max(line.end).min(contig.length as i32))
    });
    let exons = number_exons(exons, strand);
    let len = exons.iter().map(Exon::len).sum();
    let flags = read_flags(features);
    let mut transcript = Transcript {
        id: transcript_id(key, line).into(),
        gene: 0,
        biotype: biotype_of(line, gene, !features.cds.is_empty()).into(),
        start,
        end,
        strand,
        exons,
        cds: None,
        flags,
        offset: 0,
        len,
    };
    transcript.cds = build_cds(features, &transcript, contig)?;
    Ok(transcript)
}

fn transcript_id(key: &str, line: Option<&Feature>) -> String {
    let id = line.and_then(|l| l.attribute(&["transcript_id"])).unwrap_or_else(|| stripped_id(key));
    match line.and_then(|l| l.attribute(&["version", "transcript_version"])) {
        Some(version) if !id.contains('.') => format!("{id}.{version}"),
        _ => id.to_owned(),
    }
}

fn biotype_of(line: Option<&Feature>, gene: Option<&Feature>, coding: bool) -> String {
    let named = |f: &Feature| {
        f.attribute(&["biotype", "transcript_biotype", "transcript_type"]).map(str::to_owned)
    };
    let of_gene =
        |f: &Feature| f.attribute(&["biotype", "gene_biotype", "gene_type"]).map(str::to_owned);
    let of_kind = |f: &Feature| match f.kind.as_str() {
        "mRNA" => Some("protein_coding".to_owned()),
        "transcript" | "primary_transcript" | "gene" => None,
        other => Some(other.to_owned()),
    };
    line.and_then(named)
        .or_else(|| line.and_then(of_kind))
        .or_else(|| gene.and_then(of_gene))
        .unwrap_or_else(|| if coding { "protein_coding" } else { "misc_RNA" }.to_owned())
}

fn read_flags(features: &TranscriptFeatures<'_>) -> TranscriptFlags {
    let lines = features.transcript.into_iter().chain(features.exons.first().copied());
    let mut flags = TranscriptFlags::default();
    for line in lines {
        flags.canonical |=
            line.has_tag("Ensembl_canonical") || line.attribute(&["is_canonical"]) == Some("1");
        flags.mane_select |= line.has_tag("MANE_Select") || line.has_tag("MANE Select");
        flags.mane_plus |= line.has_tag("MANE_Plus_Clinical") || line.has_tag("MANE Plus Clinical");
        flags.cds_start_nf |= line.has_tag("cds_start_NF");
        flags.cds_end_nf |= line.has_tag("cds_end_NF");
    }
    flags
}

/// The regions of features, sorted and without overlaps. With `join_adjacent`, adjacent regions
/// become one, as exons derived from CDS features require.
fn merged(features: &[&Feature], join_adjacent: bool) -> Vec<(i32, i32)> {
    let mut regions: Vec<(i32, i32)> = features.iter().map(|f| (f.start, f.end)).collect();
    regions.sort_unstable();
    let mut out: Vec<(i32, i32)> = Vec::with_capacity(regions.len());
    for (start, end) in regions {
        match out.last_mut() {
            Some(last) if start <= last.1 || (join_adjacent && start == last.1 + 1) => {
                last.1 = last.1.max(end)
            }
            _ => out.push((start, end)),
        }
    }
    out
}

fn number_exons(mut regions: Vec<(i32, i32)>, strand: Strand) -> Vec<Exon> {
    if strand.is_reverse() {
        regions.reverse();
    }
    let mut cdna_start = 1;
    let number = |(start, end)| {
        let exon = Exon { start, end, cdna_start };
        cdna_start += exon.len();
        exon
    };
    regions.into_iter().map(number).collect()
}

fn build_cds(
    features: &TranscriptFeatures<'_>,
    transcript: &Transcript,
    contig: &Contig,
) -> Result<Option<Cds>, String> {
    let mut parts: Vec<(i32, i32, u8)> =
        features.cds.iter().map(|f| (f.start, f.end, f.phase)).collect();
    if parts.is_empty() {
        return Ok(None);
    }
    parts.sort_unstable();
    parts.dedup_by_key(|p| (p.0, p.1));
    join_stop_codons(&mut parts, features);
    if transcript.strand.is_reverse() {
        parts.reverse();
    }
    let skip = parts[0].2;
    let mut cds_start = 1;
    let mut segments = Vec::with_capacity(parts.len());
    for (start, end, _) in parts {
        segments.push(CdsSegment { start, end, cds_start });
        cds_start += end - start + 1;
    }
    let (first, last) = (segments[0], segments[segments.len() - 1]);
    let ends = match transcript.strand {
        Strand::Forward => (first.start, last.end),
        Strand::Reverse => (first.end, last.start),
    };
    let cdna = |pos| transcript.cdna_position(pos).ok_or("the CDS is outside the exons");
    let (cdna_start, cdna_end) = (cdna(ends.0)?, cdna(ends.1)?);
    let mut cds = Cds {
        segments,
        cdna_start,
        cdna_end,
        start_phase: (3 - skip) % 3,
        skip,
        table: codon_table(features, contig),
        selenocysteines: Vec::new(),
        offset: 0,
        len: cds_start - 1,
        protein_id: features.cds.iter().find_map(|f| f.attribute(&["protein_id"])).map(Into::into),
    };
    cds.selenocysteines = selenocysteines(features, transcript, &cds);
    Ok(Some(cds))
}

/// Extends each CDS feature by the GTF stop codon that it touches.
fn join_stop_codons(parts: &mut Vec<(i32, i32, u8)>, features: &TranscriptFeatures<'_>) {
    if !features.cds.iter().any(|f| f.kind == "stop_codon") {
        return;
    }
    let reverse = features.cds[0].strand.is_reverse();
    let mut out: Vec<(i32, i32, u8)> = Vec::new();
    for (start, end, phase) in parts.drain(..) {
        match out.last_mut() {
            Some(last) if start == last.1 + 1 => {
                last.1 = end;
                last.2 = if reverse { phase } else { last.2 };
            }
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => out.push((start, end, phase)),
        }
    }
    *parts = out;
}

fn codon_table(features: &TranscriptFeatures<'_>, contig: &Contig) -> CodonTable {
    let named = features.cds.iter().find_map(|f| f.attribute(&["transl_table"]));
    let standard = if is_mitochondrial(&contig.name) {
        CodonTable::VertebrateMitochondrial
    } else {
        CodonTable::Standard
    };
    named.and_then(|n| n.parse().ok()).and_then(CodonTable::from_number).unwrap_or(standard)
}

fn selenocysteines(
    features: &TranscriptFeatures<'_>,
    transcript: &Transcript,
    cds: &Cds,
) -> Vec<i32> {
    let codon = |(start, end): &(i32, i32)| {
        let first = if transcript.strand.is_reverse() { *end } else { *start };
        let offset = transcript.cdna_position(first)? - cds.cdna_start + i32::from(cds.start_phase);
        Some(offset / 3)
    };
    let mut codons: Vec<i32> = features.selenocysteines.iter().filter_map(codon).collect();
    codons.sort_unstable();
    codons.dedup();
    codons
}
