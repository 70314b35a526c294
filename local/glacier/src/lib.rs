//! An emulator of the Amazon Glacier vault API, for the local stack and the tests. Other emulators
//! do not implement it.
//!
//! It implements the operations that GAS calls and related ones, compatible with the official SDK:
//! vaults, archives in one request or in parts, and retrieval jobs with tiers and byte ranges. A
//! job finishes after seconds instead of hours, and then Glacier's message is published to its
//! topic through SNS, which is found through the standard environment of the SDK. All state is in
//! one folder and survives a kill. Bodies are streamed to and from the disk.
//!
//! Differences from AWS: requests need no signature, and every client may do everything; there are
//! no inventories, vault notifications, locks, policies or tags; uploads that are never completed
//! stay until they are aborted.
//!
//! Control endpoints: `GET /_control/health`; `GET /_control/archives` lists the stored archives;
//! `PUT /_control/expedited` with `{"capacity": false, "error": "InsufficientCapacityException"}`
//! (or `"PolicyEnforcedException"`) rejects expedited retrievals until `{"capacity": true}` or a
//! restart.

mod api;
mod description;
mod disk;
mod error;
mod range;
mod records;
mod retrieval;
mod settings;
mod store;
mod tree_hash;

pub use settings::Settings;

use anyhow::Context;
use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The time limit for a request to SNS.
const SNS_TIMEOUT: Duration = Duration::from_secs(10);

/// A running server.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    http: JoinHandle<std::io::Result<()>>,
    retrieval: JoinHandle<()>,
}

impl Server {
    /// Opens the data folder and starts to listen. `aws` is the configuration of the SNS client.
    ///
    /// # Errors
    /// If the folder or the address cannot be used.
    pub async fn start(settings: Settings, aws: &SdkConfig) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(settings.listen)
            .await
            .with_context(|| format!("failed to listen on {}", settings.listen))?;
        let address = listener.local_addr()?;
        let folder = settings.data_dir.clone();
        let store = Store::open(settings)
            .await
            .with_context(|| format!("failed to use the folder {}", folder.display()))?;
        let store = Arc::new(store);
        let stop = CancellationToken::new();
        let retrieval = tokio::spawn(retrieval::run(store.clone(), sns_client(aws), stop.clone()));
        let serve = axum::serve(listener, api::router(store))
            .with_graceful_shutdown(stop.clone().cancelled_owned());
        let http = tokio::spawn(serve.into_future());
        Ok(Self { address, stop, http, retrieval })
    }

    /// The address on which the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Completes open requests and stops. Retrievals continue after the next start.
    ///
    /// # Errors
    /// If the server had failed.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.stop.cancel();
        self.retrieval.await.context("the retrieval task panicked")?;
        self.http.await.context("the server panicked")?.context("failed to serve")
    }
}

fn sns_client(aws: &SdkConfig) -> aws_sdk_sns::Client {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(SNS_TIMEOUT).build();
    let config = aws_sdk_sns::config::Builder::from(aws).timeout_config(timeouts).build();
    aws_sdk_sns::Client::from_conf(config)
}
