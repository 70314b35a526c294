//! Premium and its payment.
//!
//! A deployment either sells Premium by Stripe, or gives it to every user ([`apply_billing_model`]).
//!
//! Stripe is the source of truth for subscriptions; PostgreSQL stores the plan that they give. Only
//! `sync_plan` changes the plan of a user there: it reads all subscriptions of the user's customer from Stripe and
//! writes the result. A Stripe event only triggers it, so events may arrive twice, late and in any
//! order. The browser's return from a checkout changes nothing.

mod billing_model;
mod checkout;
mod grant;
mod manage;
mod overview;
mod renewal_status;
mod stripe_event;
mod sync_plan;
#[cfg(test)]
mod tests;

pub use billing_model::{apply_billing_model, record_sign_in};
pub use checkout::{checkout_status, start_checkout};
pub(super) use grant::set_grant;
pub use manage::{cancel_subscription, open_portal, resume_subscription};
pub use overview::billing_overview;
pub use stripe_event::{
    EventOutcome, HandledEvents, StripeEvent, delete_old_stripe_events, handle_stripe_events,
    receive_stripe_event,
};
pub use sync_plan::check_plans;
pub(super) use sync_plan::sync_plan;

use super::{ChangeError, LimitError};
use crate::ports::{BillingRow, PortError};
use crate::{Billing, Sales};
use gas_shared::UserId;

/// The reason why a billing request failed.
#[derive(Debug, thiserror::Error)]
pub enum BillingError {
    /// Every user has Premium, so nothing is sold.
    #[error("this service has no billing: every user has Premium")]
    NotSold,
    /// The user has a subscription.
    #[error("you already have a Premium subscription")]
    AlreadySubscribed,
    /// The user has an unpaid subscription.
    #[error("the last payment of your subscription failed; update your card instead")]
    PaymentDue,
    /// The user has no subscription.
    #[error("you have no subscription")]
    NoSubscription,
    /// The checkout does not exist or belongs to another user.
    #[error("the checkout does not exist")]
    NoCheckout,
    /// The user has no profile.
    #[error("user {0} has no profile")]
    NoUser(UserId),
    /// Every attempt lost the race against another change of the row.
    #[error("the billing of user {0} is being changed by other requests; try again")]
    Contended(UserId),
    /// Stripe failed.
    #[error("the payment provider failed")]
    Payments(#[source] PortError),
    /// The plan was changed, but its consequences are not complete.
    #[error("the change of plan was not announced")]
    Change(#[from] ChangeError),
    /// The user has reached a limit.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// Another service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

fn sales(billing: &Billing) -> Result<&Sales, BillingError> {
    billing.sales().ok_or(BillingError::NotSold)
}

async fn row_of(billing: &Billing, user: UserId) -> Result<BillingRow, BillingError> {
    billing.store.billing_of(user).await?.ok_or(BillingError::NoUser(user))
}
