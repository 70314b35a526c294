//! Tests of the charts: the layout of each figure as text.

use super::*;
use crate::charts::to_svg;
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
    let all = figures(&summary());
    all.into_iter().find(|figure| figure.name == name).unwrap()
}

#[test]
fn horizontal_bars_are_proportional_to_their_counts() {
    insta::assert_snapshot!(as_text(&named("consequences")));
    insta::assert_snapshot!(as_text(&named("ts-tv")));
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

#[test]
fn every_mark_is_within_its_figure() {
    for figure in figures(&summary()) {
        for text in &figure.texts {
            assert!((0.0..=480.0).contains(&text.x), "{}: {text:?}", figure.name);
            assert!((0.0..=figure.height as f32).contains(&text.y), "{}: {text:?}", figure.name);
        }
        for mark in &figure.marks {
            for (x, y) in corners(&mark.path) {
                let is_inside =
                    (0.0..=480.0).contains(&x) && (0.0..=figure.height as f32).contains(&y);
                assert!(is_inside, "{}: {}", figure.name, mark.path);
            }
        }
        let counted: u64 = figure.marks.iter().map(|mark| mark.count).sum();
        assert!(counted > 0 && figure.marks.iter().all(|mark| mark.count > 0), "{}", figure.name);
    }
}

#[test]
fn a_chart_without_data_is_omitted() {
    assert_eq!(figures(&Summary::default()), []);
}

#[test]
fn a_summary_of_the_engine_gives_every_chart() {
    let text = r#"{"assembly":"GRCh37","records":2,"in_dbsnp":1,"novel":1,"transitions":1,
        "transversions":1,"most_severe":{"stop_gained":2},"density":{"20":{"bin_bases":500000,
        "records":[0,2]}},"indel_lengths":[[-3,1]],"qual":{"missing":1,"bins":[{"from":0,"to":10,
        "records":1},{"from":10,"to":null,"records":0}]},"tracks":{}}"#;
    let summary: Summary = serde_json::from_str(text).unwrap();
    let names: Vec<_> = figures(&summary).into_iter().map(|figure| figure.name).collect();
    assert_eq!(names, ["consequences", "density", "ts-tv", "known", "indels", "quality"]);
}

#[test]
fn an_svg_file_needs_no_style_sheet() {
    insta::assert_snapshot!(to_svg(&named("ts-tv")));
}
