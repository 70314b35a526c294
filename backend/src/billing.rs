//! The ports of processes that handle payments, bundled.

use crate::Gas;
use crate::ports::{BillingStore, Payments, PortResult};
use crate::postgres::PostgresBilling;
use crate::stripe::{Stripe, StripeSettings};
use std::sync::Arc;

/// Everything a use-case about payments needs. Cheap to clone.
#[derive(Clone)]
pub struct Billing {
    /// The ports of all use-cases.
    pub gas: Gas,
    /// Stripe.
    pub payments: Arc<dyn Payments>,
    /// Customers, plans and events in PostgreSQL.
    pub store: Arc<dyn BillingStore>,
    /// The subscription that gives Premium.
    pub offer: Arc<Offer>,
}

/// The properties of a subscription that gives Premium.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Stripe's id of the Premium price.
    pub price_id: String,
    /// Whether the subscription must be of Stripe's live mode.
    pub livemode: bool,
}

impl Billing {
    /// Builds the adapters of a deployment. It makes no request. `origin` is the origin of the web
    /// server, without a trailing slash.
    ///
    /// # Errors
    /// If the settings are invalid.
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
