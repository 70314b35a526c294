//! Delivers events, signed as Stripe signs them (<https://docs.stripe.com/webhooks#verify-manually>).

use crate::state::Event;
use crate::{Server, now_millis};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::time::Duration;

/// The time limit for the endpoint's response.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The interval at which ended periods are processed while no event is due.
const IDLE: Duration = Duration::from_secs(1);

/// The longest pause between two deliveries of an event, in milliseconds. Stripe's pauses grow to
/// hours, which is too long for a local stack.
const MAX_PAUSE_MILLIS: i64 = 30_000;

/// Delivers due events until the future is dropped; each event until the endpoint accepts it.
pub(crate) async fn deliver(server: &Server) {
    loop {
        // A change writes the file, so the state is only read first.
        let now = now_millis();
        let ends = |state: &crate::state::State| {
            state
                .subscriptions
                .values()
                .any(|one| one.ended_at.is_none() && one.period_end <= now / 1000)
        };
        if server.read(|state, _| ends(state)) {
            server.change(|change| change.end_due_periods());
        }
        if server.is_delivering() {
            for event in due(server) {
                send(server, &event).await;
            }
        }
        _ = tokio::time::timeout(IDLE, server.news.notified()).await;
    }
}

fn due(server: &Server) -> Vec<Event> {
    let now = now_millis();
    let is_due = |event: &&Event| event.due.is_some_and(|at| at <= now);
    server.read(|state, _| state.events.iter().filter(is_due).cloned().collect())
}

/// Delivers an event once and records the response: an HTTP status, or 0 without a response.
pub(crate) async fn send(server: &Server, event: &Event) -> u16 {
    let seconds = now_millis() / 1000;
    let signature = sign(&server.settings.webhook_secret, seconds, &event.body);
    let sent = server
        .http
        .post(&server.settings.webhook_url)
        .header("content-type", "application/json; charset=utf-8")
        .header("user-agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
        .header("stripe-signature", signature)
        .timeout(TIMEOUT)
        .body(event.body.clone())
        .send()
        .await;
    let status = sent.map_or(0, |response| response.status().as_u16());
    tracing::info!(event = event.id, kind = event.kind, status, "delivered");
    let next = now_millis();
    server.store.change(|state| {
        let Some(stored) = state.events.iter_mut().find(|stored| stored.id == event.id) else {
            return;
        };
        stored.answers.push(status);
        let tries = u32::try_from(stored.answers.len()).unwrap_or(u32::MAX);
        let pause = 250_i64.saturating_mul(2_i64.saturating_pow(tries)).min(MAX_PAUSE_MILLIS);
        stored.due = (!(200..300).contains(&status)).then_some(next + pause);
    });
    status
}

/// The `Stripe-Signature` header of a body that is sent at this time, in Unix seconds.
pub fn sign(secret: &str, seconds: i64, body: &str) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(format!("{seconds}.{body}").as_bytes());
    format!("t={seconds},v1={:x}", mac.finalize().into_bytes())
}
