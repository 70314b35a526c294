//! `GET /annotations-log/{id}`: downloads a job's whole log.

use super::file_response::{file_response, or_error_response};
use super::{Web, caller};
use crate::error::ApiError;
use crate::server::session::Session;
use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use gas_backend::usecases::stream_log;
use gas_shared::JobId;

/// The run log route.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/annotations-log/{id}", get(log_file))
}

async fn log_file(
    Extension(web): Extension<Web>,
    session: Session,
    Path(id): Path<JobId>,
) -> Response {
    or_error_response(try_log_file(&web, &session, id).await)
}

async fn try_log_file(web: &Web, session: &Session, id: JobId) -> Result<Response, ApiError> {
    let account = caller::account_of(web, session).await?;
    let (job, log) = stream_log(&web.gas, account.id, id).await?;
    let name = format!("{}.log", job.input.name.stem());
    Ok(file_response(Body::from_stream(log), "text/plain; charset=utf-8", &name))
}
