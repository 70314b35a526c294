//! Every operation of the OpenAPI document can be called by a command.

use crate::args::Cli;
use crate::fake::{Fake, Hook, start};
use crate::run_command;
use axum::response::IntoResponse;
use clap::Parser;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// The OpenAPI document as the web server publishes it, after the head of the snapshot.
const DOCUMENT: &str = include_str!(
    "../../app/src/server/rest/snapshots/gas_web__server__rest__tests__the_openapi_document_matches_the_published_contract.snap"
);

const ID: &str = "00000000-0000-4000-8000-000000000001";

/// Each operation with a command that calls it. `ID` stands for an id, and a name in capitals for a file or a folder.
const COMMANDS: &[(&str, &str)] = &[
    ("get_account", "account"),
    ("list_audit_log", "admin audit"),
    ("set_banner", "admin banner text"),
    ("set_intake", "admin intake open"),
    ("redrive_queue", "admin redrive mail"),
    ("get_service_state", "admin state"),
    ("get_statistics", "admin statistics"),
    ("find_users", "admin users ada"),
    ("act_on_user", "admin block ID"),
    ("list_gene_panels", "panels"),
    ("save_gene_panel", "panels save epilepsy SCN1A"),
    ("delete_gene_panel", "panels remove ID"),
    ("rename_gene_panel", "panels rename ID hearts"),
    ("list_jobs", "jobs"),
    ("create_job", "annotate SMALL"),
    ("create_job_from_url", "import https://lab.example.org/a.vcf"),
    ("get_job", "status ID"),
    ("delete_job", "delete ID"),
    ("change_job", "edit ID --title a"),
    ("cancel_job", "cancel ID"),
    ("compare_results", "compare ID ID"),
    ("export_differences", "compare ID ID --output FOLDER"),
    ("export_result", "export ID --format tsv --output FOLDER"),
    ("list_share_links", "links ID"),
    ("create_share_link", "links ID add"),
    ("revoke_share_link", "links ID revoke ID"),
    ("get_log", "log ID"),
    ("next_job_parts", "annotate LARGE --state-dir FOLDER"),
    ("rerun_job", "rerun ID"),
    ("get_result", "download ID --output FOLDER"),
    ("get_result_index", "download ID --index --output FOLDER"),
    ("submit_job", "annotate SMALL"),
    ("list_references", "references"),
    ("add_reference", "references add --name a --assembly b --fasta FASTA --gff GFF"),
    ("list_private_references", "references list"),
    ("get_private_reference", "references show private/GRCh38/mine"),
    ("delete_private_reference", "references remove private/GRCh38/mine"),
    ("next_reference_parts", "references add --name a --assembly b --fasta FASTA --gff GFF"),
    ("submit_reference", "references add --name a --assembly b --fasta FASTA --gff GFF"),
    ("list_saved_filters", "filters"),
    ("save_saved_filter", "filters save high --filter {}"),
    ("delete_saved_filter", "filters remove ID"),
    ("rename_saved_filter", "filters rename ID low"),
    ("list_sources", "sources"),
    ("list_webhooks", "webhooks"),
    ("create_webhook", "webhooks add https://lab.example.org/gas"),
    ("delete_webhook", "webhooks remove ID"),
    ("enable_webhook", "webhooks enable ID"),
    ("test_webhook", "webhooks test ID"),
];

/// Operations without a command, each with the reason.
const EXCEPTIONS: &[(&str, &str)] = &[];

/// The operations of the document with their methods and the parts of their paths.
fn operations() -> BTreeMap<String, (String, Vec<String>)> {
    let json = DOCUMENT.splitn(3, "---").nth(2).unwrap();
    let document: Value = serde_json::from_str(json).unwrap();
    let mut operations = BTreeMap::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            let parts = path.split('/').map(str::to_owned).collect();
            operations.insert(id, (method.to_uppercase(), parts));
        }
    }
    operations
}

/// Whether a call, such as `GET /api/v1/account`, is one of an operation.
fn is_of(call: &str, (method, template): &(String, Vec<String>)) -> bool {
    let Some(path) = call.strip_prefix(method.as_str()).and_then(|rest| rest.strip_prefix(' '))
    else {
        return false;
    };
    let parts: Vec<_> = path.split('/').collect();
    parts.len() == template.len()
        && template
            .iter()
            .zip(parts)
            .all(|(wanted, part)| wanted.starts_with('{') || wanted == part)
}

/// Answers for uploads in parts, and a compressed result. The fake has others.
fn answers(origin: &Arc<Mutex<String>>) -> Hook {
    let origin = origin.clone();
    Box::new(move |call, _| {
        let part = |file: &str| {
            let url = format!("{}/part", origin.lock().unwrap());
            json!([{"file": file, "offset": 0, "length": 1, "url": url}])
        };
        let job = json!({"id": ID, "file_name": "a.vcf", "status": "uploading",
            "submitted_at": "2026-09-21T14:13:20Z"});
        let answer = match call {
            "POST /api/v1/jobs" => {
                json!({"job": job, "parts": {"size_bytes": 1, "missing_bytes": 1, "parts": part("")}})
            }
            "POST /api/v1/references" => {
                json!({"id": "private/b/a", "missing_bytes": 1, "parts": part("fasta")})
            }
            "PUT /part" => return Some(().into_response()),
            _ if call.starts_with("GET /stored/") => {
                return Some(b"\x1f\x8b\0\0".into_response());
            }
            _ if call.ends_with("/parts") => {
                json!({"id": "private/b/a", "size_bytes": 1, "missing_bytes": 0, "parts": []})
            }
            _ if call.ends_with("/references/private/b/a/submit") => {
                json!({"id": "private/b/a", "status": "ready"})
            }
            _ => return None,
        };
        Some(answer.to_string().into_response())
    })
}

/// Files that commands read.
fn write_files(folder: &Path, with_large: bool) {
    let vcf = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";
    let record = "20\t5\t.\tA\tC\t.\t.\t.\n";
    std::fs::write(folder.join("small.vcf"), format!("{vcf}{record}")).unwrap();
    if with_large {
        let size = usize::try_from(gas_shared::upload::ONE_REQUEST_MAX_BYTES).unwrap();
        let records = record.repeat(size / record.len() + 1);
        std::fs::write(folder.join("large.vcf"), format!("{vcf}{records}")).unwrap();
    }
    std::fs::write(folder.join("a.fa"), ">1\nA\n").unwrap();
    std::fs::write(folder.join("a.gff"), "##gff-version 3\n").unwrap();
}

/// Runs a command, whose answers may be errors, and returns the fake with its calls.
async fn run(command: &str, folder: &Path) -> Arc<Fake> {
    let path = |name: &str| folder.join(name).display().to_string();
    let words = command.split(' ').map(|word| match word {
        "ID" => ID.to_owned(),
        "SMALL" => path("small.vcf"),
        "LARGE" => path("large.vcf"),
        "FASTA" => path("a.fa"),
        "GFF" => path("a.gff"),
        "FOLDER" => path("out"),
        word => word.to_owned(),
    });
    let words = std::iter::once("gas-cli".to_owned()).chain(words);
    let cli = Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{command}: {error}"));
    let origin = Arc::default();
    let is_small = command.contains("SMALL");
    let answers = answers(&origin);
    let account = json!({"name": "Ada", "email": "a@example.org", "plan": "premium",
        "max_upload_bytes": u64::MAX})
    .to_string();
    let (api, fake) = start(Box::new(move |call, earlier| match call {
        "GET /api/v1/account" => Some(account.clone().into_response()),
        // In one request, as the fake answers.
        "POST /api/v1/jobs" if is_small => None,
        "GET /api/v1/references" => Some(json!({"references": []}).to_string().into_response()),
        call => answers(call, earlier),
    }))
    .await;
    *origin.lock().unwrap() = fake.origin();
    let format = cli.format();
    _ = run_command(&api, cli.command, format).await;
    fake
}

#[tokio::test]
async fn every_operation_of_the_api_is_called_by_a_command() {
    let operations = operations();
    assert!(operations.len() >= 48, "{}", operations.len());
    let named = COMMANDS.iter().chain(EXCEPTIONS).map(|(operation, _)| *operation);
    let named: Vec<_> = named.collect();
    for operation in operations.keys() {
        assert!(
            named.contains(&operation.as_str()),
            "no command calls {operation}; add one, or an exception with its reason"
        );
    }
    for operation in named {
        assert!(operations.contains_key(operation), "{operation} is not in the document");
    }
    for (operation, command) in COMMANDS {
        let folder = tempfile::tempdir().unwrap();
        write_files(folder.path(), command.contains("LARGE"));
        let calls = run(command, folder.path()).await.calls();
        let is_called = calls.iter().any(|call| is_of(call, &operations[*operation]));
        assert!(is_called, "gas-cli {command} does not call {operation}: {calls:?}");
    }
}
