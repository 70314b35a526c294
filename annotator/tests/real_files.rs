//! Files as callers, editors, spreadsheets and browsers save them: headers, line ends, compression and
//! other formats, and output that other programs read.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;
#[path = "common/input_file.rs"]
mod input_file;

use common::REFERENCE;
use flate2::Compression;
use flate2::write::GzEncoder;
use gas_annotate::annotation_format::AnnotationFormat;
use gas_annotate::check::{CheckOptions, CheckReport, check_file};
use gas_annotate::csq::CsqOptions;
use gas_annotate::pipeline::{Mode, Options, annotate_file};
use gas_annotate::stats::summarize_file;
use gas_annotate::vcf::write_index;
use gas_annotate::{Error, InputError};
use gas_shared::vcf::{InputLimits, check_preview};
use input_file::file;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

const COLUMNS: &str = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO";

/// Every output format.
fn modes() -> [Mode; 3] {
    let csq = Mode::Csq(CsqOptions::default());
    [Mode::Full(AnnotationFormat::Csq), Mode::Full(AnnotationFormat::Ann), csq]
}

/// Annotates to a bgzipped file with an index; returns the warnings and the path.
fn annotate(input: &Path, options: &Options) -> Result<(Vec<String>, PathBuf), Error> {
    let output = input.with_file_name("out.vcf.gz");
    let never = AtomicBool::new(false);
    let options = &Options { index: true, ..options.clone() };
    let outcome = annotate_file(input, &output, &REFERENCE, options, &never, &|_| {})?;
    Ok((outcome.warnings, output))
}

fn options(mode: Mode) -> Options {
    Options { mode, ..Options::default() }
}

/// Annotates bytes in a mode and returns the warnings and the text.
fn annotated(bytes: impl AsRef<[u8]>, mode: Mode) -> (Vec<String>, String) {
    let input = file(bytes);
    let (warnings, output) = annotate(&input, &options(mode)).unwrap();
    let index = index_of(&output);
    assert_eq!(std::fs::read(write_index(&output).unwrap()).unwrap(), index);
    (warnings, unpacked(&output))
}

/// The tabix index that a run has written.
fn index_of(output: &Path) -> Vec<u8> {
    std::fs::read(output.with_added_extension("tbi")).expect("any output has an index")
}

fn unpacked(path: &Path) -> String {
    let mut text = Vec::new();
    let file = std::fs::File::open(path).unwrap();
    std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(file), &mut text).unwrap();
    // One character for each byte, so that no byte is lost.
    text.into_iter().map(char::from).collect()
}

fn error_of(bytes: impl AsRef<[u8]>, mode: Mode) -> InputError {
    match annotate(&file(bytes), &options(mode)).unwrap_err() {
        Error::Input(error) => error,
        other => panic!("{other}"),
    }
}

fn check(path: &Path) -> CheckReport {
    let options =
        CheckOptions { limits: InputLimits::DEFAULT, max_findings: 20, max_mismatch_percent: 5.0 };
    check_file(path, None, &options).unwrap()
}

fn header_of(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.starts_with('#')).collect()
}

fn records_of(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.starts_with('#')).collect()
}

/// A record on chromosome 20 whose REF is right, with this INFO.
fn record(pos: i32, info: &str) -> String {
    let base = char::from(REFERENCE.contig(b"20").unwrap().bases(pos, pos).unwrap()[0]);
    let alt = if base == 'A' { 'C' } else { 'A' };
    format!("20\t{pos}\t.\t{base}\t{alt}\t.\t.\t{info}")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Blocks of BGZF with this text, one block per piece, without the block at the end.
fn bgzf_blocks(pieces: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in pieces {
        let packed = gzip(piece);
        // The header of a gzip file has 10 bytes; BGZF adds a field with the size of the block.
        let size = (packed.len() + 8 - 1) as u16;
        out.extend_from_slice(&[0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, b'B', b'C', 2, 0]);
        out.extend_from_slice(&size.to_le_bytes());
        out.extend_from_slice(&packed[10..]);
    }
    out
}

#[test]
fn definitions_are_kept_whatever_the_order_of_their_keys() {
    let definitions = [
        "##contig=<assembly=b37,ID=20,length=63025520>",
        "##contig=<assembly=b37,ID=MT,length=16569>",
        "##INFO=<Number=1,Type=Integer,ID=DP,Description=\"Depth, \\\"ID=x\\\"\">",
        "##INFO=<Number=1,Type=Integer,ID=AN,Description=\"Alleles\">",
        "##INFO=<ID=END2,Type=Integer,Number=1,Description=\"x\">",
        "##FORMAT=<Number=1,Type=String,ID=GT,Description=\"Genotype\">",
        "##FORMAT=<Number=1,Type=Integer,ID=DP,Description=\"Depth\">",
        "##GATKCommandLine=<ID=HaplotypeCaller,CommandLine=\"a -b > c\">",
        "##a comment without a key",
        "##source=x",
    ];
    let text = format!(
        "##fileformat=VCFv4.2\n{}\n{COLUMNS}\tFORMAT\tS\n{}\tGT:DP\t0/1:7\n",
        definitions.join("\n"),
        record(76_758, "DP=3;AN=2")
    );
    for mode in modes() {
        let (warnings, out) = annotated(&text, mode);
        let header = header_of(&out);
        for definition in definitions {
            assert_eq!(
                header.iter().filter(|line| **line == definition).count(),
                1,
                "{definition}"
            );
        }
        assert!(warnings.iter().all(|warning| !warning.contains("twice")), "{warnings:?}");
    }
}

#[test]
fn header_lines_that_the_engine_adds_have_an_id_in_every_version() {
    for version in ["VCFv4.0", "VCFv4.2", "VCFv4.3", "VCFv4.4", "VCFv4.5"] {
        let text = format!("##fileformat={version}\n{COLUMNS}\n{}\n", record(76_758, "."));
        for mode in modes() {
            let (_, out) = annotated(&text, mode);
            let header = header_of(&out);
            assert_eq!(header[0], format!("##fileformat={version}"));
            for line in &header[1..header.len() - 1] {
                let structured = line.split_once("=<").map(|(_, fields)| fields);
                assert!(structured.is_none_or(|fields| fields.starts_with("ID=")), "{line}");
            }
        }
    }
}

#[test]
fn an_annotated_file_can_be_annotated_again_with_the_same_result() {
    let text = format!("##fileformat=VCFv4.3\n{COLUMNS}\n{}\n", record(76_758, "DP=3"));
    for mode in modes() {
        let (_, once) = annotated(&text, mode);
        assert_eq!(annotated(&once, mode).1, once);
        let old = once.replace("##gas-annotate=<ID=annotation,", "##gas-annotate=<");
        assert_eq!(annotated(old, mode).1, once, "lines of earlier versions are replaced");
    }
}

#[test]
fn byte_order_mark_and_carriage_returns_are_removed() {
    let text = format!(
        "\u{feff}##fileformat=VCFv4.2\r\n##contig=<ID=20>\r\r\n{COLUMNS}\tFORMAT\tS\r\n{}\tGT\t0/1\r\n{}\tGT\t0/1\r\r\n",
        record(76_758, "DP=3"),
        record(100_000, "DP=3")
    );
    for mode in modes() {
        let (_, out) = annotated(&text, mode);
        assert!(out.starts_with("##fileformat=VCFv4.2\n##contig=<ID=20>\n"), "{out}");
        assert!(!out.contains('\r') && records_of(&out).len() == 2);
    }
}

#[test]
fn definitions_that_are_damaged_are_repaired_with_a_warning() {
    let text = format!(
        "##fileformat=VCFv4.2\n##INFO=<ID=AC,Number=.,Type=Integer,Description=\"x\"\n\
         ##ALT=<ID=NON_REF,Description=\"x\">##INFO=<ID=RC,Number=1,Type=Integer,Description=\"n\">\n\
         ##contig=<ID=20>\t\t\t\n##FILTER=<ID=q,Description=\"x\">,,,\n{COLUMNS}\n{}\n",
        record(76_758, "AC=1;RC=2")
    );
    for mode in modes() {
        let (warnings, out) = annotated(&text, mode);
        let lines = [2, 3, 5].map(|line| format!("line {line}: "));
        for (warning, line) in warnings.iter().zip(lines) {
            assert!(warning.starts_with(&line), "{warnings:?}");
        }
        let header = header_of(&out);
        for expected in [
            "##INFO=<ID=AC,Number=.,Type=Integer,Description=\"x\">",
            "##ALT=<ID=NON_REF,Description=\"x\">",
            "##INFO=<ID=RC,Number=1,Type=Integer,Description=\"n\">",
            "##contig=<ID=20>",
            "##FILTER=<ID=q,Description=\"x\">",
        ] {
            assert!(header.contains(&expected), "{header:?}");
        }
    }
}

#[test]
fn a_file_without_its_version_or_with_lower_case_names_is_corrected_with_a_warning() {
    let lower = COLUMNS.to_lowercase();
    for (text, warning) in [
        (format!("{COLUMNS}\n"), "line 1: the file does not begin with its version"),
        (
            format!("##source=x\n##fileformat=VCFv4.2\n{COLUMNS}\n"),
            "line 1: the file does not begin with its version",
        ),
        (
            format!("##fileformat=VCFv4.2\n{lower}\n"),
            "line 2: the names of the columns must be in upper case",
        ),
    ] {
        let text = format!("{text}{}\n", record(76_758, "."));
        for mode in modes() {
            let (warnings, out) = annotated(&text, mode);
            assert!(warnings.iter().any(|w| w.starts_with(warning)), "{warnings:?}");
            assert!(out.starts_with("##fileformat=VCFv4.2\n") && out.contains(COLUMNS), "{out}");
            assert_eq!(out.matches("##fileformat").count(), 1);
        }
        let preview = check_preview(text.as_bytes(), true).unwrap();
        assert!(
            preview.header.unwrap().warnings.iter().any(|w| w.to_string().starts_with(warning))
        );
    }
}

#[test]
fn bytes_that_are_not_utf_8_are_unchanged() {
    let latin_1 = |text: &str| text.chars().map(|c| c as u8).collect::<Vec<u8>>();
    let definition = "##INFO=<ID=NOTE,Number=1,Type=String,Description=\"Universit\u{e9}\">";
    let text = format!(
        "##fileformat=VCFv4.2\n{definition}\n{COLUMNS}\tFORMAT\tJos\u{e9}\n{}\tGT\t0/1\n",
        record(76_758, "NOTE=T\u{e9}lom\u{e8}re")
    );
    for mode in modes() {
        let (_, out) = annotated(latin_1(&text), mode);
        assert!(out.contains(&format!("{definition}\n")) && out.contains("\tJos\u{e9}\n"));
        assert!(records_of(&out)[0].contains("\tNOTE=T\u{e9}lom\u{e8}re;"), "{out}");
    }
}

#[test]
fn fields_of_info_are_separated_by_one_semicolon() {
    for (info, expected) in
        [("", ""), (".", ""), ("DP=3;", "DP=3;"), (";DP=3;;A=b c;", "DP=3;A=b c;"), (";;", "")]
    {
        let text = format!("##fileformat=VCFv4.2\n{COLUMNS}\n{}\n", record(76_758, info));
        for mode in modes() {
            let (_, out) = annotated(&text, mode);
            let found = records_of(&out)[0].split('\t').nth(7).unwrap();
            let expected = format!("{expected}{}=", mode.key());
            assert!(found.starts_with(&expected) && !found.ends_with(';'), "{info:?}: {found}");
        }
    }
    // A record without an annotation.
    let text = format!("##fileformat=VCFv4.2\n{COLUMNS}\n{}\n", record(1_000_226, ";"));
    let (_, out) = annotated(&text, modes()[2]);
    assert_eq!(records_of(&out)[0].split('\t').nth(7), Some("."));
}

#[test]
fn annotations_that_the_input_has_are_replaced_even_without_a_definition() {
    for mode in modes() {
        let key = mode.key();
        let forged =
            format!("{key}=forged|x;DP=3;GAS_NOTE=forged;{key}=forged|y;N={key};{key};X{key}=kept");
        for definition in ["", "##INFO=<Number=.,Type=String,ID=KEY,Description=\"old\">\n"] {
            let definition = definition.replace("KEY", key);
            let text = format!(
                "##fileformat=VCFv4.2\n{definition}{COLUMNS}\n{}\nnowhere\t5\t.\tA\tC\t.\t.\t{key}=forged\n",
                record(76_758, &forged)
            );
            let (_, out) = annotated(&text, mode);
            assert!(!out.contains("forged") && !out.contains("\"old\""), "{out}");
            let info = records_of(&out)[0].split('\t').nth(7).unwrap();
            let own = info.split(';').filter(|field| field.split('=').next() == Some(key));
            assert_eq!(own.count(), 1, "{info}");
            assert!(info.starts_with(&format!("DP=3;N={key};X{key}=kept;")), "{info}");
        }
    }
    // The genotype field of csq mode, at a record with a consequence and at one without.
    let text = format!(
        "##fileformat=VCFv4.2\n{COLUMNS}\tFORMAT\tS\n{}\tGT:BCSQ:DP\t0|1:77:9\n{}\tBCSQ\t77\n",
        record(76_758, "."),
        record(1_000_226, ".")
    );
    let (_, out) = annotated(&text, modes()[2]);
    let records = records_of(&out);
    assert!(records[0].ends_with("\tGT:DP:BCSQ\t0|1:9:2"), "{out}");
    assert!(!records[1].contains("77"), "{out}");
}

#[test]
fn blank_lines_carry_no_record_and_count_as_lines() {
    let text = format!(
        "##fileformat=VCFv4.2\n\n \n{COLUMNS}\n\n{}\n  \t\n{}\n{}",
        record(76_758, "."),
        record(1_000_226, "."),
        record(3_740_746, ".")
    );
    for end in ["", "\n", "\n\n \t \n", "\n  "] {
        for mode in modes() {
            let text = format!("{text}{end}");
            assert_eq!(records_of(&annotated(&text, mode).1).len(), 3);
            let wrong = text.replace("\t1000226\t", "\t1e+06\t");
            let error = error_of(&wrong, mode).to_string();
            assert_eq!(
                error,
                "line 8, POS: \"1e+06\" is not a position; write it without an exponent"
            );
        }
        let path = file(format!("{text}{end}"));
        assert_eq!(check(&path).records, 3);
        assert_eq!(summarize_file(&path, InputLimits::DEFAULT).unwrap().records, 3);
    }
}

#[test]
fn errors_name_the_line_of_the_users_file_after_sorting_and_across_chunks() {
    let records = |positions: &mut dyn Iterator<Item = i32>| {
        positions.map(|pos| record(100_000 + pos, ".") + "\n").collect::<Vec<_>>()
    };
    let sorted = records(&mut (0..12_000));
    let unsorted = records(&mut (0..12_000).rev());
    for lines in [&sorted, &unsorted] {
        for wrong in [3, 7_000, 11_999] {
            let mut lines = lines.clone();
            lines[wrong] = lines[wrong].replacen("20\t1", "20\tx", 1);
            let text = format!("##fileformat=VCFv4.2\n\n{COLUMNS}\n\n{}", lines.concat());
            let path = file(&text);
            let expected = format!("line {}, POS: ", wrong + 5);
            for mode in modes() {
                for threads in [1, 3] {
                    let options = Options { threads, mode, ..Options::default() };
                    let error = annotate(&path, &options).unwrap_err().to_string();
                    assert!(error.starts_with(&expected), "{expected}: {error}");
                }
            }
            assert_eq!(check(&path).findings.iter().filter(|f| f.error).count(), 1);
        }
    }
    // Every step of annotation reports the line, not only the parser.
    let text = format!(
        "##fileformat=VCFv4.2\n{COLUMNS}\tFORMAT\tS\n{}\tGT\t1|0\n{}\tGT\t0/1\n",
        record(200_000, "."),
        record(76_758, ".")
    );
    let require = CsqOptions { phase: gas_annotate::csq::Phase::Require, ..CsqOptions::default() };
    let error = error_of(&text, Mode::Csq(require)).to_string();
    assert!(error.starts_with("line 4, "), "{error}");
}

#[test]
fn warnings_about_the_header_of_an_unsorted_file_name_its_lines() {
    let text = format!(
        "\u{feff}##fileformat=VCFv4.2\n\n##contig=<ID=20\n{COLUMNS}\n{}\n{}\n",
        record(200_000, "."),
        record(100_000, ".")
    );
    let (warnings, out) = annotated(&text, modes()[0]);
    assert!(warnings.iter().any(|w| w.starts_with("line 2: the line is empty")), "{warnings:?}");
    assert!(warnings.iter().any(|w| w.starts_with("line 3: ")), "{warnings:?}");
    assert!(warnings[0].starts_with("line 6, POS: 100000 comes after"), "{warnings:?}");
    assert!(records_of(&out)[0].starts_with("20\t100000\t"));
}

#[test]
fn files_of_other_formats_are_named_with_the_same_code_everywhere() {
    let vcf = format!("##fileformat=VCFv4.2\n{COLUMNS}\n{}\n", record(76_758, "."));
    let utf_16: Vec<u8> =
        format!("\u{feff}{vcf}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let long_line = [b"PK\x03\x04".as_slice(), &[b'x'; 2 << 20]].concat();
    let cr = vcf.replace('\n', "\r").into_bytes();
    let long_cr = [&cr[..], &cr.repeat(12_000)].concat();
    let quoted: String = vcf.lines().map(|line| format!("\"{line}\"\n")).collect();
    let cases: [(&[u8], &str); 13] = [
        (&utf_16, "UTF-16"),
        (&cr, "line ends"),
        (&long_cr, "line ends"),
        (&long_line, "ZIP"),
        (&gzip(vcf.as_bytes()), "compressed twice"),
        (b"BAM\x01\x10\0\0\0", "BAM"),
        (b"CRAM\x03\0", "CRAM"),
        (b"chr20\t100\t200\n", "BED"),
        (b">chr20\nACGT\n", "FASTA"),
        (b"<!doctype html>\n<html>Log in</html>", "web page"),
        (b"# This data file\n# rsid\tchromosome\tposition\tgenotype\nrs1\t20\t5\tTC\n", "23andMe"),
        (quoted.as_bytes(), "quotation marks"),
        (b"%PDF-1.4\n", "PDF"),
    ];
    for (bytes, name) in cases {
        let preview = check_preview(&bytes[..bytes.len().min(262_144)], bytes.len() < 262_144);
        let preview = preview.unwrap_err();
        assert!(preview.message.contains(name), "{name}: {preview}");
        // A file that is gzip already is not packed for its own case.
        let pieces: Vec<&[u8]> = bytes.chunks(60_000).collect();
        let bgzip = [bgzf_blocks(&pieces), gas_shared::vcf::BGZF_END.to_vec()].concat();
        let packed = [bgzip, gzip(bytes)];
        let plain = (name != "compressed twice").then(|| bytes.to_vec());
        for bytes in packed.into_iter().chain(plain).filter(|packed| packed.len() < 60_000) {
            for mode in modes() {
                let error = error_of(&bytes, mode);
                assert_eq!(
                    (error.code(), error.to_string()),
                    (preview.code.as_str(), preview.to_string())
                );
            }
            let report = check(&file(&bytes));
            let found = &report.findings[0];
            assert_eq!((found.code, &found.message), (preview.code.as_str(), &preview.message));
        }
        if name != "compressed twice" {
            assert_eq!(error_of(bytes, modes()[0]).to_string(), preview.to_string());
        }
    }
}

#[test]
fn separators_commas_and_quotation_marks_are_named_with_line_and_column() {
    let record = record(76_758, ".");
    let (head, columns) = ("##fileformat=VCFv4.2\n", COLUMNS);
    for (text, expected) in [
        (
            format!("{head}{}\n{record}\n", columns.replace('\t', "    ")),
            "line 2: the columns of the #CHROM line are separated by spaces; separate all columns of the \
             file by tabs",
        ),
        (
            format!("{head}{columns}\n{}\n", record.replace('\t', " ")),
            "line 3: the line has 1 of the 8 columns; columns must be separated by tabs, not spaces",
        ),
        (
            format!("{head}{columns}\n20\t76758\t.\t0\t1\t.\tPASS\t\n"),
            "line 3, REF: \"0\" is not a sequence of bases (A, C, G, T, N)",
        ),
        (
            format!("{head}{columns}\n20\t76758\t.\tT\tC\t30,5\t.\t.\n"),
            "line 3, QUAL: \"30,5\" is not a number; use a point as the decimal separator",
        ),
        (
            format!("{head}{columns}\tFORMAT\tS\n{record}\tGT\t0/1\t0/0\t0/0\n"),
            "line 3, samples: the line has 3 sample columns, the header has 1; is the line truncated?",
        ),
        (String::new(), "line 1: the file is empty; a VCF file is expected"),
    ] {
        for mode in modes() {
            assert_eq!(error_of(&text, mode).to_string(), expected);
        }
        assert_eq!(check_preview(text.as_bytes(), true).unwrap_err().to_string(), expected);
    }
}

#[test]
fn joined_bgzip_files_are_read_to_the_end() {
    let head = format!("##fileformat=VCFv4.2\n{COLUMNS}\n{}\n", record(76_758, "."));
    let second = format!("{}\n", record(1_000_226, "."));
    let third = format!("{}\n", record(3_740_746, "."));
    let part = |texts: &[&[u8]]| bgzf_blocks(&[texts, &[b""]].concat());
    let joined = [part(&[head.as_bytes()]), part(&[second.as_bytes(), third.as_bytes()])].concat();
    let other_end = bgzf_blocks(&[b""]);
    let joined = [&joined[..joined.len() - other_end.len()], &gas_shared::vcf::BGZF_END].concat();
    for mode in modes() {
        let (warnings, out) = annotated(&joined, mode);
        assert_eq!(records_of(&out).len(), 3);
        assert!(warnings.iter().all(|w| !w.contains("BGZF")), "{warnings:?}");
    }
}

#[test]
fn a_bgzip_file_without_its_end_is_read_with_a_warning_if_its_records_are_whole() {
    let head = format!("##fileformat=VCFv4.2\n{COLUMNS}\n{}\n", record(76_758, "."));
    let second = format!("{}\n", record(1_000_226, "."));
    let whole = bgzf_blocks(&[head.as_bytes(), second.as_bytes()]);
    let expected =
        "the compressed file does not end with the empty block that marks its end (BGZF)";
    for mode in modes() {
        let (warnings, out) = annotated(&whole, mode);
        assert_eq!(records_of(&out).len(), 2);
        assert!(warnings[0].starts_with(expected), "{warnings:?}");
        for cut in [1, 30] {
            let error = error_of(&whole[..whole.len() - cut], mode).to_string();
            assert!(error.contains("it ends within a block") && error.contains("again"), "{error}");
        }
        let marked = [whole.as_slice(), &gas_shared::vcf::BGZF_END].concat();
        for (packed, expected) in [
            (marked, "other bytes follow the block that marks its end"),
            (gzip(head.as_bytes()), "other bytes follow the compressed text"),
        ] {
            for trailing in [&b"the end of the file\n"[..], &[0; 20]] {
                let error = error_of([&packed, trailing].concat(), mode).to_string();
                assert!(error.contains(expected), "{error}");
            }
        }
        let within_a_line = bgzf_blocks(&[head.as_bytes(), &second.as_bytes()[..second.len() - 1]]);
        let error = error_of(&within_a_line, mode).to_string();
        assert!(error.contains("it ends within a line"), "{error}");
    }
    let report = check(&file(&whole));
    assert!(report.valid && report.findings[0].code == "no_end_mark", "{report:?}");
}

#[test]
fn positions_beyond_a_tabix_index_do_not_prevent_the_index() {
    let text = format!(
        "##fileformat=VCFv4.2\n{COLUMNS}\n{}\n20\t4294967296\t.\tN\tA\t.\t.\tEND=999999999999999\n",
        record(76_758, "END=900000000000")
    );
    let input = file(text);
    let (_, output) = annotate(&input, &Options::default()).unwrap();
    let index = index_of(&output);
    assert_eq!(std::fs::read(write_index(&output).unwrap()).unwrap(), index);
}

#[test]
fn a_record_with_thousands_of_alleles_has_an_entry_for_each() {
    let base = char::from(REFERENCE.contig(b"20").unwrap().bases(825_474, 825_474).unwrap()[0]);
    let bases = ['A', 'C', 'G', 'T'];
    let alts: Vec<String> = (0..3000usize)
        .map(|n| {
            (0..6).fold(base.to_string(), |alt, at| alt + &bases[n >> (2 * at) & 3].to_string())
        })
        .collect();
    let text = format!(
        "##fileformat=VCFv4.2\n{COLUMNS}\n20\t825474\t.\t{base}\t{}\t.\t.\t.\n",
        alts.join(",")
    );
    let (_, out) = annotated(&text, modes()[0]);
    let entries = records_of(&out)[0].split("CSQ=").nth(1).unwrap();
    let alleles: std::collections::HashSet<&str> =
        entries.split(',').map(|entry| entry.split('|').next().unwrap()).collect();
    assert_eq!(alleles.len(), 3000);
    annotated(&text, modes()[2]);
}

/// A BCF file with these records (POS, REF, ALT) on chromosome 20, without samples.
fn bcf(records: &[(i32, &str, &str)]) -> Vec<u8> {
    let header = format!(
        "##fileformat=VCFv4.2\n##FILTER=<ID=PASS,Description=\"x\",IDX=0>\n\
         ##contig=<ID=20,length=63025520,IDX=0>\n##a line that only htslib accepts\n\
         ##INFO=<ID=DP,Number=1,Type=Integer,Description=\"d\",IDX=1>\n{COLUMNS}\n\0"
    );
    let text = |text: &str| [&[(text.len() as u8) << 4 | 7], text.as_bytes()].concat();
    let mut out = b"BCF\x02\x02".to_vec();
    out.extend_from_slice(&(header.len() as u32).to_le_bytes());
    out.extend_from_slice(header.as_bytes());
    for (pos, reference, alt) in records {
        let mut shared = 0i32.to_le_bytes().to_vec();
        shared.extend_from_slice(&(pos - 1).to_le_bytes());
        shared.extend_from_slice(&(reference.len() as i32).to_le_bytes());
        shared.extend_from_slice(&0x7f80_0001u32.to_le_bytes());
        shared.extend_from_slice(&[1, 0, 2, 0, 0, 0, 0, 0, 7]);
        shared.extend_from_slice(&[text(reference), text(alt)].concat());
        shared.extend_from_slice(&[0x11, 0, 0x11, 1, 0x11, 42]);
        out.extend_from_slice(&(shared.len() as u32).to_le_bytes());
        out.extend_from_slice(&0u32.to_le_bytes());
        out.extend_from_slice(&shared);
    }
    out
}

#[test]
fn bcf_gives_the_same_annotations_as_the_same_records_in_vcf() {
    let positions = [76_758, 1_000_226, 3_740_746];
    let lines: Vec<String> =
        positions.map(|pos| record(pos, "DP=42").replace(".\t.\tDP", ".\tPASS\tDP")).into();
    let columns: Vec<Vec<&str>> = lines.iter().map(|line| line.split('\t').collect()).collect();
    let records: Vec<(i32, &str, &str)> =
        columns.iter().map(|c| (c[1].parse().unwrap(), c[3], c[4])).collect();
    let text = format!(
        "##fileformat=VCFv4.2\n##FILTER=<ID=PASS,Description=\"x\">\n\
         ##contig=<ID=20,length=63025520>\n##a line that only htslib accepts\n\
         ##INFO=<ID=DP,Number=1,Type=Integer,Description=\"d\">\n{COLUMNS}\n{}\n",
        lines.join("\n")
    );
    let plain = bcf(&records);
    let packed = [bgzf_blocks(&[&plain]), gas_shared::vcf::BGZF_END.to_vec()].concat();
    let unsorted = bcf(&[records[2], records[0], records[1]]);
    for mode in modes() {
        let expected = annotated(&text, mode).1;
        for bytes in [&plain, &packed, &gzip(&plain), &unsorted] {
            assert_eq!(annotated(bytes, mode).1, expected);
        }
    }
    let path = file(&packed);
    assert_eq!(check(&path).records, 3);
    assert_eq!(summarize_file(&path, InputLimits::DEFAULT).unwrap().records, 3);
    assert_eq!(check_preview(&plain, true).unwrap().header.unwrap().contigs.len(), 1);
}

#[test]
fn errors_in_bcf_name_the_record() {
    let good = (76_758, "T", "A");
    for mode in modes() {
        for (records, expected) in [
            (
                [good, (76_760, "?", "A"), good],
                "record 2, REF: \"?\" is not a sequence of bases (A, C, G, T, N)",
            ),
            (
                [good, (70_000, "A\t", "A"), good],
                "the compressed file is damaged or truncated (BCF record 2: a text has a control character); upload \
                 it again",
            ),
            (
                [(80_000, "A", "C"), good, (76_000, "?", "A")],
                "record 3, REF: \"?\" is not a sequence of bases (A, C, G, T, N)",
            ),
        ] {
            assert_eq!(error_of(bcf(&records), mode).to_string(), expected);
            let found = check(&file(bcf(&records))).findings;
            let found = found.iter().find(|finding| finding.error).unwrap();
            assert_eq!((found.line, found.message.as_str()), (None, expected));
        }
        let cut = bcf(&[good]);
        let error = error_of(&cut[..cut.len() - 1], mode).to_string();
        assert!(error.contains("BCF record 1: the file ends within the record"), "{error}");
    }
}

/// A file with records on chromosome 20 and these lines of the header before the columns.
fn vcf(head: &str, columns: &str, records: &[String]) -> String {
    format!("##fileformat=VCFv4.2\n{head}{COLUMNS}{columns}\n{}\n", records.join("\n"))
}

#[test]
fn warnings_about_alleles_name_the_first_line_of_the_users_file_after_sorting() {
    let inversion = |pos: i32| format!("20\t{pos}\t.\tN\t<INV>\t.\t.\t.");
    // Two chunks of lines in descending order, so that the first line is the last after sorting.
    let mut lines: Vec<String> = (0..3_000).rev().map(|n| record(100_000 + n, ".")).collect();
    lines[7] = inversion(900_000);
    lines[2_500] = inversion(80_000);
    let unsorted = vcf("\n", "", &lines);
    lines.reverse();
    let descending = vcf("\n", "", &lines[499..]);
    for (text, line, is_sorted) in [(unsorted, 11, true), (descending, 4, true)] {
        for mode in modes() {
            for threads in [1, 3] {
                let options = Options { threads, mode, ..Options::default() };
                let (warnings, _) = annotate(&file(&text), &options).unwrap();
                let expected = format!("(first in line {line}, ");
                assert!(warnings.iter().any(|w| w.contains(&expected)), "{warnings:?}");
                let sorted = warnings.iter().any(|w| w.contains("so it was sorted"));
                assert_eq!(sorted, is_sorted, "{warnings:?}");
            }
        }
    }
}

#[test]
fn warnings_in_bcf_name_the_record() {
    let inversion = (80_000, "N", "<INV>");
    let bytes = bcf(&[(100_000, "N", "C"), inversion, (76_758, "T", "A")]);
    for mode in modes() {
        let (warnings, _) = annotated(&bytes, mode);
        let expected = "record 2, POS: 80000 comes after 100000; the file is not sorted, so it was";
        assert!(warnings[0].starts_with(expected), "{warnings:?}");
        assert!(warnings.iter().any(|w| w.contains("(first in record 2, ")), "{warnings:?}");
    }
    let found = check(&file(&bytes)).findings;
    let found = found.iter().find(|finding| finding.code == "unsorted").unwrap();
    assert!(!found.error && found.message.starts_with("record 2, POS: 80000"), "{found:?}");
}

#[test]
fn deletions_of_vcf_3_3_are_sorted_by_their_position_in_vcf_4() {
    let line = |pos: i32, alt: &str| {
        let base = char::from(REFERENCE.contig(b"20").unwrap().bases(pos, pos).unwrap()[0]);
        format!("20\t{pos}\t.\t{base}\t{alt}\t.\t.\t.")
    };
    let lines = [line(76_758, "A"), line(76_758, "D2"), line(76_760, "IACG"), line(76_760, "D1")];
    let text = format!("##format=VCFv3.3\n{COLUMNS}\n{}\n", lines.join("\n"));
    for mode in modes() {
        let (warnings, out) = annotated(&text, mode);
        assert!(warnings[0].contains("line 4, POS: 76757 comes after 76758"), "{warnings:?}");
        let records = records_of(&out);
        let positions: Vec<_> = records.iter().map(|r| r.split('\t').nth(1).unwrap()).collect();
        assert_eq!(positions, ["76757", "76758", "76759", "76760"]);
    }
}

#[test]
fn the_columns_after_info_are_repaired_or_named() {
    let plain = record(76_758, ".");
    for (columns, rest, expected, warning) in [
        ("\t", "", "", "ends the #CHROM line"),
        ("\t\t\t", "\t", "", "ends the #CHROM line"),
        ("\tFORMAT", "", "", "ends the #CHROM line"),
        ("\tFORMAT\t", "\tGT", "", "ends the #CHROM line"),
        ("\tformat\tS\t", "\tGT\t0/1", "\tFORMAT\tS", "upper case"),
        ("\tFORMAT\tS\t", "\tGT\t0/1", "\tFORMAT\tS", "ends the #CHROM line"),
    ] {
        let text = vcf("", columns, &[format!("{plain}{rest}")]);
        for mode in modes() {
            let (warnings, out) = annotated(&text, mode);
            assert!(warnings.iter().any(|w| w.contains(warning)), "{columns:?}: {warnings:?}");
            assert!(out.contains(&format!("{COLUMNS}{expected}\n")), "{columns:?}: {out}");
            assert!(!records_of(&out)[0].ends_with('\t'), "{columns:?}");
        }
        assert!(check(&file(&text)).valid, "{columns:?}");
    }
    for (columns, rest, expected) in [
        ("\tS1", "\t0/1", "line 2, samples: after INFO, the #CHROM line must have FORMAT"),
        (
            "\tFORMAT\tS\t\tT",
            "\tGT\t.\t.\t.",
            "line 2, samples: after INFO, the #CHROM line must have FORMAT",
        ),
        (
            "\tFORMAT\tS",
            "\tGT\t0/1:7",
            "line 3, samples: a sample has more values than FORMAT has keys",
        ),
        ("\tFORMAT\tS", "\tGT\t", "line 3, samples: a column is empty"),
        ("\tFORMAT\tS", "\t\t0/1", "line 3, FORMAT: a column is empty"),
    ] {
        let text = vcf("", columns, &[format!("{plain}{rest}")]);
        for mode in modes() {
            let error = error_of(&text, mode).to_string();
            assert!(error.starts_with(expected), "{columns:?}{rest:?}: {error}");
        }
        let preview = check_preview(text.as_bytes(), true).unwrap_err().to_string();
        assert!(preview.starts_with(expected), "{preview}");
        let found = &check(&file(&text)).findings[0];
        assert!(found.to_string().starts_with(&format!("error: {expected}")), "{found}");
    }
}

#[test]
fn a_record_has_no_format_where_the_header_has_none() {
    for (columns, format) in [("\tFORMAT", "\tGT"), ("\tFORMAT\t", "\tGT"), ("\tFORMAT", "")] {
        for mode in modes() {
            let record = format!("{}{format}", record(76_757, "DP=3"));
            let (_, out) = annotated(vcf("", columns, &[record]), mode);
            let columns = header_of(&out).last().unwrap().split('\t').count();
            assert_eq!((columns, records_of(&out)[0].split('\t').count()), (8, 8), "{out}");
        }
    }
}

#[test]
fn format_stays_valid_without_the_key_of_csq_mode() {
    let samples = |format: &str, a: &str, b: &str| format!("\t{format}\t{a}\t{b}");
    let lines = [
        record(76_758, ".") + &samples("BCSQ:GT", "77:0|1", "77"),
        record(1_000_226, ".") + &samples("BCSQ", "77", "."),
        record(1_000_227, ".") + &samples("BCSQ:DP", "77", "1:2"),
    ];
    let (_, out) = annotated(vcf("", "\tFORMAT\tA\tB", &lines), modes()[2]);
    let records = records_of(&out);
    assert!(records[0].ends_with("\tGT:BCSQ\t0|1:2\t.:0"), "{out}");
    assert!(records[1].ends_with("\t.\t.\t."), "{out}");
    assert!(records[2].ends_with("\tDP\t.\t2"), "{out}");
}

#[test]
fn control_characters_are_rejected_in_any_column_and_in_the_header() {
    let plain = record(76_758, "DP=3") + "\tGT\t0/1";
    for control in ['\0', '\u{1}', '\u{b}', '\u{c}', '\u{1b}', '\r'] {
        for (column, name) in [
            (0, "CHROM"),
            (2, "ID"),
            (5, "QUAL"),
            (6, "FILTER"),
            (7, "INFO"),
            (8, "FORMAT"),
            (9, "samples"),
        ] {
            let mut columns: Vec<String> = plain.split('\t').map(str::to_owned).collect();
            columns[column] = format!("{control}{}", columns[column]);
            let text = vcf("", "\tFORMAT\tS", &[columns.join("\t")]);
            let error = error_of(&text, modes()[0]).to_string();
            assert!(error.starts_with(&format!("line 3, {name}: ")), "{column}: {error}");
        }
        if control == '\r' {
            continue;
        }
        for text in [
            vcf(&format!("##source=a{control}b\n"), "", &[record(76_758, ".")]),
            vcf("##source=x\n", &format!("\tFORMAT\tS{control}"), std::slice::from_ref(&plain)),
        ] {
            for mode in modes() {
                let error = error_of(&text, mode);
                assert_eq!(error.code(), "not_text", "{error}");
            }
        }
    }
}

#[test]
fn carriage_returns_within_a_header_line_are_removed_with_a_warning() {
    let text = vcf("##x=1\r##y=2\n##source=a\rb\n", "", &[record(76_758, ".")]);
    for mode in modes() {
        let (warnings, out) = annotated(&text, mode);
        assert!(out.contains("\n##x=1\n##y=2\n##source=ab\n") && !out.contains('\r'), "{out}");
        assert!(warnings.iter().any(|w| w.starts_with("line 2: ")), "{warnings:?}");
    }
}

#[test]
fn byte_order_marks_are_removed_wherever_files_were_joined() {
    let lines = [76_758, 1_000_226, 3_740_746].map(|pos| format!("\u{feff}{}\r", record(pos, ".")));
    let sorted = format!("\u{feff}\u{feff}{}", vcf("\u{feff}##source=x\n", "", &lines));
    let unsorted = vcf("##source=x\n", "", &[lines[2].clone(), lines[0].clone(), lines[1].clone()]);
    let plain = lines.each_ref().map(|line| line.trim_matches(['\u{feff}', '\r']).to_owned());
    for mode in modes() {
        let expected = annotated(vcf("##source=x\n", "", &plain), mode).1;
        for text in [&sorted, &unsorted] {
            assert_eq!(annotated(text, mode).1, expected);
            assert!(check(&file(text)).valid);
            assert_eq!(check_preview(text.as_bytes(), true).unwrap().records, 3);
        }
    }
}

#[test]
fn a_definition_without_brackets_gets_them_with_a_warning() {
    let head = "##INFO=ID=ZZ,Number=1,Type=Integer,Description=\"z\"\n##contig=ID=20\n";
    for mode in modes() {
        let (warnings, out) = annotated(vcf(head, "", &[record(76_758, "ZZ=1")]), mode);
        let header = header_of(&out);
        for expected in
            ["##INFO=<ID=ZZ,Number=1,Type=Integer,Description=\"z\">", "##contig=<ID=20>"]
        {
            assert!(header.contains(&expected), "{header:?}");
        }
        assert!(warnings.iter().filter(|w| w.contains("has no brackets")).count() == 2);
    }
}

#[test]
fn a_missing_value_among_the_fields_of_info_is_left_out() {
    for info in [".;DP=3", "DP=3;.", ".;.;DP=3;."] {
        for mode in modes() {
            let (_, out) = annotated(vcf("", "", &[record(76_758, info)]), mode);
            let found = records_of(&out)[0].split('\t').nth(7).unwrap();
            assert!(found.starts_with(&format!("DP=3;{}=", mode.key())), "{info}: {found}");
        }
    }
}

#[test]
fn a_missing_ref_is_a_reason_of_its_note() {
    for mode in modes() {
        let (_, out) = annotated(vcf("", "", &["20\t76758\t.\t.\tA\t.\t.\t.".to_owned()]), mode);
        assert!(records_of(&out)[0].ends_with("\tGAS_NOTE=not_a_variant"), "{out}");
        assert!(out.contains("not_a_variant (no ALT is a variant, or REF is missing)"), "{out}");
    }
}

#[test]
fn outputs_are_bgzipped_by_their_ending_in_any_case() {
    let input = file(vcf("", "", &[record(76_758, ".")]));
    let output = input.with_file_name("OUT.VCF.GZ");
    let never = AtomicBool::new(false);
    annotate_file(&input, &output, &REFERENCE, &Options::default(), &never, &|_| {}).unwrap();
    assert_eq!(records_of(&unpacked(&output)).len(), 1);
    assert!(write_index(&output).unwrap().exists());
}
