//! Role `reconcile`: repairs overdue jobs, acts on overdue private references, sends overdue mails, deletes old deliveries of
//! webhooks, old imports and the queues of dead web processes, every few minutes. The web
//! processes check the plans, because only they have the keys of Stripe.

use gas_backend::aws::EventQueueReaper;
use gas_backend::usecases::{
    LoggedFailures, Tended, delete_old_deliveries, delete_old_imports, reconcile, resend_mails,
    tend_private_references,
};
use gas_backend::{Gas, Notifier, chain};
use gas_runtime::Shutdown;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// Reconciles until shutdown.
pub(crate) async fn run(
    gas: Gas,
    notifier: Notifier,
    reaper: EventQueueReaper,
    every: Duration,
    shutdown: &Shutdown,
) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut logged = LoggedFailures::default();
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = shutdown.requested() => return,
        }
        match reconcile(&gas, &mut logged).await {
            Ok(round) if round.repaired + round.failed == 0 => {}
            Ok(round) => tracing::info!(
                repaired = round.repaired,
                failed = round.failed,
                "overdue jobs handled"
            ),
            Err(error) => tracing::error!(error = %chain(&error), "overdue jobs cannot be read"),
        }
        match resend_mails(&notifier).await {
            Ok(0) => {}
            Ok(sent) => tracing::info!(sent, "overdue mails sent"),
            Err(error) => tracing::error!(error = %chain(&error), "unsent mails cannot be read"),
        }
        match tend_private_references(&gas).await {
            Ok(tended) if tended == Tended::default() => {}
            Ok(tended) => tracing::info!(?tended, "overdue private references handled"),
            Err(error) => {
                tracing::error!(error = %chain(&error), "overdue private references cannot be read");
            }
        }
        if let Err(error) = delete_old_deliveries(&gas).await {
            tracing::error!(error = %chain(&error), "old deliveries of webhooks were not deleted");
        }
        if let Err(error) = delete_old_imports(&gas).await {
            tracing::error!(error = %chain(&error), "old imports were not deleted");
        }
        if let Err(error) = reaper.reap(gas.now()).await {
            tracing::error!(error = %chain(&error), "queues of dead web processes were not deleted");
        }
    }
}
