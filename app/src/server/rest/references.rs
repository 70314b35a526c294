//! `/api/v1/references`: the references that jobs can choose.

use super::caller::CanRead;
use super::dto::{ReferenceDto, ReferenceListDto};
use super::problem::Problem;
use axum::Json;
use gas_backend::usecases;

/// List references.
///
/// Returns the references that the option `reference` of a job can have, with those of your own that are
/// ready. A job without it gets the one with `is_default`.
#[utoipa::path(
    get, path = "/references", tag = "references", operation_id = "list_references",
    security(("token" = ["jobs:read"])),
    responses(
        (status = 200, description = "All references", body = ReferenceListDto),
        super::NoScope, super::CommonProblems,
    ),
)]
pub async fn list(CanRead(caller): CanRead) -> Result<Json<ReferenceListDto>, Problem> {
    let found = usecases::references(&caller.web.gas, &caller.account).await?;
    let default = found.default.as_ref();
    let references = found.choices.iter();
    let references = references.map(|choice| ReferenceDto::new(choice, default)).collect();
    Ok(Json(ReferenceListDto { references }))
}
