//! `GET /annotations-chart/{id}/{name}`: downloads a chart as an SVG file.

use super::file_response::{file_response, or_error_response};
use super::{Web, caller, errors};
use crate::charts::{Figure, figures, to_svg};
use crate::error::{ApiError, ErrorCode};
use crate::server::session::Session;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use gas_backend::usecases::{explore_overview, find_job, read_summary};
use gas_shared::summary::Summary;
use gas_shared::{JobId, UserId};

/// The chart route.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/annotations-chart/{id}/{name}", get(chart))
}

/// Lays out the charts of a result from its summary and its index.
///
/// # Errors
/// If they cannot be read.
pub async fn chart_figures(web: &Web, owner: UserId, id: JobId) -> Result<Vec<Figure>, ApiError> {
    let summary = read_summary(&web.gas, owner, id).await?;
    let summary: Summary =
        serde_json::from_slice(&summary).map_err(|error| errors::internal(&error))?;
    let overview = explore_overview(&web.gas, &web.explorers, owner, id).await?;
    Ok(figures(&summary, &overview.unwrap_or_default()))
}

async fn chart(
    Extension(web): Extension<Web>,
    session: Session,
    Path((id, name)): Path<(JobId, String)>,
) -> Response {
    or_error_response(try_chart(&web, &session, id, &name).await)
}

async fn try_chart(
    web: &Web,
    session: &Session,
    id: JobId,
    name: &str,
) -> Result<Response, ApiError> {
    let account = caller::account_of(web, session).await?;
    let job = find_job(&web.gas, account.id, id).await?;
    let all = chart_figures(web, account.id, id).await?;
    let found = all.iter().find(|figure| Some(figure.name.as_str()) == name.strip_suffix(".svg"));
    let figure = found.ok_or_else(|| {
        ApiError::new(ErrorCode::NotFound, format!("job {id} has no chart {name:?}"))
    })?;
    let file = format!("{}.{name}", job.input.name.stem());
    Ok(file_response(to_svg(figure), "image/svg+xml", &file))
}
