//! The density chart: variants along the chromosomes, a row of bars for each.

use super::axis::rectangle;
use super::labels::{fitted, short_count};
use super::{Anchor, Figure, Mark, Text, WIDTH};
use gas_shared::explorer::url::write_filter;
use gas_shared::explorer::{Filter, Region, contig_alias};
use gas_shared::summary::Density;
use std::collections::BTreeMap;

const ROW: f32 = 30.0;
const LEFT: f32 = 64.0;
const RIGHT: f32 = WIDTH as f32 - 80.0;
const TALLEST: f32 = 22.0;

/// The most bars of a row. Finer bins are merged.
const MAX_BARS: usize = 80;

/// The most rows. Contigs with the most variants come first.
const MAX_ROWS: usize = 30;

/// Draws a row for each contig that has variants, in karyotypic order. Each row has its own
/// vertical scale, because the bins of a short contig are narrow; the count of its highest bar is
/// written at its end.
pub fn density_chart(figure: Figure, contigs: &BTreeMap<String, Density>) -> Figure {
    let mut rows: Vec<(&String, &Density)> = contigs.iter().collect();
    rows.sort_by_key(|(_, bins)| std::cmp::Reverse(bins.records.iter().sum::<u64>()));
    rows.truncate(MAX_ROWS);
    rows.sort_by_key(|(name, _)| karyotypic_key(name));
    let longest = rows.iter().map(|(_, bins)| length(bins)).max().unwrap_or(1).max(1);
    let mut figure = Figure { height: (8.0 + ROW * rows.len() as f32) as u32, ..figure };
    for (row, (name, bins)) in (0u16..).zip(rows) {
        let base = 4.0 + ROW * f32::from(row) + TALLEST + 2.0;
        let scale = (RIGHT - LEFT) / longest as f32;
        let end = LEFT + length(bins) as f32 * scale;
        figure.rules.push_str(&format!("M{LEFT} {base}H{end:.1}"));
        let text = |x, anchor, text| Text::new(x, base - 4.0, anchor, text);
        figure.texts.push(text(LEFT - 6.0, Anchor::End, fitted(name, LEFT - 6.0)));
        let (marks, most) = bars(name, bins, base, scale);
        figure.texts.push(text(RIGHT + 6.0, Anchor::Start, format!("≤ {}", short_count(most))));
        figure.marks.extend(marks);
    }
    figure
}

fn length(bins: &Density) -> u64 {
    u64::from(bins.bin_bases) * bins.records.len() as u64
}

/// The bars of a row and the count of the highest.
fn bars(name: &str, bins: &Density, base: f32, scale: f32) -> (Vec<Mark>, u64) {
    let together = bins.records.len().div_ceil(MAX_BARS).max(1);
    let bases = u64::from(bins.bin_bases) * together as u64;
    let counts: Vec<u64> = bins.records.chunks(together).map(|bins| bins.iter().sum()).collect();
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let some = (0u64..).zip(counts).filter(|(_, count)| *count > 0);
    let marks = some.map(|(bin, count)| {
        let height = (TALLEST * count as f32 / most as f32).max(1.5);
        let x = LEFT + (bin * bases) as f32 * scale;
        // Adjacent bars touch. A minimum width keeps the shortest contigs visible.
        let width = (bases as f32 * scale).max(1.0);
        let region = Region {
            contig: name.to_owned(),
            span: Some((position(bin * bases + 1), position((bin + 1) * bases))),
        };
        Mark {
            path: rectangle(x, base - height, width, height),
            tone: 0,
            label: region.to_string(),
            count,
            filter: write_filter(&Filter { regions: vec![region], ..Filter::default() }),
        }
    });
    (marks.collect(), most)
}

fn position(pos: u64) -> u32 {
    u32::try_from(pos).unwrap_or(u32::MAX)
}

/// The sort key of karyotypic order: chromosomes by number, then X, Y, the mitochondrion, and other
/// contigs by name.
fn karyotypic_key(name: &str) -> (u32, String) {
    let alias = contig_alias(name);
    let rank = match alias.as_str() {
        "X" => 1_001,
        "Y" => 1_002,
        "MT" => 1_003,
        other => other.parse().unwrap_or(2_000),
    };
    (rank, alias)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contigs_are_in_karyotypic_order() {
        let mut names = ["chrM", "GL000192.1", "chr10", "chrX", "chr2", "chrY"];
        names.sort_by_key(|name| karyotypic_key(name));
        assert_eq!(names, ["chr2", "chr10", "chrX", "chrY", "chrM", "GL000192.1"]);
    }

    #[test]
    fn merged_bins_keep_every_record() {
        let bins = Density { bin_bases: 100, records: vec![1; 166] };
        let (marks, most) = bars("MT", &bins, 30.0, 0.01);
        assert_eq!((marks.len(), most), (56, 3));
        assert_eq!(marks.iter().map(|mark| mark.count).sum::<u64>(), 166);
        assert_eq!(marks[1].label, "MT:301-600");
    }
}
