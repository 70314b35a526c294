//! `GET /annotations-chart/{id}/{name}`: downloads a chart as an SVG file; `/s/{secret}/chart/{name}` through a share link.

use super::file_response::{file_response, or_error_response};
use super::named_result::NamedResult;
use super::{Web, errors};
use crate::charts::{Figure, figures, to_svg};
use crate::error::{ApiError, ErrorCode};
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use gas_backend::usecases::{
    DownloadError, ResultAccess, explore_overview, outline_result, read_summary,
};
use gas_shared::summary::Summary;
use serde::Deserialize;

/// The chart route.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/annotations-chart/{id}/{name}", get(chart))
        .route("/s/{secret}/chart/{name}", get(chart))
}

/// Lays out the charts of a result from its summary and its index.
///
/// # Errors
/// If they cannot be read.
pub async fn chart_figures(web: &Web, access: &ResultAccess) -> Result<Vec<Figure>, ApiError> {
    let (summary, overview) = futures::join!(
        read_summary(&web.gas, access),
        explore_overview(&web.gas, &web.explorers, access),
    );
    let summary: Summary =
        serde_json::from_slice(&summary?).map_err(|error| errors::internal(&error))?;
    Ok(figures(&summary, &overview?.unwrap_or_default()))
}

/// The chart of a path, besides its result.
#[derive(Deserialize)]
struct ChartPath {
    name: String,
}

async fn chart(
    Extension(web): Extension<Web>,
    result: NamedResult,
    Path(ChartPath { name }): Path<ChartPath>,
) -> Response {
    or_error_response(try_chart(&web, &result, &name).await)
}

async fn try_chart(web: &Web, result: &NamedResult, name: &str) -> Result<Response, ApiError> {
    let access = result.access(web).await?;
    if !access.allows_downloads() {
        return Err(DownloadError::NoDownloads.into());
    }
    let outline = outline_result(&web.gas, &access).await?;
    let all = chart_figures(web, &access).await?;
    let found = all.iter().find(|figure| Some(figure.name.as_str()) == name.strip_suffix(".svg"));
    let figure = found.ok_or_else(|| {
        ApiError::new(ErrorCode::NotFound, format!("there is no chart {name:?} of this result"))
    })?;
    let file = format!("{}.{name}", outline.file_name.stem());
    Ok(file_response(to_svg(figure), "image/svg+xml", &file))
}
