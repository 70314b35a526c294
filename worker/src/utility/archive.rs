//! Role `archive`: a job's time is out.

use super::consume::{Consumer, Handled};
use async_trait::async_trait;
use gas_backend::Gas;
use gas_backend::messages::ArchiveRequest;
use gas_backend::ports::Message;
use gas_backend::usecases::{ArchiveOutcome, archive_result};
use std::error::Error;
use std::time::Duration;

/// Handles queue `archive`.
pub(crate) struct Archiver {
    pub(crate) gas: Gas,
}

#[async_trait]
impl Consumer for Archiver {
    async fn handle(&self, message: &Message) -> Result<Handled, Box<dyn Error + Send + Sync>> {
        let request: ArchiveRequest = serde_json::from_str(&message.body)?;
        let outcome = archive_result(&self.gas, request.job_id).await?;
        tracing::info!(job_id = %request.job_id, ?outcome, "archive request handled");
        Ok(match outcome {
            ArchiveOutcome::NotYet(left) => {
                Handled::Later(Duration::try_from(left)? + Duration::from_secs(1))
            }
            ArchiveOutcome::Archived | ArchiveOutcome::Kept | ArchiveOutcome::NothingToDo => {
                Handled::Done
            }
        })
    }
}
