//! The dead-letter queue of shards: a shard that no attempt could annotate fails its job.

use super::task::{ShardWorker, fail_run};
use crate::dead_letters::DeadLetterHandler;
use crate::utility::consume::Handled;
use async_trait::async_trait;
use gas_backend::messages::ShardTask;
use gas_backend::usecases::ChangeError;
use tracing::Span;
use tracing::field::display;

/// Fails the jobs of dead letters.
pub(crate) struct ShardLetters(pub(crate) ShardWorker);

#[async_trait]
impl DeadLetterHandler for ShardLetters {
    type Letter = ShardTask;

    const QUEUE: &'static str = "shards";

    async fn handle(&self, letter: ShardTask) -> Result<Handled, ChangeError> {
        let Self(ShardWorker { worker, runs, .. }) = self;
        let (job_id, claim, token) = match letter {
            ShardTask::Shard { job_id, claim, token, .. }
            | ShardTask::Join { job_id, claim, token } => (job_id, claim, Some(token)),
            ShardTask::Failed { job_id, claim, .. } => (job_id, claim, None),
        };
        Span::current().record("job_id", display(job_id));
        tracing::error!("job failed after the last attempt at one of its shards");
        fail_run(worker, job_id, claim).await?;
        if let Some(token) = token {
            runs.fail(&token, "all attempts failed").await?;
        }
        Ok(Handled::Done)
    }
}
