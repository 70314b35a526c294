//! Tests of the charts: the layout of each figure as text.

use super::*;
use crate::charts::labels::width_of;
use crate::charts::{Anchor, Text, to_svg};
use gas_shared::explorer::MIXED_FREQUENCY;
use gas_shared::summary::{Density, Qualities, QualityBin};

fn summary() -> Summary {
    let severe = [("missense_variant", 30), ("stop_gained", 2), ("intron_variant", 60)];
    let bin = |from, to, records| QualityBin { from, to, records };
    let density = |bin_bases, records: &[u64]| Density { bin_bases, records: records.to_vec() };
    Summary {
        records: 100,
        in_dbsnp: 75,
        novel: 25,
        transitions: 40,
        transversions: 20,
        most_severe: severe.map(|(term, n)| (term.to_owned(), n)).into(),
        density: [
            ("20".to_owned(), density(1_000_000, &[0, 5, 1])),
            ("3".to_owned(), density(1_000_000, &[2, 0])),
        ]
        .into(),
        indel_lengths: vec![(-50, 1), (-1, 8), (2, 4)],
        qual: Qualities {
            missing: 3,
            bins: vec![bin(0, Some(10), 1), bin(10, Some(20), 0), bin(20, None, 96)],
        },
        ..Summary::default()
    }
}

fn overview() -> Overview {
    let class = |min, max, records| (Range { min, max, or_missing: false }, records);
    Overview {
        genes: vec![
            GeneCount { gene: "BRCA2".to_owned(), records: 12_345 },
            GeneCount {
                gene: "ENSG00000139618_of_an_alternative_haplotype_without_a_symbol".to_owned(),
                records: 3,
            },
        ],
        clinvar: vec![Facet { value: "likely_pathogenic".to_owned(), records: 2 }],
        frequencies: Some(Frequencies {
            column: std::sync::Arc::new(MIXED_FREQUENCY.clone()),
            classes: vec![
                class(None, Some(0.001), 4),
                class(Some(0.001_f32.next_up()), Some(0.01), 0),
                class(Some(0.01_f32.next_up()), Some(0.05), 7),
                class(Some(0.5_f32.next_up()), None, 9),
            ],
            missing: 1_000,
        }),
    }
}

/// A figure as text: a line for each mark and each label.
fn as_text(figure: &Figure) -> String {
    let marks = figure.marks.iter().map(|mark| {
        format!("{}: {} #{} {} {}", mark.label, mark.count, mark.tone, mark.path, mark.filter)
    });
    let texts = figure
        .texts
        .iter()
        .map(|text| format!("\"{}\" at {} {} {}", text.text, text.x, text.y, text.anchor.as_str()));
    let head = format!("{} ({}) {}", figure.title, figure.summary, figure.height);
    [head].into_iter().chain(marks).chain(texts).collect::<Vec<_>>().join("\n")
}

fn named(name: &str) -> Figure {
    let all = figures(&summary(), &overview());
    all.into_iter().find(|figure| figure.name == name).unwrap()
}

#[test]
fn horizontal_bars_are_proportional_to_their_counts() {
    insta::assert_snapshot!(as_text(&named("consequences")));
    insta::assert_snapshot!(as_text(&named("ts-tv")));
}

#[test]
fn genes_significances_and_frequencies_are_bars_that_select_their_variants() {
    insta::assert_snapshot!(as_text(&named("genes")));
    insta::assert_snapshot!(as_text(&named("clinvar")));
    insta::assert_snapshot!(as_text(&named("frequencies")));
}

#[test]
fn rows_are_proportional_to_the_lengths_of_chromosomes() {
    insta::assert_snapshot!(as_text(&named("density")));
}

#[test]
fn ring_segments_are_proportional_to_their_counts() {
    insta::assert_snapshot!(as_text(&named("known")));
}

#[test]
fn an_empty_vertical_bar_keeps_its_space() {
    insta::assert_snapshot!(as_text(&named("indels")));
    insta::assert_snapshot!(as_text(&named("quality")));
}

/// The points of a path, for the commands that the charts use.
fn corners(path: &str) -> Vec<(f32, f32)> {
    let (mut at, mut all) = ((0.0, 0.0), Vec::new());
    let mut rest = path;
    while let Some(command) = rest.chars().next() {
        let end =
            rest[1..].find(|c: char| c.is_ascii_alphabetic()).map_or(rest.len(), |end| end + 1);
        let numbers: Vec<f32> = rest[1..end]
            .split([' ', ','])
            .filter(|number| !number.is_empty())
            .map(|number| number.parse().unwrap())
            .collect();
        at = match (command, &numbers[..]) {
            ('M' | 'L', [x, y]) => (*x, *y),
            ('A', [.., x, y]) => (*x, *y),
            ('h', [dx]) => (at.0 + dx, at.1),
            ('v', [dy]) => (at.0, at.1 + dy),
            ('z' | 'Z', []) => at,
            _ => panic!("{command} of {path}"),
        };
        all.push(at);
        rest = &rest[end..];
    }
    all
}

/// Left and right end of a label, and its top and bottom.
fn extent(text: &Text) -> [f32; 4] {
    let width = width_of(&text.text);
    let left = match text.anchor {
        Anchor::Start => text.x,
        Anchor::Middle => text.x - width / 2.0,
        Anchor::End => text.x - width,
    };
    [left, left + width, text.y - 11.0, text.y + 3.0]
}

/// What is wrong with the geometry of a figure.
fn problems(figure: &Figure) -> Vec<String> {
    let (width, height) = (crate::charts::WIDTH as f32, figure.height as f32);
    let mut problems = Vec::new();
    for text in &figure.texts {
        let [left, right, top, bottom] = extent(text);
        if left < 0.0 || right > width || top < 0.0 || bottom > height {
            problems.push(format!("{}: {text:?} is cut off", figure.name));
        }
    }
    for (n, one) in figure.texts.iter().enumerate() {
        let [left, right, top, bottom] = extent(one);
        for other in &figure.texts[n + 1..] {
            let [l, r, t, b] = extent(other);
            if left < r && l < right && top < b && t < bottom {
                problems.push(format!("{}: {one:?} overlaps {other:?}", figure.name));
            }
        }
    }
    for mark in &figure.marks {
        for (x, y) in corners(&mark.path) {
            if !(0.0..=width).contains(&x) || !(0.0..=height).contains(&y) {
                problems.push(format!("{}: {} is cut off", figure.name, mark.path));
            }
        }
    }
    problems
}

/// A summary with long names and large counts.
fn large_summary() -> Summary {
    let most = 12_345_678_901;
    let count = |n: usize| most / (n as u64 + 1);
    let all_terms = SoTerm::ALL.iter().enumerate();
    let names = (0..40).map(|n| format!("HLA-DRB1*15:01:01:{n:02}_alternative_contig"));
    let density = |n: usize| Density { bin_bases: 1_000_000, records: vec![count(n); 90] };
    let bounds = [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 200, 500, 1_000, 5_000, 10_000];
    let bins = bounds.iter().enumerate().map(|(n, from)| QualityBin {
        from: *from,
        to: bounds.get(n + 1).copied(),
        records: count(n),
    });
    Summary {
        in_dbsnp: most,
        novel: most / 2,
        transitions: most,
        transversions: most / 2,
        most_severe: all_terms.map(|(n, term)| (term.as_str().to_owned(), count(n))).collect(),
        density: names.enumerate().map(|(n, name)| (name, density(n))).collect(),
        indel_lengths: (-50..=50).map(|length| (length, most)).collect(),
        qual: Qualities { missing: most, bins: bins.collect() },
        ..summary()
    }
}

#[test]
fn nothing_is_cut_off_and_no_labels_overlap() {
    for summary in [summary(), large_summary()] {
        for figure in figures(&summary, &overview()) {
            assert_eq!(problems(&figure), Vec::<String>::new());
            let counted: u64 = figure.marks.iter().map(|mark| mark.count).sum();
            let has_counts = figure.marks.iter().all(|mark| mark.count > 0);
            assert!(counted > 0 && has_counts, "{}", figure.name);
        }
    }
}

#[test]
fn every_consequence_is_shown_by_impact_and_severity() {
    let all = figures(&large_summary(), &overview());
    let figure = all.iter().find(|figure| figure.name == "consequences").unwrap();
    let labels: Vec<&str> = figure.marks.iter().map(|mark| mark.label.as_str()).collect();
    assert_eq!(labels.len(), SoTerm::ALL.len());
    let first = ["transcript ablation", "splice acceptor variant", "splice donor variant"];
    assert_eq!(labels[..3], first);
    let headings = figure.texts.iter().filter(|text| text.is_heading);
    let headings: Vec<&str> = headings.map(|text| text.text.as_str()).collect();
    assert_eq!(headings, ["HIGH", "MODERATE", "LOW", "MODIFIER"]);
    let newer =
        Summary { most_severe: [("newer_variant".to_owned(), 3)].into(), ..Summary::default() };
    let figure = &figures(&newer, &Overview::default())[0];
    assert_eq!(
        (figure.marks[0].label.as_str(), figure.texts[0].text.as_str()),
        ("newer variant", "Other")
    );
}

#[test]
fn a_chart_without_data_is_omitted() {
    assert_eq!(figures(&Summary::default(), &Overview::default()), []);
}

#[test]
fn a_summary_of_the_engine_gives_every_chart() {
    let text = r#"{"assembly":"GRCh37","records":2,"in_dbsnp":1,"novel":1,"transitions":1,
        "transversions":1,"most_severe":{"stop_gained":2},"density":{"20":{"bin_bases":500000,
        "records":[0,2]}},"indel_lengths":[[-3,1]],"qual":{"missing":1,"bins":[{"from":0,"to":10,
        "records":1},{"from":10,"to":null,"records":0}]},"tracks":{}}"#;
    let summary: Summary = serde_json::from_str(text).unwrap();
    let names: Vec<_> =
        figures(&summary, &Overview::default()).into_iter().map(|figure| figure.name).collect();
    assert_eq!(names, ["consequences", "density", "ts-tv", "known", "indels", "quality"]);
}

#[test]
fn an_svg_file_needs_no_style_sheet() {
    insta::assert_snapshot!(to_svg(&named("ts-tv")));
}
