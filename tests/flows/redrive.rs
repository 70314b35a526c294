//! Moving dead letters back to their queue.

use crate::stack::stack;
use anyhow::{Result, ensure};
use gas_backend::ports::{LONG_POLL, Queue};
use gas_backend::usecases::redrive;
use serde_json::json;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How long the utility node may take to handle the messages.
const TIMEOUT: Duration = Duration::from_secs(60);

#[tokio::test]
async fn dead_letters_return_to_their_queue_and_are_handled() -> Result<()> {
    let stack = stack();
    let sdk = stack.sdk().await;
    let name = format!("{}_archive", stack.prefix());
    let queue = sdk.queue_named(&name).await?;
    let dead_letters = sdk.queue_named(&format!("{name}_dlq")).await?;
    // Jobs that do not exist: the archiver has nothing to do, and deletes the messages.
    let jobs: Vec<String> = (0..12).map(|_| Uuid::new_v4().to_string()).collect();
    for job in &jobs {
        dead_letters.send(&json!({ "job_id": job }).to_string()).await?;
    }
    assert_eq!(redrive(&dead_letters, &queue, 12, LONG_POLL).await?, 12);
    assert_eq!(redrive(&dead_letters, &queue, 12, LONG_POLL).await?, 0, "nothing is left");
    let deadline = Instant::now() + TIMEOUT;
    for job in &jobs {
        while stack.utility_log(job)?.is_empty() {
            ensure!(Instant::now() < deadline, "job {job} was not handled");
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }
    assert!(sdk.queue_named("no_such_queue").await.is_err());
    Ok(())
}
