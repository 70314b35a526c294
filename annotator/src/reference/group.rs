//! Groups the features of a file by gene and transcript, in the dialects of Ensembl, GENCODE, NCBI,
//! UCSC and Prokka.
//!
//! A transcript is identified by its contig, too, because the genes of the pseudoautosomal regions have
//! the same identifiers on X and Y. In GTF it is also identified by its gene: files of NCBI name the
//! first transcript of every gene `unknown_transcript_1`.

use super::copies::is_at_several_places;
use super::gff::{Feature, Features};
use super::left_out::LeftOut;
use super::reading_frame::leave_out_other_frames;
use super::transcript_features::TranscriptFeatures;
use std::collections::{HashMap, HashSet};

/// What identifies a transcript in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct TranscriptKey<'a> {
    pub(super) contig: &'a str,
    /// `gene_id` in GTF; empty in GFF3.
    gene: &'a str,
    /// `transcript_id` in GTF, ID in GFF3.
    pub(super) id: &'a str,
}

/// The features of a file by gene and transcript.
#[derive(Default)]
pub(super) struct GroupedFeatures<'a> {
    /// The features of genes by contig and key.
    pub(super) genes: HashMap<(&'a str, &'a str), &'a Feature>,
    /// All lines of the genes that a GTF file has on several lines, by contig and key.
    repeated_genes: HashMap<(&'a str, &'a str), Vec<&'a Feature>>,
    /// The contigs of which a feature says that they are circular.
    pub(super) circular: HashSet<&'a str>,
    /// The transcripts in the order of their first feature.
    pub(super) order: Vec<TranscriptKey<'a>>,
    /// The features of transcripts.
    pub(super) transcripts: HashMap<TranscriptKey<'a>, TranscriptFeatures<'a>>,
    /// Coding sequences that are left out because a transcript has only one: its key and their regions.
    pub(super) further_cds: Vec<(TranscriptKey<'a>, (i32, i32))>,
    /// A note, if the phases within coding sequences have no meaning.
    pub(super) ignored_phases: Option<String>,
}

impl<'a> GroupedFeatures<'a> {
    fn transcript(&mut self, key: TranscriptKey<'a>) -> &mut TranscriptFeatures<'a> {
        self.transcripts.entry(key).or_insert_with(|| {
            self.order.push(key);
            TranscriptFeatures::default()
        })
    }

    fn define(&mut self, key: TranscriptKey<'a>, gene: Option<&'a str>, feature: &'a Feature) {
        let transcript = self.transcript(key);
        match transcript.transcript {
            Some(first) if (first.start, first.end) != (feature.start, feature.end) => {
                transcript.left_out = Some(LeftOut::DefinedTwice);
                transcript.lines.push(feature);
            }
            Some(_) => {}
            None => (transcript.transcript, transcript.gene) = (Some(feature), gene),
        }
    }

    /// Adds a gene without transcripts and parts. A pseudogene is its own transcript, as NCBI's
    /// curated pseudogenes have neither; what another gene consists of is not known.
    fn add_gene_without_parts(&mut self, key: TranscriptKey<'a>, feature: &'a Feature) {
        self.define(key, Some(key.id), feature);
        if !(feature.is_pseudogene() || is_pseudogene_type(feature)) {
            self.transcript(key).left_out = Some(LeftOut::NoExons);
        }
    }

    /// Adds untranslated regions to the transcripts without exons. They define no transcript.
    fn add_utrs(&mut self, utrs: Vec<(TranscriptKey<'a>, &'a Feature)>) {
        for (key, utr) in utrs {
            let transcript = self.transcripts.get_mut(&key);
            if let Some(transcript) = transcript.filter(|t| t.exons.is_empty()) {
                transcript.utrs.push(utr);
            }
        }
    }
}

/// Groups the features.
pub(super) fn group_features(found: &Features) -> GroupedFeatures<'_> {
    let mut out = if found.is_gtf { group_gtf(found) } else { group_gff3(found) };
    let circular = |feature: &&Feature| feature.attribute(&["Is_circular"]) == Some("true");
    let circular = found.features.iter().filter(circular);
    out.circular = circular.map(|feature| feature.contig.as_str()).collect();
    for (key, transcript) in &mut out.transcripts {
        if found.incomplete.contains(key.id) {
            transcript.left_out = Some(LeftOut::UnreadableLine);
        } else if transcript.is_declared_trans_spliced() {
            transcript.left_out = Some(LeftOut::TransSpliced);
        } else if transcript.has_other_sequence() {
            transcript.left_out = Some(LeftOut::OtherSequence);
        } else if transcript.transcript.is_none() && transcript.left_out.is_none() {
            let genes = out.repeated_genes.get(&(key.contig, key.gene));
            let parts = match &transcript.exons[..] {
                [] => &transcript.cds,
                _ => &transcript.exons,
            };
            let genes = genes.map_or(&[][..], Vec::as_slice);
            if is_at_several_places(parts, &transcript.stop_codons, genes) {
                transcript.left_out = Some(LeftOut::SeveralPlaces);
            }
        }
    }
    reject_joined_contigs(&mut out);
    separate_coding_sequences(&mut out);
    out.ignored_phases = leave_out_other_frames(out.transcripts.values_mut());
    out
}

fn group_gtf(found: &Features) -> GroupedFeatures<'_> {
    let mut out = GroupedFeatures::default();
    let mut utrs = Vec::new();
    for feature in &found.features {
        let gene = feature.attribute(&["gene_id"]).unwrap_or_default();
        let contig = feature.contig.as_str();
        if feature.kind == "gene" {
            let first = *out.genes.entry((contig, gene)).or_insert(feature);
            if (first.start, first.end) != (feature.start, feature.end) {
                let lines = out.repeated_genes.entry((contig, gene));
                lines.or_insert_with(|| vec![first]).push(feature);
            }
            continue;
        }
        let id = feature.attribute(&["transcript_id"]).filter(|id| !id.is_empty());
        let Some(id) = id.or(Some(gene)).filter(|id| !id.is_empty()) else { continue };
        let key = TranscriptKey { contig, gene, id };
        if matches!(feature.kind.as_str(), "transcript" | "mRNA") {
            out.define(key, Some(gene), feature);
        } else if is_part(&feature.kind) {
            let transcript = out.transcript(key);
            transcript.gene.get_or_insert(gene);
            transcript.add_part(feature);
        } else if feature.is_utr() {
            utrs.push((key, feature));
        }
    }
    out.add_utrs(utrs);
    let with_parts: HashSet<(&str, &str)> =
        out.order.iter().map(|key| (key.contig, key.gene)).collect();
    for feature in found.features.iter().filter(|feature| feature.kind == "gene") {
        let gene = feature.attribute(&["gene_id"]).unwrap_or_default();
        let contig = feature.contig.as_str();
        if !gene.is_empty() && !with_parts.contains(&(contig, gene)) {
            out.add_gene_without_parts(TranscriptKey { contig, gene, id: gene }, feature);
        }
    }
    out
}

fn group_gff3(found: &Features) -> GroupedFeatures<'_> {
    let mut out = GroupedFeatures::default();
    // Which features are genes is known only when all parents are.
    let mut rows: HashMap<(&str, &str), &Feature> = HashMap::new();
    let mut is_parent: HashSet<&str> = HashSet::new();
    let mut utrs = Vec::new();
    for feature in found.features.iter().filter(|feature| !is_part(&feature.kind)) {
        if let Some(id) = feature.attribute(&["ID"]) {
            rows.entry((&feature.contig, id)).or_insert(feature);
        }
        is_parent.extend(feature.parents());
    }
    for feature in &found.features {
        let contig = feature.contig.as_str();
        let key = |id| TranscriptKey { contig, gene: "", id };
        let id = feature.attribute(&["ID"]);
        let parent = feature.parents().next();
        if is_part(&feature.kind) {
            // Prokka and Prodigal write CDS features only.
            let own = feature.attribute(&["transcript_id", "ID", "locus_tag", "protein_id"]);
            let own = own.filter(|_| parent.is_none());
            let mut earlier = HashSet::new();
            for id in feature.parents().map(|id| transcript_of(id, contig, &rows)).chain(own) {
                if earlier.insert(id) {
                    out.transcript(key(id)).add_part(feature);
                }
            }
            continue;
        }
        if feature.is_utr() {
            utrs.extend(feature.parents().map(|id| (key(id), feature)));
            continue;
        }
        let Some(id) = id else { continue };
        let has_own_gene = parent.is_none() && feature.kind != "pseudogene";
        if is_transcript(&feature.kind)
            && (parent.is_some() || (has_own_gene && !is_parent.contains(id)))
        {
            out.define(key(id), Some(gene_of(feature, id, &rows)), feature);
        } else if parent.is_none() || feature.kind.contains("gene") {
            out.genes.entry((contig, id)).or_insert(feature);
        }
    }
    out.add_utrs(utrs);
    assign_parts_of_genes(&mut out, &rows);
    // The parent of a part may be a gene (bacteria), and a transcript may have no gene.
    let has_lines = out.transcripts.values().any(|transcript| transcript.transcript.is_some());
    for (key, transcript) in &mut out.transcripts {
        if transcript.transcript.is_none() {
            transcript.transcript = rows.get(&(key.contig, key.id)).copied();
        }
        // Files without any such lines are read nevertheless.
        let names_parent = |part: &Feature| part.parents().any(|id| id == key.id);
        if has_lines && transcript.transcript.is_none() && transcript.parts().any(names_parent) {
            transcript.left_out = Some(LeftOut::NoParent);
        }
        transcript.gene.get_or_insert(key.id);
    }
    let with_parts: HashSet<(&str, &str)> =
        out.order.iter().map(|key| (key.contig, key.id)).collect();
    for feature in &found.features {
        let (contig, Some(id)) = (feature.contig.as_str(), feature.attribute(&["ID"])) else {
            continue;
        };
        let is_gene = feature.kind == "gene"
            || feature.kind.ends_with("_gene")
            || feature.kind == "pseudogene";
        if is_gene && !is_parent.contains(id) && !with_parts.contains(&(contig, id)) {
            out.add_gene_without_parts(TranscriptKey { contig, gene: "", id }, feature);
        }
    }
    out
}

/// Whether the biotype of a gene is that of a pseudogene, as in files of Ensembl.
fn is_pseudogene_type(gene: &Feature) -> bool {
    let biotype = gene.attribute(&["biotype", "gene_biotype", "gene_type"]);
    gene.kind == "pseudogene" || biotype.is_some_and(|biotype| biotype.ends_with("pseudogene"))
}

/// Gives the parts that name a gene as their parent to its transcript. Some files name the gene as
/// the parent of a CDS beside the mRNA, others name the gene beside the transcript as the parent of
/// each exon.
fn assign_parts_of_genes<'a>(
    out: &mut GroupedFeatures<'a>,
    rows: &HashMap<(&'a str, &'a str), &'a Feature>,
) {
    let mut children: HashMap<(&str, &str), Vec<TranscriptKey<'_>>> = HashMap::new();
    for (key, transcript) in &out.transcripts {
        if let (Some(_), Some(gene)) = (transcript.transcript, transcript.gene)
            && gene != key.id
        {
            children.entry((key.contig, gene)).or_default().push(*key);
        }
    }
    let of_genes: Vec<TranscriptKey<'_>> = out
        .order
        .iter()
        .filter(|key| children.contains_key(&(key.contig, key.id)))
        .filter(|key| rows.get(&(key.contig, key.id)).is_some_and(|row| row.kind.contains("gene")))
        .copied()
        .collect();
    let mut emptied = HashSet::new();
    for key in of_genes {
        let (Some(children), Some(mut parts)) =
            (children.get(&(key.contig, key.id)), out.transcripts.remove(&key))
        else {
            continue;
        };
        // Segments of immunoglobulins and T-cell receptors are translated, too.
        let is_translated =
            |line: &Feature| line.kind == "mRNA" || line.kind.ends_with("_gene_segment");
        let lacks_cds = |child: &&TranscriptKey<'_>| {
            out.transcripts.get(*child).is_some_and(|child| {
                child.cds.is_empty() && child.transcript.is_some_and(is_translated)
            })
        };
        let lacking: Vec<_> = children.iter().filter(lacks_cds).copied().collect();
        if !parts.cds.is_empty() {
            for child in &lacking {
                let Some(child) = out.transcripts.get_mut(child) else { continue };
                if let [_] = lacking[..] {
                    child.cds = std::mem::take(&mut parts.cds);
                    child.stop_codons.append(&mut parts.stop_codons);
                    child.exceptions.append(&mut parts.exceptions);
                } else {
                    child.left_out = Some(LeftOut::UnclearCds);
                }
            }
        }
        let is_of_child = |exon: &&Feature| {
            exon.parents().any(|parent| children.iter().any(|child| child.id == parent))
        };
        if parts.cds.is_empty() && parts.exons.iter().all(is_of_child) {
            emptied.insert(key);
        } else {
            out.transcripts.insert(key, parts);
        }
    }
    out.order.retain(|key| !emptied.contains(key));
}

/// The transcript that a parent of a part is, or that it derives from: TAIR's files name the
/// protein as a further parent of its CDS (`Parent=AT1G01010.1,AT1G01010.1-Protein`).
fn transcript_of<'a>(
    parent: &'a str,
    contig: &'a str,
    rows: &HashMap<(&'a str, &'a str), &'a Feature>,
) -> &'a str {
    let protein = rows
        .get(&(contig, parent))
        .filter(|row| matches!(row.kind.as_str(), "protein" | "polypeptide"));
    protein.and_then(|row| row.attribute(&["Derives_from"])).unwrap_or(parent)
}

/// The gene of a transcript: its topmost ancestor, as a miRNA is part of a primary transcript.
fn gene_of<'a>(
    transcript: &'a Feature,
    id: &'a str,
    rows: &HashMap<(&'a str, &'a str), &'a Feature>,
) -> &'a str {
    const MOST_LEVELS: usize = 4;
    let mut gene = transcript.parents().next().unwrap_or(id);
    for _ in 0..MOST_LEVELS {
        let row = rows.get(&(transcript.contig.as_str(), gene));
        let Some(next) = row.and_then(|row| row.parents().next()) else { break };
        gene = next;
    }
    gene
}

fn is_part(kind: &str) -> bool {
    matches!(
        kind,
        "exon"
            | "pseudogenic_exon"
            | "CDS"
            | "stop_codon"
            | "stop_codon_redefined_as_selenocysteine"
            | "Selenocysteine"
    )
}

fn is_transcript(kind: &str) -> bool {
    let lower = kind.to_ascii_lowercase();
    !matches!(lower.as_str(), "start_codon" | "intron")
        && (lower.ends_with("rna")
            || lower.contains("transcript")
            || lower.contains("_segment")
            || lower == "pseudogene")
}

/// Rejects transcripts whose parts are on several contigs. The same identifier on two contigs may
/// also be that of two complete copies, as in the pseudoautosomal regions.
fn reject_joined_contigs(out: &mut GroupedFeatures<'_>) {
    let mut contigs: HashMap<(&str, &str), Vec<TranscriptKey<'_>>> = HashMap::new();
    for key in &out.order {
        contigs.entry((key.gene, key.id)).or_default().push(*key);
    }
    for keys in contigs.into_values().filter(|keys| keys.len() > 1) {
        let places: Vec<_> = keys.iter().map(|key| &out.transcripts[key]).collect();
        if are_copies(&places) {
            continue;
        }
        for key in keys {
            if let Some(transcript) = out.transcripts.get_mut(&key) {
                transcript.left_out = Some(LeftOut::TransSpliced);
            }
        }
    }
}

/// Whether the same identifier on several contigs is that of complete copies: each has a line of its
/// own, or (in files without such lines) the same exon numbers or the same number of parts.
fn are_copies(places: &[&TranscriptFeatures<'_>]) -> bool {
    let defined = places.iter().filter(|place| place.transcript.is_some()).count();
    if defined > 0 {
        return defined == places.len();
    }
    let numbers = |place: &TranscriptFeatures<'_>| -> HashSet<String> {
        let exons = place.parts().filter_map(|part| part.attribute(&["exon_number"]));
        exons.map(str::to_owned).collect()
    };
    let (first, rest) = (places[0], &places[1..]);
    let named = numbers(first);
    if !named.is_empty() {
        return rest.iter().all(|place| !numbers(place).is_disjoint(&named));
    }
    let parts = |place: &TranscriptFeatures<'_>| (place.exons.len(), place.cds.len());
    rest.iter().all(|place| parts(place) == parts(first))
}

/// The parts of a coding sequence may overlap by this many bases, by ribosomal slippage.
const MOST_SLIPPAGE: i32 = 2;

/// Separates coding sequences that share a parent. Those of a gene are its transcripts; of those of a
/// transcript, only the longest is kept.
fn separate_coding_sequences(out: &mut GroupedFeatures<'_>) {
    let mut order = Vec::with_capacity(out.order.len());
    for key in std::mem::take(&mut out.order) {
        order.push(key);
        let Some(transcript) = out.transcripts.get_mut(&key) else { continue };
        let mut all = coding_sequences(transcript);
        if all.len() < 2 {
            continue;
        }
        let of_gene = transcript.transcript.is_some_and(|row| row.kind.contains("gene"));
        if of_gene && transcript.exons.is_empty() {
            let whole = transcript.clone();
            order.pop();
            out.transcripts.remove(&key);
            for (id, cds) in all {
                let key = TranscriptKey { id, ..key };
                order.push(key);
                out.transcripts.insert(key, TranscriptFeatures { cds, ..whole.clone() });
            }
            continue;
        }
        let length = |cds: &[&Feature]| -> i64 {
            cds.iter().map(|part| i64::from(part.end) - i64::from(part.start) + 1).sum()
        };
        // The first of the longest.
        let longest = (0..all.len()).rev().max_by_key(|n| length(&all[*n].1)).unwrap_or(0);
        transcript.cds = all.swap_remove(longest).1;
        let region = |cds: &[&Feature]| {
            let start = cds.iter().map(|part| part.start).min().unwrap_or(0);
            (start, cds.iter().map(|part| part.end).max().unwrap_or(0))
        };
        out.further_cds.extend(all.iter().map(|(_, cds)| (key, region(cds))));
    }
    out.order = order;
}

/// Divides CDS features into coding sequences by their ID, in file order. Some files give each part an
/// ID of its own, so parts with different IDs belong together unless they overlap, are in one exon
/// without touching (polycistronic transcripts), or are of different proteins.
fn coding_sequences<'a>(transcript: &TranscriptFeatures<'a>) -> Vec<(&'a str, Vec<&'a Feature>)> {
    let cds = &transcript.cds;
    let id = |part: &'a Feature| part.attribute(&["ID", "protein_id"]).unwrap_or_default();
    let protein = |part: &'a Feature| part.attribute(&["protein_id"]);
    let Some(first) = cds.first() else { return Vec::new() };
    if cds.iter().all(|part| id(part) == id(first)) {
        return vec![(id(first), cds.clone())];
    }
    let mut sorted = cds.clone();
    sorted.sort_by_key(|part| part.start);
    let mut exons: Vec<_> = transcript.exons.iter().map(|exon| (exon.start, exon.end)).collect();
    exons.sort_unstable();
    let in_one_exon = |left: &Feature, right: &Feature| {
        let exon = exons.partition_point(|exon| exon.0 <= left.start).checked_sub(1);
        exon.is_some_and(|number| right.end <= exons[number].1)
    };
    let separate = sorted.windows(2).any(|pair| {
        let (left, right) = (pair[0], pair[1]);
        let proteins = (protein(left), protein(right));
        id(left) != id(right)
            && (right.start <= left.end.saturating_sub(MOST_SLIPPAGE)
                || right.start - left.end > MOST_SLIPPAGE + 1 && in_one_exon(left, right)
                || matches!(proteins, (Some(left), Some(right)) if left != right))
    });
    if !separate {
        return vec![(id(first), cds.clone())];
    }
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let mut out: Vec<(&str, Vec<&Feature>)> = Vec::new();
    for part in cds {
        let number = *numbers.entry(id(part)).or_insert(out.len());
        if number == out.len() {
            out.push((id(part), Vec::new()));
        }
        out[number].1.push(part);
    }
    out
}
