//! Role `restore`: restores the files that are too large for the restore function, which has 15 minutes.

use super::consume::{ConsumeError, Consumer, Handled};
use async_trait::async_trait;
use gas_backend::Gas;
use gas_backend::messages::ThawCompleted;
use gas_backend::ports::Message;
use gas_backend::usecases::{Restorer, restore_result};
use tracing::Span;
use tracing::field::display;

/// Handles the queue `large_restores`.
pub(crate) struct LargeRestorer {
    restorer: Restorer,
}

impl LargeRestorer {
    pub(crate) fn new(gas: &Gas) -> Self {
        Self { restorer: Restorer::from(gas) }
    }
}

#[async_trait]
impl Consumer for LargeRestorer {
    async fn handle(&self, message: &Message) -> Result<Handled, ConsumeError> {
        let completion: ThawCompleted = serde_json::from_str(&message.body)?;
        Span::current().record("job_id", display(completion.job_id));
        let outcome = restore_result(&self.restorer, &completion).await?;
        tracing::info!(?outcome, "large file restored");
        Ok(Handled::Done)
    }
}
