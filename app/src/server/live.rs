//! Live events: from this process's queue to the browsers it serves.

use crate::api::Wire;
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

/// How many events a slow browser may fall behind before it is told to refetch.
const BACKLOG: usize = 64;

/// A stream ends after this long; the browser reconnects, and its session is checked again.
const MAX_STREAM_AGE: Duration = Duration::from_secs(60);

const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(2);

/// The streams that are open, by user, and what else hears of events.
#[derive(Clone, Default)]
pub struct Hub {
    /// The jobs of users who look at their lists.
    pub lists: JobLists,
    /// The queue for the workers.
    pub board: QueueBoard,
    users: Arc<Mutex<HashMap<UserId, broadcast::Sender<LiveEvent>>>>,
    closing: CancellationToken,
}

impl Hub {
    /// A stream of a user's events, for one browser. It is dropped with its response.
    pub fn subscribe(&self, user: UserId) -> ServerEvents<Wire<LiveEvent>> {
        let events = self.events(user).map(|event| Ok::<_, BoxError>(Wire::of(&event)));
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

    /// Takes in an event, and sends it to all of the user's open streams.
    pub fn send(&self, user: UserId, event: LiveEvent) {
        // Before any browser, which may ask for its list as soon as it hears.
        self.lists.hear(user, &event);
        self.board.hear(&event);
        let mut users = self.lock();
        if let Some(sender) = users.get(&user)
            && sender.send(event).is_err()
        {
            // Nobody listens any more.
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

/// Moves events from the queue to the hub until shutdown, then deletes the queue.
pub async fn pump(queue: EventQueue, hub: Hub, shutdown: CancellationToken) {
    while let Some(received) = shutdown.run_until_cancelled(queue.receive()).await {
        match received {
            Ok(bodies) => bodies.iter().for_each(|body| deliver(&hub, body)),
            Err(error) => {
                tracing::warn!(error = %chain(&error), "live events could not be received");
                hub.lists.forget();
                tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
            }
        }
    }
    hub.close();
    if let Err(error) = queue.close().await {
        tracing::warn!(error = %chain(&error), "the event queue was not deleted");
    }
}

fn deliver(hub: &Hub, body: &str) {
    match serde_json::from_str::<UserEvent>(body) {
        Ok(UserEvent { user_id, event }) => hub.send(user_id, event),
        Err(error) => tracing::warn!(%error, "an event was not readable"),
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
    async fn each_user_sees_their_own_events_only() {
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
    async fn a_slow_browser_is_told_to_refetch() {
        let hub = Hub::default();
        let mut slow = Box::pin(hub.events(user(1)));
        for version in 0..=BACKLOG as u64 {
            hub.send(user(1), event(version));
        }
        assert!(is_connected(slow.next().await));
        assert_eq!(slow.next().await, Some(LiveEvent::Resync));
    }

    #[tokio::test]
    async fn a_user_without_streams_is_forgotten() {
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
