//! A call that waits for a message of a queue while its slot has nothing to do.

use crate::delivery::give_back;
use gas_backend::chain;
use gas_backend::ports::{Message, PortResult, Queue};
use gas_runtime::record_trace;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// A call that goes on if the slot no longer waits for it, since SQS could deliver a message to a connection that is
/// closed, which then is invisible for a minute. A message that nobody waits for is given back at once.
pub(crate) struct IdleCall {
    queue: Arc<dyn Queue>,
    answer: oneshot::Receiver<PortResult<Option<Message>>>,
}

impl IdleCall {
    /// Begins to wait, at most for `wait`.
    pub(crate) fn begin(queue: Arc<dyn Queue>, visibility: Duration, wait: Duration) -> Self {
        let (sender, answer) = oneshot::channel();
        let receiving = queue.clone();
        tokio::spawn(async move {
            let received = receiving.receive(1, visibility, wait).await;
            let received = received.map(|messages| messages.into_iter().next());
            if let Err(Ok(Some(message))) = sender.send(received) {
                return_message(&*receiving, &message).await;
            }
        });
        Self { queue, answer }
    }

    /// Waits for the answer of a call, which is `None` afterwards; forever if there is no call. If this is cancelled, the
    /// call stays as it is.
    pub(crate) async fn answer(call: &mut Option<Self>) -> PortResult<Option<Message>> {
        let Some(open) = call else { return std::future::pending().await };
        // The sender is dropped without an answer only if the process ends or the call panicked.
        let answer = (&mut open.answer).await.unwrap_or(Ok(None));
        *call = None;
        answer
    }
}

impl Drop for IdleCall {
    fn drop(&mut self) {
        // From now on, the task of the call gives back what it receives.
        self.answer.close();
        if let Ok(Ok(Some(message))) = self.answer.try_recv() {
            let queue = self.queue.clone();
            tokio::spawn(async move { return_message(&*queue, &message).await });
        }
    }
}

#[tracing::instrument(name = "message_of_nobody", skip_all, fields(trace_id))]
async fn return_message(queue: &dyn Queue, message: &Message) {
    // The copy that is sent has the trace of the span.
    if let Some(trace) = message.trace {
        record_trace(trace);
    }
    if let Err(error) = give_back(queue, message).await {
        // It is delivered again after its visibility timeout.
        tracing::warn!(error = %chain(&error), "message not given back");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::WaitingQueue;

    const MINUTE: Duration = Duration::from_mins(1);

    #[tokio::test]
    async fn an_answer_that_nobody_has_read_is_given_back() {
        let queue = Arc::new(WaitingQueue::default());
        queue.offer("job");
        let call = IdleCall::begin(queue.clone(), MINUTE, MINUTE);
        while queue.waiting() > 0 {
            tokio::task::yield_now().await;
        }
        // The answer has arrived, or is on its way.
        drop(call);
        let again = queue.receive(1, MINUTE, MINUTE).await.unwrap();
        assert_eq!((again[0].body.as_str(), again[0].receive_count), ("job", 1));
        assert_eq!(queue.deleted(), 1);
    }

    #[tokio::test]
    async fn an_answer_is_read_once() {
        let queue = Arc::new(WaitingQueue::default());
        queue.offer("job");
        let mut call = Some(IdleCall::begin(queue.clone(), MINUTE, MINUTE));
        let message = IdleCall::answer(&mut call).await.unwrap().unwrap();
        assert_eq!(message.body, "job");
        assert!(call.is_none());
        tokio::task::yield_now().await;
        assert_eq!((queue.deleted(), queue.waiting()), (0, 0));
    }
}
