//! Role `archive`: a job's time is out, or it was deleted.

use super::consume::{Consumer, Handled};
use async_trait::async_trait;
use gas_backend::Gas;
use gas_backend::messages::ArchiveRequest;
use gas_backend::ports::Message;
use gas_backend::usecases::{ArchiveOutcome, Deleted, archive_result, finish_deletion};
use jiff::SignedDuration;
use std::error::Error;
use std::time::Duration;

/// SQS hides a message for 12 hours at most, counted from its receipt.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(11);

/// Handles queue `archive`.
pub(crate) struct Archiver {
    pub(crate) gas: Gas,
}

#[async_trait]
impl Consumer for Archiver {
    async fn handle(&self, message: &Message) -> Result<Handled, Box<dyn Error + Send + Sync>> {
        let request: ArchiveRequest = serde_json::from_str(&message.body)?;
        let deleted = finish_deletion(&self.gas, request.job_id).await?;
        if deleted != Deleted::Nothing {
            tracing::info!(job_id = %request.job_id, ?deleted, "files of a deleted job deleted");
            return Ok(Handled::Done);
        }
        let outcome = archive_result(&self.gas, request.job_id).await?;
        tracing::info!(job_id = %request.job_id, ?outcome, "archive request handled");
        Ok(match outcome {
            ArchiveOutcome::NotYet(left) if left < LONGEST_WAIT => {
                Handled::Later(Duration::try_from(left)? + Duration::from_secs(1))
            }
            // Nobody need keep the message: the timer of the later end sends another, and the
            // reconciler would.
            ArchiveOutcome::NotYet(_) => Handled::Done,
            ArchiveOutcome::Archived | ArchiveOutcome::Kept | ArchiveOutcome::NothingToDo => {
                Handled::Done
            }
        })
    }
}
