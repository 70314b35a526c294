//! Moves the messages of a dead-letter queue back to their queue.
//!
//! SQS can do this itself (`StartMessageMoveTask`), but moves at an unknown time and does not say what
//! it has moved; emulators do not have it.

use crate::ports::{PortResult, Queue};
use std::time::Duration;

/// How long a message is invisible while it is moved.
const VISIBILITY: Duration = Duration::from_secs(60);

/// The most messages that SQS returns at once.
const BATCH: u8 = 10;

/// Moves messages until none comes within `wait` or `max` messages have been moved, and returns
/// their number. The limit ends the move if messages fail again faster than they are moved.
///
/// A message is sent before it is deleted, so that it is never lost; if the process dies in between, it
/// is delivered twice, which all consumers expect.
///
/// # Errors
/// If a queue fails; what was moved stays moved.
pub async fn redrive(
    dead_letters: &dyn Queue,
    queue: &dyn Queue,
    max: u64,
    wait: Duration,
) -> PortResult<u64> {
    let mut moved = 0;
    while moved < max {
        let batch = u8::try_from(max - moved).unwrap_or(BATCH).min(BATCH);
        let messages = dead_letters.receive(batch, VISIBILITY, wait).await?;
        if messages.is_empty() {
            break;
        }
        for message in messages {
            queue.send(&message.body).await?;
            dead_letters.delete(&message).await?;
            moved += 1;
        }
    }
    Ok(moved)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::LONG_POLL;
    use crate::testkit::FakeQueue;

    #[tokio::test]
    async fn all_messages_return_to_their_queue() {
        let (dead_letters, queue) = (FakeQueue::default(), FakeQueue::default());
        let bodies: Vec<String> = (0..25).map(|number| number.to_string()).collect();
        for body in &bodies {
            dead_letters.send(body).await.unwrap();
        }
        assert_eq!(redrive(&dead_letters, &queue, 1_000, LONG_POLL).await.unwrap(), 25);
        assert_eq!(queue.bodies(), bodies);
        assert_eq!(redrive(&dead_letters, &queue, 1_000, LONG_POLL).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn messages_that_fail_again_at_once_do_not_make_it_endless() {
        // Every message that is moved is a dead letter again.
        let queue = FakeQueue::default();
        queue.send("poison").await.unwrap();
        assert_eq!(redrive(&queue, &queue, 30, LONG_POLL).await.unwrap(), 30);
    }
}
