//! What the worker's tests share: a queue in memory and an engine made of shell.

use crate::engine::{Engine, Limits, Template};
use crate::handle::Worker;
use crate::scratch::ScratchRoot;
use crate::settings::Timing;
use async_trait::async_trait;
use gas_backend::ports::{Message, PortResult, Queue};
use gas_backend::testkit::TestGas;
use gas_shared::JobId;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

/// Three beats a second would be too fast for whole-second rows; 6 s is the shortest allowed.
pub(crate) const TIMING: Timing = Timing { visibility: Duration::from_secs(6) };

/// The most attempts that [`worker`] makes.
pub(crate) const MAX_ATTEMPTS: u32 = 5;

/// A queue that remembers what is done with its messages.
#[derive(Debug, Default)]
pub(crate) struct FakeQueue {
    waiting: Mutex<VecDeque<Message>>,
    extended: Mutex<Vec<Duration>>,
    deleted: Mutex<Vec<String>>,
}

impl FakeQueue {
    /// Puts a message in.
    pub(crate) fn offer(&self, message: Message) {
        self.waiting.lock().unwrap().push_back(message);
    }

    /// For how long messages were made invisible, in order.
    pub(crate) fn extended(&self) -> Vec<Duration> {
        self.extended.lock().unwrap().clone()
    }

    /// The receipts of deleted messages.
    pub(crate) fn deleted(&self) -> Vec<String> {
        self.deleted.lock().unwrap().clone()
    }
}

#[async_trait]
impl Queue for FakeQueue {
    async fn send(&self, body: &str) -> PortResult<()> {
        let message = Message { body: body.to_owned(), receipt: body.to_owned(), receive_count: 1 };
        self.offer(message);
        Ok(())
    }

    async fn receive(&self, _max: u8, _visibility: Duration) -> PortResult<Vec<Message>> {
        let next = self.waiting.lock().unwrap().pop_front();
        if next.is_none() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(next.into_iter().collect())
    }

    async fn extend(&self, _message: &Message, visibility: Duration) -> PortResult<()> {
        self.extended.lock().unwrap().push(visibility);
        Ok(())
    }

    async fn delete(&self, message: &Message) -> PortResult<()> {
        self.deleted.lock().unwrap().push(message.receipt.clone());
        Ok(())
    }
}

/// A job's message, received for the so manieth time.
pub(crate) fn message(id: JobId, receive_count: u32) -> Message {
    let body = format!("{{\"job_id\":\"{id}\"}}");
    Message { body, receipt: format!("receipt of {id}"), receive_count }
}

/// An engine that is a shell script; `$1`, `$2` and `$3` are input, output and log.
pub(crate) fn shell_engine(folder: &Path, script: &str) -> Engine {
    let file = folder.join("engine.sh");
    std::fs::write(&file, script).unwrap();
    let template = format!("sh '{}' {{input}} {{output}} {{log}}", file.display());
    Engine {
        template: Template::parse(&template).unwrap(),
        bundle: folder.to_owned(),
        limits: Limits {
            wall: Duration::from_secs(20),
            cpu_secs: 10,
            memory_bytes: 1024 * 1024 * 1024,
        },
    }
}

/// A worker on a fake GAS, and the folder that its engine and its runs are in.
pub(crate) fn worker(test: &TestGas, queue: Arc<dyn Queue>, script: &str) -> (Worker, TempDir) {
    let place = tempfile::tempdir().unwrap();
    let worker = Worker {
        gas: test.gas.clone(),
        queue,
        engine: shell_engine(place.path(), script),
        timing: TIMING,
        max_attempts: MAX_ATTEMPTS,
        scratch: ScratchRoot::open(&place.path().join("work")).unwrap(),
    };
    (worker, place)
}
