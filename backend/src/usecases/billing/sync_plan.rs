//! The one place that changes a plan.

use super::renewal_status::{found, paid_count};
use super::{BillingError, row_of};
use crate::Billing;
use crate::chain;
use crate::mail::Notice;
use crate::ports::{BillingRow, SubscriptionStatus, WriteOutcome};
use crate::usecases::{plan_changed, publish};
use gas_shared::{Account, Plan, UserId};
use jiff::Timestamp;

/// How often is tried what others write at the same time.
const MAX_RACES: u32 = 10;

/// Users read at a time by [`check_plans`].
pub(super) const PAGE: u16 = 100;

/// Brings a user's plan in line with what Stripe says now, and tells the rest of GAS.
///
/// The row is written only over the version that was there before Stripe was asked. So of two that
/// do this at once, the one with the older answer cannot win. A plan whose change was stored but
/// not announced, since somebody died in between, is announced by the next call.
///
/// Returns the status of the subscription that decides the plan.
pub(super) async fn sync_plan(
    billing: &Billing,
    user: UserId,
) -> Result<Option<SubscriptionStatus>, BillingError> {
    for _ in 0..MAX_RACES {
        let row = row_of(billing, user).await?;
        let (outcome, status) = write(billing, &row).await?;
        if outcome == WriteOutcome::Written {
            announce(billing, user).await?;
            return Ok(status);
        }
    }
    Err(BillingError::Contended(user))
}

async fn write(
    billing: &Billing,
    row: &BillingRow,
) -> Result<(WriteOutcome, Option<SubscriptionStatus>), BillingError> {
    let Some(customer) = &row.customer else { return Ok((WriteOutcome::Written, None)) };
    let all = billing.payments.subscriptions(customer).await.map_err(BillingError::Payments)?;
    let paid = paid_count(&all, &billing.offer);
    if paid > 1 {
        tracing::error!(%customer, paid, "a customer pays several subscriptions; refund all but one");
    }
    let now = billing.gas.now();
    let found = found(&all, &billing.offer, now);
    let outcome = billing.store.write_billing(row, &found, now).await?;
    if outcome == WriteOutcome::Written && found.plan != row.account.plan {
        tracing::info!(user = %row.account.id, from = %row.account.plan, to = %found.plan, "plan changed");
    }
    Ok((outcome, found.subscription.map(|subscription| subscription.status)))
}

/// Announces a user's plan until the one announced last is the one that is stored: of two that do
/// this at once, the slower may have announced the older plan last.
async fn announce(billing: &Billing, user: UserId) -> Result<(), BillingError> {
    for _ in 0..MAX_RACES {
        let row = row_of(billing, user).await?;
        if row.announced {
            return Ok(());
        }
        if let Some(since) = row.plan_since {
            tell(billing, &row.account, since).await?;
        }
        billing.store.mark_plan_announced(user, row.plan_version).await?;
    }
    Err(BillingError::Contended(user))
}

async fn tell(billing: &Billing, account: &Account, since: Timestamp) -> Result<(), BillingError> {
    plan_changed(&billing.gas, account, since).await?;
    if account.plan == Plan::Premium {
        let welcome = Notice::Welcome { user_id: account.id, since };
        publish(&*billing.gas.notices, &welcome).await?;
    }
    Ok(())
}

/// Looks at users whose plan may have to change without an event: a grace period ends, Stripe's
/// event was lost, or a process died before it announced a change. Returns how many were looked at;
/// one that fails is logged and stays due.
///
/// # Errors
/// Where the users cannot be read.
pub async fn check_plans(billing: &Billing) -> Result<usize, BillingError> {
    let now = billing.gas.now();
    let (mut looked_at, mut after) = (0, None);
    // All of them, so that those that fail again and again do not keep others waiting.
    loop {
        let due = billing.store.users_to_check(now, after, PAGE).await?;
        let Some(last) = due.last() else { return Ok(looked_at) };
        after = Some(*last);
        looked_at += due.len();
        for user in due {
            if let Err(error) = sync_plan(billing, user).await {
                tracing::warn!(%user, error = %chain(&error), "a plan could not be checked");
            }
        }
    }
}
