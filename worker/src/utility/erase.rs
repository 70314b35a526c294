//! Role `erase`: erases closed accounts.

use gas_backend::usecases::{Erased, erase_accounts};
use gas_backend::{Gas, chain};
use gas_runtime::Shutdown;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// The pause between two rounds. A round without closed accounts is one query of an index.
const ROUND_EVERY: Duration = Duration::from_secs(15);

/// Erases closed accounts until shutdown.
pub(crate) async fn run(gas: Gas, shutdown: &Shutdown) {
    let mut ticks = interval(ROUND_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = shutdown.requested() => return,
        }
        // A round may be interrupted at any point; the next one continues.
        let erased = tokio::select! {
            erased = erase_accounts(&gas) => erased,
            () = shutdown.due() => return,
        };
        match erased {
            Ok(erased) if erased == Erased::default() => {}
            Ok(erased) => tracing::info!(?erased, "closed accounts handled"),
            Err(error) => tracing::error!(error = %chain(&error), "closed accounts cannot be read"),
        }
    }
}
