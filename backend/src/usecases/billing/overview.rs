//! Reads the data of the billing page.

use super::renewal_status::{deciding, renewal_status};
use super::{BillingError, row_of, sales};
use crate::Billing;
use gas_shared::UserId;
use gas_shared::billing::{BillingOverview, SubscriptionView};

/// Reads a user's plan from PostgreSQL, and their subscription, card and invoices from Stripe.
///
/// # Errors
/// [`BillingError::NotSold`] if nothing is sold; if PostgreSQL or Stripe fails.
pub async fn billing_overview(
    billing: &Billing,
    user: UserId,
) -> Result<BillingOverview, BillingError> {
    let sales = sales(billing)?;
    let row = row_of(billing, user).await?;
    let (subscriptions, invoices) = match &row.customer {
        Some(customer) => futures::try_join!(
            sales.payments.subscriptions(customer),
            sales.payments.invoices(customer)
        )
        .map_err(BillingError::Payments)?,
        None => Default::default(),
    };
    let now = billing.gas.now();
    let current = deciding(&subscriptions, &sales.offer, now)
        .and_then(|subscription| Some((subscription, renewal_status(subscription, now)?)));
    let price = match current {
        Some((subscription, _)) => subscription.price.clone(),
        None => sales.payments.price().await.map_err(BillingError::Payments)?,
    };
    Ok(BillingOverview {
        plan: row.account.plan,
        plan_since: row.plan_since,
        downgrade_notice_secs: billing.gas.retention.downgrade_notice_secs,
        free_window_secs: billing.gas.retention.free_window_secs,
        retention: billing.gas.retention.explanation(),
        price,
        subscription: current.map(|(subscription, renewal_status)| SubscriptionView {
            renewal_status,
            card: subscription.card.clone(),
        }),
        invoices,
    })
}
