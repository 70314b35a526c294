//! Why a record has no annotation: INFO/GAS_NOTE, the counts of each reason, and the warnings.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;
#[path = "common/demo_records.rs"]
mod demo_records;

use common::REFERENCE;
use demo_records::snv;
use gas_annotate::annotation_format::AnnotationFormat;
use gas_annotate::csq::CsqOptions;
use gas_annotate::pipeline::{Mode, Options, Outcome, annotate_file};
use gas_annotate::report::{AnnotationGap, summarize, write_count_log};
use gas_shared::job::NotAnnotated;
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
    let outcome = annotate_file(&input, &output, &REFERENCE, options, &never, &|_| {})
        .map_err(|error| error.to_string())?;
    let text = std::fs::read_to_string(output).unwrap();
    assert!(text.contains("##INFO=<ID=GAS_NOTE,Number=.,Type=String,Description="), "{text}");
    let records = text.lines().filter(|line| !line.starts_with('#'));
    Ok((outcome, records.map(|line| line.split('\t').nth(7).unwrap().to_owned()).collect()))
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
        ("20\t5000001\t.\tA\tA[20:70000[\t.\t.\t.", "GAS_NOTE=beyond_contig"),
        ("20\t5000002\t.\tN\tN[20:70000[\t.\t.\t.", "GAS_NOTE=beyond_contig"),
        ("20\t6000000\t.\tG\tA\t.\t.\t.", "GAS_NOTE=beyond_contig"),
        ("20\t4294967296\t.\tN\t]6:63257992]N\t.\t.\t.", "GAS_NOTE=beyond_contig"),
        ("7\t5\t.\tG\tA\t.\t.\t.", "GAS_NOTE=outside_reference"),
    ] {
        for mode in modes() {
            // A REF that begins on the contig is compared up to its end.
            if record.starts_with("20\t5000000\t") && matches!(mode, Mode::Csq(_)) {
                continue;
            }
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

/// The error or the warnings of a run, in full and csq mode, which must agree.
fn verdict(head: &str, records: &str) -> Result<Vec<String>, String> {
    let run = |mode| {
        let options = Options { mode, ..Options::default() };
        annotate(head, records, &options).map(|(outcome, _)| outcome.warnings)
    };
    let verdicts = modes().map(run);
    assert!(verdicts.iter().all(|verdict| *verdict == verdicts[0]), "{verdicts:?}");
    verdicts[0].clone()
}

#[test]
fn a_header_of_another_assembly_stops_the_run_before_the_first_record() {
    let record = snv(76_757, true);
    for (head, evidence) in [
        (
            "##contig=<ID=chr20,length=64444167>",
            "GRCh38; lift it over to GRCh37, or choose a reference of its assembly (contig chr20 has \
             64444167 bases, in GRCh37 it has 63025520)",
        ),
        (
            "##contig=<ID=1,length=248956422>",
            "GRCh38; lift it over to GRCh37, or choose a reference of its assembly (contig 1 has \
             248956422 bases, in GRCh37 it has 249250621)",
        ),
        (
            "##contig=<ID=NC_000020.11>",
            "GRCh38; lift it over to GRCh37, or choose a reference of its assembly (contig \
             NC_000020.11 is chromosome 20 of GRCh38)",
        ),
        (
            "##contig=<ID=20,assembly=hg38,species=\"Homo sapiens\">",
            "GRCh38; lift it over to GRCh37, or choose a reference of its assembly (its ##contig lines \
             have assembly=hg38)",
        ),
        (
            "##contig=<ID=chr19,length=61431566>",
            "GRCm38; lift it over to GRCh37, or choose a reference of its assembly (contig chr19 has \
             61431566 bases, in GRCh37 it has 59128983)",
        ),
    ] {
        // The first record is not read: it is no record.
        let error = verdict(&format!("{head}\n"), "no record\n").unwrap_err();
        let expected =
            format!("the file looks like {evidence}; if only its header is wrong, correct it");
        assert!(error.starts_with(&expected), "{error}");
    }
    for fine in [
        "##contig=<ID=20,length=63025520>\n##contig=<ID=chrM,length=16569,assembly=hg19>\n",
        "##contig=<ID=20,length=5000000>\n",
        "##contig=<ID=20,length=2147483647>\n##contig=<ID=scaffold_1,length=77>\n",
        "##contig=<ID=NC_000020.10>\n##contig=<ID=NC_012920.1>\n",
        "##contig=<ID=20,assembly=b37>\n##reference=file:///hs37d5.fa\n",
    ] {
        let warnings = verdict(fine, &record).unwrap();
        assert_eq!(warnings, [""; 0], "{fine}");
    }
    // PLINK writes the last position as the length.
    let plink = verdict("##contig=<ID=20,length=62948239>\n", &record).unwrap();
    let expected = "the header has other contig lengths: contig 20 has 62948239 bases, in GRCh37 it has \
                    63025520";
    assert_eq!(plink, [expected]);
    let stale = "##contig=<ID=20,length=63025520,assembly=GRCh38>\n";
    let warnings = verdict(stale, &record).unwrap();
    assert_eq!(
        warnings,
        [
            "the header names GRCh38 (its ##contig lines have assembly=GRCh38), but its contigs have the \
          lengths of GRCh37"
        ]
    );
}

#[test]
fn few_records_are_enough_if_the_header_names_another_assembly() {
    let records = |right: i32, wrong: i32| -> String {
        (0..right + wrong).map(|n| snv(1_000_000 + n * 100, n < right)).collect()
    };
    let reference = "##reference=file:///data/Homo_sapiens_assembly38.fasta\n";
    for (head, right, wrong, rejected) in [
        (reference, 3, 9, true),
        (reference, 0, 1, true),
        ("", 3, 9, true),
        ("", 2, 7, false),
        ("", 11, 1, false),
        ("", 18, 2, true),
    ] {
        let verdict = verdict(head, &records(right, wrong));
        assert_eq!(verdict.is_err(), rejected, "{head} {right} {wrong} {verdict:?}");
        if let Err(error) = verdict {
            assert!(error.contains(" REF alleles ") && error.contains("lift it over"), "{error}");
            assert_eq!(error.contains("looks like GRCh38"), !head.is_empty(), "{error}");
        }
    }
    let warnings = verdict(reference, &records(3, 0)).unwrap();
    let expected =
        "the header names GRCh38, but the REF alleles agree with GRCh37; annotated as GRCh37";
    assert_eq!(warnings, [expected]);
}

#[test]
fn the_version_of_an_accession_is_part_of_the_contig_name() {
    let named = |name: &str, pos: i32| snv(pos, true).replacen("20", name, 1);
    let right = named("NC_000020.10", 76_757);
    assert_eq!(verdict("", &right), Ok(vec![]));
    // Nothing can be annotated.
    let error = verdict("", &named("NC_000020.11", 76_757)).unwrap_err();
    assert!(error.starts_with("the file looks like GRCh38; lift it over to GRCh37"), "{error}");
    assert!(error.contains("(contig NC_000020.11 is chromosome 20 of GRCh38)"), "{error}");
    let both = right + &named("NC_000020.11", 76_758);
    let (outcome, info) = annotate("", &both, &Options::default()).unwrap();
    assert_eq!(info[1], "GAS_NOTE=outside_reference");
    assert_eq!(
        outcome.warnings,
        [
            "contig NC_000020.11 is chromosome 20 of GRCh38, not of GRCh37: 1 records; they are not \
             annotated",
            "1 records are on contigs that GRCh37 does not have (NC_000020.11); they are not annotated",
        ]
    );
}

#[test]
fn the_old_mitochondrion_is_named_and_not_annotated() {
    let record = |name: &str| format!("{name}\t3308\t.\tT\tC\t.\t.\t.\n");
    let old = "##contig=<ID=chr20,length=63025520>\n##contig=<ID=chrM,length=16571>\n";
    for (head, name, annotated) in [
        (old, "chrM", false),
        ("", "NC_001807.4", false),
        ("##contig=<ID=chrM,length=16569>\n", "chrM", true),
        ("", "NC_012920.1", true),
        ("", "26", true),
    ] {
        for mode in modes() {
            let options = Options { mode, ..Options::default() };
            let (outcome, info) = annotate(head, &record(name), &options).unwrap();
            let gap = info[0] == "GAS_NOTE=outside_reference";
            assert_eq!(gap, !annotated, "{name} {info:?}");
            let text = outcome.warnings.join("\n");
            assert_eq!(text.contains("UCSC's hg19"), !annotated, "{text}");
        }
    }
}

#[test]
fn the_records_show_whether_a_mitochondrion_without_a_length_is_that_of_the_reference() {
    let bases = REFERENCE.contig(b"MT").unwrap();
    let record = |name: &str, pos: i32, shift: i32| {
        let base = char::from(bases.bases(pos + shift, pos + shift).unwrap()[0]);
        let alt = if base == 'A' { 'C' } else { 'A' };
        format!("{name}\t{pos}\t.\t{base}\t{alt}\t.\t.\t.\n")
    };
    let other = |name: &str, shift| (0..8).map(|n| record(name, 8000 + 7 * n, shift)).collect();
    let nuclear = snv(76_757, true);
    for mode in modes() {
        let run = |head: &str, records: String| {
            let options = Options { mode, ..Options::default() };
            annotate(head, &(records + &nuclear), &options).unwrap()
        };
        // Positions that are shifted by two bases, as in the mitochondrion of hg19.
        let (outcome, info) = run("", other("chrM", 2));
        let [warning, _] = &outcome.warnings[..] else { panic!("{:?}", outcome.warnings) };
        let text = "contig chrM is not the mitochondrion of the reference (rCRS, NC_012920, of 16,569 \
                    bases): ";
        assert!(warning.starts_with(text), "{warning}");
        assert!(info[..8].iter().all(|info| info == "GAS_NOTE=outside_reference"), "{info:?}");
        assert!(!info[8].contains("GAS_NOTE"), "{info:?}");
        // The same records if the header says that it is rCRS: each REF is judged by itself.
        let head = "##contig=<ID=chrM,length=16569>\n";
        let (_, info) = run(head, other("chrM", 2));
        assert!(!info.contains(&"GAS_NOTE=outside_reference".to_owned()), "{info:?}");
        for (name, records, warnings) in [
            ("chrM", other("chrM", 0), 0),
            ("chrM", record("chrM", 8000, 0), 1),
            ("MT", record("MT", 8000, 0), 0),
            ("chrMT", record("chrMT", 8000, 0), 0),
        ] {
            let (outcome, info) = run("", records);
            assert_eq!(outcome.warnings.len(), warnings, "{name} {:?}", outcome.warnings);
            assert!(info.iter().all(|info| !info.contains("GAS_NOTE")), "{name} {info:?}");
        }
    }
}

#[test]
fn a_contig_with_several_names_is_counted_once() {
    let (chr20, plain) = (snv(76_757, true).replace("20\t", "chr20\t"), snv(76_758, true));
    let records = format!("{chr20}{plain}{}7\t5\t.\tG\tA\t.\t.\t.\n", snv(76_759, true));
    for mode in modes() {
        let options = Options { mode, ..Options::default() };
        let counts = annotate("", &records, &options).unwrap().0.counts;
        let contigs: Vec<_> = counts.contigs.iter().map(|(name, n)| (&**name, *n)).collect();
        assert_eq!(contigs, [(&b"20"[..], 3), (b"7", 1)]);
        let density: Vec<_> = counts.histograms.density.iter().collect();
        assert_eq!((density.len(), density[0].1.records.iter().sum::<u64>()), (1, 3));
    }
}

#[test]
fn the_codes_of_plink_and_mixed_spellings_are_read_with_a_warning() {
    let records = "26\t3308\t.\tT\tC\t.\t.\t.\n23\t5\t.\tA\tC\t.\t.\t.\n";
    let (outcome, info) = annotate("", records, &Options::default()).unwrap();
    assert!(info[0].contains("start_lost") && info[1] == "GAS_NOTE=outside_reference", "{info:?}");
    assert_eq!(
        outcome.warnings,
        [
            "contigs are read as PLINK's codes: 26 as MT",
            "1 records are on contigs that GRCh37 does not have (23); they are not annotated",
        ]
    );
    let mixed = snv(76_757, true).replacen("20", "chr20", 1) + &snv(1_000_225, true);
    assert_eq!(
        verdict("", &mixed),
        Ok(vec!["contigs have several names: 20 and chr20".to_owned()])
    );
}

#[test]
fn records_without_a_variant_are_no_gaps_of_the_reference() {
    for record in [
        "7\t5\t.\tG\t<NON_REF>\t.\t.\tEND=90",
        "7\t5\t.\tG\t.\t.\t.\t.",
        "20\t6000000\t.\tG\t<*>\t.\t.\t.",
        "20\t76758\t.\tA\t*\t.\t.\t.",
    ] {
        for mode in modes() {
            let options = Options { mode, require_annotation: true, ..Options::default() };
            let (outcome, info) = annotate("", &format!("{record}\n"), &options).unwrap();
            assert!(info[0].ends_with("GAS_NOTE=not_a_variant"), "{info:?}");
            assert_eq!(outcome.counts.gap(AnnotationGap::NotAVariant), 1, "{record}");
            assert_eq!(outcome.counts.gaps.iter().sum::<u64>(), 1, "{record}");
        }
    }
}

#[test]
fn a_file_of_whose_variants_none_is_annotated_is_rejected_with_what_it_lacks() {
    let (outside, beyond) = ("7\t5\t.\tG\tA\t.\t.\t.\n", "20\t6000000\t.\tG\tA\t.\t.\t.\n");
    let (wrong, block) = (snv(76_757, false), "7\t9\t.\tG\t<NON_REF>\t.\t.\t.\n");
    let known = "the reference has 20 with 5000000 bases, MT with 16569 bases; annotate the file with a \
                 reference of its assembly and contigs, or ask the operator to add one";
    let all = format!("{wrong}{beyond}{outside}{block}");
    for (records, reasons) in [
        (outside, "1 records is in the reference: 1 on contigs that GRCh37 does not have (7)"),
        (beyond, "1 records is in the reference: 1 beyond the end of their contig"),
        (&*wrong, "1 records is in the reference: 1 with a REF that it does not have there"),
        (
            &*all,
            "3 records with variants is in the reference: 1 on contigs that GRCh37 does not have (7), 1 \
             beyond the end of their contig, 1 with a REF that it does not have there",
        ),
    ] {
        for mode in modes() {
            let options = Options { mode, require_annotation: true, ..Options::default() };
            let error = annotate("", records, &options).unwrap_err();
            assert_eq!(error, format!("none of the {reasons}; {known}"));
            // One annotated record is enough.
            let more = format!("{}{records}", snv(76_700, true));
            assert!(annotate("", &more, &options).is_ok());
            let annotated = Options { annotate_mismatches: true, ..options };
            assert_eq!(annotate("", records, &annotated).is_ok(), records.contains(&*wrong));
        }
    }
}

#[test]
fn a_file_without_records_is_annotated_with_a_warning() {
    for mode in modes() {
        let options = Options { mode, require_annotation: true, ..Options::default() };
        let (outcome, info) = annotate("", "", &options).unwrap();
        assert!(info.is_empty());
        assert_eq!(outcome.warnings, ["the file has no records after its header"]);
    }
}

#[test]
fn the_service_counts_every_reason() {
    let names = AnnotationGap::ALL.map(|gap| (gap.as_str().to_owned(), 1));
    let counted = NotAnnotated::from(&names.into());
    let others = AnnotationGap::ALL.len() as u64 - 5;
    assert_eq!((counted.total(), counted.other), (others + 5, others));
    assert_eq!((counted.outside(), counted.ref_mismatch, counted.not_a_variant), (2, 1, 1));
    assert_eq!(counted.unreadable_line, 1);
}
