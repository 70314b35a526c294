//! Columns that the header of a result declares: filters, sort orders, facets, rows and exports have them, and indexes of
//! earlier versions have those of their time.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use bytes::Bytes;
use futures::TryStreamExt;
use futures::executor::block_on;
use gas_explorer::{Cache, Error, Explorer, index, synthetic};
use gas_shared::explorer::{
    ColumnName, Direction, ExportFormat, FILE_FREQUENCY, Facet, Filter, IMPACT, MIXED_FREQUENCY,
    NO_VALUE, Named, POPULATION_FREQUENCY, QUALITY, Query, RS_ID, Range, Sort, SortKey,
    VARIANT_TYPE,
};
use std::sync::Arc;

const RESULT: &str = "##fileformat=VCFv4.2\n\
##GAS_SOURCE_COLUMN=<ID=SCORE,Source=\"Scores 1\",Type=Float,Description=\"Deleteriousness\">\n\
##GAS_SOURCE_COLUMN=<ID=gnomADe_AF,Source=\"gnomAD exomes 4.1\",Type=Float,Description=\"AC / AN\">\n\
##GAS_SOURCE_COLUMN=<ID=CLIN_SIG,Source=\"ClinVar 2025-11\",Type=Category,Description=\"Significance\">\n\
##GAS_SOURCE_COLUMN=<ID=region,Source=\"Tracks 2\",Type=Category,Description=\"Kind of region\">\n\
##GAS_SOURCE_COLUMN=<ID=masked,Source=\"Tracks 2\",Type=Flag,Description=\"In a repeat\">\n\
##GAS_SOURCE_COLUMN=<ID=note,Source=\"Notes\",Type=Text,Description=\"A note\">\n\
##INFO=<ID=CSQ,Number=.,Type=String,Description=\"Format: Allele|Consequence|IMPACT|SYMBOL|SCORE|gnomADe_AF|CLIN_SIG|region|masked|note\">\n\
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n\
1\t10\t.\tA\tG\t30\tPASS\tAF=0.5;CSQ=G|stop_gained|HIGH|A1|31.5|0.001|Pathogenic|x&y|1|first%2C note\n\
1\t20\t.\tA\tG\t30\tPASS\tAC=1;AN=4;CSQ=G|intron_variant|MODIFIER|A1||||y|0|\n\
1\t30\t.\tA\tG,T\t30\tPASS\tCSQ=G|missense_variant|MODERATE|A1|12|0.2|Benign&Likely_benign|||,T|missense_variant|MODERATE|A1|24|0.01|drug_response|||third\n\
1\t40\t.\tA\tG\t30\tPASS\tSCORE=5;AF=0.5;gnomADe_AF=0.9;CLNSIG=Pathogenic\n";

fn open(index: Vec<u8>, result: &str) -> Explorer {
    let source = |bytes: Vec<u8>| Arc::new(Bytes::from(bytes));
    let result = source(result.as_bytes().to_vec());
    block_on(Explorer::open(source(index), result, Cache::new(1 << 20))).unwrap()
}

fn built(result: &str, block_rows: u32) -> Explorer {
    let mut bytes = Vec::new();
    let options = index::Options { block_rows };
    index::build_with(result.as_bytes(), &mut bytes, options).unwrap();
    open(bytes, result)
}

const SCORE: ColumnName = ColumnName::Borrowed("SCORE");
const REGION: ColumnName = ColumnName::Borrowed("region");
const CLINVAR: ColumnName = ColumnName::Borrowed("clinvar");
const MASKED: ColumnName = ColumnName::Borrowed("masked");
const NOTE: ColumnName = ColumnName::Borrowed("note");

fn positions(explorer: &Explorer, filter: &Filter, sort: Sort) -> Vec<u32> {
    let query = Query { filter: filter.clone(), sort, limit: 10, ..Query::default() };
    block_on(explorer.page(&query)).unwrap().rows.iter().map(|row| row.pos).collect()
}

fn by(name: &ColumnName, direction: Direction) -> Sort {
    Sort { key: SortKey::Column(name.clone()), direction }
}

/// The cells of a column of an exported table.
fn exported(explorer: Explorer, names: &[&str]) -> Vec<Vec<String>> {
    let export = Arc::new(explorer).export(Filter::default(), ExportFormat::Tsv);
    let pieces: Vec<Bytes> = block_on(export.try_collect()).unwrap();
    let table = String::from_utf8(pieces.concat()).unwrap();
    let titles: Vec<&str> = table.lines().next().unwrap().split('\t').collect();
    let column = |name: &&str| {
        let at = titles.iter().position(|title| title == name).unwrap();
        table.lines().skip(1).map(|line| line.split('\t').nth(at).unwrap().to_owned()).collect()
    };
    names.iter().map(column).collect()
}

#[test]
fn a_declared_number_is_filtered_and_sorted() {
    for block_rows in [1, 3, 100] {
        let explorer = built(RESULT, block_rows);
        let in_file_order =
            |range| positions(&explorer, &Filter::of_range(&SCORE, range), Sort::POSITION);
        let least = |min| Range { min: Some(min), ..Range::default() };
        assert_eq!(in_file_order(least(20.0)), [10, 30]);
        // Any value of the record counts. INFO/SCORE is not of this source.
        let low = Range { max: Some(12.0), ..Range::default() };
        assert_eq!(in_file_order(low), [30]);
        assert_eq!(in_file_order(Range { or_missing: true, ..low }), [20, 30, 40]);
        assert_eq!(in_file_order(least(100.0)), [0u32; 0]);
        let sorted = |direction| positions(&explorer, &Filter::default(), by(&SCORE, direction));
        assert_eq!(sorted(Direction::Ascending), [30, 10, 20, 40]);
        assert_eq!(sorted(Direction::Descending), [10, 30, 20, 40]);
    }
}

#[test]
fn the_most_severe_records_come_first_unless_the_query_says_otherwise() {
    for block_rows in [1, 100] {
        let explorer = built(RESULT, block_rows);
        assert_eq!(positions(&explorer, &Filter::default(), Sort::default()), [10, 30, 20, 40]);
    }
}

#[test]
fn frequencies_in_a_population_and_in_the_file_are_two_columns() {
    let explorer = built(RESULT, 2);
    let page =
        block_on(explorer.page(&Query { sort: Sort::POSITION, limit: 10, ..Query::default() }))
            .unwrap();
    let population = page.columns.population_frequency().unwrap().clone();
    assert_eq!(population.label, "AF (gnomAD exomes 4.1)");
    let values = |column: &dyn Fn(usize) -> Option<f32>| (0..4).map(column).collect::<Vec<_>>();
    let of = |name: &ColumnName| values(&|n| page.rows[n].numbers.get(name));
    // Of an allele with 0.2 and one with 0.01, the rare one is shown.
    assert_eq!(of(&population.name), [Some(0.001), None, Some(0.01), None]);
    assert_eq!(of(&FILE_FREQUENCY.name), [Some(0.5), Some(0.25), None, Some(0.5)]);
    let rare = Range { max: Some(0.05), ..Range::default() };
    let alias = ColumnName::Borrowed(POPULATION_FREQUENCY);
    for name in [&population.name, &alias] {
        let filter = Filter::of_range(name, rare);
        assert_eq!(positions(&explorer, &filter, Sort::POSITION), [10, 30]);
        assert_eq!(positions(&explorer, &filter, by(name, Direction::Descending)), [30, 10]);
    }
}

#[test]
fn declared_columns_are_in_rows_of_index_and_result_and_in_exports() {
    for block_rows in [1, 100] {
        let explorer = built(RESULT, block_rows);
        let query = Query { sort: Sort::POSITION, limit: 10, ..Query::default() };
        let page = block_on(explorer.page(&query)).unwrap();
        for row in &page.rows {
            assert_eq!(*row, block_on(explorer.details(row.number)).unwrap().row);
        }
        let text = |n: usize| page.rows[n].texts.find(&NOTE).map(String::as_str);
        assert_eq!([0, 1, 2, 3].map(text), [Some("first, note"), None, Some("third"), None]);
        assert_eq!(page.rows[0].categories.values(&REGION), ["x", "y"]);
        assert_eq!(page.columns.category("region").unwrap().label, "region (Tracks 2)");
        let columns = exported(explorer, &["SCORE", "clinvar", "region", "masked", "note"]);
        assert_eq!(columns[0], ["31.5", "", "24", ""]);
        assert_eq!(columns[1], ["pathogenic", "", "benign;likely_benign;other", ""]);
        assert_eq!(columns[2], ["x;y", "y", "", ""]);
        assert_eq!(columns[3], ["1", "0", "", ""]);
        assert_eq!(columns[4], ["first, note", "", "third", ""]);
    }
}

fn facet(explorer: &Explorer, filter: &Filter, column: &impl Named) -> Vec<(String, u64)> {
    let facets = block_on(explorer.facets(filter)).unwrap();
    let count = |facet: &Facet| (facet.value.clone(), facet.records);
    facets.of(column).iter().map(count).collect()
}

fn counts<const N: usize>(expected: [(&str, u64); N]) -> Vec<(String, u64)> {
    expected.map(|(value, records)| (value.to_owned(), records)).to_vec()
}

#[test]
fn a_declared_category_is_filtered_counted_and_sorted() {
    for block_rows in [1, 2, 100] {
        let explorer = built(RESULT, block_rows);
        let with = |column: &ColumnName, values: &[&str]| {
            positions(&explorer, &Filter::of_values(column, values), Sort::POSITION)
        };
        assert_eq!(with(&CLINVAR, &["pathogenic"]), [10]);
        assert_eq!(with(&CLINVAR, &["benign", "pathogenic"]), [10, 30]);
        assert_eq!(with(&REGION, &["y"]), [10, 20]);
        assert_eq!(with(&REGION, &[NO_VALUE]), [30, 40]);
        assert_eq!(with(&REGION, &["z"]), [0u32; 0]);
        assert_eq!(with(&MASKED, &["1"]), [10]);
        let of_regions = counts([(NO_VALUE, 2), ("y", 2), ("x", 1)]);
        assert_eq!(facet(&explorer, &Filter::default(), &REGION), of_regions);
        // The counts of a facet leave its own criterion out.
        let in_y = Filter::of_values(&REGION, &["y"]);
        assert_eq!(facet(&explorer, &in_y, &REGION), of_regions);
        assert_eq!(facet(&explorer, &in_y, &MASKED), counts([("1", 1), ("0", 1)]));
        assert_eq!(facet(&explorer, &in_y, &IMPACT), counts([("high", 1), ("modifier", 1)]));
        for (column, direction, expected) in [
            (&CLINVAR, Direction::Ascending, [10, 30, 20, 40]),
            (&CLINVAR, Direction::Descending, [30, 10, 20, 40]),
            (&REGION, Direction::Ascending, [10, 20, 30, 40]),
            (&REGION, Direction::Descending, [20, 10, 30, 40]),
        ] {
            let sort = by(column, direction);
            assert_eq!(
                positions(&explorer, &Filter::default(), sort.clone()),
                expected,
                "{sort:?}"
            );
        }
    }
}

#[test]
fn a_name_or_a_value_that_the_result_does_not_have_is_an_error() {
    let explorer = built(RESULT, 100);
    let error = |filter: Filter, sort: Sort| {
        let query = Query { filter: filter.clone(), sort, limit: 10, ..Query::default() };
        let error = block_on(explorer.page(&query)).unwrap_err();
        let checked = explorer.check_filter(&filter);
        if filter != Filter::default() {
            assert_eq!(checked.unwrap_err().to_string(), error.to_string());
        }
        error
    };
    let any = Range::default();
    for filter in [
        Filter::of_range(&ColumnName::Borrowed("score"), any),
        Filter::of_range(&REGION, any),
        Filter::of_values(&SCORE, &["1"]),
        Filter::of_values(&NOTE, &["third"]),
        // Rows have the impact under this name.
        Filter::of_values(&ColumnName::Borrowed("impact"), &["high"]),
    ] {
        let error = error(filter, Sort::POSITION);
        assert!(matches!(&error, Error::UnknownColumn { .. }), "{error}");
    }
    let unlisted = error(Filter::of_values(&MASKED, &["yes"]), Sort::POSITION);
    assert!(matches!(&unlisted, Error::Filter(_)), "{unlisted}");
    for name in [&NOTE, &IMPACT.name, &ColumnName::Borrowed("score")] {
        let error = error(Filter::default(), by(name, Direction::Ascending));
        assert!(matches!(&error, Error::UnknownColumn { .. }), "{error}");
    }
}

/// A category column with more values than facets have is a text column, whose rows have every value.
#[test]
fn a_category_with_too_many_values_is_a_text() {
    let mut result = "##fileformat=VCFv4.2\n\
        ##GAS_SOURCE_COLUMN=<ID=condition,Source=\"ClinVar\",Type=Category,Description=\"x\">\n\
        #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        .to_owned();
    for n in 1..=3000 {
        result += &format!("1\t{n}\t.\tA\tG\t.\t.\tcondition=c{}&d\n", n % 1500);
    }
    let explorer = built(&result, 700);
    let condition = ColumnName::Borrowed("condition");
    let query = Query { sort: Sort::POSITION, offset: 1400, limit: 1000, ..Query::default() };
    let page = block_on(explorer.page(&query)).unwrap();
    assert!(page.columns.category("condition").is_none());
    assert_eq!(page.columns.texts().len(), 1);
    for row in &page.rows {
        let expected = format!("c{};d", row.pos % 1500);
        assert_eq!(row.texts.find(&condition), Some(&expected));
        assert_eq!(block_on(explorer.details(row.number)).unwrap().row.texts, row.texts);
    }
    let filter = Filter::of_values(&condition, &["c7"]);
    assert!(matches!(block_on(explorer.count(&filter)), Err(Error::UnknownColumn { .. })));
}

#[test]
fn the_transcript_of_a_row_is_the_picked_one_of_the_most_severe() {
    let result = "##fileformat=VCFv4.2\n\
        ##INFO=<ID=CSQ,Number=.,Type=String,Description=\"Format: Allele|Consequence|IMPACT|Feature|EXON|INTRON|HGVSc|CANONICAL|MANE_SELECT|MANE_PLUS_CLINICAL|PICK\">\n\
        #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n\
        1\t10\t.\tA\tG\t.\t.\tCSQ=G|missense_variant|MODERATE|T1|3/9||T1:c.5A>G|YES|NM_1.1||,G|missense_variant|MODERATE|T2|4/9||T2:c.7A>G|||NM_2.1|1,G|intron_variant|MODIFIER|T3||2/8||||NM_3|\n\
        1\t20\t.\tA\tG\t.\t.\tCSQ=G|intron_variant|MODIFIER|T1||2/8||||||,G|stop_gained|HIGH|T4|1/1||T4:c.1A>G|YES|NM_4.1||\n";
    let explorer = built(result, 1);
    let page =
        block_on(explorer.page(&Query { limit: 10, sort: Sort::POSITION, ..Query::default() }))
            .unwrap();
    let shown: Vec<_> = page
        .rows
        .iter()
        .map(|row| {
            let mane = row.mane.map(|mane| mane.label());
            (
                row.transcript.as_deref(),
                row.exon.as_deref(),
                row.intron.as_deref(),
                mane,
                row.canonical,
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            (Some("T2"), Some("4/9"), None, Some("MANE Plus Clinical"), false),
            (Some("T4"), Some("1/1"), None, Some("MANE Select"), true),
        ]
    );
    for row in page.rows {
        assert_eq!(row, block_on(explorer.details(row.number)).unwrap().row);
    }
}

/// The indexes that earlier versions built of this result, which has 60 synthetic records.
const EARLIER: [&[u8]; 1] = [include_bytes!("data/version-1.explorer")];

#[test]
fn indexes_of_earlier_versions_answer_as_a_new_one_except_for_frequencies() {
    let mut result = Vec::new();
    synthetic::write_result(60, 1, &mut result).unwrap();
    let result = String::from_utf8(result).unwrap();
    let new = built(&result, 65_536);
    for old in EARLIER.map(|index| open(index.to_vec(), &result)) {
        let frequency = &MIXED_FREQUENCY;
        assert_eq!(old.columns().numeric()[0].label, frequency.label);
        let of = |explorer: &Explorer, filter: &Filter, sort: &Sort| {
            let query = Query {
                filter: filter.clone(),
                sort: sort.clone(),
                limit: 100,
                facets: true,
                ..Query::default()
            };
            let mut page = block_on(explorer.page(&query)).unwrap();
            assert!(page.matched > 0);
            page.columns = Default::default();
            for row in &mut page.rows {
                // The frequencies of this result are of INFO/AF.
                let name = explorer.columns().numeric()[0].name.clone();
                let number = row.numbers.get(&name);
                row.numbers = Default::default();
                row.numbers.set(frequency, number);
                // Version 4 has rows, but no exons.
                (row.mane, row.canonical, row.exon, row.intron) = (None, false, None, None);
            }
            page
        };
        let frequent = |explorer: &Explorer| {
            let column = &explorer.columns().numeric()[0];
            Filter::of_range(column, column.filter.range(0.01))
        };
        for filter in [
            Filter::default(),
            Filter::of_range(&QUALITY, QUALITY.filter.range(100.0)),
            Filter::of_values(&VARIANT_TYPE, &["snv"]).with_values(&RS_ID, &["yes"]),
            Filter { regions: vec!["1:1-50,000".parse().unwrap()], ..Filter::default() },
        ] {
            let quality = SortKey::Column(QUALITY.name.clone());
            for key in [SortKey::Position, SortKey::Gene, SortKey::Impact, quality] {
                let sort = Sort { key, direction: Direction::Descending };
                assert_eq!(of(&old, &filter, &sort), of(&new, &filter, &sort));
            }
        }
        let sort = Sort::default();
        assert_eq!(of(&old, &frequent(&old), &sort), of(&new, &frequent(&new), &sort));
        let mut details = [&old, &new].map(|explorer| block_on(explorer.details(7)).unwrap());
        details.iter_mut().for_each(|details| details.row.numbers = Default::default());
        assert_eq!(details[0], details[1]);
    }
}
