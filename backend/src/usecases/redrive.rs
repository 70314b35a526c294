//! Moves the messages of a dead-letter queue back to their queue.
//!
//! SQS can do this itself (`StartMessageMoveTask`), but moves at an unknown time and does not say what
//! it has moved; emulators do not have it.

use crate::ports::{Message, PortResult, Queue};
use gas_runtime::{current_trace, record_trace};
use std::time::Duration;
use tracing::Span;
use tracing::field::display;

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
            move_back(dead_letters, queue, &message).await?;
            moved += 1;
        }
    }
    Ok(moved)
}

/// Moves a message, which keeps its trace. A line of the log in that trace names the trace of the operator, so that each
/// leads to the other. A message without a trace continues that of the operator.
#[tracing::instrument(name = "redrive", skip_all, fields(trace_id, operator_trace_id))]
async fn move_back(
    dead_letters: &dyn Queue,
    queue: &dyn Queue,
    message: &Message,
) -> PortResult<()> {
    let operator = current_trace();
    if let Some(trace) = message.trace {
        record_trace(trace);
    }
    queue.send(&message.body).await?;
    dead_letters.delete(message).await?;
    if let (Some(operator), true) = (operator, message.trace.is_some()) {
        Span::current().record("operator_trace_id", display(operator));
        tracing::info!("dead letter moved back");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::LONG_POLL;
    use crate::testkit::FakeQueue;
    use gas_runtime::LogCapture;
    use gas_shared::TraceId;
    use tracing::Instrument;

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
    async fn a_message_keeps_its_trace_and_the_log_links_it_to_that_of_the_operator() {
        let capture = LogCapture::start();
        let [sender, operator] = [1, 2].map(|id| TraceId::new(id).unwrap());
        let request = |trace: TraceId| tracing::info_span!("request", trace_id = %trace);
        let (dead_letters, queue) = (FakeQueue::default(), FakeQueue::default());
        dead_letters.send("traced").instrument(request(sender)).await.unwrap();
        dead_letters.send("untraced").await.unwrap();
        let moving = redrive(&dead_letters, &queue, 10, LONG_POLL).instrument(request(operator));
        assert_eq!(moving.await.unwrap(), 2);
        let messages = queue.receive(10, VISIBILITY, LONG_POLL).await.unwrap();
        let traces: Vec<_> = messages.iter().map(|message| message.trace).collect();
        assert_eq!(traces, [Some(sender), Some(operator)]);
        let lines = capture.lines();
        assert_eq!(lines.len(), 1, "only the message with a trace is linked: {lines:?}");
        for field in
            [format!("\"trace_id\":\"{sender}\""), format!("\"operator_trace_id\":\"{operator}\"")]
        {
            assert!(lines[0].contains(&field), "{field}: {lines:?}");
        }
    }

    #[tokio::test]
    async fn messages_that_fail_again_at_once_do_not_make_it_endless() {
        // Every message that is moved is a dead letter again.
        let queue = FakeQueue::default();
        queue.send("poison").await.unwrap();
        assert_eq!(redrive(&queue, &queue, 30, LONG_POLL).await.unwrap(), 30);
    }
}
