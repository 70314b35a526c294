//! Role `erase`: users who leave.

use crate::shutdown::Shutdown;
use gas_backend::usecases::{Erased, erase_accounts};
use gas_backend::{Gas, chain};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// How often accounts that are being deleted are looked for; mostly there are none, and that is told
/// by an index.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// Works on accounts that are being deleted, until shutdown.
pub(crate) async fn run(gas: Gas, shutdown: &Shutdown) {
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = shutdown.requested() => return,
        }
        // May be broken off at any point: the next round goes on.
        let erased = tokio::select! {
            erased = erase_accounts(&gas) => erased,
            () = shutdown.due() => return,
        };
        match erased {
            Ok(erased) if erased == Erased::default() => {}
            Ok(erased) => tracing::info!(?erased, "accounts are being deleted"),
            Err(error) => tracing::error!(error = %chain(&error), "leaving users not found"),
        }
    }
}
