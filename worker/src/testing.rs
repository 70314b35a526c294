//! Shared by the worker's tests: an in-memory queue and engines that are shell scripts.

use crate::disk::{Disk, Space};
use crate::engine::{Confinement, Engine, Limits, Sandbox, Template};
use crate::reference_cache::{CatalogCache, ReferenceCache};
use crate::references::{ReferenceFailure, References};
use crate::scratch::ScratchRoot;
use crate::settings::Timing;
use crate::sources::Sources;
use crate::worker::Worker;
use async_trait::async_trait;
use gas_backend::catalog::FolderCatalog;
use gas_backend::ports::{Message, PortResult, Queue};
use gas_backend::testkit::{
    Outage, TestGas, catalog_file, reference_file, reference_manifest, source_manifest,
};
use gas_backend::usecases::catalog;
use gas_shared::JobId;
use gas_shared::catalog::EntryState;
use gas_shared::reference::ReferenceId;
use gas_shared::source::SourceManifest;
use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::Notify;

/// The shortest visibility that the settings allow.
pub(crate) const TIMING: Timing = Timing { visibility: Duration::from_secs(6) };

/// The most attempts that [`worker`] makes.
pub(crate) const MAX_ATTEMPTS: u32 = 5;

/// A queue that records every call.
#[derive(Debug, Default)]
pub(crate) struct FakeQueue {
    waiting: Mutex<VecDeque<Message>>,
    extended: Mutex<Vec<Duration>>,
    deleted: Mutex<Vec<String>>,
    sent: Mutex<Vec<(String, Duration)>>,
    pub(crate) outage: Outage,
}

impl FakeQueue {
    /// An empty queue with an outage that it shares with others.
    pub(crate) fn with(outage: &Outage) -> Self {
        Self { outage: outage.clone(), ..Self::default() }
    }

    /// Adds a message.
    pub(crate) fn offer(&self, message: Message) {
        self.waiting.lock().unwrap().push_back(message);
    }

    /// The number of messages that were not received yet.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.lock().unwrap().len()
    }

    /// The visibility of every `extend` call, in order.
    pub(crate) fn extended(&self) -> Vec<Duration> {
        self.extended.lock().unwrap().clone()
    }

    /// The bodies of sent messages. They are not delivered.
    pub(crate) fn sent(&self) -> Vec<String> {
        self.sent.lock().unwrap().iter().map(|(body, _)| body.clone()).collect()
    }

    /// The delays of sent messages.
    pub(crate) fn delays(&self) -> Vec<Duration> {
        self.sent.lock().unwrap().iter().map(|(_, delay)| *delay).collect()
    }

    /// The receipts of deleted messages.
    pub(crate) fn deleted(&self) -> Vec<String> {
        self.deleted.lock().unwrap().clone()
    }
}

#[async_trait]
impl Queue for FakeQueue {
    async fn send_later(&self, body: &str, delay: Duration) -> PortResult<()> {
        self.outage.check()?;
        self.sent.lock().unwrap().push((body.to_owned(), delay));
        Ok(())
    }

    async fn receive(&self, _: u8, _: Duration, wait: Duration) -> PortResult<Vec<Message>> {
        self.outage.check()?;
        let next = self.waiting.lock().unwrap().pop_front();
        if next.is_none() {
            tokio::time::sleep(wait.min(Duration::from_millis(20))).await;
        }
        Ok(next.into_iter().collect())
    }

    async fn extend(&self, _message: &Message, visibility: Duration) -> PortResult<()> {
        self.outage.check()?;
        self.extended.lock().unwrap().push(visibility);
        Ok(())
    }

    async fn delete(&self, message: &Message) -> PortResult<()> {
        self.outage.check()?;
        self.deleted.lock().unwrap().push(message.receipt.clone());
        Ok(())
    }
}

/// A queue that delivers what is sent, and whose receivers wait for a message, as those of SQS.
#[derive(Debug, Default)]
pub(crate) struct WaitingQueue {
    waiting: Mutex<VecDeque<String>>,
    deleted: Mutex<usize>,
    arrived: Notify,
}

impl WaitingQueue {
    /// Adds a message.
    pub(crate) fn offer(&self, body: &str) {
        self.waiting.lock().unwrap().push_back(body.to_owned());
        self.arrived.notify_one();
    }

    /// The number of messages that were not received yet.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.lock().unwrap().len()
    }

    /// The number of deleted messages.
    pub(crate) fn deleted(&self) -> usize {
        *self.deleted.lock().unwrap()
    }

    async fn next(&self) -> Message {
        loop {
            let next = self.waiting.lock().unwrap().pop_front();
            if let Some(body) = next {
                return Message { body, receipt: "r".to_owned(), receive_count: 1, trace: None };
            }
            self.arrived.notified().await;
        }
    }
}

#[async_trait]
impl Queue for WaitingQueue {
    async fn send_later(&self, body: &str, _: Duration) -> PortResult<()> {
        self.offer(body);
        Ok(())
    }

    async fn receive(&self, _: u8, _: Duration, wait: Duration) -> PortResult<Vec<Message>> {
        Ok(tokio::time::timeout(wait, self.next()).await.into_iter().collect())
    }

    async fn extend(&self, _: &Message, _: Duration) -> PortResult<()> {
        Ok(())
    }

    async fn delete(&self, _: &Message) -> PortResult<()> {
        *self.deleted.lock().unwrap() += 1;
        Ok(())
    }
}

/// A disk with as much space as a test says. At first, it is empty and large.
#[derive(Debug)]
pub(crate) struct FakeDisk(Mutex<Space>);

impl Default for FakeDisk {
    fn default() -> Self {
        Self(Mutex::new(Space { total: 1 << 40, free: 1 << 40 }))
    }
}

impl FakeDisk {
    pub(crate) fn set_total(&self, total: u64) {
        self.0.lock().unwrap().total = total;
    }

    pub(crate) fn set_free(&self, free: u64) {
        self.0.lock().unwrap().free = free;
    }
}

impl Disk for FakeDisk {
    fn space(&self, _path: &Path) -> io::Result<Space> {
        Ok(*self.0.lock().unwrap())
    }
}

/// A job's message as received for the given time, counted from 1.
pub(crate) fn message(id: JobId, receive_count: u32) -> Message {
    let body = format!("{{\"job_id\":\"{id}\"}}");
    Message { body, receipt: format!("receipt of {id}"), receive_count, trace: None }
}

/// An index builder that copies results with a header.
const INDEXER: &str = r##"cat "$1" > "$2"; grep -q "^#CHROM" "$2""##;

/// An engine that runs a shell script with input, output, log and reference as `$1` to `$4`,
/// followed by the options of the job. It is not
/// confined, so that a script can leave traces for its test.
pub(crate) fn shell_engine(folder: &Path, script: &str) -> Engine {
    let template = |name: &str, script: &str, arguments: &str| {
        let file = folder.join(name);
        std::fs::write(&file, script).unwrap();
        Template::parse(&format!("sh '{}' {arguments}", file.display())).unwrap()
    };
    let limits = Limits {
        wall: Duration::from_secs(20),
        cpu_secs: 10,
        memory_bytes: 1024 * 1024 * 1024,
        tasks: 100,
    };
    Engine {
        template: template("engine.sh", script, "{input} {output} {log} {bundle} {options}"),
        indexer: template("indexer.sh", INDEXER, "{input} {output}"),
        shard_command: vec!["false".into()],
        reference: folder.to_owned(),
        sources: Vec::new(),
        options: Vec::new(),
        sandbox: Sandbox { confinement: Confinement::Limits, cgroup: None, limits },
    }
}

/// A worker on in-memory ports, and the folder of its engine and its runs.
pub(crate) fn worker(test: &TestGas, queue: Arc<dyn Queue>, script: &str) -> (Worker, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let worker = Worker {
        gas: test.gas.annotate(),
        queue,
        engine: shell_engine(folder.path(), script),
        references: Arc::new(References::only(folder.path())),
        sources: Arc::default(),
        timing: TIMING,
        max_attempts: MAX_ATTEMPTS,
        intake: Arc::default(),
        scratch: ScratchRoot::open(&folder.path().join("work"), Arc::new(FakeDisk::default()))
            .unwrap(),
        sharding: None,
    };
    (worker, folder)
}

/// The default reference of [`TestCatalog`].
pub(crate) const GRCH37: &str = "homo_sapiens/GRCh37/demo-1";

/// The other reference of [`TestCatalog`].
pub(crate) const GRCH38: &str = "homo_sapiens/GRCh38/demo-1";

/// A catalog in a folder with two references, whose only file `manifest.json` contains their id.
pub(crate) struct TestCatalog {
    folder: TempDir,
    pub(crate) catalog: Arc<FolderCatalog>,
}

impl TestCatalog {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let catalog = Arc::new(FolderCatalog::new(folder.path().join("catalog")));
        for id in [GRCH37, GRCH38] {
            let file = reference_file(&folder.path().join("manifest.json"), id.as_bytes());
            let manifest = reference_manifest(id, vec![file]);
            catalog::add(&*catalog, folder.path(), manifest, false).await.unwrap();
        }
        Self { folder, catalog }
    }

    /// The references of a worker with a cache of this size.
    pub(crate) async fn references(&self, limit: u64) -> Result<References, ReferenceFailure> {
        let cache = self.folder.path().join("cache");
        let cache = ReferenceCache::new(cache, limit, self.catalog.clone());
        References::of_catalog(self.catalog.clone(), cache, &GRCH37.parse().unwrap()).await
    }

    /// The sources of a worker with these in its catalog, each with a file that contains its id.
    pub(crate) async fn sources(&self, ids: &[&str], limit: u64) -> Sources {
        let folder = self.folder.path();
        let stored = FolderCatalog::<SourceManifest>::new(folder.join("sources"));
        let stored = Arc::new(stored);
        for id in ids {
            let manifest =
                source_manifest(id, catalog_file(&folder.join("source.gas"), id.as_bytes()));
            catalog::add(&*stored, folder, manifest, false).await.unwrap();
        }
        let cache = CatalogCache::new(folder.join("cache"), limit, stored.clone());
        Sources::of_catalog(stored, cache)
    }

    pub(crate) async fn retire(&self, id: &str) {
        let state = EntryState::Retired;
        catalog::set_state(&*self.catalog, &id.parse::<ReferenceId>().unwrap(), state)
            .await
            .unwrap();
    }
}
