//! The references that users can choose for a job.

use super::{GeneSet, ReferenceContig, ReferenceId, ReferenceManifest, Sha256, TranscriptCounts};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// The most contigs of a [`ReferenceChoice`]. Assemblies of some species have a million.
pub const MAX_CHOICE_CONTIGS: usize = 100;

/// A reference that jobs can be annotated with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceChoice {
    /// The identifier.
    pub id: ReferenceId,
    /// The digest of its manifest.
    pub sha256: Sha256,
    /// The scientific name of the species, such as `Homo sapiens`; empty if it is not known.
    pub species: String,
    /// The assembly, such as `GRCh38`.
    pub assembly: String,
    /// The gene set. `None` for a reference that is not from a catalog.
    pub gene_set: Option<GeneSet>,
    /// The number of genes.
    pub genes: u64,
    /// The numbers of transcripts.
    pub transcripts: TranscriptCounts,
    /// The number of contigs.
    pub contig_count: u64,
    /// The longest contigs, at most [`MAX_CHOICE_CONTIGS`], in the order of the sequence.
    pub contigs: Vec<ReferenceContig>,
    /// What a publication that uses the reference should cite.
    pub attribution: Option<String>,
    /// The license of the data, by name or address.
    pub license: Option<String>,
}

/// The references of a deployment that jobs can choose.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceChoices {
    /// The reference of jobs that name none. `None` if the web server does not know it.
    pub default: Option<ReferenceId>,
    /// All, in the order of their identifiers.
    pub choices: Vec<ReferenceChoice>,
}

impl ReferenceChoices {
    /// The reference with this identifier, or the default one without an identifier.
    pub fn find(&self, id: Option<&ReferenceId>) -> Option<&ReferenceChoice> {
        let id = id.or(self.default.as_ref())?;
        self.choices.iter().find(|choice| choice.id == *id)
    }
}

impl TranscriptCounts {
    /// Whether transcripts are marked as canonical or MANE.
    pub const fn has_mane_or_canonical(&self) -> bool {
        self.canonical > 0 || self.mane_select > 0 || self.mane_plus_clinical > 0
    }
}

impl ReferenceChoice {
    /// A published reference.
    pub fn new(manifest: ReferenceManifest, sha256: Sha256) -> Self {
        Self {
            id: manifest.id,
            sha256,
            species: manifest.species,
            assembly: manifest.assembly,
            gene_set: Some(manifest.gene_set),
            genes: manifest.genes,
            transcripts: manifest.transcripts,
            contig_count: manifest.contigs.len() as u64,
            contigs: longest(manifest.contigs),
            attribution: manifest.attribution,
            license: manifest.license,
        }
    }
}

/// The [`MAX_CHOICE_CONTIGS`] longest contigs, in their order.
pub fn longest(contigs: Vec<ReferenceContig>) -> Vec<ReferenceContig> {
    if contigs.len() <= MAX_CHOICE_CONTIGS {
        return contigs;
    }
    let mut numbered: Vec<(usize, ReferenceContig)> = contigs.into_iter().enumerate().collect();
    numbered.sort_by_key(|(_, contig)| Reverse(contig.length));
    numbered.truncate(MAX_CHOICE_CONTIGS);
    numbered.sort_unstable_by_key(|(number, _)| *number);
    numbered.into_iter().map(|(_, contig)| contig).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contig(length: u64) -> ReferenceContig {
        ReferenceContig { name: length.to_string(), length, aliases: Vec::new() }
    }

    #[test]
    fn a_choice_has_the_longest_contigs_in_the_order_of_the_sequence() {
        let few = longest(vec![contig(5), contig(7)]);
        assert_eq!(few, [contig(5), contig(7)]);
        let most = MAX_CHOICE_CONTIGS as u64;
        let many = longest((1..=most + 9).map(contig).collect());
        assert_eq!(many, (10..=most + 9).map(contig).collect::<Vec<_>>());
        assert_eq!(longest(vec![contig(3); MAX_CHOICE_CONTIGS + 5]).len(), MAX_CHOICE_CONTIGS);
    }
}
