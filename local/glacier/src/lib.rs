//! A small Amazon Glacier vault API for the local stack and the tests; no emulator has one.
//!
//! It answers the operations that GAS calls and those beside them, well enough for the official
//! SDK: vaults, archives in one request or in parts, retrieval jobs with tiers and byte ranges. A
//! job ends after seconds instead of hours; its topic then gets Glacier's message from SNS, which
//! is found by the standard environment of the SDK. All state is in one folder and survives a
//! kill. Bodies stream to and from the disk.
//!
//! It differs from AWS in what it leaves out: requests need no signature, and whoever reaches the
//! port may do everything; there are no inventories, vault notifications, locks, policies or tags;
//! uploads that are never completed stay until they are aborted.
//!
//! `/_control` is beside the API: `GET /_control/health`; `GET /_control/archives` lists what is
//! kept; `PUT /_control/expedited` with `{"capacity": false, "error":
//! "InsufficientCapacityException"}` (or `"PolicyEnforcedException"`) refuses expedited retrievals
//! until `{"capacity": true}` or a restart.

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

/// An SNS that does not answer in this time did not take the message.
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
    /// Takes the data folder into use and listens. `aws` leads to SNS.
    ///
    /// # Errors
    /// Where the folder or the address cannot be used.
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

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Finishes open requests and stops. Retrievals go on after the next start.
    ///
    /// # Errors
    /// Where serving had failed.
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
