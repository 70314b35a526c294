//! The GAS web application.
//!
//! One crate, two programs: with feature `web` the pages compiled to WASM, with feature `server`
//! the axum server that renders the same pages, answers their server functions ([`api`]) and
//! signs users in. Pages see `gas-shared` only; whatever touches AWS, PostgreSQL or the identity
//! provider is under `server`.

mod account;
mod api;
mod app;
mod browser;
mod charts;
mod clock;
mod components;
mod error;
mod format;
mod live;
mod log_search;
mod pages;
#[cfg(feature = "server")]
mod server;
mod toasts;
mod upload;

#[cfg(feature = "server")]
fn main() -> anyhow::Result<()> {
    server::main()
}

#[cfg(not(feature = "server"))]
fn main() {
    dioxus::launch(app::App);
}
