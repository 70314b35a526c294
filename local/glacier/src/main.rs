//! The Glacier emulator of the local stack: reads the settings and serves until SIGTERM or SIGINT.

use anyhow::Context;
use aws_config::BehaviorVersion;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use clap::Parser;
use gas_local_glacier::{Server, Settings};
use gas_runtime::{LogFormat, init_logging, shutdown_signal};

/// The log filter unless `RUST_LOG` is set.
const LOG_FILTER: &str = "warn,gas_local_glacier=info,gas_runtime=info";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let settings = Settings::parse();
    init_logging(LogFormat::Text, LOG_FILTER);
    let signal = shutdown_signal().context("failed to listen for signals")?;
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let aws = aws_config::defaults(BehaviorVersion::v2026_01_12()).http_client(http).load().await;
    let server = Server::start(settings, &aws).await?;
    tracing::info!(listen = %server.address(), "glacier ready");
    signal.await;
    server.stop().await
}
