//! What every request handler can reach.

use super::live::Hub;
use super::security::Policies;
use super::settings::Settings;
use super::sign_in::Provider;
use gas_backend::{Gas, PublicUrl};
use std::sync::Arc;

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
    /// This service's own origin.
    pub public_url: PublicUrl,
}

impl Web {
    /// Puts the state together. The provider is called when it is first needed.
    ///
    /// # Errors
    /// Where the HTTP client cannot be made or the object store cannot sign.
    pub async fn new(gas: Gas, hub: Hub, settings: &Settings) -> anyhow::Result<Self> {
        let policies = Policies::new(&gas, settings).await?;
        Ok(Self {
            provider: Arc::new(Provider::new(settings)?),
            policies: Arc::new(policies),
            public_url: settings.public_url.clone(),
            gas,
            hub,
        })
    }
}
