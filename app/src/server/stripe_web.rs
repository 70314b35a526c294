//! What the web server needs to sell Premium: the settings for a browser that shows a checkout, and the events of
//! Stripe.

use super::billing_settings::StripeBilling;
use gas_backend::Secret;
use gas_backend::ports::OpenCheckout;
use gas_shared::billing::Checkout;
use tokio::sync::Notify;

/// The state of a web process that sells Premium.
pub struct StripeWeb {
    script_url: String,
    publishable_key: String,
    /// The key with which Stripe signs its webhook calls.
    pub webhook_secret: Secret,
    /// Wakes the task that handles stored events.
    pub events: Notify,
}

impl StripeWeb {
    /// Takes the values from the settings.
    pub fn new(settings: &StripeBilling) -> Self {
        Self {
            script_url: settings.js_url.clone(),
            publishable_key: settings.publishable_key.clone(),
            webhook_secret: settings.webhook_secret.clone(),
            events: Notify::new(),
        }
    }

    /// Returns what a page needs to show an open checkout.
    pub fn checkout(&self, open: OpenCheckout) -> Checkout {
        match open {
            OpenCheckout::Embedded { client_secret } => Checkout::Embedded {
                script_url: self.script_url.clone(),
                publishable_key: self.publishable_key.clone(),
                client_secret,
            },
            OpenCheckout::Hosted { url } => Checkout::Hosted { url },
        }
    }
}
