//! Topics and queues.

use super::PortResult;
use async_trait::async_trait;
use std::time::Duration;

/// Something that messages are published to.
#[async_trait]
pub trait Topic: Send + Sync {
    /// Publishes a message to every subscriber.
    async fn publish(&self, body: &str) -> PortResult<()>;
}

/// Something that messages are taken from, each at least once.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Puts a message in.
    async fn send(&self, body: &str) -> PortResult<()>;

    /// Waits for messages, up to the queue's long-poll time; an empty answer is normal. A
    /// received message is invisible to others for `visibility`.
    async fn receive(&self, max: u8, visibility: Duration) -> PortResult<Vec<Message>>;

    /// Keeps a message invisible for a while from now; zero gives it back at once.
    async fn extend(&self, message: &Message, visibility: Duration) -> PortResult<()>;

    /// Deletes a message: its work is done and stored.
    async fn delete(&self, message: &Message) -> PortResult<()>;
}

/// A received message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What was published (SNS subscriptions are made with raw delivery).
    pub body: String,
    /// With what to extend or delete it.
    pub receipt: String,
    /// How often it was received, this time included.
    pub receive_count: u32,
}
