//! The command `gas-worker confinement`, on this machine and where namespaces are forbidden.

use std::process::Command;

const WORKER: &str = env!("CARGO_BIN_EXE_gas-worker");

/// The command, run where no further user namespaces can be made.
fn without_namespaces() -> Command {
    let mut command = Command::new("bwrap");
    command
        .args(["--dev-bind", "/", "/", "--unshare-user", "--disable-userns", "--", WORKER])
        .args(["confinement", "--runs", "1"]);
    command
}

#[test]
fn the_cost_of_the_confinement_is_printed() {
    let run = Command::new(WORKER).args(["confinement", "--runs", "3"]).output().unwrap();
    assert!(run.status.success(), "{run:?}");
    assert!(String::from_utf8(run.stdout).unwrap().contains("ms confined"));
}

#[test]
fn a_worker_that_cannot_confine_the_engine_says_what_to_do() {
    let run = without_namespaces().output().unwrap();
    assert!(!run.status.success(), "{run:?}");
    let error = String::from_utf8(run.stderr).unwrap();
    for part in ["the engine cannot be confined", "namespaces", "GAS_ENGINE_CONFINEMENT=limits"] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn an_operator_can_run_the_engine_with_limits_only() {
    let run = without_namespaces().env("GAS_ENGINE_CONFINEMENT", "limits").output().unwrap();
    assert!(run.status.success(), "{run:?}");
    let log = String::from_utf8([run.stdout, run.stderr].concat()).unwrap();
    assert!(log.contains("the engine is not confined"), "{log}");
}
