//! `InitiateMultipartUpload`, `UploadMultipartPart`, `CompleteMultipartUpload`,
//! `AbortMultipartUpload`, `ListParts`, `ListMultipartUploads`.

use super::archives::created;
use super::request::{
    PageQuery, Shared, header, number_header, optional_header, receive, tree_hash_header,
};
use crate::description::iso8601;
use crate::error::ApiResult;
use crate::records::{ByteRange, Part};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header::LOCATION};
use axum::response::{AppendHeaders, IntoResponse};
use serde_json::{Value, json};

/// The page size of lists.
const PAGE: usize = 50;

type UploadPath = Path<(String, String, String)>;

pub async fn initiate(
    State(store): Shared,
    Path((account, vault)): Path<(String, String)>,
    headers: HeaderMap,
) -> ApiResult<impl IntoResponse> {
    let description = optional_header(&headers, "x-amz-archive-description")?.unwrap_or_default();
    let part_size = number_header(&headers, "x-amz-part-size")?;
    let upload = store.initiate_upload(&vault, description, part_size).await?;
    let location = format!("/{account}/vaults/{vault}/multipart-uploads/{}", upload.id);
    let headers =
        AppendHeaders([(LOCATION.as_str(), location), ("x-amz-multipart-upload-id", upload.id)]);
    Ok((StatusCode::CREATED, headers))
}

pub async fn upload_part(
    State(store): Shared,
    Path((_, vault, upload)): UploadPath,
    headers: HeaderMap,
    body: Body,
) -> ApiResult<impl IntoResponse> {
    let incoming = receive(&store, body).await?;
    let range = ByteRange::parse_content_range(header(&headers, "content-range")?)?;
    let declared = tree_hash_header(&headers)?;
    let tree_hash = store.upload_part(&vault, &upload, range, declared, incoming).await?;
    Ok((StatusCode::NO_CONTENT, [("x-amz-sha256-tree-hash", tree_hash.to_string())]))
}

pub async fn complete(
    State(store): Shared,
    Path((account, vault, upload)): UploadPath,
    headers: HeaderMap,
) -> ApiResult<impl IntoResponse> {
    let size = number_header(&headers, "x-amz-archive-size")?;
    let declared = tree_hash_header(&headers)?;
    let archive = store.complete_upload(&vault, &upload, size, declared).await?;
    Ok(created(&account, &archive))
}

pub async fn abort(
    State(store): Shared,
    Path((_, vault, upload)): UploadPath,
) -> ApiResult<StatusCode> {
    store.abort_upload(&vault, &upload).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub async fn list_parts(
    State(store): Shared,
    Path((_, vault, upload)): UploadPath,
    Query(query): Query<PageQuery>,
) -> ApiResult<Json<Value>> {
    let upload = store.upload(&vault, &upload).await?;
    let shown = |(start, part): (&u64, &Part)| {
        let range = format!("{start}-{}", start + part.piece.size - 1);
        let shown = json!({ "RangeInBytes": range, "SHA256TreeHash": part.tree_hash });
        (start.to_string(), shown)
    };
    let (parts, marker) = query.page(upload.parts.iter().map(shown).collect(), PAGE)?;
    Ok(Json(json!({
        "ArchiveDescription": upload.description,
        "CreationDate": iso8601(upload.created),
        "Marker": marker,
        "MultipartUploadId": upload.id,
        "PartSizeInBytes": upload.part_size,
        "Parts": parts,
        "VaultARN": store.vault_arn(&vault),
    })))
}

pub async fn list(
    State(store): Shared,
    Path((_, vault)): Path<(String, String)>,
    Query(query): Query<PageQuery>,
) -> ApiResult<Json<Value>> {
    let uploads = store.uploads(&vault).await?.into_iter().map(|upload| {
        let shown = json!({
            "ArchiveDescription": upload.description,
            "CreationDate": iso8601(upload.created),
            "MultipartUploadId": upload.id,
            "PartSizeInBytes": upload.part_size,
            "VaultARN": store.vault_arn(&vault),
        });
        (upload.id, shown)
    });
    let (uploads, marker) = query.page(uploads.collect(), PAGE)?;
    Ok(Json(json!({ "UploadsList": uploads, "Marker": marker })))
}
