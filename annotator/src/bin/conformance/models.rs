//! Selects the transcripts that are not compared.

use flate2::read::MultiGzDecoder;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// Transcripts whose first CDS feature has a phase other than 0. VEP and `bcftools csq` disagree
/// about them.
pub(crate) fn transcripts_with_start_phase(gff: &Path) -> anyhow::Result<HashSet<String>> {
    let mut first: HashMap<String, (i64, bool)> = HashMap::new();
    for line in BufReader::new(MultiGzDecoder::new(File::open(gff)?)).lines() {
        let line = line?;
        let columns: Vec<&str> = line.split('\t').collect();
        let &[_, _, "CDS", start, end, _, strand, phase, attributes] = columns.as_slice() else {
            continue;
        };
        let Some(id) = attributes.split("Parent=transcript:").nth(1) else { continue };
        let id = id.split(';').next().unwrap_or(id).to_owned();
        let order: i64 = if strand == "-" { -end.parse::<i64>()? } else { start.parse()? };
        let entry = first.entry(id).or_insert((i64::MAX, false));
        if order < entry.0 {
            *entry = (order, phase != "0");
        }
    }
    Ok(first.into_iter().filter(|(_, (_, phased))| *phased).map(|(id, _)| id).collect())
}
