//! A user begins to pay.

use super::renewal_status::{deciding, renewal_status};
use super::{BillingError, row_of};
use crate::ports::{BillingRow, CheckoutRequest, OpenCheckout};
use crate::{Billing, chain};
use gas_shared::billing::{CheckoutForm, CheckoutStatus, RenewalStatus};
use gas_shared::{Account, UserId};
use jiff::{SignedDuration, Timestamp};

/// How long one attempt lasts, in seconds. Within it, a second tab or a second click opens the
/// same checkout, which can be paid once. Stripe's idempotency keys live for 24 hours, so an attempt
/// must be much shorter.
const ATTEMPT_SECS: i64 = 3600;

/// How much longer a checkout can be paid than its attempt lasts, in seconds; Stripe wants half an
/// hour at least. For so long two checkouts of one user may be open, and likewise where the page
/// within GAS and the one at Stripe are opened in one attempt. Who pays both has two subscriptions,
/// of which [`refuse_a_second`] cannot know: the invoices and the portal show them.
const OPEN_SECS: i64 = 1800;

/// Begins the checkout of a Premium subscription.
///
/// # Errors
/// [`BillingError::AlreadySubscribed`] or [`BillingError::PaymentDue`] where there is one;
/// nothing was charged in any case.
pub async fn start_checkout(
    billing: &Billing,
    account: &Account,
    form: CheckoutForm,
) -> Result<OpenCheckout, BillingError> {
    let row = row_of(billing, account.id).await?;
    let customer = ensure_customer(billing, account, &row).await?;
    refuse_a_second(billing, &customer).await?;
    let how = match form {
        CheckoutForm::Embedded => "embedded",
        CheckoutForm::Hosted => "hosted",
    };
    // The version changes with all that Stripe tells us, so that a subscription that ended and is
    // bought anew is a new attempt.
    let attempt = format!(
        "{}:{}:{how}-{}-{}",
        profile(&row),
        billing.offer.price_id,
        row.version,
        window(billing)
    );
    let request = CheckoutRequest {
        user: account.id,
        customer: &customer,
        form,
        attempt: &attempt,
        // The same for every repeat of the attempt, as Stripe wants it.
        expires_at: Timestamp::UNIX_EPOCH
            + SignedDuration::from_secs((window(billing) + 1) * ATTEMPT_SECS + OPEN_SECS),
    };
    billing.payments.start_checkout(&request).await.map_err(BillingError::Payments)
}

/// How far one of a user's checkouts is.
///
/// # Errors
/// [`BillingError::NoCheckout`] also for another user's.
pub async fn checkout_status(
    billing: &Billing,
    user: UserId,
    session: &str,
) -> Result<CheckoutStatus, BillingError> {
    // The id becomes part of a path at Stripe.
    let is_id = session.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if session.is_empty() || !is_id {
        return Err(BillingError::NoCheckout);
    }
    let own = row_of(billing, user).await?.customer.ok_or(BillingError::NoCheckout)?;
    let checkout = billing.payments.checkout(session).await.map_err(BillingError::Payments)?;
    match checkout {
        Some((customer, status)) if customer == own => Ok(status),
        _ => Err(BillingError::NoCheckout),
    }
}

/// The user's customer, made where there is none.
async fn ensure_customer(
    billing: &Billing,
    account: &Account,
    row: &BillingRow,
) -> Result<String, BillingError> {
    if let Some(customer) = &row.customer {
        return Ok(customer.clone());
    }
    let attempt = format!("{}:customer:{}", profile(row), window(billing));
    let made = billing.payments.create_customer(account, &attempt).await;
    let made = made.map_err(BillingError::Payments)?;
    let linked = billing.store.link_customer(account.id, &made).await?;
    if linked.as_ref() != Some(&made) {
        // The user has another by now, or has left: nothing leads to this one any more.
        discard(billing, account.id, &made).await;
    }
    linked.ok_or(BillingError::NoUser(account.id))
}

/// Deletes a customer that is nobody's. Where that fails there is no row to try again from, so the
/// operator is told.
async fn discard(billing: &Billing, user: UserId, customer: &str) {
    if let Err(error) = billing.payments.delete_customer(customer).await {
        let error = chain(&error);
        tracing::error!(%user, customer, %error, "a customer of nobody's is left at Stripe; delete it there");
    }
}

/// Names a profile in idempotency keys. Who has left and come back has the same id, but must not be
/// given the customer of back then, which is deleted.
fn profile(row: &BillingRow) -> String {
    format!("{}@{}", row.account.id, row.created.as_second())
}

/// Asks Stripe and not the row: its events may be on their way still.
async fn refuse_a_second(billing: &Billing, customer: &str) -> Result<(), BillingError> {
    let all = billing.payments.subscriptions(customer).await.map_err(BillingError::Payments)?;
    let now = billing.gas.now();
    let deciding = deciding(&all, &billing.offer, now);
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
