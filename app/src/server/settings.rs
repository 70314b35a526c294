//! The web server's settings, from flags or environment variables.

use clap::Parser;
use gas_backend::mail::UnsubscribeKey;
use gas_backend::stripe::StripeSettings;
use gas_backend::{Database, Deployment, PublicUrl, Secret};
use std::path::PathBuf;
use std::str::FromStr;

/// The GAS web server.
#[derive(Parser, Clone, Debug)]
#[command(version)]
pub struct Settings {
    /// Address and port to listen on.
    #[arg(long, env = "GAS_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// URL at which browsers reach this server, without a path, such as https://gas.example.org
    #[arg(long, env = "GAS_PUBLIC_URL", value_parser = PublicUrl::from_str)]
    pub public_url: PublicUrl,
    /// Issuer URL of the OpenID provider, such as https://auth.globus.org
    #[arg(long, env = "GAS_OIDC_ISSUER")]
    pub oidc_issuer: String,
    /// Client id of this service at the OpenID provider.
    #[arg(long, env = "GAS_OIDC_CLIENT_ID")]
    pub oidc_client_id: String,
    /// Client secret of this service at the OpenID provider.
    #[arg(long, env = "GAS_OIDC_CLIENT_SECRET", hide_env_values = true)]
    pub oidc_client_secret: Secret,
    /// URL that ends the provider's own session after sign-out, such as
    /// https://auth.globus.org/v2/web/logout. Without it, sign-out returns to the home page.
    #[arg(long, env = "GAS_OIDC_LOGOUT_URL")]
    pub oidc_logout_url: Option<String>,
    /// The connection to Stripe.
    #[command(flatten)]
    pub stripe: StripeSettings,
    /// Signing secret of the Stripe webhook endpoint; starts with whsec_
    #[arg(long, env = "GAS_STRIPE_WEBHOOK_SECRET", hide_env_values = true)]
    pub stripe_webhook_secret: Secret,
    /// Publishable Stripe key, with which browsers start a checkout; starts with pk_test_ for a
    /// test account
    #[arg(long, env = "GAS_STRIPE_PUBLISHABLE_KEY")]
    pub stripe_publishable_key: String,
    /// URL of Stripe.js. The release must support createEmbeddedCheckoutPage.
    #[arg(
        long,
        env = "GAS_STRIPE_JS_URL",
        default_value = "https://js.stripe.com/dahlia/stripe.js"
    )]
    pub stripe_js_url: String,
    /// Key that signs unsubscribe links: at least 32 characters, the same key as on the utility
    /// node.
    #[arg(long, env = "GAS_UNSUBSCRIBE_KEY", hide_env_values = true)]
    pub unsubscribe_key: UnsubscribeKey,
    /// The number of event streams that this process keeps open, one for each browser that shows GAS.
    /// Further browsers get no live updates. Each needs about 20 KB of memory.
    #[arg(long, env = "GAS_MAX_EVENT_STREAMS", default_value_t = 4000)]
    pub max_event_streams: usize,
    /// Folder of the reference, the same as on the workers. The genome browser shows its genes;
    /// without it, no genes are shown.
    #[arg(long, env = "GAS_REFERENCE_BUNDLE")]
    pub reference_bundle: Option<PathBuf>,
    /// AWS region of the buckets, shown to users.
    #[arg(long, env = "AWS_REGION")]
    pub region: String,
    /// The AWS resources.
    #[command(flatten)]
    pub deployment: Deployment,
    /// The database.
    #[command(flatten)]
    pub database: Database,
}
