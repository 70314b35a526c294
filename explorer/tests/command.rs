//! The command `gas-index`: exit codes and what a run leaves behind.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use std::path::Path;
use std::process::{Command, Output};

const HEADER: &str = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";

fn gas_index(result: &Path, index: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gas-index")).args([result, index]).output().unwrap()
}

#[test]
fn a_result_is_indexed_with_exit_code_0() {
    let folder = tempfile::tempdir().unwrap();
    let (result, index) = (folder.path().join("result.vcf"), folder.path().join("index"));
    std::fs::write(&result, format!("{HEADER}1\t5\trs7\tA\tC\t.\tPASS\t.\n")).unwrap();
    let run = gas_index(&result, &index);
    assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
    let mut expected = Vec::new();
    gas_explorer::index::build(std::fs::File::open(&result).unwrap(), &mut expected).unwrap();
    assert_eq!(std::fs::read(&index).unwrap(), expected);
}

#[test]
fn a_result_that_cannot_be_indexed_has_exit_code_2_and_a_message_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let (result, index) = (folder.path().join("result.vcf"), folder.path().join("index"));
    std::fs::write(&result, format!("{HEADER}1\tfive\t.\tA\tC\t.\t.\t.\n")).unwrap();
    let run = gas_index(&result, &index);
    assert_eq!(run.status.code(), Some(2));
    let message: serde_json::Value = serde_json::from_slice(&run.stderr).unwrap();
    assert_eq!(message["code"], "bad_position");
    assert!(message["error"].as_str().unwrap().contains("line 3, POS"), "{message}");
    assert!(!index.exists(), "no partial index is left");
}

#[test]
fn a_missing_result_has_exit_code_1() {
    let folder = tempfile::tempdir().unwrap();
    let run = gas_index(&folder.path().join("none"), &folder.path().join("index"));
    assert_eq!(run.status.code(), Some(1));
}

#[test]
fn a_full_disk_has_exit_code_3() {
    let folder = tempfile::tempdir().unwrap();
    let (result, index) = (folder.path().join("result.vcf"), folder.path().join("index"));
    std::fs::write(&result, format!("{HEADER}1\t5\trs7\tA\tC\t.\tPASS\t.\n")).unwrap();
    // Every write to this device fails with ENOSPC. The failed run removes the link only.
    std::os::unix::fs::symlink("/dev/full", &index).unwrap();
    let run = gas_index(&result, &index);
    let error = String::from_utf8(run.stderr).unwrap();
    assert_eq!(run.status.code(), Some(gas_shared::exit_code::DISK_FULL.into()), "{error}");
    assert!(index.symlink_metadata().is_err(), "no partial index is left");
}
