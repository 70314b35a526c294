//! Finishes retrieval jobs when they are due, and notifies their topics.

use crate::description::describe;
use crate::records::Job;
use crate::store::Store;
use aws_sdk_sns::Client;
use aws_sdk_sns::error::DisplayErrorContext;
use jiff::Timestamp;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The interval at which expired jobs are removed while no job is due.
const IDLE: Duration = Duration::from_secs(60);

/// The pause before a retry. It doubles from the first value up to the second.
const RETRY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));

/// Runs until it is cancelled. Topics that were not notified are notified after the next start.
pub async fn run(store: Arc<Store>, sns: Client, stop: CancellationToken) {
    let announcing = TaskTracker::new();
    let announce = |job: Job| {
        let announced = announce(store.clone(), sns.clone(), job);
        announcing.spawn(stop.clone().run_until_cancelled_owned(announced));
    };
    store.unannounced_jobs().await.into_iter().for_each(announce);
    loop {
        let wait = match step(&store).await {
            Ok(Step::Ended(job)) => {
                announce(*job);
                continue;
            }
            Ok(Step::Wait(wait)) => wait,
            Err(error) => {
                tracing::error!(%error, "jobs cannot be ended; the data folder failed");
                RETRY.1
            }
        };
        tokio::select! {
            () = stop.cancelled() => break,
            () = store.job_begun.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
    announcing.close();
    announcing.wait().await;
}

enum Step {
    /// A job has finished; another one may be due.
    Ended(Box<Job>),
    /// The time until the next job is due.
    Wait(Duration),
}

async fn step(store: &Store) -> io::Result<Step> {
    let now = Timestamp::now();
    if let Some(job) = store.end_due_job(now).await? {
        return Ok(Step::Ended(Box::new(job)));
    }
    store.drop_expired_jobs(now).await?;
    let Some(due) = store.next_due().await else { return Ok(Step::Wait(IDLE)) };
    // The conversion fails if the job is already due.
    let wait = Duration::try_from(due.duration_since(now)).unwrap_or_default();
    Ok(Step::Wait(wait.min(IDLE)))
}

/// Publishes the end of a job until SNS accepts the message.
async fn announce(store: Arc<Store>, sns: Client, job: Job) {
    if let Some(topic) = &job.sns_topic {
        let message = describe(&store, &job).to_string();
        let mut pause = RETRY.0;
        loop {
            match sns.publish().topic_arn(topic).message(&message).send().await {
                Ok(_) => break,
                Err(error) => {
                    let error = DisplayErrorContext(error);
                    tracing::warn!(glacier_job = job.id, topic, %error, "SNS did not take the message");
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(RETRY.1);
        }
    }
    match store.job_announced(&job.id).await {
        Ok(()) => tracing::info!(glacier_job = job.id, "job ended"),
        Err(error) => {
            tracing::error!(glacier_job = job.id, %error, "the message may be sent again")
        }
    }
}
