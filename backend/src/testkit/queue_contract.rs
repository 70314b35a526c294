//! The contract of [`Queue`].

use crate::ports::{Message, Queue};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The delay of a message that is sent later.
const DELAY: Duration = Duration::from_secs(2);

/// How long a message stays invisible after it is received.
const VISIBILITY: Duration = Duration::from_secs(30);

/// The wait of a receive call.
const WAIT: Duration = Duration::from_secs(1);

/// How long a message may take to arrive.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Checks an empty queue that no other process uses.
///
/// # Panics
/// If the queue violates the contract.
#[expect(clippy::unwrap_used, reason = "for tests only")]
pub async fn queue_contract(queue: &dyn Queue) {
    let sent = Instant::now();
    queue.send_later("later", DELAY).await.unwrap();
    queue.send("now").await.unwrap();
    let message = receive(queue).await;
    assert_eq!((message.body.as_str(), message.receive_count), ("now", 1));
    queue.extend(&message, Duration::ZERO).await.unwrap();
    let again = receive(queue).await;
    assert_eq!(again.body, "now", "a message whose visibility ends is received again");
    queue.delete(&again).await.unwrap();

    let later = receive(queue).await;
    assert_eq!((later.body.as_str(), later.receive_count), ("later", 1));
    // Queues count in whole seconds.
    assert!(sent.elapsed() > DELAY - Duration::from_secs(1), "{:?}", sent.elapsed());
    queue.delete(&later).await.unwrap();
}

/// The next message.
#[expect(clippy::unwrap_used, reason = "for tests only")]
async fn receive(queue: &dyn Queue) -> Message {
    let since = Instant::now();
    while since.elapsed() < TIMEOUT {
        if let Some(message) = queue.receive(1, VISIBILITY, WAIT).await.unwrap().pop() {
            return message;
        }
        sleep(Duration::from_millis(50)).await;
    }
    panic!("no message arrives");
}
