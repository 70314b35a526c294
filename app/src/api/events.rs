//! The stream of live events.

use super::{ApiResult, RawJson};
use dioxus::fullstack::ServerEvents;
use dioxus::prelude::*;
use gas_shared::LiveEvent;

/// The caller's live events as server-sent events, starting with [`LiveEvent::Connected`]. The stream
/// ends with the session. A client that reopens it sends the server's time of the last event that it has had, in
/// milliseconds of the Unix epoch; the stream then starts with [`LiveEvent::Resumed`] if the server knows all events since.
#[get("/api/events?after")]
pub async fn live_events(after: Option<i64>) -> ApiResult<ServerEvents<RawJson<LiveEvent>>> {
    use crate::server::caller;
    let (web, account) = caller::account().await?;
    let (session, gas) = (caller::session()?, web.gas.clone());
    let ended = async move { session.ended(&gas).await };
    let after = after.and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok());
    Ok(web.hub.subscribe(account.id, after, ended)?)
}
