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
