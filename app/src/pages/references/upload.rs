//! The upload of the two files of a reference to S3, across interruptions of the connection.

use crate::api::{self, ApiResult, RawJson};
use crate::browser::{self, Blob, UploadRequest};
use crate::error::{ApiError, ErrorCode};
use crate::upload::{S3Error, is_transient, pause_secs};
use dioxus::prelude::*;
use gas_shared::private_reference::{NewPrivateReference, SourcePart, SourceParts, SourceRole};
use std::time::Duration;

/// Adds a reference, sends its files, and requests that it is built. `sent` receives the number of bytes that
/// have arrived; `onadded` is called when the reference exists.
///
/// # Errors
/// If the reference is rejected, a file cannot be read, or the connection is interrupted too often. A
/// reference that was added is deleted then.
pub async fn upload(
    new: NewPrivateReference,
    files: [Blob; 2],
    sent: Signal<u64>,
    onadded: EventHandler<()>,
) -> ApiResult<()> {
    let total = new.bytes();
    let first = api::add_private_reference(new).await?.read()?;
    onadded.call(());
    let id = first.id.clone();
    let done = send(first, &files, total, sent).await;
    if done.is_err() {
        // Otherwise it would count towards the limits for a day. The first error matters.
        _ = api::delete_private_reference(id).await;
    }
    done
}

async fn send(
    mut ticket: SourceParts,
    files: &[Blob; 2],
    total: u64,
    sent: Signal<u64>,
) -> ApiResult<()> {
    let mut failures = 0;
    while !ticket.parts.is_empty() {
        match put_parts(&ticket, files, total, sent).await {
            Ok(()) => failures = 0,
            Err(S3Error::Permanent(error)) => return Err(error),
            Err(S3Error::Retry(error) | S3Error::Renew(error)) => {
                pause(&mut failures, error).await?
            }
        }
        // S3 is asked what has arrived, and signs what is missing.
        let id = ticket.id.clone();
        ticket = retried(|| api::next_source_parts(id.clone())).await?;
    }
    let id = ticket.id;
    retried(|| api::confirm_private_reference(id.clone())).await.map(drop)
}

/// Sends the parts of a ticket, up to the first one that fails.
async fn put_parts(
    ticket: &SourceParts,
    files: &[Blob; 2],
    total: u64,
    mut sent: Signal<u64>,
) -> Result<(), S3Error> {
    let mut arrived = total.saturating_sub(ticket.missing_bytes);
    for part in &ticket.parts {
        let report = move |bytes: u64| sent.set(arrived + bytes);
        let request = slice(files, part).and_then(|bytes| {
            // The request keeps what it sends.
            UploadRequest::put(&part.url, &bytes, report)
        });
        let Some(request) = request else {
            let text = "a file can no longer be read; choose it again";
            return Err(S3Error::Permanent(ApiError::new(ErrorCode::Invalid, text)));
        };
        let response = request.finish().await;
        if !(200..300).contains(&response.status) {
            return Err(S3Error::parse(response.status, &response.body));
        }
        arrived += part.length;
        sent.set(arrived);
    }
    Ok(())
}

fn slice(files: &[Blob; 2], part: &SourcePart) -> Option<Blob> {
    let [fasta, gene_models] = files;
    let file = match part.file {
        SourceRole::Fasta => fasta,
        SourceRole::GeneModels => gene_models,
    };
    file.slice(part.offset, part.offset + part.length)
}

/// Calls a server function, repeatedly if its error is transient.
async fn retried<T: serde::de::DeserializeOwned, F: Future<Output = ApiResult<RawJson<T>>>>(
    call: impl Fn() -> F,
) -> ApiResult<T> {
    let mut failures = 0;
    loop {
        match call().await {
            Ok(json) => return json.read(),
            Err(error) if is_transient(&error) => pause(&mut failures, error).await?,
            Err(error) => return Err(error),
        }
    }
}

/// Waits before the next attempt. Fails with `error` after too many interruptions.
async fn pause(failures: &mut usize, error: ApiError) -> ApiResult<()> {
    let secs = pause_secs(*failures).ok_or(error)?;
    *failures += 1;
    browser::sleep(Duration::from_secs(secs.into()).mul_f64(0.8 + 0.4 * browser::random())).await;
    Ok(())
}
