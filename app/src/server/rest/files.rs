//! `/api/v1/jobs/{id}/result`, `/result/index`, `/export` and `/log`: a job's result, its region index, exports of it, and
//! its run log.

use super::caller::CanRead;
use super::jobs::JobPath;
use super::problem::{Code, Problem, ProblemBody};
use crate::error::ApiError;
use crate::server::export::{export_response, read_filter};
use crate::server::result_file::plain_response;
use axum::Json;
use axum::body::Body;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use gas_backend::usecases::{self, ResultAccess};
use gas_shared::explorer::ExportFormats;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The query of a result download.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ResultQuery {
    /// Set to `false` to get the link as JSON instead of a redirect.
    #[param(default = true)]
    pub redirect: Option<bool>,
    /// Set to `true` to get plain text in the response itself, whatever form the result is stored in.
    #[param(default = false)]
    pub plain: Option<bool>,
}

/// The query of an export.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ExportQuery {
    /// One or more of `vcf`, `vcf_gz`, `vcf_gz_index`, `tsv`, `csv`, `xlsx`, `json_lines`, `parquet` and `maf`, separated by
    /// commas.
    #[param(example = "tsv,parquet")]
    pub format: String,
    /// Which records, as JSON: what the address of the results explorer has after `filter=`. All records without it.
    #[param(example = r#"{"impacts":["high"]}"#)]
    pub filter: Option<String>,
}

/// The query of a download of a region index.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LinkQuery {
    /// Set to `false` to get the link as JSON instead of a redirect.
    #[param(default = true)]
    pub redirect: Option<bool>,
}

/// A link to a file.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Link {
    /// The URL of the file, valid for at most one minute. Do not send the token to it.
    #[schema(format = "uri")]
    pub url: String,
}

/// Download a result.
///
/// Redirects to the annotated file in storage. The link is valid for at most one minute. On the
/// Free plan, a result can only be downloaded until its `downloadable_until`; after that the
/// response is 402. The file is BGZF, or plain text for plain inputs of at most 1 MiB: its name and
/// its first two bytes (1f 8b for BGZF) tell. With `plain=true`, the response is the text of either, with
/// the name `.annot.vcf`; only the stored file can be read by ranges.
#[utoipa::path(
    get, path = "/jobs/{id}/result", tag = "files", operation_id = "get_result",
    security(("token" = ["jobs:read"])),
    params(("id" = uuid::Uuid, Path, description = "The job"), ResultQuery),
    responses(
        (status = 302, description = "Redirect to the file; do not send the token there", headers(
            ("Location" = String, description = "The link"))),
        (status = 200, description = "The link, if `redirect` is `false`; the text (`text/x-vcf`), if `plain` is `true`", body = Link),
        (status = 402, description = "The download window of the Free plan is over", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The job has no result, or the result is being restored", body = ProblemBody, content_type = "application/problem+json"),
        super::JobProblems, super::CommonProblems,
    ),
)]
pub async fn result(
    CanRead(caller): CanRead,
    JobPath(id): JobPath,
    query: Result<Query<ResultQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query?;
    let (web, owner) = (&caller.web, caller.account.id);
    if query.plain == Some(true) {
        let text = usecases::plain_result(&web.gas, &web.explorers, owner, id).await;
        return Ok(plain_response(text.map_err(ApiError::from)?));
    }
    let url = usecases::sign_result_link(&web.gas, owner, id).await;
    Ok(link_response(url.map_err(ApiError::from)?, query.redirect))
}

/// Download the index of a result.
///
/// Redirects to the index with which tabix, bcftools and genome browsers read the records of a region:
/// `.tbi`, or `.csi` if a contig is longer than 2^29 bases. Only results that are BGZF have one. It can be
/// downloaded as long as the result.
#[utoipa::path(
    get, path = "/jobs/{id}/result/index", tag = "files", operation_id = "get_result_index",
    security(("token" = ["jobs:read"])),
    params(("id" = uuid::Uuid, Path, description = "The job"), LinkQuery),
    responses(
        (status = 302, description = "Redirect to the file; do not send the token there", headers(
            ("Location" = String, description = "The link"))),
        (status = 200, description = "The link, if `redirect` is `false`", body = Link),
        (status = 402, description = "The download window of the Free plan is over", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The job has no result, or the result has no index or is being restored", body = ProblemBody, content_type = "application/problem+json"),
        super::JobProblems, super::CommonProblems,
    ),
)]
pub async fn region_index(
    CanRead(caller): CanRead,
    JobPath(id): JobPath,
    query: Result<Query<LinkQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query?;
    let url = usecases::sign_region_index_link(&caller.web.gas, caller.account.id, id).await;
    Ok(link_response(url.map_err(ApiError::from)?, query.redirect))
}

/// Export records.
///
/// Returns the records that match a filter, without a limit on their number. `vcf` and `vcf_gz` have complete records;
/// `tsv`, `csv`, `xlsx`, `json_lines` and `parquet` have the columns of the results explorer, with genotype (GT), depth
/// (DP), genotype quality (GQ) and allele balance (AB) of the first 64 samples; `maf` has a row for each sample with an
/// allele. `xlsx` can have 1,048,575 records. The response is a ZIP archive if there are several formats, and for
/// `vcf_gz_index`, which is a VCF file with its index. It is sent while it is made: if the connection ends before the
/// response does, the export has failed.
#[utoipa::path(
    get, path = "/jobs/{id}/export", tag = "files", operation_id = "export_result",
    security(("token" = ["jobs:read"])),
    params(("id" = uuid::Uuid, Path, description = "The job"), ExportQuery),
    responses(
        (status = 200, description = "The file, or a ZIP archive of several", content_type = "application/octet-stream"),
        (status = 400, description = "The formats or the filter are invalid, or a worksheet cannot have the records", body = ProblemBody, content_type = "application/problem+json"),
        (status = 402, description = "The download window of the Free plan is over", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The job has no result, or the result has no index for the explorer or is being restored", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Too many exports of all users are running; try again after `Retry-After`", body = ProblemBody, content_type = "application/problem+json"),
        super::JobProblems, super::CommonProblems,
    ),
)]
pub async fn export(
    CanRead(caller): CanRead,
    JobPath(id): JobPath,
    query: Result<Query<ExportQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query?;
    let formats: ExportFormats = match query.format.parse() {
        Ok(formats) => formats,
        Err(error) => return Err(Problem::new(Code::InvalidRequest, error.to_string())),
    };
    let filter = read_filter(query.filter.as_deref().unwrap_or_default())?;
    let web = &caller.web;
    let access = ResultAccess::of_owner(caller.account.id, id);
    let export =
        usecases::export_results(&web.gas, &web.explorers, &access, filter, &formats).await;
    Ok(export_response(export.map_err(ApiError::from)?, formats.content_type()))
}

/// The response with a link: a redirect unless the caller does not want it.
fn link_response(url: String, redirect: Option<bool>) -> Response {
    if redirect == Some(false) {
        return Json(Link { url }).into_response();
    }
    (StatusCode::FOUND, [(header::LOCATION, url)]).into_response()
}

/// Get the run log.
///
/// Returns what the worker has written so far, followed by the counts of the engine if the job is
/// completed. The run log is empty until a worker starts the job, and remains available after the
/// result is archived; on the Free plan, for a limited time.
#[utoipa::path(
    get, path = "/jobs/{id}/log", tag = "files", operation_id = "get_log",
    security(("token" = ["jobs:read"])),
    params(("id" = uuid::Uuid, Path, description = "The job")),
    responses(
        (status = 200, description = "The run log", body = String, content_type = "text/plain"),
        super::JobProblems, super::CommonProblems,
    ),
)]
pub async fn log(CanRead(caller): CanRead, JobPath(id): JobPath) -> Result<Response, Problem> {
    let log = usecases::stream_log(&caller.web.gas, caller.account.id, id).await;
    let (_, log) = log.map_err(ApiError::from)?;
    let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    Ok((kind, Body::from_stream(log)).into_response())
}
