//! Annotating a file: upload, result and failures.

use crate::stack::stack;
use anyhow::Result;
use gas_shared::JobStatus::{Completed, Failed};
use gas_shared::job::StateView;
use gas_shared::upload::{NewUpload, UploadTicket};
use gas_shared::{JobOptions, Selection};
use gas_tests::{Client, records, sample};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn the_options_of_the_last_upload_are_remembered() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-options").await?;
    let defaults = async || -> Result<JobOptions> {
        Ok(ada.get("/api/uploads/options").send().await?.error_for_status()?.json().await?)
    };
    assert_eq!(defaults().await?, JobOptions::default());
    let chosen = JobOptions { selection: Selection::Pick, hgvs: false, ..JobOptions::default() };
    let body = json!({ "file": NewUpload::new("a.vcf", 20).with(chosen.clone()) });
    for _ in 0..2 {
        let response = ada.call(Method::POST, "/api/uploads", Some(body.clone())).await?;
        let ticket: UploadTicket = response.error_for_status()?.json().await?;
        assert_eq!(ada.job(ticket.job_id).await?.options.known(), Some(&chosen));
    }
    assert_eq!(defaults().await?, chosen);
    let export: Value = ada.get("/account-export").send().await?.json().await?;
    assert_eq!(export["settings"]["job_options"]["selection"], "pick");
    Ok(())
}

#[tokio::test]
async fn an_uploaded_vcf_is_annotated_and_downloaded() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-annotate").await?;
    let input = sample("free.vcf")?;
    let job = ada.submit("free.vcf", input.as_bytes()).await?;
    let done = ada.wait_for(job.id, &[Completed, Failed]).await?;
    let StateView::Completed { records: counted, result_size, .. } = done.state else {
        panic!("not completed: {:?}", done.state);
    };

    let result = ada.result(job.id).await?;
    assert_eq!(result.len() as u64, result_size);
    assert!(result.contains("##INFO=<ID=CSQ,"), "the header declares CSQ");
    let (before, after) = (records(&input), records(&result));
    assert_eq!(after.len(), before.len());
    assert_eq!(after.len() as u64, counted);
    for (before, after) in before.iter().zip(&after) {
        let (old, new): (Vec<_>, Vec<_>) =
            (before.split('\t').collect(), after.split('\t').collect());
        assert_eq!(old[..7], new[..7], "the input columns are unchanged");
        assert!(new[7].contains("CSQ="), "{after}");
    }

    let log = ada.log(job.id).await?;
    assert!(log.contains(&format!("Total: {counted}")), "{log}");
    Ok(())
}

#[tokio::test]
async fn a_broken_file_fails_with_the_line_to_fix() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-broken").await?;
    let vcf = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n20\t12a\t.\tA\tG\t.\t.\t.\n";
    let job = ada.submit("broken.vcf", vcf.as_bytes()).await?;
    let failed = ada.wait_for(job.id, &[Completed, Failed]).await?;
    let StateView::Failed { reason, .. } = failed.state else {
        panic!("not failed: {:?}", failed.state);
    };
    assert!(reason.contains("line 3, POS: \"12a\""), "{reason}");
    let rejected = ada.result(job.id).await.unwrap_err().to_string();
    assert!(rejected.starts_with("409"), "{rejected}");
    Ok(())
}

#[tokio::test]
async fn a_file_that_is_not_a_vcf_fails() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-novcf").await?;
    let job = ada.submit("letter.vcf", b"Dear reader, this is not a VCF file.\n").await?;
    let failed = ada.wait_for(job.id, &[Completed, Failed]).await?;
    assert!(matches!(failed.state, StateView::Failed { .. }), "{:?}", failed.state);
    Ok(())
}

#[tokio::test]
async fn a_file_name_with_shell_syntax_is_not_executed() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-hostile").await?;
    let name = "$(touch pwned);.vcf";
    let job = ada.submit(name, sample("free.vcf")?.as_bytes()).await?;
    let done = ada.wait_for(job.id, &[Completed, Failed]).await?;
    assert!(matches!(done.state, StateView::Completed { .. }), "{:?}", done.state);
    assert_eq!(done.file_name.as_str(), name);
    Ok(())
}

#[tokio::test]
async fn confirming_an_upload_again_has_no_effect() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-confirm").await?;
    let upload = ada.upload("free.vcf", sample("free.vcf")?.as_bytes()).await?;
    let id = upload.ticket.job_id;
    ada.confirm(id).await?;
    ada.confirm(id).await?;
    let done = ada.wait_for(id, &[Completed, Failed]).await?;
    ada.confirm(id).await?;
    assert_eq!(ada.job(id).await?, done);
    Ok(())
}
