//! The state that request handlers share.

use super::downloads::Downloads;
use super::genome::Genes;
use super::live::Hub;
use super::security::Policies;
use super::settings::Settings;
use super::sign_in::Provider;
use super::stripe_web::StripeWeb;
use super::unsubscribe::Unsubscriber;
use super::webhooks::ThawEndpoint;
use gas_backend::imports::HttpFileSource;
use gas_backend::ports::{FileSource, OperatorQueues};
use gas_backend::public_address::Targets;
use gas_backend::query_pool::PoolLimits;
use gas_backend::usecases::{Explorers, JobLists, QueuePositions};
use gas_backend::{Billing, Gas, PublicUrl, Secret};
use gas_shared::cost::Prices;
use gas_shared::upload::UploadSettings;
use std::sync::Arc;

/// Size of the explorer's cache in bytes: enough for about six results of a million records.
const EXPLORER_CACHE_BYTES: u64 = 128 << 20;

/// Bytes of the results that stay open: some hundred human genomes.
const OPEN_RESULTS_BYTES: u64 = 64 << 20;

/// The web process's state; cheap to clone.
#[derive(Clone)]
pub struct Web {
    /// The ports that use cases need.
    pub gas: Gas,
    /// The queues, for operators.
    pub queues: Arc<dyn OperatorQueues>,
    /// Sends live events to browsers.
    pub hub: Hub,
    /// The OpenID provider.
    pub provider: Arc<Provider>,
    /// The security headers of responses.
    pub policies: Arc<Policies>,
    /// The ports that use cases about payments need.
    pub billing: Billing,
    /// Settings and events of Stripe. `None` if nothing is sold and every user has Premium.
    pub stripe: Option<Arc<StripeWeb>>,
    /// The endpoint that SNS calls when archived results are to be restored.
    pub thaw: Arc<ThawEndpoint>,
    /// The open results of the results explorer.
    pub explorers: Explorers,
    /// Cached job lists of users who have the list page open.
    pub lists: JobLists,
    /// The positions of jobs in the queue.
    pub queue_positions: QueuePositions,
    /// The genes of the references.
    pub genes: Genes,
    /// Handles unsubscribe links.
    pub unsubscriber: Unsubscriber,
    /// The hosts that webhooks of users may have.
    pub webhook_targets: Targets,
    /// The servers with files that users want to import.
    pub file_source: Arc<dyn FileSource>,
    /// The service's public URL.
    pub public_url: PublicUrl,
    /// The AWS region of the buckets.
    pub region: Arc<str>,
    /// The key of the content delivery network, if there is one.
    pub edge_key: Option<Secret>,
    /// The prices of what jobs use, for operators.
    pub prices: Prices,
    /// The programs that users can download.
    pub downloads: Downloads,
}

impl Web {
    /// Creates the state. The OpenID provider is contacted on first use.
    ///
    /// # Errors
    /// If the HTTP client or a thread cannot be created, a URL of the settings is invalid, or the object store
    /// cannot sign a link.
    pub async fn new(
        billing: Billing,
        queues: Arc<dyn OperatorQueues>,
        hub: Hub,
        thaw: ThawEndpoint,
        unsubscriber: Unsubscriber,
        genes: Genes,
        settings: &Settings,
    ) -> anyhow::Result<Self> {
        let gas = billing.gas.clone();
        let policies = Policies::new(&gas, settings).await?;
        settings.imports.warn_of_private_addresses();
        Ok(Self {
            provider: Arc::new(Provider::new(settings)?),
            policies: Arc::new(policies),
            stripe: settings.billing.stripe().map(|stripe| Arc::new(StripeWeb::new(stripe))),
            thaw: Arc::new(thaw),
            explorers: Explorers::new(
                EXPLORER_CACHE_BYTES,
                OPEN_RESULTS_BYTES,
                PoolLimits::default(),
            )?,
            lists: hub.lists.clone(),
            queue_positions: hub.queue_positions.clone(),
            genes,
            unsubscriber,
            webhook_targets: settings.webhooks.targets(),
            file_source: Arc::new(HttpFileSource::new(settings.imports.targets())?),
            public_url: settings.public_url.clone(),
            region: settings.region.as_str().into(),
            edge_key: settings.edge_key.clone(),
            prices: settings.prices.prices(),
            downloads: Downloads::new(settings.downloads_folder.clone()),
            billing,
            queues,
            gas,
            hub,
        })
    }

    /// The settings that the upload page shows.
    pub fn upload_settings(&self) -> UploadSettings {
        UploadSettings {
            region: self.region.as_ref().to_owned(),
            free_window_secs: self.gas.retention.free_window_secs,
        }
    }
}
