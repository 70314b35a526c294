//! `UploadArchive` and `DeleteArchive`.

use super::request::{Shared, optional_header, receive, tree_hash_header};
use crate::error::ApiResult;
use crate::records::Archive;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header::LOCATION};
use axum::response::{AppendHeaders, IntoResponse};

pub async fn upload(
    State(store): Shared,
    Path((account, vault)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> ApiResult<impl IntoResponse> {
    let incoming = receive(&store, body).await?;
    let description = optional_header(&headers, "x-amz-archive-description")?.unwrap_or_default();
    let declared = tree_hash_header(&headers)?;
    let archive = store.upload_archive(&vault, description, declared, incoming).await?;
    Ok(created(&account, &archive))
}

pub async fn delete(
    State(store): Shared,
    Path((_, vault, archive)): Path<(String, String, String)>,
) -> ApiResult<StatusCode> {
    store.delete_archive(&vault, &archive).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The response of every operation that creates an archive.
pub(super) fn created(account: &str, archive: &Archive) -> impl IntoResponse + use<> {
    let Archive { vault, id, contents, .. } = archive;
    let headers = AppendHeaders([
        (LOCATION.as_str(), format!("/{account}/vaults/{vault}/archives/{id}")),
        ("x-amz-archive-id", id.clone()),
        ("x-amz-sha256-tree-hash", contents.tree_hash.to_string()),
    ]);
    (StatusCode::CREATED, headers)
}
