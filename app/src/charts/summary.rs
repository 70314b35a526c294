//! What the charts take of the engine's `summary.json`.

use serde::Deserialize;
use std::collections::BTreeMap;

/// Counts of a result.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Summary {
    /// Records.
    pub records: u64,
    /// Records that dbSNP knows.
    pub in_dbsnp: u64,
    /// Records that it does not know.
    pub novel: u64,
    /// Substitutions of A and G, or of C and T.
    pub transitions: u64,
    /// Other substitutions.
    pub transversions: u64,
    /// Alleles by most severe consequence.
    pub most_severe: BTreeMap<String, u64>,
    /// Records along each contig.
    pub density: BTreeMap<String, Density>,
    /// Indels by the bases they add; the ends stand for longer ones too.
    pub indel_lengths: Vec<(i32, u64)>,
    /// Records by quality.
    pub qual: Qualities,
}

/// Records of a contig by position.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Density {
    /// Bases of a bin.
    pub bin_bases: u32,
    /// Records by bin, the first of which begins at position 1.
    pub records: Vec<u64>,
}

/// Records by quality.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Qualities {
    /// Records without one.
    pub missing: u64,
    /// Bins in ascending order.
    pub bins: Vec<QualityBin>,
}

/// One bin of qualities.
#[derive(Clone, Debug, Deserialize)]
pub struct QualityBin {
    /// The lowest quality of the bin.
    pub from: u32,
    /// The lowest of the next; `None` for the last.
    pub to: Option<u32>,
    /// Records.
    pub records: u64,
}
