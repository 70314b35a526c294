use super::{ApiResult, Wire};
use dioxus::fullstack::ServerEvents;
use dioxus::prelude::*;
use gas_shared::LiveEvent;

/// The caller's live events (server-sent events), beginning with [`LiveEvent::Connected`]. The
/// stream ends when the session does; a client reconnects and refetches.
#[get("/api/events")]
pub async fn live_events() -> ApiResult<ServerEvents<Wire<LiveEvent>>> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(web.hub.subscribe(account.id))
}
