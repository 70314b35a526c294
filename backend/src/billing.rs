//! The ports of processes that handle payments, bundled.

use crate::ports::{BillingStore, Payments, PortResult};
use crate::postgres::PostgresBilling;
use crate::stripe::{Stripe, StripeSettings};
use crate::{Gas, Offer};
use std::sync::Arc;

/// Everything a use-case about plans and payments needs. Cheap to clone.
#[derive(Clone)]
pub struct Billing {
    /// The ports of all use-cases.
    pub gas: Gas,
    /// Customers, plans and events in PostgreSQL.
    pub store: Arc<dyn BillingStore>,
    /// How users get Premium.
    pub model: BillingModel,
}

/// How users get Premium.
#[derive(Clone)]
pub enum BillingModel {
    /// They subscribe to it.
    Subscription(Sales),
    /// Every user has it, and nothing is sold.
    Everyone,
}

/// The payment provider, and what it sells.
#[derive(Clone)]
pub struct Sales {
    /// Stripe.
    pub payments: Arc<dyn Payments>,
    /// The subscription that gives Premium.
    pub offer: Arc<Offer>,
}

impl Billing {
    /// Builds the adapters of a deployment, which sells Premium if it has settings of Stripe. It makes no request.
    /// `origin` is the origin of the web server, without a trailing slash.
    ///
    /// # Errors
    /// If the settings are invalid.
    pub fn connect(
        gas: Gas,
        settings: Option<&StripeSettings>,
        origin: &str,
        pool: &sqlx::PgPool,
    ) -> PortResult<Self> {
        let model = match settings {
            Some(settings) => BillingModel::Subscription(Sales {
                payments: Arc::new(Stripe::new(settings, origin)?),
                offer: Arc::new(settings.offer()),
            }),
            None => BillingModel::Everyone,
        };
        Ok(Self { gas, store: Arc::new(PostgresBilling::new(pool.clone())), model })
    }

    /// The payment provider and the offer. `None` if every user has Premium.
    pub fn sales(&self) -> Option<&Sales> {
        match &self.model {
            BillingModel::Subscription(sales) => Some(sales),
            BillingModel::Everyone => None,
        }
    }
}
