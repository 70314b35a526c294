//! Plans that change without an event of Stripe's, and accounts that end.

use gas_backend::usecases::{check_plans, close_accounts};
use gas_backend::{Billing, chain};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How late a grace period may end.
const CHECK_EVERY: Duration = Duration::from_secs(60);

/// Looks for plans that are due, and for accounts to close, now and then until shutdown. All web processes do; whichever comes
/// first does the work.
pub async fn check(billing: Billing, shutdown: CancellationToken) {
    let mut every = tokio::time::interval(CHECK_EVERY);
    while shutdown.run_until_cancelled(every.tick()).await.is_some() {
        match check_plans(&billing).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "plans checked"),
            Err(error) => tracing::warn!(error = %chain(&error), "plans were not checked"),
        }
        match close_accounts(&billing).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "billing of accounts closed late"),
            Err(error) => tracing::warn!(error = %chain(&error), "accounts were not closed"),
        }
    }
}
