//! Starts a checkout of Premium.

use super::renewal_status::{deciding, renewal_status};
use super::{BillingError, row_of, sales};
use crate::ports::{BillingRow, Checkout, CheckoutRequest, OpenCheckout};
use crate::usecases::limits::count_checkout;
use crate::{Billing, Sales, chain};
use gas_shared::billing::{CheckoutForm, CheckoutStatus, RenewalStatus};
use gas_shared::{Account, UserId};
use jiff::{SignedDuration, Timestamp};

/// The length of an attempt, in seconds. Stripe keeps idempotency keys for 24 hours, with the response
/// even if it is an error, so an attempt must be much shorter.
const ATTEMPT_SECS: i64 = 3600;

/// How long a checkout can be paid after the end of its attempt, in seconds; Stripe requires at
/// least half an hour.
const OPEN_SECS: i64 = 1800;

/// A checkout that ends earlier than this is not opened again, in seconds.
const LEFT_SECS: i64 = 600;

/// Begins the checkout of a Premium subscription, or opens again the one that the user has begun.
///
/// A user has one open checkout at most, as others are expired first. Concurrent calls use the same
/// idempotency key, so Stripe creates one checkout for them; of two calls with different forms, one
/// fails. The only moment at which two can be opened is the change of the hour. Then `sync_plan` ends
/// the second subscription.
///
/// # Errors
/// [`BillingError::AlreadySubscribed`] or [`BillingError::PaymentDue`] if the user has a
/// subscription. Nothing is charged in any case.
pub async fn start_checkout(
    billing: &Billing,
    account: &Account,
    form: CheckoutForm,
) -> Result<OpenCheckout, BillingError> {
    let sales = sales(billing)?;
    count_checkout(&billing.gas, account.id).await?;
    let row = row_of(billing, account.id).await?;
    let customer = ensure_customer(billing, account, &row).await?;
    let checkouts = sales.payments.checkouts(&customer).await.map_err(BillingError::Payments)?;
    let reusable = checkouts.iter().find(|checkout| is_reusable(billing, sales, checkout, form));
    for other in &checkouts {
        let is_open = other.status == Some(CheckoutStatus::Open);
        if is_open && reusable.is_none_or(|reusable| reusable.id != other.id) {
            sales.payments.expire_checkout(&other.id).await.map_err(BillingError::Payments)?;
        }
    }
    // After the others are expired: until then they can be paid.
    reject_second_subscription(billing, &customer).await?;
    if let Some(opener) = reusable.and_then(|checkout| checkout.opener.clone()) {
        return Ok(opener);
    }
    // The latest checkout changes with every attempt that ended, so that a paid or expired checkout is
    // not returned again.
    let latest = checkouts.first().map_or("none", |checkout| checkout.id.as_str());
    let (profile, price) = (profile(&row), &sales.offer.price_id);
    let attempt = format!("{profile}:{price}:{}:{latest}", window(billing));
    let request = CheckoutRequest {
        user: account.id,
        customer: &customer,
        form,
        attempt: &attempt,
        // The same for all requests of an attempt, as Stripe requires.
        expires_at: Timestamp::UNIX_EPOCH
            + SignedDuration::from_secs((window(billing) + 1) * ATTEMPT_SECS + OPEN_SECS),
    };
    sales.payments.start_checkout(&request).await.map_err(BillingError::Payments)
}

/// Whether a checkout can be opened again in the wanted form.
fn is_reusable(billing: &Billing, sales: &Sales, checkout: &Checkout, form: CheckoutForm) -> bool {
    let has_form = match checkout.opener {
        Some(OpenCheckout::Embedded { .. }) => form == CheckoutForm::Embedded,
        Some(OpenCheckout::Hosted { .. }) => form == CheckoutForm::Hosted,
        None => false,
    };
    let left = checkout.expires_at.duration_since(billing.gas.now());
    has_form
        && checkout.price_id.as_ref() == Some(&sales.offer.price_id)
        && left >= SignedDuration::from_secs(LEFT_SECS)
}

/// Reads the status of a user's checkout.
///
/// # Errors
/// [`BillingError::NoCheckout`] also for another user's checkout.
pub async fn checkout_status(
    billing: &Billing,
    user: UserId,
    session: &str,
) -> Result<CheckoutStatus, BillingError> {
    let sales = sales(billing)?;
    // The id becomes part of a path at Stripe.
    let is_id = session.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if session.is_empty() || !is_id {
        return Err(BillingError::NoCheckout);
    }
    let own = row_of(billing, user).await?.customer.ok_or(BillingError::NoCheckout)?;
    let checkout = sales.payments.checkout(session).await.map_err(BillingError::Payments)?;
    match checkout {
        Some((customer, status)) if customer == own => Ok(status),
        _ => Err(BillingError::NoCheckout),
    }
}

/// The user's customer at Stripe, created if there is none.
async fn ensure_customer(
    billing: &Billing,
    account: &Account,
    row: &BillingRow,
) -> Result<String, BillingError> {
    if let Some(customer) = &row.customer {
        return Ok(customer.clone());
    }
    let sales = sales(billing)?;
    let attempt = format!("{}:customer:{}", profile(row), window(billing));
    let made = sales.payments.create_customer(account, &attempt).await;
    let made = made.map_err(BillingError::Payments)?;
    let linked = billing.store.link_customer(account.id, &made).await?;
    if linked.as_ref() != Some(&made) {
        // The user has another customer by now or has closed the account, so this one is
        // unreferenced.
        discard(sales, account.id, &made).await;
    }
    linked.ok_or(BillingError::NoUser(account.id))
}

/// Deletes an unreferenced customer. If that fails, no row records it, so the operators must do it.
async fn discard(sales: &Sales, user: UserId, customer: &str) {
    if let Err(error) = sales.payments.delete_customer(customer).await {
        let error = chain(&error);
        tracing::error!(user_id = %user, customer, %error, "unreferenced customer at Stripe; delete it there");
    }
}

/// Identifies a profile in idempotency keys. A user who closed an account and signs in again has
/// the same id but must not get the deleted customer.
fn profile(row: &BillingRow) -> String {
    format!("{}@{}", row.account.id, row.created.as_second())
}

/// Rejects a second subscription. It asks Stripe, since the row may be behind its events.
async fn reject_second_subscription(billing: &Billing, customer: &str) -> Result<(), BillingError> {
    let sales = sales(billing)?;
    let all = sales.payments.subscriptions(customer).await.map_err(BillingError::Payments)?;
    let now = billing.gas.now();
    let deciding = deciding(&all, &sales.offer, now);
    match deciding.and_then(|subscription| renewal_status(subscription, now)) {
        None => Ok(()),
        Some(RenewalStatus::Renews { .. } | RenewalStatus::Ends { .. }) => {
            Err(BillingError::AlreadySubscribed)
        }
        Some(RenewalStatus::PastDue { .. } | RenewalStatus::Unpaid) => {
            Err(BillingError::PaymentDue)
        }
    }
}

fn window(billing: &Billing) -> i64 {
    billing.gas.now().as_second() / ATTEMPT_SECS
}

#[cfg(test)]
#[path = "checkout_tests.rs"]
mod tests;
