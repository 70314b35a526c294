//! Builds the model of a transcript from its features: exons, coding sequence, genetic code, flags.

use super::genetic_code::named_code;
use super::gff::Feature;
use super::left_out::LeftOut;
use super::manifest::Contig;
use super::transcript_features::TranscriptFeatures;
use super::translation_exception::ExceptionProblem;
use crate::model::{Cds, CdsSegment, CodonTable, Exon, Gene, Strand, Transcript, TranscriptFlags};

/// An ID without the prefix by which Ensembl, WormBase and NCBI tell the types of features apart.
pub(super) fn stripped_id(id: &str) -> &str {
    let prefixes =
        ["gene:", "transcript:", "CDS:", "Gene:", "Transcript:", "gene-", "rna-", "cds-"];
    prefixes.iter().find_map(|prefix| id.strip_prefix(prefix)).unwrap_or(id)
}

/// Builds a gene. `sample` is any of its features and stands in for a missing gene feature.
pub(super) fn build_gene(key: &str, gene: Option<&Feature>, sample: &Feature) -> Gene {
    let from = gene.unwrap_or(sample);
    let id = from.attribute(&["gene_id"]).filter(|id| !id.is_empty());
    // The Name of another feature is not that of the gene.
    let names: &[&str] = match gene {
        Some(_) => &["gene_name", "Name", "gene", "gene_symbol"],
        None => &["gene_name", "gene", "gene_symbol", "Name"],
    };
    let symbol = from.attribute(names).unwrap_or_default();
    let biotype = from.attribute(&["biotype", "gene_biotype", "gene_type"]).unwrap_or_default();
    Gene {
        id: id.unwrap_or_else(|| stripped_id(key)).into(),
        symbol: symbol.into(),
        biotype: biotype.into(),
        start: from.start,
        end: from.end,
        strand: from.strand.unwrap_or(Strand::Forward),
    }
}

/// A contig, and what the file of gene models says of it.
#[derive(Clone, Copy)]
pub(super) struct GenomeContig<'a> {
    pub(super) contig: &'a Contig,
    pub(super) is_circular: bool,
    /// The genetic code of its coding sequences that name none.
    pub(super) usual_code: CodonTable,
}

/// Builds a transcript, and returns why translation exceptions of its coding sequence do not set a residue.
/// The caller fills in its gene. The error is the reason why it is unusable.
pub(super) fn build_transcript(
    key: &str,
    features: &TranscriptFeatures<'_>,
    gene: Option<&Feature>,
    GenomeContig { contig, is_circular, usual_code }: GenomeContig<'_>,
) -> Result<(Transcript, Vec<ExceptionProblem>), LeftOut> {
    let line = features.transcript;
    let strand = strand_of(features)?;
    if [&features.exons, &features.cds]
        .iter()
        .any(|parts| crosses_origin(parts, strand, contig, is_circular))
    {
        return Err(LeftOut::CrossesOrigin);
    }
    let exons = exon_regions(features, contig)?;
    let (start, end) = (exons[0].0, exons[exons.len() - 1].1);
    if end as u64 > contig.length {
        // The specification of GFF3 gives features across the origin an end beyond the last base.
        let wraps = is_circular && start as u64 <= contig.length;
        return Err(if wraps { LeftOut::CrossesOrigin } else { LeftOut::BeyondContig });
    }
    // The CDS of a pseudogene is where that of its parent gene was, and is not translated.
    let is_pseudogene =
        line.into_iter().chain(gene).chain(features.parts()).any(Feature::is_pseudogene);
    // Models cut out of a larger region may lack exons at the ends of a transcript.
    let (start, end) = line.map_or((start, end), |line| {
        (start.min(line.start), end.max(line.end).min(contig.length as i32))
    });
    let exons = number_exons(exons, strand);
    let len = exons.iter().map(Exon::len).sum();
    let flags = read_flags(features);
    let mut transcript = Transcript {
        id: transcript_id(key, features).into(),
        gene: 0,
        biotype: biotype_of(features, gene, is_pseudogene).into(),
        start,
        end,
        strand,
        exons,
        cds: None,
        flags,
        offset: 0,
        len,
    };
    let mut problems = Vec::new();
    if !is_pseudogene && let Some((cds, exceptions)) = build_cds(features, &transcript, usual_code)?
    {
        transcript.cds = Some(cds);
        problems = exceptions;
    }
    Ok((transcript, problems))
}

/// The exons. Without exon features, they are the coding sequence and the untranslated regions,
/// joined where they touch. Where a file has no untranslated regions, the line of the transcript says
/// how far its first and last exons reach.
fn exon_regions(
    features: &TranscriptFeatures<'_>,
    contig: &Contig,
) -> Result<Vec<(i32, i32)>, LeftOut> {
    if !features.exons.is_empty() {
        return Ok(merged(&features.exons, 0));
    }
    let parts: Vec<&Feature> = features.parts().collect();
    let mut exons = merged(&parts, MOST_SLIPPAGE_GAP);
    let (Some(first), Some(last)) = (exons.first().copied(), exons.last().copied()) else {
        let whole = features.transcript.ok_or(LeftOut::NoExons)?;
        return Ok(vec![(whole.start, whole.end)]);
    };
    // The line of a gene also spans regulatory regions, at least in prokaryotes.
    let line = features.transcript.filter(|line| !line.kind.contains("gene"));
    let Some(line) = line else { return Ok(exons) };
    let coding = || features.cds.iter().chain(&features.stop_codons);
    let coding_start = coding().map(|part| part.start).min().unwrap_or(first.0);
    let coding_end = coding().map(|part| part.end).max().unwrap_or(last.1);
    if !features.utrs.iter().any(|utr| utr.start < coding_start) {
        exons[0].0 = first.0.min(line.start);
    }
    let last = exons.len() - 1;
    if !features.utrs.iter().any(|utr| utr.end > coding_end) && line.end as u64 <= contig.length {
        exons[last].1 = exons[last].1.max(line.end);
    }
    Ok(exons)
}

/// Whether parts continue at the first base of a circular contig. In a file that does not declare the
/// contig as circular, the order of the parts on the forward strand shows it.
fn crosses_origin(parts: &[&Feature], strand: Strand, contig: &Contig, is_circular: bool) -> bool {
    let at_end = |part: &Feature| part.end as u64 == contig.length && part.start > 1;
    let at_start = |part: &Feature| part.start == 1 && (part.end as u64) < contig.length;
    let is_forward = strand == Strand::Forward;
    let mut pairs = parts.windows(2);
    if is_circular || contig.is_mitochondrial() {
        return parts.iter().any(|part| at_end(part)) && parts.iter().any(|part| at_start(part))
            || is_forward && pairs.any(|pair| pair[1].start < pair[0].start);
    }
    is_forward && pairs.any(|pair| at_end(pair[0]) && at_start(pair[1]))
}

/// The strand of the transcript's parts, which all must be on one strand.
fn strand_of(features: &TranscriptFeatures<'_>) -> Result<Strand, LeftOut> {
    let mut strands = features.parts().map(|part| part.strand);
    let own = features.transcript.map(|line| line.strand);
    let strand = strands.next().or(own).flatten().ok_or(LeftOut::NoStrand)?;
    if strands.all(|other| other == Some(strand)) { Ok(strand) } else { Err(LeftOut::BothStrands) }
}

fn transcript_id(key: &str, features: &TranscriptFeatures<'_>) -> String {
    let line = features.transcript;
    // NCBI writes such placeholders for the transcripts of prokaryotes.
    let is_placeholder =
        |id: &&str| id.starts_with("unassigned_transcript") || id.starts_with("unknown_transcript");
    if is_placeholder(&key) {
        return features.gene.unwrap_or(key).to_owned();
    }
    let id = line.and_then(|l| l.attribute(&["transcript_id"])).filter(|id| !id.is_empty());
    let id = id.unwrap_or_else(|| stripped_id(key));
    match line.and_then(|l| l.attribute(&["version", "transcript_version"])) {
        Some(version) if !id.contains('.') => format!("{id}.{version}"),
        _ => id.to_owned(),
    }
}

fn biotype_of(
    features: &TranscriptFeatures<'_>,
    gene: Option<&Feature>,
    is_pseudogene: bool,
) -> String {
    let (line, coding) = (features.transcript, !features.cds.is_empty());
    let attribute = |f: &Feature, names: &[&str]| {
        // NCBI's GTF has the type of the feature as the biotype of the transcript.
        f.attribute(names)
            .map(|name| if name == "mRNA" { "protein_coding" } else { name }.to_owned())
    };
    let named = |f: &Feature| attribute(f, &["biotype", "transcript_biotype", "transcript_type"]);
    let of_gene = |f: &Feature| attribute(f, &["biotype", "gene_biotype", "gene_type"]);
    let of_kind = |f: &Feature| match f.kind.as_str() {
        "mRNA" => Some("protein_coding".to_owned()),
        "transcript" | "primary_transcript" | "gene" => None,
        other => Some(other.to_owned()),
    };
    let of_part = |f: &Feature| attribute(f, &["transcript_biotype", "transcript_type"]);
    line.and_then(named)
        .or_else(|| features.parts().next().and_then(of_part))
        .or_else(|| line.and_then(of_kind))
        .or_else(|| gene.and_then(of_gene))
        .unwrap_or_else(|| {
            let biotype = match (is_pseudogene, coding) {
                (true, _) => "pseudogene",
                (false, true) => "protein_coding",
                (false, false) => "misc_RNA",
            };
            biotype.to_owned()
        })
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
    flags.other_bases = features.has_other_bases();
    // NCBI marks the incomplete ends of a CDS: `start_range=.,5` is its left end.
    let left = features.cds.iter().any(|part| part.attribute(&["start_range"]).is_some());
    let right = features.cds.iter().any(|part| part.attribute(&["end_range"]).is_some());
    let reverse = features.cds.first().is_some_and(|part| part.strand == Some(Strand::Reverse));
    let (start, end) = if reverse { (right, left) } else { (left, right) };
    flags.cds_start_nf |= start;
    flags.cds_end_nf |= end;
    flags
}

/// The most bases that ribosomal slippage leaves out. An intron is longer.
const MOST_SLIPPAGE_GAP: i32 = 2;

/// The regions of features, sorted and without overlaps. Regions are joined if at most `gap` bases lie
/// between them, as exons derived from CDS features require; exons as such are joined if they overlap.
fn merged(features: &[&Feature], gap: i32) -> Vec<(i32, i32)> {
    let reach = if gap > 0 { gap + 1 } else { 0 };
    let mut regions: Vec<(i32, i32)> = features.iter().map(|f| (f.start, f.end)).collect();
    regions.sort_unstable();
    let mut out: Vec<(i32, i32)> = Vec::with_capacity(regions.len());
    for (start, end) in regions {
        match out.last_mut() {
            Some(last) if start <= last.1.saturating_add(reach) => last.1 = last.1.max(end),
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
    usual_code: CodonTable,
) -> Result<Option<(Cds, Vec<ExceptionProblem>)>, LeftOut> {
    let mut parts: Vec<(i32, i32, u8)> =
        features.cds.iter().map(|f| (f.start, f.end, f.phase.unwrap_or(0))).collect();
    if parts.is_empty() {
        return Ok(None);
    }
    parts.sort_unstable();
    parts.dedup_by_key(|p| (p.0, p.1));
    join_stop_codons(&mut parts, &features.stop_codons);
    parts.sort_unstable();
    let overlap = |pair: &[(i32, i32, u8)]| pair[0].1 - pair[1].0 >= MOST_SLIPPAGE_GAP;
    if parts.windows(2).any(overlap) {
        return Err(LeftOut::OverlappingCds);
    }
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
    let cdna = |pos| transcript.cdna_position(pos).ok_or(LeftOut::CdsOutsideExons);
    for segment in &segments {
        let bases = (cdna(segment.end)? - cdna(segment.start)?).abs();
        if bases != segment.end - segment.start {
            return Err(LeftOut::CdsOutsideExons);
        }
    }
    for pair in segments.windows(2) {
        let (left, right) = match transcript.strand {
            Strand::Forward => (pair[0].end, pair[1].start),
            Strand::Reverse => (pair[0].start, pair[1].end),
        };
        if cdna(right)? - cdna(left)? > MOST_SLIPPAGE_GAP + 1 {
            return Err(LeftOut::CdsGap);
        }
    }
    let (cdna_start, cdna_end) = (cdna(ends.0)?, cdna(ends.1)?);
    let table = codon_table(features, usual_code)?;
    let mut cds = Cds {
        segments,
        cdna_start,
        cdna_end,
        start_phase: (3 - skip) % 3,
        skip,
        table,
        recoded: Vec::new(),
        stop_from_poly_a: table == CodonTable::VertebrateMitochondrial,
        offset: 0,
        len: cds_start - 1,
        protein_id: features.cds.iter().find_map(|f| f.attribute(&["protein_id"])).map(Into::into),
    };
    let problems = recode(features, transcript.strand, &mut cds);
    Ok(Some((cds, problems)))
}

/// Adds the stop codon to the CDS, which does not include it in GTF and in some GFF3. An intron may
/// split it.
fn join_stop_codons(parts: &mut Vec<(i32, i32, u8)>, stop_codons: &[&Feature]) {
    for stop in stop_codons {
        let touches =
            |part: &&mut (i32, i32, u8)| stop.start - 1 <= part.1 && part.0 - 1 <= stop.end;
        match parts.iter_mut().find(touches) {
            Some(part) => (part.0, part.1) = (part.0.min(stop.start), part.1.max(stop.end)),
            None => parts.push((stop.start, stop.end, 0)),
        }
    }
}

fn codon_table(
    features: &TranscriptFeatures<'_>,
    usual_code: CodonTable,
) -> Result<CodonTable, LeftOut> {
    match named_code(features) {
        Some(named) => {
            let known = named.trim().parse().ok().and_then(CodonTable::from_number);
            known.ok_or(LeftOut::UnknownGeneticCode)
        }
        None => Ok(usual_code),
    }
}

/// Sets the codons that the genetic code does not translate. Returns why some are not set.
fn recode(
    features: &TranscriptFeatures<'_>,
    strand: Strand,
    cds: &mut Cds,
) -> Vec<ExceptionProblem> {
    let exceptions = features.exceptions.iter();
    let problems = exceptions.filter_map(|exception| exception.apply(cds, strand).err()).collect();
    cds.recoded.sort_unstable_by_key(|codon| codon.number);
    cds.recoded.dedup_by_key(|codon| codon.number);
    problems
}
