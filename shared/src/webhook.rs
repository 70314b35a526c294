//! Webhooks: URLs of a user that GAS calls when something happens to the user's jobs.

use crate::WebhookId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The most webhooks that a user can have.
pub const MAX_WEBHOOKS: u16 = 5;

/// The most bytes of a webhook's URL.
pub const MAX_WEBHOOK_URL_BYTES: usize = 2048;

/// The type of the message that a user sends as a test.
pub const TEST_MESSAGE: &str = "webhook.test";

/// What can happen to a job that webhooks report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum WebhookEvent {
    /// The job was annotated.
    #[serde(rename = "job.completed")]
    JobCompleted,
    /// The job failed.
    #[serde(rename = "job.failed")]
    JobFailed,
    /// The result was archived.
    #[serde(rename = "job.archived")]
    JobArchived,
    /// The result was restored from the archive.
    #[serde(rename = "job.restored")]
    JobRestored,
}

impl WebhookEvent {
    /// All events, in the order of a job's life.
    pub const ALL: [Self; 4] =
        [Self::JobCompleted, Self::JobFailed, Self::JobArchived, Self::JobRestored];

    /// The type in messages, in PostgreSQL and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::JobCompleted => "job.completed",
            Self::JobFailed => "job.failed",
            Self::JobArchived => "job.archived",
            Self::JobRestored => "job.restored",
        }
    }
}

impl fmt::Display for WebhookEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is not the name of an event.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown event {0:?}")]
pub struct UnknownEvent(String);

impl FromStr for WebhookEvent {
    type Err = UnknownEvent;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|event| event.as_str() == text);
        found.ok_or_else(|| UnknownEvent(text.to_owned()))
    }
}

/// The request for a new webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewWebhook {
    /// The URL to call: `https`, with a host that has public addresses only.
    #[cfg_attr(feature = "openapi", schema(example = "https://lab.example.org/gas"))]
    pub url: String,
    /// What to report; at least one.
    pub events: Vec<WebhookEvent>,
}

/// A webhook, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookView {
    /// The id.
    #[cfg_attr(feature = "openapi", schema(value_type = uuid::Uuid))]
    pub id: WebhookId,
    /// The URL.
    pub url: String,
    /// What it reports.
    pub events: Vec<WebhookEvent>,
    /// When it was created.
    pub created_at: Timestamp,
    /// Whether it works.
    pub health: WebhookHealth,
    /// The newest deliveries of the last 7 days, newest first.
    pub deliveries: Vec<DeliveryView>,
}

/// Whether a webhook works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum WebhookHealth {
    /// No delivery has failed since the last one that succeeded.
    Active,
    /// Every attempt has failed since this time.
    Failing {
        /// The first failure.
        since: Timestamp,
    },
    /// It is not called any more, because it failed for too long.
    Disabled {
        /// When it was disabled.
        since: Timestamp,
    },
}

/// A message to a webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeliveryView {
    /// The header `webhook-id` of the message, which is the same in every attempt.
    pub id: String,
    /// The type of the message: an event, or `webhook.test`.
    pub event: String,
    /// When the event was recorded.
    pub created_at: Timestamp,
    /// The number of attempts so far.
    pub attempts: u32,
    /// How it went.
    pub outcome: DeliveryOutcome,
}

/// How the delivery of a message went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DeliveryOutcome {
    /// It is not delivered yet.
    Pending {
        /// When the next attempt is due.
        next_attempt_at: Timestamp,
        /// Why the last attempt failed; `null` before the first one.
        problem: Option<String>,
    },
    /// The receiver accepted it.
    Delivered {
        /// When.
        at: Timestamp,
    },
    /// It was given up.
    Failed {
        /// When.
        at: Timestamp,
        /// Why the last attempt failed.
        problem: String,
    },
}

/// A new webhook with its secret, which is shown only once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatedWebhook {
    /// The secret that signs messages, in the form of the Standard Webhooks specification: `whsec_` and base64.
    pub secret: String,
    /// The webhook.
    pub webhook: WebhookView,
}

impl fmt::Debug for CreatedWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreatedWebhook").field("webhook", &self.webhook).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn events_round_trip_in_text_and_json() {
        for event in WebhookEvent::ALL {
            assert_eq!(event.as_str().parse::<WebhookEvent>().unwrap(), event);
            assert_eq!(serde_json::to_value(event).unwrap(), event.as_str());
        }
        assert!(TEST_MESSAGE.parse::<WebhookEvent>().is_err(), "nobody can subscribe to tests");
    }

    #[test]
    fn debug_output_omits_the_secret() {
        let webhook = WebhookView {
            id: WebhookId::new(Uuid::nil()),
            url: "https://lab.example.org/".into(),
            events: WebhookEvent::ALL.to_vec(),
            created_at: Timestamp::UNIX_EPOCH,
            health: WebhookHealth::Active,
            deliveries: Vec::new(),
        };
        let created = CreatedWebhook { secret: "whsec_S3cret".into(), webhook };
        assert!(!format!("{created:?}").contains("S3cret"));
    }
}
