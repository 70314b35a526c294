//! Merged indexes of the shards of a result are the index of the whole, byte for byte.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod naive;

use bytes::Bytes;
use gas_explorer::source::Source;
use gas_explorer::{Error, index};
use naive::files::bgzf;
use proptest::prelude::*;
use proptest::sample::select;

const META: &str = "##fileformat=VCFv4.2\n\
##GAS_SOURCE_COLUMN=<ID=score,Source=\"S 1\",Type=Float,Description=\"\">\n\
##GAS_SOURCE_COLUMN=<ID=kind,Source=\"S 1\",Type=Category,Description=\"\">\n\
##GAS_SOURCE_COLUMN=<ID=note,Source=\"S 1\",Type=Text,Description=\"\">\n\
##INFO=<ID=CSQ,Number=.,Type=String,Description=\"Format: Allele|Consequence|IMPACT|SYMBOL|Feature|HGVSc|HGVSp|\
Existing_variation|CANONICAL\">\n\
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO";

/// Bytes of the empty block that `bgzf` appends.
const END_BYTES: usize = 28;

fn header(samples: usize) -> String {
    let names = (0..samples).map(|n| format!("\tS{n}"));
    let format = if samples > 0 { "\tFORMAT" } else { "" };
    format!("{META}{format}{}\n", names.collect::<String>())
}

fn entry() -> impl Strategy<Value = String> {
    (
        select(vec!["missense_variant", "stop_gained", "splice_region_variant&intron_variant", ""]),
        select(vec!["MODERATE", "HIGH", "LOW", ""]),
        (0..40u8).prop_map(|n| if n == 0 { String::new() } else { format!("GENE{n}") }),
        select(vec!["T1|T1:c.1A>G|P1:p.Met1Val", "T2||", "T3|T4:c.5del|", "||"]),
        select(vec!["", "rs9", "rs12&COSM1"]),
        select(vec!["", "YES"]),
    )
        .prop_map(|(terms, impact, gene, texts, known, canonical)| {
            format!("A|{terms}|{impact}|{gene}|{texts}|{known}|{canonical}")
        })
}

fn call() -> impl Strategy<Value = String> {
    select(vec!["0/1:30:99:10,20:.", "1|1:7:.:.:5", "./.", "0/0:0:3:9,1:77", "1/2/1:4", "0|1:::"])
        .prop_map(ToOwned::to_owned)
}

/// A record without its samples, and the calls of three samples.
fn record() -> impl Strategy<Value = (String, Vec<String>)> {
    (
        (
            select(vec!["1", "2", "chrUn_x", "MT"]),
            1..1000u32,
            select(vec![".", "rs1", "rs3;C7", "RS5"]),
        ),
        select(vec![
            ("A", "G"),
            ("A", "T,G"),
            ("ATT", "A,AT"),
            ("A", "<DEL>"),
            ("A", "."),
            ("AC", "GT"),
        ]),
        select(vec![".", "0", "30.0", "99.9", "1e3", "-0"]),
        select(vec!["PASS", ".", "q10", "q10;s50"]),
        select(vec![
            "",
            "AF=0.5;",
            "AF=0.1,0.2,0.1;",
            "AF=0,-0;",
            "END=400;SVLEN=-30,5;",
            "AF=.;",
            "score=1,2;kind=a&b;",
            "AC=1;AN=4;kind=c;note=one;",
        ]),
        prop::collection::vec(entry(), 0..4),
        prop::collection::vec(call(), 3..=3),
    )
        .prop_map(
            |((contig, pos, id), (reference, alt), qual, filter, info, entries, calls)| {
                let csq = if entries.is_empty() { ".".to_owned() } else { entries.join(",") };
                let line = format!(
                    "{contig}\t{pos}\t{id}\t{reference}\t{alt}\t{qual}\t{filter}\t{info}CSQ={csq}"
                );
                (line, calls)
            },
        )
}

/// A shard of the records, as blocks of `block_bytes` bytes without the block that marks the end.
fn shard(records: &[(String, Vec<String>)], samples: usize, block_bytes: usize) -> Vec<u8> {
    let line = |(line, calls): &(String, Vec<String>)| {
        let calls = calls.iter().take(samples).map(|call| format!("\t{call}"));
        let format = if samples > 0 { "\tGT:DP:GQ:AD:PS" } else { "" };
        format!("{line}{format}{}\n", calls.collect::<String>())
    };
    let text: String = records.iter().map(line).collect();
    let mut packed = bgzf(text.as_bytes(), block_bytes);
    packed.truncate(packed.len() - END_BYTES);
    packed
}

fn built(result: &[u8], block_rows: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let options = index::Options { block_rows };
    index::build_with(result, &mut out, options).unwrap();
    out
}

fn merged(shards: &[Vec<u8>], block_rows: u32) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    let options = index::Options { block_rows };
    let shards: Vec<Bytes> = shards.iter().map(|shard| Bytes::from(shard.clone())).collect();
    let shards: Vec<&dyn Source> = shards.iter().map(|shard| shard as &dyn Source).collect();
    index::merge(&shards, &mut out, options)?;
    Ok(out)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn merged_indexes_are_the_index_of_the_whole(
        shards in prop::collection::vec(prop::collection::vec(record(), 0..60), 1..6),
        samples in 0..4usize,
        block_bytes in prop_oneof![20..400usize, Just(65_280usize)],
        block_rows in prop_oneof![1..30u32, Just(65_536u32)],
    ) {
        let mut header = bgzf(header(samples).as_bytes(), 65_280);
        let end = header.split_off(header.len() - END_BYTES);
        let shards: Vec<Vec<u8>> =
            shards.iter().map(|records| shard(records, samples, block_bytes)).collect();
        let whole = [header.clone(), shards.concat(), end].concat();
        let indexes: Vec<Vec<u8>> = shards
            .iter()
            .map(|shard| built(&[header.clone(), shard.clone()].concat(), block_rows))
            .collect();
        prop_assert_eq!(merged(&indexes, block_rows).unwrap(), built(&whole, block_rows));
    }
}

#[test]
fn indexes_of_other_results_are_not_merged() {
    let header = |samples| {
        let mut header = bgzf(header(samples).as_bytes(), 65_280);
        header.truncate(header.len() - END_BYTES);
        header
    };
    let record = ("1\t5\t.\tA\tG\t.\t.\t.".to_owned(), vec!["0/1".to_owned()]);
    let records = [record];
    let of_shard = |samples| built(&[header(samples), shard(&records, samples, 9)].concat(), 10);
    assert!(merged(&[of_shard(0), of_shard(0)], 10).is_ok());
    let error = merged(&[of_shard(0), of_shard(1)], 10).unwrap_err();
    assert!(matches!(error, Error::OtherShards("the headers differ")), "{error}");
    let text = format!("{META}\n1\t5\t.\tA\tG\t.\t.\t.\n");
    for result in [text.clone().into_bytes(), bgzf(text.as_bytes(), 65_280)] {
        let error = merged(&[built(&result, 10)], 10).unwrap_err();
        assert!(matches!(error, Error::OtherShards(_)), "{error}");
    }
    let mut damaged = of_shard(0);
    damaged.truncate(damaged.len() - 1);
    assert!(merged(&[damaged], 10).is_err());
}
