//! An emulator of the part of Stripe that GAS uses, for the local stack and tests.
//!
//! It implements the calls that GAS makes as in Stripe's API version 2026-09-30.endive, a checkout
//! page with Stripe's test cards (hosted, or embedded by a replacement of Stripe.js) and a billing
//! portal. It delivers signed events to a webhook endpoint until they are accepted. Under
//! `/_control`, tests can end periods, make charges fail, and redeliver events.

mod api;
mod card;
mod control;
mod model;
mod objects;
mod pages;
mod settings;
mod state;
mod webhooks;

pub use settings::Settings;
pub use webhooks::sign;

use axum::Router;
use axum::routing::get;
use model::Change;
use objects::Objects;
use state::{State, Store};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// The shared parts of a running server.
struct Server {
    settings: Settings,
    origin: String,
    store: Store,
    http: reqwest::Client,
    /// Wakes the task that delivers events.
    news: Notify,
    /// Whether events are delivered automatically.
    delivering: AtomicBool,
}

/// Serves until the future is dropped.
///
/// # Errors
/// If the state cannot be read or the listener fails.
pub async fn serve(listener: TcpListener, settings: Settings) -> anyhow::Result<()> {
    let address = listener.local_addr()?;
    let origin = settings.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    let server = Arc::new(Server {
        store: Store::open(&settings.data_dir)?,
        origin: origin.trim_end_matches('/').to_owned(),
        settings,
        http: reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?,
        news: Notify::new(),
        delivering: AtomicBool::new(true),
    });
    let app = Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .merge(api::routes(&server))
        .merge(pages::routes())
        .merge(control::routes())
        .with_state(server.clone());
    let served = async { axum::serve(listener, app).await };
    tokio::select! {
        done = served => Ok(done?),
        () = webhooks::deliver(&server) => Ok(()),
    }
}

impl Server {
    /// Changes the state, and wakes the delivery of the resulting events.
    fn change<T>(&self, change: impl FnOnce(&mut Change<'_>) -> T) -> T {
        let outcome = self.store.change(|state| {
            change(&mut Change {
                state,
                settings: &self.settings,
                origin: &self.origin,
                now_millis: now_millis(),
            })
        });
        self.news.notify_one();
        outcome
    }

    /// Reads the state, with a writer of objects.
    fn read<T>(&self, look: impl FnOnce(&State, &Objects<'_>) -> T) -> T {
        let objects =
            Objects { settings: &self.settings, origin: &self.origin, now: now_millis() / 1000 };
        self.store.read(|state| look(state, &objects))
    }

    fn is_delivering(&self) -> bool {
        self.delivering.load(Ordering::Relaxed)
    }
}

/// The current time, in Unix milliseconds.
fn now_millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
