//! The genes of a reference as a genome browser draws them.

use super::{MANIFEST, MODELS, Manifest, read_manifest, read_models};
use crate::Error;
use crate::contig_names::ContigNames;
use crate::model::{ContigModel, Gene, Strand, Transcript};
use std::path::Path;

/// The genes of a reference, each with one transcript. Unlike an open
/// [`Reference`](super::Reference), it does not hold the sequence.
#[derive(Debug)]
pub struct GeneModels {
    /// Assembly, such as `GRCh37`.
    pub assembly: String,
    names: ContigNames,
    contigs: Vec<Contig>,
}

#[derive(Debug)]
struct Contig {
    length: u64,
    /// Sorted by start.
    genes: Vec<GeneModel>,
    /// Length of the longest gene, which limits how far left of a region the search begins.
    longest: i32,
}

/// A gene with its most representative transcript. Positions are 1-based and inclusive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneModel {
    /// Symbol, or the identifier of a gene without a symbol.
    pub name: Box<str>,
    /// Biotype, such as `protein_coding`.
    pub biotype: Box<str>,
    /// Identifier of the transcript.
    pub transcript: Box<str>,
    /// Strand.
    pub strand: Strand,
    /// First position of the transcript.
    pub start: i32,
    /// Last position of the transcript.
    pub end: i32,
    /// Exons from left to right.
    pub exons: Vec<(i32, i32)>,
    /// The coding region; `None` for non-coding transcripts.
    pub coding: Option<(i32, i32)>,
}

impl GeneModels {
    /// The files of a reference that [`open`](Self::open) reads.
    pub const FILES: [&str; 2] = [MANIFEST, MODELS];

    /// Reads the genes of the reference in a folder.
    ///
    /// # Errors
    /// [`Error::Reference`] if the folder is not a reference of this format or is damaged.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let manifest = read_manifest(folder)?;
        let models = read_models(folder, &manifest)?;
        Ok(Self::of(manifest, &models))
    }

    fn of(manifest: Manifest, models: &[ContigModel]) -> Self {
        let names = manifest.contig_names();
        let contigs = manifest.contigs.iter().zip(models).map(|(contig, model)| {
            let mut genes = gene_models(model);
            genes.sort_by_key(|gene| gene.start);
            let longest = genes.iter().map(|gene| gene.end - gene.start).max().unwrap_or(0);
            Contig { length: contig.length, genes, longest }
        });
        Self { assembly: manifest.assembly, contigs: contigs.collect(), names }
    }

    /// The length of a contig, by any spelling of its name.
    pub fn length(&self, contig: &str) -> Option<u64> {
        Some(self.contig(contig)?.length)
    }

    /// The genes that overlap a region, sorted by start.
    pub fn overlapping(
        &self,
        contig: &str,
        (start, end): (i32, i32),
    ) -> impl Iterator<Item = &GeneModel> {
        let found = self.contig(contig).map_or(&[][..], |contig| {
            let reaching = start.saturating_sub(contig.longest);
            let from = contig.genes.partition_point(|gene| gene.start < reaching);
            let to = contig.genes.partition_point(|gene| gene.start <= end);
            contig.genes.get(from..to).unwrap_or_default()
        });
        found.iter().filter(move |gene| gene.end >= start)
    }

    /// Finds a gene by name, ignoring case, on the given contigs. Returns the contig as it is
    /// spelled in `contigs`.
    pub fn named<'a>(
        &self,
        name: &str,
        contigs: impl IntoIterator<Item = &'a str>,
    ) -> Option<(&'a str, &GeneModel)> {
        contigs.into_iter().find_map(|spelling| {
            let genes = &self.contig(spelling)?.genes;
            let found = genes.iter().find(|gene| gene.name.eq_ignore_ascii_case(name))?;
            Some((spelling, found))
        })
    }

    fn contig(&self, name: &str) -> Option<&Contig> {
        self.contigs.get(self.names.resolve(name.as_bytes())? as usize)
    }
}

fn gene_models(model: &ContigModel) -> Vec<GeneModel> {
    let mut best: Vec<Option<&Transcript>> = vec![None; model.genes.len()];
    for transcript in &model.transcripts {
        let Some(known) = best.get_mut(transcript.gene as usize) else { continue };
        if known.is_none_or(|known| rank(transcript) > rank(known)) {
            *known = Some(transcript);
        }
    }
    let chosen = model.genes.iter().zip(best);
    chosen.filter_map(|(gene, transcript)| Some(gene_model(gene, transcript?))).collect()
}

/// How representative a transcript is: MANE Select, canonical, coding, and then length.
fn rank(transcript: &Transcript) -> (bool, bool, bool, i32) {
    let flags = transcript.flags;
    (flags.mane_select, flags.canonical, transcript.cds.is_some(), transcript.len)
}

fn gene_model(gene: &Gene, transcript: &Transcript) -> GeneModel {
    let mut exons: Vec<_> = transcript.exons.iter().map(|exon| (exon.start, exon.end)).collect();
    exons.sort_unstable();
    let name = if gene.symbol.is_empty() { &gene.id } else { &gene.symbol };
    GeneModel {
        name: name.clone(),
        biotype: gene.biotype.clone(),
        transcript: transcript.id.clone(),
        strand: transcript.strand,
        start: transcript.start,
        end: transcript.end,
        exons,
        coding: transcript.coding_region(),
    }
}
