//! The HTTP interface: paths, headers and JSON of the Glacier API, version 2012-06-01.

mod archives;
mod control;
mod jobs;
mod multipart;
mod request;
mod vaults;

use self::request::{Shared, header};
use crate::error::{ApiError, ApiResult, Code};
use crate::store::Store;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use std::sync::Arc;

/// The routes of the server.
pub fn router(store: Arc<Store>) -> Router {
    let vault = get(vaults::describe).put(vaults::create).delete(vaults::delete);
    let upload = get(multipart::list_parts)
        .put(multipart::upload_part)
        .post(multipart::complete)
        .delete(multipart::abort);
    let uploads = get(multipart::list).post(multipart::initiate);
    let jobs = get(jobs::list).post(jobs::initiate);
    let aws = Router::new()
        .route("/{account}/vaults", get(vaults::list))
        .route("/{account}/vaults/{vault}", vault)
        .route("/{account}/vaults/{vault}/archives", post(archives::upload))
        .route("/{account}/vaults/{vault}/archives/{archive}", delete(archives::delete))
        .route("/{account}/vaults/{vault}/multipart-uploads", uploads)
        .route("/{account}/vaults/{vault}/multipart-uploads/{upload}", upload)
        .route("/{account}/vaults/{vault}/jobs", jobs)
        .route("/{account}/vaults/{vault}/jobs/{job}", get(jobs::describe))
        .route("/{account}/vaults/{vault}/jobs/{job}/output", get(jobs::output))
        .route_layer(middleware::from_fn_with_state(store.clone(), admit));
    let control = Router::new()
        .route("/_control/health", get(control::health))
        .route("/_control/archives", get(control::archives))
        .route("/_control/expedited", put(control::expedited));
    aws.merge(control)
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
        .layer(middleware::from_fn(carry_out))
        .with_state(store)
}

/// Completes a request even if the client disconnects, because an interrupted operation would leave
/// memory and disk inconsistent.
async fn carry_out(request: Request, next: Next) -> ApiResult<Response> {
    let response = tokio::spawn(next.run(request)).await;
    response.map_err(|_| ApiError::new(Code::ServiceUnavailableException, "the request panicked"))
}

/// Rejects requests that AWS rejects before it examines the operation. Signatures are not verified.
async fn admit(State(store): Shared, request: Request, next: Next) -> ApiResult<Response> {
    let account = request.uri().path().split('/').nth(1).unwrap_or_default();
    if account != "-" && account != store.settings().account_id {
        let message = format!("account {account} has no vaults here");
        return Err(ApiError::new(Code::AccessDeniedException, message));
    }
    header(request.headers(), "x-amz-glacier-version")?;
    Ok(next.run(request).await)
}

async fn unknown(request: Request) -> Response {
    let message = format!("no operation {} {}", request.method(), request.uri().path());
    ApiError::new(Code::BadRequest, message).into_response()
}
