//! Webhooks of users: creates, lists, tests, enables and deletes them.

use super::limits::{LimitError, count_webhook, count_webhook_test};
use crate::Gas;
use crate::audit::{Act, Actor};
use crate::mail::UnsubscribeKey;
use crate::ports::{NewWebhookRow, PortError, PortResult};
use crate::public_address::{TargetError, TargetUrl, Targets};
use crate::webhooks::WebhookSecret;
use gas_shared::webhook::{
    CreatedWebhook, MAX_WEBHOOK_URL_BYTES, MAX_WEBHOOKS, NewWebhook, TEST_MESSAGE, WebhookEvent,
    WebhookHealth, WebhookView,
};
use gas_shared::{UserId, WebhookId};
use serde_json::json;
use uuid::Uuid;

/// The number of deliveries that are listed of each webhook.
const SHOWN_DELIVERIES: u16 = 10;

/// Why a webhook was not created, tested, enabled or deleted.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The URL is not allowed.
    #[error(transparent)]
    Url(#[from] TargetError),
    /// The webhook has no event.
    #[error("choose at least one event")]
    NoEvent,
    /// The user has too many webhooks.
    #[error("you already have {MAX_WEBHOOKS} webhooks; delete one that you do not need")]
    TooMany,
    /// The user has no such webhook.
    #[error("there is no webhook {0}")]
    NotFound(WebhookId),
    /// The webhook is disabled.
    #[error("the webhook is disabled; enable it first")]
    Disabled,
    /// The user has reached a limit.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Creates a webhook. Its secret is returned once; `key` is what secrets are derived from.
///
/// # Errors
/// [`WebhookError`].
pub async fn create_webhook(
    gas: &Gas,
    key: &UnsubscribeKey,
    targets: Targets,
    owner: UserId,
    new: NewWebhook,
) -> Result<CreatedWebhook, WebhookError> {
    let url = TargetUrl::parse(&new.url, targets, MAX_WEBHOOK_URL_BYTES)?;
    let chosen = WebhookEvent::ALL.into_iter().filter(|event| new.events.contains(event));
    let events: Vec<WebhookEvent> = chosen.collect();
    if events.is_empty() {
        return Err(WebhookError::NoEvent);
    }
    count_webhook(gas, owner).await?;
    let id = WebhookId::new(Uuid::new_v4());
    let row = NewWebhookRow { id, url: url.as_str().to_owned(), events, created_at: gas.now() };
    if !gas.webhooks.insert(owner, &row, MAX_WEBHOOKS).await? {
        return Err(WebhookError::TooMany);
    }
    tracing::info!(user_id = %owner, webhook_id = %id, "webhook created");
    gas.audit.record(Actor::User, owner, Act::WebhookCreated(id)).await;
    let NewWebhookRow { id, url, events, created_at } = row;
    let (health, deliveries) = (WebhookHealth::Active, Vec::new());
    let webhook = WebhookView { id, url, events, created_at, health, deliveries };
    Ok(CreatedWebhook { secret: WebhookSecret::derive(key, id).expose(), webhook })
}

/// Lists a user's webhooks with their newest deliveries, the oldest webhook first.
///
/// # Errors
/// If the store fails.
pub async fn list_webhooks(gas: &Gas, owner: UserId) -> PortResult<Vec<WebhookView>> {
    gas.webhooks.webhooks_of(owner, SHOWN_DELIVERIES).await
}

/// Sends a test message to a webhook, whatever events it reports. The outcome is in the list of its deliveries a few
/// seconds later.
///
/// # Errors
/// [`WebhookError`]; also [`WebhookError::NotFound`] for another user's webhook.
pub async fn test_webhook(gas: &Gas, owner: UserId, id: WebhookId) -> Result<(), WebhookError> {
    let webhooks = gas.webhooks.webhooks_of(owner, 0).await?;
    let webhook = webhooks.into_iter().find(|webhook| webhook.id == id);
    match webhook.ok_or(WebhookError::NotFound(id))?.health {
        WebhookHealth::Disabled { .. } => return Err(WebhookError::Disabled),
        WebhookHealth::Active | WebhookHealth::Failing { .. } => {}
    }
    count_webhook_test(gas, owner).await?;
    let now = gas.now();
    let body = json!({ "type": TEST_MESSAGE, "timestamp": now, "data": { "webhook_id": id } });
    if !gas.webhooks.record_test(owner, id, &body.to_string(), now).await? {
        // It was deleted or disabled in between.
        return Err(WebhookError::NotFound(id));
    }
    Ok(())
}

/// Calls a disabled webhook again. What happened in the meantime is not reported.
///
/// # Errors
/// [`WebhookError`]; also [`WebhookError::NotFound`] for another user's webhook.
pub async fn enable_webhook(gas: &Gas, owner: UserId, id: WebhookId) -> Result<(), WebhookError> {
    if !gas.webhooks.enable(owner, id).await? {
        return Err(WebhookError::NotFound(id));
    }
    tracing::info!(user_id = %owner, webhook_id = %id, "webhook enabled");
    Ok(())
}

/// Deletes a webhook with its deliveries.
///
/// # Errors
/// [`WebhookError::NotFound`] also for another user's webhook.
pub async fn delete_webhook(gas: &Gas, owner: UserId, id: WebhookId) -> Result<(), WebhookError> {
    if !gas.webhooks.delete(owner, id).await? {
        return Err(WebhookError::NotFound(id));
    }
    tracing::info!(user_id = %owner, webhook_id = %id, "webhook deleted");
    gas.audit.record(Actor::User, owner, Act::WebhookDeleted(id)).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{TestGas, unsubscribe_key};
    use gas_shared::{Account, Plan};

    fn new(url: &str) -> NewWebhook {
        let events =
            vec![WebhookEvent::JobFailed, WebhookEvent::JobCompleted, WebhookEvent::JobFailed];
        NewWebhook { url: url.to_owned(), events }
    }

    async fn create(
        test: &TestGas,
        owner: &Account,
        new: NewWebhook,
    ) -> Result<CreatedWebhook, WebhookError> {
        create_webhook(&test.gas, &unsubscribe_key(), Targets::Public, owner.id, new).await
    }

    #[tokio::test]
    async fn a_webhook_is_listed_with_each_event_once_and_without_its_secret() {
        let test = TestGas::new();
        let (ada, eve) = (test.user("ada", Plan::Free), test.user("eve", Plan::Free));
        let created = create(&test, &ada, new("https://LAB.example.org/gas")).await.unwrap();
        assert!(created.secret.starts_with("whsec_"));
        let listed = list_webhooks(&test.gas, ada.id).await.unwrap();
        assert_eq!(listed, std::slice::from_ref(&created.webhook));
        assert_eq!(listed[0].url, "https://lab.example.org/gas");
        assert_eq!(listed[0].events, [WebhookEvent::JobCompleted, WebhookEvent::JobFailed]);
        assert_eq!(list_webhooks(&test.gas, eve.id).await.unwrap(), []);

        let foreign = delete_webhook(&test.gas, eve.id, created.webhook.id).await;
        assert!(matches!(foreign, Err(WebhookError::NotFound(_))));
        let foreign = test_webhook(&test.gas, eve.id, created.webhook.id).await;
        assert!(matches!(foreign, Err(WebhookError::NotFound(_))));
        let foreign = enable_webhook(&test.gas, eve.id, created.webhook.id).await;
        assert!(matches!(foreign, Err(WebhookError::NotFound(_))));
        delete_webhook(&test.gas, ada.id, created.webhook.id).await.unwrap();
        assert_eq!(list_webhooks(&test.gas, ada.id).await.unwrap(), []);
    }

    #[tokio::test]
    async fn urls_without_tls_private_hosts_and_empty_lists_are_rejected() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        for url in ["http://lab.example.org/", "https://10.0.0.1/", "https://[::1]/", "lab"] {
            let rejected = create(&test, &ada, new(url)).await;
            assert!(matches!(rejected, Err(WebhookError::Url(_))), "{url}: {rejected:?}");
        }
        let silent = NewWebhook { events: Vec::new(), ..new("https://lab.example.org/") };
        assert!(matches!(create(&test, &ada, silent).await, Err(WebhookError::NoEvent)));
        let local = new("http://127.0.0.1:9000/");
        let created =
            create_webhook(&test.gas, &unsubscribe_key(), Targets::Any, ada.id, local).await;
        assert!(created.is_ok(), "the local stack allows it");
    }

    #[tokio::test]
    async fn a_user_has_at_most_five_webhooks() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        for _ in 0..MAX_WEBHOOKS {
            create(&test, &ada, new("https://lab.example.org/")).await.unwrap();
        }
        let rejected = create(&test, &ada, new("https://lab.example.org/")).await.unwrap_err();
        assert!(rejected.to_string().contains("already have 5 webhooks"), "{rejected}");
    }

    #[tokio::test]
    async fn tests_are_limited_and_listed() {
        let mut test = TestGas::new();
        test.gas.limit_factor = 1;
        let ada = test.user("ada", Plan::Free);
        let id = create(&test, &ada, new("https://lab.example.org/")).await.unwrap().webhook.id;
        for _ in 0..10 {
            test_webhook(&test.gas, ada.id, id).await.unwrap();
        }
        let limited = test_webhook(&test.gas, ada.id, id).await;
        assert!(matches!(limited, Err(WebhookError::Limit(LimitError::TooMany(_)))));
        let listed = list_webhooks(&test.gas, ada.id).await.unwrap();
        assert_eq!(listed[0].deliveries.len(), 10);
        assert!(listed[0].deliveries.iter().all(|delivery| delivery.event == TEST_MESSAGE));
    }
}
