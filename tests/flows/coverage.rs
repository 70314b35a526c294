//! Files that the reference covers in part, not at all, or that have no variants.

use crate::program::{BOTH, Program};
use crate::stack::{program, stack};
use anyhow::{Context, Result};
use gas_tests::Client;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::process::Command;

const HEADER: &str = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";

/// Submits records, and returns the job after it has ended.
async fn ended(program: &Program, records: &str) -> Result<Value> {
    let id = program.submit("part.vcf", &format!("{HEADER}{records}")).await?;
    for _ in 0..300 {
        let job = program.call_json(Method::GET, &format!("/jobs/{id}"), None).await?;
        if !job["finished_at"].is_null() {
            return Ok(job);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    anyhow::bail!("job {id} has not ended")
}

#[tokio::test]
async fn a_partly_covered_file_is_completed_with_warnings() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-coverage").await?;
    let api = Program::of(&ada, &base, &BOTH).await?;
    // The demo reference has T at this position, and no chromosome 7.
    let known = "20\t76758\t.\tT\tC\t.\t.\t.\n";
    let block = "7\t5\t.\tG\t<NON_REF>\t.\t.\tEND=90\n";
    let job = ended(&api, &format!("{known}{block}7\t95\t.\tG\tA\t.\t.\t.\n")).await?;
    assert_eq!(job["status"], "completed");
    let message = "1 record is on a contig that the reference does not have, and is not annotated.";
    let warning = json!({ "code": "outside_reference", "count": 1, "message": message });
    assert_eq!(job["warnings"], json!([warning]));
    assert_eq!((&job["result"]["records"], &job["result"]["variants"]), (&json!(3), &json!(1)));

    let id = job["id"].as_str().context("no id")?;
    let mut status = Command::new(program("gas-cli")?);
    status.args(["status", id]).env("GAS_URL", &base).env("GAS_TOKEN", &api.token);
    let status = status.output().await?;
    let text = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(status.status.success() && text.contains("completed with warnings"), "{text}");
    assert!(text.contains(message), "{text}");

    // A file without variants lacks nothing.
    for records in ["", block] {
        let job = ended(&api, records).await?;
        assert_eq!((&job["status"], &job["warnings"]), (&json!("completed"), &json!([])));
    }
    Ok(())
}

#[tokio::test]
async fn a_file_outside_of_the_reference_fails_with_what_to_do() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-outside").await?;
    let program = Program::of(&ada, &base, &BOTH).await?;
    let records: String = (1..=7).map(|pos| format!("7\t{pos}\t.\tG\tA\t.\t.\t.\n")).collect();
    let job = ended(&program, &records).await?;
    assert_eq!(job["status"], "failed");
    let failure = &job["failure"];
    assert_eq!(
        (&failure["kind"], &failure["code"]),
        (&json!("input"), &json!("nothing_annotated"))
    );
    let reason = failure["reason"].as_str().context("no reason")?;
    let expected =
        "none of the 7 records is in the reference: 7 on contigs that GRCh37 does not have (7)";
    assert!(reason.starts_with(expected) && reason.contains("ask the operator"), "{reason}");
    Ok(())
}
