//! A user cancels, resumes, or changes the card.

use super::renewal_status::{deciding, renewal_status};
use super::{BillingError, billing_overview, row_of};
use crate::Billing;
use gas_shared::UserId;
use gas_shared::billing::BillingOverview;

/// Ends a user's subscription with its paid period; the plan stays as it is until then.
///
/// # Errors
/// [`BillingError::NoSubscription`] where there is none that could end.
pub async fn cancel_subscription(
    billing: &Billing,
    user: UserId,
) -> Result<BillingOverview, BillingError> {
    set_cancel_at_period_end(billing, user, true).await
}

/// Takes a cancellation back before it has come true.
///
/// # Errors
/// [`BillingError::NoSubscription`] where there is none any more.
pub async fn resume_subscription(
    billing: &Billing,
    user: UserId,
) -> Result<BillingOverview, BillingError> {
    set_cancel_at_period_end(billing, user, false).await
}

/// A link to Stripe's page for a user's cards and invoices.
///
/// # Errors
/// [`BillingError::NoSubscription`] where the user never began to pay.
pub async fn open_portal(billing: &Billing, user: UserId) -> Result<String, BillingError> {
    let customer = row_of(billing, user).await?.customer.ok_or(BillingError::NoSubscription)?;
    billing.payments.open_portal(&customer).await.map_err(BillingError::Payments)
}

async fn set_cancel_at_period_end(
    billing: &Billing,
    user: UserId,
    cancel: bool,
) -> Result<BillingOverview, BillingError> {
    let customer = row_of(billing, user).await?.customer.ok_or(BillingError::NoSubscription)?;
    let all = billing.payments.subscriptions(&customer).await.map_err(BillingError::Payments)?;
    let now = billing.gas.now();
    let subscription = deciding(&all, &billing.offer, now)
        .filter(|subscription| renewal_status(subscription, now).is_some())
        .ok_or(BillingError::NoSubscription)?;
    let done = billing.payments.set_cancel_at_period_end(&subscription.id, cancel).await;
    done.map_err(BillingError::Payments)?;
    billing_overview(billing, user).await
}
