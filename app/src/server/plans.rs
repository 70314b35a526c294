//! Periodic checks: plans that change without a Stripe event, accounts that are being closed, and
//! Stripe events that are no longer needed.

use gas_backend::usecases::{check_plans, close_accounts, delete_old_stripe_events};
use gas_backend::{Billing, chain};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The interval between checks. A grace period can end later by at most this much.
const CHECK_EVERY: Duration = Duration::from_secs(60);

/// Checks for plans that are due and accounts to close until shutdown. Every web process runs this;
/// the first to find a change applies it.
pub async fn check(billing: Billing, shutdown: CancellationToken) {
    let mut every = tokio::time::interval(CHECK_EVERY);
    while shutdown.run_until_cancelled(every.tick()).await.is_some() {
        match check_plans(&billing).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "checked plans"),
            Err(error) => tracing::warn!(error = %chain(&error), "failed to check plans"),
        }
        if let Err(error) = delete_old_stripe_events(&billing).await {
            tracing::warn!(error = %chain(&error), "failed to delete old Stripe events");
        }
        match close_accounts(&billing).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "closed the billing of accounts"),
            Err(error) => tracing::warn!(error = %chain(&error), "failed to close accounts"),
        }
    }
}
