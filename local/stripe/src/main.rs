//! `gas-local-stripe`: the part of Stripe that GAS uses, for the local stack.

use anyhow::Context;
use clap::Parser;
use gas_local_stripe::{Settings, serve};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Plays the part of Stripe that GAS uses.
#[derive(Parser, Debug)]
#[command(version)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false);
    log.with_env_filter(filter).init();
    let listen = cli.settings.listen;
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("failed to listen on {listen} (see --listen)"))?;
    let mut terminate = signal(SignalKind::terminate()).context("failed to watch SIGTERM")?;
    tracing::info!(%listen, "stripe ready");
    // Every change is on disk before it is answered, so nothing is left to do at the end.
    tokio::select! {
        done = serve(listener, cli.settings) => done,
        _ = terminate.recv() => Ok(()),
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}
