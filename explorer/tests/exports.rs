//! Exports: every format is read back by another program's reader, and has the same records with the same values.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod naive;

use bytes::Bytes;
use calamine::{Data, Reader, Xlsx};
use flate2::read::MultiGzDecoder;
use futures::TryStreamExt;
use futures::executor::block_on;
use gas_explorer::{Error, Explorer, synthetic};
use gas_shared::explorer::{ExportFormat, ExportFormats, Filter, IMPACT, MAX_XLSX_RECORDS};
use naive::files::{export, export_bytes, open};
use noodles_core::Region;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, ListAccessor};
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};
use std::sync::Arc;

const HEADER: &str = "##fileformat=VCFv4.2\n\
##contig=<ID=1,length=249250621>\n##contig=<ID=X,length=155270560>\n\
##GAS_SOURCE_COLUMN=<ID=SCORE,Source=\"Scores 1\",Type=Float,Description=\"Deleteriousness\">\n\
##GAS_SOURCE_COLUMN=<ID=COUNT,Source=\"Counts 1\",Type=Integer,Description=\"Alleles\">\n\
##GAS_SOURCE_COLUMN=<ID=region,Source=\"Tracks 2\",Type=Category,Description=\"Kind of region\">\n\
##GAS_SOURCE_COLUMN=<ID=note,Source=\"Notes\",Type=Text,Description=\"A note\">\n\
##INFO=<ID=CSQ,Number=.,Type=String,Description=\"Format: Allele|Consequence|IMPACT|SYMBOL|Gene|Feature|BIOTYPE|EXON|HGVSc|HGVSp|Existing_variation|CANONICAL|SCORE|COUNT|region|note\">\n\
##INFO=<ID=END,Number=1,Type=Integer,Description=\"Last base\">\n\
##FORMAT=<ID=GT,Number=1,Type=String,Description=\"Genotype\">\n\
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tkid\t=cmd()\n";
const SAMPLES: [&str; 2] = ["kid", "=cmd()"];

fn entry(allele: &'static str) -> impl Strategy<Value = String> {
    (
        select(vec!["missense_variant", "stop_gained&splice_region_variant", "intron_variant"]),
        select(vec!["MODERATE", "HIGH", "MODIFIER"]),
        select(vec!["BRCA1", "=SUM(A1)", "a<b>&\"c\"", "_x0041_", ""]),
        select(vec!["", "T1:c.5A>G", "T1:c.101+1G>A"]),
        select(vec!["", "P1:p.Val2Glu", "P1:p.Ser3%3D"]),
        select(vec!["", "rs9", "rs12&COSM1"]),
        (
            select(vec!["", "0.25", "-1.5", "16777218", "1e-7"]),
            select(vec!["", "7", "16777215"]),
            select(vec!["", "x&y", "y"]),
            select(vec!["", "first%2C note", "-", "é 漢"]),
        ),
    )
        .prop_map(move |(term, impact, symbol, coding, protein, known, values)| {
            let (score, count, region, note) = values;
            format!(
                "{allele}|{term}|{impact}|{symbol}|ENSG1|T1|protein_coding|1/2|{coding}|{protein}|{known}|YES|{score}|\
                 {count}|{region}|{note}"
            )
        })
}

#[derive(Clone, Debug)]
struct Line {
    contig: &'static str,
    pos: u32,
    text: String,
}

fn line() -> impl Strategy<Value = Line> {
    let alleles = select(vec![
        ("A", "G"),
        ("A", "T,G"),
        ("A", "AT"),
        ("ATT", "A,AT"),
        ("ACG", "TTT"),
        ("A", "<DEL>"),
        ("A", "C,*"),
        ("A", "."),
    ]);
    let call = select(vec![
        "0/1:12:99:6,6,0",
        "1|1:9:20.4:0,9,0",
        "0/0:7:.:7,0,0",
        "./.:.:.:.",
        "1:3:40:0,3,0",
        "1/2:8:8:0,4,4",
        ".",
    ]);
    (
        (select(vec!["1", "X"]), 1u32..100_000, select(vec![".", "rs1", "+5", "=1+1"])),
        (alleles, select(vec![".", "30.0", "-1.5", "1e3", "nan"]), select(vec!["PASS", "q10;s50"])),
        (prop::collection::vec(entry("G"), 0..3), any::<bool>()),
        (call.clone(), call),
    )
        .prop_map(|((contig, pos, id), ((reference, alt), qual, filter), (entries, ends), calls)| {
            let end = if ends { format!("END={};", pos + 40) } else { String::new() };
            let csq = if entries.is_empty() {
                "DP=1".to_owned()
            } else {
                format!("CSQ={}", entries.join(","))
            };
            let (kid, other) = calls;
            let text = format!(
                "{contig}\t{pos}\t{id}\t{reference}\t{alt}\t{qual}\t{filter}\t{end}{csq}\tGT:DP:GQ:AD\t{kid}\t{other}"
            );
            Line { contig, pos, text }
        })
}

/// The lines of a sorted result.
fn lines() -> impl Strategy<Value = Vec<Line>> {
    prop::collection::vec(line(), 0..40).prop_map(|mut lines| {
        lines.sort_by_key(|line| (line.contig, line.pos));
        lines
    })
}

fn result(lines: &[Line]) -> String {
    let texts = lines.iter().flat_map(|line| [line.text.as_str(), "\n"]);
    HEADER.to_owned() + &texts.collect::<String>()
}

/// A table by rows: the names of the columns, and the cells of each.
type Table = (Vec<String>, Vec<Vec<String>>);

fn tsv(bytes: &[u8]) -> Table {
    let mut reader = csv::ReaderBuilder::new().delimiter(b'\t').from_reader(bytes);
    let names = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let row = |row: csv::StringRecord| row.iter().map(str::to_owned).collect();
    (names, reader.records().map(|record| row(record.unwrap())).collect())
}

fn xlsx(bytes: Vec<u8>) -> (Vec<String>, Vec<Vec<Data>>) {
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    let sheet = book.worksheet_range("Variants").unwrap();
    let mut rows = sheet.rows();
    let names = rows.next().unwrap().iter().map(|name| name.to_string()).collect();
    (names, rows.map(<[Data]>::to_vec).collect())
}

fn parquet(bytes: Vec<u8>) -> (Vec<String>, Vec<Vec<Field>>) {
    let reader = SerializedFileReader::new(Bytes::from(bytes)).unwrap();
    let schema = reader.metadata().file_metadata().schema();
    let names = schema.get_fields().iter().map(|field| field.name().to_owned()).collect();
    let rows = reader.get_row_iter(None).unwrap();
    let fields = rows.map(|row| row.unwrap().into_columns().into_iter().map(|(_, f)| f).collect());
    (names, fields.collect())
}

fn maf(bytes: &[u8]) -> Vec<BTreeMap<String, String>> {
    let text = std::str::from_utf8(bytes).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("#version 2.4"));
    let names: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        assert_eq!(cells.len(), names.len());
        names.iter().zip(cells).map(|(name, cell)| ((*name).to_owned(), cell.to_owned())).collect()
    };
    lines.map(row).collect()
}

/// The text of TSV that a spreadsheet does not take for a formula.
fn neutral(text: &str) -> String {
    let is_formula = text.len() > 1 && text.starts_with(['=', '+', '-', '@']);
    if is_formula { format!("'{text}") } else { text.to_owned() }
}

fn archive(explorer: Explorer, filter: &Filter, formats: &str) -> BTreeMap<String, Vec<u8>> {
    let formats: ExportFormats = formats.parse().unwrap();
    block_on(explorer.check_export(filter, &formats)).unwrap();
    let stream = Arc::new(explorer).export_archive(filter.clone(), &formats, "a.annot");
    let pieces: Vec<Bytes> = block_on(stream.try_collect()).unwrap();
    let mut zip = zip::ZipArchive::new(Cursor::new(pieces.concat())).unwrap();
    (0..zip.len())
        .map(|n| {
            let mut file = zip.by_index(n).unwrap();
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            (file.name().unwrap().into_owned(), bytes)
        })
        .collect()
}

/// Positions of the records of a region, which a reader finds by the index.
fn indexed(vcf: &[u8], index: &[u8], region: &str) -> Vec<u32> {
    let index = noodles_tabix::io::Reader::new(index).read_index().unwrap();
    let mut reader = noodles_vcf::io::IndexedReader::new(Cursor::new(vcf), index);
    let header = reader.read_header().unwrap();
    let region: Region = region.parse().unwrap();
    let records = reader.query(&header, &region).unwrap();
    let start = |record: std::io::Result<noodles_vcf::Record>| {
        usize::from(record.unwrap().variant_start().unwrap().unwrap()) as u32
    };
    records.records().map(start).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn all_formats_have_the_same_records_and_values(
        lines in lines(), is_filtered in any::<bool>(), block_rows in 1u32..50,
    ) {
        let text = result(&lines);
        let filter =
            if is_filtered { Filter::of_values(&IMPACT, &["high"]) } else { Filter::default() };
        let explorer = || open(text.as_bytes(), block_rows).unwrap();
        let (names, rows) = tsv(&export_bytes(explorer(), &filter, ExportFormat::Tsv));
        let vcf = export(explorer(), &filter, ExportFormat::Vcf);
        let records: Vec<&str> = vcf.lines().filter(|line| !line.starts_with('#')).collect();
        prop_assert_eq!(rows.len(), records.len());

        let (sheet_names, sheet) = xlsx(export_bytes(explorer(), &filter, ExportFormat::Xlsx));
        let (column_names, columns) = parquet(export_bytes(explorer(), &filter, ExportFormat::Parquet));
        let plain: Vec<String> = sheet_names.iter().map(|name| neutral(name)).collect();
        prop_assert_eq!(&plain, &names);
        prop_assert_eq!(&column_names, &sheet_names);
        prop_assert_eq!((sheet.len(), columns.len()), (rows.len(), rows.len()));
        for ((row, record), (cells, fields)) in rows.iter().zip(&records).zip(sheet.iter().zip(&columns)) {
            let record: Vec<&str> = record.split('\t').collect();
            prop_assert_eq!((&*row[0], &*row[1], &*row[3]), (record[0], record[1], record[3]));
            for (n, text) in row.iter().enumerate() {
                match cells.get(n).unwrap_or(&Data::Empty) {
                    Data::Empty => prop_assert_eq!(text, ""),
                    Data::Float(number) => prop_assert_eq!(text.parse::<f64>().unwrap(), *number),
                    Data::Int(number) => prop_assert_eq!(text, &number.to_string()),
                    Data::String(cell) => prop_assert_eq!(text, &neutral(cell), "{}", names[n]),
                    other => prop_assert!(false, "{other:?}"),
                }
                match &fields[n] {
                    // Numbers only.
                    Field::Null => prop_assert!(text.is_empty() || names[n] == "qual", "{text}"),
                    Field::Bool(value) => prop_assert_eq!(text == "yes", *value),
                    Field::Long(value) => prop_assert_eq!(text, &value.to_string()),
                    Field::Float(value) => {
                        prop_assert_eq!(text.trim_start_matches('≈').parse::<f32>().unwrap(), *value)
                    }
                    Field::Double(value) => prop_assert_eq!(text.parse::<f64>().unwrap(), *value),
                    Field::Str(value) => prop_assert_eq!(text, &neutral(value)),
                    Field::ListInternal(list) => {
                        let values = (0..list.len()).map(|n| list.get_string(n).unwrap().as_str());
                        prop_assert_eq!(text, &neutral(&values.collect::<Vec<_>>().join(";")));
                    }
                    other => prop_assert!(false, "{other:?}"),
                }
            }
        }

        let json = export(explorer(), &filter, ExportFormat::JsonLines);
        let json: Vec<serde_json::Value> =
            json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        prop_assert_eq!(json.len(), rows.len());
        let genotype = names.iter().position(|name| name == "kid.GT").unwrap();
        for (value, row) in json.iter().zip(&rows) {
            prop_assert_eq!(&value["pos"].to_string(), &row[1]);
            prop_assert_eq!(value["samples"]["kid"]["genotype"].as_str().unwrap(), &row[genotype]);
        }

        let found = maf(&export_bytes(explorer(), &filter, ExportFormat::Maf));
        let mut found: Vec<(String, String, String)> = found
            .iter()
            .map(|row| {
                let cell = |name: &str| row[name].clone();
                (cell("Chromosome"), cell("vcf_pos"), cell("Tumor_Sample_Barcode"))
            })
            .collect();
        let mut expected = Vec::new();
        for record in &records {
            let columns: Vec<&str> = record.split('\t').collect();
            let changes = |(_, alt): &(usize, &str)| !["*", "."].contains(alt);
            for (n, _) in columns[4].split(',').enumerate().filter(changes) {
                for (name, call) in SAMPLES.iter().zip(&columns[9..]) {
                    let genotype = call.split(':').next().unwrap();
                    let number = (n + 1).to_string();
                    if genotype.split(['/', '|']).any(|allele| allele == number) {
                        expected.push((columns[0].to_owned(), columns[1].to_owned(), neutral(name)));
                    }
                }
            }
        }
        found.sort();
        expected.sort();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn the_index_of_an_export_finds_the_records_of_any_region(
        lines in lines(), start in 1u32..100_000, bases in 1u32..50_000, block_rows in 1u32..50,
    ) {
        let text = result(&lines);
        let files =
            archive(open(text.as_bytes(), block_rows).unwrap(), &Filter::default(), "vcf_gz_index");
        prop_assert_eq!(files.keys().collect::<Vec<_>>(), ["a.annot.vcf.gz", "a.annot.vcf.gz.tbi"]);
        let (vcf, index) = (&files["a.annot.vcf.gz"], &files["a.annot.vcf.gz.tbi"]);
        let mut unpacked = String::new();
        MultiGzDecoder::new(&vcf[..]).read_to_string(&mut unpacked).unwrap();
        prop_assert_eq!(&unpacked, &text);
        let end = start + bases;
        for contig in ["1", "X"] {
            let expected: Vec<u32> = lines
                .iter()
                .filter(|line| {
                    let columns: Vec<&str> = line.text.split('\t').collect();
                    let last = columns[7].strip_prefix("END=").and_then(|rest| {
                        rest.split(';').next()?.parse::<u32>().ok()
                    });
                    let last = last.unwrap_or(line.pos + columns[3].len() as u32 - 1);
                    line.contig == contig && line.pos <= end && last >= start
                })
                .map(|line| line.pos)
                .collect();
            let is_there = lines.iter().any(|line| line.contig == contig);
            if is_there {
                let found = indexed(vcf, index, &format!("{contig}:{start}-{end}"));
                prop_assert_eq!(found, expected);
            }
        }
    }
}

#[test]
fn a_long_export_is_indexed_across_blocks_and_pieces() {
    let mut text = HEADER.to_owned();
    let long = "N".repeat(3 << 20);
    for n in 0..30_000u32 {
        // A record of more than a piece, among many of a few blocks.
        let info = if n == 15_000 { &long } else { "some text of a record, which is a bit longer" };
        text += &format!("1\t{}\t.\tA\tG\t.\tPASS\tX={info}\tGT\t0/1\t0/0\n", 10 + n * 10);
    }
    let files = archive(open(text.as_bytes(), 1000).unwrap(), &Filter::default(), "vcf_gz_index");
    let (vcf, index) = (&files["a.annot.vcf.gz"], &files["a.annot.vcf.gz.tbi"]);
    for n in [0, 1, 14_999, 15_000, 15_001, 29_999] {
        let pos = 10 + n * 10;
        assert_eq!(indexed(vcf, index, &format!("1:{pos}-{pos}")), [pos]);
    }
    assert_eq!(indexed(vcf, index, "1:1000-2000").len(), 101);
}

#[test]
fn a_file_that_is_not_sorted_has_no_index_and_says_so() {
    let text =
        format!("{HEADER}1\t9\t.\tA\tG\t.\t.\t.\tGT\t0/1\t.\n1\t5\t.\tA\tG\t.\t.\t.\tGT\t0/1\t.\n");
    let files = archive(open(text.as_bytes(), 9).unwrap(), &Filter::default(), "vcf_gz_index");
    let names: Vec<&String> = files.keys().collect();
    assert_eq!(names, ["a.annot.vcf.gz", "a.annot.vcf.gz.no-index.txt"]);
    let reason = std::str::from_utf8(&files["a.annot.vcf.gz.no-index.txt"]).unwrap();
    assert!(reason.contains("bcftools sort"), "{reason}");
}

#[test]
fn contigs_beyond_tabix_have_a_csi_index() {
    let header = HEADER.replace("249250621", "3000000000");
    let text = format!("{header}1\t2999999999\t.\tA\tG\t.\t.\t.\tGT\t0/1\t.\n");
    let files = archive(open(text.as_bytes(), 9).unwrap(), &Filter::default(), "vcf_gz_index");
    let names: Vec<&String> = files.keys().collect();
    assert_eq!(names, ["a.annot.vcf.gz", "a.annot.vcf.gz.csi"]);
    let mut magic = [0; 4];
    MultiGzDecoder::new(&files["a.annot.vcf.gz.csi"][..]).read_exact(&mut magic).unwrap();
    assert_eq!(&magic, b"CSI\x01");
}

#[test]
fn an_archive_has_a_file_of_each_format_with_the_bytes_of_its_export() {
    let mut text = Vec::new();
    synthetic::write_result(2000, 3, &mut text).unwrap();
    let explorer = || open(&text, 700).unwrap();
    let all = ExportFormat::ALL.map(ExportFormat::name).join(",");
    let files = archive(explorer(), &Filter::default(), &all);
    let endings: BTreeSet<&str> =
        files.keys().map(|name| name.strip_prefix("a.annot.").unwrap()).collect();
    // The file with an index is not there twice.
    let expected = ["vcf", "vcf.gz", "vcf.gz.tbi", "tsv", "csv", "xlsx", "jsonl", "parquet", "maf"];
    assert_eq!(endings, BTreeSet::from(expected));
    for format in ExportFormat::ALL {
        let alone = export_bytes(explorer(), &Filter::default(), format);
        assert!(files[&format!("a.annot.{}", format.ending())] == alone, "{format:?}");
    }
}

#[test]
fn a_worksheet_with_too_many_rows_is_an_error_before_the_export() {
    let mut text =
        "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n".to_owned();
    for n in 0..=MAX_XLSX_RECORDS {
        text += &format!("1\t{}\t.\tA\tG\t.\t.\t.\n", n + 1);
    }
    let explorer = open(text.as_bytes(), 65_536).unwrap();
    let check = |formats: &str, filter: &Filter| {
        block_on(explorer.check_export(filter, &formats.parse().unwrap()))
    };
    let error = check("tsv,xlsx", &Filter::default()).unwrap_err();
    assert!(matches!(error, Error::TooManyRows { found } if found == MAX_XLSX_RECORDS + 1));
    assert!(error.to_string().contains("export TSV or Parquet instead"), "{error}");
    assert!(check("tsv,parquet", &Filter::default()).is_ok());
    let fewer = Filter { regions: vec!["1:1-1048575".parse().unwrap()], ..Filter::default() };
    assert!(check("xlsx", &fewer).is_ok());
}

#[test]
fn exports_are_sent_in_pieces_while_they_are_made() {
    let mut text = Vec::new();
    synthetic::write_result(150_000, 5, &mut text).unwrap();
    for format in [ExportFormat::Xlsx, ExportFormat::Parquet, ExportFormat::Maf] {
        let stream = Arc::new(open(&text, 65_536).unwrap()).export(Filter::default(), format);
        let pieces: Vec<Bytes> = block_on(stream.try_collect()).unwrap();
        let sizes: Vec<usize> = pieces.iter().map(Bytes::len).collect();
        assert!(sizes.iter().filter(|size| **size > 0).count() > 2, "{format:?}: {sizes:?}");
        assert!(sizes.iter().all(|size| *size < 32 << 20), "{format:?}: {sizes:?}");
    }
}

#[test]
fn maf_has_the_consequence_of_each_allele_and_the_reads_of_each_sample() {
    let csq = |allele: &str, term: &str, coding: &str, protein: &str| {
        format!(
            "{allele}|{term}|HIGH|BRCA1|ENSG1|T1|protein_coding|3/9|T1:{coding}|{protein}|rs9|YES||||"
        )
    };
    let info = [
        csq("-", "frameshift_variant", "c.5_6del", "P1:p.Arg97ProfsTer23"),
        csq("T", "missense_variant", "c.6del", "P1:p.Val2Glu"),
    ]
    .join(",");
    let text = format!(
        "{HEADER}1\t100\t.\tATT\tA,AT\t30\tPASS\tCSQ={info}\tGT:AD:DP\t0/1:10,5,0:16\t1/2:0,4,6:10\n"
    );
    let rows = maf(&export_bytes(
        open(text.as_bytes(), 9).unwrap(),
        &Filter::default(),
        ExportFormat::Maf,
    ));
    let names = [
        "Hugo_Symbol",
        "NCBI_Build",
        "Start_Position",
        "End_Position",
        "Variant_Classification",
        "Variant_Type",
        "Reference_Allele",
        "Tumor_Seq_Allele1",
        "Tumor_Seq_Allele2",
        "Tumor_Sample_Barcode",
        "HGVSc",
        "HGVSp_Short",
        "t_depth",
        "t_ref_count",
        "t_alt_count",
        "dbSNP_RS",
    ];
    let shown: Vec<String> =
        rows.iter().map(|row| names.map(|name| row[name].as_str()).join(" ")).collect();
    assert_eq!(
        shown,
        [
            "BRCA1 GRCh37 101 102 Frame_Shift_Del DEL TT TT - kid c.5_6del p.R97Pfs*23 16 10 5 rs9",
            "BRCA1 GRCh37 101 102 Frame_Shift_Del DEL TT T - '=cmd() c.5_6del p.R97Pfs*23 10 0 4 rs9",
            "BRCA1 GRCh37 102 102 Missense_Mutation DEL T - - '=cmd() c.6del p.V2E 10 0 6 rs9",
        ]
    );
    // Without samples, each allele has a row.
    let header = HEADER.replace("\tFORMAT\tkid\t=cmd()", "");
    let text = format!("{header}1\t100\t.\tA\tG,*\t30\tPASS\t.\n");
    let rows = maf(&export_bytes(
        open(text.as_bytes(), 9).unwrap(),
        &Filter::default(),
        ExportFormat::Maf,
    ));
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["Tumor_Sample_Barcode"], "UNKNOWN");
    assert_eq!(rows[0]["Variant_Classification"], "Unknown");
}

#[test]
fn no_two_columns_of_maf_have_the_same_name() {
    let text = "##fileformat=VCFv4.2\n##INFO=<ID=CSQ,Number=.,Type=String,Description=\"Format: \
                Allele|Consequence|IMPACT|SYMBOL|Existing_variation|FILTER\">\n\
                #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n\
                1\t9\t.\tA\tG\t.\tPASS\tCSQ=G|missense_variant|MODERATE|ABC|rs9|x\n";
    let explorer = open(text.as_bytes(), 9).unwrap();
    let table = export_bytes(explorer, &Filter::default(), ExportFormat::Maf);
    let table = String::from_utf8(table).unwrap();
    let mut names: Vec<&str> = table.lines().nth(1).unwrap().split('\t').collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "{table}");
}

#[test]
fn calls_of_samples_are_columns_of_tables() {
    let text = format!("{HEADER}1\t5\t.\tA\tG\t.\tPASS\tDP=3\tGT:DP:GQ:AD\t0/1:12:99:9,3\t.\n");
    let (names, rows) = tsv(&export_bytes(
        open(text.as_bytes(), 9).unwrap(),
        &Filter::default(),
        ExportFormat::Tsv,
    ));
    let from = names.iter().position(|name| name == "kid.GT").unwrap();
    assert_eq!(names[from..from + 4], ["kid.GT", "kid.DP", "kid.GQ", "kid.AB"]);
    assert_eq!(names[from + 4], "'=cmd().GT");
    assert_eq!(rows[0][from..], ["0/1", "12", "99", "0.25", ".", "", "", ""]);
}
