//! The loop over a dead-letter queue, which is the same for all of them. What a dead letter means is up to its
//! [`DeadLetterHandler`].

use crate::delivery::postpone;
use crate::utility::consume::Handled;
use async_trait::async_trait;
use gas_backend::chain;
use gas_backend::ports::{LONG_POLL, Message, Queue};
use gas_backend::usecases::ChangeError;
use gas_runtime::{Shutdown, record_trace};
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;

/// The pause between two receive calls, in addition to the long poll of the queue.
const PAUSE: Duration = Duration::from_secs(10);

/// How long an unreadable message stays invisible. It is kept for the operators.
pub(crate) const UNREADABLE_PAUSE: Duration = Duration::from_secs(3600);

/// The beginning of an unreadable message that is logged, in characters.
const EXCERPT_CHARS: usize = 200;

/// Ends what a dead letter asked for, so that no user waits forever.
#[async_trait]
pub(crate) trait DeadLetterHandler: Send + Sync {
    /// What the messages of the queue ask for.
    type Letter: DeserializeOwned + Send;

    /// The queue of which the messages are, for the log.
    const QUEUE: &'static str;

    /// Handles a dead letter, and records `job_id` and `user_id` in the current span when they are known. If it fails,
    /// SQS delivers the message again.
    async fn handle(&self, letter: Self::Letter) -> Result<Handled, ChangeError>;
}

/// A dead-letter queue and its handler.
pub(crate) struct DeadLetters<H> {
    pub(crate) queue: Arc<dyn Queue>,
    /// How long a message stays invisible while it is handled.
    pub(crate) visibility: Duration,
    pub(crate) handler: H,
}

impl<H: DeadLetterHandler> DeadLetters<H> {
    /// Handles the queue until shutdown.
    pub(crate) async fn watch(&self, shutdown: &Shutdown) {
        let rounds = async {
            loop {
                self.round().await;
                tokio::time::sleep(PAUSE).await;
            }
        };
        // SQS delivers a message again if its handling is interrupted.
        tokio::select! { () = rounds => {}, () = shutdown.requested() => {} }
    }

    async fn round(&self) {
        match self.queue.receive(10, self.visibility, LONG_POLL).await {
            Ok(messages) => {
                for message in messages {
                    if let Err(error) = self.handle(&message).await {
                        tracing::error!(error = %chain(&error), queue = H::QUEUE, "dead letter failed; SQS delivers it again");
                    }
                }
            }
            Err(error) => {
                tracing::error!(error = %chain(&error), queue = H::QUEUE, "dead-letter queue cannot be read");
            }
        }
    }

    /// Handles a message, and deletes it afterwards.
    #[tracing::instrument(
        name = "dead_letter",
        skip_all,
        fields(job_id, user_id, trace_id, attempt = message.receive_count)
    )]
    pub(crate) async fn handle(&self, message: &Message) -> Result<(), ChangeError> {
        if let Some(trace) = message.trace {
            record_trace(trace);
        }
        let letter = match serde_json::from_str(&message.body) {
            Ok(letter) => letter,
            Err(error) => {
                let body: String = message.body.chars().take(EXCERPT_CHARS).collect();
                tracing::error!(%error, body, queue = H::QUEUE, "dead letter cannot be read");
                postpone(&*self.queue, message, UNREADABLE_PAUSE).await;
                return Ok(());
            }
        };
        match self.handler.handle(letter).await? {
            Handled::Done => {
                self.queue.delete(message).await?;
                tracing::info!(queue = H::QUEUE, "dead letter handled");
            }
            Handled::Later(pause) => postpone(&*self.queue, message, pause).await,
        }
        Ok(())
    }
}
