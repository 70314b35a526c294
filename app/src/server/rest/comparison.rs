//! `/api/v1/jobs/{id}/comparison` and `/comparison/differences`: how the result of a job differs from that of another one.

use super::caller::CanRead;
use super::jobs::JobPath;
use super::problem::{Code, Problem, ProblemBody};
use crate::error::ApiError;
use crate::server::comparison_file::TSV;
use crate::server::export::export_response;
use axum::Json;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::Response;
use gas_backend::usecases;
use gas_shared::JobId;
use gas_shared::comparison::{Comparison, DifferenceKind, UnknownKind};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// What to compare with.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ComparisonQuery {
    /// The other job, whose result is the second one.
    #[param(required = true)]
    pub other: Option<Uuid>,
    /// Return only differences of this kind: `only_first`, `only_second`, `consequence` or `impact`.
    #[param(example = "consequence")]
    pub kind: Option<String>,
}

/// How the results of two jobs differ.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ComparedResults {
    /// In what the runs of the jobs differ, such as the reference, as sentences.
    pub notes: Vec<String>,
    /// The counts and the first differences.
    #[serde(flatten)]
    pub comparison: Comparison,
}

/// Compare two results.
///
/// Counts the records that only one of two results has, and those with another most severe consequence or another highest
/// impact, and returns the first 200 differences. Records are the same if they have the same contig, position, REF and ALT
/// alleles. Both results must be available, and sorted by contig and position.
#[utoipa::path(
    get, path = "/jobs/{id}/comparison", tag = "files", operation_id = "compare_results",
    security(("token" = ["jobs:read"])),
    params(("id" = uuid::Uuid, Path, description = "The job whose result is the first one"), ComparisonQuery),
    responses(
        (status = 200, description = "The counts and the first differences", body = ComparedResults),
        (status = 400, description = "The other job is missing, or the kind is unknown", body = ProblemBody, content_type = "application/problem+json"),
        (status = 402, description = "The download window of the Free plan is over", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "A result is not available or not sorted, or the results are too large: get the differences as a file", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The explorer is busy; try again after `Retry-After`", body = ProblemBody, content_type = "application/problem+json"),
        super::JobProblems, super::CommonProblems,
    ),
)]
pub async fn compare(
    CanRead(caller): CanRead,
    JobPath(id): JobPath,
    query: Result<Query<ComparisonQuery>, QueryRejection>,
) -> Result<Json<ComparedResults>, Problem> {
    let (web, owner) = (&caller.web, caller.account.id);
    // Another user's job is missing whatever the query is.
    usecases::find_job(&web.gas, owner, id).await.map_err(ApiError::from)?;
    let Query(query) = query?;
    let (jobs, kind) = ((id, other(&query)?), kind(&query)?);
    let compared = usecases::compare_results(&web.gas, &web.explorers, owner, jobs, kind).await;
    let compared = compared.map_err(ApiError::from)?;
    Ok(Json(ComparedResults { notes: compared.notes(), comparison: compared.comparison }))
}

/// Get the differences of two results.
///
/// Returns the differences as a table with tabs (TSV), without a limit on their number: `difference`, `chrom`, `pos`, `ref`,
/// `alt`, and the most severe consequence, the highest impact and the gene in both results. It is sent while it is made: if the
/// connection ends before the response does, it is incomplete.
#[utoipa::path(
    get, path = "/jobs/{id}/comparison/differences", tag = "files", operation_id = "export_differences",
    security(("token" = ["jobs:read"])),
    params(("id" = uuid::Uuid, Path, description = "The job whose result is the first one"), ComparisonQuery),
    responses(
        (status = 200, description = "The table", body = String, content_type = "text/tab-separated-values"),
        (status = 400, description = "The other job is missing, or the kind is unknown", body = ProblemBody, content_type = "application/problem+json"),
        (status = 402, description = "The download window of the Free plan is over", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "A result is not available", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Too many exports of all users are running; try again after `Retry-After`", body = ProblemBody, content_type = "application/problem+json"),
        super::JobProblems, super::CommonProblems,
    ),
)]
pub async fn differences(
    CanRead(caller): CanRead,
    JobPath(id): JobPath,
    query: Result<Query<ComparisonQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let (web, owner) = (&caller.web, caller.account.id);
    usecases::find_job(&web.gas, owner, id).await.map_err(ApiError::from)?;
    let Query(query) = query?;
    let (jobs, kind) = ((id, other(&query)?), kind(&query)?);
    let export = usecases::export_differences(&web.gas, &web.explorers, owner, jobs, kind).await;
    Ok(export_response(export.map_err(ApiError::from)?, TSV))
}

fn other(query: &ComparisonQuery) -> Result<JobId, Problem> {
    let missing =
        || Problem::new(Code::InvalidRequest, "other is missing; name the job to compare with");
    query.other.map(JobId::new).ok_or_else(missing)
}

fn kind(query: &ComparisonQuery) -> Result<Option<DifferenceKind>, Problem> {
    let unknown = |error: UnknownKind| Problem::new(Code::InvalidRequest, error.to_string());
    query.kind.as_deref().map(str::parse).transpose().map_err(unknown)
}
