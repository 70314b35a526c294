//! What every request handler can reach.

use super::genome::Genes;
use super::live::Hub;
use super::security::Policies;
use super::settings::Settings;
use super::sign_in::Provider;
use super::stripe_js::StripeJs;
use super::unsubscribe::Unsubscriber;
use super::webhooks::ThawEndpoint;
use gas_backend::usecases::{Explorers, JobLists, QueueBoard};
use gas_backend::{Billing, Gas, PublicUrl, Secret};
use gas_shared::upload::UploadSettings;
use std::sync::Arc;

/// Memory for what was read of the results that users explore, in bytes: some six results of a
/// million records at once.
const EXPLORER_CACHE_BYTES: u64 = 128 << 20;

/// The web process's state; cheap to clone.
#[derive(Clone)]
pub struct Web {
    /// The ports that use-cases take.
    pub gas: Gas,
    /// Live events on their way to browsers.
    pub hub: Hub,
    /// The OpenID provider.
    pub provider: Arc<Provider>,
    /// The response headers that keep pages safe.
    pub policies: Arc<Policies>,
    /// What use-cases about payments take.
    pub billing: Billing,
    /// What browsers need of Stripe.
    pub stripe_js: Arc<StripeJs>,
    /// With what Stripe signs its webhook calls.
    pub stripe_webhook_secret: Secret,
    /// What SNS calls when archived results are to come back.
    pub thaw: Arc<ThawEndpoint>,
    /// The results that users explore.
    pub explorers: Explorers,
    /// The jobs of users who look at their lists.
    pub lists: JobLists,
    /// The queue for the workers.
    pub board: QueueBoard,
    /// The genes of the reference.
    pub genes: Genes,
    /// What ends mail about jobs.
    pub unsubscriber: Unsubscriber,
    /// This service's own origin.
    pub public_url: PublicUrl,
    /// The AWS region of the buckets.
    pub region: Arc<str>,
}

impl Web {
    /// Puts the state together. The provider is called when it is first needed.
    ///
    /// # Errors
    /// Where the HTTP client cannot be made or the object store cannot sign.
    pub async fn new(
        billing: Billing,
        hub: Hub,
        thaw: ThawEndpoint,
        unsubscriber: Unsubscriber,
        settings: &Settings,
    ) -> anyhow::Result<Self> {
        let gas = billing.gas.clone();
        let policies = Policies::new(&gas, settings).await?;
        Ok(Self {
            provider: Arc::new(Provider::new(settings)?),
            policies: Arc::new(policies),
            stripe_js: Arc::new(StripeJs::new(settings)),
            stripe_webhook_secret: settings.stripe_webhook_secret.clone(),
            thaw: Arc::new(thaw),
            explorers: Explorers::new(EXPLORER_CACHE_BYTES),
            lists: hub.lists.clone(),
            board: hub.board.clone(),
            genes: Genes::new(settings.reference_bundle.clone()),
            unsubscriber,
            public_url: settings.public_url.clone(),
            region: settings.region.as_str().into(),
            billing,
            gas,
            hub,
        })
    }

    /// What becomes of files that are uploaded.
    pub fn upload_terms(&self) -> UploadSettings {
        UploadSettings {
            region: self.region.as_ref().to_owned(),
            free_window_secs: self.gas.retention.free_window_secs,
        }
    }
}
