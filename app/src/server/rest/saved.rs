//! `/api/v1/saved-filters` and `/api/v1/gene-panels`: what the caller has saved for the results explorer.

use super::caller::{AnyToken, CanRead, CanWrite};
use super::in_path::InPath;
use super::problem::{Problem, ProblemBody};
use crate::error::ApiError;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use gas_backend::ports::SavedKind;
use gas_backend::usecases;
use gas_shared::SavedId;
use gas_shared::saved::{GenePanel, NewGenePanel, NewSavedFilter, SavedFilter};
use serde::Deserialize;
use utoipa::{IntoResponses, ToSchema};

/// A new name.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewName {
    /// The name, of 1 to 60 characters.
    pub name: String,
}

/// The additional errors of operations on one saved filter or gene panel.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "used only for the OpenAPI document")]
enum SavedProblems {
    /// The token does not have the scope
    #[response(status = 403, content_type = "application/problem+json")]
    InsufficientScope(ProblemBody),
    /// You have none with this id
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemBody),
}

/// List saved filters.
///
/// Returns the saved filters of your account, by name.
#[utoipa::path(
    get, path = "/saved-filters", tag = "saved", operation_id = "list_saved_filters",
    security(("token" = ["jobs:read"])),
    responses(
        (status = 200, description = "All saved filters", body = Vec<SavedFilter>),
        super::NoScope, super::CommonProblems,
    ),
)]
pub async fn list_saved_filters(
    CanRead(caller): CanRead,
) -> Result<Json<Vec<SavedFilter>>, Problem> {
    Ok(Json(usecases::list_saved(&caller.web.gas, caller.account.id).await?.filters))
}

/// Save a saved filter.
///
/// It replaces a saved filter of the same name, which keeps its id.
#[utoipa::path(
    post, path = "/saved-filters", tag = "saved", operation_id = "save_saved_filter",
    security(("token" = ["jobs:write"])),
    request_body = NewSavedFilter,
    responses(
        (status = 204, description = "The saved filter is saved"),
        (status = 400, description = "The saved filter is invalid or too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "You have too many", body = ProblemBody, content_type = "application/problem+json"),
        super::NoScope, super::CommonProblems,
    ),
)]
pub async fn save_saved_filter(
    CanWrite(caller): CanWrite,
    new: Result<Json<NewSavedFilter>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(new) = new?;
    let saved = usecases::save_filter(&caller.web.gas, caller.account.id, new).await;
    saved.map_err(ApiError::from)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Rename a saved filter.
#[utoipa::path(
    patch, path = "/saved-filters/{id}", tag = "saved", operation_id = "rename_saved_filter",
    security(("token" = ["jobs:write"])),
    params(("id" = uuid::Uuid, Path, description = "The saved filter")),
    request_body = NewName,
    responses(
        (status = 204, description = "The saved filter has the name"),
        (status = 400, description = "The name is invalid", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Another saved filter has the name", body = ProblemBody, content_type = "application/problem+json"),
        SavedProblems, super::CommonProblems,
    ),
)]
pub async fn rename_saved_filter(
    CanWrite(caller): CanWrite,
    InPath(id): InPath<SavedId>,
    name: Result<Json<NewName>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(NewName { name }) = name?;
    rename(&caller, id, SavedKind::Filter, &name).await
}

/// Delete a saved filter.
#[utoipa::path(
    delete, path = "/saved-filters/{id}", tag = "saved", operation_id = "delete_saved_filter",
    security(("token" = ["jobs:write"])),
    params(("id" = uuid::Uuid, Path, description = "The saved filter")),
    responses(
        (status = 204, description = "The saved filter is deleted"),
        SavedProblems, super::CommonProblems,
    ),
)]
pub async fn delete_saved_filter(
    CanWrite(caller): CanWrite,
    InPath(id): InPath<SavedId>,
) -> Result<StatusCode, Problem> {
    delete(&caller, id, SavedKind::Filter).await
}

/// List gene panels.
///
/// Returns the gene panels of your account, by name.
#[utoipa::path(
    get, path = "/gene-panels", tag = "saved", operation_id = "list_gene_panels",
    security(("token" = ["jobs:read"])),
    responses(
        (status = 200, description = "All gene panels", body = Vec<GenePanel>),
        super::NoScope, super::CommonProblems,
    ),
)]
pub async fn list_gene_panels(CanRead(caller): CanRead) -> Result<Json<Vec<GenePanel>>, Problem> {
    Ok(Json(usecases::list_saved(&caller.web.gas, caller.account.id).await?.panels))
}

/// Save a gene panel.
///
/// It replaces a gene panel of the same name, which keeps its id.
#[utoipa::path(
    post, path = "/gene-panels", tag = "saved", operation_id = "save_gene_panel",
    security(("token" = ["jobs:write"])),
    request_body = NewGenePanel,
    responses(
        (status = 204, description = "The gene panel is saved"),
        (status = 400, description = "The gene panel is invalid or too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "You have too many", body = ProblemBody, content_type = "application/problem+json"),
        super::NoScope, super::CommonProblems,
    ),
)]
pub async fn save_gene_panel(
    CanWrite(caller): CanWrite,
    new: Result<Json<NewGenePanel>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(new) = new?;
    let saved = usecases::save_panel(&caller.web.gas, caller.account.id, new).await;
    saved.map_err(ApiError::from)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Rename a gene panel.
#[utoipa::path(
    patch, path = "/gene-panels/{id}", tag = "saved", operation_id = "rename_gene_panel",
    security(("token" = ["jobs:write"])),
    params(("id" = uuid::Uuid, Path, description = "The gene panel")),
    request_body = NewName,
    responses(
        (status = 204, description = "The gene panel has the name"),
        (status = 400, description = "The name is invalid", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Another gene panel has the name", body = ProblemBody, content_type = "application/problem+json"),
        SavedProblems, super::CommonProblems,
    ),
)]
pub async fn rename_gene_panel(
    CanWrite(caller): CanWrite,
    InPath(id): InPath<SavedId>,
    name: Result<Json<NewName>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(NewName { name }) = name?;
    rename(&caller, id, SavedKind::Panel, &name).await
}

/// Delete a gene panel.
#[utoipa::path(
    delete, path = "/gene-panels/{id}", tag = "saved", operation_id = "delete_gene_panel",
    security(("token" = ["jobs:write"])),
    params(("id" = uuid::Uuid, Path, description = "The gene panel")),
    responses(
        (status = 204, description = "The gene panel is deleted"),
        SavedProblems, super::CommonProblems,
    ),
)]
pub async fn delete_gene_panel(
    CanWrite(caller): CanWrite,
    InPath(id): InPath<SavedId>,
) -> Result<StatusCode, Problem> {
    delete(&caller, id, SavedKind::Panel).await
}

async fn rename(
    caller: &AnyToken,
    id: SavedId,
    kind: SavedKind,
    name: &str,
) -> Result<StatusCode, Problem> {
    let (gas, owner) = (&caller.web.gas, caller.account.id);
    usecases::rename_saved(gas, owner, id, kind, name).await.map_err(ApiError::from)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete(caller: &AnyToken, id: SavedId, kind: SavedKind) -> Result<StatusCode, Problem> {
    let (gas, owner) = (&caller.web.gas, caller.account.id);
    usecases::delete_saved(gas, owner, id, kind).await.map_err(ApiError::from)?;
    Ok(StatusCode::NO_CONTENT)
}
