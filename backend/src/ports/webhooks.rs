//! The ports of webhooks: what is stored of them, and the sending of messages.

use super::PortResult;
use async_trait::async_trait;
use gas_shared::webhook::{WebhookEvent, WebhookView};
use gas_shared::{UserId, WebhookId};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// The webhooks of users, and the messages to them. The messages are an outbox: each is stored before it is sent, and
/// due again after a while if the process that sends it dies.
#[async_trait]
pub trait WebhookStore: Send + Sync {
    /// Stores a webhook. `false` if its owner already has `max`; this holds for concurrent calls too.
    ///
    /// # Errors
    /// If the owner has no profile (any longer).
    async fn insert(&self, owner: UserId, new: &NewWebhookRow, max: u16) -> PortResult<bool>;

    /// The webhooks of a user, the oldest first, each with the newest `deliveries` of its deliveries.
    async fn webhooks_of(&self, owner: UserId, deliveries: u16) -> PortResult<Vec<WebhookView>>;

    /// Deletes a webhook of a user with its deliveries. `false` if the user has none with the id.
    async fn delete(&self, owner: UserId, id: WebhookId) -> PortResult<bool>;

    /// Calls a webhook of a user again that was disabled, and forgets its failures. `false` if the user has none with
    /// the id.
    async fn enable(&self, owner: UserId, id: WebhookId) -> PortResult<bool>;

    /// Whether a user has a webhook that reports an event and is not disabled. Users who are blocked or close their
    /// account have none.
    async fn is_subscribed(&self, owner: UserId, event: WebhookEvent) -> PortResult<bool>;

    /// Stores a message for each webhook of a user that reports an event and is not disabled, due now, unless it has
    /// one with the key. Returns how many are new.
    async fn record(
        &self,
        owner: UserId,
        event: WebhookEvent,
        key: &str,
        body: &str,
        now: Timestamp,
    ) -> PortResult<u64>;

    /// Stores a test message for one webhook, due now. `false` if the user has none with the id, or it is disabled.
    async fn record_test(
        &self,
        owner: UserId,
        id: WebhookId,
        body: &str,
        now: Timestamp,
    ) -> PortResult<bool>;

    /// Claims messages that are due until `lease` has passed: the one that is due first of each webhook, except for
    /// webhooks in `busy`; those that are due first of all, at most `limit`. Of concurrent callers, one gets a message.
    async fn claim(
        &self,
        now: Timestamp,
        lease: SignedDuration,
        limit: u16,
        busy: &[WebhookId],
    ) -> PortResult<Vec<DueDelivery>>;

    /// Records the outcome of an attempt, unless a later attempt was begun or the delivery has ended.
    async fn settle(
        &self,
        due: &DueDelivery,
        outcome: &AttemptOutcome,
        now: Timestamp,
    ) -> PortResult<()>;

    /// Deletes deliveries that ended before a time, and returns how many.
    async fn prune(&self, before: Timestamp) -> PortResult<u64>;
}

/// A new webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewWebhookRow {
    /// The id.
    pub id: WebhookId,
    /// The URL.
    pub url: String,
    /// What it reports.
    pub events: Vec<WebhookEvent>,
    /// When it was created.
    pub created_at: Timestamp,
}

/// A message whose delivery is due, claimed by the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueDelivery {
    /// The id.
    pub id: Uuid,
    /// The webhook.
    pub webhook: WebhookId,
    /// The owner of the webhook.
    pub owner: UserId,
    /// The URL of the webhook.
    pub url: String,
    /// The body of the message.
    pub body: String,
    /// The attempt number, from 1.
    pub attempt: u32,
    /// The first failure of the webhook since its last success, before this attempt.
    pub failing_since: Option<Timestamp>,
}

/// The outcome of an attempt to deliver a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// The receiver accepted it.
    Delivered,
    /// It failed and is tried again.
    Retry {
        /// Why it failed.
        problem: String,
        /// When the next attempt is due.
        at: Timestamp,
    },
    /// It failed and was the last attempt.
    GivenUp {
        /// Why it failed.
        problem: String,
    },
    /// It failed, and the webhook is disabled. All its messages are given up.
    Disabled {
        /// Why it failed.
        problem: String,
    },
}

/// Sends messages to webhooks.
#[async_trait]
pub trait WebhookSender: Send + Sync {
    /// Sends a message once. It must not reach hosts that the deployment does not allow.
    async fn send(&self, url: &str, message: &SignedMessage) -> SendResult;
}

/// A message with the headers of one attempt to deliver it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedMessage {
    /// The header `webhook-id`, the same in every attempt.
    pub id: String,
    /// The header `webhook-timestamp`: the time of this attempt in Unix seconds.
    pub timestamp: String,
    /// The header `webhook-signature`.
    pub signature: String,
    /// The body: JSON.
    pub body: String,
}

/// What came of sending a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendResult {
    /// The receiver accepted it (a status of 200 to 299).
    Accepted,
    /// The receiver wants no more messages (status 410).
    Gone,
    /// It was not accepted.
    Failed {
        /// Why, in words for the owner of the webhook.
        problem: String,
    },
}
