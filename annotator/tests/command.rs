//! The exit codes of the command `gas-annotate`.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;

use common::{REFERENCE, REFERENCE_FOLDER};
use gas_shared::exit_code::{BAD_INPUT, DISK_FULL};
use serde_json::Value;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

const HEADER: &str = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";

/// A valid file with one record.
fn valid() -> String {
    let base = char::from(REFERENCE.contig(b"MT").unwrap().bases(9, 9).unwrap()[0]);
    format!("{HEADER}MT\t9\t.\t{base}\tN\t.\t.\t.\n")
}

/// Annotates a text in a folder. Outputs with a name in `full` are on a full disk.
fn annotate(folder: &Path, text: &str, full: &[&str]) -> Output {
    std::fs::write(folder.join("in.vcf"), text).unwrap();
    for name in full {
        // Every write to this device fails with ENOSPC. A failed run removes the link only.
        symlink("/dev/full", folder.join(name)).unwrap();
    }
    Command::new(env!("CARGO_BIN_EXE_gas-annotate"))
        .current_dir(folder)
        .args(["annotate", "in.vcf", "--out", "out.vcf", "--log", "out.log", "--reference"])
        .arg(&*REFERENCE_FOLDER)
        .output()
        .unwrap()
}

#[test]
fn a_valid_file_has_exit_code_0_and_an_invalid_one_2() {
    let folder = tempfile::tempdir().unwrap();
    let run = annotate(folder.path(), &valid(), &[]);
    assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
    let run = Command::new(env!("CARGO_BIN_EXE_gas-annotate"))
        .current_dir(folder.path())
        .args(["annotate", "in.vcf", "--out", "out.vcf", "--index", "--reference"])
        .arg(&*REFERENCE_FOLDER)
        .output()
        .unwrap();
    let error = String::from_utf8(run.stderr).unwrap();
    assert!(error.contains("warning: the output has no index, which needs a bgzipped"), "{error}");
    let run = annotate(folder.path(), &format!("{HEADER}MT\tx\t.\tA\tC\t.\t.\t.\n"), &[]);
    assert_eq!(run.status.code(), Some(BAD_INPUT.into()));
}

#[test]
fn a_file_of_which_nothing_can_be_annotated_has_exit_code_2_unless_that_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("{HEADER}7\t9\t.\tA\tC\t.\t.\t.\n");
    let run = annotate(folder.path(), &text, &[]);
    let error = String::from_utf8(run.stderr).unwrap();
    assert_eq!(run.status.code(), Some(BAD_INPUT.into()), "{error}");
    assert!(error.contains(r#""code":"nothing_annotated""#), "{error}");
    assert!(!folder.path().join("out.vcf").exists());
    let run = Command::new(env!("CARGO_BIN_EXE_gas-annotate"))
        .current_dir(folder.path())
        .args(["annotate", "in.vcf", "--out", "out.vcf", "--allow-unannotated"])
        .args(["--progress", "json", "--reference"])
        .arg(&*REFERENCE_FOLDER)
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
    let events = String::from_utf8(run.stdout).unwrap();
    let done = r#"{"event":"done","records":1,"not_annotated":{"outside_reference":1},"#;
    assert!(events.contains(done), "{events}");
    let engine = format!(r#""engine":"gas-annotate {}","#, env!("CARGO_PKG_VERSION"));
    assert!(events.contains(&engine), "{events}");
}

#[test]
fn the_error_about_another_assembly_names_it_if_it_is_known() {
    let folder = tempfile::tempdir().unwrap();
    // Most REF alleles differ, and the header names another assembly or none.
    let records: String =
        (0..30).map(|n| format!("20\t{}\t.\tA\tT\t.\t.\t.\n", 100_000 + n)).collect();
    for (line, found) in [
        ("##contig=<ID=20,length=64444167>", Some("GRCh38")),
        ("##reference=GRCh38.fa", Some("GRCh38")),
        ("##source=x", None),
    ] {
        let columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO";
        let text = format!("##fileformat=VCFv4.2\n{line}\n{columns}\n{records}");
        let run = annotate(folder.path(), &text, &[]);
        let stderr = String::from_utf8(run.stderr).unwrap();
        let error: Value = serde_json::from_str(stderr.lines().last().unwrap()).unwrap();
        assert_eq!(error["code"], "wrong_assembly", "{stderr}");
        assert_eq!(error["found_assembly"].as_str(), found, "{stderr}");
    }
}

#[test]
fn a_full_disk_has_exit_code_3_whatever_is_written_to_it() {
    for full in ["out.vcf", "out.log", "out.vcf.summary.json"] {
        let folder = tempfile::tempdir().unwrap();
        let run = annotate(folder.path(), &valid(), &[full]);
        let error = String::from_utf8(run.stderr).unwrap();
        assert_eq!(run.status.code(), Some(DISK_FULL.into()), "{full}: {error}");
        assert!(error.contains("No space left on device"), "{full}: {error}");
    }
}

/// Runs the command in a folder, with the reference and what runs in shards have in common.
fn run_in(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gas-annotate"))
        .current_dir(folder)
        .args(arguments)
        .args(["--cut-interval", "1000", "--layout", "ann", "--reference"])
        .arg(&*REFERENCE_FOLDER)
        .output()
        .unwrap()
}

fn succeed_in(folder: &Path, arguments: &[&str]) {
    let run = run_in(folder, arguments);
    assert!(run.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&run.stderr));
}

/// A text with records on the mitochondrion.
fn records() -> String {
    let contig = REFERENCE.contig(b"MT").unwrap();
    let record = |pos: i32| {
        let base = char::from(contig.bases(pos, pos).unwrap()[0]);
        let alt = if base == 'A' { 'G' } else { 'A' };
        format!("MT\t{pos}\t.\t{base}\t{alt}\t.\t.\t.\n")
    };
    let records = (1..16_000).filter(|pos| *pos != 3107).map(record);
    format!("{HEADER}{}", records.collect::<String>())
}

#[test]
fn shards_are_joined_to_the_file_of_one_run_or_to_an_upload() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let read = |name: &str| std::fs::read(path.join(name)).unwrap();
    std::fs::write(path.join("in.vcf"), records()).unwrap();
    succeed_in(
        path,
        &["annotate", "in.vcf", "--out", "whole.vcf.gz", "--index", "--log", "whole.log"],
    );
    succeed_in(
        path,
        &["plan", "in.vcf", "--out", "plan", "--shard-bytes", "200000", "--etag", "e1"],
    );
    let head: Value = serde_json::from_slice(&read("plan/head.json")).unwrap();
    assert_eq!((&head["shards"], &head["etag"]), (&2.into(), &"e1".into()), "{head}");
    for number in ["0", "1"] {
        let out = format!("{number}.gz");
        let arguments =
            ["annotate-shard", "in.vcf", "--plan", "plan", "--shard", number, "--out", &out];
        succeed_in(path, &arguments);
    }
    let join = ["join", "in.vcf", "0.gz", "1.gz", "--plan", "plan"];
    succeed_in(path, &[&join[..], &["--out", "joined.vcf.gz", "--log", "joined.log"]].concat());
    for ending in ["vcf.gz", "vcf.gz.tbi", "vcf.gz.summary.json", "log"] {
        let [joined, whole] = ["joined", "whole"].map(|name| read(&format!("{name}.{ending}")));
        assert!(joined == whole, "{ending}");
    }
    let upload = ["--out", "frame.vcf.gz", "--upload-parts", "parts.jsonl"];
    succeed_in(path, &[&join[..], &upload].concat());
    let mut uploaded = Vec::new();
    for line in String::from_utf8(read("parts.jsonl")).unwrap().lines() {
        let part: Value = serde_json::from_str(line).unwrap();
        let copied = part.get("copy").map(std::slice::from_ref);
        for range in copied.or(part["upload"].as_array().map(Vec::as_slice)).unwrap() {
            let bytes = match range["file"]["shard"].as_u64() {
                Some(number) => read(&format!("{number}.gz")),
                None => read("frame.vcf.gz"),
            };
            let at = |name: &str| usize::try_from(range[name].as_u64().unwrap()).unwrap();
            uploaded.extend_from_slice(&bytes[at("start")..at("end")]);
        }
    }
    assert!(uploaded == read("whole.vcf.gz"));
    assert!(read("frame.vcf.gz.tbi") == read("whole.vcf.gz.tbi"));
}

#[test]
fn a_shard_with_an_invalid_line_has_exit_code_2_and_a_missing_one_1() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    std::fs::write(path.join("in.vcf"), records() + "MT\tx\t.\tA\tC\t.\t.\t.\n").unwrap();
    succeed_in(path, &["plan", "in.vcf", "--out", "plan", "--shards", "2"]);
    let shard = |number| {
        let plan = ["--plan", "plan", "--shard", number, "--out", "out.gz"];
        let run = run_in(path, &[&["annotate-shard", "in.vcf"][..], &plan].concat());
        (run.status.code(), String::from_utf8(run.stderr).unwrap())
    };
    let (code, error) = shard("1");
    assert_eq!(code, Some(BAD_INPUT.into()), "{error}");
    assert!(error.contains(r#""error":"line 16001, POS: "#), "{error}");
    assert!(!path.join("out.gz").exists() && !path.join("out.gz.header").exists());
    let (code, error) = shard("2");
    assert_eq!((code, error.as_str()), (Some(1), "error: the plan has no shard 2\n"));
}
