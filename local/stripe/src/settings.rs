//! The settings of the server: flags or environment variables.

use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The settings.
#[derive(Args, Clone, Debug)]
pub struct Settings {
    /// The address and port to listen on.
    #[arg(long, default_value = "127.0.0.1:4600")]
    pub listen: SocketAddr,
    /// The URL at which browsers reach this server [default: the address to listen on].
    #[arg(long)]
    pub public_url: Option<String>,
    /// The URL to which events are delivered, such as http://127.0.0.1:8080/webhooks/stripe
    #[arg(long)]
    pub webhook_url: String,
    /// The secret that signs events.
    #[arg(long, default_value = "whsec_local")]
    pub webhook_secret: String,
    /// The secret key that API calls must contain.
    #[arg(long, default_value = "sk_test_local")]
    pub secret_key: String,
    /// The publishable key that pages must contain.
    #[arg(long, default_value = "pk_test_local")]
    pub publishable_key: String,
    /// The origin whose pages may embed a checkout, such as http://127.0.0.1:8080
    #[arg(long)]
    pub app_origin: String,
    /// The folder for the state.
    #[arg(long)]
    pub data_dir: PathBuf,
    /// The id of the only price, which is billed monthly.
    #[arg(long, default_value = "price_gas_premium")]
    pub price_id: String,
    /// The price in US cents.
    #[arg(long, default_value_t = 900)]
    pub price_cents: i64,
}
