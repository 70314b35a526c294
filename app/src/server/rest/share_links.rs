//! `/api/v1/jobs/{id}/links`: share links to a job's result.

use super::caller::{CanRead, CanShare, CanWrite};
use super::jobs::JobPath;
use super::optional_body::OptionalBody;
use super::problem::{Code, Problem, ProblemBody};
use crate::error::ApiError;
use crate::server::shared;
use axum::Json;
use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;
use gas_backend::usecases;
use gas_shared::share_link::{CreatedShareLink, NewShareLink, ShareLink};
use gas_shared::{JobId, ShareLinkId};

/// The job and the share link of a path. A path with an invalid id gets 404.
pub struct LinkPath(pub JobId, pub ShareLinkId);

impl<S: Send + Sync> FromRequestParts<S> for LinkPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path((job, link)) = Path::<(String, String)>::from_request_parts(parts, state).await?;
        let none = |_| Problem::new(Code::NotFound, format!("job {job:?} has no link {link:?}"));
        Ok(Self(job.parse().map_err(none)?, link.parse().map_err(none)?))
    }
}

/// List the share links of a job.
///
/// Returns the links that are not revoked, newest first, with how often each was opened. Links that expired are listed
/// for 30 days. The addresses are not stored, so they are not returned.
#[utoipa::path(
    get, path = "/jobs/{id}/links", tag = "links", operation_id = "list_share_links",
    security(("token" = ["jobs:read"])),
    params(("id" = uuid::Uuid, Path, description = "The job")),
    responses(
        (status = 200, description = "The links", body = Vec<ShareLink>),
        super::JobProblems, super::CommonProblems,
    ),
)]
pub async fn list(
    CanRead(caller): CanRead,
    JobPath(id): JobPath,
) -> Result<Json<Vec<ShareLink>>, Problem> {
    let links = usecases::list_share_links(&caller.web.gas, caller.account.id, id).await;
    Ok(Json(links.map_err(ApiError::from)?))
}

/// Make a share link.
///
/// Whoever has the address can read the result of the job without signing in: its variants, charts and, unless
/// `allows_downloads` is `false`, exports and the genome browser; never the input, the run log or other jobs. On the Free
/// plan, variants can be read until the `downloadable_until` of the result. A job can have 20 links that have not
/// expired. Without a body, the link expires after 7 days and includes downloads.
#[utoipa::path(
    post, path = "/jobs/{id}/links", tag = "links", operation_id = "create_share_link",
    security(("token" = ["jobs:read", "jobs:write"])),
    params(("id" = uuid::Uuid, Path, description = "The job")),
    request_body = Option<NewShareLink>,
    responses(
        (status = 201, description = "The link and its address, which is returned only once", body = CreatedShareLink),
        (status = 400, description = "The days are not 1, 7, 30 or 90, or the body has an unknown field or no content type", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The job has no result, or too many links", body = ProblemBody, content_type = "application/problem+json"),
        super::JobProblems, super::CommonProblems,
    ),
)]
pub async fn create(
    CanShare(caller): CanShare,
    JobPath(id): JobPath,
    OptionalBody(new): OptionalBody<NewShareLink>,
) -> Result<(StatusCode, Json<CreatedShareLink>), Problem> {
    let new = new.unwrap_or_default();
    let created = shared::create_link(&caller.web, caller.account.id, id, new).await;
    Ok((StatusCode::CREATED, Json(created.map_err(ApiError::from)?)))
}

/// Revoke a share link.
///
/// It opens nothing from now on.
#[utoipa::path(
    delete, path = "/jobs/{id}/links/{link}", tag = "links", operation_id = "revoke_share_link",
    security(("token" = ["jobs:write"])),
    params(
        ("id" = uuid::Uuid, Path, description = "The job"),
        ("link" = uuid::Uuid, Path, description = "The link"),
    ),
    responses(
        (status = 204, description = "The link is revoked"),
        super::JobProblems, super::CommonProblems,
    ),
)]
pub async fn revoke(
    CanWrite(caller): CanWrite,
    LinkPath(id, link): LinkPath,
) -> Result<StatusCode, Problem> {
    let revoked = usecases::revoke_share_link(&caller.web.gas, caller.account.id, id, link).await;
    revoked.map_err(ApiError::from)?;
    Ok(StatusCode::NO_CONTENT)
}
