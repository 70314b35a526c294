//! `summary.json`: the counts behind the charts.

use super::counts::{Counts, Place};
use super::histograms::{Density, Qualities};
use crate::consequence::{Impact, SoTerm};
use gas_shared::variant::VariantType;
use serde::Serialize;
use std::collections::BTreeMap;

/// What `summary.json` holds.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Assembly of the reference.
    pub assembly: String,
    /// Annotator and version.
    pub annotator: String,
    /// Records.
    pub records: u64,
    /// Alternative alleles.
    pub alleles: u64,
    /// Records with several alternatives.
    pub multiallelic: u64,
    /// Samples.
    pub samples: u64,
    /// Records known to dbSNP.
    pub in_dbsnp: u64,
    /// Records that dbSNP does not know.
    pub novel: u64,
    /// SNVs that are A<->G or C<->T.
    pub transitions: u64,
    /// Other SNVs.
    pub transversions: u64,
    /// Transitions per transversion; `None` without transversions.
    pub ts_tv: Option<f64>,
    /// Records by place.
    pub places: BTreeMap<&'static str, u64>,
    /// Alleles by kind.
    pub kinds: BTreeMap<&'static str, u64>,
    /// Alleles by most severe consequence.
    pub most_severe: BTreeMap<&'static str, u64>,
    /// Allele-transcript pairs by consequence.
    pub consequences: BTreeMap<&'static str, u64>,
    /// Alleles by greatest impact.
    pub impacts: BTreeMap<&'static str, u64>,
    /// Records by contig.
    pub contigs: BTreeMap<String, u64>,
    /// Records along each contig of the reference.
    pub density: BTreeMap<String, Density>,
    /// Indels by the bases they add (negative: take away), as pairs of length and number; 50 and
    /// -50 stand for longer ones too.
    pub indel_lengths: Vec<(i32, u64)>,
    /// Records by quality.
    pub qual: Qualities,
    /// Records by track.
    pub tracks: BTreeMap<String, u64>,
    /// REF alleles compared.
    pub ref_checked: u64,
    /// REF alleles that differ.
    pub ref_mismatches: u64,
    /// Alleles that were not left-aligned.
    pub not_left_aligned: u64,
    /// Records on contigs without reference.
    pub unknown_contig: u64,
    /// Warnings.
    pub warnings: Vec<String>,
}

/// Makes the summary.
pub fn summarise(
    counts: &Counts,
    assembly: &str,
    samples: u64,
    tracks: &[String],
    warnings: &[String],
) -> Summary {
    let named = |names: &[&'static str], values: &[u64]| {
        names.iter().copied().zip(values.iter().copied()).filter(|(_, n)| *n > 0).collect()
    };
    let terms: Vec<&'static str> = SoTerm::ALL.iter().map(|t| t.as_str()).collect();
    Summary {
        assembly: assembly.to_owned(),
        annotator: concat!("gas-annotate ", env!("CARGO_PKG_VERSION")).to_owned(),
        records: counts.records,
        alleles: counts.alleles,
        multiallelic: counts.multiallelic,
        samples,
        in_dbsnp: counts.in_dbsnp,
        novel: counts.records - counts.in_dbsnp.min(counts.records),
        transitions: counts.transitions,
        transversions: counts.transversions,
        ts_tv: (counts.transversions > 0)
            .then(|| counts.transitions as f64 / counts.transversions as f64),
        places: named(&Place::ALL.map(Place::as_str), &counts.places),
        kinds: named(&VariantType::ALL.map(VariantType::as_str), &counts.kinds),
        most_severe: named(&terms, &counts.most_severe),
        consequences: named(&terms, &counts.terms),
        impacts: named(&Impact::ALL.map(Impact::as_str), &counts.impacts),
        contigs: counts
            .contigs
            .iter()
            .map(|(name, n)| (String::from_utf8_lossy(name).into_owned(), *n))
            .collect(),
        density: counts
            .histograms
            .density
            .iter()
            .map(|(name, density)| (String::from_utf8_lossy(name).into_owned(), density.clone()))
            .collect(),
        indel_lengths: counts.histograms.indel_lengths(),
        qual: counts.histograms.qualities(),
        tracks: tracks.iter().cloned().zip(counts.tracks.iter().copied()).collect(),
        ref_checked: counts.ref_checked,
        ref_mismatches: counts.ref_mismatches,
        not_left_aligned: counts.not_left_aligned,
        unknown_contig: counts.unknown_contig,
        warnings: warnings.to_vec(),
    }
}
