//! Role `archive`: archives results whose download window has ended, and deletes the files of
//! deleted jobs.

use super::consume::{ConsumeError, Consumer, Handled};
use async_trait::async_trait;
use gas_backend::Gas;
use gas_backend::messages::ArchiveRequest;
use gas_backend::ports::Message;
use gas_backend::usecases::{ArchiveOutcome, Deleted, archive_result, finish_deletion};
use jiff::SignedDuration;
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
    async fn handle(&self, message: &Message) -> Result<Handled, ConsumeError> {
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
                Handled::Later(left.unsigned_abs() + Duration::from_secs(1))
            }
            // The timer of the later end sends another message, and otherwise the reconciler does.
            ArchiveOutcome::NotYet(_) => Handled::Done,
            ArchiveOutcome::Archived | ArchiveOutcome::Kept | ArchiveOutcome::NothingToDo => {
                Handled::Done
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{FakeQueue, message};
    use crate::utility::consume::consume;
    use gas_backend::testkit::TestGas;
    use gas_runtime::{LogCapture, Shutdown};
    use gas_shared::Plan;
    use serde_json::Value;
    use std::num::NonZeroU8;
    use std::sync::Arc;

    #[tokio::test(start_paused = true)]
    async fn log_lines_have_the_job_the_owner_and_the_attempt() {
        let log = LogCapture::start();
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Premium);
        let job = test.completed_job(&ada).await;
        let queue = Arc::new(FakeQueue::default());
        queue.offer(message(job.id, 3));
        let shutdown = Shutdown::default();
        let archiver = Archiver { gas: test.gas.clone() };
        let stop = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            shutdown.now();
        };
        let work = consume(
            "archive",
            queue.clone(),
            Duration::from_secs(60),
            NonZeroU8::MIN,
            archiver,
            &shutdown,
        );
        tokio::join!(work, stop);
        let lines = log.lines();
        let line = lines.iter().find(|line| line.contains("archive request handled")).unwrap();
        let span = &serde_json::from_str::<Value>(line).unwrap()["span"];
        assert_eq!(span["role"], "archive", "{line}");
        assert_eq!(span["job_id"], job.id.to_string(), "{line}");
        assert_eq!(span["user_id"], ada.id.to_string(), "{line}");
        assert_eq!(span["attempt"], 3, "{line}");
    }
}
