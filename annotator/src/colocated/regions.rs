//! Tracks of named regions, such as segmental duplications, from BED files. A track writes the
//! names of the regions that a record overlaps to the INFO key of its name.

use super::data_set::Found;
use super::fit::{Fit, Genome};
use super::track::{Track, TrackFile, TrackKind};
use crate::model::RegionIndex;
use crate::variant::Variant;
use serde::{Deserialize, Serialize};

pub(super) const KIND: TrackKind = TrackKind {
    name: "bed",
    tag: 1,
    fields: &[],
    info_description: Some("Regions of the track"),
    build: |source, genome| {
        let mut regions: Vec<Vec<Region>> = genome.contigs.iter().map(|_| Vec::new()).collect();
        let mut fit = Fit::default();
        while let Some(line) = source.next_line()? {
            let skipped = [&b"#"[..], b"track", b"browser"].iter().any(|p| line.starts_with(p));
            let found = if line.is_empty() || skipped {
                genome.check_track_line(line).map(|()| None)
            } else {
                read_region(line, genome, &mut fit)
            };
            match found {
                Ok(Some((contig, region))) => {
                    fit.entries += 1;
                    regions[contig as usize].push(region);
                }
                Ok(None) => {}
                Err(reason) => return Err(source.error(reason)),
            }
        }
        regions.iter_mut().for_each(|regions| regions.sort_by_key(|r| (r.start, r.end)));
        TrackFile::new(&regions, fit, source)
    },
    open: |_, bytes| Ok(Box::new(Regions::new(postcard::from_bytes(bytes)?))),
};

/// A named region.
#[derive(Debug, Serialize, Deserialize)]
struct Region {
    /// First position.
    start: i32,
    /// Last position.
    end: i32,
    name: Box<[u8]>,
}

/// Reads a line; `None` if its region is not on the genome.
fn read_region(
    line: &[u8],
    genome: Genome<'_>,
    fit: &mut Fit,
) -> Result<Option<(u32, Region)>, String> {
    let text = String::from_utf8_lossy(line);
    let mut columns = text.split('\t');
    let (Some(chrom), Some(start), Some(end)) = (columns.next(), columns.next(), columns.next())
    else {
        return Err("a BED line needs at least three columns, separated by tabs".to_owned());
    };
    let number =
        |text: &str| text.trim().parse::<i32>().map_err(|_| format!("{text:?} is not a position"));
    let (start, end) = (number(start)?, number(end)?);
    if start < 0 || end < start {
        return Err(format!("{start} to {end} is not a region"));
    }
    let Some(contig) = fit.contig(genome, chrom.as_bytes()) else { return Ok(None) };
    let name = columns.next().unwrap_or("yes").trim();
    let plain = |c: char| if c.is_ascii_graphic() && !",;=|".contains(c) { c } else { '_' };
    let name: String = name.chars().map(plain).collect();
    // BED positions are 0-based and half-open.
    let start = start.saturating_add(1);
    if !fit.is_within(genome, contig, (start, end))? {
        return Ok(None);
    }
    Ok(Some((contig, Region { start, end, name: name.into_bytes().into() })))
}

/// The regions of a track by contig, sorted by start.
#[derive(Debug)]
struct Regions {
    contigs: Vec<(Vec<Region>, RegionIndex)>,
}

impl Regions {
    fn new(contigs: Vec<Vec<Region>>) -> Self {
        let indexed = contigs.into_iter().map(|regions| {
            let index = RegionIndex::new(regions.iter().map(|r| (r.start, r.end)), 0);
            (regions, index)
        });
        Self { contigs: indexed.collect() }
    }
}

impl Track for Regions {
    fn look_up(&self, contig: u32, variant: &Variant<'_>, found: &mut Found<'_>) -> bool {
        let Some((regions, index)) = self.contigs.get(contig as usize) else { return false };
        let (start, end) = variant.region();
        let mut any = false;
        for region in index.query(start, end).filter_map(|n| regions.get(n as usize)) {
            if variant.is_in(region.start, region.end) {
                any = true;
                found.push_info(&region.name);
            }
        }
        any
    }
}
