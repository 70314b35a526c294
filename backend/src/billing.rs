//! The ports of processes that handle payments, bundled.

use crate::ports::{BillingStore, Payments, PortResult};
use crate::postgres::PostgresBilling;
use crate::stripe::{Stripe, StripeSettings};
use crate::{Gas, Offer};
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
