//! Live events: forwards the job events of this process's queue to the browsers that it serves.

use super::recent_events::RecentEvents;
use crate::api::RawJson;
use axum::BoxError;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use dioxus::fullstack::ServerEvents;
use futures::stream::{self, Stream, StreamExt};
use gas_backend::aws::EventQueue;
use gas_backend::chain;
use gas_backend::messages::UserEvent;
use gas_backend::usecases::{JobLists, QueuePositions};
use gas_shared::{LiveEvent, UserId};
use jiff::Timestamp;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How many events a slow browser may fall behind before it gets [`LiveEvent::Resync`].
const BACKLOG: usize = 16;

/// A stream ends after at most this long, and the browser reopens it: a browser that vanished without a word does not
/// keep one forever.
const MAX_STREAM_AGE: Duration = Duration::from_mins(15);

/// Streams end up to this much earlier, so that streams that were opened at the same time, such as
/// after a restart, do not all reconnect at the same time.
const AGE_JITTER: Duration = Duration::from_mins(4);

/// The interval of the comments that keep proxies from closing an idle stream.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(2);

/// The number of streams that one user may have open at a web process. All tabs of a browser share
/// one stream, so this is the number of browsers. A further stream is rejected instead of replacing
/// the oldest, since browsers reopen a stream that ends, and would replace each other in turns. The
/// stream of a browser that vanished ends after [`MAX_STREAM_AGE`].
pub const MAX_STREAMS_PER_USER: usize = 5;

/// After this many seconds a rejected browser may try again.
pub const RETRY_AFTER_SECS: u32 = 30;

/// The reason why a stream was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamRejected {
    /// The user has too many streams.
    #[error(
        "GAS is open in more than {MAX_STREAMS_PER_USER} browsers; close one to see live updates here"
    )]
    User,
    /// The process has too many streams.
    #[error(
        "GAS has too many visitors for live updates at the moment; reload the page to update it"
    )]
    Full,
}

/// The open event streams by user, and the caches that follow events.
#[derive(Clone)]
pub struct Hub {
    /// Cached job lists of users who have the list page open.
    pub lists: JobLists,
    /// The positions of jobs in the queue.
    pub queue_positions: QueuePositions,
    streams: Arc<Streams>,
    recent: Arc<Mutex<RecentEvents>>,
    closing: CancellationToken,
}

/// The open streams of all users.
struct Streams {
    open: Mutex<OpenStreams>,
    /// The number of streams that this process may have open.
    max: usize,
}

#[derive(Default)]
struct OpenStreams {
    users: HashMap<UserId, UserStreams>,
    total: usize,
}

/// The open streams of one user. Events are serialized once for all of them.
struct UserStreams {
    sender: broadcast::Sender<Arc<str>>,
    count: usize,
}

/// One open stream, which is counted until it is dropped.
struct OpenStream {
    receiver: broadcast::Receiver<Arc<str>>,
    user: UserId,
    streams: Arc<Streams>,
}

impl Streams {
    fn lock(&self) -> MutexGuard<'_, OpenStreams> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(self: &Arc<Self>, user: UserId) -> Result<OpenStream, StreamRejected> {
        let mut open = self.lock();
        if open.total >= self.max {
            return Err(StreamRejected::Full);
        }
        let of_user = open
            .users
            .entry(user)
            .or_insert_with(|| UserStreams { sender: broadcast::channel(BACKLOG).0, count: 0 });
        if of_user.count >= MAX_STREAMS_PER_USER {
            return Err(StreamRejected::User);
        }
        of_user.count += 1;
        let receiver = of_user.sender.subscribe();
        open.total += 1;
        Ok(OpenStream { receiver, user, streams: self.clone() })
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        let mut open = self.streams.lock();
        open.total -= 1;
        if let Entry::Occupied(mut of_user) = open.users.entry(self.user) {
            of_user.get_mut().count -= 1;
            if of_user.get().count == 0 {
                of_user.remove();
            }
        }
    }
}

impl OpenStream {
    /// The next event as JSON; `None` if there are no more.
    async fn next(&mut self) -> Option<Arc<str>> {
        match self.receiver.recv().await {
            Ok(event) => Some(event),
            Err(RecvError::Lagged(_)) => Some(json(&LiveEvent::Resync)),
            Err(RecvError::Closed) => None,
        }
    }
}

fn json(event: &LiveEvent) -> Arc<str> {
    RawJson::of(event).into_json().into()
}

impl Hub {
    /// A hub for at most `max_streams` streams.
    pub fn new(max_streams: usize) -> Self {
        let streams = Streams { open: Mutex::default(), max: max_streams };
        Self {
            lists: JobLists::default(),
            queue_positions: QueuePositions::default(),
            streams: Arc::new(streams),
            recent: Arc::new(Mutex::new(RecentEvents::new(Timestamp::now()))),
            closing: CancellationToken::new(),
        }
    }

    /// Opens a stream of a user's events for one browser, which has had them up to `after`. It ends when the response is
    /// dropped, or `ended` is ready.
    ///
    /// # Errors
    /// [`StreamRejected`] if the user or this process has too many streams.
    pub fn subscribe(
        &self,
        user: UserId,
        after: Option<Timestamp>,
        ended: impl Future<Output = ()> + Send + 'static,
    ) -> Result<ServerEvents<RawJson<LiveEvent>>, StreamRejected> {
        let events = self.events_after(user, after, ended)?;
        let events = events.map(|json| Ok::<_, BoxError>(Event::default().data(&*json)));
        let response = Sse::new(events.boxed());
        Ok(ServerEvents::from_sse(response)
            .with_keep_alive(Some(KeepAlive::new().interval(KEEP_ALIVE))))
    }

    /// The events of a new stream, as JSON.
    fn events_after<E: Future<Output = ()> + Send + 'static>(
        &self,
        user: UserId,
        after: Option<Timestamp>,
        ended: E,
    ) -> Result<impl Stream<Item = Arc<str>> + Send + use<E>, StreamRejected> {
        let open = self.streams.open(user)?;
        // Read after the stream is open: an event may be in both, but none is in neither.
        let missed = after.and_then(|after| self.recent().after(user, after));
        let live = stream::unfold(open, |mut open| async move {
            let event = open.next().await?;
            Some((event, open))
        });
        let closing = self.closing.clone();
        let age = MAX_STREAM_AGE - jitter();
        let end = async move {
            tokio::select! {
                () = tokio::time::sleep(age) => {}
                () = closing.cancelled() => {}
                () = ended => {}
            }
        };
        let is_resumed = missed.is_some();
        let first = async move {
            let now = Timestamp::now();
            let resumed = LiveEvent::Resumed { now };
            json(&if is_resumed { resumed } else { LiveEvent::Connected { now } })
        };
        Ok(stream::once(first)
            .chain(stream::iter(missed.unwrap_or_default()))
            .chain(live)
            .take_until(Box::pin(end))
            .chain(stream::once(async { json(&LiveEvent::Ending) })))
    }

    fn recent(&self) -> MutexGuard<'_, RecentEvents> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what was derived from events, because some were lost.
    fn forget(&self) {
        self.lists.clear();
        self.recent().clear(Timestamp::now());
    }

    /// Updates the caches with an event and sends it to all open streams of the user.
    pub fn send(&self, user: UserId, event: &LiveEvent) {
        // The caches come first: a browser may request its list as soon as it gets the event.
        self.lists.receive(user, event);
        self.queue_positions.receive(event);
        let event = json(event);
        self.recent().push(Timestamp::now(), user, event.clone());
        let sender = self.streams.lock().users.get(&user).map(|of_user| of_user.sender.clone());
        if let Some(sender) = sender {
            // Fails if the last stream was closed at the same moment.
            _ = sender.send(event);
        }
    }

    /// Sends an event to all open streams. It is not kept for streams that are interrupted: when they are open again, their
    /// browsers request the current state. A kept event of a kind that an older browser does not know would end its stream
    /// again and again.
    fn send_to_all(&self, event: &LiveEvent) {
        self.recent().clear(Timestamp::now());
        let event = json(event);
        for of_user in self.streams.lock().users.values() {
            // Fails if the last stream was closed at the same moment.
            _ = of_user.sender.send(event.clone());
        }
    }

    /// The number of open streams.
    pub fn open_streams(&self) -> usize {
        self.streams.lock().total
    }

    /// Ends the streams of a user who was signed out. Their browsers find out when they reconnect.
    pub fn end_streams(&self, user: UserId) {
        if let Some(streams) = self.streams.lock().users.get_mut(&user) {
            // The receivers of the previous channel end with it.
            streams.sender = broadcast::channel(BACKLOG).0;
        }
    }

    /// Ends all streams.
    pub fn close(&self) {
        self.closing.cancel();
    }
}

/// A random duration of at most [`AGE_JITTER`].
fn jitter() -> Duration {
    AGE_JITTER.mul_f64(f64::from(Uuid::new_v4().as_fields().0) / f64::from(u32::MAX))
}

/// Forwards events from the queue to the hub until shutdown, then deletes the queue.
pub async fn forward_events(mut queue: EventQueue, hub: Hub, shutdown: CancellationToken) {
    while let Some(received) = shutdown.run_until_cancelled(queue.receive()).await {
        match received {
            Ok(bodies) => bodies.iter().for_each(|body| deliver(&hub, body)),
            Err(error) => {
                tracing::warn!(error = %chain(&error), "failed to receive live events");
                hub.forget();
                tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
            }
        }
    }
    hub.close();
    if let Err(error) = queue.close().await {
        tracing::warn!(error = %chain(&error), "failed to delete the event queue");
    }
}

fn deliver(hub: &Hub, body: &str) {
    match serde_json::from_str::<UserEvent>(body) {
        Ok(UserEvent { user_id: Some(user), event }) => hub.send(user, &event),
        Ok(UserEvent { user_id: None, event }) => hub.send_to_all(&event),
        Err(error) => tracing::warn!(%error, "ignored an unreadable live event"),
    }
}

#[cfg(test)]
#[path = "live_tests.rs"]
mod tests;
