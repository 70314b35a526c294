//! `/api/v1/references/private`: the caller's own references.

use super::caller::{CanRead, CanWrite};
use super::problem::{Code, Problem, ProblemBody};
use crate::error::ApiError;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;
use gas_backend::usecases;
use gas_shared::private_reference::{
    NewPrivateReference, PrivateReferenceList, PrivateReferenceView, SourceParts,
};
use gas_shared::reference::{PRIVATE_SPECIES, ReferenceId};

/// The reference of a path. A path that is no id gets 404.
pub struct ReferencePath(pub ReferenceId);

impl<S: Send + Sync> FromRequestParts<S> for ReferencePath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<(String, String)>::from_request_parts(parts, state).await?;
        let Path((assembly, name)) = path;
        let id = format!("{PRIVATE_SPECIES}/{assembly}/{name}");
        let none = |_| Problem::new(Code::NotFound, format!("you have no reference {id:?}"));
        id.parse().map(Self).map_err(none)
    }
}

/// Add a private reference.
///
/// Needs the Premium plan. Returns the first parts of both files: send the bytes of each part with PUT to its
/// `url`, call `parts` until no part is missing, then call `submit`. An id can be used again if the
/// reference that had it failed.
#[utoipa::path(
    post, path = "/references", tag = "references", operation_id = "add_reference",
    security(("token" = ["jobs:write"])),
    request_body = NewPrivateReference,
    responses(
        (status = 201, description = "The id of the reference, and the first parts to send", body = SourceParts),
        (status = 400, description = "The name, the assembly or a file is invalid", body = ProblemBody, content_type = "application/problem+json"),
        (status = 402, description = "Private references need the Premium plan", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "You have a reference with this id, too many, or too large ones", body = ProblemBody, content_type = "application/problem+json"),
        super::NoScope, super::CommonProblems,
    ),
)]
pub async fn add(
    CanWrite(caller): CanWrite,
    new: Result<Json<NewPrivateReference>, JsonRejection>,
) -> Result<(StatusCode, Json<SourceParts>), Problem> {
    let Json(new) = new?;
    let added = usecases::add_private_reference(&caller.web.gas, &caller.account, &new).await;
    Ok((StatusCode::CREATED, Json(added.map_err(ApiError::from)?)))
}

/// List private references.
///
/// Returns your own references with their states, and the limits for them.
#[utoipa::path(
    get, path = "/references/private", tag = "references", operation_id = "list_private_references",
    security(("token" = ["jobs:read"])),
    responses(
        (status = 200, description = "All of your references", body = PrivateReferenceList),
        super::NoScope, super::CommonProblems,
    ),
)]
pub async fn list(CanRead(caller): CanRead) -> Result<Json<PrivateReferenceList>, Problem> {
    Ok(Json(usecases::list_private_references(&caller.web.gas, &caller.account).await?))
}

/// Get a private reference.
///
/// Returns one of your own references with its state.
#[utoipa::path(
    get, path = "/references/private/{assembly}/{name}", tag = "references",
    operation_id = "get_private_reference",
    security(("token" = ["jobs:read"])),
    params(
        ("assembly" = String, Path, description = "The assembly of the reference"),
        ("name" = String, Path, description = "The name of the reference"),
    ),
    responses(
        (status = 200, description = "The reference", body = PrivateReferenceView),
        super::ReferenceProblems, super::CommonProblems,
    ),
)]
pub async fn get(
    CanRead(caller): CanRead,
    ReferencePath(id): ReferencePath,
) -> Result<Json<PrivateReferenceView>, Problem> {
    let found = usecases::find_private_reference(&caller.web.gas, caller.account.id, &id).await;
    Ok(Json(found.map_err(ApiError::from)?))
}

/// Get the next parts of a private reference.
///
/// Returns the first parts of its files that storage has not received. Call it again after these are sent,
/// or to continue an upload.
#[utoipa::path(
    post, path = "/references/private/{assembly}/{name}/parts", tag = "references",
    operation_id = "next_reference_parts",
    security(("token" = ["jobs:write"])),
    params(
        ("assembly" = String, Path, description = "The assembly of the reference"),
        ("name" = String, Path, description = "The name of the reference"),
    ),
    responses(
        (status = 200, description = "The next parts to send", body = SourceParts),
        (status = 409, description = "The reference expects no files, or its upload has expired", body = ProblemBody, content_type = "application/problem+json"),
        super::ReferenceProblems, super::CommonProblems,
    ),
)]
pub async fn parts(
    CanWrite(caller): CanWrite,
    ReferencePath(id): ReferencePath,
) -> Result<Json<SourceParts>, Problem> {
    let parts = usecases::next_source_parts(&caller.web.gas, caller.account.id, &id).await;
    Ok(Json(parts.map_err(ApiError::from)?))
}

/// Submit a private reference.
///
/// Confirms that both files are uploaded, and requests that the reference is built. Repeated calls have no
/// further effect.
#[utoipa::path(
    post, path = "/references/private/{assembly}/{name}/submit", tag = "references",
    operation_id = "submit_reference",
    security(("token" = ["jobs:write"])),
    params(
        ("assembly" = String, Path, description = "The assembly of the reference"),
        ("name" = String, Path, description = "The name of the reference"),
    ),
    responses(
        (status = 200, description = "The reference", body = PrivateReferenceView),
        (status = 409, description = "A file is not uploaded", body = ProblemBody, content_type = "application/problem+json"),
        super::ReferenceProblems, super::CommonProblems,
    ),
)]
pub async fn submit(
    CanWrite(caller): CanWrite,
    ReferencePath(id): ReferencePath,
) -> Result<Json<PrivateReferenceView>, Problem> {
    let (gas, owner) = (&caller.web.gas, caller.account.id);
    let confirmed = usecases::confirm_private_reference(gas, owner, &id).await;
    Ok(Json(confirmed.map_err(ApiError::from)?))
}

/// Delete a private reference.
///
/// New jobs cannot use it from now on. Its files are deleted when the jobs that use it have ended. Results
/// that were made with it stay. A repeated call may get 404, which means that it is already deleted.
#[utoipa::path(
    delete, path = "/references/private/{assembly}/{name}", tag = "references",
    operation_id = "delete_private_reference",
    security(("token" = ["jobs:write"])),
    params(
        ("assembly" = String, Path, description = "The assembly of the reference"),
        ("name" = String, Path, description = "The name of the reference"),
    ),
    responses(
        (status = 204, description = "The reference is being deleted"),
        super::ReferenceProblems, super::CommonProblems,
    ),
)]
pub async fn delete(
    CanWrite(caller): CanWrite,
    ReferencePath(id): ReferencePath,
) -> Result<StatusCode, Problem> {
    let (gas, owner) = (&caller.web.gas, caller.account.id);
    let deleted = usecases::delete_private_reference(gas, owner, &id).await;
    deleted.map_err(ApiError::from)?;
    Ok(StatusCode::NO_CONTENT)
}
