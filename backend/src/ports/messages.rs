//! The ports of topics and queues.

use super::PortResult;
use async_trait::async_trait;
use gas_shared::TraceId;
use std::time::Duration;

/// A topic.
#[async_trait]
pub trait Topic: Send + Sync {
    /// Publishes a message to all subscribers, with the current trace.
    async fn publish(&self, body: &str) -> PortResult<()>;
}

/// The longest wait of a receive call that SQS supports.
pub const LONG_POLL: Duration = Duration::from_secs(20);

/// A queue with at-least-once delivery.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Adds a message.
    async fn send(&self, body: &str) -> PortResult<()> {
        self.send_later(body, Duration::ZERO).await
    }

    /// Adds a message, with the current trace, that is invisible for `delay`, which SQS bounds to 15 minutes.
    async fn send_later(&self, body: &str, delay: Duration) -> PortResult<()>;

    /// Waits for messages, up to `wait`, in whole seconds and at most [`LONG_POLL`]; the result may be
    /// empty. Received messages are invisible to other receivers for `visibility`.
    async fn receive(
        &self,
        max: u8,
        visibility: Duration,
        wait: Duration,
    ) -> PortResult<Vec<Message>>;

    /// Keeps a message invisible for `visibility` from now; zero makes it visible at once.
    async fn extend(&self, message: &Message, visibility: Duration) -> PortResult<()>;

    /// Deletes a message whose work is done and stored.
    async fn delete(&self, message: &Message) -> PortResult<()>;
}

/// A received message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The published body (SNS subscriptions use raw delivery).
    pub body: String,
    /// The receipt handle, needed to extend or delete the message.
    pub receipt: String,
    /// How often the message was received, including this time.
    pub receive_count: u32,
    /// The trace of the process that sent it.
    pub trace: Option<TraceId>,
}
