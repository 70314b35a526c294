//! `/api/v1/webhooks`: the URLs that GAS calls when something happens to the caller's jobs.

use super::caller::{CanRead, CanShare, CanWrite};
use super::problem::{Code, Problem, ProblemBody};
use crate::error::ApiError;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;
use gas_backend::usecases;
use gas_shared::WebhookId;
use gas_shared::webhook::{CreatedWebhook, NewWebhook, WebhookView};
use utoipa::IntoResponses;

/// The webhook of a path. A path that is no id gets 404.
pub struct WebhookPath(pub WebhookId);

impl<S: Send + Sync> FromRequestParts<S> for WebhookPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await?;
        let none = |_| Problem::new(Code::NotFound, format!("there is no webhook {text:?}"));
        text.parse().map(Self).map_err(none)
    }
}

/// The additional errors of operations on one webhook.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "used only for the OpenAPI document")]
enum WebhookProblems {
    /// The token does not have the scope
    #[response(status = 403, content_type = "application/problem+json")]
    InsufficientScope(ProblemBody),
    /// You have no webhook with this id
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemBody),
}

/// List webhooks.
///
/// Returns your webhooks, the oldest first, each with its 10 newest deliveries of the last 7 days.
#[utoipa::path(
    get, path = "/webhooks", tag = "webhooks", operation_id = "list_webhooks",
    security(("token" = ["jobs:read"])),
    responses(
        (status = 200, description = "All webhooks", body = Vec<WebhookView>),
        super::NoScope, super::CommonProblems,
    ),
)]
pub async fn list(CanRead(caller): CanRead) -> Result<Json<Vec<WebhookView>>, Problem> {
    Ok(Json(usecases::list_webhooks(&caller.web.gas, caller.account.id).await?))
}

/// Create a webhook.
///
/// GAS sends a POST request to the URL for each event, signed as the Standard Webhooks specification
/// (<https://www.standardwebhooks.com>) says, with the headers `webhook-id`, `webhook-timestamp` and `webhook-signature`. The
/// body is JSON: `type` is the event, `timestamp` is when it happened, and `data` has `job_id`, `file_name`, `status`, `error` of
/// failed jobs, and the links `page` and `api`. Answer with a status of 200 to 299 within 10 seconds; redirects are not
/// followed. Otherwise the message is sent again after 5 seconds, 5 and 30 minutes, and 2, 5, 10 and 10 hours. A message may
/// arrive twice, with the same `webhook-id`. A webhook that answers 410, or that has failed for 5 days, is disabled. The
/// secret is returned here only. You can have 5 webhooks.
#[utoipa::path(
    post, path = "/webhooks", tag = "webhooks", operation_id = "create_webhook",
    security(("token" = ["jobs:read", "jobs:write"])),
    request_body = NewWebhook,
    responses(
        (status = 201, description = "The webhook and its secret", body = CreatedWebhook),
        (status = 400, description = "The URL is not allowed, or there is no event", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "You have too many", body = ProblemBody, content_type = "application/problem+json"),
        super::NoScope, super::CommonProblems,
    ),
)]
pub async fn create(
    CanShare(caller): CanShare,
    new: Result<Json<NewWebhook>, JsonRejection>,
) -> Result<(StatusCode, Json<CreatedWebhook>), Problem> {
    let Json(new) = new?;
    let web = &caller.web;
    let (key, targets) = (&web.unsubscriber.key, web.webhook_targets);
    let created = usecases::create_webhook(&web.gas, key, targets, caller.account.id, new).await;
    Ok((StatusCode::CREATED, Json(created.map_err(ApiError::from)?)))
}

/// Delete a webhook.
///
/// Messages that are not delivered yet are discarded.
#[utoipa::path(
    delete, path = "/webhooks/{id}", tag = "webhooks", operation_id = "delete_webhook",
    security(("token" = ["jobs:write"])),
    params(("id" = uuid::Uuid, Path, description = "The webhook")),
    responses(
        (status = 204, description = "The webhook is deleted"),
        WebhookProblems, super::CommonProblems,
    ),
)]
pub async fn delete(
    CanWrite(caller): CanWrite,
    WebhookPath(id): WebhookPath,
) -> Result<StatusCode, Problem> {
    let deleted = usecases::delete_webhook(&caller.web.gas, caller.account.id, id).await;
    deleted.map_err(ApiError::from)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Send a test message.
///
/// Its type is `webhook.test`. The outcome is in the list of deliveries a few seconds later. A user can send 10 a minute.
#[utoipa::path(
    post, path = "/webhooks/{id}/test", tag = "webhooks", operation_id = "test_webhook",
    security(("token" = ["jobs:write"])),
    params(("id" = uuid::Uuid, Path, description = "The webhook")),
    responses(
        (status = 202, description = "The message will be sent"),
        (status = 409, description = "The webhook is disabled", body = ProblemBody, content_type = "application/problem+json"),
        WebhookProblems, super::CommonProblems,
    ),
)]
pub async fn send_test(
    CanWrite(caller): CanWrite,
    WebhookPath(id): WebhookPath,
) -> Result<StatusCode, Problem> {
    let tested = usecases::test_webhook(&caller.web.gas, caller.account.id, id).await;
    tested.map_err(ApiError::from)?;
    Ok(StatusCode::ACCEPTED)
}

/// Enable a webhook.
///
/// It is called again. Events that happened while it was disabled are not reported.
#[utoipa::path(
    post, path = "/webhooks/{id}/enable", tag = "webhooks", operation_id = "enable_webhook",
    security(("token" = ["jobs:write"])),
    params(("id" = uuid::Uuid, Path, description = "The webhook")),
    responses(
        (status = 204, description = "The webhook is enabled"),
        WebhookProblems, super::CommonProblems,
    ),
)]
pub async fn enable(
    CanWrite(caller): CanWrite,
    WebhookPath(id): WebhookPath,
) -> Result<StatusCode, Problem> {
    let enabled = usecases::enable_webhook(&caller.web.gas, caller.account.id, id).await;
    enabled.map_err(ApiError::from)?;
    Ok(StatusCode::NO_CONTENT)
}
