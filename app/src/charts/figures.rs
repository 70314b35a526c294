//! The charts of a result: which there are, with their texts and the filter of each mark.

use super::Figure;
use super::bar_chart::{Bar, horizontal_bars, vertical_bars};
use super::density_chart::density_chart;
use super::ring_chart::ring_chart;
use gas_shared::explorer::url::write_filter;
use gas_shared::explorer::{CONSEQUENCE, Filter, LengthRange, QUALITY, RS_ID, Range, Substitution};
use gas_shared::summary::Summary;

/// The most consequences that are shown, of 41.
const MAX_CONSEQUENCES: usize = 16;

/// Indels of this length in bases include longer ones; see `MAX_INDEL` of the annotator.
const LONGEST_INDEL: i32 = 50;

/// Subtracted from the exclusive upper bound of a bin, because a filter's bounds are inclusive. In
/// practice QUAL has at most two decimals.
const QUAL_STEP: f32 = 0.01;

/// The charts of a result, without those that have nothing to show.
pub fn figures(summary: &Summary) -> Vec<Figure> {
    let all = [
        consequences(summary),
        along_chromosomes(summary),
        substitutions(summary),
        rs_ids(summary),
        indels(summary),
        qualities(summary),
    ];
    all.into_iter().filter(|figure| !figure.marks.is_empty()).collect()
}

fn figure(name: &str, title: &str, summary: String, head: (&str, &str)) -> Figure {
    Figure {
        name: name.to_owned(),
        title: title.to_owned(),
        summary,
        head: (head.0.to_owned(), head.1.to_owned()),
        ..Figure::default()
    }
}

fn consequences(summary: &Summary) -> Figure {
    let mut terms: Vec<(&String, &u64)> = summary.most_severe.iter().collect();
    terms.sort_by_key(|(term, count)| (std::cmp::Reverse(**count), *term));
    let left_out = terms.len().saturating_sub(MAX_CONSEQUENCES);
    terms.truncate(MAX_CONSEQUENCES);
    let mut text = "Alleles by their most severe consequence.".to_owned();
    if left_out > 0 {
        text.push_str(&format!(" {left_out} rarer consequences are not shown."));
    }
    let bars = terms.into_iter().map(|(term, count)| Bar {
        label: term.replace('_', " "),
        tick: term.replace('_', " "),
        count: *count,
        tone: 0,
        filter: write_filter(&Filter::of_values(&CONSEQUENCE, &[term])),
    });
    let head = ("Consequence", "Alleles");
    horizontal_bars(figure("consequences", "Consequences", text, head), bars.collect())
}

fn along_chromosomes(summary: &Summary) -> Figure {
    let text = "Variants along each chromosome. Each row has its own scale; the number at its end \
                is the count of its highest bar.";
    let head = ("Region", "Variants");
    let figure = figure("density", "Variants along the chromosomes", text.to_owned(), head);
    density_chart(figure, &summary.density)
}

fn substitutions(summary: &Summary) -> Figure {
    let (transitions, transversions) = (summary.transitions, summary.transversions);
    let text = match transversions {
        0 => "Single-base substitutions; there are no transversions.".to_owned(),
        some => {
            format!("Single-base substitutions: Ts/Tv is {:.2}.", transitions as f64 / some as f64)
        }
    };
    let bar = |label: &str, tick: &str, count, tone, class| Bar {
        label: label.to_owned(),
        tick: tick.to_owned(),
        count,
        tone,
        filter: write_filter(&Filter { substitution: Some(class), ..Filter::default() }),
    };
    let bars = [
        bar("transitions", "Transitions (A↔G, C↔T)", transitions, 0, Substitution::Transition),
        bar("transversions", "Transversions", transversions, 1, Substitution::Transversion),
    ];
    let some = bars.into_iter().filter(|bar| bar.count > 0).collect();
    horizontal_bars(
        figure("ts-tv", "Transitions and transversions", text, ("Class", "Alleles")),
        some,
    )
}

fn rs_ids(summary: &Summary) -> Figure {
    let part = |tick: &str, count, tone, value| Bar {
        label: format!("variants with {tick}"),
        tick: tick.to_owned(),
        count,
        tone,
        filter: write_filter(&Filter::of_values(&RS_ID, &[value])),
    };
    let parts =
        vec![part("rsID", summary.in_dbsnp, 0, "yes"), part("no rsID", summary.novel, 1, "no")];
    let text = "Variants with and without a dbSNP identifier (rsID).".to_owned();
    ring_chart(figure("known", "dbSNP identifiers", text, ("Variants", "Count")), parts)
}

fn indels(summary: &Summary) -> Figure {
    let count_of = |length: i32| {
        summary.indel_lengths.iter().find(|(bases, _)| *bases == length).map_or(0, |(_, n)| *n)
    };
    let bars = (-LONGEST_INDEL..=LONGEST_INDEL).map(|length| {
        let longer = length.abs() == LONGEST_INDEL;
        let range = LengthRange {
            min: (!longer || length > 0).then_some(length),
            max: (!longer || length < 0).then_some(length),
        };
        let what = match length {
            ..0 => "deleted",
            0 => "inserted or deleted",
            _ => "inserted",
        };
        let bases = if length.abs() == 1 { "base" } else { "bases" };
        let more = if longer { " or more" } else { "" };
        Bar {
            label: format!("{}{more} {bases} {what}", length.abs()),
            tick: if length % 25 == 0 { format!("{length:+}") } else { String::new() },
            count: count_of(length),
            tone: u8::from(length > 0),
            filter: write_filter(&Filter { length: Some(range), ..Filter::default() }),
        }
    });
    let text = "Alleles by the number of bases deleted (left) or inserted (right). ±50 means 50 or \
                more.";
    let figure = figure("indels", "Indel lengths", text.to_owned(), ("Length", "Alleles"));
    vertical_bars(figure, bars.collect(), "bases deleted ← → bases inserted")
}

fn qualities(summary: &Summary) -> Figure {
    let bars = summary.qual.bins.iter().map(|bin| {
        let range = Range {
            min: Some(bin.from as f32),
            max: bin.to.map(|to| to as f32 - QUAL_STEP),
            or_missing: false,
        };
        Bar {
            label: match bin.to {
                Some(to) => format!("QUAL {} to below {to}", bin.from),
                None => format!("QUAL {} or more", bin.from),
            },
            tick: match bin.from {
                from @ ..1_000 => from.to_string(),
                from => format!("{}k", from / 1_000),
            },
            count: bin.records,
            tone: 0,
            filter: write_filter(&Filter::of_range(&QUALITY, range)),
        }
    });
    let text = match summary.qual.missing {
        0 => "Variants by QUAL.".to_owned(),
        missing => format!("Variants by QUAL; {} have no value.", crate::format::count(missing)),
    };
    let figure = figure("quality", "Quality", text, ("Quality", "Variants"));
    vertical_bars(figure, bars.collect(), "QUAL, from")
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
