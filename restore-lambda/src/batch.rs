//! Handles a batch of SQS messages and reports the failed ones, which alone are delivered again
//! (<https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>).

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures::stream::{self, StreamExt};
use gas_backend::chain;
use gas_backend::messages::{ThawMessage, ThawMessageError};
use gas_backend::usecases::{RestoreError, Restorer, restore_result};
use tracing::Span;
use tracing::field::display;

/// The number of messages that are handled at the same time. Each has one part of a file in memory.
const PARALLEL: usize = 4;

/// The attribute of a message that counts its deliveries, from 1.
const RECEIVE_COUNT: &str = "ApproximateReceiveCount";

/// Handles a batch and returns the failed messages.
pub(crate) async fn handle(restorer: &Restorer, event: SqsEvent) -> SqsBatchResponse {
    let failures = stream::iter(event.records)
        .map(|message| handle_message(restorer, message))
        .buffer_unordered(PARALLEL)
        .filter_map(|failure| async { failure })
        .collect()
        .await;
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = failures;
    response
}

/// Handles a message, and returns its entry in the response if it failed.
#[tracing::instrument(
    name = "thaw_message",
    skip_all,
    fields(job_id, user_id, trace_id, attempt = attempt(&message))
)]
async fn handle_message(restorer: &Restorer, message: SqsMessage) -> Option<BatchItemFailure> {
    let body = message.body.unwrap_or_default();
    let error = restore(restorer, &body).await.err()?;
    tracing::error!(error = %chain(&error), "message failed; SQS delivers it again");
    let mut failure = BatchItemFailure::default();
    // Every message from SQS has an id.
    failure.item_identifier = message.message_id.unwrap_or_default();
    Some(failure)
}

/// How often the message was delivered, from 1.
fn attempt(message: &SqsMessage) -> Option<u64> {
    message.attributes.get(RECEIVE_COUNT)?.parse().ok()
}

/// The reason why a message must be delivered again.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Message(#[from] ThawMessageError),
    #[error(transparent)]
    Restore(#[from] RestoreError),
}

async fn restore(restorer: &Restorer, body: &str) -> Result<(), Failed> {
    let ThawMessage::Completed(completions) = ThawMessage::parse(body)? else {
        tracing::info!("test event of S3 ignored");
        return Ok(());
    };
    for completion in &completions {
        Span::current().record("job_id", display(completion.job_id));
        let outcome = restore_result(restorer, completion).await?;
        tracing::info!(?outcome, "retrieval handled");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_backend::testkit::TestGas;
    use gas_backend::usecases::{archive_result, settle_result, thaw_results};
    use gas_shared::Plan;
    use serde_json::json;

    fn message(id: &str, body: String) -> SqsMessage {
        let mut message = SqsMessage::default();
        message.message_id = Some(id.to_owned());
        message.body = Some(body);
        message
    }

    /// The completed retrievals of a user on Premium, as Glacier announces them.
    async fn retrieved(test: &TestGas, jobs: u16) -> Vec<String> {
        let ada = test.user("ada", Plan::Free);
        for _ in 0..jobs {
            let job = test.completed_job(&ada).await;
            settle_result(&test.gas, job.id).await.unwrap();
        }
        test.clock.advance_secs(180);
        for job in test.gas.jobs.store.jobs_of(ada.id, None, jobs).await.unwrap().jobs {
            archive_result(&test.gas, job.id).await.unwrap();
        }
        test.set_plan(&ada, Plan::Premium);
        thaw_results(&test.gas, ada.id).await.unwrap();
        let retrievals = (1..).zip(test.archive.retrievals());
        let bodies = retrievals.map(|(number, (job, archive, _))| {
            json!({
                "ArchiveId": archive, "JobId": format!("retrieval-{number}"),
                "JobDescription": job, "StatusCode": "Succeeded",
            })
        });
        bodies.map(|body| body.to_string()).collect()
    }

    fn batch(bodies: impl IntoIterator<Item = String>) -> SqsEvent {
        let mut event = SqsEvent::default();
        let numbered = (1..).zip(bodies);
        event.records = numbered.map(|(n, body): (u32, _)| message(&n.to_string(), body)).collect();
        event
    }

    /// Nine of ten messages restore a file; the invalid one is reported.
    #[tokio::test]
    async fn an_invalid_message_does_not_block_the_others() {
        let test = TestGas::new();
        let bodies = retrieved(&test, 9).await;
        let mut event = batch(bodies);
        event.records.insert(0, message("bad", "invalid".to_owned()));
        let response = handle(&Restorer::from(&test.gas), event).await;
        let failed: Vec<_> =
            response.batch_item_failures.iter().map(|f| &f.item_identifier).collect();
        assert_eq!(failed, ["bad"]);
        assert_eq!(test.objects.with_key("annot.vcf").len(), 9);
        assert_eq!(test.archive.copies(), 0);
    }

    #[tokio::test]
    async fn a_message_that_is_ten_times_in_a_batch_restores_once() {
        let test = TestGas::new();
        let body = retrieved(&test, 1).await.remove(0);
        let before = test.notices.len();
        let restorer = Restorer::from(&test.gas);
        let response = handle(&restorer, batch(vec![body.clone(); 10])).await;
        assert!(response.batch_item_failures.is_empty(), "{response:?}");
        assert_eq!((test.objects.with_key("annot.vcf").len(), test.archive.copies()), (1, 0));
        let mut notices = test.notices.bodies().split_off(before);
        notices.dedup();
        assert_eq!(notices.len(), 1, "one event, so one mail");
        let job = test.job(test.archive.retrievals()[0].0);
        handle(&restorer, batch([body])).await;
        assert_eq!(test.job(job.id), job, "a later delivery leaves the row");
    }
}
