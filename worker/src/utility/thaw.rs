//! Role `thaw`: requests the archived results of users who changed to Premium.

use super::consume::{ConsumeError, Consumer, Handled};
use async_trait::async_trait;
use gas_backend::Gas;
use gas_backend::ports::Message;
use gas_backend::usecases::handle_start_thaw;

/// Handles the queue `start_thaw`.
pub(crate) struct Thawer {
    pub(crate) gas: Gas,
}

#[async_trait]
impl Consumer for Thawer {
    async fn handle(&self, message: &Message) -> Result<Handled, ConsumeError> {
        handle_start_thaw(&self.gas, &message.body).await?;
        Ok(Handled::Done)
    }
}
