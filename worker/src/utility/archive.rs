//! Role `archive`: archives results whose download window has ended, and deletes the files of
//! deleted jobs.

use super::consume::{Consumer, Handled};
use async_trait::async_trait;
use gas_backend::Gas;
use gas_backend::messages::ArchiveRequest;
use gas_backend::ports::Message;
use gas_backend::usecases::{ArchiveOutcome, Deleted, archive_result, finish_deletion};
use jiff::SignedDuration;
use std::error::Error;
use std::time::Duration;
use tracing::Span;
use tracing::field::display;

/// The longest pause before a message is delivered again. SQS hides a message for at most 12 hours
/// after its receipt.
const MAX_PAUSE: SignedDuration = SignedDuration::from_hours(11);

/// Handles the queue `archive`.
pub(crate) struct Archiver {
    pub(crate) gas: Gas,
}

#[async_trait]
impl Consumer for Archiver {
    async fn handle(&self, message: &Message) -> Result<Handled, Box<dyn Error + Send + Sync>> {
        let request: ArchiveRequest = serde_json::from_str(&message.body)?;
        Span::current().record("job_id", display(request.job_id));
        let deleted = finish_deletion(&self.gas, request.job_id).await?;
        if deleted != Deleted::Nothing {
            tracing::info!(?deleted, "files of a deleted job handled");
            return Ok(Handled::Done);
        }
        let outcome = archive_result(&self.gas, request.job_id).await?;
        tracing::info!(?outcome, "archive request handled");
        Ok(match outcome {
            ArchiveOutcome::NotYet(left) if left < MAX_PAUSE => {
                Handled::Later(Duration::try_from(left)? + Duration::from_secs(1))
            }
            // The timer of the later end sends another message, and otherwise the reconciler does.
            ArchiveOutcome::NotYet(_) => Handled::Done,
            ArchiveOutcome::Archived | ArchiveOutcome::Kept | ArchiveOutcome::NothingToDo => {
                Handled::Done
            }
        })
    }
}
