//! The ports of the processes that deal with payments, bundled.

use crate::Gas;
use crate::ports::{BillingStore, Payments, PortResult};
use crate::postgres::PostgresBilling;
use crate::stripe::{Stripe, StripeSettings};
use std::sync::Arc;

/// Everything that use-cases about payments need. Cheap to clone.
#[derive(Clone)]
pub struct Billing {
    /// The rest of GAS.
    pub gas: Gas,
    /// Stripe.
    pub payments: Arc<dyn Payments>,
    /// What is kept of it.
    pub store: Arc<dyn BillingStore>,
    /// What counts as Premium.
    pub offer: Arc<Offer>,
}

/// What a subscription must be like to count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The id of the Premium price.
    pub price_id: String,
    /// Whether real money must be paid.
    pub livemode: bool,
}

impl Billing {
    /// The adapters of a deployment. Nothing is called yet. `origin` is where browsers reach GAS,
    /// without a slash at the end.
    ///
    /// # Errors
    /// Where the settings cannot be used.
    pub fn connect(
        gas: Gas,
        settings: &StripeSettings,
        origin: &str,
        pool: &sqlx::PgPool,
    ) -> PortResult<Self> {
        Ok(Self {
            gas,
            payments: Arc::new(Stripe::new(settings, origin)?),
            store: Arc::new(PostgresBilling::new(pool.clone())),
            offer: Arc::new(settings.offer()),
        })
    }
}
