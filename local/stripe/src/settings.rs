//! The settings: flags or environment variables.

use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;

/// How the server is set up.
#[derive(Args, Clone, Debug)]
pub struct Settings {
    /// Address and port to listen on.
    #[arg(long, default_value = "127.0.0.1:4600")]
    pub listen: SocketAddr,
    /// Where browsers reach this server; by default the address it listens on.
    #[arg(long)]
    pub public_url: Option<String>,
    /// Where events are delivered to, such as http://127.0.0.1:8080/webhooks/stripe
    #[arg(long)]
    pub webhook_url: String,
    /// With what they are signed.
    #[arg(long, default_value = "whsec_local")]
    pub webhook_secret: String,
    /// The key that API calls must carry.
    #[arg(long, default_value = "sk_test_local")]
    pub secret_key: String,
    /// The key that pages must carry.
    #[arg(long, default_value = "pk_test_local")]
    pub publishable_key: String,
    /// The origin whose pages may embed a checkout, such as http://127.0.0.1:8080
    #[arg(long)]
    pub app_origin: String,
    /// The folder that keeps the state.
    #[arg(long)]
    pub data_dir: PathBuf,
    /// The id of the one price that can be bought, monthly.
    #[arg(long, default_value = "price_gas_premium")]
    pub price_id: String,
    /// What it costs, in US cents.
    #[arg(long, default_value_t = 900)]
    pub price_cents: i64,
}
