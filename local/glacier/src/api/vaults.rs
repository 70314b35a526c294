//! `CreateVault`, `DescribeVault`, `ListVaults`, `DeleteVault`.

use super::request::{PageQuery, Shared};
use crate::description::iso8601;
use crate::error::ApiResult;
use crate::store::{Store, VaultSummary};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header::LOCATION};
use axum::response::IntoResponse;
use serde_json::{Value, json};

/// The page size of `ListVaults`.
const PAGE: usize = 10;

pub async fn create(
    State(store): Shared,
    Path((account, vault)): Path<(String, String)>,
) -> ApiResult<impl IntoResponse> {
    store.create_vault(&vault).await?;
    Ok((StatusCode::CREATED, [(LOCATION, format!("/{account}/vaults/{vault}"))]))
}

pub async fn describe(
    State(store): Shared,
    Path((_, vault)): Path<(String, String)>,
) -> ApiResult<Json<Value>> {
    let summary = store.vault(&vault).await?;
    Ok(Json(shown(&store, &summary)))
}

pub async fn list(State(store): Shared, Query(query): Query<PageQuery>) -> ApiResult<Json<Value>> {
    let vaults = store.vaults().await.into_iter();
    let vaults = vaults.map(|summary| (summary.vault.name.clone(), shown(&store, &summary)));
    let (vaults, marker) = query.page(vaults.collect(), PAGE)?;
    Ok(Json(json!({ "VaultList": vaults, "Marker": marker })))
}

pub async fn delete(
    State(store): Shared,
    Path((_, vault)): Path<(String, String)>,
) -> ApiResult<StatusCode> {
    store.delete_vault(&vault).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn shown(store: &Store, summary: &VaultSummary) -> Value {
    json!({
        "CreationDate": iso8601(summary.vault.created),
        "LastInventoryDate": null,
        "NumberOfArchives": summary.archives,
        "SizeInBytes": summary.size,
        "VaultARN": store.vault_arn(&summary.vault.name),
        "VaultName": summary.vault.name,
    })
}
