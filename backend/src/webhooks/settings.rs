//! The settings of webhooks, which web processes and utility nodes have in common.

use crate::public_address::Targets;
use clap::Args;

/// Settings of processes that store or call webhooks.
#[derive(Args, Clone, Copy, Debug)]
pub struct WebhookSettings {
    /// Allow webhooks without TLS and at addresses that are not public. For the local stack only: on a server, users
    /// could reach its private network.
    #[arg(long, env = "GAS_WEBHOOKS_TO_ANY_ADDRESS")]
    pub webhooks_to_any_address: bool,
}

impl WebhookSettings {
    /// The hosts that webhooks may have.
    pub const fn targets(self) -> Targets {
        if self.webhooks_to_any_address { Targets::Any } else { Targets::Public }
    }
}
