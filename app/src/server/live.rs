//! Live events: forwards the job events of this process's queue to the browsers that it serves.

use crate::api::RawJson;
use axum::BoxError;
use dioxus::fullstack::ServerEvents;
use futures::stream::{self, Stream, StreamExt};
use gas_backend::aws::EventQueue;
use gas_backend::chain;
use gas_backend::messages::UserEvent;
use gas_backend::usecases::{JobLists, QueueBoard};
use gas_shared::{LiveEvent, UserId};
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_util::sync::CancellationToken;

/// How many events a slow browser may fall behind before it gets [`LiveEvent::Resync`].
const BACKLOG: usize = 64;

/// A stream ends after this long. The browser reconnects, and the server checks its session again.
const MAX_STREAM_AGE: Duration = Duration::from_secs(60);

const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(2);

/// The open event streams by user, and the caches that follow events.
#[derive(Clone, Default)]
pub struct Hub {
    /// Cached job lists of users who have the list page open.
    pub lists: JobLists,
    /// The positions of jobs in the queue.
    pub board: QueueBoard,
    users: Arc<Mutex<HashMap<UserId, broadcast::Sender<LiveEvent>>>>,
    closing: CancellationToken,
}

impl Hub {
    /// Opens a stream of a user's events for one browser. It ends when the response is dropped.
    pub fn subscribe(&self, user: UserId) -> ServerEvents<RawJson<LiveEvent>> {
        let events = self.events(user).map(|event| Ok::<_, BoxError>(RawJson::of(&event)));
        ServerEvents::from_stream(events)
    }

    fn events(&self, user: UserId) -> impl Stream<Item = LiveEvent> + Send + use<> {
        let receiver = self.sender(user).subscribe();
        let live = stream::unfold(receiver, |mut receiver| async move {
            let event = match receiver.recv().await {
                Ok(event) => event,
                Err(RecvError::Lagged(_)) => LiveEvent::Resync,
                Err(RecvError::Closed) => return None,
            };
            Some((event, receiver))
        });
        let closing = self.closing.clone();
        let end = async move {
            _ = tokio::time::timeout(MAX_STREAM_AGE, closing.cancelled()).await;
        };
        stream::once(async { LiveEvent::Connected { now: Timestamp::now() } })
            .chain(live)
            .take_until(Box::pin(end))
            .chain(stream::once(async { LiveEvent::Ending }))
    }

    /// Updates the caches with an event and sends it to all open streams of the user.
    pub fn send(&self, user: UserId, event: LiveEvent) {
        // The caches come first: a browser may request its list as soon as it gets the event.
        self.lists.receive(user, &event);
        self.board.receive(&event);
        let mut users = self.lock();
        if let Some(sender) = users.get(&user)
            && sender.send(event).is_err()
        {
            // The last stream of this user has ended.
            users.remove(&user);
        }
    }

    /// Ends all streams.
    pub fn close(&self) {
        self.closing.cancel();
    }

    fn sender(&self, user: UserId) -> broadcast::Sender<LiveEvent> {
        self.lock().entry(user).or_insert_with(|| broadcast::channel(BACKLOG).0).clone()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, broadcast::Sender<LiveEvent>>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forwards events from the queue to the hub until shutdown, then deletes the queue.
pub async fn forward_events(queue: EventQueue, hub: Hub, shutdown: CancellationToken) {
    while let Some(received) = shutdown.run_until_cancelled(queue.receive()).await {
        match received {
            Ok(bodies) => bodies.iter().for_each(|body| deliver(&hub, body)),
            Err(error) => {
                tracing::warn!(error = %chain(&error), "failed to receive live events");
                hub.lists.clear();
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
        Ok(UserEvent { user_id, event }) => hub.send(user_id, event),
        Err(error) => tracing::warn!(%error, "ignored an unreadable live event"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::job::StateView;
    use gas_shared::{FileName, JobId, JobView};
    use uuid::Uuid;

    fn user(n: u128) -> UserId {
        UserId::new(Uuid::from_u128(n))
    }

    fn is_connected(event: Option<LiveEvent>) -> bool {
        matches!(event, Some(LiveEvent::Connected { .. }))
    }

    fn event(version: u64) -> LiveEvent {
        LiveEvent::Job(Box::new(JobView {
            id: JobId::new(Uuid::nil()),
            version,
            file_name: FileName::parse("a.vcf").unwrap(),
            size: None,
            submitted_at: Timestamp::UNIX_EPOCH,
            uploaded_at: None,
            state: StateView::Pending,
        }))
    }

    #[tokio::test]
    async fn users_only_see_their_own_events() {
        let hub = Hub::default();
        let mut ada = Box::pin(hub.events(user(1)));
        let mut eve = Box::pin(hub.events(user(2)));
        hub.send(user(1), event(1));
        hub.send(user(2), event(2));
        assert!(is_connected(ada.next().await));
        assert_eq!(ada.next().await, Some(event(1)));
        assert!(is_connected(eve.next().await));
        assert_eq!(eve.next().await, Some(event(2)));
    }

    #[tokio::test]
    async fn a_browser_that_falls_behind_gets_a_resync_event() {
        let hub = Hub::default();
        let mut slow = Box::pin(hub.events(user(1)));
        for version in 0..=BACKLOG as u64 {
            hub.send(user(1), event(version));
        }
        assert!(is_connected(slow.next().await));
        assert_eq!(slow.next().await, Some(LiveEvent::Resync));
    }

    #[tokio::test]
    async fn a_user_without_open_streams_is_removed() {
        let hub = Hub::default();
        drop(hub.events(user(1)));
        hub.send(user(1), event(1));
        assert!(hub.lock().is_empty());
    }

    #[tokio::test]
    async fn streams_end_when_the_hub_closes() {
        let hub = Hub::default();
        let mut ada = Box::pin(hub.events(user(1)));
        assert!(is_connected(ada.next().await));
        hub.close();
        assert_eq!(ada.next().await, Some(LiveEvent::Ending));
        assert_eq!(ada.next().await, None);
    }
}
