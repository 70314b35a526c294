//! Role `reconcile`: a look at what is overdue, every few minutes. Plans are looked at by the web
//! processes, which alone have the keys to Stripe.

use crate::shutdown::Shutdown;
use gas_backend::usecases::{reconcile, resend_mails};
use gas_backend::{Gas, Notifier, chain};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// Looks until shutdown.
pub(crate) async fn run(gas: Gas, notifier: Notifier, every: Duration, shutdown: &Shutdown) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = shutdown.requested() => return,
        }
        match reconcile(&gas).await {
            Ok(round) if round.repaired + round.failed == 0 => {}
            Ok(round) => tracing::info!(?round, "reconciled"),
            Err(error) => tracing::error!(error = %chain(&error), "not reconciled"),
        }
        match resend_mails(&notifier).await {
            Ok(0) => {}
            Ok(sent) => tracing::info!(sent, "mails sent late"),
            Err(error) => tracing::error!(error = %chain(&error), "unsent mails not found"),
        }
    }
}
