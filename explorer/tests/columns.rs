//! A numeric and two category columns that only these tests have: what a registration provides, and how
//! indexes without the columns behave.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use bytes::Bytes;
use futures::TryStreamExt;
use futures::executor::block_on;
use gas_explorer::columns::{
    CATEGORY_SOURCES, Categories, CategorySource, NUMERIC_SOURCES, NumericSource, SOURCES, Shown,
    Sources, Values,
};
use gas_explorer::{Cache, Explorer, index, synthetic};
use gas_shared::explorer::{
    Bound, CategoryColumn, CategoryFilter, CategoryRowValue, CategoryValue, CategoryValues,
    Direction, ExportFormat, FREQUENCY, Facet, FacetOrder, Filter, IMPACT, NO_VALUE, NumericColumn,
    NumericFilter, OTHER_VALUE, QUALITY, Query, RS_ID, Range, RowValue, Sort, SortKey, Spelling,
    Tone, VARIANT_TYPE,
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

/// The registration of a category column with a list of values.
static SIGNIFICANCE: CategoryColumn = CategoryColumn {
    name: "significance",
    row_name: "significance",
    label: "Significance",
    legend: "Significance",
    values: CategoryValues::Listed(&[
        CategoryValue { name: "pathogenic", label: "Pathogenic", tone: Some(Tone::Bad) },
        CategoryValue { name: "likely_benign", label: "Likely benign", tone: Some(Tone::Good) },
        CategoryValue { name: "benign", label: "Benign", tone: Some(Tone::Good) },
        CategoryValue { name: OTHER_VALUE, label: "Other", tone: None },
        CategoryValue { name: NO_VALUE, label: "Not classified", tone: None },
    ]),
    row_value: CategoryRowValue::Own,
    filter: CategoryFilter::Choices { always_shown: false },
};

/// The registration of a category column with any values.
static REGION: CategoryColumn = CategoryColumn {
    name: "region",
    row_name: "region",
    label: "Region",
    legend: "Region",
    values: CategoryValues::Any(FacetOrder::MostFrequent, Spelling::Name),
    row_value: CategoryRowValue::Own,
    filter: CategoryFilter::Choices { always_shown: false },
};

/// The registration of the category columns: their half for the index.
static CATEGORIES: [CategorySource; 3] = [
    CategorySource { column: &IMPACT, values: CATEGORY_SOURCES[0].values },
    CategorySource {
        column: &SIGNIFICANCE,
        values: Categories::Fields {
            annotation: &["CLIN_SIG"],
            info: &["CLNSIG"],
            separators: b"&,/|",
        },
    },
    CategorySource {
        column: &REGION,
        values: Categories::Fields { annotation: &[], info: &["REGION"], separators: b"," },
    },
];

static WITH_CATEGORIES: Sources = Sources { numeric: &NUMERIC_SOURCES, categories: &CATEGORIES };

static WITH_SCORE: Sources = Sources { numeric: &NUMBERS, categories: &CATEGORY_SOURCES };

/// The registration of the numeric column: its half for the index.
static NUMBERS: [NumericSource; 3] = [
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

fn open(index: Vec<u8>, result: &str, sources: &'static Sources) -> Explorer {
    let source = |bytes: Vec<u8>| Arc::new(Bytes::from(bytes));
    let result = source(result.as_bytes().to_vec());
    block_on(Explorer::open_with(source(index), result, Cache::new(1 << 20), sources)).unwrap()
}

fn build(sources: &'static Sources, block_rows: u32) -> Vec<u8> {
    build_of(RESULT, sources, block_rows)
}

fn build_of(result: &str, sources: &'static Sources, block_rows: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let options = index::Options { block_rows, sources };
    index::build_with(result.as_bytes(), &mut bytes, options).unwrap();
    bytes
}

fn positions(explorer: &Explorer, filter: &Filter, sort: Sort) -> Vec<u32> {
    let query = Query { filter: filter.clone(), sort, limit: 10, ..Query::default() };
    block_on(explorer.page(&query)).unwrap().rows.iter().map(|row| row.pos).collect()
}

/// The cells of a column of an exported table.
fn exported(table: &str, name: &str) -> Vec<String> {
    let mut lines = table.lines();
    let column = lines.next().unwrap().split('\t').position(|title| title == name).unwrap();
    lines.map(|line| line.split('\t').nth(column).unwrap().to_owned()).collect()
}

fn at_least(score: f32) -> Filter {
    Filter::of_range(&SCORE, SCORE.filter.range(score))
}

#[test]
fn a_registered_column_is_filtered_and_sorted() {
    for block_rows in [1, 3, 100] {
        let explorer = open(build(&WITH_SCORE, block_rows), RESULT, &WITH_SCORE);
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
    let explorer = open(build(&WITH_SCORE, 100), RESULT, &WITH_SCORE);
    let page = block_on(explorer.page(&Query { limit: 10, ..Query::default() })).unwrap();
    let scores: Vec<_> = page.rows.iter().map(|row| row.numbers.get(&SCORE)).collect();
    assert_eq!(scores, [Some(31.5), None, Some(24.0), Some(5.0)]);
    assert_eq!(SCORE.text(&page.rows[0]), "31.5");
    assert_eq!(page.rows[3].numbers.get(&FREQUENCY), Some(0.5));
    let pieces: Vec<Bytes> =
        block_on(Arc::new(explorer).export(at_least(20.0), ExportFormat::Tsv).try_collect())
            .unwrap();
    let table = String::from_utf8(pieces.concat()).unwrap();
    assert_eq!(exported(&table, "score"), ["31.5", "24"]);
}

#[test]
fn an_index_without_a_column_has_no_values_of_it() {
    let explorer = open(build(&SOURCES, 3), RESULT, &WITH_SCORE);
    let sort = Sort { key: SortKey::Number(&SCORE), direction: Direction::Descending };
    assert_eq!(positions(&explorer, &Filter::default(), sort), [10, 20, 30, 40]);
    assert_eq!(positions(&explorer, &at_least(0.0), Sort::default()), [0u32; 0]);
    let unknown = Range { max: Some(1.0), or_missing: true, ..Range::default() };
    let unknown = Filter::of_range(&SCORE, unknown);
    assert_eq!(positions(&explorer, &unknown, Sort::default()), [10, 20, 30, 40]);
}

const CLASSIFIED: &str = "##fileformat=VCFv4.2\n\
##INFO=<ID=CSQ,Number=.,Type=String,Description=\"Format: Allele|Consequence|IMPACT|CLIN_SIG\">\n\
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n\
1\t10\t.\tA\tG\t.\t.\tCSQ=G|stop_gained|HIGH|Pathogenic;REGION=x,y\n\
1\t20\t.\tA\tG\t.\t.\tCSQ=G|intron_variant|MODIFIER|;REGION=y\n\
1\t30\t.\tA\tG,T\t.\t.\tCSQ=G|missense_variant|MODERATE|Benign&Likely_benign,T|missense_variant|MODERATE|drug_response\n\
1\t40\t.\tA\tG\t.\t.\tCLNSIG=Benign\n\
1\t50\t.\tA\tG\t.\t.\tCSQ=G|stop_gained|HIGH|Benign;CLNSIG=Pathogenic;REGION=.\n";

fn facet(explorer: &Explorer, filter: &Filter, column: &CategoryColumn) -> Vec<(String, u64)> {
    let facets = block_on(explorer.facets(filter)).unwrap();
    let count = |facet: &Facet| (facet.value.clone(), facet.records);
    facets.of(column).iter().map(count).collect()
}

fn counts<const N: usize>(expected: [(&str, u64); N]) -> Vec<(String, u64)> {
    expected.map(|(value, records)| (value.to_owned(), records)).to_vec()
}

#[test]
fn a_registered_category_is_filtered_counted_and_sorted() {
    for block_rows in [1, 2, 100] {
        let index = build_of(CLASSIFIED, &WITH_CATEGORIES, block_rows);
        let explorer = open(index, CLASSIFIED, &WITH_CATEGORIES);
        let with = |column, values: &[&str]| {
            positions(&explorer, &Filter::of_values(column, values), Sort::default())
        };
        assert_eq!(with(&SIGNIFICANCE, &["pathogenic"]), [10]);
        assert_eq!(with(&SIGNIFICANCE, &["benign", "pathogenic"]), [10, 30, 40, 50]);
        assert_eq!(with(&SIGNIFICANCE, &[OTHER_VALUE, NO_VALUE]), [20, 30]);
        assert_eq!(with(&REGION, &["y"]), [10, 20]);
        assert_eq!(with(&REGION, &["z"]), [0u32; 0]);
        let all = counts([
            ("pathogenic", 1),
            ("likely_benign", 1),
            ("benign", 3),
            (OTHER_VALUE, 1),
            (NO_VALUE, 1),
        ]);
        assert_eq!(facet(&explorer, &Filter::default(), &SIGNIFICANCE), all);
        // The counts of a facet leave its own criterion out.
        let benign = Filter::of_values(&SIGNIFICANCE, &["benign"]);
        assert_eq!(facet(&explorer, &benign, &SIGNIFICANCE), all);
        let of_regions = counts([(NO_VALUE, 3)]);
        assert_eq!(facet(&explorer, &benign, &REGION), of_regions);
        let of_regions = counts([(NO_VALUE, 3), ("y", 2), ("x", 1)]);
        assert_eq!(facet(&explorer, &Filter::default(), &REGION), of_regions);
        assert_eq!(facet(&explorer, &benign, &IMPACT), counts([("high", 1), ("moderate", 1)]));
        for (column, direction, expected) in [
            (&SIGNIFICANCE, Direction::Ascending, [10, 30, 40, 50, 20]),
            (&SIGNIFICANCE, Direction::Descending, [20, 40, 50, 30, 10]),
            (&REGION, Direction::Ascending, [10, 20, 30, 40, 50]),
            (&REGION, Direction::Descending, [20, 10, 30, 40, 50]),
        ] {
            let sort = Sort { key: SortKey::Category(column), direction };
            assert_eq!(positions(&explorer, &Filter::default(), sort), expected, "{sort:?}");
        }
    }
}

#[test]
fn a_registered_category_is_shown_in_rows_and_exported() {
    let index = build_of(CLASSIFIED, &WITH_CATEGORIES, 100);
    let explorer = open(index, CLASSIFIED, &WITH_CATEGORIES);
    let page = block_on(explorer.page(&Query { limit: 10, ..Query::default() })).unwrap();
    let shown: Vec<_> = page.rows.iter().map(|row| SIGNIFICANCE.values_of(row).join(" ")).collect();
    assert_eq!(shown, ["pathogenic", "", "benign likely_benign other", "benign", "benign"]);
    assert_eq!(SIGNIFICANCE.label_of("likely_benign"), "Likely benign");
    let pathogenic = Filter::of_values(&SIGNIFICANCE, &["pathogenic"]);
    let export = Arc::new(explorer).export(pathogenic, ExportFormat::Tsv);
    let pieces: Vec<Bytes> = block_on(export.try_collect()).unwrap();
    let table = String::from_utf8(pieces.concat()).unwrap();
    assert_eq!(exported(&table, "significance"), ["pathogenic"]);
    assert_eq!(exported(&table, "region"), ["x;y"]);
}

#[test]
fn an_index_without_a_category_has_no_values_of_it() {
    let explorer = open(build_of(CLASSIFIED, &SOURCES, 2), CLASSIFIED, &WITH_CATEGORIES);
    let all = [10, 20, 30, 40, 50];
    let sort = Sort { key: SortKey::Category(&SIGNIFICANCE), direction: Direction::Descending };
    assert_eq!(positions(&explorer, &Filter::default(), sort), all);
    let with =
        |value| positions(&explorer, &Filter::of_values(&SIGNIFICANCE, &[value]), Sort::default());
    assert_eq!(with("pathogenic"), [0u32; 0]);
    assert_eq!(with(NO_VALUE), all);
    assert_eq!(facet(&explorer, &Filter::default(), &SIGNIFICANCE), []);
    // The index of a version without these columns reads one that has them.
    let other = open(build_of(CLASSIFIED, &WITH_CATEGORIES, 2), CLASSIFIED, &SOURCES);
    assert_eq!(
        positions(&other, &Filter::of_values(&IMPACT, &["high"]), Sort::default()),
        [10, 50]
    );
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
    let (old, new) = (open(old, &result, &SOURCES), open(new, &result, &SOURCES));
    let filters = [
        Filter::default(),
        Filter::of_range(&FREQUENCY, FREQUENCY.filter.range(0.01)),
        Filter::of_range(&QUALITY, QUALITY.filter.range(100.0)),
        Filter::of_values(&VARIANT_TYPE, &["snv"]).with_values(&RS_ID, &["yes"]),
        Filter { regions: vec!["1:1-50,000".parse().unwrap()], ..Filter::default() },
    ];
    for filter in filters {
        for key in SortKey::all() {
            let sort = Sort { key, direction: Direction::Descending };
            let query = Query {
                filter: filter.clone(),
                sort,
                limit: 100,
                facets: true,
                ..Query::default()
            };
            let page = block_on(new.page(&query)).unwrap();
            assert!(page.matched > 0);
            assert_eq!(block_on(old.page(&query)).unwrap(), page);
        }
    }
    assert_eq!(block_on(old.details(7)).unwrap(), block_on(new.details(7)).unwrap());
}
