//! Working off a queue, one message at a time.
//!
//! A message is kept invisible while it is handled and deleted when its work is done. One that
//! failed is left to come back, and after the fifth time goes to the dead letters.

use crate::shutdown::Shutdown;
use async_trait::async_trait;
use gas_backend::chain;
use gas_backend::ports::{Message, Queue};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// The wait after a queue that failed.
const PAUSE: Duration = Duration::from_secs(5);

/// How long a message that failed waits the first time; the wait doubles with each.
const RETRY_PAUSE: Duration = Duration::from_secs(5);

/// What becomes of a message that was handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handled {
    /// Its work is done.
    Done,
    /// It is too early: come back after that.
    Later(Duration),
}

/// What handles the messages of a queue. Each may come more than once.
#[async_trait]
pub(crate) trait Consumer: Send + Sync {
    async fn handle(&self, message: &Message) -> Result<Handled, Box<dyn Error + Send + Sync>>;
}

/// Works off a queue until shutdown.
pub(crate) async fn consume(
    name: &'static str,
    queue: Arc<dyn Queue>,
    visibility: Duration,
    consumer: impl Consumer,
    shutdown: &Shutdown,
) {
    while !shutdown.is_requested() {
        let received = tokio::select! {
            received = queue.receive(1, visibility) => received,
            () = shutdown.requested() => return,
        };
        match received {
            Ok(messages) => {
                for message in messages {
                    tokio::select! {
                        () = handle(name, &*queue, visibility, &consumer, &message) => {}
                        () = shutdown.due() => give_back(&*queue, &message, Duration::ZERO).await,
                    }
                }
            }
            Err(error) => {
                tracing::error!(name, error = %chain(&error), "the queue failed");
                tokio::select! {
                    () = tokio::time::sleep(PAUSE) => {}
                    () = shutdown.requested() => {}
                }
            }
        }
    }
}

async fn handle(
    name: &'static str,
    queue: &dyn Queue,
    visibility: Duration,
    consumer: &impl Consumer,
    message: &Message,
) {
    let handled = tokio::select! {
        handled = consumer.handle(message) => handled,
        never = keep_invisible(queue, visibility, message) => match never {},
    };
    match handled {
        Ok(Handled::Done) => {
            if let Err(error) = queue.delete(message).await {
                tracing::warn!(name, error = %chain(&error), "a message that is done will come back");
            }
        }
        Ok(Handled::Later(pause)) => give_back(queue, message, pause).await,
        Err(error) => {
            tracing::error!(name, error = %chain(&*error), "a message is left to come back");
            let doublings = message.receive_count.saturating_sub(1).min(8);
            give_back(queue, message, RETRY_PAUSE.saturating_mul(1 << doublings)).await;
        }
    }
}

async fn keep_invisible(
    queue: &dyn Queue,
    visibility: Duration,
    message: &Message,
) -> std::convert::Infallible {
    loop {
        tokio::time::sleep(visibility / 3).await;
        give_back(queue, message, visibility).await;
    }
}

async fn give_back(queue: &dyn Queue, message: &Message, pause: Duration) {
    if let Err(error) = queue.extend(message, pause).await {
        tracing::warn!(error = %chain(&error), "a message was not extended");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::FakeQueue;
    use std::sync::Mutex;

    /// Work that takes a while and ends somehow, once.
    struct Script(Duration, Mutex<Vec<Result<Handled, String>>>);

    #[async_trait]
    impl Consumer for Script {
        async fn handle(&self, _: &Message) -> Result<Handled, Box<dyn Error + Send + Sync>> {
            tokio::time::sleep(self.0).await;
            let next = self.1.lock().unwrap().pop();
            Ok(next.expect("a message too many")?)
        }
    }

    const VISIBILITY: Duration = Duration::from_secs(60);

    /// Works off one message for so long, by the tests' clock.
    async fn worked_off(
        (work, stop): (Duration, Duration),
        outcome: Result<Handled, String>,
        receive_count: u32,
    ) -> Arc<FakeQueue> {
        let queue = Arc::new(FakeQueue::default());
        queue.offer(Message { body: "b".into(), receipt: "r".into(), receive_count });
        let shutdown = Shutdown::default();
        let script = Script(work, Mutex::new(vec![outcome]));
        let work = consume("test", queue.clone(), VISIBILITY, script, &shutdown);
        let stop = async {
            tokio::time::sleep(stop).await;
            shutdown.now();
        };
        tokio::join!(work, stop);
        queue
    }

    async fn consumed(outcome: Result<Handled, String>, receive_count: u32) -> Arc<FakeQueue> {
        worked_off((Duration::ZERO, Duration::from_secs(1)), outcome, receive_count).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_stays_invisible_while_it_is_worked_on() {
        let times = (Duration::from_secs(50), Duration::from_secs(55));
        let queue = worked_off(times, Ok(Handled::Done), 1).await;
        assert_eq!(queue.extended(), [VISIBILITY; 2]);
        assert_eq!(queue.deleted(), ["r"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_whose_work_a_shutdown_breaks_off_is_given_back_at_once() {
        let times = (Duration::from_secs(15), Duration::from_secs(10));
        let queue = worked_off(times, Ok(Handled::Done), 1).await;
        assert_eq!(queue.extended(), [Duration::ZERO]);
        assert_eq!(queue.deleted(), [""; 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_whose_work_is_done_is_deleted() {
        assert_eq!(consumed(Ok(Handled::Done), 1).await.deleted(), ["r"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_that_came_too_early_comes_back_when_it_is_time() {
        let queue = consumed(Ok(Handled::Later(Duration::from_secs(9))), 1).await;
        assert_eq!(queue.extended(), [Duration::from_secs(9)]);
        assert_eq!(queue.deleted(), [""; 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_that_failed_comes_back_ever_later() {
        let queue = consumed(Err("no".to_owned()), 3).await;
        assert_eq!(queue.extended(), [Duration::from_secs(20)]);
        assert_eq!(queue.deleted(), [""; 0]);
    }
}
