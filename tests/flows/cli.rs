//! The command `gas-cli`, run as users do.

use crate::multipart::{self, large_vcf};
use crate::premium;
use crate::program::{BOTH, Program, token};
use crate::result_forms::{self, packed_sample, stored};
use crate::stack::{program, stack};
use anyhow::{Context, Result, ensure};
use gas_tests::{Client, sample};
use reqwest::Method;
use std::process::Output;
use std::time::{Duration, Instant};
use tokio::process::Command;

/// Runs `gas-cli` with a token.
async fn run(token: &str, arguments: &[&str]) -> Result<Output> {
    let mut command = Command::new(program("gas-cli")?);
    command.args(arguments).env("GAS_URL", stack().web_url()).env("GAS_TOKEN", token);
    Ok(command.output().await?)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test]
async fn annotate_submits_files_waits_for_them_and_downloads_the_results() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-cli").await?;
    let token = token(&ada, &BOTH).await?;
    let folder = tempfile::tempdir()?;
    let (one, two) = (folder.path().join("one.vcf"), folder.path().join("two.vcf"));
    for file in [&one, &two] {
        std::fs::write(file, sample("free.vcf")?)?;
    }
    let out = folder.path().join("out");
    let (one, two) = (one.display().to_string(), two.display().to_string());
    let target = out.display().to_string();
    let done = run(&token, &["annotate", &one, &two, "--wait", "--output", &target]).await?;
    assert!(done.status.success(), "{} {}", text(&done.stdout), text(&done.stderr));

    let printed = text(&done.stdout);
    let is_done = |line: &&str| line.contains("completed") && line.ends_with("one.vcf");
    let line = printed.lines().find(is_done);
    let id = line.and_then(|line| line.split_whitespace().next()).context(printed.clone())?;
    let result = std::fs::read_to_string(out.join("one.annot.vcf"))?;
    assert_eq!(result, ada.result(id.parse()?).await?, "the same file as in the browser");
    let log = std::fs::read_to_string(out.join("one.log"))?;
    assert_eq!(log, ada.log(id.parse()?).await?);
    assert!(out.join("two.annot.vcf").exists() && out.join("two.log").exists());
    assert_eq!(std::fs::read_dir(&out)?.count(), 4, "no incomplete files remain");

    let status = run(&token, &["status", id]).await?;
    assert!(text(&status.stdout).contains("completed"), "{}", text(&status.stdout));
    let title =
        ["edit", id, "--title", "Patient 7", "--labels", "exome, urgent", "--project", "Hearts"];
    let edited = run(&token, &title).await?;
    assert!(text(&edited.stdout).contains("Patient 7"), "{}", text(&edited.stderr));
    let found = run(&token, &["jobs", "--label", "urgent", "--project", "Hearts"]).await?;
    assert_eq!(text(&found.stdout).lines().count(), 1, "{}", text(&found.stdout));
    assert!(text(&found.stdout).starts_with(id));
    let printed = run(&token, &["log", id]).await?;
    assert_eq!(text(&printed.stdout), log);
    let listed = run(&token, &["jobs", "--status", "completed"]).await?;
    assert_eq!(text(&listed.stdout).lines().count(), 2);
    let again = run(&token, &["download", id, "--output", &target]).await?;
    assert_eq!(again.status.code(), Some(2));
    assert!(text(&again.stderr).contains("--force"), "{}", text(&again.stderr));
    let over = run(&token, &["cancel", id]).await?;
    assert_eq!(over.status.code(), Some(7), "{}", text(&over.stderr));
    let deleted = run(&token, &["delete", id]).await?;
    assert!(deleted.status.success(), "{}", text(&deleted.stderr));
    assert_eq!(run(&token, &["status", id]).await?.status.code(), Some(6));
    Ok(())
}

#[tokio::test]
async fn results_are_compared_and_exported_with_saved_filters() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-cli-compare").await?;
    let token = token(&ada, &BOTH).await?;
    let folder = tempfile::tempdir()?;
    let input = folder.path().join("free.vcf");
    std::fs::write(&input, sample("free.vcf")?)?;
    let done = run(&token, &["annotate", &input.display().to_string(), "--wait"]).await?;
    assert!(done.status.success(), "{}", text(&done.stderr));
    let listed = run(&token, &["jobs", "--json"]).await?;
    let job: serde_json::Value = serde_json::from_slice(&listed.stdout)?;
    let first = job["id"].as_str().context("no job")?;
    assert!(job["result"]["records"].as_u64() > Some(0), "all fields of the API: {job}");
    let again = run(&token, &["rerun", first, "--select", "pick", "--wait", "--json"]).await?;
    let again = text(&again.stdout);
    let last: serde_json::Value = serde_json::from_str(again.lines().last().unwrap_or_default())?;
    assert_eq!(last["status"], "completed", "{again}");
    let second = last["id"].as_str().context("no second job")?;

    let compared = run(&token, &["compare", first, second]).await?;
    let printed = text(&compared.stdout);
    assert!(printed.contains("only first    0"), "{printed} {}", text(&compared.stderr));
    assert!(printed.contains("The options differ."), "{printed}");
    let out = folder.path().join("out");
    let target = out.display().to_string();
    let saved = run(&token, &["compare", first, second, "--output", &target, "--json"]).await?;
    let path = out.join("free.free.differences.tsv");
    assert_eq!(text(&saved.stdout), format!("{}\n", serde_json::json!({ "path": path })));
    assert!(std::fs::read_to_string(path)?.starts_with("difference\tchrom"));

    let filter = r#"{"impacts":["high"]}"#;
    let save = ["filters", "save", "severe", "--filter", filter, "--sort", "-impact"];
    assert!(run(&token, &save).await?.status.success());
    let listed = run(&token, &["filters"]).await?;
    assert!(text(&listed.stdout).contains("severe  {\"impacts\":[\"high\"]}"));
    let export = |name: &'static str| {
        let words =
            ["export", first, "--format", "tsv", "--output", &target, "--saved-filter", name];
        let words = words.map(str::to_owned);
        let token = &token;
        async move { run(token, &words.each_ref().map(String::as_str)).await }
    };
    assert!(export("severe").await?.status.success());
    assert!(out.join("free.annot.filtered.tsv").exists());
    let unknown = export("mild").await?;
    assert_eq!(unknown.status.code(), Some(6), "{}", text(&unknown.stderr));
    Ok(())
}

#[tokio::test]
async fn webhooks_and_gene_panels_are_listed_and_changed() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-cli-webhooks").await?;
    let token = token(&ada, &BOTH).await?;
    let added = run(&token, &["webhooks", "add", "http://127.0.0.1:9/gas"]).await?;
    let printed = text(&added.stdout);
    let [id, secret] = printed.split_whitespace().collect::<Vec<_>>()[..] else {
        anyhow::bail!("{printed} {}", text(&added.stderr));
    };
    assert!(secret.starts_with("whsec_"), "{printed}");
    assert!(run(&token, &["webhooks", "test", id]).await?.status.success());
    let deliveries = run(&token, &["webhooks", "deliveries", id]).await?;
    assert!(text(&deliveries.stdout).contains("webhook.test"), "{}", text(&deliveries.stdout));
    let listed = text(&run(&token, &["webhooks"]).await?.stdout);
    assert!(listed.contains("job.completed,job.failed") && !listed.contains(secret), "{listed}");
    assert!(run(&token, &["webhooks", "enable", id]).await?.status.success());
    assert!(run(&token, &["webhooks", "remove", id]).await?.status.success());
    assert_eq!(text(&run(&token, &["webhooks"]).await?.stdout), "");
    assert_eq!(run(&token, &["webhooks", "test", id]).await?.status.code(), Some(6));
    let invalid = run(&token, &["webhooks", "add", "ftp://lab.example.org"]).await?;
    assert_eq!(invalid.status.code(), Some(4), "{}", text(&invalid.stderr));

    assert!(run(&token, &["panels", "save", "epilepsy", "SCN1A", "KCNQ2"]).await?.status.success());
    let listed = text(&run(&token, &["panels", "--json"]).await?.stdout);
    let panel: serde_json::Value = serde_json::from_str(&listed)?;
    let id = panel["id"].as_str().context("no panel")?;
    assert!(run(&token, &["panels", "rename", id, "seizures"]).await?.status.success());
    let listed = text(&run(&token, &["panels"]).await?.stdout);
    assert!(listed.starts_with(&format!("{id}  seizures  ")), "{listed}");
    assert!(run(&token, &["panels", "remove", id]).await?.status.success());
    assert_eq!(text(&run(&token, &["panels"]).await?.stdout), "");
    Ok(())
}

#[tokio::test]
async fn a_compressed_result_is_saved_with_its_index_or_as_plain_text() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-cli-index").await?;
    let token = token(&ada, &BOTH).await?;
    let folder = tempfile::tempdir()?;
    let input = folder.path().join("free.vcf.gz");
    std::fs::write(&input, packed_sample()?)?;
    let path = |name: &str| folder.path().join(name);
    let (input, waited) = (input.display().to_string(), path("waited").display().to_string());
    let done = run(&token, &["annotate", &input, "--output", &waited, "--index"]).await?;
    assert!(done.status.success(), "{}", text(&done.stderr));
    let program = Program::new(&base, &token)?;
    let jobs = program.call_json(Method::GET, "/jobs", None).await?;
    let id = jobs["jobs"][0]["id"].as_str().context("no job")?.to_owned();
    let result = stored(&program, &format!("/jobs/{id}/result")).await?;
    let index = stored(&program, &format!("/jobs/{id}/result/index")).await?;
    let again = path("again").display().to_string();
    let done = run(&token, &["download", &id, "--index", "--output", &again]).await?;
    assert!(done.status.success(), "{}", text(&done.stderr));
    for folder in ["waited", "again"] {
        assert!(std::fs::read(path(folder).join("free.annot.vcf.gz"))? == result, "{folder}");
        assert!(std::fs::read(path(folder).join("free.annot.vcf.gz.tbi"))? == index, "{folder}");
    }

    let plain = path("plain").display().to_string();
    let done = run(&token, &["download", &id, "--plain", "--output", &plain]).await?;
    assert!(done.status.success(), "{}", text(&done.stderr));
    let saved = std::fs::read_to_string(path("plain").join("free.annot.vcf"))?;
    assert!(saved == result_forms::text(&result)?);
    Ok(())
}

#[tokio::test]
async fn a_large_file_is_sent_in_parts_and_an_interrupted_upload_goes_on() -> Result<()> {
    let base = stack().web_url();
    let eve = premium::signed_in("eve-cli-parts").await?;
    let program = Program::of(&eve, &base, &BOTH).await?;
    let folder = tempfile::tempdir()?;
    let (input, state) = (folder.path().join("large.vcf"), folder.path().join("state"));
    std::fs::write(&input, large_vcf(multipart::SIZE)?)?;
    let annotate = |limit: &[&str]| -> Result<Command> {
        let mut command = Command::new(crate::stack::program("gas-cli")?);
        command.arg("annotate").arg(&input).args(limit);
        command.env("GAS_URL", &base).env("GAS_TOKEN", &program.token);
        command.env("GAS_CLI_STATE_DIR", &state).kill_on_drop(true);
        Ok(command)
    };
    let jobs = || program.call_json(Method::GET, "/jobs", None);

    let mut first = annotate(&["--limit-rate", "12M", "--parallel-parts", "2"])?.spawn()?;
    let deadline = Instant::now() + Duration::from_secs(60);
    let id = loop {
        ensure!(Instant::now() < deadline, "no part has arrived");
        tokio::time::sleep(Duration::from_millis(500)).await;
        let Some(id) = jobs().await?["jobs"][0]["id"].as_str().map(str::to_owned) else { continue };
        let parts = program.call_json(Method::POST, &format!("/jobs/{id}/parts"), None).await?;
        if parts["missing_bytes"].as_u64() < parts["size_bytes"].as_u64() {
            break id;
        }
    };
    ensure!(first.try_wait()?.is_none(), "the upload was too fast to be interrupted");
    first.kill().await?;

    let done = annotate(&["--wait"])?.output().await?;
    assert!(done.status.success(), "{} {}", text(&done.stdout), text(&done.stderr));
    let listed = jobs().await?;
    let ids: Vec<_> =
        listed["jobs"].as_array().into_iter().flatten().map(|job| &job["id"]).collect();
    assert_eq!(ids, [&id], "the same job");
    assert_eq!(listed["jobs"][0]["size_bytes"], multipart::SIZE);
    assert_eq!(std::fs::read_dir(&state)?.count(), 0, "nothing is unfinished");
    Ok(())
}

#[tokio::test]
async fn an_interrupted_download_goes_on_if_the_stored_file_is_the_same() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-cli-resume").await?;
    let program = Program::of(&ada, &base, &BOTH).await?;
    let folder = tempfile::tempdir()?;
    let input = folder.path().join("free.vcf.gz");
    std::fs::write(&input, packed_sample()?)?;
    let done = run(&program.token, &["annotate", &input.display().to_string(), "--wait"]).await?;
    assert!(done.status.success(), "{}", text(&done.stderr));
    let jobs = program.call_json(Method::GET, "/jobs", None).await?;
    let id = jobs["jobs"][0]["id"].as_str().context("no job")?.to_owned();
    let path = format!("/jobs/{id}/result?redirect=false");
    let link = program.call_json(Method::GET, &path, None).await?;
    let stored = reqwest::get(link["url"].as_str().context("no link")?).await?;
    let etag = stored.headers()["etag"].to_str()?.to_owned();
    let result = stored.bytes().await?;

    // A byte that differs shows which bytes were received again.
    let half = result.len() / 2;
    let mut begun = result[..half].to_vec();
    begun[half - 1] ^= 1;
    for (etag, is_continued) in [(etag.as_str(), true), ("\"another\"", false)] {
        let out = tempfile::tempdir()?;
        let part = out.path().join(format!("free.annot.vcf.{id}.part"));
        std::fs::write(&part, &begun)?;
        std::fs::write(part.with_added_extension("etag"), etag)?;
        let target = out.path().display().to_string();
        let done = run(&program.token, &["download", &id, "--output", &target]).await?;
        assert!(done.status.success(), "{}", text(&done.stderr));
        let saved = std::fs::read(out.path().join("free.annot.vcf.gz"))?;
        assert!(saved[half..] == result[half..] && saved.len() == result.len());
        assert_eq!(saved[half - 1] != result[half - 1], is_continued, "{etag}");
        assert_eq!(std::fs::read_dir(out.path())?.count(), 2, "result and log");
    }
    Ok(())
}

#[tokio::test]
async fn annotate_prints_the_warnings_about_a_result_and_succeeds() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-cli-warnings").await?;
    let token = token(&ada, &BOTH).await?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("part.vcf");
    // The demo reference has T at the first position, and no chromosome 7.
    let records = "20\t76758\t.\tT\tC\t.\t.\t.\n7\t95\t.\tG\tA\t.\t.\t.\n";
    let header = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";
    std::fs::write(&path, format!("{header}{records}"))?;
    let path = path.display().to_string();
    let done = run(&token, &["annotate", &path, "--wait"]).await?;
    let stderr = text(&done.stderr);
    assert!(done.status.success(), "{stderr}");
    let warning = format!(
        "gas-cli: {path}: warning: 1 record is on a contig that the reference does not have, and is not annotated."
    );
    assert!(stderr.lines().any(|line| line == warning), "{stderr}");
    assert!(text(&done.stdout).contains("completed"), "{}", text(&done.stdout));
    Ok(())
}

#[tokio::test]
async fn exit_codes_name_the_kind_of_error_and_no_output_has_the_token() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-cli-codes").await?;
    let token = token(&ada, &BOTH).await?;
    let folder = tempfile::tempdir()?;
    let write = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).map(|()| path.display().to_string())
    };
    let letter = write("letter.vcf", "Dear reader, this is not a VCF file.\n")?;
    let large = write("large.vcf", &gas_tests::repeated(&sample("free.vcf")?, 200_000))?;
    let unknown = "00000000-0000-4000-8000-000000000000";
    let cases: [(&str, &[&str], i32, &str); 6] = [
        ("", &["account"], 3, "the token is missing"),
        ("gas_wrong", &["account"], 3, "the token is unknown, expired or revoked"),
        (&token, &["annotate", &letter], 4, "line 1"),
        (&token, &["annotate", &large], 4, "your plan allows 150000"),
        (&token, &["status", unknown], 6, "there is no job"),
        (&token, &["status", "no-uuid"], 2, "invalid value"),
    ];
    for (token, arguments, code, reason) in cases {
        let done = run(token, arguments).await?;
        let stderr = text(&done.stderr);
        assert_eq!(done.status.code(), Some(code), "{arguments:?}: {stderr}");
        assert!(stderr.contains(reason), "{arguments:?}: {stderr}");
        assert!(token.is_empty() || !stderr.contains(token), "{stderr}");
    }
    let jobs = run(&token, &["jobs"]).await?;
    assert_eq!(text(&jobs.stdout), "", "files rejected by the command are not submitted");
    Ok(())
}

#[tokio::test]
async fn a_token_is_read_from_a_file() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-cli-file").await?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("token");
    std::fs::write(&path, format!("{}\n", token(&ada, &BOTH).await?))?;
    let path = path.display().to_string();
    let done = run("", &["--token-file", &path, "account"]).await?;
    assert!(text(&done.stdout).contains("free"), "{}", text(&done.stderr));
    assert!(text(&done.stderr).contains("chmod 600"), "the file is readable by others");
    Ok(())
}

#[tokio::test]
async fn the_canary_annotates_its_file_and_deletes_the_job() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-canary").await?;
    let api = Program::of(&ada, &base, &BOTH).await?;
    let programs = program("gas-cli")?.parent().context("no folder")?.display().to_string();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/ec2/gas-canary");
    let done = Command::new(script)
        .env("PATH", format!("{programs}:{}", std::env::var("PATH")?))
        .env("GAS_PUBLIC_URL", &base)
        .env("GAS_CANARY_TOKEN", &api.token)
        .output()
        .await?;
    assert!(done.status.success(), "{}", text(&done.stderr));
    let line: serde_json::Value = serde_json::from_slice(&done.stderr)?;
    assert_eq!(line["fields"]["canary"], "passed", "{line}");
    let jobs = api.call_json(Method::GET, "/jobs", None).await?;
    assert_eq!(jobs["jobs"].as_array().map(Vec::len), Some(0), "{jobs}");
    Ok(())
}
