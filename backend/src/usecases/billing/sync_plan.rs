//! Updates a user's plan from Stripe, if Premium is sold, and announces changes of plans.

use super::renewal_status::{found, redundant};
use super::{BillingError, row_of};
use crate::audit::{Act, Actor};
use crate::mail::Notice;
use crate::ports::{BillingRow, Subscription, SubscriptionStatus, WriteOutcome};
use crate::usecases::{apply_plan_change, publish};
use crate::{Billing, Sales, chain};
use gas_shared::{Account, Plan, UserId};
use jiff::Timestamp;

/// How often a change is tried while others write the same row.
const MAX_RACES: u32 = 10;

/// The number of users that [`check_plans`] reads at a time.
pub(super) const PAGE: u16 = 100;

/// Updates a user's plan from Stripe, if Premium is sold, and announces a change.
///
/// The row is written only if its version is the one from before Stripe was asked, so of two
/// concurrent calls the one with the older response cannot win. A change that was stored but not
/// announced, because a process died, is announced by the next call.
///
/// Returns the status of the deciding subscription.
#[tracing::instrument(skip_all, fields(user_id = %user))]
pub(in crate::usecases) async fn sync_plan(
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
    let Some(sales) = billing.sales() else { return Ok((WriteOutcome::Written, None)) };
    let all = match &row.customer {
        Some(customer) => subscriptions(sales, customer).await?,
        None => Vec::new(),
    };
    let now = billing.gas.now();
    let mut found = found(&all, &sales.offer, now);
    if row.granted {
        found.plan = Plan::Premium;
    }
    let outcome = billing.store.write_billing(row, &found, now).await?;
    if outcome == WriteOutcome::Written && found.plan != row.account.plan {
        tracing::info!(from = %row.account.plan, to = %found.plan, "plan changed");
        let user = row.account.id;
        billing.gas.audit.record(Actor::System, user, Act::PlanChanged(found.plan)).await;
    }
    Ok((outcome, found.subscription.map(|subscription| subscription.status)))
}

/// The subscriptions of a customer, after all but one paid one were ended.
async fn subscriptions(sales: &Sales, customer: &str) -> Result<Vec<Subscription>, BillingError> {
    let all = sales.payments.subscriptions(customer).await.map_err(BillingError::Payments)?;
    if !end_redundant(sales, customer, &all).await? {
        return Ok(all);
    }
    sales.payments.subscriptions(customer).await.map_err(BillingError::Payments)
}

/// Ends all but one of several paid subscriptions, so that the user is not charged for them again.
/// Two checkouts that were opened at the same moment can both be paid. The payment is refunded by an
/// operator, who may have to ask the user for the card to refund. Returns whether there were any.
async fn end_redundant(
    sales: &Sales,
    customer: &str,
    all: &[Subscription],
) -> Result<bool, BillingError> {
    let redundant = redundant(all, &sales.offer);
    for one in &redundant {
        let subscription = &one.id;
        sales.payments.end_subscription(subscription).await.map_err(BillingError::Payments)?;
        tracing::error!(
            alert = "payment",
            customer,
            subscription,
            "a second subscription was paid and is ended; refund its payment in Stripe's dashboard"
        );
    }
    Ok(!redundant.is_empty())
}

/// Announces a user's plan until the last announced one is the stored one, since of two concurrent
/// calls the slower may announce the older plan last.
async fn announce(billing: &Billing, user: UserId) -> Result<(), BillingError> {
    for _ in 0..MAX_RACES {
        let row = row_of(billing, user).await?;
        if row.announced {
            return Ok(());
        }
        if let Some(since) = row.plan_since {
            announce_plan(billing, &row.account, since).await?;
        }
        billing.store.mark_plan_announced(user, row.plan_version).await?;
    }
    Err(BillingError::Contended(user))
}

async fn announce_plan(
    billing: &Billing,
    account: &Account,
    since: Timestamp,
) -> Result<(), BillingError> {
    apply_plan_change(&billing.gas, account, since).await?;
    // Where every user has Premium, nobody has bought it.
    if account.plan == Plan::Premium && billing.sales().is_some() {
        let welcome = Notice::Welcome { user_id: account.id, since };
        publish(&*billing.gas.notices, &welcome).await?;
    }
    Ok(())
}

/// Updates the plans that may change without an event: a grace period ended, an event was lost, or
/// a process died before it announced a change. Returns how many were checked; a failure is logged
/// and the plan stays due.
///
/// # Errors
/// If the users cannot be read.
pub async fn check_plans(billing: &Billing) -> Result<usize, BillingError> {
    let now = billing.gas.now();
    let (mut looked_at, mut after) = (0, None);
    // All pages, so that plans that fail repeatedly do not block others.
    loop {
        let due = billing.store.users_to_check(now, after, PAGE).await?;
        let Some(last) = due.last() else { return Ok(looked_at) };
        after = Some(*last);
        looked_at += due.len();
        for user in due {
            if let Err(error) = sync_plan(billing, user).await {
                tracing::warn!(user_id = %user, error = %chain(&error), "plan not checked");
            }
        }
    }
}
