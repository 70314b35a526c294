//! `/api/v1/admin`: the service, for its operators. They get no file, no name of a file, and no result.

use super::caller::CanOperate;
use super::in_path::InPath;
use super::problem::{Problem, ProblemBody};
use crate::error::ApiError;
use crate::server::operate;
use axum::Json;
use axum::extract::Query;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::http::StatusCode;
use gas_backend::usecases;
use gas_shared::UserId;
use gas_shared::operations::{
    AuditItem, Intake, QueueName, ServiceMode, ServiceState, UsageReport, UserAction, UserRecord,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, IntoResponses, ToSchema};
use uuid::Uuid;

/// The additional error of all operations.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "used only for the OpenAPI document")]
enum OperatorProblems {
    /// The token does not have the scope `admin`, or its owner is not an operator or signed in more than 12 hours ago
    #[response(status = 403, content_type = "application/problem+json")]
    NotOperator(ProblemBody),
}

/// Get the state of the service.
///
/// Returns its mode, the jobs that have not ended, the queues, and the jobs that run with their last heartbeats.
#[utoipa::path(
    get, path = "/admin/state", tag = "admin", operation_id = "get_service_state",
    security(("token" = ["admin"])),
    responses(
        (status = 200, description = "The state", body = ServiceState),
        OperatorProblems, super::CommonProblems,
    ),
)]
pub async fn state(caller: CanOperate) -> Result<Json<ServiceState>, Problem> {
    let CanOperate { web, operator } = caller;
    let state = usecases::service_state(&web.gas, &*web.queues, &web.prices, operator).await;
    Ok(Json(state.map_err(ApiError::from)?))
}

/// Whether jobs are accepted and started.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewIntake {
    /// `open`, `paused` or `draining`.
    intake: Intake,
}

/// Change whether jobs are accepted and started.
///
/// While jobs are paused, they are accepted and wait. While the service drains, none is accepted, and those that were are
/// run.
#[utoipa::path(
    put, path = "/admin/intake", tag = "admin", operation_id = "set_intake",
    security(("token" = ["admin"])),
    request_body = NewIntake,
    responses(
        (status = 200, description = "The mode of the service", body = ServiceMode),
        (status = 400, description = "The value is unknown", body = ProblemBody, content_type = "application/problem+json"),
        OperatorProblems, super::CommonProblems,
    ),
)]
pub async fn set_intake(
    caller: CanOperate,
    new: Result<Json<NewIntake>, JsonRejection>,
) -> Result<Json<ServiceMode>, Problem> {
    let Json(NewIntake { intake }) = new?;
    let CanOperate { web, operator } = caller;
    let mode = usecases::set_intake(&web.gas, operator, intake).await;
    Ok(Json(mode.map_err(ApiError::from)?))
}

/// A text that every page shows.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBanner {
    /// One line of at most 300 characters; an empty text removes the banner.
    text: String,
}

/// Change the text that every page shows.
#[utoipa::path(
    put, path = "/admin/banner", tag = "admin", operation_id = "set_banner",
    security(("token" = ["admin"])),
    request_body = NewBanner,
    responses(
        (status = 200, description = "The mode of the service", body = ServiceMode),
        (status = 400, description = "The text is too long", body = ProblemBody, content_type = "application/problem+json"),
        OperatorProblems, super::CommonProblems,
    ),
)]
pub async fn set_banner(
    caller: CanOperate,
    new: Result<Json<NewBanner>, JsonRejection>,
) -> Result<Json<ServiceMode>, Problem> {
    let Json(NewBanner { text }) = new?;
    let CanOperate { web, operator } = caller;
    let mode = usecases::set_banner(&web.gas, operator, &text).await;
    Ok(Json(mode.map_err(ApiError::from)?))
}

/// How many dead letters were moved.
#[derive(Debug, Serialize, ToSchema)]
pub struct Redriven {
    /// Their number.
    moved: u64,
}

/// Move dead letters back to their queue.
///
/// At most 500 are moved; call again for more. Do it after the cause is removed.
#[utoipa::path(
    post, path = "/admin/queues/{name}/redrive", tag = "admin", operation_id = "redrive_queue",
    security(("token" = ["admin"])),
    params(("name" = String, Path, description = "The queue, such as `mail`")),
    responses(
        (status = 200, description = "They were moved", body = Redriven),
        (status = 404, description = "There is no such queue", body = ProblemBody, content_type = "application/problem+json"),
        OperatorProblems, super::CommonProblems,
    ),
)]
pub async fn redrive(
    caller: CanOperate,
    InPath(name): InPath<QueueName>,
) -> Result<Json<Redriven>, Problem> {
    let CanOperate { web, operator } = caller;
    let moved = usecases::redrive_queue(&web.gas, &*web.queues, operator, name).await;
    Ok(Json(Redriven { moved: moved.map_err(ApiError::from)? }))
}

/// Which users.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct UserSearch {
    /// A part of the name, email address, institution or id. Without it, the newest users are returned.
    #[serde(default)]
    search: String,
}

/// Search users.
///
/// Returns at most 50, newest first.
#[utoipa::path(
    get, path = "/admin/users", tag = "admin", operation_id = "find_users",
    security(("token" = ["admin"])),
    params(UserSearch),
    responses(
        (status = 200, description = "The users", body = Vec<UserRecord>),
        OperatorProblems, super::CommonProblems,
    ),
)]
pub async fn users(
    caller: CanOperate,
    query: Result<Query<UserSearch>, QueryRejection>,
) -> Result<Json<Vec<UserRecord>>, Problem> {
    let Query(UserSearch { search }) = query?;
    let CanOperate { web, operator } = caller;
    let users = usecases::find_users(&web.gas, operator, &search).await;
    Ok(Json(users.map_err(ApiError::from)?))
}

/// What is done to a user.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUserAction {
    /// `block`, `unblock`, `grant_premium` or `revoke_premium`.
    action: UserAction,
}

/// Block or unblock a user, grant Premium or take it back.
#[utoipa::path(
    post, path = "/admin/users/{id}", tag = "admin", operation_id = "act_on_user",
    security(("token" = ["admin"])),
    params(("id" = Uuid, Path, description = "The user")),
    request_body = NewUserAction,
    responses(
        (status = 204, description = "It is done"),
        (status = 404, description = "There is no such user", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "You cannot block yourself, or every user has Premium", body = ProblemBody, content_type = "application/problem+json"),
        OperatorProblems, super::CommonProblems,
    ),
)]
pub async fn act_on_user(
    caller: CanOperate,
    InPath(id): InPath<Uuid>,
    new: Result<Json<NewUserAction>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(NewUserAction { action }) = new?;
    let CanOperate { web, operator } = caller;
    let done = operate::act_on_user(&web, operator, UserId::new(id), action).await;
    done.map_err(ApiError::from)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which entries of the audit log.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AuditPage {
    /// Only entries that concern this user.
    user: Option<Uuid>,
    /// Only entries before this one.
    before: Option<i64>,
}

/// List the audit log.
///
/// Returns at most 100 entries, newest first. Entries are kept for 400 days.
#[utoipa::path(
    get, path = "/admin/audit", tag = "admin", operation_id = "list_audit_log",
    security(("token" = ["admin"])),
    params(AuditPage),
    responses(
        (status = 200, description = "The entries", body = Vec<AuditItem>),
        OperatorProblems, super::CommonProblems,
    ),
)]
pub async fn audit(
    caller: CanOperate,
    query: Result<Query<AuditPage>, QueryRejection>,
) -> Result<Json<Vec<AuditItem>>, Problem> {
    let Query(AuditPage { user, before }) = query?;
    let CanOperate { web, operator } = caller;
    let items = usecases::audit_items(&web.gas, operator, user.map(UserId::new), before).await;
    Ok(Json(items.map_err(ApiError::from)?))
}

/// Get statistics.
///
/// Returns the number of users, the bytes that they store, and the jobs that ended in the last 30 days, with an estimate of
/// what they cost from the prices that the operator has set.
#[utoipa::path(
    get, path = "/admin/statistics", tag = "admin", operation_id = "get_statistics",
    security(("token" = ["admin"])),
    responses(
        (status = 200, description = "The statistics", body = UsageReport),
        OperatorProblems, super::CommonProblems,
    ),
)]
pub async fn statistics(caller: CanOperate) -> Result<Json<UsageReport>, Problem> {
    let CanOperate { web, operator } = caller;
    let statistics = usecases::statistics(&web.gas, &web.prices, operator).await;
    Ok(Json(statistics.map_err(ApiError::from)?))
}
