//! Private references through the whole service: the REST API, S3, the worker with the real engine, and the
//! rule that only the owner sees and uses them.

use crate::premium::buy;
use crate::stack::stack;
use anyhow::{Context, Result, bail};
use gas_shared::private_reference::{PrivateReferenceView, PrivateStateView, SourceParts};
use gas_shared::reference::ReferenceId;
use gas_shared::upload::{NewUpload, UploadTicket};
use gas_shared::{JobOptions, JobStatus};
use gas_tests::Client;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

/// A gene with two exons on a contig that no known assembly has.
const GENES: &str = "##gff-version 3\n\
    ctg1\tme\tgene\t11\t90\t.\t+\t.\tID=gene:G1;Name=MINE1;biotype=protein_coding\n\
    ctg1\tme\tmRNA\t11\t90\t.\t+\t.\tID=transcript:T1;Parent=gene:G1;biotype=protein_coding\n\
    ctg1\tme\texon\t11\t40\t.\t+\t.\tParent=transcript:T1\n\
    ctg1\tme\texon\t61\t90\t.\t+\t.\tParent=transcript:T1\n\
    ctg1\tme\tCDS\t11\t40\t.\t+\t0\tID=CDS:P1;Parent=transcript:T1\n\
    ctg1\tme\tCDS\t61\t90\t.\t+\t0\tID=CDS:P1;Parent=transcript:T1\n";

const VCF: &str = "##fileformat=VCFv4.2\n##contig=<ID=ctg1,length=120>\n\
    #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\nctg1\t21\t.\tT\tA\t.\t.\t.\n";

fn fasta() -> String {
    format!(">ctg1\n{}ATG{}\n", "ACGTACGTAC", "ACGT".repeat(40).get(..107).unwrap_or_default())
}

/// Calls a server function.
async fn call(client: &Client, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
    let response = client.call(method, path, body).await?;
    let status = response.status();
    let text = response.text().await?;
    if !status.is_success() {
        bail!("{path}: {status} {text}");
    }
    Ok(serde_json::from_str(&text)?)
}

/// Requests the upload of a file that is annotated with a reference.
async fn request(client: &Client, reference: &ReferenceId) -> Result<Value> {
    let options = JobOptions { reference: Some(reference.clone()), ..JobOptions::default() };
    let file = NewUpload::new("a.vcf", VCF.len() as u64).with(options);
    call(client, Method::POST, "/api/uploads", Some(json!({ "file": file }))).await
}

/// Uploads a reference and waits until it is built or has failed.
async fn add(
    client: &Client,
    name: &str,
    fasta: &str,
    genes: &str,
) -> Result<PrivateReferenceView> {
    let new = json!({ "name": name, "assembly": "mine1",
        "fasta": { "file_name": "a.fa", "size_bytes": fasta.len() },
        "gene_models": { "file_name": "a.gff3", "size_bytes": genes.len() } });
    let added = call(client, Method::POST, "/api/references/private", Some(json!({ "new": new })));
    let mut parts: SourceParts = serde_json::from_value(added.await?)?;
    let id = json!({ "id": parts.id });
    let storage = reqwest::Client::new();
    while !parts.parts.is_empty() {
        for part in &parts.parts {
            let text = if part.file.as_str() == "fasta" { fasta } else { genes };
            let from = usize::try_from(part.offset)?;
            let bytes = text.as_bytes()[from..from + usize::try_from(part.length)?].to_vec();
            storage.put(&part.url).body(bytes).send().await?.error_for_status()?;
        }
        let next = call(client, Method::POST, "/api/references/private/parts", Some(id.clone()));
        parts = serde_json::from_value(next.await?)?;
    }
    call(client, Method::POST, "/api/references/private/confirm", Some(id)).await?;
    for _ in 0..120 {
        let list = call(client, Method::GET, "/api/references/private", None).await?;
        let found = list["references"].as_array().into_iter().flatten();
        let mut found = found.filter(|one| one["id"].as_str() == Some(parts.id.as_str()));
        let found = found.next().context("the reference is not listed")?;
        let found: PrivateReferenceView = serde_json::from_value(found.clone())?;
        if !matches!(found.state, PrivateStateView::Building | PrivateStateView::Uploading) {
            return Ok(found);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    bail!("the reference was not built within a minute")
}

#[tokio::test]
async fn a_private_reference_is_built_by_the_worker_and_annotates_the_files_of_its_owner_only()
-> Result<()> {
    let stack = stack();
    let base = stack.web_url();
    let ada = Client::signed_in(&base, "ada-private").await?;
    let eve = Client::signed_in(&base, "eve-private").await?;
    let denied = call(
        &ada,
        Method::POST,
        "/api/references/private",
        Some(json!({ "new": {
        "name": "a", "assembly": "b", "fasta": { "file_name": "a", "size_bytes": 1 },
        "gene_models": { "file_name": "b", "size_bytes": 1 } } })),
    );
    assert!(denied.await.unwrap_err().to_string().contains("Premium"));
    for client in [&ada, &eve] {
        buy(&stack, client).await?;
    }
    let built = add(&ada, "genes-1", &fasta(), GENES).await?;
    let PrivateStateView::Ready { genes, transcripts, .. } = built.state else {
        bail!("{built:?}")
    };
    assert_eq!((genes, transcripts), (1, 1));

    let job = request(&ada, &built.id).await?;
    let ticket: UploadTicket = serde_json::from_value(job)?;
    let sent = ada.send_to_s3(&ticket, VCF.as_bytes()).await?;
    assert_eq!(sent.status(), StatusCode::CREATED);
    ada.confirm(ticket.job_id).await?;
    ada.wait_for(ticket.job_id, &[JobStatus::Completed]).await?;
    let result = ada.result(ticket.job_id).await?;
    assert!(result.contains("MINE1") && result.contains("CSQ="), "{result}");
    assert!(result.contains("private/mine1/genes-1"), "{result}");

    let rejected = request(&eve, &built.id).await.unwrap_err();
    assert!(rejected.to_string().contains("there is no reference"), "{rejected}");
    let list = call(&eve, Method::GET, "/api/references/private", None).await?;
    assert_eq!(list["references"], json!([]));
    for action in ["parts", "confirm", "delete"] {
        let path = format!("/api/references/private/{action}");
        let response = eve.call(Method::POST, &path, Some(json!({ "id": built.id }))).await?;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{action}");
    }

    let broken = add(&ada, "broken", ">ctg1\nAC-GT\n", GENES).await?;
    let PrivateStateView::Failed { reason } = broken.state else { bail!("{broken:?}") };
    assert_eq!(reason, "a.fa, line 2: '-' in column 3 is not a base; is this a FASTA file?");

    let id = json!({ "id": built.id });
    let deleted = ada.call(Method::POST, "/api/references/private/delete", Some(id)).await?;
    assert!(deleted.status().is_success());
    let choices = call(&ada, Method::GET, "/api/references", None).await?.to_string();
    assert!(!choices.contains("genes-1"), "{choices}");
    Ok(())
}
