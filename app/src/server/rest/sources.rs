//! `/api/v1/sources`: the sources that jobs can choose.

use super::caller::CanRead;
use super::dto::{SourceDto, SourceListDto};
use super::problem::Problem;
use axum::Json;
use gas_backend::usecases;

/// List sources.
///
/// Returns the sources that the option `sources` of a job can have. A job without it gets all of the assembly of its
/// reference whose license permits commercial use, of several releases the newest.
#[utoipa::path(
    get, path = "/sources", tag = "references", operation_id = "list_sources",
    security(("token" = ["jobs:read"])),
    responses(
        (status = 200, description = "All sources", body = SourceListDto),
        super::NoScope, super::CommonProblems,
    ),
)]
pub async fn list(CanRead(caller): CanRead) -> Result<Json<SourceListDto>, Problem> {
    let found = usecases::sources(&caller.web.gas).await?;
    Ok(Json(SourceListDto { sources: found.choices.iter().map(SourceDto::from).collect() }))
}
