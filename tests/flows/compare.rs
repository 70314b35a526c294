//! Comparing results over HTTP: two runs with other options, and a file with fewer records.

use crate::program::{BOTH, Program};
use crate::stack::stack;
use anyhow::{Context, Result};
use gas_tests::{Client, records, sample};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

#[tokio::test]
async fn two_results_are_compared_and_their_differences_exported() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-compare").await?;
    let program = Program::of(&ada, &base, &BOTH).await?;
    let vcf = sample("free.vcf")?;
    let (all, left_out) = (records(&vcf), 3);
    let fewer = vcf.replace(&format!("{}\n", all[all.len() - left_out..].join("\n")), "");
    assert_eq!(records(&fewer).len(), all.len() - left_out);
    let first = program.submit("whole.vcf", &vcf).await?;
    let second = program.submit("fewer.vcf", &fewer).await?;
    program.completed(&first).await?;
    program.completed(&second).await?;

    let path = format!("/jobs/{first}/comparison?other={second}");
    let compared = program.call_json(Method::GET, &path, None).await?;
    assert_eq!(compared["first_records"], all.len());
    assert_eq!(compared["both"], all.len() - left_out);
    assert_eq!((&compared["only_first"], &compared["only_second"]), (&json!(left_out), &json!(0)));
    assert_eq!((&compared["consequence"], &compared["impact"]), (&json!(0), &json!(0)));
    assert_eq!(compared["notes"], json!([]));
    let differences = compared["differences"].as_array().context("no differences")?;
    assert_eq!(differences.len(), left_out);
    let fields: Vec<&str> = all[all.len() - left_out].split('\t').collect();
    let one = &differences[0];
    assert_eq!((&one["chrom"], &one["reference"]), (&json!(fields[0]), &json!(fields[3])));
    assert_eq!((one["pos"].to_string(), &one["second"]), (fields[1].to_owned(), &Value::Null));

    let path = format!("/jobs/{first}/comparison/differences?other={second}");
    let table = program.call(Method::GET, &path, None).await?;
    assert_eq!(table.status(), StatusCode::OK);
    let name = table.headers()["content-disposition"].to_str()?.to_owned();
    assert!(name.contains("whole.fewer.differences.tsv"), "{name}");
    let table = table.text().await?;
    assert_eq!(table.lines().count(), 1 + left_out, "{table}");
    let none = program.call(Method::GET, &format!("{path}&kind=only_second"), None).await?;
    assert_eq!(none.text().await?.lines().count(), 1, "only the names of the columns");
    let page = ada.get(&format!("/annotations-comparison/{first}?other={second}")).send().await?;
    assert_eq!(page.text().await?, table, "the same file as in the browser");

    let same = program
        .call_json(Method::GET, &format!("/jobs/{first}/comparison?other={first}"), None)
        .await?;
    assert_eq!((&same["both"], &same["differences"]), (&json!(all.len()), &json!([])));

    for (query, status) in [
        (String::new(), StatusCode::BAD_REQUEST),
        (format!("?other={second}&kind=same"), StatusCode::BAD_REQUEST),
        ("?other=00000000-0000-4000-8000-000000000000".to_owned(), StatusCode::NOT_FOUND),
    ] {
        let path = format!("/jobs/{first}/comparison{query}");
        assert_eq!(program.call(Method::GET, &path, None).await?.status(), status, "{query}");
    }
    let eve = Client::signed_in(&base, "eve-compare").await?;
    let eves = Program::of(&eve, &base, &BOTH).await?;
    let own = eves.submit("own.vcf", &vcf).await?;
    eves.completed(&own).await?;
    for (a, b) in [(&own, &first), (&first, &own)] {
        let path = format!("/jobs/{a}/comparison?other={b}");
        let response = eves.call(Method::GET, &path, None).await?;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn runs_with_other_options_say_so() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-compare-options").await?;
    let program = Program::of(&ada, &base, &BOTH).await?;
    let first = program.submit("free.vcf", &sample("free.vcf")?).await?;
    program.completed(&first).await?;
    let options = json!({ "options": { "transcripts": "coding" } });
    let second =
        program.call_json(Method::POST, &format!("/jobs/{first}/rerun"), Some(options)).await?;
    let second = second["id"].as_str().context("no id")?.to_owned();
    program.completed(&second).await?;
    let path = format!("/jobs/{first}/comparison?other={second}&kind=consequence");
    let compared = program.call_json(Method::GET, &path, None).await?;
    assert_eq!(compared["notes"], json!(["The options differ."]));
    assert_eq!((&compared["only_first"], &compared["only_second"]), (&json!(0), &json!(0)));
    let changed = compared["consequence"].as_u64().context("no count")?;
    let differences = compared["differences"].as_array().context("no differences")?;
    assert_eq!(differences.len() as u64, changed.min(200));
    assert!(changed > 0, "non-coding transcripts are left out: {compared}");
    for one in differences {
        assert_ne!(one["first"]["consequence"], one["second"]["consequence"], "{one}");
    }
    Ok(())
}
