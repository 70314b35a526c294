//! Tests of live events, and of the memory that open streams need.

use super::*;
use crate::server::connections::{Limits, serve};
use crate::server::router;
use axum::handler::Handler;
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use dioxus::server::{FullstackState, ServerFunction};
use gas_shared::job::{Organization, StateView, StoredOptions};
use gas_shared::{FileName, JobId, JobView};
use jiff::SignedDuration;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use tokio_util::task::TaskTracker;

fn user(n: u128) -> UserId {
    UserId::new(Uuid::from_u128(n))
}

fn hub() -> Hub {
    Hub::new(1_000)
}

impl Hub {
    /// The events of a new stream of a browser that has had none.
    fn events(
        &self,
        user: UserId,
    ) -> Result<impl Stream<Item = Arc<str>> + Send + use<>, StreamRejected> {
        self.events_after(user, None, std::future::pending())
    }
}

fn event(version: u64) -> LiveEvent {
    LiveEvent::Job(Box::new(JobView {
        id: JobId::new(Uuid::nil()),
        version,
        file_name: FileName::parse("a.vcf").unwrap(),
        size: None,
        submitted_at: Timestamp::UNIX_EPOCH,
        uploaded_at: None,
        input_deleted_at: None,
        options: StoredOptions::default(),
        organization: Organization::default(),
        copied: None,
        state: StateView::Pending,
    }))
}

async fn next(stream: &mut (impl Stream<Item = Arc<str>> + Unpin)) -> Option<LiveEvent> {
    stream.next().await.map(|json| serde_json::from_str(&json).unwrap())
}

async fn is_connected(stream: &mut (impl Stream<Item = Arc<str>> + Unpin)) -> bool {
    matches!(next(stream).await, Some(LiveEvent::Connected { .. }))
}

#[tokio::test]
async fn users_only_see_their_own_events() {
    let hub = hub();
    let mut ada = Box::pin(hub.events(user(1)).unwrap());
    let mut eve = Box::pin(hub.events(user(2)).unwrap());
    hub.send(user(1), &event(1));
    hub.send(user(2), &event(2));
    assert!(is_connected(&mut ada).await);
    assert_eq!(next(&mut ada).await, Some(event(1)));
    assert!(is_connected(&mut eve).await);
    assert_eq!(next(&mut eve).await, Some(event(2)));
}

#[tokio::test]
async fn an_event_for_all_users_reaches_every_open_stream_and_later_ones_begin_anew() {
    let hub = hub();
    let mut streams: Vec<_> =
        [1, 1, 2].into_iter().map(|n| Box::pin(hub.events(user(n)).unwrap())).collect();
    let banner = LiveEvent::Banner(Some("Maintenance at noon".to_owned()));
    deliver(&hub, r#"{"event":{"banner":"Maintenance at noon"}}"#);
    for stream in &mut streams {
        assert!(is_connected(stream).await);
        assert_eq!(next(stream).await, Some(banner.clone()));
    }
    let after = Some(Timestamp::now() + SignedDuration::from_secs(5));
    let again = hub.events_after(user(1), after, std::future::pending()).unwrap();
    assert!(is_connected(&mut Box::pin(again)).await, "its browser asks for the banner");
}

#[tokio::test]
async fn a_browser_that_falls_behind_gets_a_resync_event() {
    let hub = hub();
    let mut slow = Box::pin(hub.events(user(1)).unwrap());
    for version in 0..=BACKLOG as u64 {
        hub.send(user(1), &event(version));
    }
    assert!(is_connected(&mut slow).await);
    assert_eq!(next(&mut slow).await, Some(LiveEvent::Resync));
}

#[tokio::test]
async fn a_user_is_removed_when_the_last_stream_closes() {
    let hub = hub();
    let (first, second) = (hub.events(user(1)).unwrap(), hub.events(user(1)).unwrap());
    drop(first);
    assert_eq!(hub.streams.lock().users.len(), 1);
    drop(second);
    assert!(hub.streams.lock().users.is_empty());
    assert_eq!(hub.streams.lock().total, 0);
}

#[tokio::test]
async fn a_sixth_stream_of_a_user_is_rejected_until_another_one_closes() {
    let hub = hub();
    let mut open: Vec<_> = (0..MAX_STREAMS_PER_USER).map(|_| hub.events(user(1))).collect();
    assert_eq!(hub.events(user(1)).err(), Some(StreamRejected::User));
    assert!(hub.events(user(2)).is_ok(), "other users are not affected");
    open.pop();
    assert!(hub.events(user(1)).is_ok());
}

#[tokio::test]
async fn the_streams_of_all_users_together_are_limited() {
    let hub = Hub::new(2);
    let _open = (hub.events(user(1)).unwrap(), hub.events(user(2)).unwrap());
    assert_eq!(hub.events(user(3)).err(), Some(StreamRejected::Full));
}

#[tokio::test]
async fn the_streams_of_a_user_who_was_signed_out_end_at_once() {
    let hub = hub();
    let mut ada = Box::pin(hub.events(user(1)).unwrap());
    let mut eve = Box::pin(hub.events(user(2)).unwrap());
    assert!(is_connected(&mut ada).await && is_connected(&mut eve).await);
    hub.end_streams(user(1));
    assert_eq!(next(&mut ada).await, Some(LiveEvent::Ending));
    assert_eq!(next(&mut ada).await, None);
    hub.send(user(2), &event(1));
    assert_eq!(next(&mut eve).await, Some(event(1)));
}

#[tokio::test]
async fn streams_end_when_the_hub_closes() {
    let hub = hub();
    let mut ada = Box::pin(hub.events(user(1)).unwrap());
    assert!(is_connected(&mut ada).await);
    hub.close();
    assert_eq!(next(&mut ada).await, Some(LiveEvent::Ending));
    assert_eq!(next(&mut ada).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_within_a_quarter_of_an_hour() {
    let hub = hub();
    let mut ada = Box::pin(hub.events(user(1)).unwrap());
    assert!(is_connected(&mut ada).await);
    let opened = tokio::time::Instant::now();
    assert_eq!(next(&mut ada).await, Some(LiveEvent::Ending));
    let age = opened.elapsed();
    assert!(age <= MAX_STREAM_AGE && age >= MAX_STREAM_AGE - AGE_JITTER, "{age:?}");
}

#[tokio::test]
async fn a_stream_ends_with_its_session() {
    let hub = hub();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let ended = async move { _ = ended.await };
    let mut ada = Box::pin(hub.events_after(user(1), None, ended).unwrap());
    assert!(is_connected(&mut ada).await);
    hub.send(user(1), &event(1));
    assert_eq!(next(&mut ada).await, Some(event(1)));
    end.send(()).unwrap();
    assert_eq!(next(&mut ada).await, Some(LiveEvent::Ending));
    assert_eq!(next(&mut ada).await, None);
}

#[tokio::test]
async fn a_stream_that_is_opened_again_has_the_events_in_between() {
    let hub = hub();
    let mut ada = Box::pin(hub.events(user(1)).unwrap());
    assert!(is_connected(&mut ada).await);
    drop(ada);
    hub.send(user(1), &event(7));
    hub.send(user(2), &event(8));
    // Processes may differ by some seconds; this one has just started, so the browser is ahead of it.
    let after = Timestamp::now() + SignedDuration::from_secs(11);
    let missed = |after| {
        let ada = hub.events_after(user(1), Some(after), std::future::pending()).unwrap();
        Box::pin(ada)
    };
    let mut again = missed(after);
    assert!(matches!(next(&mut again).await, Some(LiveEvent::Resumed { .. })));
    hub.send(user(1), &event(9));
    let mut found = next(&mut again).await;
    if found == Some(event(7)) {
        found = next(&mut again).await;
    }
    assert_eq!(found, Some(event(9)));
    assert!(is_connected(&mut missed(Timestamp::now())).await, "before the start of the process");
}

/// The resident memory of this process that is not shared with files, in bytes.
fn resident_bytes() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<i64>().unwrap() * 1024
}

/// Opens a stream for a user of its own.
async fn open_stream(Extension(hub): Extension<Hub>) -> Response {
    let stream = hub.subscribe(UserId::new(Uuid::new_v4()), None, std::future::pending());
    stream.map_err(|rejected| rejected.to_string()).into_response()
}

/// Serves the streams of `hub` like a server function, with the production middleware.
async fn serve_streams(hub: Hub, shutdown: CancellationToken) -> SocketAddr {
    let function = ServerFunction::make_handler(Method::GET, |_, request| {
        Box::pin(async move { open_stream.call(request, ()).await })
    });
    // With many other routes, of which a connection must not hold copies.
    let others =
        (0..100).fold(Router::new(), |app, n| app.route(&format!("/{n}"), get(async || "ok")));
    let app = others.route("/api/events", function).with_state(FullstackState::headless());
    let app = router::with_answered_panics(app.layer(Extension(hub)));
    let app = router::with_common_layers(app);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, app, Limits::default(), shutdown, TaskTracker::new()));
    address
}

/// Opens streams as a browser does, and reads their first event.
fn open_streams(address: SocketAddr, count: usize) -> Vec<TcpStream> {
    let open = || {
        let mut stream = TcpStream::connect(address).unwrap();
        let request = "GET /api/events HTTP/1.1\r\nhost: gas\r\naccept-encoding: gzip, deflate, br\r\n\
                       accept: text/event-stream\r\n\r\n";
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = Vec::new();
        let mut buffer = [0; 1024];
        while !String::from_utf8_lossy(&text).contains("\n\n") {
            let count = stream.read(&mut buffer).unwrap();
            assert!(count > 0, "{}", String::from_utf8_lossy(&text));
            text.extend_from_slice(&buffer[..count]);
        }
        assert!(String::from_utf8_lossy(&text).starts_with("HTTP/1.1 200"));
        stream
    };
    (0..count).map(|_| open()).collect()
}

/// Waits until the hub has this many open streams.
async fn wait_for_streams(hub: &Hub, count: usize) {
    while hub.streams.lock().total != count {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_idle_streams_need_less_than_200_mib_and_leak_nothing() {
    const STREAMS: usize = 1_000;
    const MIB: i64 = 1 << 20;
    let hub = Hub::new(STREAMS);
    let shutdown = CancellationToken::new();
    let address = serve_streams(hub.clone(), shutdown.clone()).await;
    let open = |count| tokio::task::spawn_blocking(move || open_streams(address, count));
    drop(open(10).await.unwrap());
    wait_for_streams(&hub, 0).await;

    let before = resident_bytes();
    let streams = open(STREAMS).await.unwrap();
    wait_for_streams(&hub, STREAMS).await;
    let growth = resident_bytes() - before;
    println!(
        "{STREAMS} idle streams: {} KiB each, {} MiB",
        growth / 1024 / STREAMS as i64,
        growth / MIB
    );
    assert!(growth < 200 * MIB, "{growth} bytes");
    drop(streams);
    wait_for_streams(&hub, 0).await;

    let mut sizes = Vec::new();
    for _ in 0..5 {
        drop(open(200).await.unwrap());
        wait_for_streams(&hub, 0).await;
        sizes.push(resident_bytes());
    }
    println!(
        "MiB after each 200 streams opened and closed: {:?}",
        sizes.iter().map(|size| size / MIB).collect::<Vec<_>>()
    );
    let leak = sizes[4] - sizes[0];
    assert!(leak < 10 * MIB, "800 streams left {leak} bytes behind");
    shutdown.cancel();
}
