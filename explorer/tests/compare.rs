//! Comparisons of two results, against pairs that are found in memory.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod naive;

use bytes::Bytes;
use futures::TryStreamExt;
use futures::executor::block_on;
use gas_explorer::{Error, compare, export_differences};
use gas_shared::comparison::{Comparison, Difference, DifferenceKind, MAX_DIFFERENCES};
use naive::files::{bgzf, open};
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeMap;
use std::sync::Arc;

const HEADER: &str = "##fileformat=VCFv4.2\n\
##INFO=<ID=CSQ,Number=.,Type=String,Description=\"Format: Allele|Consequence|IMPACT|SYMBOL\">\n\
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";

/// A record: contig, position, REF, ALT, consequence and impact.
type Record = (&'static str, u32, String, String, &'static str, &'static str);

fn text(records: &[Record]) -> String {
    let line = |(contig, pos, reference, alt, consequence, impact): &Record| {
        let allele = alt.split(',').next().unwrap();
        format!(
            "{contig}\t{pos}\t.\t{reference}\t{alt}\t.\t.\tCSQ={allele}|{consequence}|{impact}|G1\n"
        )
    };
    HEADER.to_owned() + &records.iter().map(line).collect::<String>()
}

fn compared(
    first: &str,
    second: &str,
    kind: Option<DifferenceKind>,
    block_rows: u32,
) -> Result<Comparison, Error> {
    let open = |text: &str| Ok::<_, Error>(Arc::new(open(text.as_bytes(), block_rows)?));
    block_on(compare(open(first)?, open(second)?, kind))
}

fn record(
    contig: &'static str,
    pos: u32,
    reference: &str,
    alt: &str,
    consequence: &'static str,
    impact: &'static str,
) -> Record {
    (contig, pos, reference.to_owned(), alt.to_owned(), consequence, impact)
}

#[test]
fn records_are_matched_by_contig_position_and_alleles() {
    let first = [
        record("chr1", 10, "A", "G", "missense_variant", "MODERATE"),
        record("chr1", 10, "A", "T", "stop_gained", "HIGH"),
        record("chr1", 20, "AT", "A,ATT", "intron_variant", "MODIFIER"),
        record("chr2", 5, "C", "G", "intron_variant", "MODIFIER"),
        record("chrM", 7, "C", "G", "intron_variant", "MODIFIER"),
    ];
    let second = [
        // Another spelling of the contigs, another order of records and alleles.
        record("MT", 7, "C", "G", "intron_variant", "MODIFIER"),
        record("1", 10, "A", "T", "frameshift_variant", "HIGH"),
        record("1", 10, "A", "G", "synonymous_variant", "LOW"),
        record("1", 20, "AT", "ATT,A", "intron_variant", "MODIFIER"),
        record("1", 21, "T", "A", "intron_variant", "MODIFIER"),
        record("3", 5, "C", "G", "intron_variant", "MODIFIER"),
    ];
    let found = compared(&text(&first), &text(&second), None, 2).unwrap();
    assert_eq!((found.first_records, found.second_records, found.both), (5, 6, 4));
    assert_eq!((found.only_first, found.only_second), (1, 2));
    assert_eq!((found.consequence, found.impact), (2, 1));
    let shown: Vec<String> = found
        .differences
        .iter()
        .map(|one| format!("{}:{} {}>{}", one.chrom, one.pos, one.reference, one.alt))
        .collect();
    let expected = ["chr1:10 A>G", "chr1:10 A>T", "chr1:21 T>A", "chr2:5 C>G", "3:5 C>G"];
    assert_eq!(shown, expected);
    let changed = &found.differences[0];
    assert_eq!(changed.first.as_ref().unwrap().consequence.as_deref(), Some("missense_variant"));
    assert_eq!(changed.second.as_ref().unwrap().number, 2);
    assert_eq!(changed.second.as_ref().unwrap().gene.as_deref(), Some("G1"));
    let of_kind = |kind| compared(&text(&first), &text(&second), Some(kind), 2).unwrap();
    let only = of_kind(DifferenceKind::OnlySecond);
    assert_eq!((only.differences.len(), only.consequence), (2, 2), "counts are those of all kinds");
    assert_eq!(of_kind(DifferenceKind::Impact).differences.len(), 1);
}

#[test]
fn long_alleles_are_compared_completely() {
    let long = |last: &str| format!("{}{last}", "ACGT".repeat(100));
    let of = |alts: [&str; 2]| {
        let records: Vec<Record> = alts
            .iter()
            .map(|last| record("1", 10, "A", &long(last), "intron_variant", "MODIFIER"))
            .collect();
        text(&records)
    };
    // The first 64 bases and the length are the same, which is all that the index has.
    let (first, second) = (of(["AAAA", "CCCC"]), of(["CCCC", "GGGG"]));
    let found = compared(&first, &second, None, 100).unwrap();
    assert_eq!((found.both, found.only_first, found.only_second), (1, 1, 1));
    let packed = bgzf(second.as_bytes(), 300);
    let first = Arc::new(open(first.as_bytes(), 100).unwrap());
    let second = Arc::new(open(&packed, 100).unwrap());
    let found = block_on(compare(first, second, None)).unwrap();
    assert_eq!((found.both, found.only_first, found.only_second), (1, 1, 1), "compressed");
}

#[test]
fn long_alleles_in_another_order_are_the_same() {
    let [one, other] = ["ACGT", "CGTA"].map(|bases| bases.repeat(100));
    let of = |alts: String| text(&[record("1", 10, "A", &alts, "intron_variant", "MODIFIER")]);
    let (first, second) = (of(format!("{one},{other}")), of(format!("{other},{one}")));
    let found = compared(&first, &second, None, 100).unwrap();
    assert_eq!((found.both, found.only_first, found.only_second), (1, 0, 0));
    let short = of(format!("{other},C"));
    assert_eq!(compared(&first, &short, None, 100).unwrap().both, 0);
}

#[test]
fn results_without_records_and_equal_results_have_no_differences() {
    let some = text(&[record("1", 10, "A", "G", "intron_variant", "MODIFIER")]);
    let none = text(&[]);
    assert_eq!(compared(&none, &none, None, 9).unwrap(), Comparison::default());
    let same = compared(&some, &some, None, 9).unwrap();
    assert_eq!((same.both, same.differences.len()), (1, 0));
    assert_eq!(compared(&some, &none, None, 9).unwrap().only_first, 1);
    assert_eq!(compared(&none, &some, None, 9).unwrap().only_second, 1);
}

#[test]
fn records_that_are_not_sorted_are_reported_with_their_result() {
    let of = |places: &[(&'static str, u32)]| {
        let records: Vec<Record> = places
            .iter()
            .map(|(contig, pos)| record(contig, *pos, "A", "G", "intron_variant", "MODIFIER"))
            .collect();
        text(&records)
    };
    let sorted = of(&[("1", 10), ("1", 20), ("2", 5)]);
    for unsorted in [of(&[("1", 20), ("1", 10)]), of(&[("1", 10), ("2", 5), ("1", 20)])] {
        let error = compared(&sorted, &unsorted, None, 2).unwrap_err();
        assert!(matches!(error, Error::Incomparable { which: "second", .. }), "{error}");
        let error = compared(&unsorted, &sorted, None, 2).unwrap_err();
        assert!(matches!(error, Error::Incomparable { which: "first", .. }), "{error}");
    }
}

#[test]
fn many_differences_are_counted_and_exported_and_some_returned() {
    let records: Vec<Record> =
        (1..3000).map(|pos| record("1", pos, "A", "=G", "intron_variant", "MODIFIER")).collect();
    let (first, none) = (text(&records), text(&[]));
    let found = compared(&first, &none, None, 1000).unwrap();
    assert_eq!((found.only_first, found.differences.len()), (2999, MAX_DIFFERENCES));
    let explorer = |text: &str| Arc::new(open(text.as_bytes(), 1000).unwrap());
    let stream = export_differences(explorer(&first), explorer(&none), None);
    let pieces: Vec<Bytes> = block_on(stream.try_collect()).unwrap();
    let table = String::from_utf8(pieces.concat()).unwrap();
    assert_eq!(table.lines().count(), 3000);
    let last = "only_first\t1\t2999\tA\t'=G\tintron_variant\t\tMODIFIER\t\tG1\t";
    assert_eq!(table.lines().last().unwrap(), last, "formulas are text");
    for (kind, lines) in [(DifferenceKind::OnlyFirst, 3000), (DifferenceKind::OnlySecond, 1)] {
        let stream = export_differences(explorer(&first), explorer(&none), Some(kind));
        let pieces: Vec<Bytes> = block_on(stream.try_collect()).unwrap();
        assert_eq!(String::from_utf8(pieces.concat()).unwrap().lines().count(), lines, "{kind:?}");
    }
}

fn any_records() -> impl Strategy<Value = Vec<Record>> {
    let alts = select(vec!["G", "T", "G,T", "T,G", "AG", "<DEL>"]);
    let annotation = select(vec![
        ("intron_variant", "MODIFIER"),
        ("missense_variant", "MODERATE"),
        ("stop_gained", "HIGH"),
        ("frameshift_variant", "HIGH"),
    ]);
    let one = (select(vec!["1", "2", "X"]), 1..12u32, select(vec!["A", "C"]), alts, annotation);
    proptest::collection::vec(one, 0..60).prop_map(|records| {
        let mut records: Vec<Record> = records
            .into_iter()
            .map(|(contig, pos, reference, alt, (consequence, impact))| {
                record(contig, pos, reference, alt, consequence, impact)
            })
            .collect();
        records.sort_by_key(|(contig, pos, ..)| (*contig, *pos));
        records
    })
}

/// Contig, position, reference allele and the sorted alternate alleles.
type Key = (String, u32, String, Vec<String>);

/// The annotations of the records with each key, in order.
fn by_key(records: &[Record]) -> BTreeMap<Key, Vec<(&str, &str)>> {
    let mut found = BTreeMap::new();
    for (contig, pos, reference, alt, consequence, impact) in records {
        let mut alts: Vec<String> = alt.split(',').map(str::to_owned).collect();
        alts.sort();
        let key = ((*contig).to_owned(), *pos, reference.clone(), alts);
        found.entry(key).or_insert_with(Vec::new).push((*consequence, *impact));
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn counts_are_those_of_pairs_in_memory(
        first in any_records(), second in any_records(), block_rows in 1..20u32,
    ) {
        let found = compared(&text(&first), &text(&second), None, block_rows).unwrap();
        let (firsts, mut seconds) = (by_key(&first), by_key(&second));
        let mut expected = Comparison {
            first_records: first.len() as u64,
            second_records: second.len() as u64,
            ..Comparison::default()
        };
        for (key, ones) in firsts {
            let others = seconds.remove(&key).unwrap_or_default();
            let pairs = ones.len().min(others.len());
            expected.both += pairs as u64;
            expected.only_first += (ones.len() - pairs) as u64;
            expected.only_second += (others.len() - pairs) as u64;
            for (one, other) in ones.iter().zip(&others) {
                expected.consequence += u64::from(one.0 != other.0);
                expected.impact += u64::from(one.1 != other.1);
            }
        }
        expected.only_second += seconds.values().map(|records| records.len() as u64).sum::<u64>();
        let is_changed = |one: &Difference| !one.is_none();
        prop_assert!(found.differences.iter().all(is_changed));
        let mut counted = Comparison { differences: Vec::new(), ..found.clone() };
        prop_assert_eq!(&counted, &expected);
        // The same in the other direction.
        let turned = compared(&text(&second), &text(&first), None, block_rows).unwrap();
        std::mem::swap(&mut counted.only_first, &mut counted.only_second);
        std::mem::swap(&mut counted.first_records, &mut counted.second_records);
        prop_assert_eq!(Comparison { differences: Vec::new(), ..turned }, counted);
    }
}
