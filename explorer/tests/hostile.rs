//! Results and indexes that were stored before the input limits existed: lines, lists and headers of
//! any size are read within limits, and the answers say what is left out.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod naive;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use futures::executor::block_on;
use gas_explorer::source::Source;
use gas_explorer::{Cache, Error, Explorer, synthetic};
use gas_shared::explorer::{ExportFormat, FILTER, Filter, Query, RowDetails};
use naive::files::{bgzf, export, open};
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const COLUMNS: &str = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";

/// Opens a result with the index of a builder without limits.
fn open_stored(result: &[u8]) -> Result<Explorer, Error> {
    let index = Arc::new(Bytes::from(synthetic::unlimited_index(result, 10)));
    let result = Arc::new(Bytes::copy_from_slice(result));
    block_on(Explorer::open(index, result, Cache::new(1 << 20)))
}

fn stored(records: &str) -> Explorer {
    open_stored(format!("##fileformat=VCFv4.2\n{COLUMNS}{records}").as_bytes()).unwrap()
}

fn first_page(explorer: &Explorer) -> gas_shared::explorer::Page {
    block_on(explorer.page(&Query { limit: 1000, facets: true, ..Query::default() })).unwrap()
}

/// Processor time of this thread in seconds.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

/// A result that counts the bytes that are read at once.
struct Counted(Bytes, AtomicU64);

#[async_trait::async_trait]
impl Source for Counted {
    async fn read(&self, offset: u64, length: u64) -> std::io::Result<Bytes> {
        self.1.fetch_max(length, Ordering::Relaxed);
        self.0.read(offset, length).await
    }

    fn len(&self) -> u64 {
        Source::len(&self.0)
    }
}

#[test]
fn five_million_keys_below_a_header_line_of_30_mb_are_shown_in_two_seconds() {
    let mut result = b"##fileformat=VCFv4.2\n##x=".to_vec();
    result.resize(30_000_000, b'A');
    result.extend_from_slice(format!("\n{COLUMNS}1\t5\trs1\tA\tG\t.\tPASS\tDP=3").as_bytes());
    result.extend_from_slice(&b";A".repeat(5_000_000));
    result.push(b'\n');
    let index = Arc::new(Bytes::from(synthetic::unlimited_index(&result, 10)));
    let result = Arc::new(Counted(result.into(), AtomicU64::new(0)));
    let start = cpu_seconds();
    let explorer = Explorer::open(index, result.clone(), Cache::new(1 << 20));
    let explorer = block_on(explorer).unwrap();
    let details = block_on(explorer.details(0)).unwrap();
    let page = first_page(&explorer);
    let seconds = cpu_seconds() - start;
    let largest = result.1.load(Ordering::Relaxed);
    let answer = serde_json::to_string(&details).unwrap().len();
    println!(
        "CPU {seconds:.3} s; largest read {largest} bytes; answer {answer} bytes; open {} bytes",
        explorer.weight()
    );
    assert!(seconds < 2.0, "{seconds}");
    assert!(largest <= 4 << 20, "{largest}");
    assert!(answer < 3 << 20 && explorer.weight() < 1 << 20);
    assert_eq!((details.info.len(), details.info[0].value.as_str()), (1000, "3"));
    let notes = details.notes.join(" ");
    assert!(notes.contains("And 4999001 more INFO keys; download the file"), "{notes}");
    assert!(notes.contains("The record has 1000"), "{notes}");
    assert_eq!((page.rows[0].id.as_str(), page.rows[0].cut), ("rs1", Some(10_000_024)));
}

#[test]
fn a_line_that_is_cut_in_any_column_is_a_row_that_says_so() {
    let long = "A".repeat(2 << 20);
    let columns = ["1", "5", "rs1", "AC", "A", "9", "PASS", "DP=3"];
    for cut in [0, 2, 3, 4, 5, 6, 7] {
        let mut record = columns;
        record[cut] = &long;
        let line = format!("{}\tGT\t0/1\n", record.join("\t"));
        let explorer = stored(&line);
        let row = first_page(&explorer).rows.remove(0);
        assert_eq!(row.cut, Some(line.len() as u64), "column {cut}");
        let text = serde_json::to_string(&row).unwrap();
        assert!(text.len() < 10_000, "column {cut}: {}", text.len());
        assert!(cut == 7 || text.contains("… ("), "column {cut}: {text}");
        if cut > 0 {
            assert_eq!((row.chrom.as_str(), row.pos), ("1", 5));
        }
        // The details read 4 MiB of a line, so they have this one completely.
        let details = block_on(explorer.details(0)).unwrap();
        assert_eq!(details.row.cut, None);
        assert!(details.notes.is_empty(), "{:?}", details.notes);
    }
}

#[test]
fn annotation_of_a_cut_line_ends_with_a_complete_entry() {
    let header = "##INFO=<ID=CSQ,Number=.,Type=String,Description=\"Format: Allele|Consequence|IMPACT|SYMBOL\">\n";
    let entry = "G|missense_variant|MODERATE|GENE1,";
    let line = format!("1\t5\t.\tA\tG\t.\tPASS\tCSQ={}\n", entry.repeat(200_000));
    let explorer = open_stored(format!("{header}{COLUMNS}{line}").as_bytes()).unwrap();
    let row = first_page(&explorer).rows.remove(0);
    assert_eq!((row.gene.as_deref(), row.cut), (Some("GENE1"), Some(line.len() as u64)));
    let details: RowDetails = block_on(explorer.details(0)).unwrap();
    assert_eq!(details.entries.len(), 1000);
    assert!(details.entries.iter().all(|entry| entry.fields.len() == 4));
    let notes = details.notes.join(" ");
    assert!(notes.contains("more transcripts; download the file"), "{notes}");
}

#[test]
fn samples_beyond_the_limit_do_not_cut_a_row() {
    let samples = "\t0/1".repeat(1_000_000);
    let explorer = stored(&format!("1\t5\t.\tA\tG\t.\tPASS\tDP=3\tGT{samples}\n"));
    let row = first_page(&explorer).rows.remove(0);
    assert_eq!((row.cut, row.filter.as_str()), (None, "PASS"));
}

#[test]
fn a_page_reads_a_bounded_number_of_bytes() {
    let line = format!("1\t5\t.\tA\tG\t.\tPASS\tX={}\n", "A".repeat(300_000));
    let result = format!("##fileformat=VCFv4.2\n{COLUMNS}{}", line.repeat(500));
    let index = Arc::new(Bytes::from(synthetic::unlimited_index(result.as_bytes(), 10)));
    let result = Arc::new(Counted(result.into(), AtomicU64::new(0)));
    let explorer = block_on(Explorer::open(index, result, Cache::new(1 << 20))).unwrap();
    let page = first_page(&explorer);
    assert_eq!(page.rows.len(), 500);
    assert!(page.rows.iter().all(|row| row.cut == Some(line.len() as u64)));
    // A page with one row reads more of each line.
    let one = block_on(explorer.page(&Query { limit: 1, ..Query::default() })).unwrap();
    assert_eq!(one.rows[0].cut, None);
}

#[test]
fn an_export_as_vcf_has_complete_lines_of_any_length() {
    let long = "ACGT".repeat(1_500_000);
    let records = format!(
        "1\t5\trs1\tA\tG\t9\tPASS\tX={long}\n\n\n1\t6\trs2\tA\tG\t9\tPASS\tY={long}\r\n1\t7\trs3\tA\tG\t9\tPASS\tDP=3\n"
    );
    let header = format!("##fileformat=VCFv4.2\n##x={long}\n{COLUMNS}");
    let result = format!("{header}{records}");
    let expected = result.replace("\n\n\n", "\n").replace('\r', "");
    let packed = bgzf(result.as_bytes(), 60_000);
    let mut text = Vec::new();
    MultiGzDecoder::new(&packed[..]).read_to_end(&mut text).unwrap();
    assert_eq!(text, result.as_bytes());
    // Annotated lines may be longer than those of an input.
    let explorer = open(&packed, 100).unwrap();
    assert!(export(explorer, &Filter::default(), ExportFormat::Vcf) == expected);
    let plain = result.replace("\n\n\n", "\n");
    let explorer = open_stored(plain.as_bytes()).unwrap();
    assert!(export(explorer, &Filter::default(), ExportFormat::Vcf) == expected);
}

#[test]
fn an_exported_table_says_which_rows_are_cut() {
    let long = "A".repeat(5 << 20);
    let explorer =
        stored(&format!("1\t5\t.\t{long}\tG\t.\tPASS\tDP=3\n1\t6\trs2\tA\tG\t.\t.\t.\n"));
    let table = export(explorer, &Filter::default(), ExportFormat::Tsv);
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[1].ends_with("bytes; export VCF for all of it]"), "{}", lines[1].len());
    assert!(lines[2].ends_with("rs2"));
}

#[test]
fn a_header_or_footer_over_the_limit_is_an_error_that_says_so() {
    let mut result = b"##x=".to_vec();
    result.resize(65 << 20, b'A');
    result.extend_from_slice(format!("\n{COLUMNS}1\t5\t.\tA\tG\t.\t.\t.\n").as_bytes());
    let error = open_stored(&result).err().unwrap();
    assert!(matches!(error, Error::ReadLimit { limit: 67_108_864, .. }), "{error}");

    let mut index = synthetic::unlimited_index(COLUMNS.as_bytes(), 10);
    let unpacked = index.len() - 36 + 16;
    index[unpacked..unpacked + 4].copy_from_slice(&(1u32 << 30).to_le_bytes());
    let source = |bytes: &[u8]| Arc::new(Bytes::copy_from_slice(bytes));
    let cache = Cache::new(1 << 20);
    let opened = block_on(Explorer::open(source(&index), source(COLUMNS.as_bytes()), cache));
    let error = opened.err().unwrap().to_string();
    assert!(error.contains("the footer of the index has 1073741824 bytes"), "{error}");
    // More genes than a dictionary can have.
    let index = synthetic::unlimited_index(COLUMNS.as_bytes(), (1 << 20) + 1);
    let cache = Cache::new(1 << 20);
    let opened = block_on(Explorer::open(source(&index), source(COLUMNS.as_bytes()), cache));
    assert!(matches!(opened.err().unwrap(), Error::Damaged(_)));
}

#[test]
fn of_thousands_of_declared_columns_and_values_an_index_has_a_bounded_part() {
    let mut result = "##fileformat=VCFv4.2\n".to_owned();
    for n in 0..5_000 {
        let kind = ["Category", "Text", "Float", "Flag"][n % 4];
        let source = "S".repeat(500);
        result += &format!(
            "##GAS_SOURCE_COLUMN=<ID=c{n},Source=\"{source}\",Type={kind},Description=\"\">\n"
        );
    }
    result += COLUMNS;
    for record in 1..=2_000 {
        // Every record has other values, and some are long.
        let value = |n: usize| format!("c{n}={record}{}", "é".repeat(n % 7 * 50));
        let info: Vec<String> = (0..120).map(value).collect();
        result += &format!("1\t{record}\t.\tA\tG\t.\t.\t{}\n", info.join(";"));
    }
    let explorer = open(result.as_bytes(), 1_000).unwrap();
    assert_eq!((explorer.columns().sources().len(), explorer.columns().left_out()), (120, 4_880));
    assert!(explorer.weight() < 10 << 20, "{}", explorer.weight());
    let page =
        block_on(explorer.page(&Query { limit: 1_000, facets: true, ..Query::default() })).unwrap();
    assert_eq!(page.rows.len(), 1_000);
    let longest =
        page.rows.iter().flat_map(|row| row.texts.iter()).map(|(_, text)| text.len()).max();
    assert!((200..400).contains(&longest.unwrap()), "{longest:?}");
    assert!(serde_json::to_vec(&page.columns).unwrap().len() < 100_000);
}

#[test]
fn a_filter_with_a_thousand_values_costs_hardly_more_than_one_with_one() {
    let mut result = Vec::new();
    synthetic::write_result(60_000, 5, &mut result).unwrap();
    let explorer = open(&result, 65_536).unwrap();
    let filter = |kind: &str, count: usize| {
        // Values that no record has are compared with all values of a record.
        let values = (0..count).map(|n| format!("absent{n}")).collect();
        match kind {
            "ids" => Filter { ids: values, ..Filter::default() },
            "genes" => Filter { genes: values, ..Filter::default() },
            _ => {
                let mut filter = Filter::default();
                filter.categories.set_values(&FILTER, values);
                filter
            }
        }
    };
    // Comparing each of a thousand values would take hundreds of times as long. Processor time, and the
    // least of five runs, do not depend on the load of the machine.
    let least = |filter: &Filter| {
        let times = (0..5).map(|_| {
            let start = cpu_seconds();
            assert_eq!(block_on(explorer.count(filter)).unwrap(), 0);
            cpu_seconds() - start
        });
        times.fold(f64::INFINITY, f64::min)
    };
    for kind in ["ids", "genes", "filters"] {
        let (one, many) = (least(&filter(kind, 1)), least(&filter(kind, 1000)));
        println!("{kind}: {:.2} ms for one value, {:.2} ms for 1,000", one * 1e3, many * 1e3);
        assert!(many < 10.0 * one + 0.002, "{kind}: {one} {many}");
    }
}
