//! Server functions of the webhooks on the account page.

use super::{ApiResult, RawJson};
use dioxus::prelude::*;
use gas_shared::WebhookId;
use gas_shared::webhook::{CreatedWebhook, NewWebhook, WebhookView};

/// The caller's webhooks with their newest deliveries.
#[get("/api/webhooks")]
pub async fn webhooks() -> ApiResult<RawJson<Vec<WebhookView>>> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(RawJson::of(&gas_backend::usecases::list_webhooks(&web.gas, account.id).await?))
}

/// Creates a webhook. Its secret is returned once and cannot be read later.
#[post("/api/webhooks")]
pub async fn create_webhook(new: NewWebhook) -> ApiResult<RawJson<CreatedWebhook>> {
    let (web, account) = crate::server::caller::account().await?;
    let (key, targets) = (&web.unsubscriber.key, web.webhook_targets);
    let created = gas_backend::usecases::create_webhook(&web.gas, key, targets, account.id, new);
    Ok(RawJson::of(&created.await?))
}

/// Sends a test message to one of the caller's webhooks.
#[post("/api/webhooks/{id}/test")]
pub async fn test_webhook(id: WebhookId) -> ApiResult<RawJson<Vec<WebhookView>>> {
    let (web, account) = crate::server::caller::account().await?;
    gas_backend::usecases::test_webhook(&web.gas, account.id, id).await?;
    Ok(RawJson::of(&gas_backend::usecases::list_webhooks(&web.gas, account.id).await?))
}

/// Calls one of the caller's webhooks again that was disabled.
#[post("/api/webhooks/{id}/enable")]
pub async fn enable_webhook(id: WebhookId) -> ApiResult<RawJson<Vec<WebhookView>>> {
    let (web, account) = crate::server::caller::account().await?;
    gas_backend::usecases::enable_webhook(&web.gas, account.id, id).await?;
    Ok(RawJson::of(&gas_backend::usecases::list_webhooks(&web.gas, account.id).await?))
}

/// Deletes one of the caller's webhooks.
#[post("/api/webhooks/{id}/delete")]
pub async fn delete_webhook(id: WebhookId) -> ApiResult<RawJson<Vec<WebhookView>>> {
    let (web, account) = crate::server::caller::account().await?;
    gas_backend::usecases::delete_webhook(&web.gas, account.id, id).await?;
    Ok(RawJson::of(&gas_backend::usecases::list_webhooks(&web.gas, account.id).await?))
}
