//! `gas-local-stripe`: the Stripe emulator of the local stack.

use anyhow::Context;
use clap::Parser;
use gas_local_stripe::{Settings, serve};
use gas_runtime::{LogFormat, init_logging, shutdown_signal};
use tokio::net::TcpListener;

/// Emulates the part of Stripe that GAS uses.
#[derive(Parser, Debug)]
#[command(version)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    init_logging(LogFormat::Text, "info");
    let listen = cli.settings.listen;
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("failed to listen on {listen} (see --listen)"))?;
    let signal = shutdown_signal().context("failed to listen for signals")?;
    tracing::info!(%listen, "stripe ready");
    // Every change is written to disk before its response, so there is nothing to clean up.
    tokio::select! {
        done = serve(listener, cli.settings) => done,
        () = signal => Ok(()),
    }
}
