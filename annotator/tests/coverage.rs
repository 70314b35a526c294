//! Why a record has no annotation: INFO/GAS_NOTE, the counts of each reason, and the warnings.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;

use common::REFERENCE;
use gas_annotate::annotation_format::AnnotationFormat;
use gas_annotate::csq::CsqOptions;
use gas_annotate::pipeline::{Mode, Options, Outcome, annotate_file};
use gas_annotate::report::{AnnotationGap, summarize, write_count_log};
use std::sync::atomic::AtomicBool;

fn modes() -> [Mode; 3] {
    let csq = Mode::Csq(CsqOptions::default());
    [Mode::Full(AnnotationFormat::Csq), Mode::Full(AnnotationFormat::Ann), csq]
}

/// Annotates records after header lines, and returns the outcome and the INFO column of each
/// record, or the error.
fn annotate(
    head: &str,
    records: &str,
    options: &Options,
) -> Result<(Outcome, Vec<String>), String> {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.vcf"), folder.path().join("out.vcf"));
    let columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO";
    std::fs::write(&input, format!("##fileformat=VCFv4.2\n{head}{columns}\n{records}")).unwrap();
    let never = AtomicBool::new(false);
    let outcome = annotate_file(&input, &output, &REFERENCE, options, &never, &|_, _| {})
        .map_err(|error| error.to_string())?;
    let text = std::fs::read_to_string(output).unwrap();
    assert!(text.contains("##INFO=<ID=GAS_NOTE,Number=1,Type=String,Description="), "{text}");
    let records = text.lines().filter(|line| !line.starts_with('#'));
    Ok((outcome, records.map(|line| line.split('\t').nth(7).unwrap().to_owned()).collect()))
}

/// A record at a position of chromosome 20 with the reference's base, or another one.
fn snv(pos: i32, matches: bool) -> String {
    let base = REFERENCE.contig(b"20").unwrap().bases(pos, pos).unwrap()[0];
    let other = if base == b'A' { 'C' } else { 'A' };
    let (reference, alt) = if matches { (char::from(base), other) } else { (other, 'T') };
    format!("20\t{pos}\t.\t{reference}\t{alt}\t.\t.\t.\n")
}

#[test]
fn a_record_without_annotation_says_why_in_every_format() {
    for (record, expected) in [
        ("20\t0\t.\tN\tA\t.\t.\tDP=3", "DP=3;GAS_NOTE=beyond_contig"),
        ("20\t76758\t.\tT\t.\t.\t.\t.", "GAS_NOTE=not_a_variant"),
        ("20\t76758\t.\tT\t*\t.\t.\t.", "GAS_NOTE=not_a_variant"),
        ("20\t76758\t.\tA\tG\t.\t.\t.", "GAS_NOTE=ref_mismatch"),
        ("20\t76758\t.\tA\t<DEL>\t.\t.\tEND=76800", "END=76800;GAS_NOTE=ref_mismatch"),
        ("20\t5000000\t.\tNA\tN\t.\t.\t.", "GAS_NOTE=beyond_contig"),
        ("20\t5000001\t.\tN\tN[20:70000[\t.\t.\t.", "GAS_NOTE=beyond_contig"),
        ("20\t6000000\t.\tG\tA\t.\t.\t.", "GAS_NOTE=beyond_contig"),
        ("20\t4294967296\t.\tN\t]6:63257992]N\t.\t.\t.", "GAS_NOTE=beyond_contig"),
        ("7\t5\t.\tG\tA\t.\t.\t.", "GAS_NOTE=outside_reference"),
    ] {
        for mode in modes() {
            let options = Options { mode, ..Options::default() };
            let (outcome, info) = annotate("", &format!("{record}\n"), &options).unwrap();
            assert_eq!(info, [expected], "{record} {mode:?}");
            let gaps: u64 = outcome.counts.gaps.iter().sum();
            assert_eq!((gaps, outcome.counts.alleles), (1, 1), "{record}");
            assert_eq!(outcome.counts.most_severe.iter().sum::<u64>(), 0, "{record}");
        }
    }
}

#[test]
fn records_beyond_the_reference_are_counted_and_say_nothing_about_the_assembly() {
    let within: String = (0..30).map(|n| snv(1_000_000 + n * 100, true)).collect();
    let beyond: String =
        (0..30).map(|n| format!("20\t{}\t.\tA\tC\t.\t.\t.\n", 6_000_000 + n * 100)).collect();
    let head = "##contig=<ID=20,length=63025520>\n";
    for mode in modes() {
        let options = Options { mode, ..Options::default() };
        let (outcome, info) = annotate(head, &format!("{within}{beyond}"), &options).unwrap();
        let counts = &outcome.counts;
        assert_eq!((counts.ref_checked, counts.ref_mismatches), (30, 0));
        assert_eq!(counts.gap(AnnotationGap::BeyondContig), 30);
        assert!(info[..30].iter().all(|info| !info.contains("GAS_NOTE")), "{info:?}");
        let text = "30 records are beyond the end of their contig in the GRCh37 reference; they are \
                    not annotated";
        assert_eq!(outcome.warnings, [text]);
        let summary = summarize(counts, "GRCh37", 0, &[], &outcome.warnings);
        assert_eq!(summary.not_annotated["beyond_contig"], 30);
        let log = write_count_log(counts, &[], &outcome.warnings);
        let line =
            "Not annotated, because they are beyond the end of their contig in the reference: 30";
        assert!(log.contains(line), "{log}");
    }
}

#[test]
fn an_ambiguity_code_that_includes_the_base_is_no_mismatch() {
    // The reference has T at this position.
    for (code, expected) in [("N", None), ("Y", None), ("y", None), ("K", None), ("R", Some(()))] {
        let record = format!("20\t76758\t.\t{code}\tA\t.\t.\t.\n");
        let (outcome, info) = annotate("", &record, &Options::default()).unwrap();
        assert_eq!(info[0].contains("GAS_NOTE=ref_mismatch"), expected.is_some(), "{code}");
        let counts = outcome.counts;
        let found = (counts.ref_checked, counts.ref_mismatches, counts.ref_ambiguous);
        assert_eq!(found, if expected.is_some() { (1, 1, 0) } else { (0, 0, 1) }, "{code}");
    }
}

#[test]
fn records_with_another_ref_are_annotated_if_the_operator_asks_for_it() {
    let records = format!("{}{}", snv(76_757, true), snv(76_758, false));
    for (annotate_mismatches, warning) in [
        (false, "1 of 2 REF alleles do not match the reference; their records are not annotated"),
        (
            true,
            "1 of 2 REF alleles do not match the reference; their records are annotated as requested",
        ),
    ] {
        let options = Options { annotate_mismatches, ..Options::default() };
        let (outcome, info) = annotate("", &records, &options).unwrap();
        assert_eq!(info[1].contains("CSQ="), annotate_mismatches, "{info:?}");
        assert!(info[1].contains("GAS_NOTE=ref_mismatch") && !info[0].contains("GAS_NOTE"));
        assert_eq!(outcome.warnings, [warning]);
    }
}
