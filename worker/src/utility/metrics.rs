//! The metrics of a utility node.

use super::consume::{ConsumeError, Consumer, Handled};
use async_trait::async_trait;
use gas_backend::ports::Message;
use gas_runtime::metrics::{Counts, Durations, Metrics};
use std::time::Instant;

/// What messages are counted by.
#[derive(Clone, Debug)]
pub(crate) struct MessageMetrics {
    messages: Counts,
    durations: Durations,
}

impl MessageMetrics {
    /// Adds them to the metrics of a process.
    pub(crate) fn of(metrics: &mut Metrics) -> Self {
        Self {
            messages: metrics.counts("messages", "Handled messages, by role and outcome"),
            durations: metrics
                .durations("message_seconds", "The time that a message was handled for, by role"),
        }
    }

    /// A consumer whose messages are counted.
    pub(crate) fn measure<C>(&self, role: &'static str, consumer: C) -> Measured<C> {
        Measured { role, metrics: self.clone(), consumer }
    }
}

/// A consumer whose messages are counted. A message that is handled again after an outage counts each time.
pub(crate) struct Measured<C> {
    role: &'static str,
    metrics: MessageMetrics,
    consumer: C,
}

#[async_trait]
impl<C: Consumer> Consumer for Measured<C> {
    async fn handle(&self, message: &Message) -> Result<Handled, ConsumeError> {
        let start = Instant::now();
        let handled = self.consumer.handle(message).await;
        let outcome = match &handled {
            Ok(Handled::Done) => "done",
            Ok(Handled::Later(_)) => "later",
            Err(ConsumeError::Outage(_)) => "outage",
            Err(ConsumeError::Failed(_)) => "failed",
        };
        let role = ("role", self.role.to_owned());
        self.metrics.messages.add(vec![role.clone(), ("outcome", outcome.to_owned())]);
        self.metrics.durations.record(vec![role], start.elapsed());
        handled
    }
}
