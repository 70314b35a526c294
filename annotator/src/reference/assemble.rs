//! Assembles the features of a file into genes and transcripts.

use super::gff::Features;
use super::group::{TranscriptFeatures, group_features};
use super::left_out::{LeftOut, LeftOutReport};
use super::manifest::Contig;
use super::transcript::{GenomeContig, build_gene, build_transcript, stripped_id};
use super::translation_exception::ExceptionNotes;
use crate::contig_names::ContigNames;
use crate::model::ContigModel;
use std::collections::{HashMap, HashSet};

/// The models of a file.
#[derive(Debug, Default)]
pub(super) struct Assembled {
    /// Models in the order of the contigs.
    pub models: Vec<ContigModel>,
    /// What is left out and why.
    pub left_out: LeftOutReport,
    /// The translation exceptions that do not set a residue.
    pub exceptions: ExceptionNotes,
}

/// Builds the models and reports the transcripts that are left out.
pub(super) fn assemble(found: &Features, contigs: &[Contig], names: &ContigNames) -> Assembled {
    let mut out = Assembled {
        models: contigs.iter().map(|_| ContigModel::default()).collect(),
        left_out: LeftOutReport::default(),
        exceptions: ExceptionNotes::default(),
    };
    let grouped = group_features(found);
    let mut gene_numbers: HashMap<(u32, &str), u32> = HashMap::new();
    // A transcript that is joined from several contigs is reported once.
    let mut joined: HashSet<&str> = HashSet::new();
    for key in &grouped.order {
        let features = &grouped.transcripts[key];
        let Some(sample) = features.any() else { continue };
        let number = names.resolve(key.contig.as_bytes());
        let contig = number.map(|number| &contigs[number as usize]);
        let gene_key = features.gene.unwrap_or(key.id);
        let gene_feature = grouped.genes.get(&(key.contig, gene_key)).copied();
        let built = match (features.left_out, contig) {
            (Some(LeftOut::TransSpliced), _) if !joined.insert(key.id) => continue,
            (Some(reason), _) => Err(reason),
            (None, None) => Err(LeftOut::NoSequence),
            (None, Some(contig)) => {
                let contig = GenomeContig {
                    contig,
                    is_circular: grouped.circular.contains(key.contig),
                    is_prokaryotic: found.is_prokaryotic(),
                };
                build_transcript(key.id, features, gene_feature, contig)
            }
        };
        let (mut transcript, number) = match (built, number) {
            (Ok((transcript, problems)), Some(number)) => {
                for problem in problems {
                    out.exceptions.add(stripped_id(key.id), key.contig, problem);
                }
                (transcript, number)
            }
            (Err(reason), _) => {
                out.left_out.add(stripped_id(key.id), key.contig, reason);
                let places = number.into_iter().flat_map(|number| {
                    places_of(features).into_iter().map(move |place| (number, place))
                });
                out.left_out.regions.extend(places);
                continue;
            }
            (Ok(_), None) => continue,
        };
        let model = &mut out.models[number as usize];
        let gene = *gene_numbers.entry((number, gene_key)).or_insert_with(|| {
            model.genes.push(build_gene(gene_key, gene_feature, sample));
            model.genes.len() as u32 - 1
        });
        let whole = &mut model.genes[gene as usize];
        whole.start = whole.start.min(transcript.start);
        whole.end = whole.end.max(transcript.end);
        transcript.gene = gene;
        model.transcripts.push(transcript);
    }
    for (key, region) in &grouped.further_cds {
        out.left_out.add(stripped_id(key.id), key.contig, LeftOut::FurtherCds);
        let number = names.resolve(key.contig.as_bytes());
        out.left_out.regions.extend(number.map(|number| (number, *region)));
    }
    for model in &mut out.models {
        sort_genes(model);
    }
    out
}

/// The longest transcripts of any genome are shorter, so that parts further apart are not of one.
const MOST_TRANSCRIPT_BASES: i32 = 3_000_000;

/// The regions of a transcript that is left out: the whole one, or its parts if they are apart.
fn places_of(features: &TranscriptFeatures<'_>) -> Vec<(i32, i32)> {
    let places: Vec<(i32, i32)> = features
        .lines
        .iter()
        .copied()
        .chain(features.transcript)
        .chain(features.parts())
        .map(|feature| (feature.start, feature.end))
        .collect();
    let start = places.iter().map(|place| place.0).min().unwrap_or(0);
    let end = places.iter().map(|place| place.1).max().unwrap_or(0);
    let is_apart = features.left_out == Some(LeftOut::SeveralPlaces);
    if is_apart || end - start > MOST_TRANSCRIPT_BASES { places } else { vec![(start, end)] }
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
