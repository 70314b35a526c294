//! Groups the features of a file by gene and transcript.

use super::gff::{Feature, Features};
use std::collections::HashMap;

/// The features of one transcript.
#[derive(Default)]
pub(super) struct TranscriptFeatures<'a> {
    /// The feature of the transcript itself.
    pub(super) transcript: Option<&'a Feature>,
    /// The key of its gene.
    pub(super) gene_key: Option<String>,
    pub(super) exons: Vec<&'a Feature>,
    pub(super) cds: Vec<&'a Feature>,
    /// Regions of codons that are translated to selenocysteine.
    pub(super) selenocysteines: Vec<(i32, i32)>,
}

impl<'a> TranscriptFeatures<'a> {
    /// Any of the features; `None` if there are none.
    pub(super) fn any(&self) -> Option<&'a Feature> {
        self.transcript.or(self.exons.first().copied()).or(self.cds.first().copied())
    }

    fn add_part(&mut self, feature: &'a Feature, is_gtf: bool) {
        match feature.kind.as_str() {
            "exon" => self.exons.push(feature),
            "CDS" => self.cds.push(feature),
            // In GTF the CDS does not include the stop codon.
            "stop_codon" if is_gtf => self.cds.push(feature),
            "stop_codon" => {}
            _ => self.selenocysteines.push((feature.start, feature.end)),
        }
        if let Some(list) = feature.attribute(&["transl_except"]) {
            for item in list.split("(pos:").skip(1).filter(|item| item.contains("aa:Sec")) {
                let digits =
                    |text: &str| text.trim_start_matches("complement(").parse::<i32>().ok();
                let range = item.split([',', ')']).next().unwrap_or_default();
                if let Some((from, to)) = range.split_once("..")
                    && let (Some(from), Some(to)) = (digits(from), digits(to))
                {
                    self.selenocysteines.push((from, to));
                }
            }
        }
    }
}

/// The features of a file by gene and transcript.
#[derive(Default)]
pub(super) struct GroupedFeatures<'a> {
    /// The features of genes by key.
    pub(super) genes: HashMap<String, &'a Feature>,
    /// The keys of the transcripts in the order of their first feature.
    pub(super) order: Vec<String>,
    /// The features of transcripts by key.
    pub(super) transcripts: HashMap<String, TranscriptFeatures<'a>>,
}

impl<'a> GroupedFeatures<'a> {
    fn transcript(&mut self, key: &str) -> &mut TranscriptFeatures<'a> {
        self.transcripts.entry(key.to_owned()).or_insert_with(|| {
            self.order.push(key.to_owned());
            TranscriptFeatures::default()
        })
    }
}

/// Groups the features.
pub(super) fn group_features(found: &Features) -> GroupedFeatures<'_> {
    let mut out = GroupedFeatures::default();
    for feature in &found.features {
        let (id, parents) = identity(feature, found.is_gtf);
        if is_part(&feature.kind) {
            for parent in parents {
                out.transcript(&parent).add_part(feature, found.is_gtf);
            }
        } else if let (Some(id), Some(parent)) = (&id, parents.first())
            && is_transcript(&feature.kind)
        {
            let transcript = out.transcript(id);
            transcript.transcript = Some(feature);
            transcript.gene_key = Some(parent.clone());
        } else if let Some(id) = id
            && (parents.is_empty() || feature.kind.contains("gene"))
        {
            out.genes.entry(id).or_insert(feature);
        }
    }
    // The parent of a part may be a gene (bacteria), and a transcript may have no gene.
    for (key, transcript) in &mut out.transcripts {
        if transcript.transcript.is_none() && transcript.gene_key.is_none() {
            transcript.transcript = out.genes.get(key).copied();
            transcript.gene_key = Some(key.clone());
            if found.is_gtf {
                let part = transcript.exons.first().or(transcript.cds.first());
                transcript.gene_key =
                    part.and_then(|p| p.attribute(&["gene_id"])).map(|g| format!("gene:{g}"));
            }
        }
    }
    out
}

fn is_part(kind: &str) -> bool {
    matches!(
        kind,
        "exon" | "CDS" | "stop_codon" | "stop_codon_redefined_as_selenocysteine" | "Selenocysteine"
    )
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

/// The feature's own key and the keys of its parents.
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
