//! The settings of the server: flags or environment variables.

use clap::Parser;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// An emulator of the Amazon Glacier vault API for the local stack.
#[derive(Parser, Clone, Debug)]
#[command(version)]
pub struct Settings {
    /// The address and port to listen on; port 0 selects a free port.
    #[arg(long, env = "GLACIER_LISTEN", default_value = "127.0.0.1:4567")]
    pub listen: SocketAddr,
    /// The data folder. It is created if it is missing.
    #[arg(long, env = "GLACIER_DATA_DIR")]
    pub data_dir: PathBuf,
    /// The account that owns the vaults. Requests contain this id or "-".
    #[arg(long, env = "GLACIER_ACCOUNT_ID", default_value = "000000000000")]
    pub account_id: String,
    /// The region in ARNs.
    #[arg(long, env = "AWS_REGION", default_value = "us-east-1")]
    pub region: String,
    /// The duration of an expedited retrieval, in seconds.
    #[arg(long, env = "GLACIER_EXPEDITED_SECS", default_value_t = 2)]
    pub expedited_secs: u32,
    /// The duration of a standard retrieval, in seconds.
    #[arg(long, env = "GLACIER_STANDARD_SECS", default_value_t = 5)]
    pub standard_secs: u32,
    /// The duration of a bulk retrieval, in seconds.
    #[arg(long, env = "GLACIER_BULK_SECS", default_value_t = 10)]
    pub bulk_secs: u32,
}

impl Settings {
    /// The duration of retrievals of this tier.
    pub fn delay(&self, tier: crate::records::Tier) -> Duration {
        use crate::records::Tier;
        Duration::from_secs(u64::from(match tier {
            Tier::Expedited => self.expedited_secs,
            Tier::Standard => self.standard_secs,
            Tier::Bulk => self.bulk_secs,
        }))
    }
}
