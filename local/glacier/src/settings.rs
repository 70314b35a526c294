//! The server's settings: flags or environment variables.

use clap::Parser;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// A small Amazon Glacier vault API for the local stack.
#[derive(Parser, Clone, Debug)]
#[command(version)]
pub struct Settings {
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, env = "GLACIER_LISTEN", default_value = "127.0.0.1:4567")]
    pub listen: SocketAddr,
    /// The folder that everything is kept in; made where it is missing.
    #[arg(long, env = "GLACIER_DATA_DIR")]
    pub data_dir: PathBuf,
    /// The account that owns the vaults; requests name it, or "-".
    #[arg(long, env = "GLACIER_ACCOUNT_ID", default_value = "000000000000")]
    pub account_id: String,
    /// The region that stands in ARNs.
    #[arg(long, env = "AWS_REGION", default_value = "us-east-1")]
    pub region: String,
    /// Seconds until an expedited retrieval is done.
    #[arg(long, env = "GLACIER_EXPEDITED_SECS", default_value_t = 2)]
    pub expedited_secs: u32,
    /// Seconds until a standard retrieval is done.
    #[arg(long, env = "GLACIER_STANDARD_SECS", default_value_t = 5)]
    pub standard_secs: u32,
    /// Seconds until a bulk retrieval is done.
    #[arg(long, env = "GLACIER_BULK_SECS", default_value_t = 10)]
    pub bulk_secs: u32,
}

impl Settings {
    /// How long retrievals of this tier take.
    pub fn delay(&self, tier: crate::records::Tier) -> Duration {
        use crate::records::Tier;
        Duration::from_secs(u64::from(match tier {
            Tier::Expedited => self.expedited_secs,
            Tier::Standard => self.standard_secs,
            Tier::Bulk => self.bulk_secs,
        }))
    }
}
