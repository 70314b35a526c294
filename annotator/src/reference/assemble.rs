//! Features into genes and transcripts.

use super::contigs::ContigNames;
use super::gff::{Feature, Features};
use super::manifest::Contig;
use super::transcript::{build_gene, build_transcript};
use crate::model::ContigModel;
use std::collections::{HashMap, HashSet};

/// Models by contig number, and what was left out.
#[derive(Debug, Default)]
pub struct Assembled {
    /// Models in the order of the contigs.
    pub models: Vec<ContigModel>,
    /// What was left out and why.
    pub notes: Vec<String>,
}

/// The lines of a transcript.
#[derive(Default)]
pub(super) struct Draft<'a> {
    /// The transcript's own line.
    pub(super) line: Option<&'a Feature>,
    gene_key: Option<String>,
    pub(super) exons: Vec<&'a Feature>,
    pub(super) cds: Vec<&'a Feature>,
    /// Regions of codons that are read as selenocysteine.
    pub(super) selenocysteines: Vec<(i32, i32)>,
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
