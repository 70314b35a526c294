//! The GAS web application.
//!
//! This crate compiles to two programs: with feature `web` to the pages as a WASM module, with feature
//! `server` to the axum server that renders the same pages, runs their server functions ([`api`]) and
//! signs users in. Pages depend on `gas-shared` only; everything that uses AWS, PostgreSQL or the
//! identity provider is in `server`, everything that only a browser can do in [`browser`].

mod account;
mod announcer;
mod api;
mod app;
mod browser;
mod charts;
mod clock;
mod components;
mod deletions;
mod error;
mod format;
mod help_topic;
mod live;
mod log_search;
mod page_modules;
mod pages;
mod record_access;
mod result_address;
#[cfg(feature = "server")]
mod server;
mod shared_part;
mod toasts;
mod upload;

#[cfg(feature = "server")]
fn main() -> anyhow::Result<()> {
    server::main()
}

#[cfg(not(feature = "server"))]
fn main() {
    browser::start(page_modules::load_page_at, || dioxus::launch(app::App));
}
