//! Whole files: what is written is found, and nothing else; damaged files give errors.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use gas_sources::{
    BuildError, Column, ColumnKind, Contig, Key, Matching, ReadError, Row, RowError, SourceBuilder,
    SourceDescription, SourceFile, SourcePart, StoredRow, Value,
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::LazyLock;

fn column(name: &str, kind: ColumnKind) -> Column {
    Column { name: name.into(), description: String::new(), kind, prefix: None }
}

fn description(matching: Matching) -> SourceDescription {
    SourceDescription {
        name: "test".into(),
        version: "1".into(),
        assembly: "GRCh38".into(),
        license: "CC0".into(),
        attribution: "nobody".into(),
        matching,
        columns: vec![
            column("AC", ColumnKind::Integer),
            column("FILTER", ColumnKind::Category),
            column("NOTE", ColumnKind::Text),
            column("SCORE", ColumnKind::Decimal { decimals: 3 }),
        ],
        quotients: Vec::new(),
    }
}

fn contig(name: &str) -> Contig {
    Contig { name: name.into(), ..Contig::default() }
}

/// An owned row of the test source.
type OwnedRow = (Option<i64>, Option<String>, Option<String>, Option<i64>);

fn values(row: &OwnedRow) -> [Value<'_>; 4] {
    let integer = |value: Option<i64>| value.map_or(Value::Missing, Value::Integer);
    [integer(row.0), of_text(&row.1), of_text(&row.2), integer(row.3)]
}

fn of_text(value: &Option<String>) -> Value<'_> {
    value.as_ref().map_or(Value::Missing, |text| Value::Text(text.as_bytes()))
}

fn any_row() -> impl Strategy<Value = OwnedRow> {
    (
        // Blocks with the largest integers are stored in another way.
        prop_oneof![
            100 => Just(None),
            100 => (0i64..20).prop_map(Some),
            50 => (-5i64..1 << 40).prop_map(Some),
            1 => any::<i64>().prop_map(|v| Some(v.max(-5)))
        ],
        proptest::option::of("[abc]{1,2}"),
        proptest::option::of("[a-z|]{1,40}"),
        proptest::option::weighted(0.2, -9999i64..9999),
    )
}

type AlleleRow = (u32, String, String, OwnedRow);

fn any_alleles() -> impl Strategy<Value = Vec<AlleleRow>> {
    let step = prop_oneof![4 => 0u32..3, 1 => 0u32..5000];
    let allele = prop_oneof![
        4 => ("[ACGT]", "[ACGT]"),
        2 => ("[ACGT]{0,3}", "[ACGT]{0,4}"),
        1 => ("[ACGTN]{0,40}", "[ACGT]{0,40}"),
    ];
    proptest::collection::vec((step, allele, any_row()), 0..300).prop_map(|rows| {
        let mut position = 1;
        let rows = rows.into_iter().map(|(step, (reference, alt), row)| {
            position += step;
            (position, reference, alt, row)
        });
        rows.collect()
    })
}

fn build(rows: &[(&str, Vec<AlleleRow>)], parallel: bool) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.source");
    let description = description(Matching::Verbatim);
    let mut builder = SourceBuilder::create(&path, description.clone()).unwrap();
    for (name, rows) in rows {
        let mut part = SourcePart::create(&path, description.clone()).unwrap();
        if parallel {
            part.contig(contig(name)).unwrap();
        } else {
            builder.contig(contig(name)).unwrap();
        }
        for (position, reference, alt, row) in rows {
            let (reference, alt) = (reference.as_bytes(), alt.as_bytes());
            let key = Key::Allele { position: *position, reference, alt };
            let row = Row { key, values: &values(row) };
            if parallel { part.push(&row).unwrap() } else { builder.push(&row).unwrap() }
        }
        if parallel {
            builder.append(part).unwrap();
        }
    }
    builder.finish().unwrap();
    std::fs::read(path).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_allele_is_found_with_its_values_and_no_other(
        one in any_alleles(), two in any_alleles(), other in ("[ACGT]{1,2}", "[ACGT]{1,2}"),
    ) {
        let contigs = [("chr1", one), ("2", two)];
        let bytes = build(&contigs, false);
        prop_assert_eq!(&bytes, &build(&contigs, true), "contigs in parallel give the same file");
        let file = SourceFile::from_bytes(bytes).unwrap();
        file.verify().unwrap();
        prop_assert_eq!(file.rows() as usize, contigs[0].1.len() + contigs[1].1.len());
        let mut cursor = file.cursor();
        for (name, rows) in &contigs {
            let contig = file.contig(name).unwrap();
            let mut expected: BTreeMap<_, Vec<&OwnedRow>> = BTreeMap::new();
            for (position, reference, alt, row) in rows {
                expected.entry((*position, reference, alt)).or_default().push(row);
                for position in [*position, position + 1] {
                    expected.entry((position, &other.0, &other.1)).or_default();
                }
            }
            for ((position, reference, alt), rows) in expected {
                let found = cursor.allele(contig, position, reference.as_bytes(), alt.as_bytes());
                let found: Vec<_> = found.unwrap().map(Result::unwrap).collect();
                prop_assert_eq!(found.len(), rows.len());
                for (found, row) in found.iter().zip(rows) {
                    let expected = values(row);
                    for (n, value) in expected.iter().enumerate() {
                        prop_assert_eq!(found.value(n).unwrap(), *value);
                    }
                    let alleles = (reference.clone().into_bytes(), alt.clone().into_bytes());
                    prop_assert_eq!(found.alleles().unwrap(), alleles);
                    prop_assert_eq!(found.start(), position);
                }
            }
        }
    }

    #[test]
    fn regions_that_overlap_are_found(
        regions in proptest::collection::vec((0u32..50, prop_oneof![9 => 0u32..30, 1 => 0u32..9000]), 1..9000),
        queries in proptest::collection::vec((0u32..100_000, 0u32..50), 1..20),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.source");
        let mut builder = SourceBuilder::create(&path, description(Matching::Overlap)).unwrap();
        builder.contig(contig("1")).unwrap();
        let mut start = 1;
        let regions: Vec<_> = regions.into_iter().map(|(step, length)| {
            start += step;
            (start, start + length)
        }).collect();
        let missing = [Value::Missing; 4];
        for (start, end) in &regions {
            let key = Key::Region { start: *start, end: *end };
            builder.push(&Row { key, values: &missing }).unwrap();
        }
        builder.finish().unwrap();
        let file = SourceFile::open(&path).unwrap();
        let mut cursor = file.cursor();
        for (first, length) in queries {
            let last = first + length;
            let mut found = Vec::new();
            cursor.overlapping(0, first, last, |row| {
                found.push((row.start(), row.end().unwrap()));
                ControlFlow::Continue(())
            }).unwrap();
            found.sort_unstable();
            let mut expected = regions.clone();
            expected.retain(|(start, end)| *start <= last && *end >= first);
            expected.sort_unstable();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn damaged_files_give_errors_and_never_panic(
        rows in any_alleles(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let positions: Vec<u32> = rows.iter().map(|row| row.0).collect();
        let bytes = build(&[("1", rows)], false);
        let mut damaged = bytes.clone();
        for (index, byte) in damage {
            // Without the first bytes, whose damage is found when the file is opened.
            let index = 64 + index.index(bytes.len() - 64);
            damaged[index] = byte;
        }
        let Ok(file) = SourceFile::from_bytes(damaged.clone()) else { return Ok(()) };
        prop_assert!(damaged == bytes || file.verify().is_err() || is_padding(&bytes, &damaged));
        let mut cursor = file.cursor();
        for position in positions {
            let Ok(rows) = cursor.allele(0, position, b"A", b"C") else { continue };
            for row in rows.flatten() {
                for n in 0..4 {
                    let _ = row.value(n);
                }
            }
            let _ = cursor.all(0, |row| row.alleles().map(|_| ControlFlow::Continue(())));
        }
    }
}

/// Whether bytes differ only in a few places, which can be the zeros between sections.
fn is_padding(before: &[u8], after: &[u8]) -> bool {
    before.iter().zip(after).all(|(a, b)| a == b || *a == 0)
}

#[test]
fn a_gene_is_found_by_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("genes.source");
    let mut builder = SourceBuilder::create(&path, description(Matching::Gene)).unwrap();
    builder.contig(contig("")).unwrap();
    let genes: Vec<String> = (0..20_000).map(|n| format!("ENSG{:011}", n * 3)).collect();
    for (n, gene) in genes.iter().enumerate() {
        let values = [Value::Integer(n as i64), Value::Text(b"x"), Value::Missing, Value::Missing];
        builder.push(&Row { key: Key::Gene(gene.as_bytes()), values: &values }).unwrap();
    }
    let key = Key::Gene(b"ENSG00000000001");
    let error = builder.push(&Row { key, values: &[Value::Missing; 4] }).unwrap_err();
    assert!(matches!(error, BuildError::Row(RowError::UnsortedKey(_))), "{error}");
    builder.finish().unwrap();
    let file = SourceFile::open(&path).unwrap();
    let mut cursor = file.cursor();
    for (n, gene) in genes.iter().enumerate().step_by(7) {
        let row = cursor.gene(gene.as_bytes()).unwrap().unwrap();
        assert_eq!(row.value(0), Ok(Value::Integer(n as i64)));
        assert_eq!(row.gene(), Ok(gene.as_bytes()));
    }
    for gene in ["", "ENSG00000000001", "TP53"] {
        assert!(cursor.gene(gene.as_bytes()).unwrap().is_none());
    }
}

#[test]
fn dense_scores_take_no_bytes_for_positions_and_runs_few() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.source");
    let mut description = description(Matching::Position);
    description.columns = vec![column("phyloP", ColumnKind::Decimal { decimals: 3 })];
    let size = |score: &dyn Fn(u32) -> i64| {
        let mut builder = SourceBuilder::create(&path, description.clone()).unwrap();
        builder.contig(contig("1")).unwrap();
        for position in 1..=100_000 {
            let values = [Value::Integer(score(position))];
            builder.push(&Row { key: Key::Position(position), values: &values }).unwrap();
        }
        builder.finish().unwrap();
        let file = SourceFile::open(&path).unwrap();
        let mut cursor = file.cursor();
        for position in (1..=100_000).step_by(997) {
            let row = cursor.at(0, position).unwrap().next().unwrap();
            assert_eq!(row.value(0), Ok(Value::Integer(score(position))));
        }
        assert_eq!(cursor.at(0, 100_001).unwrap().count(), 0);
        file.size()
    };
    let ten_bits = size(&|n| i64::from(n.wrapping_mul(2_654_435_761) >> 22) - 500);
    assert!(ten_bits < 100_000 * 10 / 8 + 6000, "{ten_bits}");
    let runs = size(&|n| i64::from(n / 100) * 37 % 1000);
    assert!(runs < 10_000, "{runs}");
}

#[test]
fn rows_that_cannot_be_stored_are_errors_and_no_file_appears() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.source");
    let mut builder = SourceBuilder::create(&path, description(Matching::Verbatim)).unwrap();
    let good = [Value::Integer(1), Value::Missing, Value::Missing, Value::Missing];
    let row = |position, values| Row {
        key: Key::Allele { position, reference: b"A", alt: b"C" },
        values,
    };
    assert!(matches!(builder.push(&row(7, &good)), Err(BuildError::NoContig)));
    builder.contig(contig("1")).unwrap();
    builder.push(&row(7, &good)).unwrap();
    let wrong = [Value::Text(b"1"), Value::Missing, Value::Missing, Value::Missing];
    let mut error = |row: &Row<'_>| builder.push(row).unwrap_err().to_string();
    assert_eq!(error(&row(6, &good)), "position 6 follows 7; sort the input by position");
    assert_eq!(error(&row(0, &good)), "0 is not a position");
    assert_eq!(error(&row(1 << 30, &good)), "1073741824 is not a position");
    assert_eq!(error(&row(8, &wrong)), "AC: the value has another type than the column");
    assert_eq!(error(&row(8, &[])), "the row has 0 values, and the source has 4 columns");
    let key = Key::Position(9);
    assert_eq!(
        error(&Row { key, values: &good }),
        "the row has another kind of key than the source"
    );
    builder.contig(contig("2")).unwrap();
    assert!(matches!(builder.contig(contig("1")), Err(BuildError::ContigAgain(_))));
    drop(builder);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn many_rows_of_a_position_are_in_one_block() {
    let rows: Vec<AlleleRow> = (0..9000)
        .map(|n| (10 + n / 6000, "A".into(), "C".into(), (Some(n.into()), None, None, None)))
        .collect();
    let file = SourceFile::from_bytes(build(&[("1", rows)], false)).unwrap();
    let mut cursor = file.cursor();
    assert_eq!(cursor.at(0, 10).unwrap().count(), 6000);
    assert_eq!(cursor.at(0, 11).unwrap().count(), 3000);
    assert_eq!(cursor.allele(0, 11, b"A", b"G").unwrap().count(), 0);
}

#[test]
fn other_files_are_rejected() {
    let open = |bytes: &[u8]| SourceFile::from_bytes(bytes.to_vec()).unwrap_err();
    assert!(matches!(open(b""), ReadError::NotASource));
    assert!(matches!(open(&[b'x'; 100]), ReadError::NotASource));
    let bytes = build(&[("1", Vec::new())], false);
    let mut newer = bytes.clone();
    newer[8] = 3;
    assert!(matches!(open(&newer), ReadError::Version(3)));
    assert!(matches!(open(&bytes[..bytes.len() - 1]), ReadError::Damaged(_)));
    let mut changed = bytes.clone();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    assert!(matches!(open(&changed), ReadError::Damaged(_)));
}

/// A file of version 1, whose integers are column by column: alleles of two contigs with the columns of gnomAD genomes.
const VERSION_1: &[u8] = include_bytes!("data/version-1.source");

/// Position, REF, ALT, and the values as texts.
type TextRow = (u32, Vec<u8>, Vec<u8>, Vec<String>);

fn text_rows(file: &SourceFile, contig: usize) -> Vec<TextRow> {
    let columns = file.description().columns.len();
    let mut rows = Vec::new();
    let read = |row: StoredRow<'_>| {
        let (reference, alt) = row.alleles()?;
        let values = (0..columns).map(|column| row.value(column).map(|value| format!("{value:?}")));
        let values = values.collect::<Result<_, _>>()?;
        rows.push((row.start(), reference, alt, values));
        Ok(ControlFlow::Continue(()))
    };
    file.cursor().all(contig, read).unwrap();
    rows
}

#[test]
fn files_of_version_1_are_read_and_built_again_have_the_same_rows() {
    assert_eq!(VERSION_1[8], 1);
    let old = SourceFile::from_bytes(VERSION_1.to_vec()).unwrap();
    old.verify().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.source");
    let mut builder = SourceBuilder::create(&path, old.description().clone()).unwrap();
    for (number, contig) in old.contigs().enumerate() {
        builder.contig(contig.clone()).unwrap();
        let copied = old.cursor().all(number, |row| {
            let (reference, alt) = row.alleles()?;
            let key = Key::Allele { position: row.start(), reference: &reference, alt: &alt };
            let values = (0..old.description().columns.len()).map(|column| row.value(column));
            let values = values.collect::<Result<Vec<_>, _>>()?;
            builder.push(&Row { key, values: &values }).unwrap();
            Ok(ControlFlow::Continue(()))
        });
        copied.unwrap();
    }
    builder.finish().unwrap();
    assert_eq!(std::fs::read(&path).unwrap()[8], 2);
    let new = SourceFile::open(&path).unwrap();
    new.verify().unwrap();
    let mut rows = 0;
    for contig in 0..old.contigs().count() {
        let expected = text_rows(&old, contig);
        rows += expected.len();
        assert_eq!(text_rows(&new, contig), expected);
        let mut cursor = new.cursor();
        for (position, reference, alt, values) in expected {
            let found = cursor.allele(contig, position, &reference, &alt).unwrap();
            let is_same = |row: StoredRow<'_>| {
                values
                    .iter()
                    .enumerate()
                    .all(|(n, text)| format!("{:?}", row.value(n).unwrap()) == *text)
            };
            assert!(found.map(Result::unwrap).any(is_same), "{position}");
        }
    }
    assert_eq!(rows as u64, old.rows());
    assert!(rows > 300, "{rows}");
}

/// The positions of each contig of [`SCORES`], which has some dozen blocks.
const SCORED: u32 = 3000;

/// A score for each base in place of an A.
static SCORES: LazyLock<SourceFile> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.source");
    let columns = vec![
        column("SCORE", ColumnKind::Decimal { decimals: 3 }),
        column("CLASS", ColumnKind::Category),
    ];
    let description = SourceDescription { columns, ..description(Matching::Minimized) };
    let mut builder = SourceBuilder::create(&path, description).unwrap();
    for number in 0..2 {
        builder.contig(contig(&number.to_string())).unwrap();
        for position in 1..=SCORED {
            for alt in b"CGT" {
                let key = Key::Allele { position, reference: b"A", alt: &[*alt] };
                let values = score(number, position, *alt);
                builder.push(&Row { key, values: &values }).unwrap();
            }
        }
    }
    builder.finish().unwrap();
    // The open file stays readable when its folder is removed.
    SourceFile::open(&path).unwrap()
});

fn score(contig: usize, position: u32, alt: u8) -> [Value<'static>; 2] {
    let number = (contig as i64 * 17 + i64::from(position)) * 7919 % 100_003 + i64::from(alt);
    let class: &[u8] = if number % 5 == 0 { b"high" } else { b"low" };
    [Value::Integer(number), Value::Text(class)]
}

#[test]
fn pages_of_many_blocks_are_given_back_and_read_again() {
    let mut cursor = SCORES.cursor();
    for n in 0..5000 {
        // Each query needs another block.
        let (contig, position) = (n % 2, 1 + n as u32 * 397 % SCORED);
        let mut found = cursor.allele(contig, position, b"A", b"G").unwrap();
        let row = found.next().unwrap().unwrap();
        let values = [0, 1].map(|column| row.value(column).unwrap());
        assert_eq!(values, score(contig, position, b'G'));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn blocks_that_are_read_together_have_the_values_of_those_read_alone(
        walks in proptest::collection::vec(
            (0usize..2, 0u32..SCORED, prop_oneof![1u32..4, 60u32..200, 1u32..900], 1u32..80), 1..20),
    ) {
        let mut cursor = SCORES.cursor();
        for (contig, first, step, queries) in walks {
            for position in (0..queries).map(|n| first + n * step) {
                for alt in b"ACGT" {
                    let alt_bases = [*alt];
                    let rows = cursor.allele(contig, position, b"A", &alt_bases).unwrap();
                    let found: Vec<_> = rows.map(|row| {
                        let row = row.unwrap();
                        [0, 1].map(|n| row.value(n).unwrap())
                    }).collect();
                    let is_known = *alt != b'A' && (1..=SCORED).contains(&position);
                    let expected = is_known.then(|| score(contig, position, *alt));
                    prop_assert_eq!(found, Vec::from_iter(expected), "{} {}", contig, position);
                }
            }
        }
    }
}
