//! Results of the engine, unusual results, and damaged files.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

#[path = "../../annotator/tests/common/mod.rs"]
mod demo;
mod naive;

use bytes::Bytes;
use demo::REFERENCE;
use futures::executor::block_on;
use gas_annotate::annotation_format::AnnotationFormat;
use gas_annotate::annotation_options::AnnotationOptions;
use gas_annotate::pipeline::{Mode, Options, annotate_file};
use gas_explorer::source::Source;
use gas_explorer::{Cache, Error, Explorer, GeneCount, Overview, gene_filter, index, synthetic};
use gas_shared::explorer::{
    CHROMOSOME, CLINVAR, CONSEQUENCE, ColumnName, Direction, ExportFormat, FILE_FREQUENCY, Filter,
    IMPACT, QUALITY, Query, RS_ID, Range, Row, RowValue, Sort, SortKey, VARIANT_TYPE,
};
use gas_shared::{Selection, Transcripts};
use naive::files::{bgzf, export, numbers, open, open_index};
use naive::read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The sample files, and further files that only some machines have.
fn inputs() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [root.join("../assets/samples"), root.join("../../shared/data/anntools-samples")];
    let entries = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "vcf"));
    assert!(files.len() >= 3);
    files
}

fn annotated(input: &Path, format: AnnotationFormat, ending: &str) -> Vec<u8> {
    annotated_with(input, format, AnnotationOptions::default(), ending)
}

fn annotated_with(
    input: &Path,
    format: AnnotationFormat,
    annotations: AnnotationOptions,
    ending: &str,
) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join(format!("out.{ending}"));
    // Some of the files have other assemblies than the demo reference.
    let mode = Mode::Full(format);
    let options = Options { mode, annotations, max_mismatch_percent: 100.0, ..Options::default() };
    annotate_file(input, &output, &REFERENCE, &options, &AtomicBool::new(false), &|_| {}).unwrap();
    std::fs::read(output).unwrap()
}

/// The frequency in a population of these results.
const AF: ColumnName = ColumnName::Borrowed("AF");

fn filters() -> Vec<Filter> {
    let all = Filter::default();
    vec![
        all.clone(),
        Filter { regions: vec!["chr20:1,000,000-1,200,000".parse().unwrap()], ..all.clone() },
        Filter { regions: vec!["M:100-500".parse().unwrap()], ..all.clone() },
        Filter::of_values(&IMPACT, &["high", "moderate"]),
        Filter::of_values(&CONSEQUENCE, &["upstream_gene_variant"]),
        Filter::of_values(&VARIANT_TYPE, &["deletion", "insertion"]),
        Filter::of_values(&RS_ID, &["yes"]),
        Filter { text: "mt-n".to_owned(), ..all },
        Filter {
            genes: vec!["psmf1".to_owned(), "MT-CYB".to_owned()],
            ..Filter::of_range(&FILE_FREQUENCY, Range { max: Some(0.01), ..Range::default() })
        },
    ]
}

#[test]
fn every_criterion_finds_the_records_of_the_engine() {
    for input in inputs() {
        for format in [AnnotationFormat::Csq, AnnotationFormat::Ann] {
            let result = annotated(&input, format, "vcf");
            let (_, records) = read(std::str::from_utf8(&result).unwrap());
            let explorer = open(&result, 500).unwrap();
            assert_eq!(explorer.records(), records.len() as u64);
            for filter in filters() {
                let sort = Sort { key: SortKey::Gene, direction: Direction::Descending };
                let expected = naive::ordered(&records, &filter, &sort);
                assert_eq!(
                    numbers(&explorer, &filter, sort.clone(), 1000),
                    expected,
                    "{input:?} {filter:?}"
                );
            }
        }
    }
}

#[test]
fn results_of_every_selection_and_without_hgvs_have_their_rows() {
    let input = inputs().into_iter().find(|path| path.ends_with("free.vcf")).unwrap();
    for format in [AnnotationFormat::Csq, AnnotationFormat::Ann] {
        for (selection, transcripts, hgvs) in [
            (Selection::Pick, Transcripts::All, true),
            (Selection::FlagPick, Transcripts::All, false),
            (Selection::PerGene, Transcripts::Coding, false),
            (Selection::MostSevere, Transcripts::All, true),
        ] {
            let options =
                AnnotationOptions { selection, transcripts, hgvs, ..AnnotationOptions::default() };
            let result = annotated_with(&input, format, options, "vcf");
            let (_, records) = read(std::str::from_utf8(&result).unwrap());
            let explorer = open(&result, 500).unwrap();
            assert_eq!(explorer.records(), records.len() as u64);
            for filter in filters() {
                let sort = Sort { key: SortKey::Gene, direction: Direction::Descending };
                let expected = naive::ordered(&records, &filter, &sort);
                let found = numbers(&explorer, &filter, sort.clone(), 1000);
                assert_eq!(found, expected, "{selection} {filter:?}");
            }
            let mut high = Filter::default();
            high.categories.set_values(&IMPACT, vec!["high".to_owned(), "moderate".to_owned()]);
            let sort = Sort { key: SortKey::Position, direction: Direction::Ascending };
            assert!(!numbers(&explorer, &high, sort, 1000).is_empty(), "{selection}");
        }
    }
}

#[test]
fn a_bgzipped_result_has_the_same_rows_and_exports() {
    let input = inputs().into_iter().find(|path| path.ends_with("mitochondrial.vcf")).unwrap();
    let (plain, packed) = (
        annotated(&input, AnnotationFormat::Csq, "vcf"),
        annotated(&input, AnnotationFormat::Csq, "vcf.gz"),
    );
    let filter = Filter { text: "CYB".to_owned(), ..Filter::default() };
    let query = Query { filter: filter.clone(), limit: 1000, facets: true, ..Query::default() };
    let page = |result: &[u8]| block_on(open(result, 300).unwrap().page(&query)).unwrap();
    assert_eq!(page(&plain), page(&packed));
    assert!(page(&plain).matched > 10);
    for format in [ExportFormat::Vcf, ExportFormat::Csv] {
        let of = |result: &[u8]| export(open(result, 300).unwrap(), &filter, format);
        assert_eq!(of(&plain), of(&packed));
    }
}

#[test]
fn sort_orders_and_pages_span_complete_blocks() {
    let mut result = Vec::new();
    synthetic::write_result(140_000, 7, &mut result).unwrap();
    let mut bytes = Vec::new();
    assert_eq!(index::build(&result[..], &mut bytes).unwrap().records, 140_000);
    let explorer = open_index(bytes, &result).unwrap();
    let (_, records) = read(std::str::from_utf8(&result).unwrap());
    let filter = Filter::of_values(&RS_ID, &["yes"]);
    for key in [SortKey::Position, SortKey::Column(QUALITY.name.clone()), SortKey::Gene] {
        let sort = Sort { key, direction: Direction::Descending };
        let expected = naive::ordered(&records, &filter, &sort);
        for offset in [0, 65_000, expected.len() - 50] {
            let query = Query {
                filter: filter.clone(),
                sort: sort.clone(),
                offset: offset as u64,
                limit: 100,
                ..Query::default()
            };
            let page = block_on(explorer.page(&query)).unwrap();
            let rows: Vec<u64> = page.rows.iter().map(|row| row.number).collect();
            assert_eq!(
                rows,
                expected[offset..expected.len().min(offset + 100)],
                "{sort:?} {offset}"
            );
            assert_eq!(page.matched, expected.len() as u64);
        }
    }
}

/// A file that counts its reads.
struct Counted(Bytes, AtomicU64);

#[async_trait::async_trait]
impl Source for Counted {
    async fn read(&self, offset: u64, length: u64) -> std::io::Result<Bytes> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.read(offset, length).await
    }

    fn len(&self) -> u64 {
        Source::len(&self.0)
    }
}

#[test]
fn a_page_of_scattered_rows_costs_eight_requests_and_reads_nothing_of_the_result() {
    let mut result = Vec::new();
    synthetic::write_result(400_000, 7, &mut result).unwrap();
    let mut index = Vec::new();
    index::build(&result[..], &mut index).unwrap();
    let counted = |bytes: Vec<u8>| Arc::new(Counted(bytes.into(), AtomicU64::new(0)));
    let (index, result) = (counted(index), counted(result));
    let cache = Cache::new(16 << 20);
    let explorer = block_on(Explorer::open(index.clone(), result.clone(), cache)).unwrap();
    let reads = || [&index, &result].map(|file| file.1.load(Ordering::Relaxed));
    let high = Filter::of_values(&IMPACT, &["high"]);
    let matched = block_on(explorer.count(&high)).unwrap();
    assert!(matched > 3_000, "{matched}");
    let [before, opened] = reads();
    let sort =
        Sort { key: SortKey::Column(QUALITY.name.clone()), direction: Direction::Descending };
    let query = |offset| Query {
        filter: high.clone(),
        sort: sort.clone(),
        offset,
        limit: 100,
        ..Query::default()
    };
    block_on(explorer.page(&query(0))).unwrap();
    // The sort order reads its column of seven blocks once.
    let [sorted, _] = reads();
    assert!(sorted - before <= 8 + 7, "{}", sorted - before);
    // The next page has its column in the cache.
    let page = block_on(explorer.page(&query(100))).unwrap();
    assert_eq!(page.rows.len(), 100);
    let [after, of_result] = reads();
    assert!(after - sorted <= 8, "{}", after - sorted);
    assert_eq!(of_result, opened);
}

const HEADER: &str = "##fileformat=VCFv4.2\n\
##INFO=<ID=DP,Number=1,Type=Integer,Description=\"Total depth\">\n\
##INFO=<ID=CSQ,Number=.,Type=String,Description=\"Format: Allele|Consequence|IMPACT|SYMBOL|Feature|HGVSp|AF\">\n\
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1\n";

fn open_text(records: &str) -> Explorer {
    open(format!("{HEADER}{records}").as_bytes(), 100).unwrap()
}

fn rows(explorer: &Explorer, filter: Filter) -> Vec<Row> {
    block_on(explorer.page(&Query { filter, limit: 10, ..Query::default() })).unwrap().rows
}

#[test]
fn a_result_without_records_has_no_rows_and_an_export_of_its_header() {
    let explorer = open_text("");
    let page = block_on(explorer.page(&Query { facets: true, limit: 5, ..Query::default() }));
    let page = page.unwrap();
    assert_eq!((page.total, page.matched, page.rows.len()), (0, 0, 0));
    assert!(page.facets.unwrap().of(&CHROMOSOME).is_empty());
    assert_eq!(export(explorer, &Filter::default(), ExportFormat::Vcf), HEADER);
}

#[test]
fn a_record_matches_if_one_of_its_alleles_does() {
    let explorer = open_text(
        "1\t5\trs1\tA\tG,ATT\t9\tPASS\tCSQ=G|missense_variant|MODERATE|A1|T1|P1|0.4,TT|stop_gained|HIGH|B1|T2|P2|0.001\tGT\t1/2\n",
    );
    let rare = Range { max: Some(0.01), ..Range::default() };
    let common = Range { min: Some(0.1), ..Range::default() };
    for filter in [
        Filter::of_values(&VARIANT_TYPE, &["snv"]),
        Filter::of_values(&VARIANT_TYPE, &["insertion"]),
        Filter::of_range(&AF, rare),
        Filter::of_range(&AF, common),
        Filter { genes: vec!["A1".to_owned()], ..Filter::default() },
    ] {
        let rows = rows(&explorer, filter);
        assert_eq!(rows[0].gene.as_deref(), Some("B1"));
        assert_eq!(rows[0].numbers.get(&AF), Some(0.001));
        assert_eq!(rows[0].hgvs_p.as_deref(), Some("P2"));
    }
}

#[test]
fn records_without_annotation_are_rows_too() {
    let explorer =
        open_text("1\t5\t.\tA\tG\t.\t.\t.\tGT\t0/1\n\n1\t9\t.\tA\tG\t.\t.\tDP=3\tGT\t0/1");
    let none = Filter::of_values(&CONSEQUENCE, &["none"]);
    let rows = rows(&explorer, none);
    assert_eq!(rows.iter().map(|row| row.pos).collect::<Vec<_>>(), [5, 9]);
    assert_eq!(
        (rows[0].consequence.as_ref(), rows[0].impact, rows[0].gene.as_ref()),
        (None, None, None)
    );
}

/// Opens the index of a result without the result, and counts.
fn overview(text: &[u8]) -> Overview {
    let mut bytes = Vec::new();
    let options = index::Options { block_rows: 500 };
    index::build_with(text, &mut bytes, options).unwrap();
    let opened = Explorer::open_index(Arc::new(Bytes::from(bytes)), Cache::new(1 << 20));
    block_on(block_on(opened).unwrap().overview()).unwrap()
}

#[test]
fn an_overview_counts_what_its_filters_select_without_the_result() {
    let input = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/samples/free.vcf");
    let text = annotated(&input, AnnotationFormat::Csq, "vcf");
    let explorer = open(&text, 500).unwrap();
    let overview = overview(&text);
    assert!(!overview.genes.is_empty());
    for pair in overview.genes.windows(2) {
        assert!(pair[0].records >= pair[1].records);
    }
    for count in &overview.genes {
        let filter = gene_filter(Some(&count.gene));
        assert_eq!(block_on(explorer.count(&filter)).unwrap(), count.records, "{}", count.gene);
    }
    assert_eq!(overview.frequencies, None, "AF of the file is not that of a population");
}

#[test]
fn an_overview_has_classes_of_the_frequency_in_a_population() {
    let mut text = "##fileformat=VCFv4.2\n##INFO=<ID=CSQ,Number=.,Type=String,Description=\"Consequence \
                    annotations from Ensembl VEP. Format: Allele|Consequence|IMPACT|SYMBOL|MAX_AF\">\n\
                    #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        .to_owned();
    for (pos, frequency) in (1..).zip(["0.001", "0.02", "", "0.7", "0.03"]) {
        text +=
            &format!("1\t{pos}\t.\tA\tC\t.\t.\tCSQ=C|missense_variant|MODERATE|G|{frequency}\n");
    }
    let found = overview(text.as_bytes());
    let frequencies = found.frequencies.unwrap();
    assert_eq!((&*frequencies.column.name, frequencies.missing), ("MAX_AF", 1));
    let records: Vec<u64> = frequencies.classes.iter().map(|(_, records)| *records).collect();
    assert_eq!(records, [1, 0, 2, 0, 1]);
    assert_eq!(found.genes, [GeneCount { gene: "G".to_owned(), records: 5 }]);
}

#[test]
fn details_have_every_transcript_and_the_descriptions_of_info_keys() {
    let explorer = open_text(
        "1\t5\trs1\tA\tG\t9\tPASS\tDP=3;DB;CSQ=G|intron_variant|MODIFIER|A1|T1||0.4,G|missense_variant|MODERATE|B1|T2|p.Ala1%3D|\tGT:DP\t1/1:3\n",
    );
    let details = block_on(explorer.details(0)).unwrap();
    assert_eq!(details.entries.iter().map(|e| e.chosen).collect::<Vec<_>>(), [false, true]);
    let fields = &details.entries[1].fields;
    let hgvs = fields.iter().find(|field| field.key == "HGVSp").unwrap();
    assert_eq!(hgvs.value, "p.Ala1=");
    assert_eq!(details.info[0].description.as_deref(), Some("Total depth"));
    assert_eq!((details.info[1].key.as_str(), details.info[1].value.as_str()), ("DB", ""));
    assert_eq!(details.frequencies[0].key, "CSQ/AF");
    assert_eq!(
        (details.samples[1].key.as_str(), details.samples[1].value.as_str()),
        ("S1", "1/1:3")
    );
    assert!(matches!(
        block_on(explorer.details(1)),
        Err(Error::NoRecord { number: 1, records: 1 })
    ));
}

#[test]
fn exported_tables_are_quoted_and_contain_no_formulas() {
    let explorer = || open_text("1\t5\t=cmd()\tA\tG,T\t-1\tq\"1\tDP=3\tGT\t0/1\n");
    let csv = export(explorer(), &Filter::default(), ExportFormat::Csv);
    let line = csv.split("\r\n").nth(1).unwrap();
    // A negative number is not a formula.
    assert!(line.starts_with("1,5,'=cmd(),A,\"G,T\",-1,\"q\"\"1\",snv,"), "{line}");
    let tsv = export(explorer(), &Filter::default(), ExportFormat::Tsv);
    let explorer = explorer();
    let columns = explorer.columns();
    let numbers = columns.numeric().iter().filter(|c| c.row_value == RowValue::Number).count();
    let categories = columns.own_categories().count();
    assert_eq!(tsv.lines().next().unwrap().split('\t').count(), 19 + numbers + categories + 4);
}

#[test]
fn damage_to_any_byte_is_detected() {
    let mut result = Vec::new();
    synthetic::write_result(3000, 3, &mut result).unwrap();
    let mut bytes = Vec::new();
    let options = index::Options { block_rows: 1000 };
    index::build_with(&result[..], &mut bytes, options).unwrap();
    let query = Query {
        filter: Filter {
            text: "1".to_owned(),
            genes: vec!["GENE1".to_owned()],
            regions: vec!["1:1-99999999".parse().unwrap()],
            ..Filter::of_range(&QUALITY, QUALITY.filter.range(1.0))
        },
        facets: true,
        limit: 1000,
        ..Query::default()
    };
    let answer = |bytes: Vec<u8>| {
        let explorer = open_index(bytes, &result)?;
        block_on(explorer.page(&query))
    };
    let right = answer(bytes.clone()).unwrap();
    let mut seen = 0;
    for at in (0..bytes.len()).step_by(97).chain(bytes.len() - 40..bytes.len()) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x55;
        match answer(damaged) {
            // The byte belongs to a column that the query does not need.
            Ok(page) => {
                assert_eq!(page, right, "byte {at}");
                assert!(at < bytes.len() - 40, "byte {at}");
            }
            Err(_) => seen += 1,
        }
    }
    // The trailer and at least some of the columns.
    assert!(seen > 45, "{seen}");
    for cut in [0, 10, 36, bytes.len() / 2, bytes.len() - 1] {
        let error = answer(bytes[..cut].to_vec()).unwrap_err();
        assert!(matches!(error, Error::NoIndex), "{cut}: {error}");
    }
    let mut newer = bytes.clone();
    let version = newer.len() - 12;
    newer[version] = 9;
    assert!(matches!(answer(newer), Err(Error::Version { found: 9, .. })));
}

#[test]
fn files_that_are_not_results_are_rejected() {
    let build = |bytes: &[u8]| index::build(bytes, Vec::new()).unwrap_err().to_string();
    assert!(build(b"hello").contains("line 1: \"hello\" is not a VCF header"));
    assert!(build(b"").contains("the file is empty"));
    let text = format!("{HEADER}1\tx\t.\tA\tG\t.\t.\t.\n");
    assert!(build(text.as_bytes()).contains("line 5, POS: \"x\" is not a position"));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, HEADER.as_bytes()).unwrap();
    assert!(build(&gzip.finish().unwrap()).contains("compress it with bgzip"));
    let cut = bgzf(text.as_bytes(), 50);
    assert!(build(&cut[..cut.len() / 2]).contains("cannot be read"));
    let mut bytes = Vec::new();
    index::build(HEADER.as_bytes(), &mut bytes).unwrap();
    let other = format!("{HEADER}\n");
    let error = open_index(bytes, other.as_bytes()).err().unwrap();
    assert!(matches!(error, Error::OtherResult { .. }), "{error}");
}

#[test]
fn clinvar_is_read_from_the_annotation_or_from_info() {
    let head = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";
    let csq = "##INFO=<ID=CSQ,Number=.,Type=String,Description=\"Format: Allele|Consequence|CLIN_SIG\">\n";
    let clnsig = "##INFO=<ID=CLNSIG,Number=.,Type=String,Description=\"Significance\">\n";
    let of_annotation = "1\t1\t.\tA\tG\t.\t.\tCSQ=G|stop_gained|likely_pathogenic&pathogenic\n";
    let of_info = "1\t2\t.\tA\tG\t.\t.\tCLNSIG=Pathogenic/Likely_pathogenic|drug_response\n\
        1\t3\t.\tA\tG\t.\t.\tCLNSIG=Conflicting_classifications_of_pathogenicity\n\
        1\t4\t.\tA\tG\t.\t.\t.\n";
    let explorer_of = |definitions: &str, records: &str| {
        let result = format!("##fileformat=VCFv4.2\n{definitions}{head}{records}");
        open(result.as_bytes(), 100).unwrap()
    };
    let found = |explorer: &Explorer, values: &[&str]| {
        let rows = rows(explorer, Filter::of_values(&CLINVAR, values));
        rows.iter().map(|row| row.pos).collect::<Vec<_>>()
    };
    let annotation = explorer_of(csq, of_annotation);
    assert_eq!(found(&annotation, &["pathogenic"]), [1]);
    let info = explorer_of(clnsig, of_info);
    assert_eq!(found(&info, &["pathogenic"]), [2]);
    assert_eq!(found(&info, &["other"]), [2]);
    assert_eq!(found(&info, &["conflicting_classifications_of_pathogenicity"]), [3]);
    let all = rows(&info, Filter::default());
    assert_eq!(CLINVAR.values_of(&all[0]), ["pathogenic", "likely_pathogenic", "other"]);
    assert!(CLINVAR.values_of(&all[2]).is_empty());
    // All values of a column are from one source, which its label names.
    let both = explorer_of(&format!("{csq}{clnsig}"), &format!("{of_annotation}{of_info}"));
    assert_eq!(found(&both, &["pathogenic"]), [1]);
}
