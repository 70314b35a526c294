//! The loop that handles the messages of a queue, one at a time in each of its slots.
//!
//! A message is kept invisible while it is handled, and deleted when its work is done. If a service
//! is unavailable, the message is held and handled again until the service answers. If its handling
//! fails for another reason, SQS delivers it again, and moves it to the dead-letter queue after the
//! fifth time.

use crate::delivery::{give_back, keep_invisible, postpone};
use crate::outage::{Backoff, MAX_OUTAGE, MaybeOutage};
use async_trait::async_trait;
use futures::future::join_all;
use gas_backend::chain;
use gas_backend::ports::{LONG_POLL, Message, Queue};
use gas_runtime::{Shutdown, record_trace};
use std::error::Error;
use std::num::NonZeroU8;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The pause after a failed receive call.
const PAUSE: Duration = Duration::from_secs(5);

/// The pause before a failed message is delivered again; it doubles with each delivery.
const RETRY_PAUSE: Duration = Duration::from_secs(5);

/// What to do with a message after it was handled without an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handled {
    /// Delete the message.
    Done,
    /// Deliver the message again after this time.
    Later(Duration),
}

/// The reason why a message was not handled.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConsumeError {
    /// A service is unavailable: the message is handled again when it answers.
    #[error(transparent)]
    Outage(Box<dyn Error + Send + Sync>),
    /// The failure concerns this message: SQS delivers it again, up to five times.
    #[error(transparent)]
    Failed(Box<dyn Error + Send + Sync>),
}

impl<E: MaybeOutage + Send + Sync + 'static> From<E> for ConsumeError {
    fn from(error: E) -> Self {
        let is_outage = error.is_outage();
        if is_outage { Self::Outage(error.into()) } else { Self::Failed(error.into()) }
    }
}

/// Handles the messages of a queue. A message may be delivered more than once.
#[async_trait]
pub(crate) trait Consumer: Send + Sync {
    /// Handles a message, and records `job_id` and `user_id` in the current span when they are
    /// known.
    async fn handle(&self, message: &Message) -> Result<Handled, ConsumeError>;
}

/// Handles the messages of a queue until shutdown, at most one in each slot at a time. `role` names the consumer in the
/// log.
pub(crate) async fn consume(
    role: &'static str,
    queue: Arc<dyn Queue>,
    visibility: Duration,
    slots: NonZeroU8,
    consumer: impl Consumer,
    shutdown: &Shutdown,
) {
    let slot = |_| consume_in_slot(role, &*queue, visibility, &consumer, shutdown);
    join_all((0..slots.get()).map(slot)).await;
}

async fn consume_in_slot(
    role: &'static str,
    queue: &dyn Queue,
    visibility: Duration,
    consumer: &impl Consumer,
    shutdown: &Shutdown,
) {
    while !shutdown.is_requested() {
        let received = tokio::select! {
            received = queue.receive(1, visibility, LONG_POLL) => received,
            () = shutdown.requested() => return,
        };
        match received {
            Ok(messages) => {
                for message in messages {
                    tokio::select! {
                        () = handle(role, queue, visibility, consumer, &message) => {}
                        () = shutdown.due() => interrupted(queue, &message).await,
                    }
                }
            }
            Err(error) => {
                tracing::error!(role, error = %chain(&error), "queue cannot be read");
                tokio::select! {
                    () = tokio::time::sleep(PAUSE) => {}
                    () = shutdown.requested() => {}
                }
            }
        }
    }
}

#[tracing::instrument(
    name = "message",
    skip_all,
    fields(role = role, job_id, user_id, trace_id, attempt = message.receive_count)
)]
async fn handle(
    role: &'static str,
    queue: &dyn Queue,
    visibility: Duration,
    consumer: &impl Consumer,
    message: &Message,
) {
    if let Some(trace) = message.trace {
        record_trace(trace);
    }
    let handled = tokio::select! {
        handled = handle_through_outages(consumer, message) => handled,
        never = keep_invisible(queue, visibility, message) => match never {},
    };
    match handled {
        Ok(Handled::Done) => {
            if let Err(error) = queue.delete(message).await {
                tracing::warn!(error = %chain(&error), "message not deleted; SQS delivers it again");
            }
        }
        Ok(Handled::Later(pause)) => postpone(queue, message, pause).await,
        Err(error) => {
            tracing::error!(error = %chain(&error), "message failed; SQS delivers it again");
            let doublings = message.receive_count.saturating_sub(1).min(8);
            postpone(queue, message, RETRY_PAUSE.saturating_mul(1 << doublings)).await;
        }
    }
}

/// Handles a message until it is done, or fails for another reason than an outage.
async fn handle_through_outages(
    consumer: &impl Consumer,
    message: &Message,
) -> Result<Handled, ConsumeError> {
    let since = Instant::now();
    let mut backoff = Backoff::default();
    loop {
        match consumer.handle(message).await {
            Err(error @ ConsumeError::Outage(_)) if since.elapsed() < MAX_OUTAGE => {
                tracing::warn!(
                    error = %chain(&error),
                    "service is unavailable; the message is handled again"
                );
                tokio::time::sleep(backoff.pause()).await;
            }
            handled => return handled,
        }
    }
}

/// Returns a message that the shutdown interrupts.
async fn interrupted(queue: &dyn Queue, message: &Message) {
    if let Err(error) = give_back(queue, message).await {
        tracing::warn!(error = %chain(&error), "message not returned; SQS delivers it again");
        postpone(queue, message, Duration::ZERO).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::FakeQueue;
    use gas_backend::ports::PortError;
    use std::sync::Mutex;

    /// A consumer that takes some time and has one outcome.
    struct Script(Duration, Mutex<Vec<Result<Handled, String>>>);

    #[async_trait]
    impl Consumer for Script {
        async fn handle(&self, _: &Message) -> Result<Handled, ConsumeError> {
            tokio::time::sleep(self.0).await;
            let next = self.1.lock().unwrap().pop();
            next.expect("only one message").map_err(|text| ConsumeError::Failed(text.into()))
        }
    }

    const VISIBILITY: Duration = Duration::from_secs(60);

    /// Consumes one message, with the duration of its work and the time of the shutdown.
    async fn consumed_with(
        (work, stop): (Duration, Duration),
        outcome: Result<Handled, String>,
        receive_count: u32,
    ) -> Arc<FakeQueue> {
        let queue = Arc::new(FakeQueue::default());
        queue.offer(Message { body: "b".into(), receipt: "r".into(), receive_count, trace: None });
        let shutdown = Shutdown::default();
        let script = Script(work, Mutex::new(vec![outcome]));
        let work = consume("test", queue.clone(), VISIBILITY, NonZeroU8::MIN, script, &shutdown);
        let stop = async {
            tokio::time::sleep(stop).await;
            shutdown.now();
        };
        tokio::join!(work, stop);
        queue
    }

    async fn consumed(outcome: Result<Handled, String>, receive_count: u32) -> Arc<FakeQueue> {
        consumed_with((Duration::ZERO, Duration::from_secs(1)), outcome, receive_count).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_stays_invisible_while_it_is_handled() {
        let times = (Duration::from_secs(50), Duration::from_secs(55));
        let queue = consumed_with(times, Ok(Handled::Done), 1).await;
        assert_eq!(queue.extended(), [VISIBILITY; 2]);
        assert_eq!(queue.deleted(), ["r"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_that_a_shutdown_interrupts_is_sent_again() {
        let times = (Duration::from_secs(15), Duration::from_secs(10));
        let queue = consumed_with(times, Ok(Handled::Done), 1).await;
        assert_eq!(queue.sent(), ["b"]);
        assert_eq!(queue.deleted(), ["r"]);
    }

    /// A consumer whose messages take a second.
    struct TakesASecond;

    #[async_trait]
    impl Consumer for TakesASecond {
        async fn handle(&self, _: &Message) -> Result<Handled, ConsumeError> {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok(Handled::Done)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn as_many_messages_as_slots_are_handled_at_the_same_time() {
        for (slots, handled) in [(1, 2), (4, 8)] {
            let queue = Arc::new(FakeQueue::default());
            for number in 0..9 {
                let (body, receipt) = ("b".into(), number.to_string());
                queue.offer(Message { body, receipt, receive_count: 1, trace: None });
            }
            let shutdown = Shutdown::default();
            let slots = NonZeroU8::new(slots).unwrap();
            let work = consume("test", queue.clone(), VISIBILITY, slots, TakesASecond, &shutdown);
            let stop = async {
                tokio::time::sleep(Duration::from_millis(2_500)).await;
                assert_eq!(queue.deleted().len(), handled, "{slots} slots");
                shutdown.now();
            };
            tokio::join!(work, stop);
        }
    }

    /// A consumer that needs a service which is unavailable until the given time.
    struct NeedsService(Instant);

    #[async_trait]
    impl Consumer for NeedsService {
        async fn handle(&self, _: &Message) -> Result<Handled, ConsumeError> {
            if Instant::now() < self.0 {
                return Err(PortError::new("read the profile", "connection refused").into());
            }
            Ok(Handled::Done)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_outage_of_five_minutes_holds_the_message_and_counts_nothing() {
        let queue = Arc::new(FakeQueue::default());
        queue.offer(Message {
            body: "b".into(),
            receipt: "r".into(),
            receive_count: 1,
            trace: None,
        });
        let shutdown = Shutdown::default();
        let consumer = NeedsService(Instant::now() + Duration::from_mins(5));
        let work = consume("test", queue.clone(), VISIBILITY, NonZeroU8::MIN, consumer, &shutdown);
        let stop = async {
            tokio::time::sleep(Duration::from_mins(6)).await;
            shutdown.now();
        };
        tokio::join!(work, stop);
        assert_eq!(queue.deleted(), ["r"]);
        assert!(queue.extended().iter().all(|pause| *pause == VISIBILITY), "never returned");
    }

    #[tokio::test(start_paused = true)]
    async fn a_handled_message_is_deleted() {
        assert_eq!(consumed(Ok(Handled::Done), 1).await.deleted(), ["r"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_that_is_too_early_is_delivered_again_when_it_is_due() {
        let queue = consumed(Ok(Handled::Later(Duration::from_secs(9))), 1).await;
        assert_eq!(queue.extended(), [Duration::from_secs(9)]);
        assert_eq!(queue.deleted(), [""; 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_message_is_delivered_again_after_a_growing_pause() {
        let queue = consumed(Err("no".to_owned()), 3).await;
        assert_eq!(queue.extended(), [Duration::from_secs(20)]);
        assert_eq!(queue.deleted(), [""; 0]);
    }
}
