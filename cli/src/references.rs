//! `gas-cli references`: lists references, and adds and removes those of the user's own.

use crate::api::Api;
use crate::args::ReferenceAction;
use crate::dto::{PrivateReference, ReferencePart};
use crate::error::CliError;
use crate::output::{OutputFormat, WithJson};
use crate::progress::ProgressBars;
use crate::show;
use gas_shared::private_reference::{NewPrivateReference, NewSource, SourceRole};
use indicatif::ProgressBar;
use std::io::SeekFrom;
use std::path::{Path, PathBuf};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::bytes::Bytes;

/// How often sending parts is attempted without progress.
const MAX_ATTEMPTS: u32 = 4;

/// The largest part that is read into memory, in bytes. GAS asks for 8 MiB.
const MAX_PART_BYTES: u64 = 64 * 1024 * 1024;

/// Runs a command.
pub async fn run(
    api: &Api,
    action: Option<ReferenceAction>,
    format: OutputFormat,
) -> Result<(), CliError> {
    match action {
        None => print(api, format).await?,
        Some(ReferenceAction::List) => {
            print(api, format).await?;
            let own = api.private_references().await?.references;
            // Those that are ready are in the first list.
            let others = own.iter().filter(|reference| reference.status != "ready");
            others.for_each(|reference| println!("{}", format.show(reference, line)));
        }
        Some(ReferenceAction::Show { id }) => {
            let reference = api.private_reference(id.as_str()).await?;
            println!("{}", format.show(&reference, details));
        }
        Some(ReferenceAction::Remove { id }) => api.delete_reference(id.as_str()).await?,
        Some(ReferenceAction::Add { name, assembly, fasta, gff, no_wait }) => {
            let files = Files { fasta, gene_models: gff };
            let added = add(api, name, assembly, &files, no_wait).await?;
            println!("{}", format.show(&added, line));
        }
    }
    Ok(())
}

/// Prints the references that jobs can choose.
async fn print(api: &Api, format: OutputFormat) -> Result<(), CliError> {
    for reference in api.references().await?.references {
        println!("{}", format.show(&reference, show::reference_line));
    }
    Ok(())
}

/// A reference of the user's own, with the notes of its build.
fn details(reference: &PrivateReference) -> String {
    let notes = reference.notes.iter().map(|note| format!("note: {note}"));
    std::iter::once(line(reference)).chain(notes).collect::<Vec<_>>().join("\n")
}

/// A reference of the user's own as one line, beginning with its id.
fn line(reference: &PrivateReference) -> String {
    let reason = reference.reason.as_ref().map(|reason| format!("  {reason}"));
    format!("{}  ({}){}", reference.id, reference.status, reason.unwrap_or_default())
}

/// The files of a reference.
struct Files {
    fasta: PathBuf,
    gene_models: PathBuf,
}

impl Files {
    /// The file with a role; `None` for one that this version does not know.
    fn named(&self, role: &str) -> Option<&Path> {
        match role {
            _ if role == SourceRole::Fasta.as_str() => Some(&self.fasta),
            _ if role == SourceRole::GeneModels.as_str() => Some(&self.gene_models),
            _ => None,
        }
    }
}

/// Uploads and builds a reference.
async fn add(
    api: &Api,
    name: String,
    assembly: String,
    files: &Files,
    no_wait: bool,
) -> Result<WithJson<PrivateReference>, CliError> {
    let fasta = source(&files.fasta).await?;
    let gene_models = source(&files.gene_models).await?;
    let new = NewPrivateReference { name, assembly, fasta, gene_models };
    let id = new.check().map_err(|error| CliError::File(error.to_string()))?;
    let bars = ProgressBars::default();
    let bar = bars.reference(&new.name, new.bytes());
    let sent = send(api, &new, id.as_str(), files, &bar).await;
    if let Err(error) = sent {
        bar.finish_and_clear();
        // Otherwise it would count towards the limits for a day. A failure of this call is not the cause.
        if !matches!(&error, CliError::Problem(_)) {
            _ = api.delete_reference(id.as_str()).await;
        }
        return Err(error);
    }
    let mut reference = api.submit_reference(id.as_str()).await?;
    bar.set_message("building");
    let mut pause = api.timing.first_poll_interval;
    while !no_wait && reference.status == "building" {
        tokio::time::sleep(pause).await;
        pause = pause.mul_f64(1.5).min(api.timing.max_poll_interval);
        match api.private_reference(id.as_str()).await {
            Ok(now) => reference = now,
            // The build continues while GAS is unreachable.
            Err(error) if error.is_transient() => bar.set_message(error.to_string()),
            Err(error) => return Err(error),
        }
    }
    bar.finish_and_clear();
    reference.notes.iter().for_each(|note| bars.message(&format!("note: {note}")));
    match &reference.reason {
        Some(reason) => {
            let (id, reason) = (reference.id.clone(), reason.clone());
            Err(CliError::ReferenceFailed { id, reason })
        }
        None => Ok(reference),
    }
}

async fn source(path: &Path) -> Result<NewSource, CliError> {
    let metadata = tokio::fs::metadata(path).await.map_err(CliError::io(path))?;
    let file_name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(NewSource { file_name, size_bytes: metadata.len() })
}

/// Sends both files in parts.
async fn send(
    api: &Api,
    new: &NewPrivateReference,
    id: &str,
    files: &Files,
    bar: &ProgressBar,
) -> Result<(), CliError> {
    let mut ticket = api.add_reference(new, id).await?;
    let mut failures = 0;
    while !ticket.parts.is_empty() {
        bar.set_position(new.bytes().saturating_sub(ticket.missing_bytes));
        for part in &ticket.parts {
            let sent = async {
                let bytes = read(files, part).await?;
                api.put_part(&part.url, bytes).await
            };
            match sent.await {
                Ok(()) => {
                    failures = 0;
                    bar.inc(part.length);
                }
                Err(error) if error.is_transient() && failures + 1 < MAX_ATTEMPTS => {
                    tokio::time::sleep(api.timing.first_backoff * 2_u32.pow(failures)).await;
                    failures += 1;
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        // Storage is asked what has arrived, and signs what is missing.
        ticket = api.reference_parts(&ticket.id).await?;
    }
    Ok(())
}

async fn read(files: &Files, part: &ReferencePart) -> Result<Bytes, CliError> {
    let path = files.named(&part.file).filter(|_| part.length <= MAX_PART_BYTES);
    let path = path.ok_or(CliError::Unexpected { status: 200 })?;
    let read = async {
        let mut file = File::open(path).await?;
        file.seek(SeekFrom::Start(part.offset)).await?;
        let mut bytes = vec![0; usize::try_from(part.length).unwrap_or_default()];
        file.read_exact(&mut bytes).await?;
        Ok(bytes.into())
    };
    read.await.map_err(CliError::io(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::start;
    use axum::http::StatusCode;
    use axum::response::IntoResponse;
    use serde_json::json;
    use std::sync::{Arc, Mutex};

    const ID: &str = "private/GRCh38/mine";

    struct Case {
        files: Files,
        _folder: tempfile::TempDir,
    }

    fn case() -> Case {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let files = Files { fasta: at("a.fa", ">1\nACGT\n"), gene_models: at("a.gff", "##gff") };
        Case { files, _folder: folder }
    }

    /// A service that has received what was sent, whose first PUT is interrupted.
    async fn service(end: serde_json::Value) -> (Api, Arc<crate::fake::Fake>) {
        let origin = Arc::new(Mutex::new(String::new()));
        let known = origin.clone();
        let puts = Mutex::new(0);
        let (api, fake) = start(Box::new(move |call, earlier| {
            let part = |file: &str, offset: u64, length: u64| {
                let url = format!("{}/part/{file}/{offset}", known.lock().unwrap());
                json!({"file": file, "offset": offset, "length": length, "url": url})
            };
            let answer = match call {
                "POST /api/v1/references" => json!({"id": ID, "missing_bytes": 13,
                    "parts": [part("fasta", 0, 8), part("gene_models", 0, 5)]}),
                "POST /api/v1/references/private/GRCh38/mine/parts" => {
                    match *puts.lock().unwrap() {
                        1 => json!({"id": ID, "missing_bytes": 13,
                        "parts": [part("fasta", 0, 8), part("gene_models", 0, 5)]}),
                        _ => json!({"id": ID, "missing_bytes": 0, "parts": []}),
                    }
                }
                "POST /api/v1/references/private/GRCh38/mine/submit" => {
                    json!({"id": ID, "status": "building"})
                }
                "GET /api/v1/references/private/GRCh38/mine" if earlier > 0 => end.clone(),
                "GET /api/v1/references/private/GRCh38/mine" => {
                    json!({"id": ID, "status": "building"})
                }
                "DELETE /api/v1/references/private/GRCh38/mine" => {
                    return Some(StatusCode::NO_CONTENT.into_response());
                }
                _ if call.starts_with("PUT /part/") => {
                    let mut puts = puts.lock().unwrap();
                    *puts += 1;
                    let code = if *puts == 1 { StatusCode::FORBIDDEN } else { StatusCode::OK };
                    return Some(code.into_response());
                }
                _ => return None,
            };
            Some(answer.to_string().into_response())
        }))
        .await;
        *origin.lock().unwrap() = fake.origin();
        (api, fake)
    }

    async fn added(api: &Api, case: &Case) -> Result<WithJson<PrivateReference>, CliError> {
        add(api, "mine".to_owned(), "GRCh38".to_owned(), &case.files, false).await
    }

    #[tokio::test]
    async fn a_reference_is_sent_in_parts_and_waited_for() {
        let (api, fake) =
            service(json!({"id": ID, "status": "ready", "notes": ["2 left out"]})).await;
        let reference = added(&api, &case()).await.unwrap();
        assert_eq!(details(&reference), "private/GRCh38/mine  (ready)\nnote: 2 left out");
        assert_eq!(fake.times("PUT /part/", "").len(), 3, "one part was sent again");
        assert!(fake.times("DELETE", "").is_empty());
    }

    #[tokio::test]
    async fn a_reference_that_cannot_be_built_is_an_error_with_the_reason() {
        let reason = "a.gff, line 1: no features";
        let (api, _) = service(json!({"id": ID, "status": "failed", "reason": reason})).await;
        let error = added(&api, &case()).await.unwrap_err();
        assert_eq!(error.to_string(), format!("reference {ID} failed: {reason}"));
    }

    #[tokio::test]
    async fn a_file_that_changes_its_length_ends_the_upload_and_the_reference() {
        let (api, fake) = service(json!({})).await;
        let case = case();
        let new = NewPrivateReference {
            name: "mine".to_owned(),
            assembly: "GRCh38".to_owned(),
            fasta: source(&case.files.fasta).await.unwrap(),
            gene_models: source(&case.files.gene_models).await.unwrap(),
        };
        std::fs::write(&case.files.fasta, ">1").unwrap();
        let error = send(&api, &new, ID, &case.files, &ProgressBar::hidden()).await.unwrap_err();
        assert!(matches!(error, CliError::Io { .. }), "{error}");
        assert!(added(&api, &case).await.is_err());
        assert_eq!(fake.times("DELETE", "").len(), 1);
    }
}
