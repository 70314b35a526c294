//! Tracks of the operator: known variants from VCF files, regions from BED files.

mod build;
mod minimal;

pub use build::build_track;
pub(crate) use minimal::minimal;

use crate::model::RegionIndex;
use serde::{Deserialize, Serialize};

/// A known variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownVariant {
    /// First base replaced, after what both alleles share is taken off.
    pub start: i32,
    /// Bases replaced.
    pub reference: Box<[u8]>,
    /// Bases put in their place.
    pub alt: Box<[u8]>,
    /// Identifiers; empty where there are none.
    pub id: Box<[u8]>,
    /// INFO/AF of the allele; empty where it is not given.
    pub frequency: Box<[u8]>,
    /// INFO/CLNSIG; empty where it is not given.
    pub clinical: Box<[u8]>,
}

/// A named region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region {
    /// First position.
    pub start: i32,
    /// Last position.
    pub end: i32,
    /// Name; the track's own where the file gives none.
    pub name: Box<[u8]>,
}

/// The entries of a track, contig by contig in the order of the bundle, sorted by start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TrackData {
    /// From a VCF file.
    Variants(Vec<Vec<KnownVariant>>),
    /// From a BED file.
    Regions(Vec<Vec<Region>>),
}

/// A track, ready for look-ups.
#[derive(Debug)]
pub struct Track {
    /// Name, also the INFO key of a region track.
    pub name: String,
    data: TrackData,
    index: Vec<RegionIndex>,
}

impl Track {
    /// Prepares the data for look-ups.
    pub fn new(name: String, data: TrackData) -> Self {
        let index = match &data {
            TrackData::Variants(_) => Vec::new(),
            TrackData::Regions(contigs) => contigs
                .iter()
                .map(|regions| RegionIndex::new(regions.iter().map(|r| (r.start, r.end)), 0))
                .collect(),
        };
        Self { name, data, index }
    }

    /// Whether the track holds regions.
    pub const fn is_regions(&self) -> bool {
        matches!(self.data, TrackData::Regions(_))
    }

    /// Whether the track is dbSNP's, by its name.
    pub fn is_dbsnp(&self) -> bool {
        self.name.eq_ignore_ascii_case("dbsnp")
    }

    /// Known variants equal to an allele in its minimal form.
    pub fn variants<'a>(
        &'a self,
        contig: u32,
        start: i32,
        reference: &'a [u8],
        alt: &'a [u8],
    ) -> impl Iterator<Item = &'a KnownVariant> {
        let known: &[KnownVariant] = match &self.data {
            TrackData::Variants(contigs) => contigs.get(contig as usize).map_or(&[], Vec::as_slice),
            TrackData::Regions(_) => &[],
        };
        let from = known.partition_point(|v| v.start < start);
        known[from..].iter().take_while(move |v| v.start == start).filter(move |v| {
            v.reference.eq_ignore_ascii_case(reference) && v.alt.eq_ignore_ascii_case(alt)
        })
    }

    /// Regions that a stretch touches.
    pub fn regions(&self, contig: u32, start: i32, end: i32) -> impl Iterator<Item = &Region> {
        let regions: &[Region] = match &self.data {
            TrackData::Regions(contigs) => contigs.get(contig as usize).map_or(&[], Vec::as_slice),
            TrackData::Variants(_) => &[],
        };
        let found = self.index.get(contig as usize).map(|index| index.query(start, end));
        found
            .into_iter()
            .flatten()
            .filter_map(move |n| regions.get(n as usize))
            .filter(move |r| r.start <= end && r.end >= start)
    }
}
