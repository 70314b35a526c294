//! Sources: an allele has the values of its rows in whatever form it is written, in all formats.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

#[path = "common/input_file.rs"]
mod input_file;
#[path = "common/small_reference.rs"]
mod small_reference;

use gas_annotate::annotation_format::AnnotationFormat;
use gas_annotate::annotation_options::AnnotationOptions;
use gas_annotate::csq::CsqOptions;
use gas_annotate::pipeline::{Mode, Options, annotate_file, provenance};
use gas_annotate::reference::Reference;
use gas_annotate::report::summarize;
use gas_annotate::{Error, SourcePath, SourceSet};
use gas_shared::Selection;
use gas_shared::source::{SourceColumn, SourceColumnKind};
use gas_sources::{
    AlleleBuffer, CanonicalAllele, Column, ColumnKind, Contig, Key, Matching, Quotient, Row,
    SourceBuilder, SourceDescription, Value,
};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;
use std::sync::atomic::AtomicBool;
use tempfile::TempDir;

/// Contig 1: with repeats. The gene lies from 101 to 220.
const SEQUENCE: &str = concat!(
    "GATTCACACACAGGGTTTTTACGTACGTACGTAAGGCCTTACGATCGAATTCCGGATCCA",
    "GATTACAGATTACACCATTGGGGCATTACGCATCGGATTACATGGCTGACAAAAAGTCAC",
    "TGCTGGAACGTTGGACCTACGTAGGCTCAGAAGAAGAAGAGTGAGCACTTAACTAGGATC",
    "TGACCATTAGCCGATCCATCTGACCATTAGCCGATCCACGTTCAGGCATTACGCATCTTG",
    "ACCATCGCATCAACGTTCAGGCATTACGCATCTTGACCATCGCATCAACGTTCAGGCATT",
);

const GFF: &str = "1\tx\tgene\t101\t220\t.\t+\t.\tID=gene:ENSG01.3;Name=ONE;biotype=protein_coding\n\
               1\tx\tmRNA\t101\t220\t.\t+\t.\tID=transcript:ENST01.2;Parent=gene:ENSG01.3;biotype=protein_coding\n\
               1\tx\texon\t101\t220\t.\t+\t.\tParent=transcript:ENST01.2\n\
               1\tx\tCDS\t102\t164\t.\t+\t0\tID=CDS:1;Parent=transcript:ENST01.2\n\
               1\tx\tmRNA\t101\t210\t.\t+\t.\tID=transcript:ENST02.1;Parent=gene:ENSG01.3;biotype=retained_intron\n\
               1\tx\texon\t101\t210\t.\t+\t.\tParent=transcript:ENST02.1\n";

static GENES: LazyLock<Reference> = LazyLock::new(|| {
    small_reference::small_reference(&format!(">1\n{SEQUENCE}\n>2\n{SEQUENCE}\n"), GFF)
});

/// Source files of a test, in the order in which they were added.
struct Sources {
    folder: TempDir,
    paths: Vec<SourcePath>,
}

type Rows<'a> = &'a [(Key<'a>, &'a [Value<'a>])];

fn column(name: &str, kind: ColumnKind) -> Column {
    Column { name: name.into(), description: format!("The {name}"), kind, prefix: None }
}

fn description(name: &str, matching: Matching, columns: Vec<Column>) -> SourceDescription {
    SourceDescription {
        name: name.into(),
        version: "1.2".into(),
        assembly: "test".into(),
        license: "CC0 1.0".into(),
        attribution: "\"Nobody\", 2026".into(),
        matching,
        columns,
        quotients: Vec::new(),
    }
}

impl Sources {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), paths: Vec::new() }
    }

    fn add(self, description: SourceDescription, rows: Rows<'_>) -> Self {
        let is_by_gene = description.matching == Matching::Gene;
        let contig = Contig {
            name: if is_by_gene { String::new() } else { "chr1".into() },
            length: (!is_by_gene).then_some(SEQUENCE.len() as u32),
            accession: None,
        };
        self.add_contig(description, contig, rows)
    }

    fn add_contig(
        mut self,
        description: SourceDescription,
        contig: Contig,
        rows: Rows<'_>,
    ) -> Self {
        let path = self.folder.path().join(format!("{}.source", self.paths.len()));
        let mut builder = SourceBuilder::create(&path, description).unwrap();
        builder.contig(contig).unwrap();
        for (key, values) in rows {
            builder.push(&Row { key: *key, values }).unwrap();
        }
        builder.finish().unwrap();
        self.paths.push(SourcePath { path, id: None, sha256: None });
        self
    }

    fn open(&self) -> Result<SourceSet, Error> {
        SourceSet::open(&self.paths, &GENES)
    }

    fn options(&self) -> Options {
        Options { sources: self.open().unwrap(), ..Options::default() }
    }

    fn error(&self) -> String {
        self.open().unwrap_err().to_string()
    }
}

const fn allele<'a>(position: u32, reference: &'a str, alt: &'a str) -> Key<'a> {
    Key::Allele { position, reference: reference.as_bytes(), alt: alt.as_bytes() }
}

const fn text(value: &str) -> Value<'_> {
    Value::Text(value.as_bytes())
}

use Value::{Integer, Missing};

/// Columns and rows as those of the exomes of gnomAD.
fn gnomad(sources: Sources) -> Sources {
    let integers = ["AC", "AN", "nhomalt", "AFR_AC", "AFR_AN", "EAS_AC", "EAS_AN"];
    let mut columns: Vec<Column> = integers
        .iter()
        .map(|name| column(&format!("gnomADe_{name}"), ColumnKind::Integer))
        .collect();
    columns.insert(3, column("gnomADe_FILTER", ColumnKind::Category));
    let quotient = |group: &str| Quotient {
        name: format!("gnomADe{group}_AF"),
        numerator: format!("gnomADe{group}_AC"),
        denominator: format!("gnomADe{group}_AN"),
    };
    let gnomad = description("gnomAD exomes", Matching::Minimized, columns);
    let gnomad =
        SourceDescription { quotients: ["", "_AFR", "_EAS"].map(quotient).into(), ..gnomad };
    let row = |ac, afr, eas, filter| {
        [
            Integer(ac),
            Integer(1_461_894),
            Integer(0),
            text(filter),
            Integer(afr),
            Integer(33_480),
            Integer(eas),
            Integer(0),
        ]
    };
    sources.add(
        gnomad,
        &[
            (allele(105, "G", "A"), &row(1, 1, 0, "PASS")),
            (allele(105, "G", "C"), &row(0, 0, 0, "AC0;AS_VQSR")),
            (allele(149, "AGA", ""), &row(730_947, 33_480, 7, "PASS")),
        ],
    )
}

fn clinvar(sources: Sources) -> Sources {
    let columns = vec![
        column("ClinVar", ColumnKind::Integer),
        column("CLIN_SIG", ColumnKind::Category),
        column("ClinVar_CLNDN", ColumnKind::Text),
    ];
    sources.add(
        description("ClinVar", Matching::Minimized, columns),
        &[
            (
                allele(105, "G", "A"),
                &[
                    Integer(17),
                    text("Pathogenic/Likely_pathogenic|drug response"),
                    text("A, b=c; 50% d"),
                ],
            ),
            (allele(105, "G", "A"), &[Integer(18), text("Benign"), Missing]),
        ],
    )
}

fn dbsnp(sources: Sources) -> Sources {
    let mut id = column("Existing_variation", ColumnKind::Integer);
    id.prefix = Some("rs".into());
    sources.add(
        description(
            "dbSNP",
            Matching::Minimized,
            vec![id, column("dbSNP_COMMON", ColumnKind::Flag)],
        ),
        &[
            (allele(105, "G", "A"), &[Integer(7), Integer(1)]),
            (allele(105, "G", "A"), &[Integer(70), Missing]),
            (allele(105, "G", "T"), &[Integer(7), Missing]),
            (allele(149, "AGA", ""), &[Integer(9), Integer(0)]),
        ],
    )
}

const COLUMNS: &str = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";

fn annotate(records: &str, options: &Options) -> Result<String, Error> {
    annotate_with_warnings(records, options).map(|(result, _)| result)
}

fn annotate_with_warnings(
    records: &str,
    options: &Options,
) -> Result<(String, Vec<String>), Error> {
    let input = input_file::file(format!("##fileformat=VCFv4.3\n{COLUMNS}{records}"));
    let output = input.with_file_name("out.vcf");
    let never = AtomicBool::new(false);
    let outcome = annotate_file(&input, &output, &GENES, options, &never, &|_| {})?;
    Ok((std::fs::read_to_string(output).unwrap(), outcome.warnings))
}

/// The entries of CSQ of each record, by field.
fn entries(result: &str) -> Vec<Vec<BTreeMap<String, String>>> {
    let (_, format) = result.split_once("Format: ").unwrap();
    let names: Vec<&str> = format.split_once('"').unwrap().0.split('|').collect();
    let records = result.lines().filter(|line| !line.starts_with('#'));
    let of_record = |line: &str| {
        let info = line.split('\t').nth(7).unwrap();
        let csq = info.split(';').find_map(|field| field.strip_prefix("CSQ=")).unwrap_or_default();
        let of_entry = |entry: &str| {
            let values: Vec<&str> = entry.split('|').collect();
            assert_eq!(values.len(), names.len(), "{entry}");
            names.iter().zip(values).map(|(n, v)| ((*n).to_owned(), v.to_owned())).collect()
        };
        csq.split(',').filter(|entry| !entry.is_empty()).map(of_entry).collect()
    };
    records.map(of_record).collect()
}

fn values<'a>(entry: &'a BTreeMap<String, String>, names: &[&str]) -> Vec<&'a str> {
    names.iter().map(|name| entry.get(*name).map_or("no field", String::as_str)).collect()
}

/// The INFO fields of each record.
fn info(result: &str) -> Vec<BTreeMap<String, String>> {
    let records = result.lines().filter(|line| !line.starts_with('#'));
    let of_record = |line: &str| {
        let fields = line.split('\t').nth(7).unwrap().split(';');
        fields
            .filter_map(|f| f.split_once('='))
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .collect()
    };
    records.map(of_record).collect()
}

#[test]
fn each_allele_has_the_identifiers_frequencies_and_significance_of_its_rows() {
    let sources = dbsnp(clinvar(gnomad(Sources::new())));
    let records = "1\t105\tmine\tG\tC,A,T\t.\t.\tAF=0.5,0.25,0.25\n1\t155\t.\tAGAAG\tAG\t.\t.\t.\n2\t105\t.\tG\tA\t.\t.\t.\n";
    let result = annotate(records, &sources.options()).unwrap();
    let entries = entries(&result);
    let names = [
        "Allele",
        "Existing_variation",
        "gnomADe_AC",
        "gnomADe_FILTER",
        "gnomADe_AF",
        "gnomADe_AFR_AF",
        "gnomADe_EAS_AF",
        "MAX_AF",
        "MAX_AF_POPS",
        "ClinVar",
        "CLIN_SIG",
        "ClinVar_CLNDN",
        "dbSNP_COMMON",
        "AF",
    ];
    // Each allele has an entry for each of the two transcripts.
    assert_eq!(
        values(&entries[0][0], &names),
        ["C", "", "0", "AC0&AS_VQSR", "0", "0", "", "0", "", "", "", "", "", ""]
    );
    let of_a = [
        "A",
        "rs7&rs70",
        "1",
        "PASS",
        "6.84044e-07",
        "2.98686e-05",
        "",
        "2.98686e-05",
        "gnomADe_AFR",
        "17&18",
        "Pathogenic/Likely_pathogenic&drug_response&Benign",
        "A&_b%3Dc%3B_50%_d",
        "1",
        "",
    ];
    assert_eq!(values(&entries[0][2], &names), of_a);
    assert_eq!(values(&entries[0][3], &names), of_a);
    assert_eq!(values(&entries[0][4], &names)[..3], ["T", "rs7", ""]);
    assert_eq!(
        values(&entries[1][0], &names)[..9],
        ["G", "rs9", "730947", "PASS", "0.5", "1", "", "1", "gnomADe_AFR"]
    );
    // Contig 2 is not in the sources.
    assert_eq!(values(&entries[2][0], &names)[1..], [""; 13]);
    let id = result.lines().find(|line| line.starts_with("1\t105")).unwrap();
    assert!(id.contains("\tmine\t") && id.contains("\tAF=0.5,0.25,0.25;CSQ="), "{id}");
    // What a population frequency is computed from is not written.
    let fields = &entries[0][0];
    assert!(!fields.contains_key("gnomADe_AFR_AC") && !fields.contains_key("gnomADe_EAS_AN"));
}

#[test]
fn other_formats_have_a_value_for_each_alt_in_info() {
    let sources = dbsnp(clinvar(gnomad(Sources::new())));
    let records = "1\t105\tmine\tG\tC,A,*,T\t.\t.\tgnomADe_AF=9;DP=3\n1\t107\t.\tT\tG\t.\t.\t.\n";
    let csq = Mode::Csq(CsqOptions { local: true, ..CsqOptions::default() });
    for mode in [Mode::Full(AnnotationFormat::Ann), csq] {
        let result = annotate(records, &Options { mode, ..sources.options() }).unwrap();
        let info = info(&result);
        for (key, expected) in [
            ("DP", "3"),
            ("gnomADe_AC", "0,1,.,."),
            ("gnomADe_FILTER", "AC0&AS_VQSR,PASS,.,."),
            ("gnomADe_AF", "0,6.84044e-07,.,."),
            ("Existing_variation", ".,rs7&rs70,.,rs7"),
            ("MAX_AF_POPS", ".,gnomADe_AFR,.,."),
            // One number for each ALT; lists are texts.
            ("ClinVar", ".,18,.,."),
            ("CLIN_SIG", ".,Pathogenic/Likely_pathogenic&drug_response&Benign,.,."),
            ("dbSNP_COMMON", ".,1,.,."),
        ] {
            assert_eq!(info[0].get(key).map(String::as_str), Some(expected), "{key} in {result}");
        }
        assert!(!info[1].contains_key("gnomADe_AC") && !info[1].contains_key("Existing_variation"));
        for definition in [
            "##INFO=<ID=gnomADe_AF,Number=A,Type=Float,Description=\"Allele frequency, gnomADe_AC / gnomADe_AN (gnomAD exomes 1.2)\">",
            "##INFO=<ID=gnomADe_AC,Number=A,Type=Integer,",
            "##INFO=<ID=CLIN_SIG,Number=A,Type=String,",
            "##INFO=<ID=Existing_variation,Number=A,Type=String,",
        ] {
            assert!(result.contains(definition), "{definition} in {result}");
        }
    }
}

#[test]
fn values_in_info_are_the_same_whether_a_record_has_other_alts() {
    let region = description(
        "Regulatory",
        Matching::Overlap,
        vec![column("REGULATORY", ColumnKind::Category)],
    );
    let score = vec![column("phyloP", ColumnKind::Decimal { decimals: 3 })];
    let mut id = column("Existing_variation", ColumnKind::Integer);
    id.prefix = Some("COSV".into());
    let cosmic = description("COSMIC", Matching::Minimized, vec![id]);
    let sources = dbsnp(clinvar(gnomad(Sources::new())))
        .add(region, &[(Key::Region { start: 100, end: 120 }, &[text("promoter; strong")])])
        .add(
            description("phyloP", Matching::Position, score),
            &[(Key::Position(105), &[Integer(-125)]), (Key::Position(105), &[Integer(-7)])],
        )
        .add(cosmic, &[(allele(105, "G", "A"), &[Integer(5)])]);
    let csq = Mode::Csq(CsqOptions { local: true, ..CsqOptions::default() });
    for mode in [Mode::Full(AnnotationFormat::Ann), csq] {
        let options = Options { mode, ..sources.options() };
        let of = |record: &str| annotate(record, &options).unwrap();
        let joined = of("1\t105\t.\tG\tC,A,T\t.\t.\tphyloP=9;DP=3\n");
        let key = "Existing_variation=";
        assert_eq!(joined.matches(key).count(), 1, "one list of all identifiers: {joined}");
        assert_eq!(joined.matches("##INFO=<ID=Existing_variation,").count(), 1, "{joined}");
        let joined = &info(&joined)[0];
        assert_eq!(joined["phyloP"], "-0.007,-0.007,-0.007");
        assert_eq!(joined["Existing_variation"], ".,rs7&rs70&COSV5,rs7");
        let mut seen = 0;
        for (n, alt) in ["C", "A", "T"].into_iter().enumerate() {
            for before in [".", "DP=3;phyloP=9"] {
                let alone = of(&format!("1\t105\t.\tG\t{alt}\t.\t.\t{before}\n"));
                assert!(!alone.contains(";;") && !alone.contains("\t;"), "{alone}");
                let mut alone = info(&alone).remove(0);
                assert_eq!(alone.remove("DP"), (before != ".").then(|| "3".to_owned()));
                for (key, values) in joined.iter().filter(|(key, _)| *key != "DP") {
                    let expected = values.split(',').nth(n).filter(|value| *value != ".");
                    if matches!(&**key, "ANN" | "BCSQ") {
                        alone.remove(key);
                        continue;
                    }
                    seen += usize::from(expected.is_some());
                    assert_eq!(alone.remove(key).as_deref(), expected, "{key} of {alt}, {mode:?}");
                }
                assert_eq!(alone, BTreeMap::new(), "{alt}, {mode:?}");
            }
        }
        assert!(seen > 40, "{seen}");
    }
}

#[test]
fn a_column_with_the_name_of_a_key_of_vcf_has_another_key_in_info() {
    let columns = vec![
        column("AF", ColumnKind::Decimal { decimals: 4 }),
        column("SOMATIC", ColumnKind::Flag),
    ];
    let sources = Sources::new().add(
        description("1000 Genomes", Matching::Verbatim, columns),
        &[(allele(105, "G", "A"), &[Integer(2500), Integer(1)])],
    );
    let mode = Mode::Full(AnnotationFormat::Ann);
    let record = "1\t105\t.\tG\tA\t.\t.\tAF=0.5\n";
    let result = annotate(record, &Options { mode, ..sources.options() }).unwrap();
    let fields = &info(&result)[0];
    assert_eq!((&*fields["AF"], &*fields["GAS_AF"], &*fields["GAS_SOMATIC"]), ("0.5", "0.25", "1"));
    assert!(result.contains("##GAS_SOURCE_COLUMN=<ID=GAS_AF,Source=\"1000 Genomes 1.2\","));
    let csq = annotate(record, &sources.options()).unwrap();
    assert_eq!(values(&entries(&csq)[0][0], &["AF", "SOMATIC"]), ["0.25", "1"]);
    // VEP's AF is where that of tracks is.
    assert!(csq.contains("|NEAREST_DISTANCE|AF|CLIN_SIG|SOMATIC\">"), "{csq}");
}

#[test]
fn header_and_summary_state_the_sources_and_their_columns() {
    let mut sources = clinvar(gnomad(Sources::new()));
    sources.paths[1].id = Some("clinvar/test/1".parse().unwrap());
    let options = sources.options();
    let stale = "##GAS_SOURCE_COLUMN=<ID=old,Source=\"a\",Type=Text,Description=\"b\">\n##GAS_SOURCE=<ID=old>\n";
    let input = input_file::file(format!(
        "##fileformat=VCFv4.3\n{stale}{COLUMNS}1\t105\t.\tG\tA\t.\t.\t.\n1\t107\t.\tT\tG\t.\t.\t.\n"
    ));
    let output = input.with_file_name("out.vcf");
    let never = AtomicBool::new(false);
    let outcome = annotate_file(&input, &output, &GENES, &options, &never, &|_| {}).unwrap();
    let result = std::fs::read_to_string(output).unwrap();
    let declared: Vec<SourceColumn> =
        result.lines().filter_map(|line| SourceColumn::parse(line.as_bytes())).collect();
    let fields = &entries(&result)[0][0];
    assert!(declared.iter().all(|column| fields.contains_key(&column.name)));
    let kinds: Vec<_> = declared.iter().map(|column| (&*column.name, column.kind)).collect();
    assert!(kinds.contains(&("gnomADe_AF", SourceColumnKind::Float)));
    assert!(kinds.contains(&("CLIN_SIG", SourceColumnKind::Category)));
    assert!(kinds.contains(&("MAX_AF_POPS", SourceColumnKind::Category)), "{kinds:?}");
    assert!(!result.contains("ID=old"), "{result}");
    let found = provenance(&GENES, &options).sources;
    let digest = found[1].sha256.clone().unwrap();
    let expected = format!(
        "##GAS_SOURCE=<ID=clinvar/test/1,Name=\"ClinVar\",Version=\"1.2\",Assembly=\"test\",License=\"CC0 1.0\",\
         Attribution=\"\\\"Nobody\\\", 2026\",SHA256=\"{digest}\",NotCovered=\"2\">"
    );
    assert!(result.contains(&expected), "{result}");
    assert!(result.contains("##GAS_SOURCE=<ID=gnomAD_exomes_1.2,"));
    let labels: Vec<String> = options.sources.labels().map(str::to_owned).collect();
    let summary = summarize(&outcome.counts, "test", 0, &labels, &[]);
    assert_eq!((summary.tracks["ClinVar 1.2"], summary.tracks["gnomAD exomes 1.2"]), (1, 1));
}

#[test]
fn values_of_transcripts_and_genes_are_in_their_entries() {
    let score = ColumnKind::Decimal { decimals: 4 };
    let columns = vec![
        column("am_transcript", ColumnKind::Category),
        column("am_pathogenicity", score),
        column("am_class", ColumnKind::Category),
    ];
    let sources = Sources::new()
        .add(
            description("AlphaMissense", Matching::TranscriptAndAllele, columns),
            &[
                (
                    allele(105, "G", "A"),
                    &[text("ENST01.9"), Integer(9876), text("likely_pathogenic")],
                ),
                (allele(105, "G", "A"), &[text("ENST77.1"), Integer(100), text("likely_benign")]),
            ],
        )
        .add(
            description("gnomAD constraint", Matching::Gene, vec![column("LOEUF", score)]),
            &[(Key::Gene(b"ENSG01"), &[Integer(3210)])],
        );
    let names = ["Feature", "am_pathogenicity", "am_class", "LOEUF"];
    let records = "1\t105\t.\tG\tA\t.\t.\t.\n1\t105\t.\tG\tT\t.\t.\t.\n2\t105\t.\tG\tA\t.\t.\t.\n";
    let found = entries(&annotate(records, &sources.options()).unwrap());
    assert_eq!(values(&found[0][0], &names), ["ENST01.2", "0.9876", "likely_pathogenic", "0.321"]);
    assert_eq!(values(&found[0][1], &names), ["ENST02.1", "", "", "0.321"]);
    assert_eq!(values(&found[1][0], &names), ["ENST01.2", "", "", "0.321"]);
    assert_eq!(values(&found[2][0], &names), ["", "", "", ""]);
    let mode = Mode::Full(AnnotationFormat::Ann);
    let result = annotate(records, &Options { mode, ..sources.options() }).unwrap();
    let info = info(&result);
    assert_eq!(info[0]["am_class"], "likely_pathogenic&likely_benign");
    assert_eq!((&*info[0]["LOEUF"], info[2].get("LOEUF")), ("0.321", None));
    assert!(result.contains("##INFO=<ID=am_pathogenicity,Number=A,Type=String,"));
}

#[test]
fn a_transcript_has_the_score_of_the_row_that_names_it() {
    let columns = vec![
        column("REVEL_transcripts", ColumnKind::Category),
        column("REVEL", ColumnKind::Decimal { decimals: 3 }),
    ];
    let sources = Sources::new().add(
        description("REVEL", Matching::TranscriptAndAllele, columns),
        &[
            (allele(105, "G", "A"), &[text("ENST77;ENST02"), Integer(27)]),
            (allele(105, "G", "A"), &[text("ENST01"), Integer(900)]),
            (allele(105, "G", "T"), &[text("ENST77"), Integer(500)]),
            (allele(105, "G", "T"), &[Missing, Integer(600)]),
        ],
    );
    let records = "1\t105\t.\tG\tA,T\t.\t.\t.\n";
    let found = entries(&annotate(records, &sources.options()).unwrap());
    let scores: Vec<_> =
        found[0].iter().map(|entry| values(entry, &["Allele", "Feature", "REVEL"])).collect();
    let expected = [
        ["A", "ENST01.2", "0.9"],
        ["A", "ENST02.1", "0.027"],
        ["T", "ENST01.2", ""],
        ["T", "ENST02.1", ""],
    ];
    assert_eq!(scores, expected);
    // A row without a transcript is of none.
    let mode = Mode::Full(AnnotationFormat::Ann);
    let result = annotate(records, &Options { mode, ..sources.options() }).unwrap();
    assert_eq!(&*info(&result)[0]["REVEL"], "0.027&0.9,0.5");
}

/// The scores of SpliceAI for two genes.
#[test]
fn values_of_several_rows_stay_together() {
    let score = ColumnKind::Decimal { decimals: 2 };
    let columns = vec![
        column("SpliceAI_pred_SYMBOL", ColumnKind::Category),
        column("SpliceAI_pred_DS_AG", score),
        column("SpliceAI_pred_DS_AL", score),
        column("SpliceAI_pred_DP_AG", ColumnKind::Integer),
    ];
    let sources = Sources::new().add(
        description("SpliceAI", Matching::Verbatim, columns),
        &[
            (allele(105, "G", "A"), &[text("ONE"), Integer(91), Integer(0), Missing]),
            (allele(105, "G", "A"), &[text("TWO"), Integer(1), Integer(0), Missing]),
            (allele(105, "G", "A"), &[text("THREE"), Integer(91), Integer(0), Integer(-5)]),
            (allele(105, "G", "C"), &[text("ONE"), Integer(10), Integer(20), Integer(30)]),
        ],
    );
    let names = ["SYMBOL", "DS_AG", "DS_AL", "DP_AG"].map(|name| format!("SpliceAI_pred_{name}"));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let records =
        "1\t105\t.\tG\tA\t.\t.\t.\n1\t105\t.\tGC\tCC\t.\t.\t.\n1\t105\t.\tG\tC,A\t.\t.\t.\n";
    let result = annotate(records, &sources.options()).unwrap();
    let found = entries(&result);
    let of_a = ["ONE&TWO&THREE", "0.91&0.01&0.91", "0", ".&.&-5"];
    assert_eq!(values(&found[0][0], &names), of_a);
    assert_eq!(values(&found[1][0], &names), ["ONE", "0.1", "0.2", "30"]);
    assert_eq!(values(&found[2][2], &names), of_a);
    let mode = Mode::Full(AnnotationFormat::Ann);
    let result = annotate(records, &Options { mode, ..sources.options() }).unwrap();
    let info = info(&result);
    for (key, one, several) in [
        ("SpliceAI_pred_SYMBOL", "ONE&TWO&THREE", "ONE,ONE&TWO&THREE"),
        ("SpliceAI_pred_DS_AG", "0.91&0.01&0.91", "0.1,0.91&0.01&0.91"),
        ("SpliceAI_pred_DP_AG", ".&.&-5", "30,.&.&-5"),
    ] {
        assert_eq!((&*info[0][key], &*info[2][key]), (one, several), "{key}");
    }
}

#[test]
fn regions_that_an_allele_overlaps_are_named_and_many_are_summarized() {
    let regions: Vec<(u32, u32, String)> =
        (0..60).map(|n| (200 + n % 20, 230 + n, format!("r{n:02}"))).collect();
    let mut sorted = regions.clone();
    sorted.sort();
    let values_of: Vec<[Value<'_>; 1]> = sorted.iter().map(|(_, _, name)| [text(name)]).collect();
    let mut rows: Vec<(Key<'_>, &[Value<'_>])> = vec![
        (Key::Region { start: 10, end: 20 }, &[Value::Text(b"promoter, strong")]),
        (Key::Region { start: 15, end: 30 }, &[Value::Text(b"enhancer")]),
    ];
    rows.extend(
        sorted.iter().zip(&values_of).map(|((start, end, _), values)| {
            (Key::Region { start: *start, end: *end }, &values[..])
        }),
    );
    let sources = Sources::new().add(
        description(
            "Regulatory",
            Matching::Overlap,
            vec![column("REGULATORY", ColumnKind::Category)],
        ),
        &rows,
    );
    let records = "1\t9\t.\tC\tG\t.\t.\t.\n1\t12\t.\tA\tG\t.\t.\t.\n1\t18\t.\tTTTA\tT\t.\t.\t.\n1\t19\t.\tT\tTCC\t.\t.\t.\n\
                   1\t25\t.\tA\t<INS>\t.\t.\tSVLEN=60\n1\t30\t.\tC\tCGG\t.\t.\t.\n1\t30\t.\tC\t<INS>\t.\t.\tSVLEN=60\n\
                   1\t30\t.\tC\tC[2:40[\t.\t.\t.\n1\t225\t.\tG\t<DEL>\t.\t.\tEND=228\n1\t300\t.\tT\tG\t.\t.\t.\n";
    let found = entries(&annotate(records, &sources.options()).unwrap());
    let of = |record: usize| -> BTreeSet<&str> {
        values(&found[record][0], &["REGULATORY"])[0].split('&').collect()
    };
    assert_eq!(of(0), BTreeSet::from([""]));
    assert_eq!(of(1), BTreeSet::from(["promoter", "_strong"]));
    assert_eq!(of(2), BTreeSet::from(["promoter", "_strong", "enhancer"]));
    assert_eq!(of(3), BTreeSet::from(["promoter", "_strong", "enhancer"]));
    assert_eq!(of(4), BTreeSet::from(["enhancer"]));
    // Between 30 and 31, outside of the region that ends at 30: in bases, as a symbolic allele and as a breakend.
    for record in 5..8 {
        assert_eq!(of(record), BTreeSet::from([""]), "{record}");
    }
    assert!(of(8).len() == 51 && of(8).contains("..."), "{:?}", of(8));
    assert_eq!(of(9), BTreeSet::from([""]));
}

/// A region that is copied is affected, whatever the length of the copy and the form in which it is
/// written.
#[test]
fn a_long_tandem_duplication_is_in_the_regions_that_it_copies() {
    let columns = || vec![column("REGULATORY", ColumnKind::Category)];
    let sources = Sources::new()
        .add(
            description("Regulatory", Matching::Overlap, columns()),
            &[
                (Key::Region { start: 1, end: 5 }, &[text("before")]),
                (Key::Region { start: 20, end: 30 }, &[text("copied")]),
                (Key::Region { start: 58, end: 70 }, &[text("end")]),
            ],
        )
        .add(
            description("Genes", Matching::Gene, vec![column("PANEL", ColumnKind::Text)]),
            &[(Key::Gene(b"ONE"), &[text("panel")])],
        );
    let bases = &SEQUENCE[5..60];
    let records = [
        "1\t5\t.\tC\t<DUP>\t.\t.\tEND=60\n".to_owned(),
        "1\t5\t.\tC\t<CN2>\t.\t.\tEND=60\n".to_owned(),
        format!("1\t5\t.\tC\tC{bases}\t.\t.\t.\n"),
        // The copy of a few bases is an insertion between two bases.
        "1\t64\t.\tT\t<DUP>\t.\t.\tEND=66\n".to_owned(),
    ];
    let found = entries(&annotate(&records.concat(), &sources.options()).unwrap());
    for (one, expected) in
        found.iter().zip([&["copied", "end"][..]; 3].into_iter().chain([&["end"][..]]))
    {
        let of: BTreeSet<&str> = values(&one[0], &["REGULATORY"])[0].split('&').collect();
        assert_eq!(of, expected.iter().copied().collect());
    }
    assert_eq!(found.len(), 4);
    // In INFO, the genes are those of the copied bases.
    let options = Options { mode: Mode::Full(AnnotationFormat::Ann), ..sources.options() };
    let record = "1\t40\t.\tT\t<DUP>\t.\t.\tEND=240\n";
    let found = info(&annotate(record, &options).unwrap());
    assert_eq!(found[0].get("PANEL").map(String::as_str), Some("panel"));
}

#[test]
fn a_score_of_positions_is_the_largest_of_those_of_the_allele() {
    let columns = vec![column("phyloP", ColumnKind::Decimal { decimals: 3 })];
    let scores = [-2500, 125, 7000].map(|n| [Integer(n)]);
    let rows: Vec<_> =
        scores.iter().zip(60u32..).map(|(score, n)| (Key::Position(n), &score[..])).collect();
    let sources = Sources::new().add(description("phyloP", Matching::Position, columns), &rows);
    let records = "1\t60\t.\tA\tG\t.\t.\t.\n1\t60\t.\tAGA\tA\t.\t.\t.\n1\t60\t.\tA\tAC\t.\t.\t.\n1\t61\t.\tGAT\tG\t.\t.\t.\n1\t63\t.\tT\tA\t.\t.\t.\n";
    let found = entries(&annotate(records, &sources.options()).unwrap());
    let scores: Vec<&str> = found.iter().map(|record| values(&record[0], &["phyloP"])[0]).collect();
    assert_eq!(scores, ["-2.5", "0.125", "0.125", "7", ""]);
}

#[test]
fn a_source_that_does_not_fit_is_an_error_that_says_why() {
    let one = |name: &str| vec![column(name, ColumnKind::Integer)];
    let of = |description: SourceDescription| Sources::new().add(description, &[]).error();
    let grch37 = SourceDescription {
        assembly: "GRCh37".into(),
        ..description("a", Matching::Minimized, one("x"))
    };
    let error = of(grch37);
    assert!(
        error.contains("it is of the assembly GRCh37, the reference of test; use a source of test"),
        "{error}"
    );
    let error = of(description("a", Matching::Minimized, one("SYMBOL")));
    assert!(error.contains("its column SYMBOL has the name of another field"), "{error}");
    let error = of(description("a", Matching::Minimized, one("a b")));
    assert!(error.contains("\"a b\" cannot be the name of a column"), "{error}");
    let twice = Sources::new()
        .add(description("a", Matching::Minimized, one("x")), &[])
        .add(description("b", Matching::Position, one("x")), &[]);
    assert!(twice.error().contains("the source a 1.2 also has the column x"), "{}", twice.error());
    let mut absent = Sources::new();
    absent.paths.push(SourcePath { path: PathBuf::from("absent"), id: None, sha256: None });
    assert!(absent.error().contains("absent: "), "{}", absent.error());
    let text = Sources::new();
    let path = text.folder.path().join("a.vcf");
    std::fs::write(&path, "##fileformat=VCFv4.2\n".repeat(9)).unwrap();
    let text = Sources { paths: vec![SourcePath { path, id: None, sha256: None }], ..text };
    assert!(text.error().contains("this is not a source file"), "{}", text.error());
}

/// A contig 1 with another length than that of the reference.
fn contig_of(length: u32) -> Contig {
    Contig { name: "1".into(), length: Some(length), accession: None }
}

#[test]
fn a_source_that_lacks_contigs_or_a_part_of_one_is_used_with_warnings() {
    let part = || description("part", Matching::Minimized, vec![column("x", ColumnKind::Integer)]);
    let sources = Sources::new().add_contig(
        part(),
        contig_of(150),
        &[(allele(105, "G", "A"), &[Integer(4)])],
    );
    let records = "1\t105\t.\tG\tA\t.\t.\t.\n2\t105\t.\tG\tA\t.\t.\t.\n";
    let (result, warnings) = annotate_with_warnings(records, &sources.options()).unwrap();
    assert_eq!(values(&entries(&result)[0][0], &["x"]), ["4"]);
    assert_eq!(
        warnings,
        [
            "source part 1.2: it covers only the first 150 of 300 bases of 1; records beyond them lack its values",
            "source part 1.2: it has no data on 2 (1 records); these records lack its values",
        ]
    );
    assert!(result.contains(",NotCovered=\"1 after 150, 2\">"), "{result}");
    let (_, warnings) =
        annotate_with_warnings("1\t105\t.\tG\tA\t.\t.\t.\n", &dbsnp(Sources::new()).options())
            .unwrap();
    assert_eq!(warnings, Vec::<String>::new(), "no record is on the contig that the source lacks");
    let elsewhere = Contig { name: "7".into(), length: None, accession: None };
    let sources = Sources::new().add_contig(part(), elsewhere, &[]);
    let (_, warnings) = annotate_with_warnings(records, &sources.options()).unwrap();
    assert_eq!(warnings, ["source part 1.2: it has none of the contigs of the reference"]);
}

#[test]
fn a_contig_of_another_length_whose_bases_differ_is_of_another_assembly() {
    let rows: Vec<(u32, String)> = (1..=40)
        .map(|n| {
            (n, if &SEQUENCE[n as usize - 1..n as usize] == "A" { "C" } else { "A" }.to_owned())
        })
        .collect();
    let one = [Integer(1)];
    let rows: Vec<(Key<'_>, &[Value<'_>])> =
        rows.iter().map(|(position, base)| (allele(*position, base, "G"), &one[..])).collect();
    for length in [299, 301] {
        let columns = vec![column("x", ColumnKind::Integer)];
        let other = description("other", Matching::Minimized, columns);
        let error = Sources::new().add_contig(other, contig_of(length), &rows).error();
        let expected = format!(
            "contig 1 has {length} bases in the source, 300 in the reference, and 40 of 40 REF alleles differ from the \
             reference; use a source of this assembly"
        );
        assert!(error.contains(&expected), "{error}");
    }
}

#[test]
fn a_source_of_transcripts_or_genes_that_the_reference_does_not_have_says_so() {
    let transcripts =
        vec![column("am_transcript", ColumnKind::Category), column("am", ColumnKind::Integer)];
    let sources = Sources::new()
        .add(
            description("AlphaMissense", Matching::TranscriptAndAllele, transcripts),
            &[(allele(105, "G", "A"), &[text("NM_000017.4"), Integer(9)])],
        )
        .add(
            description("constraint", Matching::Gene, vec![column("LOEUF", ColumnKind::Integer)]),
            &[(Key::Gene(b"ENSG77"), &[Integer(3)])],
        );
    let record = "1\t105\t.\tG\tA\t.\t.\t.\n";
    let (_, warnings) = annotate_with_warnings(record, &sources.options()).unwrap();
    let of = |name: &str, what: &str| {
        format!(
            "source {name} 1.2: the reference has none of its {what}, so the annotations lack its values; use a \
             reference with the gene set that the source is made for"
        )
    };
    assert_eq!(warnings, [of("AlphaMissense", "transcripts"), of("constraint", "genes")]);
    // In INFO an allele has the values of all transcripts.
    let mode = Mode::Full(AnnotationFormat::Ann);
    let options = Options { mode, ..sources.options() };
    let (result, warnings) = annotate_with_warnings(record, &options).unwrap();
    assert_eq!((&*info(&result)[0]["am"], warnings), ("9", vec![of("constraint", "genes")]));
}

#[test]
fn the_command_takes_sources_and_states_them() {
    let sources = dbsnp(clinvar(Sources::new()));
    let input =
        input_file::file(format!("##fileformat=VCFv4.3\n{COLUMNS}1\t105\t.\tG\tA\t.\t.\t.\n"));
    let folder = input.parent().unwrap();
    let reference = folder.join("reference");
    small_reference::build(&reference, &format!(">1\n{SEQUENCE}\n"), GFF);
    let digest = "0f".repeat(32);
    let run = |sources: &[String]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gas-annotate"));
        command.args(["annotate", "--out"]).arg(folder.join("out.vcf")).arg(&*input);
        command.arg("--reference").arg(&reference);
        sources.iter().for_each(|source| {
            command.args(["--source", source]);
        });
        command.output().unwrap()
    };
    let path = |n: usize| sources.paths[n].path.display().to_string();
    let done = run(&[format!("{},id=clinvar/test/1,sha256={digest}", path(0)), path(1)]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let summary = std::fs::read_to_string(folder.join("out.vcf.summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    let stated = &summary["provenance"]["sources"];
    assert_eq!(
        (&stated[0]["id"], &stated[0]["sha256"]),
        (&"clinvar/test/1".into(), &digest.into())
    );
    let bytes = std::fs::read(path(1)).unwrap();
    let of_file: String = Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!((&stated[1]["name"], &stated[1]["sha256"]), (&"dbSNP".into(), &of_file.into()));
    assert_eq!((&summary["tracks"]["dbSNP 1.2"], &summary["in_dbsnp"]), (&1.into(), &1.into()));
    let failed = run(&["absent.source".to_owned()]);
    let error = String::from_utf8_lossy(&failed.stderr);
    assert!(failed.status.code() == Some(1) && error.contains("absent.source"), "{error}");
}

#[test]
fn a_damaged_source_fails_the_run() {
    let sources = gnomad(Sources::new());
    let path = &sources.paths[0].path;
    let mut bytes = std::fs::read(path).unwrap();
    // The first block: its rows and slots.
    bytes[64..80].fill(0xff);
    std::fs::write(path, bytes).unwrap();
    let error = annotate("1\t105\t.\tG\tA\t.\t.\t.\n", &sources.options()).unwrap_err();
    assert!(error.to_string().contains("a source is damaged"), "{error}");
}

/// An allele by the bases that it replaces, from 0, and their number.
type Change = (usize, usize, String);

/// The contig with an allele, which says which alleles are the same.
fn result((start, deleted, inserted): &Change) -> String {
    [&SEQUENCE[..*start], inserted, &SEQUENCE[start + deleted..]].concat()
}

fn changes() -> impl Strategy<Value = Change> {
    // Repeats are at the start, so that many alleles are the same.
    let near = prop_oneof![3 => 4usize..24, 1 => 4usize..260];
    let inserted = prop_oneof!["[ACGT]{0,3}", "(CA){1,3}", "T{1,4}"];
    (near, 0usize..5, inserted).prop_filter("a variant", |change| result(change) != SEQUENCE)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_variant_is_found_in_whatever_form_it_is_written(
        known in proptest::collection::vec(changes(), 1..30),
        more in proptest::collection::vec(changes(), 1..8),
        picked in proptest::collection::vec(any::<prop::sample::Index>(), 1..8),
        padding in (0usize..4, 0usize..4),
        lower_case in any::<bool>(),
    ) {
        // A builder of sources is given canonical alleles; rows are sorted by position.
        let mut rows = Vec::new();
        for (n, (start, deleted, inserted)) in known.iter().enumerate() {
            let mut buffer = AlleleBuffer::default();
            let bases = SEQUENCE.as_bytes();
            let reference = &bases[*start..start + deleted];
            let position = *start as u32 + 1;
            let canonical = CanonicalAllele::new(&bases, position, reference, inserted.as_bytes(), &mut buffer).unwrap();
            let (reference, alt) = (canonical.reference.to_vec(), canonical.alt.to_vec());
            rows.push((canonical.position, reference, alt, n));
        }
        rows.sort();
        let ids: Vec<[Value<'_>; 1]> = rows.iter().map(|row| [Integer(row.3 as i64)]).collect();
        let rows: Vec<_> = rows.iter().zip(&ids).map(|((position, reference, alt, _), id)| {
            (Key::Allele { position: *position, reference, alt }, &id[..])
        }).collect();
        let mut id = column("Existing_variation", ColumnKind::Integer);
        id.prefix = Some("rs".into());
        let sources = Sources::new().add(description("known", Matching::Minimized, vec![id]), &rows);

        // One record with all alleles, some known, in a shared and padded REF.
        let mut alleles: Vec<&Change> = picked.iter().map(|index| index.get(&known)).chain(&more).collect();
        alleles.reverse();
        let first = alleles.iter().map(|c| c.0).min().unwrap().saturating_sub(1 + padding.0);
        let end = (alleles.iter().map(|c| c.0 + c.1).max().unwrap() + padding.1).min(SEQUENCE.len());
        let written = |text: String| if lower_case { text.to_lowercase() } else { text };
        let alts: Vec<String> = alleles.iter().map(|(start, deleted, inserted)| {
            written([&SEQUENCE[first..*start], inserted, &SEQUENCE[start + deleted..end]].concat())
        }).collect();
        let record = format!("1\t{}\t.\t{}\t{}\t.\t.\t.\n", first + 1, &SEQUENCE[first..end], alts.join(","));

        // The oracle: all known variants with the same result.
        let expected: Vec<BTreeSet<String>> = alleles.iter().map(|allele| {
            let same = known.iter().enumerate().filter(|(_, known)| result(known) == result(allele));
            same.map(|(n, _)| format!("rs{n}")).collect()
        }).collect();
        let set = |text: &str| -> BTreeSet<String> {
            text.split('&').filter(|id| !matches!(*id, "" | ".")).map(str::to_owned).collect()
        };
        let annotations = AnnotationOptions { selection: Selection::MostSevere, ..AnnotationOptions::default() };
        let csq = annotate(&record, &Options { annotations, ..sources.options() }).unwrap();
        let found: Vec<_> = entries(&csq)[0].iter().map(|entry| set(&entry["Existing_variation"])).collect();
        prop_assert_eq!(&found, &expected, "{}", record);
        let mode = Mode::Full(AnnotationFormat::Ann);
        let ann = annotate(&record, &Options { mode, ..sources.options() }).unwrap();
        let found: Vec<_> = match info(&ann)[0].get("Existing_variation") {
            Some(values) => values.split(',').map(set).collect(),
            None => vec![BTreeSet::new(); alleles.len()],
        };
        prop_assert_eq!(&found, &expected, "{}", record);
    }
}
