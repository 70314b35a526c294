//! Job requests that were received too often without an end: their jobs are marked FAILED, so
//! that no user waits for ever.

use crate::handle::{GIVEN_UP, forget, settle_job};
use crate::settings::Timing;
use crate::shutdown::Shutdown;
use gas_backend::messages::JobRequest;
use gas_backend::ports::{Message, Queue};
use gas_backend::usecases::{ChangeError, fail_job};
use gas_backend::{Gas, chain};
use gas_shared::Job;
use gas_shared::job::{FailureKind, JobState};
use std::sync::Arc;
use std::time::Duration;

/// The wait between two looks into the queue, on top of the queue's own long poll.
const PAUSE: Duration = Duration::from_secs(10);

/// How long a message that nothing can be done about rests. It stays for the operators.
const REST: Duration = Duration::from_secs(3600);

/// What watches the dead-letter queue of job requests.
pub(crate) struct DeadLetters {
    pub(crate) gas: Gas,
    pub(crate) queue: Arc<dyn Queue>,
    pub(crate) timing: Timing,
}

impl DeadLetters {
    /// Watches the queue until shutdown.
    pub(crate) async fn watch(&self, shutdown: &Shutdown) {
        let rounds = async {
            loop {
                self.round().await;
                tokio::time::sleep(PAUSE).await;
            }
        };
        // A message whose handling is cut short comes back.
        tokio::select! { () = rounds => {}, () = shutdown.requested() => {} }
    }

    async fn round(&self) {
        let messages = match self.queue.receive(10, self.timing.visibility).await {
            Ok(messages) => messages,
            Err(error) => {
                tracing::error!(error = %chain(&error), "the dead letters cannot be read");
                return;
            }
        };
        for message in messages {
            if let Err(error) = self.handle(&message).await {
                tracing::error!(error = %chain(&error), "a dead letter is left to come back");
            }
        }
    }

    async fn handle(&self, message: &Message) -> Result<(), ChangeError> {
        let Ok(JobRequest { job_id }) = serde_json::from_str(&message.body) else {
            tracing::error!(body = excerpt(&message.body), "a dead letter names no job");
            return Ok(self.queue.extend(message, REST).await?);
        };
        let Some(job) = self.gas.jobs.store.job(job_id).await? else {
            return Ok(forget(&*self.queue, message, job_id).await?);
        };
        let job = match &job.state {
            // The worker that has it will end it, or fall silent.
            JobState::Running(_) if self.lives(&job) => {
                return Ok(self.queue.extend(message, self.timing.visibility).await?);
            }
            JobState::Uploading { .. } | JobState::Pending { .. } | JobState::Running(_) => {
                tracing::error!(id = %job.id, status = %job.status(), "job given up");
                fail_job(&self.gas, job.id, None, FailureKind::Service, GIVEN_UP.to_owned()).await?
            }
            JobState::Completed(_) | JobState::Failed(_) | JobState::Cancelled { .. } => job,
        };
        settle_job(&self.gas, &*self.queue, message, &job).await
    }

    fn lives(&self, job: &Job) -> bool {
        let JobState::Running(run) = &job.state else { return false };
        self.gas.now().duration_since(run.heartbeat_at) < self.timing.silence()
    }
}

/// The beginning of a body, for a log.
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
        let letters = DeadLetters { gas: test.gas.clone(), queue: queue.clone(), timing: TIMING };
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
    async fn a_job_that_still_runs_is_left_alone_until_it_falls_silent() {
        let Case { test, queue, letters } = case();
        let ada = test.user("ada", Plan::Free);
        let job = test.pending_job(&ada).await;
        claim_job(&test.gas, job.id, TIMING.silence()).await.unwrap();
        letters.handle(&message(job.id, 6)).await.unwrap();
        assert_eq!(test.job(job.id).status(), JobStatus::Running);
        assert_eq!(queue.extended(), [TIMING.visibility]);

        test.clock.advance_secs(TIMING.silence().as_secs());
        letters.handle(&message(job.id, 7)).await.unwrap();
        assert_eq!(test.job(job.id).status(), JobStatus::Failed);
    }

    #[tokio::test]
    async fn a_job_that_is_over_only_loses_its_message() {
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
    async fn a_message_that_names_no_job_is_kept_for_the_operators() {
        let Case { queue, letters, .. } = case();
        let stray = Message { body: "hello".into(), receipt: "r".into(), receive_count: 6 };
        letters.handle(&stray).await.unwrap();
        assert_eq!(queue.extended(), [REST]);
        assert_eq!(queue.deleted(), [""; 0]);
    }

    #[tokio::test]
    async fn the_message_of_a_job_that_was_deleted_goes_as_well() {
        let Case { test, queue, letters } = case();
        let ada = test.user("ada", Plan::Free);
        let job = test.pending_job(&ada).await;
        delete_job(&test.gas, ada.id, job.id).await.unwrap();
        letters.handle(&message(job.id, 6)).await.unwrap();
        assert_eq!(queue.deleted().len(), 1);
        assert_eq!(test.job_results.len(), 0);
    }
}
