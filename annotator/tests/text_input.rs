//! Variants as a text: the notations, their errors, and that the engine reads what it writes.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

#[path = "common/input_file.rs"]
mod input_file;
#[path = "common/small_reference.rs"]
mod small_reference;

use gas_annotate::annotate::Annotator;
use gas_annotate::annotation_format::AnnotationFormat;
use gas_annotate::check::{CheckOptions, CheckReport, check_file};
use gas_annotate::pipeline::{Options, Outcome};
use gas_annotate::reference::Reference;
use gas_annotate::report::summarize;
use gas_annotate::stats::summarize_file;
use gas_annotate::text_input::{annotate_text, check_line, is_text};
use gas_annotate::{Error, InputError};
use gas_shared::vcf::InputLimits;
use input_file::file;
use proptest::prelude::*;
use std::sync::LazyLock;
use std::sync::atomic::AtomicBool;

/// Bases in which repeats are frequent.
fn sequence(length: usize) -> String {
    let mut state = 7u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 16
    };
    let mut bases = String::new();
    while bases.len() < length {
        let base = ["A", "C", "G", "T", "AC"][(next() % 5) as usize];
        bases += &base.repeat(1 + (next() % 3) as usize);
    }
    bases.truncate(length);
    bases
}

/// A gene on each strand with three exons, each with a coding and a non-coding transcript, and the
/// mitochondrion.
static REFERENCE: LazyLock<Reference> = LazyLock::new(|| {
    let mut gff = String::new();
    for (gene, strand, start) in [('F', '+', 300), ('R', '-', 900)] {
        let mut line = |kind: &str, (from, to): (usize, usize), attributes: &str| {
            let (from, to) = (start + from, start + to);
            gff += &format!("20\tx\t{kind}\t{from}\t{to}\t.\t{strand}\t.\t{attributes}\n");
        };
        line("gene", (1, 360), &format!("ID=gene:G{gene};Name=GENE{gene};biotype=protein_coding"));
        for (id, kind) in [(format!("T{gene}.3"), "mRNA"), (format!("N{gene}"), "lnc_RNA")] {
            let attributes = format!("ID=transcript:{id};Parent=gene:G{gene}");
            line(kind, (1, 360), &attributes);
            for exon in [(1, 90), (121, 210), (301, 360)] {
                let parent = format!("Parent=transcript:{id}");
                line("exon", exon, &parent);
                let coding = (exon.0.max(31), exon.1.min(330));
                if kind == "mRNA" {
                    line("CDS", coding, &format!("ID=CDS:{id};{parent}"));
                }
            }
        }
    }
    let fasta = format!(">20\n{}\n>MT\n{}\n", sequence(1500), sequence(200));
    small_reference::small_reference(&fasta, &gff)
});

fn base(pos: i32) -> char {
    REFERENCE.contig(b"20").unwrap().bases(pos, pos).unwrap()[0].into()
}

fn bases(from: i32, to: i32) -> String {
    (from..=to).map(base).collect()
}

fn complement(bases: &str) -> String {
    let complement = |base| match base {
        'A' => 'T',
        'C' => 'G',
        'G' => 'C',
        _ => 'A',
    };
    bases.chars().rev().map(complement).collect()
}

fn run(text: &str) -> Result<(Outcome, Vec<String>), Error> {
    let input = file(text);
    let output = input.with_file_name("out.vcf");
    let never = AtomicBool::new(false);
    let options = Options::default();
    let outcome = annotate_text(&input, &output, &REFERENCE, &options, &never, &|_| {})?;
    let text = std::fs::read_to_string(&output).unwrap();
    let left = std::fs::read_dir(input.parent().unwrap()).unwrap().count();
    assert_eq!(left, 2, "the temporary records are removed");
    Ok((outcome, text.lines().filter(|l| !l.starts_with('#')).map(str::to_owned).collect()))
}

/// CHROM to ALT of the only record of a line.
fn record(line: &str) -> String {
    let (outcome, records) = run(line).unwrap_or_else(|e| panic!("{line}: {e}"));
    let [record] = records.as_slice() else { panic!("{line}: {records:?}") };
    assert!(!outcome.warnings.iter().any(|w| w.starts_with("line ")), "{:?}", outcome.warnings);
    record.split('\t').take(5).collect::<Vec<_>>().join(" ")
}

fn problem(line: &str) -> String {
    match run(line).unwrap_err() {
        Error::Input(error @ InputError::NoVariants { .. }) => error.to_string(),
        other => panic!("{line}: {other}"),
    }
}

#[test]
fn each_notation_stands_for_its_record() {
    let (reference, other) = (base(310), if base(310) == 'A' { 'C' } else { 'A' });
    for line in [
        format!("chr20:310 {reference}>{other}"),
        format!("20:310{reference}>{other}"),
        format!("20:310:{reference}:{other}"),
        format!("20-310-{reference}-{other}"),
        format!("chr20:g.310{reference}>{other}"),
        // The first base of the transcript is at 301, that of its coding sequence at 331.
        format!("TF.3:c.-21{reference}>{other}"),
        format!("TF:c.-21{reference}>{other}"),
        format!("20(TF.3):c.-21{reference}>{other}"),
        format!("TF.3(GENEF):c.-21{reference}>{other}"),
        format!("NF:n.10{reference}>{other}"),
        format!("TF.3:n.10{reference}>{other}"),
    ] {
        let id = line.replace(' ', "_");
        assert_eq!(record(&line), format!("20 310 {id} {reference} {other}"), "{line}");
    }
    let line = format!("chr20 310 rs7 {} {other} 9 PASS DP=3", reference.to_ascii_lowercase());
    assert_eq!(record(&line), format!("20 310 rs7 {reference} {other}"));
    assert!(run(&line).unwrap().1[0].contains("\t9\tPASS\tDP=3;CSQ="));
}

#[test]
fn positions_in_introns_and_after_the_stop_codon_are_found_on_both_strands() {
    for (description, pos, reverse) in [
        ("TF.3:c.60+1", 391, false),
        ("TF.3:c.61-2", 419, false),
        ("TF.3:c.*7", 637, false),
        ("TF.3:c.-30", 301, false),
        ("NF:n.90+30", 420, false),
        ("TR.3:c.1", 1230, true),
        ("TR.3:c.-5", 1235, true),
        ("TR.3:c.30+1", 1200, true),
        ("TR.3:c.31-3", 1113, true),
        ("TR.3:c.*30", 901, true),
    ] {
        let stated = bases(pos, pos);
        let stated = if reverse { complement(&stated) } else { stated };
        let other = if stated == "A" { "C" } else { "A" };
        let line = format!("{description}{stated}>{other}");
        let alt = if reverse { complement(other) } else { other.to_owned() };
        let expected = format!("20 {pos} {line} {} {alt}", base(pos));
        assert_eq!(record(&line), expected);
    }
}

#[test]
fn a_line_that_is_no_variant_is_named_and_the_others_are_annotated_in_order() {
    let (last, first) = (base(700), base(310));
    let text = format!(
        "# two variants and three mistakes\r\n\r\n20:700 {last}>{last}{last}\r\nBRCA1:c.5del\r\n\
         20:310:{first}:{first}G\r\n20:310 {first}>\r\nTF.3:c.9999del\r\n"
    );
    let (outcome, records) = run(&text).unwrap();
    let positions: Vec<&str> = records.iter().map(|r| r.split('\t').nth(1).unwrap()).collect();
    assert_eq!(positions, ["310", "700"]);
    assert!(records.iter().all(|r| r.contains("CSQ=")));
    let lines: Vec<&str> = outcome.warnings.iter().map(|w| w.split(',').next().unwrap()).collect();
    assert_eq!(lines[..3], ["line 4", "line 6", "line 7"], "{:?}", outcome.warnings);
    let summary = summarize(&outcome.counts, "test", 0, &[], &[]);
    assert_eq!((summary.records, summary.novel), (5, 2), "no line is lost");
    assert_eq!(summary.not_annotated["unreadable_line"], 3);
}

#[test]
fn an_error_says_what_is_wrong_where_and_what_to_do() {
    let (pos, found) = (310, base(310));
    let wrong = if found == 'A' { 'C' } else { 'A' };
    for (line, expected) in [
        (
            format!("20:{pos} {wrong}>G"),
            format!("line 1, column 8: the reference has {found} here"),
        ),
        (format!("TF.3:c.-21{wrong}>G"), format!("column 11: the reference has {found} here")),
        ("TF.4:c.5del".into(), "column 1: the reference has TF.3 and not TF.4".into()),
        ("GENEF:c.5del".into(), "GENEF is a gene, whose transcripts have different".into()),
        ("GENEF:c.5del".into(), "name one of them, such as TF.3".into()),
        ("NM_000059.4:c.5del".into(), "the reference has no transcript NM_000059.4".into()),
        ("20:c.5del".into(), "20 is not a transcript; write g.".into()),
        ("TF.3:g.5del".into(), "TF.3 is a transcript; write c.".into()),
        ("NF:c.5del".into(), "NF is non-coding; write n.".into()),
        ("7:5:A:C".into(), "the reference (test) has no sequence 7".into()),
        ("20:g.1501del".into(), "not within 20, which has 1500 bases".into()),
        ("20:g.9_5del".into(), "the range ends before it begins".into()),
        ("20:g.5_7insA".into(), "that follow each other".into()),
        ("TF.3:c.60_61insA".into(), "that follow each other".into()),
        ("20:m.5del".into(), "20 is not mitochondrial; write g.".into()),
        ("TF.3:c.181del".into(), "the coding sequence of TF.3 has 180 bases".into()),
        ("TF.3:c.*31del".into(), "outside of TF.3".into()),
        ("TF.3:c.59+1del".into(), "has no intron after this base".into()),
        ("TF.3:c.62-1del".into(), "has no intron before this base".into()),
        ("TF.3:c.60+31del".into(), "the intron has only 30 bases".into()),
        ("TF.3:c.1-1del".into(), "has no intron before".into()),
    ] {
        let found = problem(&line);
        assert!(found.contains(&expected), "{line}: {found}");
        assert!(found.starts_with("none of the 1 lines is a variant"), "{found}");
    }
}

#[test]
fn a_version_that_the_gene_models_lack_is_accepted_with_a_warning() {
    let (outcome, _) = run("NF.2:n.5del").unwrap();
    let warning = "1 descriptions name a version of their transcript, which the gene models do not";
    assert!(outcome.warnings.iter().any(|w| w.starts_with(warning)), "{:?}", outcome.warnings);
}

#[test]
fn a_description_without_a_change_is_a_record_without_a_variant() {
    let line = format!("20:g.310{}=", base(310));
    assert_eq!(record(&line), format!("20 310 {line} {} .", base(310)));
}

#[test]
fn the_first_and_the_last_base_of_a_sequence_can_be_deleted() {
    let unlike = |pos: i32| base(pos) != base(pos + 1);
    assert!(unlike(1) || base(1) == base(2), "either is left-aligned to the first base");
    let line = "20:g.1del";
    assert_eq!(record(line), format!("20 1 {line} {} {}", bases(1, 2), base(2)));
    assert!(record("20:g.1500del").starts_with("20 149"));
}

#[test]
fn the_work_for_a_short_text_is_bounded() {
    let line = "20:g.1_1400del\n";
    let text = line.repeat(60_000);
    match run(&text).unwrap_err() {
        Error::Input(error @ InputError::LongList { .. }) => {
            assert!(error.to_string().contains("split it"), "{error}");
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_text_is_told_from_a_vcf_file() {
    let is = |text: &str| is_text(&file(text), InputLimits::DEFAULT).unwrap();
    assert!(is("chr20:5:A:C\n"));
    assert!(!is("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"));
    assert!(!is(""));
}

/// The fields of the annotations of a record, without those that depend on the place in the file.
fn annotations(record: &str) -> Vec<Vec<String>> {
    let value = record.split("CSQ=").nth(1).unwrap().split([';', '\t']).next().unwrap().trim_end();
    let fields = |entry: &str| {
        let mut fields: Vec<String> = entry.split('|').map(str::to_owned).collect();
        // Allele and HGVS_OFFSET.
        fields[0].clear();
        fields[23].clear();
        fields
    };
    value.split(',').map(fields).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn the_descriptions_that_the_engine_writes_stand_for_the_same_variant(
        pos in 250i32..1350,
        removed in 0usize..9,
        kind in 0u8..4,
        inserted in "[ACGT]{0,6}",
    ) {
        let removed = bases(pos, pos + removed as i32 - 1);
        let inserted = match kind {
            0 => String::new(),
            1 => complement(&removed),
            // In tandem.
            2 => removed.repeat(2),
            _ => inserted,
        };
        let anchor = base(pos - 1);
        prop_assume!(removed != inserted);
        let line = format!("20\t{}\t.\t{anchor}{removed}\t{anchor}{inserted}\t.\t.\t.", pos - 1);
        let mut annotator = Annotator::new(&REFERENCE, 0, AnnotationFormat::Csq);
        let mut out = Vec::new();
        annotator.record(1, line.as_bytes(), &mut out).unwrap();
        let expected = annotations(std::str::from_utf8(&out).unwrap());
        let mut descriptions: Vec<String> =
            expected.iter().flat_map(|f| [f[10].clone(), f[24].clone()]).collect();
        descriptions.retain(|text| !text.is_empty());
        descriptions.sort();
        descriptions.dedup();
        prop_assert!(!descriptions.is_empty());
        let text = descriptions.join("\n").replace("%3D", "=");
        let (outcome, records) = run(&text).unwrap();
        prop_assert!(outcome.warnings.iter().all(|w| !w.starts_with("line ")), "{text}: {:?}", outcome.warnings);
        prop_assert_eq!(records.len(), descriptions.len());
        for record in &records {
            prop_assert_eq!(annotations(record), expected.clone(), "{} {}", line, record);
        }
    }

    #[test]
    fn no_description_makes_the_engine_panic(
        line in "(20|TF|TF[.]3|NF|TR[.]3|MT|chr20)(:[gcnm][.])[-*]?[0-9]{1,10}([+-][0-9]{1,10})?\
                 (_[-*]?[0-9]{1,10}([+-][0-9]{1,10})?)?(del|dup|insA|delinsAC|inv|=|A>G|delAC)",
    ) {
        match run(&line) {
            Ok(_) | Err(Error::Input(InputError::NoVariants { .. })) => {}
            Err(other) => panic!("{line}: {other}"),
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(
        line in "[ A-Za-z0-9:.>_*+()\\-=\t\\[\\]\u{e9}]{0,40}",
    ) {
        if let Err(error) = check_line(line.as_bytes()) {
            prop_assert!((1..=line.chars().count() + 1).contains(&error.column), "{error:?}");
        }
    }
}

fn check(text: &str, reference: Option<&Reference>) -> CheckReport {
    let limits = InputLimits::DEFAULT;
    let options = CheckOptions { limits, max_findings: 2, max_mismatch_percent: 5.0 };
    check_file(&file(text), reference, &options).unwrap()
}

#[test]
fn a_check_names_the_lines_that_are_no_variants() {
    let base = base(100);
    let other = if base == 'A' { 'C' } else { 'A' };
    let list = format!("20:100 {base}>{other}\n21:100 A>C\n20:100 {other}>{base}\n\n20:oops\n");
    let report = check(&list, Some(&REFERENCE));
    assert!(report.is_variant_list && report.valid, "{report:?}");
    assert_eq!((report.records, report.findings.len(), report.more), (1, 2, 1), "{report:?}");
    let first = &report.findings[0];
    assert_eq!((first.line, first.code, first.error), (Some(2), "unreadable_line", false));
    assert!(first.message.starts_with("column 1: the reference"), "{}", first.message);

    let form = check(&list, None);
    assert_eq!((form.records, form.findings.len(), form.findings[0].line), (3, 1, Some(5)));

    let none = check("21:100 A>C\n", Some(&REFERENCE));
    assert!(!none.valid);
    assert_eq!(none.findings.last().unwrap().code, "no_variants");
}

#[test]
fn stats_say_what_to_do_with_a_list_of_variants() {
    let list = file("20:100 A>C\n");
    let error = summarize_file(&list, InputLimits::DEFAULT).unwrap_err();
    assert!(matches!(error, Error::Input(_)), "{error:?}");
    assert!(error.to_string().contains("annotate it, and count the annotated file"), "{error}");
}
