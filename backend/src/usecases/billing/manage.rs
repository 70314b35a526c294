//! Cancels and resumes a subscription, and opens the billing portal.

use super::renewal_status::{deciding, renewal_status};
use super::{BillingError, billing_overview, row_of, sales};
use crate::Billing;
use gas_shared::UserId;
use gas_shared::billing::BillingOverview;

/// Cancels a user's subscription at the end of its paid period; the plan stays until then.
///
/// # Errors
/// [`BillingError::NoSubscription`] if there is no subscription to cancel.
pub async fn cancel_subscription(
    billing: &Billing,
    user: UserId,
) -> Result<BillingOverview, BillingError> {
    set_cancel_at_period_end(billing, user, true).await
}

/// Revokes a cancellation before the subscription ends.
///
/// # Errors
/// [`BillingError::NoSubscription`] if the subscription has ended.
pub async fn resume_subscription(
    billing: &Billing,
    user: UserId,
) -> Result<BillingOverview, BillingError> {
    set_cancel_at_period_end(billing, user, false).await
}

/// Creates a link to Stripe's billing portal, for cards and invoices.
///
/// # Errors
/// [`BillingError::NoSubscription`] if the user has never started a checkout.
pub async fn open_portal(billing: &Billing, user: UserId) -> Result<String, BillingError> {
    let sales = sales(billing)?;
    let customer = row_of(billing, user).await?.customer.ok_or(BillingError::NoSubscription)?;
    sales.payments.open_portal(&customer).await.map_err(BillingError::Payments)
}

async fn set_cancel_at_period_end(
    billing: &Billing,
    user: UserId,
    cancel: bool,
) -> Result<BillingOverview, BillingError> {
    let sales = sales(billing)?;
    let customer = row_of(billing, user).await?.customer.ok_or(BillingError::NoSubscription)?;
    let all = sales.payments.subscriptions(&customer).await.map_err(BillingError::Payments)?;
    let now = billing.gas.now();
    let subscription = deciding(&all, &sales.offer, now)
        .filter(|subscription| renewal_status(subscription, now).is_some())
        .ok_or(BillingError::NoSubscription)?;
    let done = sales.payments.set_cancel_at_period_end(&subscription.id, cancel).await;
    done.map_err(BillingError::Payments)?;
    billing_overview(billing, user).await
}
