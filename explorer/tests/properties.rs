//! For any result and any query, the index answers as the reference implementation does.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod naive;

use flate2::read::MultiGzDecoder;
use futures::executor::block_on;
use gas_shared::explorer::{
    ByCategory, ByColumn, CHROMOSOME, CONSEQUENCE, CategoryColumn, ColumnName, Direction,
    ExportFormat, FILTER, Facet, Facets, Filter, IMPACT, LengthRange, NO_VALUE, QUALITY, Query,
    RS_ID, Range, Scope, Sort, SortKey, Substitution, VARIANT_TYPE,
};
use naive::files::{bgzf, export, export_bytes, numbers, open};
use naive::{Naive, read, severity};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use std::io::Read;

const HEADER: &str = "##fileformat=VCFv4.2\n\
##INFO=<ID=AF,Number=A,Type=Float,Description=\"Allele frequency\">\n\
##INFO=<ID=gnomAD_AF,Number=A,Type=Float,Description=\"Allele frequency\">\n\
##INFO=<ID=CSQ,Number=.,Type=String,Description=\"Format: Allele|Consequence|IMPACT|SYMBOL|Gene|Existing_variation|CANONICAL|MANE|AF\">\n\
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";
const CONTIGS: [&str; 4] = ["chr1", "2", "chrM", "HLA-A*01:01"];
const GENES: [&str; 5] = ["BRCA1", "brca2", "TP53", "TP53BP1", ""];
const IDS: [&str; 6] = [".", "rs1", "rs12", "COSM7", "rs12;COSM7", "RS5"];
const NUMBERS: [&str; 7] = [".", "0", "0.01", "0.5", "1", "0.01,0.5", "1e-7"];
const TERMS: [&str; 5] = [
    "missense_variant",
    "stop_gained",
    "intron_variant",
    "splice_region_variant&intron_variant",
    "intergenic_variant",
];
const IMPACTS: [&str; 4] = ["MODERATE", "HIGH", "MODIFIER", "LOW"];

fn entry() -> impl Strategy<Value = String> {
    (
        select(TERMS.to_vec()),
        select(IMPACTS.to_vec()),
        select(GENES.to_vec()),
        select(vec!["", "ENSG1"]),
        select(vec!["", "rs9", "rs12&COSM1"]),
        select(vec!["", "YES"]),
        select(vec!["", "Select", "Plus_Clinical"]),
        select(vec!["", "", "0.25", "0.01&0.5"]),
    )
        .prop_map(|(term, impact, symbol, gene, known, canonical, mane, frequency)| {
            format!("A|{term}|{impact}|{symbol}|{gene}|{known}|{canonical}|{mane}|{frequency}")
        })
}

fn record() -> impl Strategy<Value = String> {
    let alleles = vec![
        ("A", "G"),
        ("A", "T,G"),
        ("A", "AT"),
        ("ATT", "A,AT"),
        ("AC", "GT"),
        ("ACG", "TT"),
        ("A", "<DEL>"),
        ("A", "C,*"),
        ("A", "."),
        ("A", "A]2:7]"),
        ("A", "AGG,<DUP>"),
    ];
    (
        (select(CONTIGS.to_vec()), 1u32..60, select(IDS.to_vec()), select(alleles)),
        select(vec![".", "0", "-1.5", "30", "30.0", "99.9", "1e3"]),
        select(vec!["PASS", ".", "q10", "q10;s50", "s50"]),
        (select(NUMBERS.to_vec()), select(NUMBERS.to_vec())),
        select(vec!["", ";END=40", ";END=70;SVLEN=-30", ";SVLEN=5,12"]),
        prop::collection::vec(entry(), 0..4),
    )
        .prop_map(|((contig, pos, id, (reference, alt)), qual, filter, af, end, entries)| {
            let csq = if entries.is_empty() { "" } else { ";CSQ=" };
            let entries = entries.join(",");
            format!(
                "{contig}\t{pos}\t{id}\t{reference}\t{alt}\t{qual}\t{filter}\t\
                 AF={};gnomAD_AF={}{end}{csq}{entries}",
                af.0, af.1
            )
        })
}

fn result() -> impl Strategy<Value = String> {
    (prop::collection::vec(record(), 0..120), any::<bool>()).prop_map(|(mut lines, sorted)| {
        if sorted {
            lines.sort_by_key(|line| {
                let mut fields = line.split('\t');
                (fields.next().unwrap().to_owned(), fields.next().unwrap().parse::<u32>().unwrap())
            });
        }
        lines.iter().fold(HEADER.to_owned(), |text, line| text + line + "\n")
    })
}

fn some<T: Clone + std::fmt::Debug + 'static>(values: Vec<T>) -> impl Strategy<Value = Vec<T>> {
    // Most filters lack the criterion, so that the others are effective.
    let upper = values.len();
    prop_oneof![3 => Just(Vec::new()), 1 => subsequence(values, 1..=upper)]
}

fn range() -> impl Strategy<Value = Option<Range>> {
    let bound = || select(vec![None, Some(0.0f32), Some(0.01), Some(0.5), Some(30.0), Some(1e-7)]);
    let range = (bound(), bound(), any::<bool>())
        .prop_map(|(min, max, or_missing)| Some(Range { min, max, or_missing }));
    prop_oneof![3 => Just(None), 1 => range]
}

fn strings(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

fn filter() -> impl Strategy<Value = Filter> {
    let regions = ["1", "chr1:10-30", "chr2:5", "MT", "HLA-A*01:01:1-20", "chr9", "M:30-"];
    let consequences =
        ["stop_gained", "missense_variant", "intron_variant", NO_VALUE, "no_such_term"];
    let length = prop_oneof![
        3 => Just(None),
        1 => (-4i32..4, 0i32..6)
            .prop_map(|(min, n)| Some(LengthRange { min: Some(min), max: Some(min + n) })),
    ];
    let substitution =
        select(vec![None, None, Some(Substitution::Transition), Some(Substitution::Transversion)]);
    (
        (
            some(regions.iter().map(|region| region.parse().unwrap()).collect()),
            some(strings(&["brca1", "TP53", "ENSG1", "nothing"])),
            some(strings(&consequences)),
            select(vec![Scope::MostSevere, Scope::AnyTranscript]),
        ),
        (
            some(names(&IMPACT)),
            some(names(&VARIANT_TYPE)),
            substitution,
            select(vec![None, None, None, Some("yes"), Some("no")]),
        ),
        some(strings(&["RS12", "cosm7", "rs", "rs1;rs2"])),
        (range(), range(), length, select(FREQUENCIES.to_vec())),
        some(strings(&["PASS", ".", "q10", "other"])),
        select(strings(&["", "", "", "rs1", "tp53", "O", "zzz"])),
    )
        .prop_map(|(a, b, ids, numbers, filters, text)| {
            (numbers.3, (a, b, ids, numbers, filters, text))
        })
        .prop_map(|(frequency, (a, b, ids, numbers, filters, text))| Filter {
            regions: a.0,
            genes: a.1,
            categories: {
                let mut categories = ByCategory::default();
                categories.set_values(&CONSEQUENCE, a.2);
                categories.set_values(&IMPACT, b.0);
                categories.set_values(&VARIANT_TYPE, b.1);
                categories.set_values(&RS_ID, b.3.map(str::to_owned).into_iter().collect());
                categories.set_values(&FILTER, filters);
                categories
            },
            scope: a.3,
            substitution: b.2,
            ids,
            ranges: {
                let mut ranges = ByColumn::default();
                ranges.set(&ColumnName::Borrowed(frequency), numbers.0);
                ranges.set(&QUALITY, numbers.1);
                ranges
            },
            length: numbers.2,
            text,
            ..Filter::default()
        })
}

/// The frequencies of the generated results; the last is another name of the one before it.
const FREQUENCIES: [&str; 4] = ["file_frequency", "AF", "gnomAD_AF", "frequency"];

fn sort() -> impl Strategy<Value = Sort> {
    let columns = FREQUENCIES.into_iter().chain(["quality", "clinvar"]);
    let columns = columns.map(|name| SortKey::Column(ColumnName::Borrowed(name)));
    let keys: Vec<SortKey> =
        [SortKey::Position, SortKey::Gene, SortKey::Impact].into_iter().chain(columns).collect();
    (select(keys), select(vec![Direction::Ascending, Direction::Descending]))
        .prop_map(|(key, direction)| Sort { key, direction })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn pages_in_every_sort_order_equal_the_reference_implementation(
        text in result(), filter in filter(), sort in sort(), block_rows in 1u32..50,
        limit in 1u32..40, packed in any::<bool>(),
    ) {
        let (_, records) = read(&text);
        let bytes = if packed { bgzf(text.as_bytes(), 700) } else { text.into_bytes() };
        let explorer = open(&bytes, block_rows).unwrap();
        let expected = naive::ordered(&records, &filter, &sort);
        prop_assert_eq!(block_on(explorer.count(&filter)).unwrap(), expected.len() as u64);
        prop_assert_eq!(numbers(&explorer, &filter, sort, limit), expected);
    }

    #[test]
    fn facets_count_what_each_further_choice_would_match(
        text in result(), filter in filter(), block_rows in 1u32..50,
    ) {
        let (_, records) = read(&text);
        let explorer = open(text.as_bytes(), block_rows).unwrap();
        let query = Query { filter: filter.clone(), facets: true, ..Query::default() };
        let page = block_on(explorer.page(&query)).unwrap();
        prop_assert_eq!(page.facets.unwrap(), expected_facets(&records, &filter));
    }

    #[test]
    fn rows_have_the_values_of_their_lines(text in result(), block_rows in 1u32..50) {
        let (_, records) = read(&text);
        let explorer = open(text.as_bytes(), block_rows).unwrap();
        let query = Query { limit: 1000, ..Query::default() };
        let page = block_on(explorer.page(&query)).unwrap();
        for row in page.rows {
            let record = &records[row.number as usize];
            let fields: Vec<&str> = record.line.split('\t').collect();
            let pos = row.pos.to_string();
            let shown =
                [&row.chrom, &pos, &row.id, &row.reference, &row.alt, &row.qual, &row.filter];
            let shown = shown.map(String::as_str);
            prop_assert_eq!(&shown[..], &fields[..7]);
            prop_assert_eq!(&row.gene, &record.gene);
            prop_assert_eq!(&row.consequence, &record.consequence);
            prop_assert_eq!(row.impact, record.impact);
            for name in &FREQUENCIES[..3] {
                prop_assert_eq!(row.numbers.get(&ColumnName::Borrowed(name)), record.number(name));
            }
            prop_assert!(row.types.iter().eq(&record.types));
        }
    }

    #[test]
    fn rows_of_the_index_equal_those_of_the_result(
        text in result(), block_rows in 1u32..50, packed in any::<bool>(),
    ) {
        let bytes = if packed { bgzf(text.as_bytes(), 700) } else { text.into_bytes() };
        let explorer = open(&bytes, block_rows).unwrap();
        let page = block_on(explorer.page(&Query { limit: 1000, ..Query::default() })).unwrap();
        for row in page.rows {
            // Details are read from the result.
            let details = block_on(explorer.details(row.number)).unwrap();
            prop_assert_eq!(row, details.row);
        }
    }

    #[test]
    fn exports_contain_exactly_the_matching_records(
        text in result(), filter in filter(), block_rows in 1u32..50, packed in any::<bool>(),
    ) {
        let (header, records) = read(&text);
        let bytes = if packed { bgzf(text.as_bytes(), 700) } else { text.into_bytes() };
        let explorer = || open(&bytes, block_rows).unwrap();
        let shown = || records.iter().filter(|record| record.matches(&filter));
        let lines = header.iter().chain(shown().map(|record| &record.line));
        let expected: String = lines.flat_map(|line| [line.as_str(), "\n"]).collect();
        prop_assert_eq!(export(explorer(), &filter, ExportFormat::Vcf), expected);
        let packed = export_bytes(explorer(), &filter, ExportFormat::VcfGz);
        let mut unpacked = String::new();
        MultiGzDecoder::new(&packed[..]).read_to_string(&mut unpacked).unwrap();
        prop_assert_eq!(&unpacked, &export(explorer(), &filter, ExportFormat::Vcf));
        let json = export(explorer(), &filter, ExportFormat::JsonLines);
        let positions: Vec<u64> = json
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .map(|row| row["pos"].as_u64().unwrap())
            .collect();
        prop_assert_eq!(positions, shown().map(|record| record.pos).collect::<Vec<_>>());
        let table = export(explorer(), &filter, ExportFormat::Tsv);
        let positions: Vec<&str> =
            table.lines().skip(1).filter_map(|line| line.split('\t').nth(1)).collect();
        let expected: Vec<String> = shown().map(|record| record.pos.to_string()).collect();
        prop_assert_eq!(positions, expected);
    }
}

fn names(column: &CategoryColumn) -> Vec<String> {
    column.listed().iter().map(|value| value.name.to_owned()).collect()
}

/// The facet of a column: the numbers of records with its values, of those that meet the other criteria.
fn facet(
    records: &[Naive],
    filter: &Filter,
    column: &'static CategoryColumn,
    values: Vec<String>,
    of: impl Fn(&Naive) -> Vec<String>,
) -> Vec<Facet> {
    let mut others = filter.clone();
    others.categories.set_values(column, Vec::new());
    if *column == CHROMOSOME {
        others.regions.clear();
    }
    let found: Vec<Vec<String>> =
        records.iter().filter(|record| record.matches(&others)).map(of).collect();
    let count = |value: &String| found.iter().filter(|of| of.contains(value)).count() as u64;
    let facets = values.into_iter().map(|value| Facet { records: count(&value), value });
    facets.filter(|facet| facet.records > 0).collect()
}

fn expected_facets(records: &[Naive], filter: &Filter) -> Facets {
    let none = || NO_VALUE.to_owned();
    let mut terms: Vec<String> = records.iter().filter_map(|r| r.consequence.clone()).collect();
    terms.sort_by_key(|term| severity(term));
    terms.dedup();
    terms.push(none());
    let mut filters: Vec<String> = records.iter().flat_map(|r| r.filters.clone()).collect();
    filters.sort_unstable();
    filters.dedup();
    let mut contigs: Vec<String> = Vec::new();
    for record in records {
        if !contigs.contains(&record.chrom) {
            contigs.push(record.chrom.clone());
        }
    }
    let mut facets = Facets::default();
    let mut add = |column: &'static CategoryColumn, values, of: &dyn Fn(&Naive) -> Vec<String>| {
        let mut facet = facet(records, filter, column, values, of);
        if *column == FILTER {
            facet.sort_by_key(|facet| std::cmp::Reverse(facet.records));
        }
        facets.0.set_values(column, facet);
    };
    add(&CONSEQUENCE, terms, &|r| vec![r.consequence.clone().unwrap_or_else(none)]);
    add(&IMPACT, names(&IMPACT), &|r| {
        r.impact.iter().map(|impact| impact.as_str().to_ascii_lowercase()).collect()
    });
    add(&VARIANT_TYPE, names(&VARIANT_TYPE), &|r| {
        r.types.iter().map(|kind| kind.as_str().to_owned()).collect()
    });
    add(&FILTER, filters, &|r| r.filters.clone());
    add(&CHROMOSOME, contigs, &|r| vec![r.chrom.clone()]);
    let rs_id = |has: bool| if has { "yes" } else { "no" };
    add(&RS_ID, names(&RS_ID), &|r| vec![rs_id(r.has_rs_id()).to_owned()]);
    facets
}
