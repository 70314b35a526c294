//! Conversions from Stripe's objects.

use crate::ports::{Checkout, OpenCheckout, PortError, Subscription, SubscriptionStatus};
use gas_shared::billing::{
    Card, CheckoutStatus, Interval, InvoiceStatus, InvoiceView, Money, Price,
};
use jiff::Timestamp;
use std::fmt;
use stripe::StripeError;
use stripe_shared::CheckoutSessionStatus as SessionStatus;
use stripe_shared::InvoiceStatus as Invoice;
use stripe_shared::RecurringInterval as Recurring;
use stripe_types::Expandable;

/// The key of the price's ID in the metadata of a checkout.
pub(super) const PRICE_ID: &str = "price_id";

/// A failed call of the Stripe API, displayed on one line; the SDK's text is a dump of the
/// response.
#[derive(Debug)]
pub(super) struct Failure(StripeError);

impl Failure {
    /// Creates a [`PortError`], for `map_err`. The action completes "failed to …".
    pub(super) fn port(action: impl Into<String>) -> impl FnOnce(StripeError) -> PortError {
        move |error| PortError::new(action, Self(error))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            StripeError::Stripe(answer, status) => {
                let message = answer.message.as_deref().unwrap_or("no message");
                write!(f, "Stripe answered {status}: {message}")
            }
            other => other.fmt(f),
        }
    }
}

impl std::error::Error for Failure {}

/// An object lacks data that GAS needs.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    #[error("subscription {0} has no item")]
    NoItem(String),
    #[error("price {0} is not recurring, or is not a fixed amount")]
    NotRecurring(String),
    #[error("{0} is not a valid time")]
    InvalidTime(i64),
}

pub(super) fn subscription(one: &stripe_shared::Subscription) -> Result<Subscription, Unusable> {
    // Checkout creates subscriptions with one item.
    let item = one.items.data.first().ok_or_else(|| Unusable::NoItem(one.id.to_string()))?;
    let period_end = time(item.current_period_end)?;
    let cancelled = one.cancel_at_period_end.then_some(period_end);
    let ends_at = one.cancel_at.map(time).transpose()?.or(cancelled);
    Ok(Subscription {
        id: one.id.to_string(),
        status: status(&one.status),
        price_id: item.price.id.to_string(),
        price: price(&item.price)?,
        livemode: one.livemode,
        created: time(one.created)?,
        period_start: time(item.current_period_start)?,
        period_end,
        ends_at,
        card: one.default_payment_method.as_ref().and_then(card),
    })
}

pub(super) fn price(price: &stripe_shared::Price) -> Result<Price, Unusable> {
    let unusable = || Unusable::NotRecurring(price.id.to_string());
    let recurring = price.recurring.as_ref().ok_or_else(unusable)?;
    let every = match recurring.interval {
        Recurring::Day => Interval::Day,
        Recurring::Week => Interval::Week,
        Recurring::Month => Interval::Month,
        Recurring::Year => Interval::Year,
        _ => return Err(unusable()),
    };
    let count = u32::try_from(recurring.interval_count).map_err(|_| unusable())?;
    let minor = price.unit_amount.ok_or_else(unusable)?;
    Ok(Price { amount: Money { minor, currency: price.currency.to_string() }, every, count })
}

pub(super) fn invoice(one: &stripe_shared::Invoice) -> Result<InvoiceView, Unusable> {
    Ok(InvoiceView {
        number: one.number.clone(),
        created: time(one.created)?,
        total: Money { minor: one.total, currency: one.currency.to_string() },
        status: match one.status {
            Some(Invoice::Paid) => InvoiceStatus::Paid,
            Some(Invoice::Open) => InvoiceStatus::Open,
            Some(Invoice::Draft) | None => InvoiceStatus::Draft,
            Some(_) => InvoiceStatus::Closed,
        },
        url: one.hosted_invoice_url.clone(),
    })
}

pub(super) fn checkout(session: &stripe_shared::CheckoutSession) -> Result<Checkout, Unusable> {
    let status = checkout_status(session.status.clone());
    let is_open = status == Some(CheckoutStatus::Open);
    Ok(Checkout {
        id: session.id.to_string(),
        status,
        price_id: session.metadata.as_ref().and_then(|data| data.get(PRICE_ID).cloned()),
        opener: if is_open { opener(session) } else { None },
        expires_at: time(session.expires_at)?,
    })
}

/// How the browser opens a checkout: embedded ones have a secret, hosted ones a URL.
pub(super) fn opener(session: &stripe_shared::CheckoutSession) -> Option<OpenCheckout> {
    let embedded = session.client_secret.clone();
    let embedded = embedded.map(|client_secret| OpenCheckout::Embedded { client_secret });
    embedded.or_else(|| session.url.clone().map(|url| OpenCheckout::Hosted { url }))
}

pub(super) fn checkout_status(status: Option<SessionStatus>) -> Option<CheckoutStatus> {
    match status? {
        SessionStatus::Open => Some(CheckoutStatus::Open),
        SessionStatus::Complete => Some(CheckoutStatus::Complete),
        SessionStatus::Expired => Some(CheckoutStatus::Expired),
        _ => None,
    }
}

fn status(status: &stripe_shared::SubscriptionStatus) -> SubscriptionStatus {
    use stripe_shared::SubscriptionStatus as Theirs;
    match status {
        Theirs::Active => SubscriptionStatus::Active,
        Theirs::Trialing => SubscriptionStatus::Trialing,
        Theirs::PastDue => SubscriptionStatus::PastDue,
        Theirs::Unpaid => SubscriptionStatus::Unpaid,
        Theirs::Canceled => SubscriptionStatus::Canceled,
        Theirs::Incomplete => SubscriptionStatus::Incomplete,
        Theirs::IncompleteExpired => SubscriptionStatus::IncompleteExpired,
        Theirs::Paused => SubscriptionStatus::Paused,
        _ => SubscriptionStatus::Unknown,
    }
}

fn card(method: &Expandable<stripe_shared::PaymentMethod>) -> Option<Card> {
    let card = method.as_object()?.card.as_ref()?;
    Some(Card { brand: card.brand.clone(), last4: card.last4.clone() })
}

fn time(seconds: i64) -> Result<Timestamp, Unusable> {
    Timestamp::from_second(seconds).map_err(|_| Unusable::InvalidTime(seconds))
}
