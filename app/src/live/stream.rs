//! The stream of events. One tab of a browser has it open, and tells the others.

use super::{Link, Live};
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

/// A stream that lasted this long was none that a server ends at once.
const LASTING: SignedDuration = SignedDuration::from_secs(5);

/// Keeps this tab live until the session ends. A browser without the means has a stream in each
/// tab.
pub(super) async fn follow(live: Live, user: UserId) {
    // By user, since somebody else may sign in while a tab is still open.
    let Some((tabs, mut heard)) = Tabs::open(&format!("gas-live-{user}")) else {
        return stream(live, user, None).await;
    };
    let listener = tabs.clone();
    spawn(async move {
        while let Some(text) = heard.next().await {
            hear(live, &listener, &text);
        }
    });
    tabs.send(HELLO);
    // When the session ends, the next tab leads. It finds out by itself or has a new session.
    let _leadership = tabs.lead().await;
    stream(live, user, Some(&tabs)).await;
}

/// A tab is there: tell it how the stream is.
const HELLO: &str = "?";

/// How the stream is, and how much this machine's clock is ahead.
const STATE: char = 's';

/// An event, as the server wrote it.
const EVENT: char = 'e';

/// Takes in what another tab says.
fn hear(live: Live, tabs: &Tabs, text: &str) {
    if text == HELLO {
        if tabs.is_leader() {
            tabs.send(&state(live));
        }
    } else if let Some(json) = text.strip_prefix(EVENT) {
        if let Ok(event) = serde_json::from_slice(json.as_bytes()) {
            live.take(event);
        }
    } else if let Some((link, ahead)) = text.strip_prefix(STATE).and_then(read_state) {
        live.follow_leader(link, ahead);
    }
}

fn state(live: Live) -> String {
    let link = match *live.link.peek() {
        Link::Live => 1,
        Link::Reconnecting => 2,
        Link::Connecting | Link::SignedOut => 0,
    };
    format!("{STATE}{link} {}", live.clock_ahead.peek().as_millis())
}

fn read_state(text: &str) -> Option<(Link, SignedDuration)> {
    let (link, ahead) = text.split_once(' ')?;
    let link = match link {
        "1" => Link::Live,
        "2" => Link::Reconnecting,
        _ => return None,
    };
    Some((link, SignedDuration::from_millis(ahead.parse().ok()?)))
}

/// Keeps the stream open until the session ends.
async fn stream(mut live: Live, user: UserId, tabs: Option<&Tabs>) {
    let mut pause = FIRST_PAUSE;
    loop {
        match api::live_events().await {
            Ok(mut events) => {
                let opened_at = Timestamp::now();
                let mut ended = false;
                // As text, so that it can be handed on as it came.
                while let Some(Ok(text)) = events.next_event().await {
                    let Ok(event) = serde_json::from_slice(text.data.as_bytes()) else { break };
                    if let Some(tabs) = tabs {
                        tabs.send(&format!("{EVENT}{}", text.data));
                    }
                    pause = FIRST_PAUSE;
                    ended = event == LiveEvent::Ending;
                    let may_have_missed =
                        matches!(event, LiveEvent::Connected { .. } | LiveEvent::Resync);
                    live.take(event);
                    if may_have_missed && !refresh_plan(live, user, tabs).await {
                        live.link.set(Link::SignedOut);
                        return;
                    }
                }
                if ended {
                    // The server ends streams now and then to check the session anew. Without a
                    // timer, which browsers hold back in tabs out of sight; but one that ends
                    // them at once is not hammered.
                    if Timestamp::now().duration_since(opened_at) < LASTING {
                        browser::sleep(FIRST_PAUSE).await;
                    }
                    continue;
                }
            }
            Err(error) if error.code == ErrorCode::SignInRequired => {
                live.link.set(Link::SignedOut);
                return;
            }
            Err(_) => {}
        }
        live.link.set(Link::Reconnecting);
        if let Some(tabs) = tabs {
            tabs.send(&state(live));
        }
        // Jitter keeps a thousand browsers from coming back in the same instant.
        browser::sleep(pause.mul_f64(0.5 + browser::random())).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Learns the plan as it is now, and says whether the session is still this user's. Events wait
/// meanwhile, so that a newer one is not overwritten.
async fn refresh_plan(live: Live, user: UserId, tabs: Option<&Tabs>) -> bool {
    // Without an answer the plan stays as it was; the next stream asks again.
    let account = api::current_account().await.and_then(|account| account.read());
    let Ok(account) = account else { return true };
    let Some(account) = account.filter(|account| account.id == user) else { return false };
    live.learn_plan(account.plan);
    if let Some(tabs) = tabs {
        tabs.send(&format!("{EVENT}{{\"plan\":\"{}\"}}", account.plan.as_role()));
    }
    true
}
