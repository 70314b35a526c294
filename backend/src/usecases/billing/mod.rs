//! Premium and its payment.
//!
//! Stripe knows who pays; PostgreSQL has the plan that follows. The plan changes in one place
//! (`sync_plan`): it asks Stripe for all subscriptions of the user's customer and writes what
//! follows from them. An event of Stripe's is only the reason to ask, so that events may come
//! twice, late and in any order. What the browser brings back from a checkout changes nothing.

mod checkout;
mod manage;
mod overview;
mod renewal_status;
mod stripe_event;
mod sync_plan;
#[cfg(test)]
mod tests;

pub use checkout::{checkout_status, start_checkout};
pub use manage::{cancel_subscription, open_portal, resume_subscription};
pub use overview::billing_overview;
pub use stripe_event::{EventOutcome, StripeEvent, handle_stripe_event};
pub use sync_plan::check_plans;

use super::ChangeError;
use crate::Billing;
use crate::ports::{BillingRow, PortError};
use gas_shared::UserId;

/// Why a request about billing was not fulfilled.
#[derive(Debug, thiserror::Error)]
pub enum BillingError {
    /// A second subscription would be paid twice.
    #[error("you have a Premium subscription already")]
    AlreadySubscribed,
    /// The subscription is there but not paid.
    #[error("the last payment of your subscription failed; change the card instead")]
    PaymentDue,
    /// Nothing to cancel, resume or manage.
    #[error("you have no subscription")]
    NoSubscription,
    /// No such checkout, or another user's.
    #[error("there is no such checkout")]
    NoCheckout,
    /// The user's profile is gone.
    #[error("user {0} has no profile")]
    NoUser(UserId),
    /// Others wrote the row again and again.
    #[error("the billing of user {0} is changed by too many others at once; try again")]
    Contended(UserId),
    /// Stripe failed.
    #[error("the payment provider failed")]
    Payments(#[source] PortError),
    /// The plan changed, but not all that follows from it is done.
    #[error("the change of plan was not announced")]
    Change(#[from] ChangeError),
    /// Another service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

async fn row_of(billing: &Billing, user: UserId) -> Result<BillingRow, BillingError> {
    billing.store.billing_of(user).await?.ok_or(BillingError::NoUser(user))
}
