//! The dead-letter queue of shards: a shard that no attempt could annotate fails its job.

use super::task::{ShardWorker, fail_run};
use crate::delivery::postpone;
use gas_backend::chain;
use gas_backend::messages::ShardTask;
use gas_backend::ports::{LONG_POLL, Message, Queue};
use gas_backend::usecases::ChangeError;
use gas_runtime::Shutdown;
use std::sync::Arc;
use std::time::Duration;

/// The pause between two receive calls, in addition to the long poll.
const PAUSE: Duration = Duration::from_secs(10);

/// How long an unreadable message stays invisible. It is kept for the operators.
const UNREADABLE_PAUSE: Duration = Duration::from_secs(3_600);

/// Handles the dead-letter queue of shards.
pub(crate) struct ShardDeadLetters {
    pub(crate) shards: ShardWorker,
    pub(crate) queue: Arc<dyn Queue>,
}

impl ShardDeadLetters {
    /// Handles the queue until shutdown.
    pub(crate) async fn watch(&self, shutdown: &Shutdown) {
        let rounds = async {
            loop {
                self.round().await;
                tokio::time::sleep(PAUSE).await;
            }
        };
        tokio::select! { () = rounds => {}, () = shutdown.requested() => {} }
    }

    async fn round(&self) {
        match self.queue.receive(10, self.shards.worker.timing.visibility, LONG_POLL).await {
            Ok(messages) => {
                for message in messages {
                    if let Err(error) = self.handle(&message).await {
                        tracing::error!(error = %chain(&error), "dead letter failed; SQS delivers it again");
                    }
                }
            }
            Err(error) => {
                tracing::error!(error = %chain(&error), "dead-letter queue of shards cannot be read");
            }
        }
    }

    pub(super) async fn handle(&self, message: &Message) -> Result<(), ChangeError> {
        let Ok(task) = serde_json::from_str::<ShardTask>(&message.body) else {
            tracing::error!("dead letter is not a task of a run in shards");
            postpone(&*self.queue, message, UNREADABLE_PAUSE).await;
            return Ok(());
        };
        let (job_id, claim, token) = match task {
            ShardTask::Shard { job_id, claim, token, .. }
            | ShardTask::Join { job_id, claim, token } => (job_id, claim, Some(token)),
            ShardTask::Failed { job_id, claim, .. } => (job_id, claim, None),
        };
        tracing::error!(%job_id, "job failed after the last attempt at one of its shards");
        fail_run(&self.shards.worker, job_id, claim).await?;
        if let Some(token) = token {
            self.shards.runs.fail(&token, "all attempts failed").await?;
        }
        Ok(self.queue.delete(message).await?)
    }
}
