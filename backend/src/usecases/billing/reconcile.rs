//! The one place that changes a plan.

use super::standing::{found, paid_count};
use super::{BillingError, row_of};
use crate::Billing;
use crate::chain;
use crate::ports::{BillingRow, WriteOutcome};
use crate::usecases::plan_changed;
use gas_shared::UserId;

/// How often is tried what others write at the same time.
const MAX_RACES: u32 = 10;

/// How many users one call of [`check_plans`] looks at.
const CHECK_LIMIT: u16 = 100;

/// Brings a user's plan in line with what Stripe says now, and tells the rest of GAS.
///
/// The row is written only over the version that was there before Stripe was asked. So of two that
/// do this at once, the one with the older answer cannot win. A plan whose change was stored but
/// not announced, since somebody died in between, is announced by the next call.
pub(super) async fn reconcile(billing: &Billing, user: UserId) -> Result<(), BillingError> {
    for _ in 0..MAX_RACES {
        let row = row_of(billing, user).await?;
        if write(billing, &row).await? == WriteOutcome::Written {
            return announce(billing, user).await;
        }
    }
    Err(BillingError::Contended(user))
}

async fn write(billing: &Billing, row: &BillingRow) -> Result<WriteOutcome, BillingError> {
    let Some(customer) = &row.customer else { return Ok(WriteOutcome::Written) };
    let all = billing.payments.subscriptions(customer).await.map_err(BillingError::Payments)?;
    let paid = paid_count(&all, &billing.terms);
    if paid > 1 {
        tracing::error!(%customer, paid, "a customer pays several subscriptions; refund all but one");
    }
    let now = billing.gas.clock.now();
    let found = found(&all, &billing.terms, now);
    let outcome = billing.store.write_billing(row, &found, now).await?;
    if outcome == WriteOutcome::Written && found.plan != row.account.plan {
        tracing::info!(user = %row.account.id, from = %row.account.plan, to = %found.plan, "plan changed");
    }
    Ok(outcome)
}

/// Announces a user's plan until the one announced last is the one that is stored.
async fn announce(billing: &Billing, user: UserId) -> Result<(), BillingError> {
    for _ in 0..MAX_RACES {
        let row = row_of(billing, user).await?;
        if row.announced {
            return Ok(());
        }
        plan_changed(&billing.gas, &row.account).await?;
        billing.store.plan_announced(user, row.plan_version).await?;
    }
    Err(BillingError::Contended(user))
}

/// Looks at users whose plan may have to change without an event: a grace period ends, Stripe's
/// event was lost, or a process died before it announced a change. Returns how many were looked at;
/// one that fails is logged and stays due.
///
/// # Errors
/// Where the users cannot be read.
pub async fn check_plans(billing: &Billing) -> Result<usize, BillingError> {
    let due = billing.store.to_check(billing.gas.clock.now(), CHECK_LIMIT).await?;
    for user in &due {
        if let Err(error) = reconcile(billing, *user).await {
            tracing::warn!(%user, error = %chain(&error), "a plan could not be checked");
        }
    }
    Ok(due.len())
}
