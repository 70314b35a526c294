//! The charts of a result: which there are, with their texts and the filter of each mark.

use super::Figure;
use super::bar_chart::{Bar, BarGroup, horizontal_bars, vertical_bars};
use super::density_chart::density_chart;
use super::ring_chart::ring_chart;
use gas_explorer::{Frequencies, GeneCount, Overview, gene_filter};
use gas_shared::explorer::url::write_filter;
use gas_shared::explorer::{
    CLINVAR, CONSEQUENCE, Facet, Filter, Impact, LengthRange, QUALITY, RS_ID, Range, SoTerm,
    Substitution,
};
use gas_shared::summary::Summary;

/// Indels of this length in bases include longer ones; see `MAX_INDEL` of the annotator.
const LONGEST_INDEL: i32 = 50;

/// Subtracted from the exclusive upper bound of a bin, because a filter's bounds are inclusive. In
/// practice QUAL has at most two decimals.
const QUAL_STEP: f32 = 0.01;

/// The charts of a result, without those that have nothing to show.
pub fn figures(summary: &Summary, overview: &Overview) -> Vec<Figure> {
    let all = [
        consequences(summary),
        clinvar(overview),
        frequencies(overview),
        genes(overview),
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

/// Every consequence, grouped by impact, the most severe ones first.
fn consequences(summary: &Summary) -> Figure {
    let bar = |(term, count): (&str, u64)| Bar {
        label: term.replace('_', " "),
        tick: term.replace('_', " "),
        count,
        tone: 0,
        filter: write_filter(&Filter::of_values(&CONSEQUENCE, &[term])),
    };
    let count_of = |term: &str| summary.most_severe.get(term).copied().filter(|count| *count > 0);
    let group = |impact: Impact| {
        let terms = SoTerm::ALL.iter().filter(|term| term.impact() == impact);
        let counted = terms.filter_map(|term| Some((term.as_str(), count_of(term.as_str())?)));
        BarGroup { heading: impact.as_str().to_owned(), bars: counted.map(bar).collect() }
    };
    // A newer engine may count terms that this version does not know.
    let is_known = |name: &str| SoTerm::ALL.iter().any(|term| term.as_str() == name);
    let others = summary.most_severe.iter().filter(|(term, count)| !is_known(term) && **count > 0);
    let others = others.map(|(term, count)| bar((term.as_str(), *count))).collect();
    let others = BarGroup { heading: "Other".to_owned(), bars: others };
    let groups = Impact::ALL.map(group).into_iter().chain([others]);
    let groups = groups.filter(|group| !group.bars.is_empty()).collect();
    let text =
        "Alleles by their most severe consequence, grouped by impact; the most severe first.";
    let head = ("Consequence", "Alleles");
    horizontal_bars(figure("consequences", "Consequences", text.to_owned(), head), groups)
}

/// Bars in one group.
fn bars(figure: Figure, bars: impl Iterator<Item = Bar>) -> Figure {
    horizontal_bars(figure, vec![BarGroup { heading: String::new(), bars: bars.collect() }])
}

fn genes(overview: &Overview) -> Figure {
    let text = format!(
        "Variants of HIGH or MODERATE impact by gene: the {} genes with the most.",
        overview.genes.len()
    );
    let figure = figure("genes", "Genes", text, ("Gene", "Variants"));
    let gene = |GeneCount { gene, records }: &GeneCount| Bar {
        label: gene.clone(),
        tick: gene.clone(),
        count: *records,
        tone: 0,
        filter: write_filter(&gene_filter(Some(gene))),
    };
    bars(figure, overview.genes.iter().map(gene))
}

fn clinvar(overview: &Overview) -> Figure {
    let text = "Variants by their clinical significance in ClinVar.".to_owned();
    let figure = figure("clinvar", "ClinVar", text, ("Significance", "Variants"));
    let value = |facet: &Facet| Bar {
        label: CLINVAR.label_of(&facet.value),
        tick: CLINVAR.label_of(&facet.value),
        count: facet.records,
        tone: 0,
        filter: write_filter(&Filter::of_values(&CLINVAR, &[facet.value.as_str()])),
    };
    bars(figure, overview.clinvar.iter().map(value))
}

fn frequencies(overview: &Overview) -> Figure {
    let Some(Frequencies { column, classes, missing }) = &overview.frequencies else {
        return Figure::default();
    };
    let text = match missing {
        0 => format!("{}.", column.long_label),
        missing => {
            let missing = crate::format::counted(*missing, "variant");
            format!("{}; {missing} without a value.", column.long_label)
        }
    };
    let figure = figure("frequencies", "Population frequency", text, ("Frequency", "Variants"));
    let class = |(range, records): &(Range, u64)| {
        let label = class_label(range);
        Bar {
            tick: label.clone(),
            label,
            count: *records,
            tone: 0,
            filter: write_filter(&Filter::of_range(column, *range)),
        }
    };
    let some = classes.iter().filter(|(_, records)| *records > 0);
    bars(figure, some.map(class))
}

/// A class of frequencies in percent, such as `over 1 % to 5 %`.
fn class_label(range: &Range) -> String {
    // Bounds have at most four digits; a least one is just above the greatest one of the class before.
    let percent = |bound: f32| (f64::from(bound) * 1e4).round() / 100.0;
    match (range.min, range.max) {
        (None, Some(max)) => format!("up to {} %", percent(max)),
        (Some(min), Some(max)) => format!("over {} % to {} %", percent(min), percent(max)),
        (Some(min), None) => format!("over {} %", percent(min)),
        (None, None) => "any".to_owned(),
    }
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
    let classes = [
        bar("transitions", "Transitions (A↔G, C↔T)", transitions, 0, Substitution::Transition),
        bar("transversions", "Transversions", transversions, 1, Substitution::Transversion),
    ];
    let figure = figure("ts-tv", "Transitions and transversions", text, ("Class", "Alleles"));
    bars(figure, classes.into_iter().filter(|bar| bar.count > 0))
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
