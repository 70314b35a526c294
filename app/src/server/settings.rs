//! The web process's settings: flags or environment variables.

use clap::Parser;
use gas_backend::mail::UnsubscribeKey;
use gas_backend::stripe::StripeSettings;
use gas_backend::{Deployment, PublicUrl, Secret};
use std::path::PathBuf;
use std::str::FromStr;

/// The GAS web server.
#[derive(Parser, Clone, Debug)]
#[command(version)]
pub struct Settings {
    /// Address and port to listen on.
    #[arg(long, env = "GAS_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// Where browsers reach this server, without a path, such as https://gas.example.org
    #[arg(long, env = "GAS_PUBLIC_URL", value_parser = PublicUrl::from_str)]
    pub public_url: PublicUrl,
    /// The OpenID provider, such as https://auth.globus.org
    #[arg(long, env = "GAS_OIDC_ISSUER")]
    pub oidc_issuer: String,
    /// This service's client id at the provider.
    #[arg(long, env = "GAS_OIDC_CLIENT_ID")]
    pub oidc_client_id: String,
    /// This service's client secret at the provider.
    #[arg(long, env = "GAS_OIDC_CLIENT_SECRET", hide_env_values = true)]
    pub oidc_client_secret: Secret,
    /// Where sign-out goes on to end the provider's own session, such as
    /// https://auth.globus.org/v2/web/logout; without it sign-out ends at the home page.
    #[arg(long, env = "GAS_OIDC_LOGOUT_URL")]
    pub oidc_logout_url: Option<String>,
    /// How Stripe is reached.
    #[command(flatten)]
    pub stripe: StripeSettings,
    /// The signing secret of the webhook endpoint, which begins with whsec_
    #[arg(long, env = "GAS_STRIPE_WEBHOOK_SECRET", hide_env_values = true)]
    pub stripe_webhook_secret: Secret,
    /// The key with which browsers begin a checkout; one of a test account begins with pk_test_
    #[arg(long, env = "GAS_STRIPE_PUBLISHABLE_KEY")]
    pub stripe_publishable_key: String,
    /// Stripe.js, of a release that has createEmbeddedCheckoutPage.
    #[arg(
        long,
        env = "GAS_STRIPE_JS_URL",
        default_value = "https://js.stripe.com/dahlia/stripe.js"
    )]
    pub stripe_js_url: String,
    /// The key of unsubscribe links: 32 characters or more, the same as the utility node's.
    #[arg(long, env = "GAS_UNSUBSCRIBE_KEY", hide_env_values = true)]
    pub unsubscribe_key: UnsubscribeKey,
    /// The reference bundle's folder, as the workers have it: the genome browser draws its genes.
    /// Without it there are none.
    #[arg(long, env = "GAS_REFERENCE_BUNDLE")]
    pub reference_bundle: Option<PathBuf>,
    /// The AWS region of the buckets, which users are told.
    #[arg(long, env = "AWS_REGION")]
    pub region: String,
    /// The AWS resources and the database.
    #[command(flatten)]
    pub deployment: Deployment,
}
