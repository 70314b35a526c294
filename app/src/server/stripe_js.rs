//! The Stripe settings that a browser needs to show a checkout.

use super::settings::Settings;
use gas_backend::ports::OpenCheckout;
use gas_shared::billing::Checkout;

/// The URL of Stripe.js and this service's publishable key.
pub struct StripeJs {
    script_url: String,
    publishable_key: String,
}

impl StripeJs {
    /// Takes the values from the settings.
    pub fn new(settings: &Settings) -> Self {
        Self {
            script_url: settings.stripe_js_url.clone(),
            publishable_key: settings.stripe_publishable_key.clone(),
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
