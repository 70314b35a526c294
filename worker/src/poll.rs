//! The main loop: one slot per concurrent job, each of which receives and handles one message at
//! a time.

use crate::handle::Worker;
use crate::outage::Backoff;
use gas_backend::chain;
use gas_backend::ports::Message;
use gas_runtime::Shutdown;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Polls until shutdown, then waits for the running jobs, which end or are released within the
/// grace period.
pub(crate) async fn run(worker: Arc<Worker>, concurrency: u8, shutdown: &Shutdown) {
    tracing::info!(concurrency, "worker ready");
    let mut slots = JoinSet::new();
    for _ in 0..concurrency {
        slots.spawn(slot(worker.clone(), shutdown.clone()));
    }
    slots.join_all().await;
}

async fn slot(worker: Arc<Worker>, shutdown: Shutdown) {
    let mut backoff = Backoff::default();
    while !shutdown.is_requested() {
        let receive = async {
            worker.intake.open().await;
            worker.scratch.room().await;
            worker.queue.receive(1, worker.timing.visibility).await
        };
        let received = tokio::select! {
            received = receive => received,
            () = shutdown.requested() => return,
        };
        match received {
            Ok(messages) => {
                backoff = Backoff::default();
                for message in messages {
                    handle(&worker, message, &shutdown).await;
                }
            }
            Err(error) => {
                tracing::error!(error = %chain(&error), "queue cannot be read");
                tokio::select! {
                    () = tokio::time::sleep(backoff.pause()) => {}
                    () = shutdown.requested() => {}
                }
            }
        }
    }
}

/// Handles a message in a separate task, so that a panic costs one attempt and not the slot.
async fn handle(worker: &Arc<Worker>, message: Message, shutdown: &Shutdown) {
    let (worker, shutdown) = (worker.clone(), shutdown.clone());
    let task = tokio::spawn(async move { worker.handle(&message, &shutdown).await });
    if let Err(error) = task.await {
        tracing::error!(%error, "handling of a message panicked; SQS delivers it again");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::RESERVE_BYTES;
    use crate::scratch::ScratchRoot;
    use crate::testing::{FakeDisk, FakeQueue, message, worker};
    use gas_backend::testkit::TestGas;
    use gas_shared::{JobStatus, Plan};
    use std::time::Duration;

    const ENGINE: &str = r#"echo x > "$2"; echo y > "$3"; echo '{"event":"done","records":1}'"#;

    #[tokio::test]
    async fn messages_are_handled_until_shutdown() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let queue = Arc::new(FakeQueue::default());
        let mut ids = Vec::new();
        for _ in 0..3 {
            let job = test.pending_job(&ada).await;
            queue.offer(message(job.id, 1));
            ids.push(job.id);
        }
        let shutdown = Shutdown::default();
        let (worker, _folder) = worker(&test, queue.clone(), ENGINE);
        let until_done = async {
            while queue.deleted().len() < 3 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            shutdown.now();
        };
        let both = async { tokio::join!(run(Arc::new(worker), 2, &shutdown), until_done) };
        tokio::time::timeout(Duration::from_secs(20), both).await.unwrap();
        assert!(ids.iter().all(|id| test.job(*id).status() == JobStatus::Completed));
    }
    #[tokio::test(start_paused = true)]
    async fn no_messages_are_received_while_the_disk_is_full() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let queue = Arc::new(FakeQueue::default());
        queue.offer(message(test.pending_job(&ada).await.id, 1));
        let (mut worker, folder) = worker(&test, queue.clone(), ENGINE);
        let disk = Arc::new(FakeDisk::default());
        worker.scratch = ScratchRoot::open(&folder.path().join("work"), disk.clone()).unwrap();
        disk.set_free(RESERVE_BYTES);
        let shutdown = Shutdown::default();
        let control = async {
            tokio::time::sleep(Duration::from_hours(1)).await;
            assert_eq!(queue.waiting(), 1);
            disk.set_free(1 << 40);
            while queue.waiting() > 0 {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            shutdown.now();
        };
        tokio::join!(run(Arc::new(worker), 1, &shutdown), control);
    }
}
