//! The archive, its timer and its queue in memory.

use super::{Crash, FakeObjects, lock};
use crate::ports::{
    Archive, ArchiveTimer, CopiedObject, Message, PortError, PortResult, Queue, RetrievalStarted,
    UploadOutcome,
};
use async_trait::async_trait;
use gas_runtime::current_trace;
use gas_shared::job::{ObjectLocation, Tier};
use gas_shared::{JobId, TraceId};
use jiff::SignedDuration;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// An archive that copies from and to [`FakeObjects`].
#[derive(Debug, Default)]
pub struct FakeArchive {
    objects: Arc<FakeObjects>,
    crash: Crash,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Uploads by ticket, with the ID of the copy once they are complete.
    uploads: HashMap<String, Option<String>>,
    copies: HashMap<String, Vec<u8>>,
    /// The retrievals started, in order.
    retrievals: Vec<(JobId, String, Tier)>,
    no_expedited: bool,
    next: u32,
}

impl FakeArchive {
    pub(super) fn new(objects: Arc<FakeObjects>, crash: Crash) -> Self {
        Self { objects, crash, ..Self::default() }
    }

    /// The number of copies.
    pub fn copies(&self) -> usize {
        lock(&self.state).copies.len()
    }

    /// The retrievals started, in order.
    pub fn retrievals(&self) -> Vec<(JobId, String, Tier)> {
        lock(&self.state).retrievals.clone()
    }

    /// Whether the archive has capacity for expedited retrievals.
    pub fn set_expedited_capacity(&self, capacity: bool) {
        lock(&self.state).no_expedited = !capacity;
    }

    /// Corrupts every copy.
    pub fn damage(&self) {
        for copy in lock(&self.state).copies.values_mut() {
            copy.push(b'!');
        }
    }
}

/// The ID of a retrieval, by its number from 1.
fn name(number: usize) -> String {
    format!("retrieval-{number}")
}

/// The tree hash of up to 1 MiB is the SHA-256.
fn measured(bytes: &[u8]) -> CopiedObject {
    CopiedObject { size: bytes.len() as u64, tree_hash: hex::encode(Sha256::digest(bytes)) }
}

#[async_trait]
impl Archive for FakeArchive {
    async fn prepare(&self) -> PortResult<()> {
        Ok(())
    }

    async fn begin_upload(&self, _job: JobId, _file: &ObjectLocation) -> PortResult<String> {
        self.crash.before_call()?;
        let ticket = {
            let mut state = lock(&self.state);
            state.next += 1;
            let ticket = format!("upload-{}", state.next);
            state.uploads.insert(ticket.clone(), None);
            ticket
        };
        self.crash.after_effect()?;
        Ok(ticket)
    }

    async fn upload(&self, ticket: &str, file: &ObjectLocation) -> PortResult<UploadOutcome> {
        self.crash.before_call()?;
        let bytes = self.objects.get(file);
        let bytes = bytes.ok_or_else(|| PortError::new("read the object", "no such key"))?;
        let copy = measured(&bytes);
        let archive_id = {
            let mut state = lock(&self.state);
            let State { uploads, copies, .. } = &mut *state;
            let Some(done) = uploads.get_mut(ticket) else { return Ok(UploadOutcome::TicketGone) };
            let id = done.get_or_insert_with(|| format!("archive-of-{ticket}")).clone();
            copies.insert(id.clone(), bytes);
            id
        };
        self.crash.after_effect()?;
        Ok(UploadOutcome::Stored { archive_id, copy })
    }

    async fn abort_upload(&self, ticket: &str) -> PortResult<bool> {
        self.crash.before_call()?;
        {
            let mut state = lock(&self.state);
            match state.uploads.get(ticket) {
                Some(None) => state.uploads.remove(ticket),
                _ => return Ok(false),
            };
        }
        self.crash.after_effect()?;
        Ok(true)
    }

    async fn start_retrieval(
        &self,
        job: JobId,
        archive_id: &str,
        tier: Tier,
    ) -> PortResult<RetrievalStarted> {
        self.crash.before_call()?;
        let retrieval_id = {
            let mut state = lock(&self.state);
            if !state.copies.contains_key(archive_id) {
                return Err(PortError::new("start a retrieval", "no such archive"));
            }
            if tier == Tier::Expedited && state.no_expedited {
                return Ok(RetrievalStarted::TierUnavailable);
            }
            state.retrievals.push((job, archive_id.to_owned(), tier));
            name(state.retrievals.len())
        };
        self.crash.after_effect()?;
        Ok(RetrievalStarted::Started { retrieval_id })
    }

    async fn restore(
        &self,
        archive_id: &str,
        retrieval_id: &str,
        to: &ObjectLocation,
    ) -> PortResult<CopiedObject> {
        self.crash.before_call()?;
        let bytes = {
            let state = lock(&self.state);
            let mut started = (1..).zip(&state.retrievals);
            let is_started = started
                .any(|(number, (_, id, _))| id == archive_id && retrieval_id == name(number));
            let copy = state.copies.get(archive_id).filter(|_| is_started).cloned();
            copy.ok_or_else(|| PortError::new("restore a copy", "no such retrieval"))?
        };
        self.objects.put(to, &bytes);
        self.crash.after_effect()?;
        Ok(measured(&bytes))
    }

    async fn delete(&self, archive_id: &str) -> PortResult<()> {
        self.crash.before_call()?;
        lock(&self.state).copies.remove(archive_id);
        self.crash.after_effect()
    }
}

/// A timer that records the timers started.
#[derive(Debug, Default)]
pub struct FakeTimer {
    started: Mutex<Vec<(String, JobId, SignedDuration)>>,
    crash: Crash,
}

impl FakeTimer {
    pub(super) fn new(crash: Crash) -> Self {
        Self { crash, ..Self::default() }
    }

    /// The timers started, in order.
    pub fn started(&self) -> Vec<(String, JobId, SignedDuration)> {
        lock(&self.started).clone()
    }
}

#[async_trait]
impl ArchiveTimer for FakeTimer {
    async fn start(&self, name: &str, job: JobId, wait: SignedDuration) -> PortResult<()> {
        self.crash.before_call()?;
        {
            let mut started = lock(&self.started);
            if started.iter().any(|(other, ..)| other == name) {
                return Ok(());
            }
            started.push((name.to_owned(), job, wait));
        }
        self.crash.after_effect()
    }
}

/// A queue in memory. Receiving a message removes it; extending it puts it back.
#[derive(Debug, Default)]
pub struct FakeQueue(Mutex<VecDeque<Delayed>>);

/// A message with the time from which it can be received.
#[derive(Debug)]
struct Delayed {
    body: String,
    trace: Option<TraceId>,
    visible_at: Instant,
}

impl FakeQueue {
    /// The messages in the queue.
    pub fn bodies(&self) -> Vec<String> {
        lock(&self.0).iter().map(|message| message.body.clone()).collect()
    }

    fn add(&self, body: &str, trace: Option<TraceId>, delay: Duration) {
        let visible_at = Instant::now() + delay;
        lock(&self.0).push_back(Delayed { body: body.to_owned(), trace, visible_at });
    }
}

#[async_trait]
impl Queue for FakeQueue {
    async fn send_later(&self, body: &str, delay: Duration) -> PortResult<()> {
        self.add(body, current_trace(), delay);
        Ok(())
    }

    async fn receive(&self, max: u8, _: Duration, _: Duration) -> PortResult<Vec<Message>> {
        let mut queue = lock(&self.0);
        let now = Instant::now();
        let mut received = Vec::new();
        let mut at = 0;
        while received.len() < max.into() && at < queue.len() {
            if queue[at].visible_at > now {
                at += 1;
            } else if let Some(Delayed { body, trace, .. }) = queue.remove(at) {
                received.push(Message { receipt: body.clone(), body, receive_count: 1, trace });
            }
        }
        Ok(received)
    }

    async fn extend(&self, message: &Message, _visibility: Duration) -> PortResult<()> {
        self.add(&message.body, message.trace, Duration::ZERO);
        Ok(())
    }

    async fn delete(&self, _message: &Message) -> PortResult<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{archive_capacity_contract, archive_contract, queue_contract};

    #[tokio::test(start_paused = true)]
    async fn the_fake_fulfills_the_contract_of_the_queue() {
        queue_contract(&FakeQueue::default()).await;
    }

    #[tokio::test]
    async fn the_fake_fulfills_the_contract_of_the_archive() {
        let objects = Arc::new(FakeObjects::default());
        let archive = FakeArchive::new(objects.clone(), Crash::default());
        archive_contract(&archive, &*objects, "bucket").await;
        let set_capacity = async |capacity: bool| archive.set_expedited_capacity(capacity);
        archive_capacity_contract(&archive, &*objects, "bucket", set_capacity).await;
    }
}
