//! Jobs that choose one of two references. `./gas test` runs these tests against a stack with a catalog;
//! on the other stack there is nothing to choose, and they do nothing.

use crate::program::{BOTH, Program};
use crate::stack::{program, stack};
use anyhow::{Context, Result};
use gas_tests::Client;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::process::Command;

const GRCH37: &str = "homo_sapiens/GRCh37/demo";
const GRCH38: &str = "homo_sapiens/GRCh38/mitochondrion";

/// A record of the mitochondrion, which both references have, and one that only the first one has.
const RECORDS: &str = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n\
                       20\t76758\t.\tT\tC\t.\t.\t.\nMT\t3243\t.\tA\tG\t.\t.\t.\n";

fn has_catalog() -> bool {
    stack().web_environment().contains_key("GAS_REFERENCE_CATALOG")
}

/// Submits a file with options, and returns the job after it has ended.
async fn ended(program: &Program, options: Value) -> Result<Value> {
    let new = json!({ "file_name": "a.vcf", "size_bytes": RECORDS.len(), "options": options });
    let created = program.call_json(Method::POST, "/jobs", Some(new)).await?;
    program.upload(&created, RECORDS).await?;
    let id = created["job"]["id"].as_str().context("no id")?.to_owned();
    program.call_json(Method::POST, &format!("/jobs/{id}/submit"), None).await?;
    wait(program, &id).await
}

async fn wait(program: &Program, id: &str) -> Result<Value> {
    for _ in 0..300 {
        let job = program.call_json(Method::GET, &format!("/jobs/{id}"), None).await?;
        if !job["finished_at"].is_null() {
            return Ok(job);
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    anyhow::bail!("job {id} has not ended")
}

async fn result(program: &Program, job: &Value) -> Result<String> {
    let id = job["id"].as_str().context("no id")?;
    let path = format!("/jobs/{id}/result?redirect=false");
    let link = program.call_json(Method::GET, &path, None).await?;
    program.plain(link["url"].as_str().context("no link")?).await
}

#[tokio::test]
async fn each_job_is_annotated_by_its_own_reference_and_says_so() -> Result<()> {
    if !has_catalog() {
        return Ok(());
    }
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-two-references").await?;
    let api = Program::of(&ada, &base, &BOTH).await?;
    let list = api.call_json(Method::GET, "/references", None).await?;
    let list = list["references"].as_array().context("no list")?.clone();
    let ids: Vec<_> = list.iter().map(|reference| &reference["id"]).collect();
    assert_eq!(ids, [GRCH37, GRCH38]);
    assert_eq!((&list[0]["is_default"], &list[1]["is_default"]), (&json!(true), &json!(false)));

    let plain = ended(&api, json!({})).await?;
    assert_eq!(plain["status"], "completed", "{plain}");
    assert_eq!(plain["result"]["provenance"]["reference"], GRCH37);
    assert_eq!((&plain["result"]["variants"], &plain["warnings"]), (&json!(2), &json!([])));
    let plain_text = result(&api, &plain).await?;

    let options = json!({ "reference": GRCH38, "layout": "ann", "hgvs": false });
    let other = ended(&api, options).await?;
    assert_eq!(other["status"], "completed", "{other}");
    let provenance = &other["result"]["provenance"];
    assert_eq!(provenance["reference"], GRCH38);
    assert_eq!(provenance["reference_sha256"], list[1]["sha256"]);
    assert!(provenance["engine"].as_str().context("no engine")?.starts_with("gas-annotate "));
    assert_eq!(other["result"]["variants"], 1, "it has no chromosome 20");
    assert_eq!(other["options"]["layout"], "ann");
    let text = result(&api, &other).await?;
    assert!(text.contains("##INFO=<ID=ANN,") && !text.contains("##INFO=<ID=CSQ,"), "{text}");
    assert!(text.contains(GRCH38), "the header names the reference: {text}");

    // Same input and options: same bytes. Then the other reference, from the same upload.
    let path = format!("/jobs/{}/rerun", other["id"].as_str().context("no id")?);
    // Both begin within the download window.
    let again = api.call_json(Method::POST, &path, None).await?;
    let changed = json!({ "options": { "reference": GRCH37 } });
    let changed = api.call_json(Method::POST, &path, Some(changed)).await?;
    let again = wait(&api, again["id"].as_str().context("no id")?).await?;
    assert_eq!(again["options"], other["options"]);
    assert_eq!(result(&api, &again).await?, text);
    let changed = wait(&api, changed["id"].as_str().context("no id")?).await?;
    assert_eq!(changed["result"]["variants"], 2);
    assert_eq!(result(&api, &changed).await?, plain_text);
    Ok(())
}

#[tokio::test]
async fn an_unknown_reference_is_rejected_with_what_can_be_chosen() -> Result<()> {
    if !has_catalog() {
        return Ok(());
    }
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-unknown-reference").await?;
    let api = Program::of(&ada, &base, &BOTH).await?;
    let options = json!({ "reference": "homo_sapiens/GRCh38/ensembl-115" });
    let new = json!({ "file_name": "a.vcf", "size_bytes": 20, "options": options });
    let response = api.call(Method::POST, "/jobs", Some(new)).await?;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let problem: Value = response.json().await?;
    let detail = problem["detail"].as_str().context("no detail")?;
    assert!(detail.ends_with(&format!("choose one of {GRCH37}, {GRCH38}")), "{detail}");

    let mut listed = Command::new(program("gas-cli")?);
    listed.arg("references").env("GAS_URL", &base).env("GAS_TOKEN", &api.token);
    let listed = listed.output().await?;
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(listed.status.success() && text.contains(&format!("{GRCH37}  ")), "{text}");
    assert!(text.contains("(default)"), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_file_of_another_assembly_fails_with_the_reference_that_fits() -> Result<()> {
    if !has_catalog() {
        return Ok(());
    }
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-other-assembly").await?;
    let api = Program::of(&ada, &base, &BOTH).await?;
    let header = "##contig=<ID=20,length=64444167>\n#CHROM";
    let content = RECORDS.replacen("#CHROM", header, 1);
    let job = wait(&api, &api.submit("b.vcf", &content).await?).await?;
    assert_eq!(
        (&job["status"], &job["failure"]["code"]),
        (&json!("failed"), &json!("wrong_assembly"))
    );
    let expected = json!({ "found": "GRCh38", "chosen": GRCH37, "fitting": [GRCH38] });
    assert_eq!(job["failure"]["assembly_mismatch"], expected);
    Ok(())
}
