//! The dead-letter queue of job requests: jobs that no attempt could finish are marked FAILED, so
//! that no user waits forever.

use crate::handle::{SERVICE_FAILURE, announce, delete_orphan};
use crate::settings::Timing;
use gas_backend::messages::JobRequest;
use gas_backend::ports::{LONG_POLL, Message, Queue};
use gas_backend::usecases::{ChangeError, fail_job};
use gas_backend::{AnnotateGas, chain};
use gas_runtime::Shutdown;
use gas_shared::Job;
use gas_shared::job::{FailureKind, JobState};
use std::sync::Arc;
use std::time::Duration;
use tracing::Span;
use tracing::field::display;

/// The pause between two receive calls, in addition to the long poll of the queue.
const PAUSE: Duration = Duration::from_secs(10);

/// How long an unreadable message stays invisible. It is kept for the operators.
const UNREADABLE_PAUSE: Duration = Duration::from_secs(3600);

/// Handles the dead-letter queue of job requests.
pub(crate) struct DeadLetters {
    pub(crate) gas: AnnotateGas,
    pub(crate) queue: Arc<dyn Queue>,
    pub(crate) timing: Timing,
}

impl DeadLetters {
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
        let messages = match self.queue.receive(10, self.timing.visibility, LONG_POLL).await {
            Ok(messages) => messages,
            Err(error) => {
                tracing::error!(error = %chain(&error), "dead-letter queue cannot be read");
                return;
            }
        };
        for message in messages {
            if let Err(error) = self.handle(&message).await {
                tracing::error!(error = %chain(&error), "dead letter failed; SQS delivers it again");
            }
        }
    }

    #[tracing::instrument(
        name = "dead_letter",
        skip_all,
        fields(job_id, user_id, attempt = message.receive_count)
    )]
    async fn handle(&self, message: &Message) -> Result<(), ChangeError> {
        let Ok(JobRequest { job_id }) = serde_json::from_str(&message.body) else {
            tracing::error!(body = excerpt(&message.body), "dead letter is not a job request");
            return Ok(self.queue.extend(message, UNREADABLE_PAUSE).await?);
        };
        Span::current().record("job_id", display(job_id));
        let Some(job) = self.gas.jobs.store.job(job_id).await? else {
            return Ok(delete_orphan(&*self.queue, message).await?);
        };
        Span::current().record("user_id", display(job.owner));
        let job = match &job.state {
            // The worker that holds the claim either ends the job or stops its heartbeat.
            JobState::Running(_) if self.is_alive(&job) => {
                return Ok(self.queue.extend(message, self.timing.visibility).await?);
            }
            JobState::Uploading { .. } | JobState::Pending { .. } | JobState::Running(_) => {
                tracing::error!(status = %job.status(), "job failed after its last attempt");
                let reason = SERVICE_FAILURE.to_owned();
                fail_job(&self.gas.jobs, job.id, None, FailureKind::Service, reason).await?
            }
            JobState::Completed(_) | JobState::Failed(_) | JobState::Cancelled { .. } => job,
        };
        announce(&self.gas, &job).await?;
        self.queue.delete(message).await?;
        tracing::info!(status = %job.status(), "dead letter handled");
        Ok(())
    }

    fn is_alive(&self, job: &Job) -> bool {
        let JobState::Running(run) = &job.state else { return false };
        // The reconciler looks after a run in shards.
        run.shards.is_some()
            || self.gas.now().duration_since(run.heartbeat_at) < self.timing.heartbeat_timeout()
    }
}

/// The beginning of a message body, for the log.
fn excerpt(body: &str) -> String {
    body.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{FakeQueue, TIMING, message};
    use gas_backend::testkit::TestGas;
    use gas_backend::usecases::{cancel_job, claim_job, delete_job};
    use gas_shared::{JobStatus, Plan};

    struct Case {
        test: TestGas,
        queue: Arc<FakeQueue>,
        letters: DeadLetters,
    }

    fn case() -> Case {
        let test = TestGas::new();
        let queue = Arc::new(FakeQueue::default());
        let letters =
            DeadLetters { gas: test.gas.annotate(), queue: queue.clone(), timing: TIMING };
        Case { test, queue, letters }
    }

    #[tokio::test]
    async fn a_job_that_no_worker_could_handle_is_failed_and_announced() {
        let Case { test, queue, letters } = case();
        let ada = test.user("ada", Plan::Free);
        let job = test.pending_job(&ada).await;
        letters.handle(&message(job.id, 6)).await.unwrap();
        let JobState::Failed(failure) = test.job(job.id).state else { panic!("not failed") };
        assert_eq!(failure.kind, FailureKind::Service);
        assert_eq!(test.job_results.len(), 1);
        assert_eq!(queue.deleted().len(), 1);
    }

    #[tokio::test]
    async fn a_job_that_still_runs_is_left_alone_until_its_heartbeat_stops() {
        let Case { test, queue, letters } = case();
        let ada = test.user("ada", Plan::Free);
        let job = test.pending_job(&ada).await;
        claim_job(&test.gas.jobs, job.id, TIMING.heartbeat_timeout()).await.unwrap();
        letters.handle(&message(job.id, 6)).await.unwrap();
        assert_eq!(test.job(job.id).status(), JobStatus::Running);
        assert_eq!(queue.extended(), [TIMING.visibility]);

        test.clock.advance_secs(TIMING.heartbeat_timeout().as_secs());
        letters.handle(&message(job.id, 7)).await.unwrap();
        assert_eq!(test.job(job.id).status(), JobStatus::Failed);
    }

    #[tokio::test]
    async fn the_message_of_an_ended_job_is_deleted() {
        let Case { test, queue, letters } = case();
        let ada = test.user("ada", Plan::Free);
        let job = test.pending_job(&ada).await;
        cancel_job(&test.gas, ada.id, job.id).await.unwrap();
        letters.handle(&message(job.id, 6)).await.unwrap();
        assert_eq!(test.job(job.id).status(), JobStatus::Cancelled);
        assert_eq!(test.job_results.len(), 0);
        assert_eq!(queue.deleted().len(), 1);
    }

    #[tokio::test]
    async fn a_message_that_is_not_a_job_request_is_kept_for_the_operators() {
        let Case { queue, letters, .. } = case();
        let stray = Message { body: "hello".into(), receipt: "r".into(), receive_count: 6 };
        letters.handle(&stray).await.unwrap();
        assert_eq!(queue.extended(), [UNREADABLE_PAUSE]);
        assert_eq!(queue.deleted(), [""; 0]);
    }

    #[tokio::test]
    async fn the_message_of_a_deleted_job_is_deleted() {
        let Case { test, queue, letters } = case();
        let ada = test.user("ada", Plan::Free);
        let job = test.pending_job(&ada).await;
        delete_job(&test.gas, ada.id, job.id).await.unwrap();
        letters.handle(&message(job.id, 6)).await.unwrap();
        assert_eq!(queue.deleted().len(), 1);
        assert_eq!(test.job_results.len(), 0);
    }
}
