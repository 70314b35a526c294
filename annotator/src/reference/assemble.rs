//! Features into genes and transcripts.

use super::contigs::{ContigNames, is_mitochondrial};
use super::gff::{Feature, Features};
use super::manifest::Contig;
use crate::model::{
    Cds, CdsSegment, CodonTable, ContigModel, Exon, Flags, Gene, Strand, Transcript,
};
use std::collections::{HashMap, HashSet};

/// Models by contig number, and what was left out.
#[derive(Debug, Default)]
pub struct Assembled {
    /// Models in the order of the contigs.
    pub models: Vec<ContigModel>,
    /// What was left out and why.
    pub notes: Vec<String>,
}

#[derive(Default)]
struct Draft<'a> {
    line: Option<&'a Feature>,
    gene_key: Option<String>,
    exons: Vec<&'a Feature>,
    cds: Vec<&'a Feature>,
    selenocysteines: Vec<(i32, i32)>,
}

/// Builds the models. Features on contigs without sequence are left out and counted.
pub fn assemble(found: &Features, contigs: &[Contig]) -> Assembled {
    let names = ContigNames::new(contigs.iter().map(|c| c.name.as_str()));
    let mut out = Assembled {
        models: contigs.iter().map(|_| ContigModel::default()).collect(),
        notes: Vec::new(),
    };
    let (genes, order, drafts) = collect(found);
    let mut gene_numbers: HashMap<(u32, String), u32> = HashMap::new();
    let mut without_sequence: HashSet<&str> = HashSet::new();
    for key in order {
        let draft = &drafts[&key];
        let Some(sample) =
            draft.line.or(draft.exons.first().copied()).or(draft.cds.first().copied())
        else {
            continue;
        };
        let Some(number) = names.resolve(sample.contig.as_bytes()) else {
            without_sequence.insert(&sample.contig);
            continue;
        };
        let contig = &contigs[number as usize];
        let gene_key = draft.gene_key.clone().unwrap_or_else(|| key.clone());
        let gene_line = genes.get(gene_key.as_str()).copied();
        let built = build_transcript(&key, draft, gene_line, contig);
        let mut transcript = match built {
            Ok(transcript) => transcript,
            Err(reason) => {
                out.notes.push(format!("transcript {key}: {reason}"));
                continue;
            }
        };
        let model = &mut out.models[number as usize];
        let gene = *gene_numbers.entry((number, gene_key.clone())).or_insert_with(|| {
            model.genes.push(build_gene(&gene_key, gene_line, sample));
            model.genes.len() as u32 - 1
        });
        let whole = &mut model.genes[gene as usize];
        whole.start = whole.start.min(transcript.start);
        whole.end = whole.end.max(transcript.end);
        transcript.gene = gene;
        model.transcripts.push(transcript);
    }
    for model in &mut out.models {
        sort_model(model);
    }
    let mut missing: Vec<&str> = without_sequence.into_iter().collect();
    missing.sort_unstable();
    if !missing.is_empty() {
        out.notes.push(format!(
            "no sequence for contigs {}; their models are left out",
            missing.join(", ")
        ));
    }
    out
}

type Collected<'a> = (HashMap<String, &'a Feature>, Vec<String>, HashMap<String, Draft<'a>>);

/// Sorts lines into genes and transcript drafts, in order of first mention.
fn collect(found: &Features) -> Collected<'_> {
    let mut genes: HashMap<String, &Feature> = HashMap::new();
    let mut order = Vec::new();
    let mut drafts: HashMap<String, Draft<'_>> = HashMap::new();
    for feature in &found.features {
        let (id, parents) = identity(feature, found.is_gtf);
        let part = matches!(
            feature.kind.as_str(),
            "exon"
                | "CDS"
                | "stop_codon"
                | "stop_codon_redefined_as_selenocysteine"
                | "Selenocysteine"
        );
        if part {
            for parent in parents {
                let draft = drafts.entry(parent.clone()).or_insert_with(|| {
                    order.push(parent.clone());
                    Draft::default()
                });
                add_part(draft, feature, found.is_gtf);
            }
        } else if let (Some(id), Some(parent)) = (&id, parents.first())
            && is_transcript(&feature.kind)
        {
            let draft = drafts.entry(id.clone()).or_insert_with(|| {
                order.push(id.clone());
                Draft::default()
            });
            draft.line = Some(feature);
            draft.gene_key = Some(parent.clone());
        } else if let Some(id) = id
            && (parents.is_empty() || feature.kind.contains("gene"))
        {
            genes.entry(id).or_insert(feature);
        }
    }
    // A part may name a gene as its parent (bacteria); a transcript may have no gene above it.
    for (key, draft) in &mut drafts {
        if draft.line.is_none() && draft.gene_key.is_none() {
            draft.line = genes.get(key).copied();
            draft.gene_key = Some(key.clone());
            if found.is_gtf {
                let part = draft.exons.first().or(draft.cds.first());
                draft.gene_key =
                    part.and_then(|p| p.attribute(&["gene_id"])).map(|g| format!("gene:{g}"));
            }
        }
    }
    (genes, order, drafts)
}

fn is_transcript(kind: &str) -> bool {
    let lower = kind.to_ascii_lowercase();
    !matches!(
        lower.as_str(),
        "five_prime_utr" | "three_prime_utr" | "utr" | "start_codon" | "intron"
    ) && (lower.ends_with("rna")
        || lower.contains("transcript")
        || lower.contains("_segment")
        || lower == "pseudogene"
        || lower == "primary_transcript")
}

/// The feature's own key and its parents' keys.
fn identity(feature: &Feature, is_gtf: bool) -> (Option<String>, Vec<String>) {
    if !is_gtf {
        let id = feature.attribute(&["ID"]).map(str::to_owned);
        let parents = feature.attribute(&["Parent"]).map_or(Vec::new(), |p| {
            p.split(',').map(|s| s.trim().to_owned()).filter(|s| !s.is_empty()).collect()
        });
        return (id, parents);
    }
    let gene = feature.attribute(&["gene_id"]).map(|g| format!("gene:{g}"));
    let transcript = feature.attribute(&["transcript_id"]).filter(|t| !t.is_empty());
    match (feature.kind.as_str(), transcript) {
        ("gene", _) => (gene, Vec::new()),
        ("transcript" | "mRNA", Some(t)) => (Some(t.to_owned()), gene.into_iter().collect()),
        (_, Some(t)) => (None, vec![t.to_owned()]),
        (_, None) => (None, Vec::new()),
    }
}

fn add_part<'a>(draft: &mut Draft<'a>, feature: &'a Feature, is_gtf: bool) {
    match feature.kind.as_str() {
        "exon" => draft.exons.push(feature),
        "CDS" => draft.cds.push(feature),
        // GTF's CDS ends before the stop codon.
        "stop_codon" if is_gtf => draft.cds.push(feature),
        "stop_codon" => {}
        _ => draft.selenocysteines.push((feature.start, feature.end)),
    }
    if let Some(list) = feature.attribute(&["transl_except"]) {
        for item in list.split("(pos:").skip(1).filter(|item| item.contains("aa:Sec")) {
            let digits = |text: &str| text.trim_start_matches("complement(").parse::<i32>().ok();
            let range = item.split([',', ')']).next().unwrap_or_default();
            if let Some((from, to)) = range.split_once("..")
                && let (Some(from), Some(to)) = (digits(from), digits(to))
            {
                draft.selenocysteines.push((from, to));
            }
        }
    }
}

fn stripped_id(id: &str) -> &str {
    let id = id.strip_prefix("gene:").or(id.strip_prefix("transcript:")).unwrap_or(id);
    id.strip_prefix("rna-").or(id.strip_prefix("gene-")).unwrap_or(id)
}

fn build_gene(key: &str, line: Option<&Feature>, sample: &Feature) -> Gene {
    let from = line.unwrap_or(sample);
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

fn build_transcript(
    key: &str,
    draft: &Draft<'_>,
    gene: Option<&Feature>,
    contig: &Contig,
) -> Result<Transcript, String> {
    let line = draft.line;
    let mut exons = merged(
        if draft.exons.is_empty() { &draft.cds } else { &draft.exons },
        draft.exons.is_empty(),
    );
    if exons.is_empty() {
        let whole = line.ok_or("neither exons nor CDS")?;
        exons.push((whole.start, whole.end));
    }
    let strand = draft
        .exons
        .first()
        .or(draft.cds.first())
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
    // In models cut out of a larger region exons may lack at the transcript's ends.
    let (start, end) = line.map_or((start, end), |line| {
        (start.min(line.start), end.max(line.end).min(contig.length as i32))
    });
    let exons = number_exons(exons, strand);
    let len = exons.iter().map(Exon::len).sum();
    let flags = read_flags(draft);
    let mut transcript = Transcript {
        id: transcript_id(key, line).into(),
        gene: 0,
        biotype: biotype_of(line, gene, !draft.cds.is_empty()).into(),
        start,
        end,
        strand,
        exons,
        cds: None,
        flags,
        offset: 0,
        len,
    };
    transcript.cds = build_cds(draft, &transcript, contig)?;
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

fn read_flags(draft: &Draft<'_>) -> Flags {
    let lines = draft.line.into_iter().chain(draft.exons.first().copied());
    let mut flags = Flags::default();
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

/// Sorted regions; with `join`, touching and overlapping ones become one (exons from CDS lines).
fn merged(features: &[&Feature], join: bool) -> Vec<(i32, i32)> {
    let mut regions: Vec<(i32, i32)> = features.iter().map(|f| (f.start, f.end)).collect();
    regions.sort_unstable();
    let mut out: Vec<(i32, i32)> = Vec::with_capacity(regions.len());
    for (start, end) in regions {
        match out.last_mut() {
            Some(last) if start <= last.1 || (join && start == last.1 + 1) => {
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
    draft: &Draft<'_>,
    transcript: &Transcript,
    contig: &Contig,
) -> Result<Option<Cds>, String> {
    let mut parts: Vec<(i32, i32, u8)> =
        draft.cds.iter().map(|f| (f.start, f.end, f.phase)).collect();
    if parts.is_empty() {
        return Ok(None);
    }
    parts.sort_unstable();
    parts.dedup_by_key(|p| (p.0, p.1));
    join_stop_codons(&mut parts, draft);
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
        table: codon_table(draft, contig),
        selenocysteines: Vec::new(),
        offset: 0,
        len: cds_start - 1,
        protein_id: draft.cds.iter().find_map(|f| f.attribute(&["protein_id"])).map(Into::into),
    };
    cds.selenocysteines = selenocysteines(draft, transcript, &cds);
    Ok(Some(cds))
}

/// GTF's stop codon extends the CDS line it touches.
fn join_stop_codons(parts: &mut Vec<(i32, i32, u8)>, draft: &Draft<'_>) {
    if !draft.cds.iter().any(|f| f.kind == "stop_codon") {
        return;
    }
    let reverse = draft.cds[0].strand.is_reverse();
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

fn codon_table(draft: &Draft<'_>, contig: &Contig) -> CodonTable {
    let named = draft.cds.iter().find_map(|f| f.attribute(&["transl_table"]));
    let standard = if is_mitochondrial(&contig.name) {
        CodonTable::VertebrateMitochondrial
    } else {
        CodonTable::Standard
    };
    named.and_then(|n| n.parse().ok()).and_then(CodonTable::from_number).unwrap_or(standard)
}

fn selenocysteines(draft: &Draft<'_>, transcript: &Transcript, cds: &Cds) -> Vec<i32> {
    let codon = |(start, end): &(i32, i32)| {
        let first = if transcript.strand.is_reverse() { *end } else { *start };
        let offset = transcript.cdna_position(first)? - cds.cdna_start + i32::from(cds.start_phase);
        Some(offset / 3)
    };
    let mut codons: Vec<i32> = draft.selenocysteines.iter().filter_map(codon).collect();
    codons.sort_unstable();
    codons.dedup();
    codons
}

/// Sorts genes by position, which finding the nearest needs. Transcripts stay in the order of the
/// file.
fn sort_model(model: &mut ContigModel) {
    let mut order: Vec<u32> = (0..model.genes.len() as u32).collect();
    order.sort_by_key(|g| {
        let gene = &model.genes[*g as usize];
        (gene.start, gene.end)
    });
    let mut place = vec![0u32; order.len()];
    for (new, old) in order.iter().enumerate() {
        place[*old as usize] = new as u32;
    }
    model.genes = order.iter().map(|g| model.genes[*g as usize].clone()).collect();
    for transcript in &mut model.transcripts {
        transcript.gene = place[transcript.gene as usize];
    }
}
