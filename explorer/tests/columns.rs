//! A numeric column that only these tests have: what a registration provides, and how indexes
//! without the column behave.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use bytes::Bytes;
use futures::TryStreamExt;
use futures::executor::block_on;
use gas_explorer::columns::{NUMERIC_SOURCES, NumericSource, Shown, Values};
use gas_explorer::{Cache, Explorer, index, synthetic};
use gas_shared::explorer::{
    Bound, Direction, ExportFormat, FREQUENCY, Filter, NumericColumn, NumericFilter, QUALITY,
    Query, Range, RowValue, Sort, SortKey, VariantType,
};
use std::sync::Arc;

/// The registration of a column: its half for pages and JSON.
static SCORE: NumericColumn = NumericColumn {
    name: "score",
    label: "Score",
    long_label: "Deleteriousness score",
    row_value: RowValue::Number,
    filter: NumericFilter {
        label: "Score at least",
        example: "20",
        bound: Bound::Min,
        limit: 100.0,
        or_missing: false,
    },
};

/// The registration of the column: its half for the index.
static SOURCES: [NumericSource; 3] = [
    NumericSource {
        column: &FREQUENCY,
        values: NUMERIC_SOURCES[0].values,
        shown: NUMERIC_SOURCES[0].shown,
    },
    NumericSource { column: &QUALITY, values: Values::Qual, shown: Shown::Highest },
    NumericSource {
        column: &SCORE,
        values: Values::Fields { annotation: &["SCORE"], info: &["SCORE"] },
        shown: Shown::Highest,
    },
];

const RESULT: &str = "##fileformat=VCFv4.2\n\
##INFO=<ID=CSQ,Number=.,Type=String,Description=\"Format: Allele|Consequence|IMPACT|SYMBOL|SCORE\">\n\
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n\
1\t10\t.\tA\tG\t30\tPASS\tCSQ=G|stop_gained|HIGH|A1|31.5\n\
1\t20\t.\tA\tG\t30\tPASS\tCSQ=G|intron_variant|MODIFIER|A1|\n\
1\t30\t.\tA\tG,T\t30\tPASS\tCSQ=G|missense_variant|MODERATE|A1|12,T|missense_variant|MODERATE|A1|24\n\
1\t40\t.\tA\tG\t30\tPASS\tSCORE=5;AF=0.5\n";

fn open(index: Vec<u8>, result: &str, sources: &'static [NumericSource]) -> Explorer {
    let source = |bytes: Vec<u8>| Arc::new(Bytes::from(bytes));
    let result = source(result.as_bytes().to_vec());
    block_on(Explorer::open_with(source(index), result, Cache::new(1 << 20), sources)).unwrap()
}

fn build(sources: &'static [NumericSource], block_rows: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let options = index::Options { block_rows, sources };
    index::build_with(RESULT.as_bytes(), &mut bytes, options).unwrap();
    bytes
}

fn positions(explorer: &Explorer, filter: &Filter, sort: Sort) -> Vec<u32> {
    let query = Query { filter: filter.clone(), sort, limit: 10, ..Query::default() };
    block_on(explorer.page(&query)).unwrap().rows.iter().map(|row| row.pos).collect()
}

fn at_least(score: f32) -> Filter {
    Filter::of_range(&SCORE, SCORE.filter.range(score))
}

#[test]
fn a_registered_column_is_filtered_and_sorted() {
    for block_rows in [1, 3, 100] {
        let explorer = open(build(&SOURCES, block_rows), RESULT, &SOURCES);
        let in_file_order = |filter| positions(&explorer, &filter, Sort::default());
        assert_eq!(in_file_order(at_least(20.0)), [10, 30]);
        // Any value of the record counts.
        let low = Range { max: Some(12.0), ..Range::default() };
        assert_eq!(in_file_order(Filter::of_range(&SCORE, low)), [30, 40]);
        let or_missing = Range { or_missing: true, ..low };
        assert_eq!(in_file_order(Filter::of_range(&SCORE, or_missing)), [20, 30, 40]);
        assert_eq!(in_file_order(at_least(100.0)), [0u32; 0]);
        for (direction, expected) in
            [(Direction::Ascending, [40, 30, 10, 20]), (Direction::Descending, [10, 30, 40, 20])]
        {
            let sort = Sort { key: SortKey::Number(&SCORE), direction };
            assert_eq!(positions(&explorer, &Filter::default(), sort), expected);
        }
    }
}

#[test]
fn a_registered_column_is_shown_in_rows_and_exported() {
    let explorer = open(build(&SOURCES, 100), RESULT, &SOURCES);
    let page = block_on(explorer.page(&Query { limit: 10, ..Query::default() })).unwrap();
    let scores: Vec<_> = page.rows.iter().map(|row| row.numbers.get(&SCORE)).collect();
    assert_eq!(scores, [Some(31.5), None, Some(24.0), Some(5.0)]);
    assert_eq!(SCORE.text(&page.rows[0]), "31.5");
    assert_eq!(page.rows[3].numbers.get(&FREQUENCY), Some(0.5));
    let pieces: Vec<Bytes> =
        block_on(Arc::new(explorer).export(at_least(20.0), ExportFormat::Tsv).try_collect())
            .unwrap();
    let table = String::from_utf8(pieces.concat()).unwrap();
    let column = |line: &str| line.split('\t').nth(15).unwrap().to_owned();
    assert_eq!(table.lines().map(column).collect::<Vec<_>>(), ["score", "31.5", "24"]);
}

#[test]
fn an_index_without_a_column_has_no_values_of_it() {
    let explorer = open(build(&NUMERIC_SOURCES, 3), RESULT, &SOURCES);
    let sort = Sort { key: SortKey::Number(&SCORE), direction: Direction::Descending };
    assert_eq!(positions(&explorer, &Filter::default(), sort), [10, 20, 30, 40]);
    assert_eq!(positions(&explorer, &at_least(0.0), Sort::default()), [0u32; 0]);
    let unknown = Range { max: Some(1.0), or_missing: true, ..Range::default() };
    let unknown = Filter::of_range(&SCORE, unknown);
    assert_eq!(positions(&explorer, &unknown, Sort::default()), [10, 20, 30, 40]);
}

/// `version-1.explorer` is the index that version 1 built of this result.
#[test]
fn an_index_of_version_1_answers_as_a_new_one() {
    let mut result = Vec::new();
    synthetic::write_result(60, 1, &mut result).unwrap();
    let mut new = Vec::new();
    index::build(&result[..], &mut new).unwrap();
    let result = String::from_utf8(result).unwrap();
    let old = include_bytes!("data/version-1.explorer").to_vec();
    let (old, new) = (open(old, &result, &NUMERIC_SOURCES), open(new, &result, &NUMERIC_SOURCES));
    let filters = [
        Filter::default(),
        Filter::of_range(&FREQUENCY, FREQUENCY.filter.range(0.01)),
        Filter::of_range(&QUALITY, QUALITY.filter.range(100.0)),
        Filter { types: vec![VariantType::Snv], known: Some(true), ..Filter::default() },
        Filter { regions: vec!["1:1-50,000".parse().unwrap()], ..Filter::default() },
    ];
    for filter in filters {
        for key in SortKey::all() {
            let sort = Sort { key, direction: Direction::Descending };
            let query = Query { filter: filter.clone(), sort, limit: 100, facets: true, offset: 0 };
            let page = block_on(new.page(&query)).unwrap();
            assert!(page.matched > 0);
            assert_eq!(block_on(old.page(&query)).unwrap(), page);
        }
    }
    assert_eq!(block_on(old.details(7)).unwrap(), block_on(new.details(7)).unwrap());
}
