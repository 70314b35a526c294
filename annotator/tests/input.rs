//! Irregular input files: truncated, concatenated, unsorted, VCF 3.3, or of another assembly.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;
#[path = "common/demo_records.rs"]
mod demo_records;
#[path = "common/input_file.rs"]
mod input_file;

use common::REFERENCE;
use demo_records::snv;
use gas_annotate::check::{CheckOptions, check_file};
use gas_annotate::csq::CsqOptions;
use gas_annotate::pipeline::{Mode, Options, Outcome, annotate_file};
use gas_annotate::stats::{as_text, summarize_file};
use gas_annotate::vcf::write_index;
use gas_annotate::{Error, InputError};
use gas_shared::vcf::InputLimits;
use input_file::file;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

const COLUMNS: &str = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO";

fn annotate(input: &Path, name: &str, options: &Options) -> (Result<Outcome, Error>, PathBuf) {
    let output = input.with_file_name(name);
    let never = AtomicBool::new(false);
    (annotate_file(input, &output, &REFERENCE, options, &never, &|_| {}), output)
}

fn records(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.starts_with('#')).collect()
}

#[test]
fn a_truncated_bgzipped_file_is_rejected() {
    let text: String = (0..2000).map(|n| snv(100_000 + n * 50, true)).collect();
    let whole = file(format!("##fileformat=VCFv4.2\n{COLUMNS}\n{text}"));
    let (done, packed) = annotate(&whole, "out.vcf.gz", &Options::default());
    done.unwrap();
    let bytes = std::fs::read(packed).unwrap();
    for cut in [1, 29, 60, bytes.len() / 2, bytes.len() - 40] {
        let cut_off = whole.with_file_name(format!("cut-{cut}.vcf.gz"));
        std::fs::write(&cut_off, &bytes[..bytes.len() - cut]).unwrap();
        let error = annotate(&cut_off, "again.vcf", &Options::default()).0.unwrap_err();
        assert!(matches!(error, Error::Input(InputError::Damaged(_))), "{cut}: {error}");
        assert!(error.to_string().ends_with("upload it again"), "{error}");
        assert!(!whole.with_file_name("again.vcf").exists());
    }
}

#[test]
fn a_duplicate_definition_gives_a_warning_and_is_written_once() {
    let input = file(format!(
        "##fileformat=VCFv4.2\n##contig=<ID=20>\n##INFO=<ID=A,Number=1,Type=Integer,Description=\"x\">\n\
         ##INFO=<ID=A,Number=1,Type=String,Description=\"y\">\n{COLUMNS}\n{}",
        snv(100_000, true).replace("\t.\n", "\tA=1\n")
    ));
    let (done, packed) = annotate(&input, "out.vcf.gz", &Options::default());
    assert_eq!(
        done.unwrap().warnings,
        ["line 4: INFO \"A\" is defined twice; the first definition is used"]
    );
    // The indexer's reader rejects a key that is defined twice.
    write_index(&packed).unwrap();
}

#[test]
fn a_duplicate_sample_name_gives_a_warning() {
    let input = file(format!(
        "##fileformat=VCFv4.2\n{COLUMNS}\tFORMAT\tS\tS\n{}",
        snv(100_000, true).replace("\t.\n", "\t.\tGT\t0|1\t1|1\n")
    ));
    let (done, output) = annotate(&input, "out.vcf", &Options::default());
    let expected = "line 2, samples: sample \"S\" occurs twice; rename one, since bcftools and other \
                    programs reject such files";
    assert_eq!(done.unwrap().warnings, [expected]);
    assert!(std::fs::read_to_string(output).unwrap().ends_with("\tGT\t0|1\t1|1\n"));
}

#[test]
fn missing_samples_and_a_second_header_are_reported_with_their_line() {
    let head = format!("##fileformat=VCFv4.2\n{COLUMNS}");
    let good = snv(100_000, true);
    for (text, expected) in [
        (
            format!("{head}\tFORMAT\tS1\tS2\n{}", good.replace("\t.\n", "\t.\tGT\t0|1\n")),
            "line 3, samples: the line has 1 sample column, the header has 2; is the line truncated?",
        ),
        (
            format!("{head}\n{good}{head}\n{good}"),
            "line 4: a header line is among the records; if files were joined, use bcftools concat instead",
        ),
    ] {
        for mode in [Mode::Csq(CsqOptions::default()), Options::default().mode] {
            let options = Options { mode, ..Options::default() };
            let error = annotate(&file(&text), "out.vcf", &options).0.unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }
}

#[test]
fn an_unsorted_file_is_sorted_before_haplotypes_are_formed() {
    let input = file(format!(
        "##fileformat=VCFv4.2\n{COLUMNS}\tFORMAT\tS\n\
         20\t68355\tlast\tA\tG\t.\t.\t.\tGT\t1|0\nMT\t73\tother\tA\tG\t.\t.\t.\tGT\t1\n\
         20\t68354\tfirst\tA\tC\t.\t.\t.\tGT\t1|0\n"
    ));
    let options = Options { mode: Mode::Csq(CsqOptions::default()), ..Options::default() };
    let (done, output) = annotate(&input, "out.vcf", &options);
    assert_eq!(
        done.unwrap().warnings,
        [
            "line 5, CHROM: \"20\" comes again after another contig; the file is not sorted, so it was sorted before annotation"
        ]
    );
    let text = std::fs::read_to_string(&output).unwrap();
    let found = records(&text);
    assert!(
        found[0].starts_with("20\t68354\tfirst\t") && found[0].contains("|2N>2R|"),
        "{found:?}"
    );
    assert!(found[1].contains("BCSQ=@68354\t") && found[2].starts_with("MT\t73\t"), "{found:?}");
    let folder = std::fs::read_dir(output.parent().unwrap()).unwrap();
    assert_eq!(folder.count(), 2, "temporary files are removed");
}

#[test]
fn alleles_of_vcf_3_3_are_converted_to_vcf_4() {
    let input = file(format!(
        "##fileformat=VCFv3.3\n##INFO=DP,1,Integer,\"Depth\"\n{COLUMNS}\tFORMAT\tS\n\
         20\t68354\ta\tA\tD3\t.\t.\tDP=3\tGT\t0/1\n20\t68356\tb\tT\tIACG\t.\t.\t.\tGT\t0/1\n\
         20\t68357\tc\tA\tG,D1,IT\t.\t.\t.\tGT\t0/1\n"
    ));
    let (done, packed) = annotate(&input, "out.vcf.gz", &Options::default());
    let outcome = done.unwrap();
    assert_eq!((outcome.counts.ref_mismatches, outcome.counts.alleles), (0, 5));
    write_index(&packed).unwrap();
    let plain = annotate(&input, "out.vcf", &Options::default()).1;
    let text = std::fs::read_to_string(plain).unwrap();
    let found = records(&text);
    for (record, start, effect) in [
        (found[0], "20\t68353\ta\tGAAT\tG\t.\t.\tDP=3;CSQ=-|", "-|inframe_deletion|"),
        (found[1], "20\t68356\tb\tT\tTACG\t.\t.\tCSQ=ACG|", "ACG|inframe_insertion|"),
        (found[2], "20\t68356\tc\tTA\tTG,T,TAT\t.\t.\tCSQ=G|", "-|frameshift_variant|"),
    ] {
        assert!(record.starts_with(start) && record.contains(effect), "{record}");
        assert!(record.ends_with("\tGT\t0/1"), "{record}");
    }
    assert!(text.starts_with("##fileformat=VCFv4.2\n##INFO=<ID=DP,Number=1,"), "{text}");
}

#[test]
fn a_conversion_from_vcf_3_3_hides_no_ref_that_differs_and_counts_what_it_completes() {
    let head = format!("##fileformat=VCFv3.3\n{COLUMNS}\n");
    for (record, expected, completed) in [
        ("20\t68354\ta\tC\tD3", "20\t68353\ta\tGCAT\tG\t.\t.\tGAS_NOTE=ref_mismatch", 1),
        ("20\t68354\ta\tAAT\tD3", "20\t68353\ta\tGAAT\tG\t.\t.\tCSQ=-|", 0),
        ("20\t68354\ta\t.\tD3", "20\t68353\ta\tGAAT\tG\t.\t.\tCSQ=-|", 1),
        ("20\t68356\tb\tG\tIACG", "20\t68356\tb\tG\tGACG\t.\t.\tGAS_NOTE=ref_mismatch", 0),
        ("20\t68356\tb\t.\tIACG", "20\t68356\tb\tT\tTACG\t.\t.\tCSQ=ACG|", 1),
    ] {
        let input = file(format!("{head}{record}\t.\t.\t.\n"));
        let (outcome, output) = annotate(&input, "out.vcf", &Options::default());
        let text = std::fs::read_to_string(output).unwrap();
        let found = records(&text)[0];
        assert!(found.starts_with(expected), "{record}: {found}");
        let warnings = outcome.unwrap().warnings;
        let is_completed = |text: &&String| text.contains("do not give all bases of REF");
        assert_eq!(warnings.iter().filter(is_completed).count(), completed, "{warnings:?}");
    }
}

#[test]
fn a_run_on_the_wrong_assembly_stops_early() {
    let wrong: String = (0..20_000).map(|n| snv(100_000 + n * 100, n % 3 == 0)).collect();
    let input = file(format!(
        "##fileformat=VCFv4.2\n##contig=<ID=20,length=64444167>\n{COLUMNS}\n{wrong}this is no record\n"
    ));
    let error = annotate(&input, "out.vcf", &Options::default()).0.unwrap_err().to_string();
    // The invalid last line is not reached.
    assert!(error.contains("the file looks like GRCh38; lift it over to GRCh37"), "{error}");
}

#[test]
fn a_header_larger_than_a_chunk_is_read_by_several_threads() {
    let contigs: String = (0..6000).map(|n| format!("##contig=<ID=scaffold_{n}>\n")).collect();
    let text: String = (0..9000).map(|n| snv(100_000 + n * 50, true)).collect();
    let input = file(format!("##fileformat=VCFv4.2\n{contigs}{COLUMNS}\n{text}"));
    for mode in [Mode::Csq(CsqOptions::default()), Options::default().mode] {
        let of = |threads| {
            let options = Options { threads, mode, ..Options::default() };
            let (done, output) = annotate(&input, &format!("out-{threads}.vcf"), &options);
            assert_eq!(done.unwrap().counts.records, 9000);
            std::fs::read_to_string(output).unwrap()
        };
        assert!(of(1) == of(3), "the number of threads does not change the output");
    }
}

#[test]
fn a_check_reports_all_problems() {
    let input = file(format!(
        "##fileformat=VCFv4.2\n##contig=<ID=20,length=63025520>\n{COLUMNS}\n{}20\t12a\t.\tA\tC\t.\t.\t.\n\
         20\t5\t.\tA\tC\tx\t.\t.\n20\t4\t.\tA\tC\t.\t.\t.\nGL1\t4\t.\tA\tAA\t.\t.\t.\n",
        snv(100_000, true)
    ));
    let options =
        CheckOptions { limits: InputLimits::DEFAULT, max_findings: 3, max_mismatch_percent: 5.0 };
    let report = check_file(&input, Some(&REFERENCE), &options).unwrap();
    let reported: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        reported,
        [
            "error: line 5, POS: \"12a\" is not a position",
            "error: line 6, QUAL: \"x\" is not a number; write \".\" where it is unknown",
            "warning: line 7, POS: 4 comes after 100000; the file is not sorted; annotation sorts it",
        ]
    );
    assert_eq!((report.valid, report.records, report.more), (false, 5, 2));
    assert_eq!((report.assembly, report.version.as_str()), (Some("GRCh37"), "4.2"));
    let fine = file(format!("##fileformat=VCFv4.2\n{COLUMNS}\n{}", snv(100_000, true)));
    assert!(check_file(&fine, Some(&REFERENCE), &options).unwrap().valid);
}

#[test]
fn stats_count_the_consequences_in_annotations() {
    let input = file(format!(
        "##fileformat=VCFv4.2\n##contig=<ID=20,length=63025520>\n{COLUMNS}\n\
         20\t68354\trs1\tA\tC\t31\t.\t.\n20\t68360\t.\tCTG\tTAG,C\t.\t.\t.\n"
    ));
    for mode in [Mode::Csq(CsqOptions::default()), Options::default().mode] {
        let options = Options { mode, ..Options::default() };
        let (done, output) = annotate(&input, "out.vcf", &options);
        let counts = done.unwrap().counts;
        let found = summarize_file(&output, InputLimits::DEFAULT).unwrap();
        assert_eq!((found.records, found.alleles, found.in_dbsnp), (2, 3, 1));
        assert_eq!(found.indel_lengths, counts.histograms.indel_lengths());
        assert_eq!(found.density["20"].records.iter().sum::<u64>(), 2);
        assert!(found.consequences["stop_gained"] >= 1, "{:?}", found.consequences);
        let text = as_text(&found);
        assert!(
            text.contains("records\t2\n") && text.contains("quality 30 to below 40\t1\n"),
            "{text}"
        );
    }
    let plain = summarize_file(&input, InputLimits::DEFAULT).unwrap();
    assert!(plain.consequences.is_empty() && plain.kinds["snv"] == 1, "{plain:?}");
}

/// Annotates a text with limits and returns the records.
fn limited(text: &str, options: Options) -> Result<Vec<String>, String> {
    let input = file(text);
    let (done, output) = annotate(&input, "out.vcf", &options);
    done.map(|_| annotated(&output)).map_err(|error| error.to_string())
}

#[test]
fn contigs_are_accepted_at_the_limit_and_rejected_above() {
    let text = |contigs: usize| {
        let records: String =
            (0..contigs).map(|n| format!("scaffold{n}\t5\t.\tA\tC\t.\t.\t.\n")).collect();
        format!("##fileformat=VCFv4.2\n{COLUMNS}\n{records}")
    };
    for mode in [Mode::Csq(CsqOptions::default()), Options::default().mode] {
        let most = InputLimits::DEFAULT.contigs;
        let options = Options { mode, ..Options::default() };
        assert_eq!(limited(&text(most), options.clone()).err(), None);
        let error = limited(&text(most + 1), options).unwrap_err();
        let expected = "line 100003, CHROM: the records are on more than 100000 contigs; split the \
                        file by contig";
        assert_eq!(error, expected);
    }
}

/// A file whose only record inserts this many bases where most transcripts are. Each of them has an
/// annotation with the inserted bases.
fn insertion(bases: usize) -> String {
    let contig = REFERENCE.contig(b"20").unwrap();
    let starts = contig.model.genes.iter().map(|gene| gene.start);
    let pos = starts.max_by_key(|pos| contig.transcripts.query(*pos, *pos).count()).unwrap();
    let base = char::from(contig.bases(pos, pos).unwrap()[0]);
    let record = format!("20\t{pos}\t.\t{base}\t{base}{}\t.\t.\t.\n", "ACGGT".repeat(bases / 5));
    format!("##fileformat=VCFv4.2\n{COLUMNS}\n{record}")
}

/// The records of an annotated file.
fn annotated(output: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(output).unwrap();
    records(&text).into_iter().map(str::to_owned).collect()
}

#[test]
fn annotations_of_a_record_above_the_limit_are_cut_with_a_note() {
    // The limit is 16 MiB more than that of a line, which must be as long as the record.
    let with = |line_bytes: usize, text: &str| {
        let limits = InputLimits { line_bytes, ..InputLimits::DEFAULT };
        limited(text, Options { limits, ..Options::default() })
    };
    let info_bytes = |text: &str| {
        let records = with(4 << 20, text).unwrap();
        records[0].split('\t').nth(7).unwrap().len()
    };
    let growth = info_bytes(&insertion(10_000)) / 10_000;
    assert!(growth >= 8, "{growth}");
    let text = insertion((37 << 19) / growth);
    let most = info_bytes(&text);
    let line_bytes = most - InputLimits::ANNOTATION_BYTES;
    let entries = |line_bytes: usize| {
        let record = with(line_bytes, &text).unwrap().remove(0);
        let info = record.split('\t').nth(7).unwrap().to_owned();
        (info.split(',').count(), info.ends_with(";GAS_NOTE=too_many_consequences"))
    };
    let (all, is_cut) = entries(line_bytes);
    assert!(!is_cut);
    // The entry that exceeds the limit is the last one.
    assert_eq!(entries(line_bytes - 1), (all, true));
}

#[test]
fn annotations_of_a_chunk_are_written_in_parts_without_loss() {
    // A hundred deletions of all transcripts: a record of 1 kB with 6 MB of annotations.
    let length = REFERENCE.contig(b"20").unwrap().sequence.len();
    let alts = vec!["<DEL>"; 100].join(",");
    let record = |pos: usize| format!("20\t{pos}\t.\tN\t{alts}\t.\t.\tEND={length}\n");
    let text = |records: &[usize]| {
        let records: String = records.iter().map(|pos| record(*pos)).collect();
        file(format!("##fileformat=VCFv4.2\n{COLUMNS}\n{records}"))
    };
    let options = Options { min_output_bytes: 1 << 30, threads: 2, ..Options::default() };
    let read = |records: &[usize], name: &str| {
        let input = text(records);
        let (done, output) = annotate(&input, name, &options);
        done.unwrap();
        annotated(&output)
    };
    let positions: Vec<usize> = (1..=12).collect();
    let all = read(&positions, "out.vcf");
    assert!(all.iter().map(String::len).sum::<usize>() > 40 << 20);
    let one_by_one: Vec<String> = positions.iter().flat_map(|n| read(&[*n], "out.vcf")).collect();
    assert!(all == one_by_one);
}

#[test]
fn the_annotated_text_is_accepted_at_the_limit_and_rejected_above() {
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;
    // The annotated text is longer than a thousand times the file, which is allowed up to a size.
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(insertion(200_000).as_bytes()).unwrap();
    let input = file(packed.finish().unwrap());
    let with = |min_output_bytes| {
        let options = Options { min_output_bytes, ..Options::default() };
        annotate(&input, "out.vcf", &options)
    };
    let (done, output) = with(64 << 20);
    done.unwrap();
    let most = annotated(&output)[0].len() as u64 + 1;
    assert!(most > 1000 * input.metadata().unwrap().len(), "{most}");
    with(most).0.unwrap();
    let error = with(most - 1).0.unwrap_err().to_string();
    let expected =
        format!("line 3: the annotated file has more than {} bytes, which is far", most - 1);
    assert!(error.starts_with(&expected), "{error}");
}

#[test]
fn records_at_many_positions_may_have_much_annotation_and_repeated_records_may_not() {
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;
    // Nine transcripts overlap these positions.
    let annotated_with = |step: usize| {
        let records: String = (0..3000)
            .map(|n| {
                format!(
                    "20\t{}\t.\tN\tA,C,G,T,AA,AC,AG,AT,CA,CC,CG,CT\t.\t.\t.\n",
                    2_967_400 + n * step
                )
            })
            .collect();
        let text = format!(
            "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n{records}"
        );
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(text.as_bytes()).unwrap();
        let packed = packed.finish().unwrap();
        let size = packed.len() as u64;
        let options = Options { min_output_bytes: 0, ..Options::default() };
        let input = file(packed);
        let (done, output) = annotate(&input, "out.vcf", &options);
        (done, std::fs::metadata(output).map_or(0, |output| output.len()), size)
    };
    let (done, output, size) = annotated_with(1);
    done.unwrap();
    assert!(output > 1000 * size, "{output} {size}");
    let error = annotated_with(0).0.unwrap_err().to_string();
    assert!(error.contains("far more than files of this size have"), "{error}");
}
