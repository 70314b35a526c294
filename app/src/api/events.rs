//! The stream of live events.

use super::{ApiResult, RawJson};
use dioxus::fullstack::ServerEvents;
use dioxus::prelude::*;
use gas_shared::LiveEvent;

/// The caller's live events as server-sent events, starting with [`LiveEvent::Connected`]. The stream
/// ends with the session. Clients reconnect and fetch their data again.
#[get("/api/events")]
pub async fn live_events() -> ApiResult<ServerEvents<RawJson<LiveEvent>>> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(web.hub.subscribe(account.id)?)
}
