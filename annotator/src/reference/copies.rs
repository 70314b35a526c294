//! Recognizes that the parts of a transcript without a line of its own are those of several copies
//! on one contig, as in tables of alignments that are converted to GTF.

use super::gff::Feature;
use std::collections::HashMap;

/// Whether the parts of a transcript, its exons or else its CDS features, are at several places.
/// `gene_lines` are the lines of its gene on the contig.
///
/// Evidence is one of: parts within different gene lines, exon numbers that restart, stop codons of
/// more than three bases, exons that repeat with the same lengths and introns, a file order that
/// restarts before a gap that is larger than all introns.
pub(super) fn is_at_several_places(
    parts: &[&Feature],
    stop_codons: &[&Feature],
    gene_lines: &[&Feature],
) -> bool {
    let mut stop_codons: Vec<_> = stop_codons.iter().map(|f| region(f)).collect();
    stop_codons.sort_unstable();
    stop_codons.dedup();
    let stop_bases = stop_codons.iter().map(|(start, end)| i64::from(*end) - i64::from(*start) + 1);
    stop_bases.sum::<i64>() > 3
        || is_in_several_genes(parts, gene_lines)
        || exon_numbers_restart(parts)
        || is_repeated(parts)
        || order_restarts(parts)
}

const fn region(feature: &Feature) -> (i32, i32) {
    (feature.start, feature.end)
}

fn is_in_several_genes(parts: &[&Feature], gene_lines: &[&Feature]) -> bool {
    let gene_of = |part: &Feature| {
        gene_lines.iter().position(|gene| gene.start <= part.start && part.end <= gene.end)
    };
    let mut genes = parts.iter().filter_map(|part| gene_of(part));
    genes.next().is_some_and(|first| genes.any(|gene| gene != first))
}

/// Some files give all exons the same number, which says nothing.
fn exon_numbers_restart(parts: &[&Feature]) -> bool {
    let mut numbers: HashMap<&str, (i32, i32)> = HashMap::new();
    let mut restart = false;
    for part in parts {
        let Some(number) = part.attribute(&["exon_number"]) else { continue };
        let (start, end) = *numbers.entry(number).or_insert_with(|| region(part));
        restart |= part.start > end.saturating_add(3) || start > part.end.saturating_add(3);
    }
    restart && numbers.len() > 1
}

/// Whether at least two exons are followed by exons of the same lengths and introns.
fn is_repeated(parts: &[&Feature]) -> bool {
    let mut regions: Vec<_> = parts.iter().map(|part| region(part)).collect();
    regions.sort_unstable();
    regions.dedup();
    let len = regions.len();
    let has_period = |period: usize| {
        regions.chunks(period).zip(regions.chunks(period).skip(1)).all(|(a, b)| {
            let shift = b[0].0 - a[0].0;
            a.iter().zip(b).all(|(a, b)| b.0 - a.0 == shift && b.1 - a.1 == shift)
        })
    };
    (2..=len / 2).any(|period| len.is_multiple_of(period) && has_period(period))
}

fn order_restarts(parts: &[&Feature]) -> bool {
    let mut regions: Vec<_> = parts.iter().map(|part| region(part)).collect();
    regions.dedup();
    let ascents = regions.windows(2).filter(|pair| pair[0] < pair[1]).count();
    if 2 * ascents + 1 < regions.len() {
        // The exons of the reverse strand, or of a file that lists all exons so.
        regions.reverse();
    }
    let mut descents = regions.windows(2).enumerate().filter(|(_, pair)| pair[0] > pair[1]);
    let (Some((at, _)), None) = (descents.next(), descents.next()) else { return false };
    let (later, earlier) = regions.split_at(at + 1);
    let (Some(first), Some(last)) = (later.first(), earlier.last()) else { return false };
    let introns = [later, earlier].into_iter().flat_map(|run| run.windows(2));
    let longest = introns.map(|pair| pair[1].0 - pair[0].1).max().unwrap_or(0);
    later.len() > 1 && earlier.len() > 1 && first.0 - last.1 > longest.max(0)
}
