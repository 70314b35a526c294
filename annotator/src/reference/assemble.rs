//! Assembles the features of a file into genes and transcripts.

use super::genetic_code::{has_unnamed_code, named_code, usual_code};
use super::gff::Features;
use super::group::group_features;
use super::left_out::{LeftOut, LeftOutReport};
use super::manifest::Contig;
use super::transcript::{GenomeContig, build_gene, build_transcript, stripped_id};
use super::transcript_features::TranscriptFeatures;
use super::translation_exception::ExceptionNotes;
use crate::contig_names::ContigNames;
use crate::model::ContigModel;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The models of a file.
#[derive(Debug, Default)]
pub(super) struct Assembled {
    /// Models in the order of the contigs.
    pub models: Vec<ContigModel>,
    /// What is left out and why.
    pub left_out: LeftOutReport,
    /// The translation exceptions that do not set a residue.
    pub exceptions: ExceptionNotes,
    /// A note, if the phases within coding sequences have no meaning.
    pub ignored_phases: Option<String>,
    /// The coding transcripts of mitochondria that name no genetic code: their indices in the
    /// model, by the number of the contig.
    pub unnamed_codes: BTreeMap<u32, BTreeSet<usize>>,
}

/// Builds the models and reports the transcripts that are left out.
pub(super) fn assemble(found: &Features, contigs: &[Contig], names: &ContigNames) -> Assembled {
    let mut out = Assembled {
        models: contigs.iter().map(|_| ContigModel::default()).collect(),
        left_out: LeftOutReport::default(),
        exceptions: ExceptionNotes::default(),
        ignored_phases: None,
        unnamed_codes: BTreeMap::new(),
    };
    let grouped = group_features(found);
    out.ignored_phases.clone_from(&grouped.ignored_phases);
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
                    usual_code: usual_code(contig, found),
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
                if let (Some(number), Some(contig)) = (number, contig) {
                    let places = places_of(features, reason).into_iter();
                    let places = places.flat_map(|place| on_contig(place, contig, reason));
                    out.left_out.regions.extend(places.map(|place| (number, place)));
                }
                continue;
            }
            (Ok(_), None) => continue,
        };
        let model = &mut out.models[number as usize];
        if transcript.cds.is_some()
            && named_code(features).is_none()
            && contig.is_some_and(|contig| has_unnamed_code(contig, found))
        {
            out.unnamed_codes.entry(number).or_default().insert(model.transcripts.len());
        }
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
fn places_of(features: &TranscriptFeatures<'_>, reason: LeftOut) -> Vec<(i32, i32)> {
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
    let is_apart = matches!(reason, LeftOut::SeveralPlaces | LeftOut::CrossesOrigin);
    if is_apart || end - start > MOST_TRANSCRIPT_BASES { places } else { vec![(start, end)] }
}

/// What a contig has of a region of a transcript that is left out. NCBI numbers on beyond the last
/// base of a circular contig, so that a region there is at its beginning, too.
fn on_contig(
    (start, end): (i32, i32),
    contig: &Contig,
    reason: LeftOut,
) -> impl Iterator<Item = (i32, i32)> {
    let length = i32::try_from(contig.length).unwrap_or(i32::MAX);
    let rest = (reason == LeftOut::CrossesOrigin && end > length)
        .then(|| ((start - length).max(1), end - length));
    (start <= length).then(|| (start, end.min(length))).into_iter().chain(rest)
}

/// Sorts genes by position, as the search for the nearest gene requires, and removes those without
/// transcripts. Transcripts stay in file order.
pub(super) fn sort_genes(model: &mut ContigModel) {
    let mut order: Vec<u32> = model.transcripts.iter().map(|transcript| transcript.gene).collect();
    order.sort_unstable();
    order.dedup();
    order.sort_by_key(|g| {
        let gene = &model.genes[*g as usize];
        (gene.start, gene.end)
    });
    let mut new_number = vec![0u32; model.genes.len()];
    for (new, old) in order.iter().enumerate() {
        new_number[*old as usize] = new as u32;
    }
    model.genes = order.iter().map(|g| model.genes[*g as usize].clone()).collect();
    for transcript in &mut model.transcripts {
        transcript.gene = new_number[transcript.gene as usize];
    }
}
