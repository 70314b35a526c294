//! The settings of billing. A deployment sells Premium with all settings of Stripe, or has no billing and needs none.

use clap::error::ErrorKind;
use clap::{ArgMatches, Args, Command, FromArgMatches, ValueEnum};
use gas_backend::Secret;
use gas_backend::stripe::StripeSettings;

/// How users get Premium.
#[derive(Clone, Debug)]
pub enum BillingSettings {
    /// They subscribe to it.
    Stripe(Box<StripeBilling>),
    /// Every user has it.
    None,
}

/// All that is needed to sell Premium.
#[derive(Clone, Debug)]
pub struct StripeBilling {
    /// The connection to Stripe.
    pub api: StripeSettings,
    /// The secret with which Stripe signs its webhook calls.
    pub webhook_secret: Secret,
    /// The key with which browsers start a checkout.
    pub publishable_key: String,
    /// The URL of Stripe.js.
    pub js_url: String,
}

impl BillingSettings {
    /// The settings of Stripe. `None` if every user has Premium.
    pub fn stripe(&self) -> Option<&StripeBilling> {
        match self {
            Self::Stripe(stripe) => Some(stripe),
            Self::None => None,
        }
    }
}

/// The values of `GAS_BILLING`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Provider {
    /// Premium is a subscription at Stripe, whose settings are required.
    Stripe,
    /// Every user has Premium. No setting of Stripe is needed.
    None,
}

/// The settings as they are given.
#[derive(Args)]
struct Given {
    /// How users get Premium
    #[arg(long, env = "GAS_BILLING", value_enum, default_value_t = Provider::Stripe)]
    billing: Provider,
    /// Secret key of the Stripe API. Keys of test mode begin with sk_test_ or rk_test_
    #[arg(long, env = "GAS_STRIPE_SECRET_KEY", hide_env_values = true)]
    stripe_secret_key: Option<Secret>,
    /// ID of the recurring price of Premium. Subscriptions to other prices are ignored
    #[arg(long, env = "GAS_STRIPE_PRICE_ID")]
    stripe_price_id: Option<String>,
    /// Signing secret of the Stripe webhook endpoint; starts with whsec_
    #[arg(long, env = "GAS_STRIPE_WEBHOOK_SECRET", hide_env_values = true)]
    stripe_webhook_secret: Option<Secret>,
    /// Publishable Stripe key, with which browsers start a checkout; starts with pk_test_ for a
    /// test account
    #[arg(long, env = "GAS_STRIPE_PUBLISHABLE_KEY")]
    stripe_publishable_key: Option<String>,
    /// URL of the Stripe API, with a trailing slash
    #[arg(long, env = "GAS_STRIPE_API_URL", default_value = "https://api.stripe.com/")]
    stripe_api_url: String,
    /// URL of Stripe.js. The release must support createEmbeddedCheckoutPage
    #[arg(
        long,
        env = "GAS_STRIPE_JS_URL",
        default_value = "https://js.stripe.com/dahlia/stripe.js"
    )]
    stripe_js_url: String,
}

impl TryFrom<Given> for BillingSettings {
    type Error = clap::Error;

    fn try_from(given: Given) -> Result<Self, clap::Error> {
        if given.billing == Provider::None {
            return Ok(Self::None);
        }
        Ok(Self::Stripe(Box::new(StripeBilling {
            api: StripeSettings {
                secret_key: required(given.stripe_secret_key, "GAS_STRIPE_SECRET_KEY")?,
                price_id: required(given.stripe_price_id, "GAS_STRIPE_PRICE_ID")?,
                api_url: given.stripe_api_url,
            },
            webhook_secret: required(given.stripe_webhook_secret, "GAS_STRIPE_WEBHOOK_SECRET")?,
            publishable_key: required(given.stripe_publishable_key, "GAS_STRIPE_PUBLISHABLE_KEY")?,
            js_url: given.stripe_js_url,
        })))
    }
}

fn required<T>(value: Option<T>, name: &str) -> Result<T, clap::Error> {
    let text = format!(
        "{name} is required to sell Premium; for a service without billing, set GAS_BILLING=none\n"
    );
    value.ok_or_else(|| clap::Error::raw(ErrorKind::MissingRequiredArgument, text))
}

impl Args for BillingSettings {
    fn augment_args(command: Command) -> Command {
        Given::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Given::augment_args_for_update(command)
    }
}

impl FromArgMatches for BillingSettings {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Given::from_arg_matches(matches)?.try_into()
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Settings {
        #[command(flatten)]
        billing: BillingSettings,
    }

    const STRIPE: [&str; 4] = [
        "--stripe-secret-key=sk_test_1",
        "--stripe-price-id=price_1",
        "--stripe-webhook-secret=whsec_1",
        "--stripe-publishable-key=pk_test_1",
    ];

    fn read(arguments: &[&str]) -> Result<BillingSettings, clap::Error> {
        let arguments = std::iter::once("gas-web").chain(arguments.iter().copied());
        Settings::try_parse_from(arguments).map(|settings| settings.billing)
    }

    #[test]
    fn a_service_without_billing_needs_no_setting_of_stripe() {
        assert!(read(&["--billing=none"]).unwrap().stripe().is_none());
        assert!(read(&["--billing", "free"]).is_err());
    }

    #[test]
    fn a_service_that_sells_premium_needs_each_setting_of_stripe() {
        let settings = read(&STRIPE).unwrap();
        assert_eq!(settings.stripe().unwrap().api.price_id, "price_1");
        for missing in 0..STRIPE.len() {
            let mut given = STRIPE.to_vec();
            let name = given.remove(missing).split('=').next().unwrap();
            let variable = format!("GAS_{}", name[2..].replace('-', "_").to_uppercase());
            let error = read(&given).unwrap_err().to_string();
            assert!(error.contains(&variable) && error.contains("GAS_BILLING=none"), "{error}");
        }
    }
}
