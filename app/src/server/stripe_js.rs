//! What browsers need of Stripe.

use super::settings::Settings;
use gas_backend::ports::OpenCheckout;
use gas_shared::billing::Checkout;

/// Stripe.js, and GAS's public name there.
pub struct StripeJs {
    script_url: String,
    publishable_key: String,
}

impl StripeJs {
    /// As the settings say.
    pub fn new(settings: &Settings) -> Self {
        Self {
            script_url: settings.stripe_js_url.clone(),
            publishable_key: settings.stripe_publishable_key.clone(),
        }
    }

    /// All that a page needs to show a checkout.
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
