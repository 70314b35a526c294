//! The endpoints under `/_control`, which AWS does not have, for the stack and its tests.

use super::request::Shared;
use crate::description::iso8601;
use crate::error::{ApiError, ApiResult, Code};
use crate::records::Archive;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

pub async fn health() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

pub async fn archives(State(store): Shared) -> Json<Value> {
    let shown = |archive: &Archive| {
        json!({
            "id": archive.id,
            "vault": archive.vault,
            "size": archive.contents.size,
            "description": archive.description,
            "tree_hash": archive.contents.tree_hash,
            "created": iso8601(archive.created),
        })
    };
    Json(store.archives().await.iter().map(shown).collect())
}

#[derive(Deserialize)]
struct Expedited {
    capacity: bool,
    error: Option<Code>,
}

pub async fn expedited(State(store): Shared, body: Bytes) -> ApiResult<StatusCode> {
    let switch: Expedited = serde_json::from_slice(&body)
        .map_err(|error| ApiError::new(Code::SerializationException, error.to_string()))?;
    let code = switch.error.unwrap_or(Code::InsufficientCapacityException);
    if !matches!(code, Code::InsufficientCapacityException | Code::PolicyEnforcedException) {
        return Err(ApiError::invalid(format!("{code:?} is not an error of expedited retrievals")));
    }
    store.set_expedited((!switch.capacity).then_some(code));
    Ok(StatusCode::NO_CONTENT)
}
