//! `summary.json`: the counts that the engine writes next to an annotated file and that the charts
//! of a result are drawn from.
//!
//! The JSON is a stored format. Fields are only added, and readers accept a file that lacks some,
//! so that results of older engines keep their charts.

use crate::JobOptions;
use crate::reference::Sha256;
use crate::source::SourceId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The counts of one result. Maps leave out what has a count of 0.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Summary {
    /// Assembly of the reference, such as `GRCh37`.
    pub assembly: String,
    /// Name and version of the annotator.
    pub annotator: String,
    /// Records.
    pub records: u64,
    /// Alternative alleles.
    pub alleles: u64,
    /// Records with more than one alternative allele.
    pub multiallelic: u64,
    /// Samples.
    pub samples: u64,
    /// Records with a dbSNP identifier.
    pub in_dbsnp: u64,
    /// Records without a dbSNP identifier.
    pub novel: u64,
    /// SNVs that exchange A and G, or C and T.
    pub transitions: u64,
    /// All other SNVs.
    pub transversions: u64,
    /// Transitions per transversion; `None` without transversions.
    pub ts_tv: Option<f64>,
    /// Records by region class, in the words of AnnTools' count log.
    #[serde(rename = "places")]
    pub region_classes: BTreeMap<String, u64>,
    /// Alleles by variant type.
    pub kinds: BTreeMap<String, u64>,
    /// Alleles by most severe consequence.
    pub most_severe: BTreeMap<String, u64>,
    /// Pairs of allele and transcript by consequence.
    pub consequences: BTreeMap<String, u64>,
    /// Alleles by greatest impact.
    pub impacts: BTreeMap<String, u64>,
    /// Records by contig.
    pub contigs: BTreeMap<String, u64>,
    /// Records along each contig of the reference.
    pub density: BTreeMap<String, Density>,
    /// Alleles by length change in bases (negative for deletions), without lengths that do not
    /// occur. -50 and 50 include longer indels.
    pub indel_lengths: Vec<(i32, u64)>,
    /// Records by QUAL.
    pub qual: Qualities,
    /// Records by the track whose entries they match.
    pub tracks: BTreeMap<String, u64>,
    /// REF alleles compared to the reference.
    pub ref_checked: u64,
    /// REF alleles that differ from the reference.
    pub ref_mismatches: u64,
    /// REF alleles that agree with the reference only where one of them has an ambiguity code, such
    /// as `N`.
    pub ref_ambiguous: u64,
    /// Indels that are not left-aligned.
    pub not_left_aligned: u64,
    /// Records on contigs that the reference does not have.
    pub unknown_contig: u64,
    /// Records without annotation by reason: `outside_reference`, `beyond_contig`, `ref_mismatch`
    /// and `not_a_variant`.
    pub not_annotated: BTreeMap<String, u64>,
    /// Warnings of the run.
    pub warnings: Vec<String>,
    /// What the result was made with. Older engines do not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provenance: Option<RunProvenance>,
}

/// What a result was made with, besides the engine: the same input, reference and options give the same bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunProvenance {
    /// The options. `reference` is the id that the engine was called with.
    pub options: JobOptions,
    /// VEP's criteria by which an annotation was picked, in their order; empty if none was.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pick_order: Vec<String>,
    /// SHA-256 of the catalog's manifest of the reference, if the engine knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest_sha256: Option<Sha256>,
    /// The gene set with its release, such as `Ensembl 115`, if the engine knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gene_set: Option<String>,
    /// SHA-256 of the genome sequence in the reference.
    pub sequence_sha256: String,
    /// SHA-256 of the gene models in the reference.
    pub models_sha256: String,
    /// The sources, in their order in the annotation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<SourceProvenance>,
}

/// A source that a result was made with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SourceProvenance {
    /// The id, of a source from a catalog.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<SourceId>,
    /// The name that users see, such as `gnomAD exomes`.
    pub name: String,
    /// The release of the data.
    pub version: String,
    /// The assembly; empty for a table by gene.
    pub assembly: String,
    /// The license of the data.
    pub license: String,
    /// What a publication should cite.
    pub attribution: String,
    /// SHA-256 of the source file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256>,
}

/// Records along one contig, in bins of equal width.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Density {
    /// Bases per bin: 1, 2 or 5 times a power of ten, so that bins match the ticks of an axis.
    pub bin_bases: u32,
    /// Records by bin; the first bin begins at position 1.
    pub records: Vec<u64>,
}

/// The most bins of a contig.
const MAX_DENSITY_BINS: u64 = 200;

impl Density {
    /// Empty bins for a contig of `length` bases.
    pub fn new(length: u64) -> Self {
        let mut power = 1u64;
        let bin_bases = loop {
            let widths = [power, 2 * power, 5 * power];
            let fits = |width: &u64| length <= width * MAX_DENSITY_BINS;
            if let Some(width) = widths.into_iter().find(fits) {
                break width;
            }
            power *= 10;
        };
        let bins = length.div_ceil(bin_bases).max(1);
        Self { bin_bases: bin_bases as u32, records: vec![0; bins as usize] }
    }

    /// Counts a record. A position beyond the end of the contig counts in the last bin.
    #[inline]
    pub fn add(&mut self, pos: u64) {
        let bin = pos.saturating_sub(1) / u64::from(self.bin_bases.max(1));
        let last = self.records.len().saturating_sub(1);
        if let Some(count) = self.records.get_mut((bin as usize).min(last)) {
            *count += 1;
        }
    }

    /// Adds the counts of another part of the same contig.
    pub fn merge(&mut self, other: &Self) {
        self.records.iter_mut().zip(&other.records).for_each(|(sum, more)| *sum += more);
    }
}

/// Records by QUAL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Qualities {
    /// Records without a quality.
    pub missing: u64,
    /// Bins in ascending order.
    pub bins: Vec<QualityBin>,
}

/// The records whose QUAL is in one interval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QualityBin {
    /// Lowest quality of the bin.
    pub from: u32,
    /// Lowest quality of the next bin; `None` for the last bin.
    pub to: Option<u32>,
    /// Records.
    pub records: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contig_has_at_most_200_bins_of_round_width() {
        for (length, bin_bases, bins) in [
            (16_569, 100, 166),
            (63_025_520, 500_000, 127),
            (249_250_621, 2_000_000, 125),
            (200, 1, 200),
            (0, 1, 1),
        ] {
            let density = Density::new(length);
            assert_eq!((density.bin_bases, density.records.len()), (bin_bases, bins), "{length}");
        }
    }

    #[test]
    fn a_record_counts_in_the_bin_of_its_position() {
        let mut density = Density::new(16_569);
        for pos in [0, 1, 100, 101, 99_999] {
            density.add(pos);
        }
        assert_eq!((density.records[0], density.records[1], density.records[165]), (3, 1, 1));
    }

    #[test]
    fn a_summary_that_lacks_fields_is_read() {
        let summary: Summary = serde_json::from_str(r#"{"records":2,"places":{"CDS":2}}"#).unwrap();
        assert_eq!((summary.records, summary.region_classes["CDS"]), (2, 2));
        assert_eq!((summary.ts_tv, summary.qual), (None, Qualities::default()));
    }
}
