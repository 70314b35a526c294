//! The dead-letter queues of job requests: jobs that no attempt could finish are marked FAILED.

use crate::dead_letters::DeadLetterHandler;
use crate::handle::{SERVICE_FAILURE, announce};
use crate::settings::Timing;
use crate::utility::consume::Handled;
use async_trait::async_trait;
use gas_backend::messages::JobRequest;
use gas_backend::usecases::{ChangeError, fail_job};
use gas_backend::{AnnotateGas, record_job};
use gas_shared::Job;
use gas_shared::job::{FailureKind, JobState};
use tracing::Span;
use tracing::field::display;

/// Fails the jobs of dead letters.
#[derive(Clone)]
pub(crate) struct JobLetters {
    pub(crate) gas: AnnotateGas,
    pub(crate) timing: Timing,
}

#[async_trait]
impl DeadLetterHandler for JobLetters {
    type Letter = JobRequest;

    const QUEUE: &'static str = "job_requests";

    async fn handle(&self, letter: JobRequest) -> Result<Handled, ChangeError> {
        let JobRequest { job_id } = letter;
        Span::current().record("job_id", display(job_id));
        let Some(job) = self.gas.jobs.store.job(job_id).await? else {
            tracing::info!("job was deleted");
            return Ok(Handled::Done);
        };
        record_job(&job);
        let job = match &job.state {
            // The worker that holds the claim either ends the job or stops its heartbeat.
            JobState::Running(_) if self.is_alive(&job) => {
                return Ok(Handled::Later(self.timing.visibility));
            }
            JobState::Uploading { .. } | JobState::Pending { .. } | JobState::Running(_) => {
                tracing::error!(status = %job.status(), "job failed after its last attempt");
                let reason = SERVICE_FAILURE.to_owned();
                fail_job(&self.gas.jobs, job.id, None, FailureKind::Service, reason).await?
            }
            JobState::Completed(_) | JobState::Failed(_) | JobState::Cancelled { .. } => job,
        };
        announce(&self.gas, &job).await?;
        Ok(Handled::Done)
    }
}

impl JobLetters {
    fn is_alive(&self, job: &Job) -> bool {
        let JobState::Running(run) = &job.state else { return false };
        // The reconciler looks after a run in shards.
        run.shards.is_some()
            || self.gas.now().duration_since(run.heartbeat_at) < self.timing.heartbeat_timeout()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dead_letters::{DeadLetters, UNREADABLE_PAUSE};
    use crate::testing::{FakeQueue, TIMING, message};
    use gas_backend::ports::Message;
    use gas_backend::testkit::TestGas;
    use gas_backend::usecases::{cancel_job, claim_job, delete_job};
    use gas_shared::{JobStatus, Plan};
    use std::sync::Arc;

    struct Case {
        test: TestGas,
        queue: Arc<FakeQueue>,
        letters: DeadLetters<JobLetters>,
    }

    fn case() -> Case {
        let test = TestGas::new();
        let queue = Arc::new(FakeQueue::default());
        let handler = JobLetters { gas: test.gas.annotate(), timing: TIMING };
        let letters = DeadLetters { queue: queue.clone(), visibility: TIMING.visibility, handler };
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
        let stray =
            Message { body: "hello".into(), receipt: "r".into(), receive_count: 6, trace: None };
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
