//! Role `reconcile`: a look at what is overdue, every few minutes.

use crate::shutdown::Shutdown;
use gas_backend::usecases::{check_plans, reconcile, resend_mails};
use gas_backend::{Billing, Notifier, chain};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// Looks until shutdown.
pub(crate) async fn run(
    billing: Billing,
    notifier: Notifier,
    every: Duration,
    shutdown: &Shutdown,
) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = shutdown.requested() => return,
        }
        match reconcile(&billing.gas).await {
            Ok(round) if round.repaired + round.failed == 0 => {}
            Ok(round) => tracing::info!(?round, "reconciled"),
            Err(error) => tracing::error!(error = %chain(&error), "not reconciled"),
        }
        if let Err(error) = check_plans(&billing).await {
            tracing::error!(error = %chain(&error), "plans were not checked");
        }
        match resend_mails(&notifier).await {
            Ok(0) => {}
            Ok(sent) => tracing::info!(sent, "mails sent late"),
            Err(error) => tracing::error!(error = %chain(&error), "unsent mails not found"),
        }
    }
}
