//! What happens to a received message while it is handled, and if it is not finished.

use gas_backend::chain;
use gas_backend::ports::{Message, PortResult, Queue};
use std::convert::Infallible;
use std::time::Duration;

/// Keeps a message invisible to other receivers until the future is dropped.
pub(crate) async fn keep_invisible(
    queue: &dyn Queue,
    visibility: Duration,
    message: &Message,
) -> Infallible {
    loop {
        tokio::time::sleep(visibility / 3).await;
        postpone(queue, message, visibility).await;
    }
}

/// Makes a message visible again after `pause`. A failure is only logged: SQS delivers the message
/// again in any case.
pub(crate) async fn postpone(queue: &dyn Queue, message: &Message, pause: Duration) {
    if let Err(error) = queue.extend(message, pause).await {
        tracing::warn!(error = %chain(&error), "visibility of the message not changed");
    }
}

/// Returns a message to its queue as if it had not been received: SQS counts receipts and moves a
/// message to the dead-letter queue after the fifth, but an interruption is not the message's
/// fault.
pub(crate) async fn give_back(queue: &dyn Queue, message: &Message) -> PortResult<()> {
    give_back_after(queue, message, Duration::ZERO).await
}

/// Like [`give_back`], but the message is invisible for `delay`.
pub(crate) async fn give_back_after(
    queue: &dyn Queue,
    message: &Message,
    delay: Duration,
) -> PortResult<()> {
    queue.send_later(&message.body, delay).await?;
    // If this fails, the job has two messages, of which the second one finds it claimed or ended.
    queue.delete(message).await
}
