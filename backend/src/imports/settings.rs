//! The settings of imports, which web processes and utility nodes have in common.

use crate::public_address::Targets;
use clap::Args;

/// Settings of processes that read files from URLs of users.
#[derive(Args, Clone, Copy, Debug)]
pub struct ImportSettings {
    /// Allow imports from URLs without TLS and at addresses that are not public. For the local stack only: on a server,
    /// users could reach its private network.
    #[arg(long, env = "GAS_IMPORTS_FROM_ANY_ADDRESS")]
    pub imports_from_any_address: bool,
}

impl ImportSettings {
    /// The hosts that URLs of files may have.
    pub const fn targets(self) -> Targets {
        if self.imports_from_any_address { Targets::Any } else { Targets::Public }
    }

    /// Logs a warning if users may reach the private network.
    pub fn warn_of_private_addresses(self) {
        if self.imports_from_any_address {
            tracing::warn!(
                "files at URLs are read from private addresses, too (GAS_IMPORTS_FROM_ANY_ADDRESS)"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_runtime::LogCapture;

    #[test]
    fn processes_that_may_read_from_the_private_network_warn() {
        let log = LogCapture::start();
        ImportSettings { imports_from_any_address: false }.warn_of_private_addresses();
        assert_eq!(log.lines(), Vec::<String>::new());
        ImportSettings { imports_from_any_address: true }.warn_of_private_addresses();
        let lines = log.lines();
        assert!(lines.concat().contains("GAS_IMPORTS_FROM_ANY_ADDRESS"), "{lines:?}");
    }
}
