//! The stream of server-sent events. One tab of a browser keeps it open and forwards the events to the
//! other tabs.

use super::{Live, StreamState};
use crate::api;
use crate::browser::{self, Tabs};
use crate::error::ErrorCode;
use dioxus::prelude::{ReadableExt, WritableExt, spawn};
use futures::StreamExt;
use gas_shared::{LiveEvent, UserId};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A stream that the server ends sooner is reopened only after a pause.
const MIN_STREAM_LIFE: SignedDuration = SignedDuration::from_secs(5);

/// Keeps this tab live until the session ends. If the browser cannot coordinate its tabs, each has its
/// own stream.
pub(super) async fn follow(live: Live, user: UserId) {
    // The group's name includes the user, since another user may sign in while a tab is open.
    let Some((tabs, mut messages)) = Tabs::open(&format!("gas-live-{user}")) else {
        return stream(live, user, None).await;
    };
    let listener = tabs.clone();
    spawn(async move {
        while let Some(message) = messages.next().await {
            receive(live, &listener, &message);
        }
    });
    tabs.send(HELLO);
    // When the session ends, the next tab leads. It finds out by itself or has a new session.
    let _leadership = tabs.lead().await;
    stream(live, user, Some(&tabs)).await;
}

/// The message of a new tab, which asks the leader for the state of the stream.
const HELLO: &str = "?";

/// The prefix of a message with the state of the stream and the offset of this machine's clock.
const STATE: char = 's';

/// The prefix of a message with an event, as the server sent it.
const EVENT: char = 'e';

/// Handles a message of another tab.
fn receive(live: Live, tabs: &Tabs, message: &str) {
    if message == HELLO {
        if tabs.is_leader() {
            tabs.send(&state_message(live));
        }
    } else if let Some(json) = message.strip_prefix(EVENT) {
        if let Ok(event) = serde_json::from_slice(json.as_bytes()) {
            live.handle(event);
        }
    } else if let Some((state, ahead)) = message.strip_prefix(STATE).and_then(parse_state) {
        live.follow_leader(state, ahead);
    }
}

fn state_message(live: Live) -> String {
    let state = match *live.stream.peek() {
        StreamState::Live => 1,
        StreamState::Reconnecting => 2,
        StreamState::Connecting | StreamState::SignedOut => 0,
    };
    format!("{STATE}{state} {}", live.clock_ahead.peek().as_millis())
}

fn parse_state(text: &str) -> Option<(StreamState, SignedDuration)> {
    let (state, ahead) = text.split_once(' ')?;
    let state = match state {
        "1" => StreamState::Live,
        "2" => StreamState::Reconnecting,
        _ => return None,
    };
    Some((state, SignedDuration::from_millis(ahead.parse().ok()?)))
}

/// Keeps the stream open until the session ends.
async fn stream(mut live: Live, user: UserId, tabs: Option<&Tabs>) {
    let mut pause = FIRST_PAUSE;
    // The server's time of the last event. The server decides whether it still knows all events since.
    let mut last_event: Option<Timestamp> = None;
    loop {
        match api::live_events(last_event.map(Timestamp::as_millisecond)).await {
            Ok(mut events) => {
                let opened_at = Timestamp::now();
                let mut ended = false;
                // Events are read as text, so that they can be forwarded unchanged.
                while let Some(Ok(text)) = events.next_event().await {
                    // An event of a newer version says nothing to this one.
                    let Ok(event) = serde_json::from_slice(text.data.as_bytes()) else { continue };
                    if let Some(tabs) = tabs {
                        tabs.send(&format!("{EVENT}{}", text.data));
                    }
                    pause = FIRST_PAUSE;
                    ended = event == LiveEvent::Ending;
                    let may_have_missed =
                        matches!(event, LiveEvent::Connected { .. } | LiveEvent::Resync);
                    live.handle(event);
                    last_event = Some(live.now());
                    if may_have_missed && !refresh(live, user, tabs).await {
                        live.stream.set(StreamState::SignedOut);
                        return;
                    }
                }
                if ended {
                    // The server ends each stream after a while, and with its session. The stream
                    // is reopened without a timer, which browsers delay in background tabs, unless the
                    // server ends streams immediately.
                    if Timestamp::now().duration_since(opened_at) < MIN_STREAM_LIFE {
                        browser::sleep(FIRST_PAUSE).await;
                    }
                    continue;
                }
            }
            Err(error) if error.code == ErrorCode::SignInRequired => {
                live.stream.set(StreamState::SignedOut);
                return;
            }
            Err(_) => {}
        }
        live.stream.set(StreamState::Reconnecting);
        if let Some(tabs) = tabs {
            tabs.send(&state_message(live));
        }
        // Jitter keeps many browsers from reconnecting at the same instant.
        browser::sleep(pause.mul_f64(0.5 + browser::random())).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Fetches the current plan and banner, and returns whether the session still belongs to this user. Events wait
/// meanwhile, so that newer ones are not overwritten.
async fn refresh(live: Live, user: UserId, tabs: Option<&Tabs>) -> bool {
    // If the request fails, both stay as they are until the next stream.
    let visit = api::visit().await.and_then(|visit| visit.read());
    let Ok(visit) = visit else { return true };
    let Some(account) = visit.account.filter(|account| account.id == user) else { return false };
    live.set_plan(account.plan);
    if let Some(tabs) = tabs {
        tabs.send(&format!("{EVENT}{{\"plan\":\"{}\"}}", account.plan.as_role()));
        if let Ok(banner) = serde_json::to_string(&visit.banner) {
            tabs.send(&format!("{EVENT}{{\"banner\":{banner}}}"));
        }
    }
    live.set_banner(visit.banner);
    true
}
