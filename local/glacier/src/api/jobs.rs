//! `InitiateJob`, `DescribeJob`, `ListJobs`, `GetJobOutput`.

use super::request::{PageQuery, Shared, optional_header};
use crate::description::{self, status_code};
use crate::error::{ApiError, ApiResult, Code};
use crate::records::{ByteRange, Contents, Job, Outcome, Tier};
use crate::store::JobParameters;
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::response::{AppendHeaders, IntoResponse};
use serde::Deserialize;
use serde_json::{Value, json};

/// The page size of `ListJobs`.
const PAGE: usize = 50;

type JobPath = Path<(String, String, String)>;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InitiateBody {
    r#type: Option<String>,
    archive_id: Option<String>,
    description: Option<String>,
    #[serde(rename = "SNSTopic")]
    sns_topic: Option<String>,
    tier: Option<String>,
    retrieval_byte_range: Option<String>,
}

impl InitiateBody {
    fn parse(bytes: &[u8]) -> ApiResult<JobParameters> {
        let body: Self = serde_json::from_slice(bytes)
            .map_err(|error| ApiError::new(Code::SerializationException, error.to_string()))?;
        match body.r#type.as_deref() {
            Some("archive-retrieval") => {}
            None => return Err(ApiError::missing("Type")),
            Some(other) => return Err(ApiError::invalid(format!("Invalid job type: {other}"))),
        }
        let tier = match body.tier.as_deref() {
            None => Tier::default(),
            Some("Expedited") => Tier::Expedited,
            Some("Standard") => Tier::Standard,
            Some("Bulk") => Tier::Bulk,
            Some(other) => return Err(ApiError::invalid(format!("Invalid tier: {other}"))),
        };
        Ok(JobParameters {
            archive_id: body.archive_id.ok_or_else(|| ApiError::missing("ArchiveId"))?,
            description: body.description,
            sns_topic: body.sns_topic,
            tier,
            range: body.retrieval_byte_range.as_deref().map(ByteRange::parse).transpose()?,
        })
    }
}

pub async fn initiate(
    State(store): Shared,
    Path((account, vault)): Path<(String, String)>,
    body: Bytes,
) -> ApiResult<impl IntoResponse> {
    let job = store.initiate_job(&vault, InitiateBody::parse(&body)?).await?;
    let location = format!("/{account}/vaults/{vault}/jobs/{}", job.id);
    let headers = AppendHeaders([(LOCATION.as_str(), location), ("x-amz-job-id", job.id)]);
    Ok((StatusCode::ACCEPTED, headers))
}

pub async fn describe(
    State(store): Shared,
    Path((_, vault, job)): JobPath,
) -> ApiResult<Json<Value>> {
    let job = store.job(&vault, &job).await?;
    Ok(Json(description::describe(&store, &job)))
}

/// The filter of `ListJobs`.
#[derive(Debug, Deserialize)]
pub struct JobFilter {
    statuscode: Option<String>,
    completed: Option<bool>,
}

pub async fn list(
    State(store): Shared,
    Path((_, vault)): Path<(String, String)>,
    Query(query): Query<PageQuery>,
    Query(filter): Query<JobFilter>,
) -> ApiResult<Json<Value>> {
    let wanted = |job: &Job| {
        filter.statuscode.as_deref().is_none_or(|code| code == status_code(job))
            && filter.completed.is_none_or(|completed| completed == job.end.is_some())
    };
    let jobs = store.jobs(&vault).await?.into_iter().filter(wanted);
    let jobs = jobs.map(|job| (job.id.clone(), description::describe(&store, &job)));
    let (jobs, marker) = query.page(jobs.collect(), PAGE)?;
    Ok(Json(json!({ "JobList": jobs, "Marker": marker })))
}

pub async fn output(
    State(store): Shared,
    Path((_, vault, job)): JobPath,
    headers: HeaderMap,
) -> ApiResult<Response<Body>> {
    let job = store.job(&vault, &job).await?;
    let contents = output_of(&job)?;
    let size = job.range.len();
    let asked = optional_header(&headers, "range")?;
    let asked = asked.map(|text| ByteRange::parse_header(text, size)).transpose()?;
    let range = asked.unwrap_or(ByteRange::whole(size));
    // The output starts at the first byte of the job's range.
    let in_archive =
        ByteRange { start: job.range.start + range.start, end: job.range.start + range.end };
    let mut response = Response::builder()
        .header(CONTENT_TYPE, "application/octet-stream")
        .header(CONTENT_LENGTH, range.len())
        .header(ACCEPT_RANGES, "bytes");
    if asked.is_some() {
        let content_range = format!("bytes {}-{}/{size}", range.start, range.end);
        response =
            response.status(StatusCode::PARTIAL_CONTENT).header(CONTENT_RANGE, content_range);
    }
    if let Some(tree_hash) = store.range_hash(contents, in_archive).await? {
        response = response.header("x-amz-sha256-tree-hash", tree_hash.to_string());
    }
    let body = Body::from_stream(store.disk().read(contents, in_archive));
    let failed =
        |error| ApiError::new(Code::ServiceUnavailableException, format!("no response: {error}"));
    response.body(body).map_err(failed)
}

fn output_of(job: &Job) -> ApiResult<&Contents> {
    let id = &job.id;
    match job.end.as_ref().map(|end| &end.outcome) {
        None => {
            let message = format!("The job is not currently available for download: {id}");
            Err(ApiError::invalid(message))
        }
        Some(Outcome::Failed { message }) => {
            Err(ApiError::invalid(format!("The job failed: {id}: {message}")))
        }
        Some(Outcome::Succeeded { contents, .. }) => Ok(contents),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_has_a_type_an_archive_and_a_known_tier() {
        let parse = |body: Value| InitiateBody::parse(body.to_string().as_bytes());
        let parameters = parse(json!({
            "Type": "archive-retrieval", "ArchiveId": "a", "SNSTopic": "arn", "Tier": "Bulk",
            "Description": "d", "RetrievalByteRange": "0-9",
        }))
        .unwrap();
        assert_eq!(parameters.tier, Tier::Bulk);
        assert_eq!(parameters.sns_topic.as_deref(), Some("arn"));
        assert_eq!(parameters.range, Some(ByteRange { start: 0, end: 9 }));
        let plain = parse(json!({ "Type": "archive-retrieval", "ArchiveId": "a" })).unwrap();
        assert_eq!(plain.tier, Tier::Standard);
        for bad in [
            json!({ "ArchiveId": "a" }),
            json!({ "Type": "inventory-retrieval" }),
            json!({ "Type": "archive-retrieval" }),
            json!({ "Type": "archive-retrieval", "ArchiveId": "a", "Tier": "bulk" }),
        ] {
            assert!(parse(bad.clone()).is_err(), "{bad}");
        }
    }
}
