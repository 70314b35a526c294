//! Assembles the features of a file into genes and transcripts.

use super::gff::Features;
use super::group::group_features;
use super::manifest::Contig;
use super::transcript::{build_gene, build_transcript};
use crate::contig_names::ContigNames;
use crate::model::ContigModel;
use std::collections::{HashMap, HashSet};

/// The models of a file.
#[derive(Debug, Default)]
pub struct Assembled {
    /// Models in the order of the contigs.
    pub models: Vec<ContigModel>,
    /// What is left out and why.
    pub notes: Vec<String>,
}

/// Builds the models. Features on contigs without sequence are left out, with a note.
pub fn assemble(found: &Features, contigs: &[Contig]) -> Assembled {
    let names = ContigNames::new(contigs.iter().map(|c| c.name.as_str()));
    let mut out = Assembled {
        models: contigs.iter().map(|_| ContigModel::default()).collect(),
        notes: Vec::new(),
    };
    let grouped = group_features(found);
    let mut gene_numbers: HashMap<(u32, String), u32> = HashMap::new();
    let mut without_sequence: HashSet<&str> = HashSet::new();
    for key in grouped.order {
        let features = &grouped.transcripts[&key];
        let Some(sample) = features.any() else { continue };
        let Some(number) = names.resolve(sample.contig.as_bytes()) else {
            without_sequence.insert(&sample.contig);
            continue;
        };
        let contig = &contigs[number as usize];
        let gene_key = features.gene_key.clone().unwrap_or_else(|| key.clone());
        let gene_feature = grouped.genes.get(gene_key.as_str()).copied();
        let built = build_transcript(&key, features, gene_feature, contig);
        let mut transcript = match built {
            Ok(transcript) => transcript,
            Err(reason) => {
                out.notes.push(format!("transcript {key}: {reason}"));
                continue;
            }
        };
        let model = &mut out.models[number as usize];
        let gene = *gene_numbers.entry((number, gene_key.clone())).or_insert_with(|| {
            model.genes.push(build_gene(&gene_key, gene_feature, sample));
            model.genes.len() as u32 - 1
        });
        let whole = &mut model.genes[gene as usize];
        whole.start = whole.start.min(transcript.start);
        whole.end = whole.end.max(transcript.end);
        transcript.gene = gene;
        model.transcripts.push(transcript);
    }
    for model in &mut out.models {
        sort_genes(model);
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

/// Sorts genes by position, as the search for the nearest gene requires. Transcripts stay in file
/// order.
fn sort_genes(model: &mut ContigModel) {
    let mut order: Vec<u32> = (0..model.genes.len() as u32).collect();
    order.sort_by_key(|g| {
        let gene = &model.genes[*g as usize];
        (gene.start, gene.end)
    });
    let mut new_number = vec![0u32; order.len()];
    for (new, old) in order.iter().enumerate() {
        new_number[*old as usize] = new as u32;
    }
    model.genes = order.iter().map(|g| model.genes[*g as usize].clone()).collect();
    for transcript in &mut model.transcripts {
        transcript.gene = new_number[transcript.gene as usize];
    }
}
