//! Tests of the server as a process: signals, crashes and memory.

use crate::support::{MIB, NOWHERE, VAULT, client, content, ended, output, retrieval, upload};
use aws_sdk_glacier::Client;
use rustix::process::{Pid, Signal, kill_process};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// Starts the program and waits until it is ready.
async fn start(folder: &Path) -> (Child, Client) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_gas-local-glacier"))
        .args(["--listen=127.0.0.1:0", "--standard-secs=0", "--data-dir"])
        .arg(folder)
        .envs([("AWS_ENDPOINT_URL", NOWHERE), ("AWS_REGION", "us-east-1")])
        .envs([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")])
        .env_remove("RUST_LOG")
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if let Some((_, address)) = line.split_once("glacier ready listen=") {
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            let address: SocketAddr = address.trim().parse().unwrap();
            return (child, client(address));
        }
    }
    panic!("the server did not start: {:?}", child.wait().await);
}

#[tokio::test]
async fn a_kill_loses_no_data_and_sigterm_exits_cleanly() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, client) = start(folder.path()).await;
    client.create_vault().account_id("-").vault_name(VAULT).send().await.unwrap();
    let archive = upload(&client, content(3 * MIB)).await;
    let job = retrieval(&archive).r#type("archive-retrieval").build();
    let began = client.initiate_job().account_id("-").vault_name(VAULT).job_parameters(job);
    let job = began.send().await.unwrap().job_id.unwrap();
    child.kill().await.unwrap();

    std::fs::write(folder.path().join("tmp/half"), "an upload that was cut off").unwrap();
    std::fs::write(folder.path().join("data/orphan"), "an archive without a record").unwrap();
    let (mut child, client) = start(folder.path()).await;
    assert!(!folder.path().join("tmp/half").exists());
    assert!(!folder.path().join("data/orphan").exists());
    ended(&client, &job).await;
    assert!(output(&client, &job, None).await.0 == content(3 * MIB));

    let pid = Pid::from_raw(child.id().unwrap().try_into().unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    assert!(child.wait().await.unwrap().success());
}

#[tokio::test]
async fn memory_does_not_depend_on_the_size_of_the_archive() {
    const SIZE: usize = 128 * MIB;
    let folder = tempfile::tempdir().unwrap();
    let (child, client) = start(folder.path()).await;
    client.create_vault().account_id("-").vault_name(VAULT).send().await.unwrap();
    let archive = upload(&client, content(SIZE)).await;
    let job = retrieval(&archive).r#type("archive-retrieval").build();
    let began = client.initiate_job().account_id("-").vault_name(VAULT).job_parameters(job);
    let job = began.send().await.unwrap().job_id.unwrap();
    ended(&client, &job).await;
    assert_eq!(output(&client, &job, None).await.0.len(), SIZE);
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id().unwrap())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kib: usize = peak.trim().trim_end_matches("kB").trim().parse().unwrap();
    assert!(kib * 1024 < SIZE / 2, "{kib} KiB");
}
